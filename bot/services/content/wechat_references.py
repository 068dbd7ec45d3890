"""What ``dealership/wechat.yml`` refers to exists: topics, intents, stores, models, and values that a notice has."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from bot.domain.replies import BUTTON_INTENTS, variables_of
from bot.services.content.checks import Fault
from bot.services.content.wechat_checks import menu_faults

NOTICES = frozenset(
    {
        "confirmation",
        "reminder",
        "moved",
        "cancelled",
        "approved",
        "restored",
        "disrupted",
        "adviser_changed",
        "waitlist_offer",
        "waitlist_over",
        "waitlist_lapsed",
        "event_reminder",
        "event_moved_up",
    }
)
"""Notices of ``bot.services.notices`` that may go out as template messages; questions for a score may not."""
VALUES = frozenset({"code", "name", "what", "time", "store", "address", "hotline", "moment", "day"})
"""What a field may say of the visit."""


def wechat_faults(data: Mapping[str, Any], known: Mapping[str, Collection[str]]) -> Iterator[Fault]:
    """``data``: plain data of ``WeChatContent``; ``known``: the ids by kind, of stores, models and topics (``faq``)."""
    yield from menu_faults(data["menu"])
    for key in _keys(data["menu"]):
        if key not in data["clicks"] and key not in BUTTON_INTENTS and key not in known["faq"]:
            words = f"菜单的 key“{key}”不是话题，也没有写在 clicks 里"
            yield Fault(f"menu.{key}", f"{key!r} is no intent, no topic and none of clicks", words)
    for key, click in data["clicks"].items():
        yield from _click_faults(key, click, known["faq"])
    for name, scene in data["scenes"].items():
        for part in ("store", "model"):
            if scene[part] is not None and scene[part] not in known[part]:
                field, words = f"scenes.{name}.{part}", f"场景“{name}”：没有 {scene[part]}"
                yield Fault(field, f"{scene[part]!r} does not exist", words)
    yield from _double_templates(data["templates"])
    for template in data["templates"]:
        yield from _template_faults(template)


def _keys(menu: Sequence[Mapping[str, Any]]) -> list[str]:
    """What taps may bring."""
    return [button["key"] for column in menu for button in (column, *column["buttons"]) if button["key"]]


def _double_templates(templates: Sequence[Mapping[str, Any]]) -> Iterator[Fault]:
    which = [(template["account"], template["notice"]) for template in templates]
    for account, notice in sorted({each for each in which if which.count(each) > 1}):
        words = f"账号 {account} 的“{notice}”有两个模板"
        yield Fault(f"templates.{notice}", f"account {account} has two of them", words)


def _click_faults(key: str, click: Mapping[str, Any], topics: Collection[str]) -> Iterator[Fault]:
    field, intent, topic = f"clicks.{key}", click["intent"], click["topic"]
    if (intent is None) == (topic is None):
        yield Fault(field, "needs either intent or topic", f"“{key}”要写 intent 或 topic，只写一个")
    if intent is not None and intent not in BUTTON_INTENTS:
        yield Fault(field, f"{intent!r} is no intent of a button", f"“{key}”：没有 {intent} 这个意图")
    if topic is not None and topic not in topics:
        yield Fault(field, f"{topic!r} does not exist", f"“{key}”：没有 {topic} 这个话题")


def _template_faults(template: Mapping[str, Any]) -> Iterator[Fault]:
    field = f"templates.{template['notice']}"
    if template["notice"] not in NOTICES:
        words = f"没有“{template['notice']}”这种通知，只有 {'、'.join(sorted(NOTICES))}"
        yield Fault(field, f"is none of {', '.join(sorted(NOTICES))}", words)
    if not template["template_id"].strip() or not template["fields"]:
        yield Fault(
            field, "needs template_id and fields", f"“{template['notice']}”要写 template_id 和 fields"
        )
    for name, words in template["fields"].items():
        for variable in sorted(variables_of(words) - VALUES):
            problem = f"{{{variable}}} is unknown"
            yield Fault(f"{field}.{name}", problem, f"“{template['notice']}”的 {name}：没有 {{{variable}}}")
