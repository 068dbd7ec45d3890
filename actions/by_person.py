"""What a person does for the customer: the FAQ says what there is to say, and a consultant is called or offered."""

from __future__ import annotations

from rasa_sdk.events import FollowupAction, SlotSet

from actions.base import Events, Turn
from actions.handoff import request_human
from bot.services.replies import FAQ_PREFIX


def by_person(turn: Turn, topic: str | None = None) -> Events:
    """Answer the topic, and call a person now, or at the next opening where nobody is on duty."""
    _answer(turn, topic)
    events = request_human(turn)
    return [*events, FollowupAction("action_listen")] if turn.is_handed_over else events


def with_person_offered(turn: Turn, topic: str) -> Events:
    """Answer the topic, and offer a person to go on with it."""
    _answer(turn, topic)
    turn.say("utter_offer_adviser")
    offer = [SlotSet("pending_offer", "human"), SlotSet("misunderstandings", None)]
    return [*offer, FollowupAction("action_listen")]  # no rule leads on from a question


def _answer(turn: Turn, topic: str | None) -> None:
    if topic in turn.content.faq:
        turn.say(f"{FAQ_PREFIX}{topic}")
