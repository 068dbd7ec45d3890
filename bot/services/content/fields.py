"""Plain data from outside (JSON, YAML): the type of each field, before anything else is looked at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

from bot.clock import TIME_ZONE, in_dealers_zone
from bot.services.content.checks import Fault
from bot.services.texts import is_storable

EDITABLE = {
    "faq": ("title", "category", "answer", "questions", "buttons"),
    "template": ("text", "channels", "buttons"),
    "standard_reply": ("title", "category", "shortcut", "text"),
}
"""The fields that staff write, by kind."""
LAST_WORDS = frozenset(
    {
        "utter_technical_problem",
        "utter_request_not_readable",
        "utter_too_many_messages",
        "utter_not_understood",
    }
)
"""What is said when nothing else can be: these templates cannot be retired."""
NAMES = {
    "title": "标题",
    "category": "分类",
    "answer": "答案",
    "questions": "问法",
    "buttons": "按钮",
    "text": "文字",
    "channels": "渠道文字",
    "shortcut": "快捷码",
    "valid_from": "生效时间",
    "valid_until": "失效时间",
}
_TARGETS = ("intent", "topic", "payload")


def field_faults(kind: str, raw: Mapping[str, Any]) -> Iterator[Fault]:
    """Fields of a wrong type, and fields that do not exist."""
    for name, value in raw.items():
        if name in ("id", "variables"):
            continue
        if name not in EDITABLE[kind]:
            yield Fault(str(name), "is not a known field", f"没有“{name}”这个字段")
        elif name == "questions":
            yield from _list_faults(name, value, lambda item: isinstance(item, str), "texts", "文字")
        elif name == "buttons":
            yield from _list_faults(name, value, _is_button, "buttons", "按钮（标题加上一个去处）")
        elif name == "channels":
            if not isinstance(value, Mapping) or not all(map(_is_text, [*value.keys(), *value.values()])):
                yield Fault(name, "must be an object of texts", "渠道文字要写成“渠道：文字”")
        elif not _is_text(value):
            yield Fault(name, "must be a text", f"{NAMES[name]}必须是文字")


def moment_of(value: Any) -> datetime:
    """A time as staff write it ("2026-12-01 09:00", "2026-12-01", ISO 8601), in the dealer's zone without an offset.

    A date alone is its first moment. Raises ``ValueError``, also for a year before 1970.
    """
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day, tzinfo=TIME_ZONE)
    if isinstance(value, str):
        value = datetime.fromisoformat(value.strip().replace("Z", "+00:00"))
    if not isinstance(value, datetime):
        raise ValueError(f"{value!r} is no time")
    return in_dealers_zone(value)


def moment_text(moment: datetime | None) -> str:
    """As ``moment_of`` reads it: "2026-12-01 09:00" in the dealer's zone; empty for none."""
    if moment is None:
        return ""
    local = moment.astimezone(TIME_ZONE).replace(tzinfo=None)
    return local.isoformat(" ", "auto" if local.second or local.microsecond else "minutes")


def _list_faults(name: str, value: Any, fits: Any, items: str, words: str) -> Iterator[Fault]:
    if not isinstance(value, list | tuple) or not all(map(fits, value)) or not _storable(value):
        yield Fault(name, f"must be a list of {items}", f"{NAMES[name]}必须是一组{words}")


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and is_storable(value)


def _storable(values: Any) -> bool:
    texts = [text for item in values for text in (item.values() if isinstance(item, Mapping) else [item])]
    return all(text is None or _is_text(text) for text in texts)


def _is_button(value: Any) -> bool:
    return (
        isinstance(value, Mapping)
        and isinstance(value.get("title"), str)
        and set(value) <= {"title", *_TARGETS}
        and all(value.get(target) is None or isinstance(value[target], str) for target in _TARGETS)
    )
