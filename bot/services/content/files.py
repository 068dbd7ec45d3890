"""Reads and validates the content files. A wrong one raises ``ContentError`` with file, entry and field."""

from __future__ import annotations

import dataclasses
import re
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

import pydantic
import yaml
from pydantic.dataclasses import dataclass as pydantic_dataclass

from bot.domain import dealership as d
from bot.domain.advice import AdviceRules, advice_problems
from bot.domain.errors import ContentError
from bot.domain.events import DealerEvent, event_problems
from bot.domain.handoff import HandoffRules
from bot.domain.indicators import Indicator, indicator_problems
from bot.domain.lifecycle import Schedule, schedule_problems
from bot.domain.outreach import OutreachRules, rule_problems
from bot.domain.replies import FaqEntry, StandardReply, Synonym, Template
from bot.domain.surveys import SurveyRules
from bot.domain.wechat.content import WeChatContent
from bot.services.content.checks import (
    Fault,
    faq_faults,
    handoff_faults,
    handoff_reference_faults,
    phone_faults,
    position_faults,
    profile_faults,
    standard_faults,
    synonym_faults,
    template_faults,
    variable_faults,
)
from bot.services.content.wechat_references import wechat_faults
from bot.services.content.yaml import read_yaml

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

_LISTS = {
    "stores.yml": ("stores", "store", "id"),
    "models.yml": ("models", "model", "id"),
    "services.yml": ("services", "service", "id"),
    "resources.yml": ("resources", "resource", "id"),
    "calendar.yml": ("closures", "closure", "name"),
    "customers.yml": ("customers", "customer", "phone"),
    "events.yml": ("events", "event", "id"),
    "indicators.yml": ("indicators", "indicator", "id"),
}
_FAQ_LISTS = {"templates": "template", "synonyms": "synonym", "standard_replies": "standard_reply"}
_NEVER_EMPTY = ("stores", "models", "services", "resources")
_WHOLE = {
    "profile.yml": "profile",
    "booking.yml": "rules",
    "lifecycle.yml": "lifecycle",
    "handoff.yml": "handoff",
    "wechat.yml": "wechat",
    "surveys.yml": "surveys",
    "outreach.yml": "outreach",
    "advice.yml": "advice",
}
_OPTIONAL = (
    "handoff.yml",
    "wechat.yml",
    "surveys.yml",
    "outreach.yml",
    "advice.yml",
    "events.yml",
    "indicators.yml",
)
"""A dealership may leave them out: the defaults are a fair beginning."""

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


def read_content(root: Path) -> tuple[FileEntry, ...]:
    """All entries of ``dealership/`` and ``faq/`` under ``root``, validated one by one and against each other."""
    entries = (*read_dealership_files(root / "dealership"), *read_faq_files(root / "faq"))
    check_consistency(entries)
    _check_advice(entries)
    return entries


def read_dealership_files(folder: Path) -> tuple[FileEntry, ...]:
    found: list[FileEntry] = []
    for name, kind in _WHOLE.items():
        if name in _OPTIONAL and not (folder / name).is_file():
            continue
        data = _read_yaml(folder / name)
        found.append(_entry(kind, kind, 0, f"dealership/{name}", data))
    for name, (key, kind, id_field) in _LISTS.items():
        if name in _OPTIONAL and not (folder / name).is_file():
            continue
        found += _list_entries(folder / name, f"dealership/{name}", key, kind, id_field)
    calendar = _read_yaml(folder / "calendar.yml")
    if "holidays" in calendar:
        found += _list_entries(
            folder / "calendar.yml", "dealership/calendar.yml", "holidays", "holiday", "date", calendar
        )
    for path in sorted((folder / "policies").glob("*.yml")):
        found += _policies(path, f"dealership/policies/{path.name}")
    return tuple(found)


def read_faq_files(folder: Path) -> tuple[FileEntry, ...]:
    found: list[FileEntry] = []
    paths = sorted(folder.glob("*.yml"))
    if not paths:
        raise ContentError("faq/", "", "", "has no files")
    for path in paths:
        name = f"faq/{path.name}"
        data = _read_yaml(path)
        if not isinstance(data, dict) or not ({"entries", *_FAQ_LISTS} & data.keys()):
            raise ContentError(name, "", "", "needs `entries:` or `templates:`")
        for key, kind in _FAQ_LISTS.items():
            if key in data:
                found += _list_entries(path, name, key, kind, "id", data)
        if "entries" not in data:
            continue
        found += _list_entries(path, name, "entries", "faq", "id", data, {"category": data.get("category")})
    return tuple(found)


def check_consistency(entries: Iterable[FileEntry]) -> None:
    """Checks beyond types: double ids, references to what does not exist, contradictions."""
    by_kind: dict[str, dict[str, FileEntry]] = {}
    for entry in entries:
        first = by_kind.setdefault(entry.kind, {}).setdefault(entry.id, entry)
        if first is not entry:
            raise ContentError(entry.file, entry.id, "id", f"is already used in {first.file}")
    _check_references(by_kind)
    _check_synonyms(by_kind.get("synonym", {}))
    _check_shortcuts(by_kind.get("standard_reply", {}).values())
    for profile in by_kind.get("profile", {}).values():
        for fault in profile_faults(profile.data):
            raise ContentError(profile.file, "", fault.field, fault.problem)
    for store in by_kind.get("store", {}).values():
        _check_phones(store)
        _check_hours(store)
    for closure in by_kind.get("closure", {}).values():
        _check_closure(closure)
    for holiday in by_kind.get("holiday", {}).values():
        if not 1 <= holiday.data["days"] <= 15:
            raise ContentError(holiday.file, holiday.id, "days", "must be 1 to 15")
    _check_handoff(by_kind)
    _check_wechat(by_kind)
    _check_events(by_kind)
    _check_indicators(by_kind.get("indicator", {}).values())
    for schedule in by_kind.get("lifecycle", {}).values():
        _check_schedule(schedule, by_kind.get("service", {}))
        _check_outreach(by_kind.get("outreach", {}).values(), schedule)


def _check_phones(store: FileEntry) -> None:
    for name in ("sales_phone", "service_phone"):
        for fault in phone_faults(name, store.data[name]):
            raise ContentError(store.file, store.id, fault.field, fault.problem)
    for fault in position_faults(store.data):
        raise ContentError(store.file, store.id, fault.field, fault.problem)


def _check_handoff(by_kind: dict[str, dict[str, FileEntry]]) -> None:
    for rules in by_kind.get("handoff", {}).values():
        ids = {"topics": by_kind.get("faq", {}).keys(), "models": by_kind.get("model", {}).keys()}
        for fault in (*handoff_faults(rules.data), *handoff_reference_faults(rules.data, ids)):
            raise ContentError(rules.file, "", fault.field, fault.problem)


def _check_wechat(by_kind: dict[str, dict[str, FileEntry]]) -> None:
    known = {kind: by_kind.get(kind, {}).keys() for kind in ("store", "model", "faq")}
    for wechat in by_kind.get("wechat", {}).values():
        for fault in wechat_faults(wechat.data, known):
            raise ContentError(wechat.file, "", fault.field, fault.problem)


def _check_events(by_kind: dict[str, dict[str, FileEntry]]) -> None:
    stores, models = (by_kind.get(kind, {}).keys() for kind in ("store", "model"))
    schedules = by_kind.get("lifecycle", {}).values()
    stages = {stage["id"] for schedule in schedules for stage in schedule.data["stages"]}
    for entry in by_kind.get("event", {}).values():
        event = parse(DealerEvent, entry.data, entry.file, entry.id)
        for field, problem in event_problems(event, stores, models, stages):
            raise ContentError(entry.file, entry.id, field, problem)


def _check_indicators(entries: Iterable[FileEntry]) -> None:
    for entry in entries:
        for field, problem in indicator_problems(parse(Indicator, entry.data, entry.file, entry.id)):
            raise ContentError(entry.file, entry.id, field, problem)


def _check_advice(entries: Iterable[FileEntry]) -> None:
    """Of files alone: a model that goes in the console is simply recommended no more."""
    entries = tuple(entries)
    models = {entry.id for entry in entries if entry.kind == "model"}
    for entry in (each for each in entries if each.kind == "advice"):
        for field, problem in advice_problems(parse(AdviceRules, entry.data, entry.file), models):
            raise ContentError(entry.file, "", field, problem)


def _check_references(by_kind: dict[str, dict[str, FileEntry]]) -> None:
    stores, models = (by_kind.get(kind, {}) for kind in ("store", "model"))
    for entry in by_kind.get("resource", {}).values():
        _check_reference(entry, "store", entry.data["store"], stores)
        _check_reference(entry, "model", entry.data.get("model"), models)
    for service in by_kind.get("service", {}).values():
        for field in ("minutes_by", "price_by"):
            for car, value in service.data[field].items():
                if car not in {item.value for item in d.Powertrain}:
                    _check_reference(service, field, car, models)
                if value < (1 if field == "minutes_by" else 0):
                    raise ContentError(service.file, service.id, field, f"{value} is too little")
    for customer in by_kind.get("customer", {}).values():
        for vehicle in customer.data["vehicles"]:
            _check_reference(customer, "vehicles.model", vehicle["model"], models)


def check_variables(entries: Iterable[FileEntry], known: frozenset[str]) -> None:
    """Every text can be filled in: its variables are declared, computed from the dealership or policies."""
    entries = tuple(entries)
    topics = {entry.id for entry in entries if entry.kind == "faq"}
    policies = {entry.id for entry in entries if entry.kind == "policy"}
    for entry in entries:
        quotable = known - policies if entry.kind == "policy" else known  # a policy quotes no policy
        for fault in _text_faults(entry, quotable, topics):
            raise ContentError(entry.file, entry.id, fault.field, fault.problem)


def _text_faults(entry: FileEntry, known: frozenset[str], topics: set[str]) -> Iterator[Fault]:
    if entry.kind == "policy":
        yield from variable_faults("text", entry.data["text"], known)
    if entry.kind == "faq":
        yield from faq_faults(parse(FaqEntry, entry.data), known, topics)
    if entry.kind == "template":
        yield from template_faults(parse(Template, entry.data), known, topics)
    if entry.kind == "standard_reply":
        yield from standard_faults(parse(StandardReply, entry.data), known)


def _check_shortcuts(replies: Iterable[FileEntry]) -> None:
    taken: dict[str, str] = {}
    for reply in replies:
        shortcut = reply.data["shortcut"]
        if shortcut and taken.setdefault(shortcut, reply.id) != reply.id:
            raise ContentError(reply.file, reply.id, "shortcut", f"is that of {taken[shortcut]}")


def _check_synonyms(synonyms: dict[str, FileEntry]) -> None:
    for id_, fault in synonym_faults({id_: tuple(e.data["words"]) for id_, e in synonyms.items()}):
        raise ContentError(synonyms[id_].file, id_, fault.field, fault.problem)


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


def _entry(kind: str, id_: str, position: int, file: str, data: Any) -> FileEntry:
    parsed: Any = parse(KINDS[kind], data, file, "" if kind in _WHOLE.values() else str(id_))
    return FileEntry(kind, str(id_), position, file, plain(parsed))


def _list_entries(
    path: Path,
    file: str,
    key: str,
    kind: str,
    id_field: str,
    data: Any = None,
    shared: dict[str, Any] | None = None,
) -> Iterator[FileEntry]:
    """The entries below ``key``; what is ``shared`` by a file's entries goes into each."""
    data = _read_yaml(path) if data is None else data
    rows = data.get(key) if isinstance(data, dict) else None
    if not isinstance(rows, list):
        raise ContentError(file, "", key, "must be a list")
    if not rows and key in _NEVER_EMPTY:
        raise ContentError(file, "", key, "needs at least one entry")
    for position, row in enumerate(rows):
        if not isinstance(row, dict) or not row.get(id_field):
            raise ContentError(file, f"number {position + 1}", id_field, "is missing")
        yield _entry(kind, str(row[id_field]), position, file, {**row, **(shared or {})})


def _policies(path: Path, name: str) -> Iterator[FileEntry]:
    data = _read_yaml(path, name)
    if not isinstance(data, dict):
        raise ContentError(name, "", "", "must be a mapping of names to texts")
    for position, (id_, text) in enumerate(data.items()):
        yield _entry("policy", str(id_), position, name, {"id": str(id_), "text": text})


def _read_yaml(path: Path, name: str | None = None) -> Any:
    name = name or f"{path.parent.name}/{path.name}"
    try:
        return read_yaml(path.read_text(encoding="utf-8"))
    except OSError as error:
        missing = isinstance(error, FileNotFoundError)
        problem = "the file is missing" if missing else f"cannot be read: {error.strerror}"
        raise ContentError(name, "", "", problem) from error
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        line = getattr(getattr(error, "problem_mark", None), "line", None)
        where = f"line {line + 1}: " if line is not None else ""
        problem = str(getattr(error, "problem", None) or error).splitlines()[0]
        raise ContentError(name, "", "", f"{where}{problem}") from error


def _check_hours(store: FileEntry) -> None:
    for department, hours in store.data["hours"].items():
        if hours["opens"] >= hours["closes"]:
            raise ContentError(store.file, store.id, f"hours.{department}", "must open before it closes")
        if not all(1 <= day <= 7 for day in hours["closed_weekdays"]):
            raise ContentError(store.file, store.id, f"hours.{department}.closed_weekdays", "days are 1 to 7")


def _check_closure(closure: FileEntry) -> None:
    lunar, day = closure.data["lunar"], closure.data["date"]
    if (lunar is None) == (day is None):
        raise ContentError(closure.file, closure.id, "date", "needs either lunar or date")
    if lunar is not None and not re.fullmatch(r"(0[1-9]|1[0-2])-(0[1-9]|[12]\d|30)", lunar):
        raise ContentError(closure.file, closure.id, "lunar", f"{lunar!r} is not month-day (MM-DD)")


def _check_schedule(entry: FileEntry, services: dict[str, FileEntry]) -> None:
    schedule = parse(Schedule, entry.data, entry.file, entry.id)
    for field, problem in schedule_problems(schedule, services.keys()):
        raise ContentError(entry.file, "", field, problem)


def _check_outreach(rules: Iterable[FileEntry], schedule: FileEntry) -> None:
    moments = [moment["id"] for moment in schedule.data["moments"]]
    for entry in rules:
        for field, problem in rule_problems(parse(OutreachRules, entry.data, entry.file), moments):
            raise ContentError(entry.file, "", field, problem)


def _check_reference(entry: FileEntry, field: str, id_: str | None, known: dict[str, FileEntry]) -> None:
    if id_ is not None and id_ not in known:
        raise ContentError(entry.file, entry.id, field, f"{id_!r} does not exist")


def _field_of(error: TypeError) -> str:
    parts = str(error).split("'")
    return parts[1] if len(parts) > 1 else ""


def _plain(error: TypeError) -> str:
    text = str(error)
    if "unexpected keyword" in text:
        return "is not a known field"
    return "is missing" if "missing" in text else text
