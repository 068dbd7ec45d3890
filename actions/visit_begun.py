"""Facts without a verb that begin a booking: 12月5号10点保养 S6 …, X5 下周五 城东."""

from __future__ import annotations

from actions.base import Turn
from actions.visit_words import DRIVE, SERVICE

_SAYS_NOTHING_ELSE = frozenset({"model", "time", "store", "name", "phone"})


def visit_begun(turn: Turn) -> str | None:
    """The start of the booking that facts without a verb want: 12月5号10点保养 S6 …, X5 下周五 城东."""
    details = turn.values_of({"time", "plate", "mileage", "store"})
    drives, serves = DRIVE.search(turn.text), SERVICE.search(turn.text) or turn.values("job")
    if details and serves and not drives:
        return "action_start_service_visit"
    if drives and not serves and turn.values_of({"time", "model", "store"}):
        return "action_start_test_drive"
    return "action_ask_which_visit" if is_open_what_for(turn) else None


def is_open_what_for(turn: Turn) -> bool:
    """ "X5 下下周五 3:30pm 城东": a visit without what for, and nothing that was spoken of tells."""
    if turn.is_payload or turn.active_form or turn.slot("paused_form") or turn.slot("pending_offer"):
        return False
    if DRIVE.search(turn.text) or SERVICE.search(turn.text) or turn.values_of({"job", "plate", "mileage"}):
        return False
    has_place = turn.values("model") or turn.values("store")
    return bool(turn.values("time") and has_place) and turn.is_mostly(_SAYS_NOTHING_ELSE)
