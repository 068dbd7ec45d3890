"""The slot that is held while a booking is talked through: told once, kept while it is free, given back on leaving."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from actions.base import Turn
from bot.domain.booking import Refusal, VisitRequest
from bot.domain.errors import BookingRefused
from bot.services.booking import release_hold
from bot.services.hold_renewal import keep_hold

HOLDING_FORMS = frozenset({"test_drive_form", "service_visit_form"})
_TELL_OF_IT = frozenset({"utter_ask_contact", "utter_ask_phone_held", "utter_ask_name_held"})
_AGREED = ("time", "store", "model", "jobs", "adviser")
TAKEN = frozenset(
    {
        Refusal.CAR_OUT,
        Refusal.ADVISERS_BUSY,
        Refusal.BAY_FULL,
        Refusal.TECHNICIANS_BUSY,
        Refusal.ADVISER_BUSY,
    }
)


def keep(turn: Turn, request: VisitRequest, start: datetime) -> dict[str, Any] | None:
    """Renew the hold of an agreed time where it has run out; the refusal if somebody else was quicker."""
    try:
        keep_hold(turn.database, turn.dealership, turn.now, turn.conversation_id, request, start)
    except BookingRefused as refused:
        return lost(refused, start)
    return None


def lost(refused: BookingRefused, start: datetime) -> dict[str, Any]:
    """A refusal of a time that was agreed before: one that somebody took meanwhile is said to be so."""
    return {**refusal_of(refused, start), "was_held": refused.reason in TAKEN}


def refusal_of(refused: BookingRefused, start: datetime) -> dict[str, Any]:
    """A refusal as it is kept in a slot until the question is asked again."""
    slots: tuple[Any, ...] = refused.alternatives
    return {
        "reason": Refusal(refused.reason).value,
        "wished": start.isoformat(),
        "alternatives": [
            {
                "store": slot.store,
                "start": slot.start.isoformat(),
                "model": getattr(slot, "model", None),
                "adviser": getattr(slot, "adviser", None),
            }
            for slot in slots
        ],
    }


def was_told(turn: Turn, prefix: str) -> bool:
    """Whether the customer has read that what is agreed now is held: once is enough."""
    for event in reversed(turn.tracker.events):
        if event.get("event") == "slot" and event.get("name") in {f"{prefix}_{field}" for field in _AGREED}:
            return False
        if (event.get("metadata") or {}).get("utter_action") in _TELL_OF_IT:
            return True
    return False


def let_go(turn: Turn) -> None:
    """Give back the slot that the conversation holds."""
    release_hold(turn.database, turn.conversation_id)


def let_go_on_leaving(turn: Turn, form: str | None = None) -> None:
    """Give the slot back when a booking is left for something else than ``form``."""
    if turn.active_form in HOLDING_FORMS and turn.active_form != form:
        let_go(turn)
