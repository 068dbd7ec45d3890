"""The dealer's events. A consultant signs people up."""

from __future__ import annotations

from actions.base import DealerAction, Events, Turn
from actions.by_person import by_person, with_person_offered

TOPIC = "member.events"


class ListEvents(DealerAction):
    action_name = "action_list_events"

    def perform(self, turn: Turn) -> Events:
        return with_person_offered(turn, TOPIC)


class StartEventSignup(DealerAction):
    action_name = "action_start_event_signup"

    def perform(self, turn: Turn) -> Events:
        return by_person(turn, TOPIC)


class CancelEvent(DealerAction):
    action_name = "action_cancel_event"

    def perform(self, turn: Turn) -> Events:
        return by_person(turn)
