"""What the assistant offers when a time was left open: 月底, 周六或者周日, 越快越好, 11月24号周三, 2月30号."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from actions.base import Turn
from actions.slot_offers import SHOWN, general_slots, parse, slot_buttons, slots_between, spread_wide
from bot.domain.booking import Slot, VisitRequest, bookable_window
from bot.services.wording import say_day

Span = tuple[datetime, datetime]
EARLIEST = 4


def offer_for_doubt(turn: Turn, request: VisitRequest, wish: dict[str, Any]) -> dict[str, Any] | None:
    """Ask about a wish that has a hint, with slots that fit it.

    Gives None when that is said; the stretch of time to go on with (start, end, kind) when nothing in it is free.
    """
    hint = wish["hint"]
    spans = [(parse(start), parse(end)) for start, end in hint["spans"]]
    if hint["doubt"] == "impossible":
        buttons = slot_buttons(turn, general_slots(turn, request), request.store)
        turn.say("utter_no_such_time", buttons=buttons, said=wish["said"])
        return None
    if hint["doubt"] == "soon":
        opens, horizon = bookable_window(turn.dealership.rules, request.kind, turn.now)
        slots = slots_between(turn, request, opens, horizon, EARLIEST)
        if slots:
            turn.say("utter_ask_time_soonest", buttons=slot_buttons(turn, slots, request.store))
            return None
        return {"start": None, "end": None}
    return _offer_among(turn, request, spans, is_conflict=hint["doubt"] == "conflict")


def _offer_among(
    turn: Turn, request: VisitRequest, spans: list[Span], is_conflict: bool
) -> dict[str, Any] | None:
    slots = _slots_in(turn, request, spans)
    days = list(dict.fromkeys(start.date() for start, _ in spans))
    if is_conflict and len(days) > 1:
        if not slots:  # the hour is not free on either day
            slots = _slots_in(turn, request, [_whole_day(start) for start, _ in spans])
        slots = slots or general_slots(turn, request)
        buttons = slot_buttons(turn, slots, request.store)
        turn.say("utter_ask_which_day", buttons=buttons, first=say_day(days[0]), second=say_day(days[1]))
        return None
    if len(spans) > 1 and slots:
        turn.say("utter_ask_time_among", buttons=slot_buttons(turn, slots, request.store))
        return None
    if not spans:
        return {"start": None, "end": None}
    start, end = spans[0]  # nothing is free: the reason for the first one
    return {
        "kind": "point" if start == end else "range",
        "start": start.isoformat(),
        "end": None if start == end else end.isoformat(),
    }


def _slots_in(turn: Turn, request: VisitRequest, spans: list[Span]) -> list[Slot]:
    """A few free slots of every stretch, by time; a clock time counts as the slot that begins then."""
    found = [
        slots_between(turn, request, start, max(end, start + timedelta(minutes=1))) for start, end in spans
    ]
    found = [slots for slots in found if slots]
    if len(found) == 1:
        return spread_wide(found[0])
    share = max(1, SHOWN // max(1, len(found)))
    chosen = {slot for slots in found for slot in _evenly(slots, share)}
    return sorted(chosen, key=lambda slot: (slot.start, slot.store))[:SHOWN]


def _evenly(slots: Sequence[Slot], count: int) -> Sequence[Slot]:
    step = max(1, -(-len(slots) // count))
    return slots[::step][:count]


def _whole_day(moment: datetime) -> Span:
    midnight = moment.replace(hour=0, minute=0)
    return midnight, midnight + timedelta(days=1)
