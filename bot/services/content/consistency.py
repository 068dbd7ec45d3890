"""Checks of all entries together: double ids, references to what does not exist, contradictions, unknown variables.

Each raises ``ContentError`` with file, entry and field.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from bot.domain import dealership as d
from bot.domain.advice import AdviceRules, advice_problems
from bot.domain.errors import ContentError
from bot.domain.events import DealerEvent, event_problems
from bot.domain.indicators import Indicator, indicator_problems
from bot.domain.lifecycle import Schedule, schedule_problems
from bot.domain.outreach import OutreachRules, rule_problems
from bot.domain.replies import FaqEntry, StandardReply, Template
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
from bot.services.content.entries import FileEntry, parse
from bot.services.content.wechat_references import wechat_faults


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


def _check_schedule(entry: FileEntry, services: dict[str, FileEntry]) -> None:
    schedule = parse(Schedule, entry.data, entry.file, entry.id)
    for field, problem in schedule_problems(schedule, services.keys()):
        raise ContentError(entry.file, "", field, problem)


def _check_outreach(rules: Iterable[FileEntry], schedule: FileEntry) -> None:
    moments = [moment["id"] for moment in schedule.data["moments"]]
    for entry in rules:
        for field, problem in rule_problems(parse(OutreachRules, entry.data, entry.file), moments):
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


def _check_reference(entry: FileEntry, field: str, id_: str | None, known: dict[str, FileEntry]) -> None:
    if id_ is not None and id_ not in known:
        raise ContentError(entry.file, entry.id, field, f"{id_!r} does not exist")


def _check_shortcuts(replies: Iterable[FileEntry]) -> None:
    taken: dict[str, str] = {}
    for reply in replies:
        shortcut = reply.data["shortcut"]
        if shortcut and taken.setdefault(shortcut, reply.id) != reply.id:
            raise ContentError(reply.file, reply.id, "shortcut", f"is that of {taken[shortcut]}")


def _check_synonyms(synonyms: dict[str, FileEntry]) -> None:
    for id_, fault in synonym_faults({id_: tuple(e.data["words"]) for id_, e in synonyms.items()}):
        raise ContentError(synonyms[id_].file, id_, fault.field, fault.problem)


def check_advice(entries: Iterable[FileEntry]) -> None:
    """Of files alone: a model that goes in the console is simply recommended no more."""
    entries = tuple(entries)
    models = {entry.id for entry in entries if entry.kind == "model"}
    for entry in (each for each in entries if each.kind == "advice"):
        for field, problem in advice_problems(parse(AdviceRules, entry.data, entry.file), models):
            raise ContentError(entry.file, "", field, problem)


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
