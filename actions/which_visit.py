"""Day, model and store without a word about what for: is it a test drive or a service visit?"""

from __future__ import annotations

from rasa_sdk.events import FollowupAction, SlotSet

from actions.base import DealerAction, Events, Turn
from actions.time_wishes import read_wish
from actions.visit_begun import wants_to_look

WHICH_VISIT = "which_visit"


class AskWhichVisit(DealerAction):
    """Asks, and keeps what was said for the booking that follows."""

    action_name = "action_ask_which_visit"

    def perform(self, turn: Turn) -> Events:
        told = {
            "model": turn.last("model"),
            "store": turn.last("store"),
            "wish": read_wish(turn, None, None),
            "name": turn.last("name"),
            "phone": turn.last("phone"),
        }
        turn.say("utter_come_and_look" if wants_to_look(turn) else "utter_ask_which_visit")
        return [
            SlotSet("pending_offer", WHICH_VISIT),
            SlotSet("offered_visit", told),
            FollowupAction("action_listen"),
        ]
