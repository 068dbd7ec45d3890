"""What the bot may say: FAQ entries and reply templates, each approved by somebody."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from bot.domain.errors import ZhantingError

VARIABLE = re.compile(r"\{([a-z][a-z0-9_]*)\}")
CHANNELS = ("web", "rest", "wechat", "terminal")
BUTTON_INTENTS = frozenset(
    {
        "book_test_drive",
        "book_service",
        "check_booking",
        "change_booking",
        "cancel_booking",
        "ask_service_due",
        "ask_warranty_status",
        "report_breakdown",
        "complain",
        "ask_human",
        "request_change",
        "affirm",
        "deny",
        "stop",
        "back_to_bot",
        "join_waitlist",
        "sign_up_event",
        "recommend_model",
        "referral",
        "export_my_data",
        "delete_my_data",
        "withdraw_consent",
        "claim_warranty",
        "trade_in",
    }
)
"""What a button may say for the customer: the intents that rules answer without more words."""


class VariableType(str, Enum):
    """What a template expects of a value. Values come as words or numbers: actions say times and prices themselves."""

    TEXT = "text"
    OPTIONAL = "optional"  # a text that may be empty
    NUMBER = "number"  # 45, 1.5, "60,000"
    PRICE = "price"  # "398 元起", "免费"
    WHEN = "when"  # "周六 11月28日 14:00", "14:00"
    PHONE = "phone"  # "138****5678", "0571-8888001"


class UnfitValue(ZhantingError):
    """A text cannot be filled in: a value is missing or not of the type that the template declares."""


_FORMS = {
    VariableType.NUMBER: re.compile(r"-?\d[\d,]*(\.\d+)?"),
    VariableType.PRICE: re.compile(r"[^\n]*(免费|\d *(万元|元))[^\n]*"),
    VariableType.WHEN: re.compile(r"[^\n]*(\d月\d+日|\d:\d\d)[^\n]*"),
    VariableType.PHONE: re.compile(r"[+\d][-\d* ]{2,24}"),
}


@dataclass(frozen=True)
class Button:
    """A choice that leads to exactly one of ``intent`` (a dialogue), ``topic`` (an FAQ entry) and ``payload``."""

    title: str
    intent: str | None = None
    topic: str | None = None
    payload: str | None = None


@dataclass(frozen=True)
class FaqEntry:
    """One reviewed answer. ``title`` is short: it stands on a button when the bot asks what was meant.

    ``questions`` are ways to ask that staff added; retrieval knows them without training.
    """

    id: str
    title: str
    answer: str
    category: str = ""
    buttons: tuple[Button, ...] = ()
    questions: tuple[str, ...] = ()


@dataclass(frozen=True)
class Synonym:
    """What customers say (``words``) instead of the word that the FAQ uses (``id``)."""

    id: str
    words: tuple[str, ...]


@dataclass(frozen=True)
class StandardReply:
    """What staff send often. ``{name}`` marks a variable of the dealership or of ``STANDARD_VARIABLES``.

    ``shortcut``: the letters typed to find it, the beginnings of its title in pinyin.
    """

    id: str
    title: str
    text: str
    category: str = ""
    shortcut: str = ""


STANDARD_VARIABLES = (
    "customer",
    "adviser",
    "model",
    "store",
    "store_phone",
    "store_address",
    "visit_time",
    "booking_code",
    "plate",
)
"""What a standard reply may say of customer and adviser; what is not known is left for the adviser to fill in."""


@dataclass(frozen=True)
class Template:
    """One reviewed utterance of the dialogues; ``{name}`` marks a variable.

    ``variables`` are the values that the dialogue gives; what else stands in the text comes from the dealership.
    ``channels`` has the text for a channel (of ``CHANNELS``) where it differs from ``text``.
    """

    id: str
    text: str
    buttons: tuple[Button, ...] = ()
    variables: Mapping[str, VariableType] = field(default_factory=dict)
    channels: Mapping[str, str] = field(default_factory=dict)

    def text_for(self, channel: str | None) -> str:
        """The text in a channel."""
        return self.channels.get(channel or "", self.text)


def variables_of(text: str) -> frozenset[str]:
    """The names of the variables in a text."""
    return frozenset(VARIABLE.findall(text))


def render(text: str, values: Mapping[str, object]) -> str:
    """The text with its variables filled in; raises ``UnfitValue`` for a variable without a value."""

    def value_of(match: re.Match[str]) -> str:
        value = values.get(match.group(1))
        if value is None:
            raise UnfitValue(f"{{{match.group(1)}}} has no value")
        return str(value)

    return VARIABLE.sub(value_of, text).strip()


def check_value(name: str, type_: VariableType, value: object) -> None:
    """Raises ``UnfitValue`` where the value of the variable ``name`` is missing or not what its type says."""
    if value is None:
        raise UnfitValue(f"{{{name}}} has no value")
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise UnfitValue(f"{{{name}}} is a {type(value).__name__}, not a {type_.value}")
    text = str(value)
    form = _FORMS.get(type_)
    fits = form.fullmatch(text) if form else type_ is VariableType.OPTIONAL or text.strip()
    if not fits or (type_ is not VariableType.NUMBER and not isinstance(value, str)):
        raise UnfitValue(f"{{{name}}} is {value!r}, which is not a {type_.value}")
