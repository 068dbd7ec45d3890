"""What may not be approved: unknown variables, buttons that lead nowhere, empty or overlong texts.

The same checks hold for content files, edits and imports. A fault names its field and says what is wrong twice: in
English for the log, in Chinese for the person who wrote it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import available_timezones

from bot.domain.replies import (
    BUTTON_INTENTS,
    CHANNELS,
    STANDARD_VARIABLES,
    VARIABLE,
    Button,
    FaqEntry,
    StandardReply,
    Template,
    variables_of,
)

LONGEST = {
    "title": 30,
    "answer": 2000,
    "text": 2000,
    "question": 200,
    "button": 20,
    "category": 20,
}  # characters
MOST_BUTTONS, MOST_QUESTIONS = 10, 500
_MOST = {"complaint_hours": 720, "months": 600, "km": 9_999_999, "ev_years": 50, "ev_km": 9_999_999}
_MOST_WAIT = 1440
_BUTTON_PAYLOAD = re.compile(r"/([a-z_]+)(\{.*\})?")
_DIALLED = re.compile(r"\+?[0-9][0-9 -]*[0-9]")
_NEW_ID = re.compile(r"[a-z][a-z0-9_]*(\.[a-z0-9][a-z0-9_]*)+")
_SHORTCUT = re.compile(r"[a-z0-9]{0,12}")
_CATEGORY = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong: ``problem`` in English, ``words`` in Chinese."""

    field: str
    problem: str
    words: str


def faq_faults(entry: FaqEntry, variables: Collection[str], topics: Collection[str]) -> Iterator[Fault]:
    """Everything that is wrong with an answer; ``topics`` are those that a button may lead to."""
    yield from _length("title", "标题", entry.title, LONGEST["title"])
    if "\n" in entry.title.strip():
        yield Fault("title", "must be one line", "标题只能有一行")
    if re.search(r"[{}]", entry.title):
        yield Fault("title", "has a variable, which a title does not fill in", "标题里不能用变量和大括号")
    if entry.category and not _CATEGORY.fullmatch(entry.category):
        yield Fault(
            "category", "must be a word of small letters", f"分类“{entry.category}”只能用小写英文字母"
        )
    yield from _length("answer", "答案", entry.answer, LONGEST["answer"])
    yield from variable_faults("answer", entry.answer, variables)
    yield from _question_faults(entry.questions)
    yield from button_faults(entry.buttons, variables, topics)


def template_faults(
    template: Template, variables: Collection[str], topics: Collection[str]
) -> Iterator[Fault]:
    """Everything that is wrong with a template; ``variables`` are those of the dealership."""
    known = {*variables, *template.variables}
    yield from _length("text", "文字", template.text, LONGEST["text"])
    yield from variable_faults("text", template.text, known)
    for channel, text in template.channels.items():
        field = f"channels.{channel}"
        if channel not in CHANNELS:
            yield Fault(
                field,
                f"is none of {', '.join(CHANNELS)}",
                f"没有“{channel}”这个渠道，只有 {'、'.join(CHANNELS)}",
            )
        yield from _length(field, f"渠道 {channel} 的文字", text, LONGEST["text"])
        yield from variable_faults(field, text, known)
    yield from button_faults(template.buttons, known, topics)


def standard_faults(
    reply: StandardReply, variables: Collection[str], shortcuts: Mapping[str, str] | None = None
) -> Iterator[Fault]:
    """Everything that is wrong with a standard reply; ``variables`` are those of the dealership.

    ``shortcuts``: those of the other replies, each with its title.
    """
    yield from _length("title", "标题", reply.title, LONGEST["title"])
    if "\n" in reply.title.strip():
        yield Fault("title", "must be one line", "标题只能有一行")
    yield from _length("text", "文字", reply.text, LONGEST["text"])
    yield from variable_faults("text", reply.text, {*variables, *STANDARD_VARIABLES})
    if reply.category:
        yield from _length("category", "分类", reply.category, LONGEST["category"])
    if "\n" in reply.category.strip():
        yield Fault("category", "must be one line", "分类只能有一行")
    if not _SHORTCUT.fullmatch(reply.shortcut):
        yield Fault(
            "shortcut", "must be up to 12 small letters or digits", "快捷码只能用 12 个以内的小写字母和数字"
        )
    if reply.shortcut and reply.shortcut in (shortcuts or {}):
        yield taken_shortcut(reply.shortcut, (shortcuts or {})[reply.shortcut])


def taken_shortcut(shortcut: str, owner: str) -> Fault:
    """It is that of the reply with the title ``owner``."""
    words = f"快捷码已经给了“{owner}”，请换一个"
    return Fault("shortcut", f"{shortcut!r} is that of {owner!r}", words)


def variable_faults(field: str, text: str, known: Collection[str]) -> Iterator[Fault]:
    """Variables that do not exist, and braces that a customer would get to see."""
    for name in sorted(variables_of(text) - set(known)):
        yield Fault(field, f"unknown variable {{{name}}}", f"没有变量 {{{name}}}")
    if re.search(r"[{}]", VARIABLE.sub("", text)):
        yield Fault(
            field,
            "has a brace that belongs to no {variable}",
            "有多余的大括号，变量要写成 {store_names} 这样",
        )


def button_faults(
    buttons: Iterable[Button], variables: Collection[str], topics: Collection[str]
) -> Iterator[Fault]:
    """Buttons without a title or a place to lead to."""
    buttons = tuple(buttons)
    if len(buttons) > MOST_BUTTONS:
        yield Fault("buttons", f"more than {MOST_BUTTONS}", f"按钮最多 {MOST_BUTTONS} 个")
    for button in buttons:
        yield from _length("buttons", "按钮文字", button.title, LONGEST["button"])
        if "\n" in button.title.strip():
            yield Fault("buttons", "a title must be one line", "按钮文字只能有一行")
        yield from variable_faults("buttons", button.title, variables)
        if sum(target is not None for target in (button.intent, button.topic, button.payload)) != 1:
            yield Fault(
                "buttons",
                f"{button.title!r} needs one of intent, topic",
                f"按钮“{button.title}”要指向一个主题或一个动作",
            )
        yield from _target_faults(button, topics)


def profile_faults(data: Mapping[str, Any]) -> Iterator[Fault]:
    """What customers would be told wrongly, or what a page could not show. ``data``: the profile as plain data."""
    for name in ("brand", "assistant", "city", "rescue_line", "parking"):
        if not data[name].strip():
            yield Fault(name, "is empty", f"{name} 不能是空的")
    if data["rescue_line"].strip():
        yield from phone_faults("rescue_line", data["rescue_line"])
    if data["time_zone"] not in available_timezones():
        words = f"time_zone：没有“{data['time_zone']}”这个时区，要写成 Asia/Shanghai 这样"
        yield Fault("time_zone", f"{data['time_zone']!r} is no time zone", words)
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", data["accent_color"]):
        words = f"accent_color：“{data['accent_color']}”要写成 #0f6b6b 这样的颜色"
        yield Fault("accent_color", f"{data['accent_color']!r} is not like #0f6b6b", words)
    if data["consultants_online"]["opens"] >= data["consultants_online"]["closes"]:
        words = "consultants_online：closes 要晚于 opens"
        yield Fault("consultants_online", "must open before it closes", words)
    warranty = {f"warranty.{name}": value for name, value in data["warranty"].items()}
    for name, value in {"complaint_hours": data["complaint_hours"], **warranty}.items():
        most = _MOST.get(name.partition(".")[2] or name, 0)
        if not 0 < value <= most:
            yield Fault(name, f"{value} is not 1 to {most}", f"{name}：{value} 不是 1 到 {most}")


def phone_faults(name: str, number: str) -> Iterator[Fault]:
    """A number that nobody could dial; ``name``: of the field."""
    if not _DIALLED.fullmatch(number) or not 3 <= len(number) <= 20 or len(re.findall("[0-9]", number)) < 3:
        words = f"{name}：“{number}”打不通，要写成 400-000-1188 这样（数字、空格、- 和 +，3 到 20 位）"
        yield Fault(name, f"{number!r} is no telephone number", words)


def handoff_faults(data: Mapping[str, Any]) -> Iterator[Fault]:
    """Rules of handing over that never come true, and times that cannot be. ``data``: plain data."""
    times = ("conversation_limit", "presence_seconds", "lease_seconds", "grace_seconds", "api_lease_minutes")
    limits = {f"waiting_limit_minutes.{name}": value for name, value in data["waiting_limit_minutes"].items()}
    for name, value in {**{name: data[name] for name in times}, **limits}.items():
        if not 0 < value <= _MOST_WAIT:
            yield Fault(name, f"{value} is not 1 to {_MOST_WAIT}", f"{name}：{value} 不是 1 到 {_MOST_WAIT}")
    if not 0 <= data["score"]["low"] <= 4:
        yield Fault("score.low", "must be 0 to 4", "score.low：要在 0 到 4 之间")
    seen: set[str] = set()
    for rule in data["rules"]:
        field = f"rules.{rule['id']}"
        if rule["id"] in seen:
            yield Fault(field, "is there twice", f"规则“{rule['id']}”重复了")
        seen.add(rule["id"])
        if not any(rule[name] for name in ("topics", "intents", "models", "words")):
            words = f"规则“{rule['id']}”要写 topics、intents、models 或 words"
            yield Fault(field, "needs topics, intents, models or words", words)
        if any(len(word.strip()) < 2 for word in rule["words"]):
            yield Fault(f"{field}.words", "a word needs two characters", f"规则“{rule['id']}”的词至少两个字")


def handoff_reference_faults(
    data: Mapping[str, Any], known: Mapping[str, Collection[str]]
) -> Iterator[Fault]:
    """Rules that name what is not there; ``known``: the ids by the name of the field, as topics and models."""
    for rule in data["rules"]:
        for name, ids in known.items():
            for id_ in rule[name]:
                if id_ not in ids:
                    field = f"rules.{rule['id']}.{name}"
                    yield Fault(field, f"{id_!r} does not exist", f"规则“{rule['id']}”：没有 {id_}")


def position_faults(store: Mapping[str, Any]) -> Iterator[Fault]:
    """A store's place on the map: both numbers or none, within bounds."""
    latitude, longitude = store["latitude"], store["longitude"]
    if (latitude is None) != (longitude is None):
        yield Fault("latitude", "needs longitude too, and the other way round", "纬度和经度要一起写")
    elif latitude is not None and not (abs(latitude) <= 90 and abs(longitude) <= 180):
        yield Fault("latitude", "is no place on earth", "纬度要在 -90 到 90 之间，经度要在 -180 到 180 之间")


def new_id_faults(id_: str) -> Iterator[Fault]:
    """Whether a new topic may be called so: "category.name"."""
    if not _NEW_ID.fullmatch(id_) or len(id_) > 80:
        yield Fault(
            "id",
            f"{id_!r} is not like store.hours: small letters, digits and _, with the category before a dot",
            f"“{id_}”不能用作编号，要写成 store.hours 这样：小写字母、数字和下划线，点号前面是分类",
        )


def synonym_faults(groups: dict[str, tuple[str, ...]]) -> Iterator[tuple[str, Fault]]:
    """Words with two meanings, by group: what they mean would depend on the order."""
    meaning: dict[str, str] = {}
    for id_, words in groups.items():
        for word in words:
            if not word.strip() or word in groups or meaning.setdefault(word, id_) != id_:
                yield id_, Fault("words", f"{word!r} has another meaning already", f"“{word}”已经有别的意思")


def _target_faults(button: Button, topics: Collection[str]) -> Iterator[Fault]:
    if button.topic is not None and button.topic not in topics:
        yield Fault(
            "buttons.topic",
            f"{button.topic!r} does not exist",
            f"按钮“{button.title}”指向的主题“{button.topic}”不存在",
        )
    intent = button.intent
    if button.payload is not None:
        match = _BUTTON_PAYLOAD.fullmatch(button.payload)
        intent = match.group(1) if match else button.payload
    if intent is not None and intent not in BUTTON_INTENTS:
        yield Fault(
            "buttons.intent", f"{intent!r} does not exist", f"按钮“{button.title}”的动作“{intent}”不存在"
        )


def _question_faults(questions: tuple[str, ...]) -> Iterator[Fault]:
    if len(questions) > MOST_QUESTIONS:
        yield Fault("questions", f"more than {MOST_QUESTIONS}", f"问法最多 {MOST_QUESTIONS} 条")
    for question in questions:
        yield from _length("questions", "问法", question, LONGEST["question"])


def _length(field: str, name: str, text: str, longest: int) -> Iterator[Fault]:
    if not text.strip():
        yield Fault(field, "is empty", f"{name}是空的")
    if len(text) > longest:
        yield Fault(field, f"is longer than {longest} characters", f"{name}超过 {longest} 个字")
    if any(unicodedata.category(char) in ("Cc", "Cs") and char not in "\n\t" for char in text):
        yield Fault(field, "has characters that cannot be shown", f"{name}里有看不见的控制字符")


def validity_faults(
    valid_from: datetime | None, valid_until: datetime | None, now: datetime
) -> Iterator[Fault]:
    """A validity that could never count."""
    if valid_until is not None and valid_from is not None and valid_until <= valid_from:
        yield Fault("valid_until", "must be after valid_from", "失效时间要晚于生效时间")
    elif valid_until is not None and valid_until <= now:
        yield Fault("valid_until", "is over already", "失效时间已经过了")
