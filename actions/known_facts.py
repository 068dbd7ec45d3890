"""What an adviser should know at a glance: why, the last words, and everything that is known of the customer."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from actions.advice_words import needs_in
from bot.domain.booking import VisitStatus
from bot.domain.errors import NotFound
from bot.services.advice_words import say_needs
from bot.services.vehicles import find_vehicle, lifecycle_answer, state_of_record
from bot.services.visits import visits_of_conversation
from bot.services.wording import say_job_names, say_time

if TYPE_CHECKING:
    from actions.base import Turn

FACTS = (
    "late_wish", "drive_model", "drive_store", "drive_adviser", "drive_time", "drive_name", "drive_phone",
    "visit_model", "visit_plate",
    "visit_mileage", "visit_jobs", "visit_store", "visit_time", "visit_name", "visit_phone", "known_name",
    "known_phone", "car_model", "car_plate", "car_phone", "rescue_place", "rescue_phone", "complaint_text",
    "complaint_phone",
)  # fmt: skip
_BUDGET = re.compile(
    r"(?:预算|(?:大概|最多|不超过|控制在|准备|打算)[^,，。]{0,6}?)\D{0,4}(\d+(?:\.\d+)?(?:\s*[-~到至—]\s*\d+(?:\.\d+)?)?)\s*[万w]"
)
LAST_WORDS = 5


def summary(turn: Turn, extra: dict[str, Any] | None = None) -> dict[str, Any]:
    """The last words and the facts collected so far, with what is on record of the customer."""
    facts = {name: value for name, value in (turn.slot("known_car") or {}).items() if name in FACTS and value}
    facts |= {name: turn.slot(name) for name in FACTS if turn.slot(name) not in (None, "")}
    told = {"known_name": turn.last("name"), "known_phone": turn.last("phone")}
    facts |= {name: value for name, value in told.items() if value}
    said = _said(turn)
    facts |= _told_of_money(said) | _model_spoken_of(turn, facts) | _needs(turn)
    facts |= {"bookings": _bookings(turn)} if _bookings(turn) else {}
    facts |= _car(turn, facts)
    return {"last_messages": said[-LAST_WORDS:], "facts": facts, **(extra or {})}


def _said(turn: Turn) -> list[str]:
    return [
        event["text"]
        for event in turn.tracker.events
        if event.get("event") == "user" and event.get("text") and not event["text"].startswith("/")
    ]


def _told_of_money(said: list[str]) -> dict[str, str]:
    """The budget as it was said last ("20 万")."""
    found = [match[1] for text in said for match in [_BUDGET.search(text)] if match]
    return {"budget": f"{found[-1]} 万"} if found else {}


def _needs(turn: Turn) -> dict[str, str]:
    """What kind of car is looked for, in a line."""
    said = say_needs(turn.content.advice, needs_in(turn))
    return {"needs": said} if said else {}


def _model_spoken_of(turn: Turn, facts: dict[str, Any]) -> dict[str, str]:
    """The model that was named last, where no dialogue has taken it up."""
    if any(facts.get(name) for name in ("drive_model", "visit_model", "car_model")):
        return {}
    for event in reversed(turn.tracker.events):
        heard = (event.get("parse_data") or {}).get("entities") or () if event.get("event") == "user" else ()
        for found in heard:
            if found.get("entity") == "model":
                return {"model": str(found["value"])}
    return {}


def _bookings(turn: Turn) -> list[str]:
    """What this conversation booked and is still to come."""
    visits = visits_of_conversation(turn.database, turn.dealership, turn.conversation_id)
    return [
        f"{say_time(visit.start)} {say_job_names(turn.dealership, visit.items) or '试驾'} {visit.code}"
        for visit in visits
        if visit.status is VisitStatus.CONFIRMED and visit.start > turn.now
    ]


def _car(turn: Turn, facts: dict[str, Any]) -> dict[str, Any]:
    """Where the customer's car is in its life, if phone and plate are those of a car on record."""
    plate = facts.get("visit_plate") or facts.get("car_plate")
    phone = next((facts[n] for n in ("visit_phone", "car_phone", "known_phone") if facts.get(n)), None)
    record = find_vehicle(turn.database, phone, plate) if phone and plate else None
    if record is None:
        return {}
    try:
        state = state_of_record(turn.dealership, record)
    except NotFound:
        return {}
    answer = lifecycle_answer(turn.dealership, turn.content.schedule, state, turn.now.date())
    return {"stage": answer.stage_name}
