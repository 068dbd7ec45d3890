"""Leaving the question for a booking code that the customer has not got."""

from __future__ import annotations

from rasa_sdk.events import FollowupAction, SlotSet

from actions.base import DealerAction, Events, Turn
from actions.existing_bookings import FORM
from actions.forms import left
from actions.own_visits import gives_up


class LeaveWithoutCode(DealerAction):
    """Nothing is told without the code; a person or the hotline can check who is asking."""

    action_name = "action_leave_without_code"

    def perform(self, turn: Turn) -> Events:
        ended = [*left(FORM), FollowupAction("action_listen")]
        if gives_up(turn):
            turn.say("utter_left_booking_alone")
            return ended
        phones = "；".join(f"{s.name} {s.sales_phone}" for s in turn.dealership.stores)
        turn.say("utter_code_lost", phones=phones)
        reason = SlotSet("handoff_reason", None)
        return [*ended, SlotSet("pending_offer", "human"), reason]
