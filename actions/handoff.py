"""Passing the conversation to a person: honest words about when somebody will answer, and a record for them."""

from __future__ import annotations

from typing import Any

from rasa_sdk.events import ActiveLoop, FollowupAction, SlotSet

from actions.base import Ask, DealerAction, Events, Turn, set_slots
from actions.facts import name_phone_problem
from actions.forms import Draft, Form, ValidateForm
from bot.domain.cases import CaseKind
from bot.domain.conversation import is_online, next_online
from bot.services.booking import release_hold
from bot.services.cases import open_case, update_case
from bot.services.conversations import place_in_queue
from bot.services.wording import say_opening, say_phone

FACTS = (
    "late_wish", "drive_model", "drive_store", "drive_adviser", "drive_time", "drive_name", "drive_phone",
    "visit_model", "visit_plate",
    "visit_mileage", "visit_jobs", "visit_store", "visit_time", "visit_name", "visit_phone", "known_name",
    "known_phone", "car_model", "car_plate", "car_phone", "rescue_place", "rescue_phone", "complaint_text",
    "complaint_phone",
)  # fmt: skip


def summary(turn: Turn, extra: dict[str, Any] | None = None) -> dict[str, Any]:
    """What an adviser should know at a glance: the last words and the facts collected so far."""
    facts = {name: turn.slot(name) for name in FACTS if turn.slot(name) not in (None, "")}
    told = {"known_name": turn.last("name"), "known_phone": turn.last("phone")}
    facts |= {name: value for name, value in told.items() if value}
    said = [
        event["text"]
        for event in turn.tracker.events
        if event.get("event") == "user" and event.get("text") and not event["text"].startswith("/")
    ]
    return {"last_messages": said[-5:], "facts": facts, **(extra or {})}


def pass_to_person(turn: Turn, reason: str, extra: dict[str, Any] | None = None) -> bool:
    """Queue for a consultant on duty; False when nobody is, in which case nothing is said."""
    if not is_online(turn.dealership.profile.consultants_online, turn.now):
        return False
    place = place_in_queue(turn.database, turn.conversation_id)
    turn.hand_over("utter_queued_for_person", reason, summary(turn, extra), place=place)
    return True


class CallbackForm(Form):
    """Nobody is on duty: a number to call back."""

    name = "callback_form"
    own_intents = frozenset({"ask_human"})
    entities = frozenset({"phone", "phone_invalid", "name"})
    slots = ("callback_phone", "callback_case")

    def read(self, turn: Turn, draft: Draft) -> bool:
        phone = turn.last("phone")
        if phone:
            draft["callback_phone"] = phone
            return True
        if name_phone_problem(turn):
            return True
        if turn.intent == "deny":
            draft["callback_phone"] = ""
            return True
        return turn.intent in self.own_intents

    def next_question(self, draft: Draft) -> str | None:
        return "callback_phone" if draft["callback_phone"] is None else None


FORM = CallbackForm()


class RequestHuman(DealerAction):
    action_name = "action_request_human"

    def perform(self, turn: Turn) -> Events:
        return request_human(turn)


def request_human(turn: Turn) -> Events:
    """The customer wants a person: now if one is on duty, else a call-back with an honest time."""
    reason = turn.slot("handoff_reason") or "asked_for_a_person"
    clear = set_slots({"pending_offer": None, "handoff_reason": None, "late_wish": None})
    told = turn.last("phone")
    if told and is_online(turn.dealership.profile.consultants_online, turn.now):
        turn.say("utter_number_passed_on", phone=told)
    release_hold(turn.database, turn.conversation_id)
    if pass_to_person(turn, reason):
        return [*clear, ActiveLoop(None), SlotSet("requested_slot", None)]
    due = next_online(turn.dealership.profile.consultants_online, turn.now)
    case = open_case(
        turn.database,
        CaseKind.CALLBACK,
        turn.conversation_id,
        turn.now,
        {"reason": reason, **summary(turn)},
        due,
    )
    phone = told or turn.slot("known_phone") or turn.slot("drive_phone") or turn.slot("visit_phone")
    turn.say("utter_nobody_on_duty", when=say_opening(due, turn.now.date()))
    return [
        *clear,
        *set_slots({"callback_case": case, "callback_phone": phone}),
        ActiveLoop(None),
        FollowupAction(FORM.name),
    ]


class ValidateCallback(ValidateForm):
    form = FORM


class AskCallbackPhone(Ask):
    action_name = "action_ask_callback_form_callback_phone"
    asks_with = "utter_ask_callback_phone"


class FinishCallback(DealerAction):
    action_name = "action_finish_callback"

    def perform(self, turn: Turn) -> Events:
        phone = turn.slot("callback_phone")
        due = update_case(
            turn.database, turn.slot("callback_case"), turn.now, phone or None, {"complete": True}
        )
        turn.say(
            "utter_callback_recorded" if phone else "utter_callback_without_phone",
            phone=say_phone(phone) if phone else "",
            when=say_opening(due, turn.now.date()) if due else "",
        )
        return FORM.cleared()
