"""Offering a person because the dealer wants it so, and telling who the customer's own adviser is."""

from __future__ import annotations

from rasa_sdk.events import FollowupAction, SlotSet

from actions.base import DealerAction, Events, Turn
from actions.handoff_rules import reason_of, rule_for
from bot.domain.conversation import HandoffReason
from bot.services.own_adviser import own_adviser
from bot.services.replies import FAQ_PREFIX
from bot.services.visits import visits_of_conversation


class OfferAdviser(DealerAction):
    """Answers what the FAQ answers, and offers a person to go on with it."""

    action_name = "action_offer_adviser"

    def perform(self, turn: Turn) -> Events:
        rule, topic = rule_for(turn), turn.faq.get("id")
        if turn.decision.get("kind") == "answer" and topic in turn.content.faq:
            turn.say(f"{FAQ_PREFIX}{topic}")
        turn.say("utter_offer_adviser")
        reason = reason_of(rule) if rule else HandoffReason.ASKED.value
        next_ = turn.active_form or "action_listen"
        return [
            SlotSet("pending_offer", "human"),
            SlotSet("handoff_reason", reason),
            FollowupAction(next_),
        ]


class NameAdviser(DealerAction):
    """Who looks after the customer, as far as this conversation has shown who they are."""

    action_name = "action_name_adviser"

    def perform(self, turn: Turn) -> Events:
        visits = visits_of_conversation(turn.database, turn.dealership, turn.conversation_id)
        phones = {visit.phone for visit in visits}
        name = own_adviser(turn.database, turn.dealership, turn.conversation_id, phones)
        offer = SlotSet("pending_offer", "human")
        if name:
            turn.say("utter_my_adviser", name=name)
        else:
            turn.say("utter_no_adviser_yet")
        return [offer, FollowupAction(turn.active_form or "action_listen")]
