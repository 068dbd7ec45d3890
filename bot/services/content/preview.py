"""How an edit would look to a customer, before anything is stored: its words filled in, its faults, its warnings."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.domain.errors import NotFound
from bot.domain.replies import STANDARD_VARIABLES, VARIABLE, Button, VariableType
from bot.services.content.checks import Fault, new_id_faults, validity_faults
from bot.services.content.editing import (
    FAQ,
    STANDARD,
    TEMPLATE,
    Change,
    entry_faults,
    known_topics,
)
from bot.services.content.entries import parse
from bot.services.content.fields import field_faults
from bot.services.content.listing import Entry, find_entry
from bot.services.content.snapshot import Content
from bot.services.content.warnings import question_warnings
from bot.services.pinyin import spelled_out
from bot.services.replies import payload_of
from bot.services.wording import fill_spaced
from bot.store.database import Database

NEW = "new"
"""In the place of the id of a topic or standard reply that has none yet."""

_EXAMPLES = {
    "address": "青石市城东区东海路 18 号",
    "adviser": "周敏",
    "battery_limit": "8 年或 160,000 公里",
    "booked": "青岚 X5",
    "booking_code": "ABC234",
    "bookings": "1. 周六 11月28日 14:00，城东店，试驾青岚 X5",
    "calendar": "https://example.com/calendar/….ics",
    "car": "青岚 X5",
    "code": "ABC234",
    "closure": "周一休息",
    "customer": "王先生",
    "digits": "10",
    "distance": "还有 2,300 公里",
    "entries": "1. 周六 11月28日，试驾青岚 X5",
    "first": "青岚 X5",
    "greeting": "王先生，",
    "hotline": "0500-8800-1001",
    "instead": "常规保养",
    "invitation": "要换一个时间吗？",
    "items": "更换机油和机滤",
    "job": "常规保养",
    "jobs": "常规保养、四轮定位",
    "kind": "燃油车",
    "known": "车型：青岚 X5",
    "line": "前面还有 1 位。",
    "mileage": "15,000 公里",
    "model": "青岚 X5",
    "models": "青岚 S3、青岚 X5",
    "name": "王先生",
    "names": "四轮定位",
    "new_store": "城西店",
    "other": "李明",
    "others": "另外两件事",
    "overdue_by": "1,200 公里",
    "phone": "138****5678",
    "phones": "0500-8800-1001",
    "place": "东海路口",
    "plate": "浙A12345",
    "price": "398 元起",
    "said": "2月30号",
    "service_km": "15,000 公里",
    "sooner": "里程",
    "span": "周六 11月28日 下午",
    "stage": "定期保养期",
    "store": "城东店",
    "store_address": "青石市城东区东海路 18 号",
    "store_phone": "0500-8800-1001",
    "stores": "城东店、城西店",
    "text": "一封邮件的正文。",
    "vehicle": "青岚 X5（浙A12345）",
    "visit_time": "周六 11月28日 14:00",
    "warranty_ended_by": "里程",
    "warranty_left": "还有 14 个月",
    "warranty_limit": "36 个月或 100,000 公里",
    "what": "试驾青岚 X5",
    "whole": "常规保养",
    "wish": "靠窗的位置",
    "wished": "青岚 X9",
    "with_adviser": "由周敏接待，",
    "work": "贴膜",
}
_OF_TYPE = {
    VariableType.NUMBER: "45",
    VariableType.PRICE: "398 元起",
    VariableType.WHEN: "周六 11月28日 14:00",
    VariableType.PHONE: "138****5678",
    VariableType.OPTIONAL: "",
}
_LONGEST_SLUG = 40


@dataclass(frozen=True)
class Preview:
    """``text`` and ``buttons`` (title, payload) as a customer would get them; ``channels``: where the text differs.

    A variable that does not exist stays as it was written. ``suggested_id``: for what has no id yet.
    """

    text: str
    buttons: tuple[dict[str, str], ...]
    channels: Mapping[str, str]
    faults: tuple[Fault, ...]
    warnings: tuple[str, ...]
    suggested_id: str | None = None


def preview(
    database: Database, content: Content, kind: str, id_: str, change: Change, now: datetime
) -> Preview:
    """The entry as it would be with the change; an unknown id is a new one. Raises ``NotFound`` (templates)."""
    entry = _entry(database, kind, id_, now)
    before = entry.data if entry else {"category": id_.partition(".")[0]} if kind == FAQ else {}
    raw: dict[str, Any] = {**_empty(kind), **before, **change.fields, "id": id_}
    faults = _faults(database, content, kind, raw, before, change, now)
    if entry is None and id_ != NEW:
        faults += new_id_faults(id_)
    if any(field_faults(kind, raw)):
        return Preview("", (), {}, tuple(faults), ())
    values = {**content.variables, **examples(_declared(kind, raw))}
    words = raw["answer"] if kind == FAQ else raw["text"]
    own = question_warnings(content, id_, raw.get("questions") or ()) if kind == FAQ else []
    return Preview(
        fill_spaced(words, lambda name: values.get(name, f"{{{name}}}"))
        if kind == STANDARD
        else fill(words, values),
        tuple(_button(button, values) for button in raw.get("buttons") or ()),
        {channel: fill(text, values) for channel, text in (raw.get("channels") or {}).items()},
        tuple(faults),
        tuple(own),
        suggested_id(content, kind, raw) if entry is None and id_ == NEW else None,
    )


def examples(variables: Mapping[str, Any]) -> dict[str, str]:
    """A value for each variable that a template declares, such as the dialogues give."""
    return {name: example_of(name, VariableType(type_)) for name, type_ in variables.items()}


def example_of(name: str, type_: VariableType) -> str:
    """A value of the type; what cannot be guessed from the name is the name in brackets."""
    if type_ in (VariableType.TEXT, VariableType.OPTIONAL) and name in _EXAMPLES:
        return _EXAMPLES[name]
    return _OF_TYPE.get(type_, f"〔{name}〕")


def fill(text: str, values: Mapping[str, str]) -> str:
    """The text with the variables that are known filled in."""
    return VARIABLE.sub(lambda match: values.get(match.group(1), match.group()), text).strip()


def suggested_id(content: Content, kind: str, raw: Mapping[str, Any]) -> str:
    """An id that is free: the category ("standard" of standard replies), a dot, and the title in pinyin."""
    taken = content.standard_replies.keys() if kind == STANDARD else content.faq.keys()
    category = raw.get("category") if re.fullmatch(r"[a-z][a-z0-9_]*", raw.get("category") or "") else "other"
    if kind == STANDARD:
        category = "standard"
    sounds = "_".join(spelled_out(str(raw.get("title") or ""))).lower()
    slug = re.sub(r"[^a-z0-9]+", "_", sounds)[:_LONGEST_SLUG].strip("_") or "topic"
    number, id_ = 1, f"{category}.{slug}"
    while id_ in taken:
        number += 1
        id_ = f"{category}.{slug}_{number}"
    return id_


def _entry(database: Database, kind: str, id_: str, now: datetime) -> Entry | None:
    try:
        return find_entry(database, kind, id_, now)
    except NotFound:
        if kind == TEMPLATE:
            raise
        return None


def _faults(
    database: Database,
    content: Content,
    kind: str,
    raw: Mapping[str, Any],
    before: Mapping[str, Any],
    change: Change,
    now: datetime,
) -> list[Fault]:
    with database.reading() as session:
        topics = known_topics(session)
    faults = list(entry_faults(kind, raw, content, topics, before))
    faults += validity_faults(change.validity.get("valid_from"), change.validity.get("valid_until"), now)
    return faults


def _empty(kind: str) -> dict[str, Any]:
    return {FAQ: {"title": "", "answer": ""}, STANDARD: {"title": "", "text": ""}}.get(kind, {"text": ""})


def _declared(kind: str, raw: Mapping[str, Any]) -> Mapping[str, Any]:
    """The variables that an entry may have beside those of the dealership."""
    if kind == STANDARD:
        return dict.fromkeys(STANDARD_VARIABLES, VariableType.TEXT)
    variables: Mapping[str, Any] = raw.get("variables", {})
    return variables


def _button(raw: Mapping[str, Any], values: Mapping[str, str]) -> dict[str, str]:
    button = parse(Button, dict(raw))
    leads_somewhere = button.payload or button.topic or button.intent
    return {"title": fill(button.title, values), "payload": payload_of(button) if leads_somewhere else ""}
