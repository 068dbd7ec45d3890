"""How checking, changing and cancelling a booking ends: told, moved, cancelled, or why not and who can help."""

from __future__ import annotations

from rasa_sdk.events import FollowupAction, SlotSet

from actions.base import DealerAction, Events, Turn, set_slots
from actions.booking_words import details, is_over, say_left_alone, say_moved, say_status
from actions.existing_bookings import FORM, MOST_FAILURES, adviser_wished, visit_of
from actions.forms import Draft
from actions.held_slots import refusal_of
from actions.slot_offers import adviser_name
from actions.time_wishes import parse_time
from bot.domain.booking import VisitStatus
from bot.domain.conversation import HandoffReason
from bot.domain.errors import BookingRefused, Conflict, TooLateToChange
from bot.services.booking import cancel_visit, move_visit
from bot.services.visits import BookedVisit


class FinishExistingBooking(DealerAction):
    """Tells, moves or cancels the visit, or says why that is not possible and who can help."""

    action_name = "action_finish_existing_booking"

    def perform(self, turn: Turn) -> Events:
        draft = FORM.draft(turn)
        purpose = draft["booking_purpose"]
        visit = visit_of(turn, draft)
        if visit is None or (draft["booking_failures"] or 0) >= MOST_FAILURES:
            turn.say("utter_too_many_failures")
            return [
                *FORM.cleared(),
                SlotSet("booking_failures", draft["booking_failures"]),
                SlotSet("pending_offer", "human"),
            ]
        known = SlotSet("known_booking", [visit.code, visit.phone])
        if purpose == "check" or is_over(turn, visit) or visit.status is not VisitStatus.CONFIRMED:
            offered = say_status(turn, visit)
            return [*FORM.cleared(), known, *([SlotSet("pending_offer", offered)] if offered else [])]
        if draft["booking_confirmed"] is False:
            say_left_alone(turn, visit)
            return [*FORM.cleared(), known]
        return [*self._change(turn, draft, visit), known]

    def _change(self, turn: Turn, draft: Draft, visit: BookedVisit) -> Events:
        code, phone = draft["booking_code"], draft["booking_phone"]
        try:
            if draft["booking_purpose"] == "cancel":
                cancelled = cancel_visit(turn.database, turn.dealership, turn.now, code, phone)
                turn.say("utter_booking_cancelled", **details(turn, cancelled))
            else:
                self._move(turn, draft, visit)
        except BookingRefused as refused:
            start = parse_time(draft["booking_new_time"]) or turn.now
            again = {
                "booking_new_time": None,
                "booking_confirmed": None,
                "booking_refusal": refusal_of(refused, start),
            }
            return [*set_slots(again), FollowupAction(FORM.name)]
        except TooLateToChange:
            turn.say("utter_too_late_to_change", **details(turn, visit))
            late = {
                "late_wish": _late_wish(turn, draft, visit),
                "handoff_reason": HandoffReason.LATE_CHANGE.value,
            }
            return [*FORM.cleared(), SlotSet("pending_offer", "human"), *set_slots(late)]
        except Conflict:
            say_status(turn, visit)
        return FORM.cleared()

    def _move(self, turn: Turn, draft: Draft, visit: BookedVisit) -> None:
        start = parse_time(draft["booking_new_time"]) or visit.start
        moved = move_visit(
            turn.database,
            turn.dealership,
            turn.now,
            draft["booking_code"],
            draft["booking_phone"],
            start,
            draft["booking_new_store"],
            adviser=adviser_wished(visit, draft),
        )
        say_moved(turn, visit, moved)


def _late_wish(turn: Turn, draft: Draft, visit: BookedVisit) -> dict[str, str]:
    """What a person has to do about a visit that starts too soon to be changed here: for the record of the handoff."""
    wish = draft["booking_wish"] or {}
    new_time = draft["booking_new_time"] or wish.get("start") or ""
    known = {
        "code": visit.code,
        "wish": draft["booking_purpose"] or "change",
        "start": visit.start.isoformat(),
        "new_start": new_time if draft["booking_purpose"] == "change" else "",
        "new_store": draft["booking_new_store"] or "",
        "new_adviser": adviser_name(turn, adviser_wished(visit, draft)),
    }
    return {name: value for name, value in known.items() if value}
