"""What an entry of the content is: its kind's class, and the way from plain data to a checked value and back."""

from __future__ import annotations

import dataclasses
import threading
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar

import pydantic
from pydantic.dataclasses import dataclass as pydantic_dataclass

from bot.domain import dealership as d
from bot.domain.advice import AdviceRules
from bot.domain.errors import ContentError
from bot.domain.events import DealerEvent
from bot.domain.handoff import HandoffRules
from bot.domain.indicators import Indicator
from bot.domain.lifecycle import Schedule
from bot.domain.outreach import OutreachRules
from bot.domain.replies import FaqEntry, StandardReply, Synonym, Template
from bot.domain.surveys import SurveyRules
from bot.domain.wechat.content import WeChatContent

T = TypeVar("T")


class _Strict(pydantic.BaseConfig):
    extra = pydantic.Extra.forbid


@dataclass(frozen=True)
class DemoVehicle:
    plate: str
    model: str
    delivered: date
    mileage: int | None = None
    mileage_on: date | None = None
    last_service_on: date | None = None
    last_service_km: int | None = None


@dataclass(frozen=True)
class DemoCustomer:
    phone: str
    vehicles: tuple[DemoVehicle, ...]
    name: str | None = None


@dataclass(frozen=True)
class Policy:
    """A dealer's policy in words, quoted by FAQ answers as the variable ``id``."""

    id: str
    text: str


@dataclass(frozen=True)
class FileEntry:
    """One entry of a content file: ``data`` is plain JSON, already validated."""

    kind: str
    id: str
    position: int
    file: str
    data: dict[str, Any]


KINDS: dict[str, type] = {
    "profile": d.Profile,
    "rules": d.BookingRules,
    "handoff": HandoffRules,
    "wechat": WeChatContent,
    "surveys": SurveyRules,
    "outreach": OutreachRules,
    "advice": AdviceRules,
    "store": d.Store,
    "model": d.Model,
    "service": d.ServiceJob,
    "resource": d.Resource,
    "event": DealerEvent,
    "indicator": Indicator,
    "closure": d.Closure,
    "holiday": d.Holiday,
    "policy": Policy,
    "lifecycle": Schedule,
    "customer": DemoCustomer,
    "faq": FaqEntry,
    "template": Template,
    "synonym": Synonym,
    "standard_reply": StandardReply,
}

_parsers: dict[type, Any] = {}
_making = threading.Lock()  # pydantic 1.10 changes the classes it is given: two threads may not do so at once


def parse(kind: type[T], data: Any, file: str = "", entry: str = "") -> T:
    """Build a value from plain data; an unknown, missing or ill-typed field is a ``ContentError``."""
    parser = _parser_of(kind)
    if not isinstance(data, dict):
        raise ContentError(file, entry, "", f"must be a mapping, not {type(data).__name__}")
    try:
        return parser(**data)
    except pydantic.ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"] if part != "__root__")
        raise ContentError(file, entry, field, first["msg"]) from error
    except TypeError as error:
        raise ContentError(file, entry, _field_of(error), _plain(error)) from error


def _parser_of(kind: type) -> Any:
    with _making:
        if kind not in _parsers:
            _parsers[kind] = pydantic_dataclass(kind, config=_Strict, use_proxy=True)
        return _parsers[kind]


def plain(value: Any) -> Any:
    """A parsed value as JSON: dates and times as ISO text, tuples as lists."""
    if dataclasses.is_dataclass(value):
        return {f.name: plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | frozenset):
        return [plain(item) for item in value]
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return getattr(value, "value", value)


def _field_of(error: TypeError) -> str:
    parts = str(error).split("'")
    return parts[1] if len(parts) > 1 else ""


def _plain(error: TypeError) -> str:
    text = str(error)
    if "unexpected keyword" in text:
        return "is not a known field"
    return "is missing" if "missing" in text else text
