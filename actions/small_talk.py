"""Greeting, thanks, goodbye, small talk, abuse, haggling, and leaving or accepting what was offered."""

from __future__ import annotations

from rasa_sdk.events import ActiveLoop, FollowupAction, SlotSet

from actions import cases, existing_bookings, handoff, own_car, service_visit, test_drive
from actions.base import DealerAction, Events, Turn, set_slots
from actions.faq import misunderstood
from bot.services.booking import release_hold

FORMS = {
    form.name: form
    for form in (
        test_drive.FORM,
        service_visit.FORM,
        existing_bookings.FORM,
        own_car.FORM,
        cases.RESCUE,
        cases.COMPLAINT,
        handoff.FORM,
    )
}
TEMPLATES = {
    "greet": "utter_greet",
    "goodbye": "utter_goodbye",
    "thank": "utter_thank",
    "chitchat": "utter_chitchat",
    "abuse": "utter_abuse",
    "out_of_scope": "utter_out_of_scope",
    "back_to_bot": "utter_back_to_bot",
}


class SmallTalk(DealerAction):
    """One friendly line; inside a form the form's question follows, hence a shorter one."""

    action_name = "action_small_talk"

    def perform(self, turn: Turn) -> Events:
        name = TEMPLATES[turn.intent]
        short = f"{name}_in_form"
        turn.say(short if turn.active_form and short in turn.content.templates else name)
        return []


class Haggle(DealerAction):
    """No price is promised here; a person is offered."""

    action_name = "action_haggle"

    def perform(self, turn: Turn) -> Events:
        turn.say("utter_haggle")
        return [SlotSet("pending_offer", "human"), SlotSet("handoff_reason", "price_negotiation")]


class LeaveDialogue(DealerAction):
    """The customer wants out: nothing is kept of what was asked, a held slot is given back."""

    action_name = "action_leave_dialogue"

    def perform(self, turn: Turn) -> Events:
        form = FORMS.get(turn.active_form or "")
        release_hold(turn.database, turn.conversation_id)
        if form is None:
            turn.say("utter_nothing_to_leave")
            return [SlotSet("pending_offer", None)]
        is_case = isinstance(form, cases.CaseForm)
        turn.say("utter_left_case" if is_case else "utter_left_dialogue")
        return [
            *form.cleared(),
            ActiveLoop(None),
            SlotSet("requested_slot", None),
            SlotSet("paused_form", None),
            SlotSet("pending_offer", None),
        ]


class AcceptOffer(DealerAction):
    """A yes outside of any form means what was offered last."""

    action_name = "action_accept_offer"
    keeps_misunderstandings = True

    def perform(self, turn: Turn) -> Events:
        offer = turn.slot("pending_offer")
        if turn.active_form:  # a yes that answers none of the form's questions
            return misunderstood(turn)
        cleared = SlotSet("pending_offer", None)
        if offer == "human":
            return [cleared, FollowupAction("action_request_human")]
        if offer == "book_service":
            seed = {slot: None for slot in service_visit.FORM.slots} | (turn.slot("offered_visit") or {})
            return [cleared, SlotSet("offered_visit", None), *set_slots(seed), FollowupAction("service_visit_form")]
        turn.say("utter_what_next")
        return []


class DeclineOffer(DealerAction):
    """A no outside of any form."""

    action_name = "action_decline_offer"
    keeps_misunderstandings = True

    def perform(self, turn: Turn) -> Events:
        if turn.active_form:
            return misunderstood(turn)
        turn.say("utter_offer_declined" if turn.slot("pending_offer") else "utter_what_next")
        return [SlotSet("pending_offer", None), SlotSet("handoff_reason", None)]
