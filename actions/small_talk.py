"""Greeting, thanks, goodbye, small talk, abuse, haggling, and leaving or accepting what was offered."""

from __future__ import annotations

import re
from typing import Any

from rasa_sdk.events import FollowupAction, SlotSet

from actions import cases, existing_bookings, handoff, own_car, service_visit, test_drive
from actions.base import DealerAction, Events, Turn, set_slots
from actions.faq import ask_again, misunderstood
from actions.forms import Form, left
from bot.services.booking import release_hold

_WHO_ARE_YOU = re.compile(r"你(们)?(是|叫)(谁|什么|啥|哪位|机器人|真人|人工)")
_DECLINES = re.compile(r"不用|不要|不必|不了|算了|先不|不需要")
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
OFFERED: dict[str, tuple[Form, dict[str, Any]]] = {
    "book_test_drive": (test_drive.FORM, {}),
    "book_service": (service_visit.FORM, {}),
    "check_booking": (existing_bookings.FORM, {"booking_purpose": "check"}),
    "change_booking": (existing_bookings.FORM, {"booking_purpose": "change"}),
    "cancel_booking": (existing_bookings.FORM, {"booking_purpose": "cancel"}),
    "ask_service_due": (own_car.FORM, {"car_purpose": "due"}),
    "ask_warranty_status": (own_car.FORM, {"car_purpose": "warranty"}),
}
"""What a yes begins after it was offered, with what is known of it."""
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
    keeps_misunderstandings = True

    def perform(self, turn: Turn) -> Events:
        if turn.intent == "thank" and turn.slot("pending_offer") and _DECLINES.search(turn.text):
            turn.say("utter_offer_declined")
            return [SlotSet("pending_offer", None), SlotSet("handoff_reason", None)]
        if turn.intent == "out_of_scope" and turn.slot("misunderstandings"):
            return misunderstood(turn)
        if turn.intent == "chitchat" and _WHO_ARE_YOU.search(turn.text):
            turn.say("utter_faq/store.bot_or_human")
            return [SlotSet("misunderstandings", None)]
        name = TEMPLATES[turn.intent]
        short = f"{name}_in_form"
        turn.say(short if turn.active_form and short in turn.content.templates else name)
        return [SlotSet("misunderstandings", 1 if turn.intent == "out_of_scope" else None)]


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
        other = switch_wanted(turn)
        if other:
            return [FollowupAction(other)]
        form = FORMS.get(turn.active_form or "")
        release_hold(turn.database, turn.conversation_id)
        if form is None:
            turn.say("utter_nothing_to_leave")
            return [SlotSet("pending_offer", None)]
        turn.say("utter_left_case" if isinstance(form, cases.CaseForm) else "utter_left_dialogue")
        return left(form)


def switch_wanted(turn: Turn) -> str | None:
    """ "算了先保养" leaves one booking for the other; gives the other's start action."""
    text = re.sub(r"不(想|要|用|去)?(试驾|保养)|取消(试驾|保养)", " ", turn.text)
    if not turn.active_form or turn.is_payload:
        return None
    if turn.active_form != service_visit.FORM.name and "保养" in text:
        return "action_start_service_visit"
    return "action_start_test_drive" if turn.active_form != test_drive.FORM.name and "试驾" in text else None


class AcceptOffer(DealerAction):
    """A yes outside of any form means what was offered last."""

    action_name = "action_accept_offer"
    keeps_misunderstandings = True

    def perform(self, turn: Turn) -> Events:
        offer = turn.slot("pending_offer")
        cleared = SlotSet("pending_offer", None)
        if offer == "human" and not turn.speaks_of_booking:
            return [cleared, *handoff.request_human(turn)]
        if turn.offered_topics:
            return ask_again(turn)
        if turn.active_form:  # a yes that answers none of the form's questions
            return misunderstood(turn)
        if offer in OFFERED:
            form, seed = OFFERED[offer]
            if offer == "book_service":
                seed = turn.slot("offered_visit") or {}
            return [
                cleared,
                SlotSet("offered_visit", None),
                *set_slots(dict.fromkeys(form.slots) | seed),
                FollowupAction(form.name),
            ]
        turn.say("utter_what_next")
        return []


class DeclineOffer(DealerAction):
    """A no outside of any form."""

    action_name = "action_decline_offer"
    keeps_misunderstandings = True

    def perform(self, turn: Turn) -> Events:
        if turn.offered_topics or (turn.active_form and not turn.slot("pending_offer")):
            return misunderstood(turn)
        turn.say("utter_offer_declined" if turn.slot("pending_offer") else "utter_what_next")
        return [SlotSet("pending_offer", None), SlotSet("handoff_reason", None)]
