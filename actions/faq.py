"""Answers from the reviewed FAQ, and suggestions where it is not clear which answer is meant."""

from __future__ import annotations

import re

from rasa_sdk.events import SlotSet

from actions.base import DealerAction, Events, Turn
from bot.services.replies import FAQ_PREFIX, topic_payload

_SYMBOLS_ONLY = re.compile(r"^[\W_]*$")
MOST_SUGGESTIONS = 3


class AnswerFaq(DealerAction):
    """One topic answered, or two to three topics offered."""

    action_name = "action_answer_faq"
    keeps_misunderstandings = True

    def perform(self, turn: Turn) -> Events:
        topic = turn.last("topic") or turn.faq.get("id")
        if self._is_clear(turn) and topic in turn.content.faq:
            turn.say(f"{FAQ_PREFIX}{topic}")
            return [SlotSet("misunderstandings", None)]
        suggestions = [id_ for id_ in turn.decision.get("suggestions") or [] if id_ in turn.content.faq]
        if not suggestions:
            return misunderstood(turn)
        turn.say(
            "utter_clarify",
            buttons=[
                {"title": turn.content.faq[id_].title, "payload": topic_payload(id_)}
                for id_ in suggestions[:MOST_SUGGESTIONS]
            ],
        )
        return []

    def _is_clear(self, turn: Turn) -> bool:
        return turn.is_payload or turn.decision.get("kind") == "answer"


class NotUnderstood(DealerAction):
    """Says what the assistant can do; the second time in a row it offers a person."""

    action_name = "action_not_understood"
    keeps_misunderstandings = True

    def perform(self, turn: Turn) -> Events:
        if _SYMBOLS_ONLY.match(turn.text):
            turn.say("utter_symbols_only")
            return []
        return misunderstood(turn)


def misunderstood(turn: Turn) -> Events:
    """Count a misunderstanding and answer it."""
    count = int(turn.slot("misunderstandings") or 0) + 1
    if count >= 2:
        turn.say("utter_offer_person")
        return [
            SlotSet("misunderstandings", None),
            SlotSet("pending_offer", "human"),
            SlotSet("handoff_reason", "two_misunderstandings"),
        ]
    turn.say("utter_not_understood_in_form" if turn.active_form else "utter_not_understood")
    return [SlotSet("misunderstandings", count)]
