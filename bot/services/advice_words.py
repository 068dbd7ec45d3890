"""Needs, recommendations and comparisons in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, fields
from typing import Any

from bot.domain.advice import YUAN, AdviceRules, Needs, Reason, Suggestion, compare, price_words
from bot.domain.dealership import Model
from bot.domain.replies import render

_STAGE, _USE, _AGE = "stage", "use", "age"


def needs_json(needs: Needs) -> dict[str, Any]:
    """What is stored: the fields that hold something; sums in 元."""
    told = asdict(needs) | {"uses": list(needs.uses), "unwanted": list(needs.unwanted)}
    return {name: value for name, value in told.items() if value not in (None, [])}


def needs_of(stored: Mapping[str, Any]) -> Needs:
    """The needs from what is stored; what is unknown to us is left out."""
    known = {field.name for field in fields(Needs)}
    told = {name: value for name, value in stored.items() if name in known}
    lists = {name: tuple(told.get(name) or ()) for name in ("uses", "unwanted")}
    return Needs(**{**told, **lists})


def say_needs(rules: AdviceRules, needs: Needs) -> str:
    """ "20 万元以内、家用、5 口人、SUV"; empty where nothing was told."""
    return "、".join(value for _, value in need_lines(rules, needs))


def need_lines(rules: AdviceRules, needs: Needs) -> tuple[tuple[str, str], ...]:
    """(label, value) of each need."""
    return tuple((label, value) for label, value in _lines(rules, needs) if value)


def say_budget(needs: Needs) -> str:
    """ "15–20 万元", "20 万元以内", "20 万元以上", or nothing."""
    least, most = needs.budget_min, needs.budget_max
    if least is not None and most is not None:
        return f"{least / YUAN:g}–{most / YUAN:g} 万元"
    if most is not None:
        return f"{most / YUAN:g} 万元以内"
    return f"{least / YUAN:g} 万元以上" if least is not None else ""


def say_suggestions(rules: AdviceRules, suggestions: Iterable[Suggestion]) -> str:
    """Each model with why it fits and what it lacks, numbered."""
    return "\n".join(_suggestion(rules, at, each) for at, each in enumerate(suggestions, start=1))


def say_table(rules: AdviceRules, models: Sequence[Model]) -> str:
    """The models side by side: a line for each row of facts, readable in any chat."""
    short = [short_name(model) for model in models]
    lines = []
    for row, cells in compare(models, rules):
        said = "｜".join(f"{name} {cell or '—'}" for name, cell in zip(short, cells, strict=True))
        lines.append(f"【{rules.rows.get(row, row)}】{said}")
    return "\n".join(lines)


def table_json(rules: AdviceRules, models: Sequence[Model]) -> dict[str, Any]:
    """The same for a client that can show a table: the head and the rows, the label first."""
    rows = [
        [rules.rows.get(row, row), *(cell or "—" for cell in cells)] for row, cells in compare(models, rules)
    ]
    return {"head": ["", *(model.name for model in models)], "rows": rows}


def short_name(model: Model) -> str:
    """The last word of a model's name: X5."""
    return model.name.split()[-1]


def say_segment(rules: AdviceRules, stages: Mapping[str, str], segment: str) -> str:
    """A segment (``use:family``, ``age:3-5``, ``stage:trade_up``) for staff."""
    kind, _, value = segment.partition(":")
    if kind == _USE:
        return next((use.name for use in rules.uses if use.id == value), value)
    if kind == _AGE:
        return f"车龄 {value} 年"
    return stages.get(value, value) if kind == _STAGE else segment


def _suggestion(rules: AdviceRules, at: int, each: Suggestion) -> str:
    said = [say for reason in (*each.reasons, *each.misses) if (say := _reason(rules, reason))]
    told_price = any("price" in reason.values or "price_from" in reason.values for reason in each.reasons)
    told_price = told_price or any("price_from" in miss.values for miss in each.misses)
    price = [] if told_price else [f"指导价 {price_words(each.model)}"]
    return f"{at}. {each.model.name}：" + "；".join([*price, *said])


def _reason(rules: AdviceRules, reason: Reason) -> str:
    return reason.text or render(rules.words.get(reason.code, ""), reason.values)


def _lines(rules: AdviceRules, needs: Needs) -> Iterator[tuple[str, str]]:
    uses = {use.id: use.name for use in rules.uses}
    yield "预算", say_budget(needs)
    yield "用途", "、".join(uses.get(use, use) for use in needs.uses)
    yield "家庭", f"{needs.people} 口人" if needs.people else ""
    yield "座位", f"{needs.seats} 座" if needs.seats else ""
    yield "能源", rules.names.get(needs.energy or "", needs.energy or "")
    yield "车身", rules.names.get(needs.body or "", needs.body or "")
    yield "不要", "、".join(f"不要{rules.names.get(kind, kind)}" for kind in needs.unwanted)
    yield "现有车", f"现在开{needs.current_car}" if needs.current_car else ""
    yield "购车时间", _within(needs.buy_within)


def _within(months: int | None) -> str:
    if months is None:
        return ""
    return f"{months} 个月内买" if months > 1 else "一个月内买"
