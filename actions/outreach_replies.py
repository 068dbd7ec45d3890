"""Answers to what we wrote of our own accord: book it, not now, done elsewhere, no more messages."""

from __future__ import annotations

from datetime import date
from typing import Any

from rasa_sdk.events import FollowupAction, SlotSet

from actions.base import DealerAction, Events, Turn, button, set_slots
from actions.contact_words import BOOK, ELSEWHERE, STOPS, WHEN, meaning, says_marketing, wants_again
from actions.events import begin_signup
from actions.faq import misunderstood
from actions.forms import Draft
from actions.own_car import past_day
from actions.own_records import own_record
from actions.own_visits import own_visits
from actions.service_visit import FORM
from bot.domain.booking import VisitKind
from bot.domain.errors import NotFound
from bot.services.consents import Purpose
from bot.services.outreach import contacts, replies
from bot.services.outreach.contacts import OutreachView
from bot.services.vehicles import VehicleRecord
from bot.services.wording import say_date, say_km

UNKNOWN_KM = -1
"""Nobody knows the mileage, and it is not asked for."""


class AnswerContact(DealerAction):
    """A typed answer to a contact: 好的，帮我约周六, 不需要, 已经在别处做了."""

    action_name = "action_answer_contact"

    def perform(self, turn: Turn) -> Events:
        do = meaning(turn)
        contact = contacts.of_conversation(turn.database, turn.conversation_id, turn.now)
        if do is None or contact is None:
            return misunderstood(turn)
        return [*act(turn, do, contact), *([] if do == BOOK else [FollowupAction("action_listen")])]


class DoneElsewhere(DealerAction):
    """A service that was done at another garage: of the car that was asked about, or of the customer's own."""

    action_name = "action_done_elsewhere"

    def perform(self, turn: Turn) -> Events:
        asked_when = WHEN in turn.said_before
        contact = contacts.of_conversation(turn.database, turn.conversation_id, turn.now)
        if contact is not None and contact.is_of_service and not asked_when:
            return [*act(turn, ELSEWHERE, contact), FollowupAction("action_listen")]
        return [*note_elsewhere(turn, own_record(turn)), FollowupAction("action_listen")]


class WithdrawConsent(DealerAction):
    """No more messages: none at all, or none about events and offers; or messages again."""

    action_name = "action_withdraw_consent"

    def perform(self, turn: Turn) -> Events:
        contact = contacts.of_conversation(turn.database, turn.conversation_id, turn.now)
        if contact is not None and not wants_again(turn):
            contacts.answer(turn.database, contact.id, "refused", turn.now)
        return [*_stop(turn), FollowupAction("action_listen")]


def press(turn: Turn, do: str, entry: str) -> Events:
    """What a button of a contact does, however late it is pressed."""
    try:
        contact = contacts.find(turn.database, entry, turn.conversation_id)
    except NotFound:
        return misunderstood(turn)
    over = contact.state not in contacts.OPEN
    if over and not (do == BOOK and contact.state in ("refused", "expired")):
        turn.say("utter_contact_over")
        return []
    return act(turn, do, contact)


def act(turn: Turn, do: str, contact: OutreachView) -> Events:
    """Do what was said about a contact."""
    if do == BOOK:
        return _book(turn, contact)
    if do == ELSEWHERE and not contact.details.get("event"):
        contacts.answer(turn.database, contact.id, "done_elsewhere", turn.now)
        return note_elsewhere(turn, replies.car_of_contact(turn.database, contact))
    contacts.answer(turn.database, contact.id, "refused", turn.now)
    if do == STOPS:
        return _stop(turn)
    turn.say("utter_event_refused" if contact.details.get("event") else "utter_contact_refused")
    return [SlotSet("pending_offer", None), SlotSet("misunderstandings", None)]


def note_elsewhere(turn: Turn, car: VehicleRecord | None) -> Events:
    """Keep day and mileage where they were said, else ask for them; a visit that is booked here may be given up."""
    on, km = day_said(turn), turn.last("mileage")
    if car is None:
        turn.say("utter_elsewhere_whose")
    elif on is None and km is None:
        turn.say("utter_contact_elsewhere")
    else:
        replies.note_service(turn.database, car.plate, on, km, turn.now.date(), turn.now)
        done = "，".join([*([say_date(on)] if on else []), *([say_km(km)] if km is not None else [])])
        turn.say("utter_contact_elsewhere_known", done=done)
    _offer_to_cancel(turn)
    return [SlotSet("pending_offer", None), SlotSet("misunderstandings", None)]


def _offer_to_cancel(turn: Turn) -> None:
    visit = next(iter(own_visits(turn, VisitKind.SERVICE)), None)
    if visit is not None:
        cancel = button("取消预约", "cancel_booking", booking_code=visit.code)
        turn.say("utter_elsewhere_booked", buttons=[cancel], code=visit.code)


def day_said(turn: Turn) -> date | None:
    """The past day that the message names."""
    told = turn.last("delivery_date") or past_day(turn)
    return date.fromisoformat(told) if told else None


def _book(turn: Turn, contact: OutreachView) -> Events:
    """Begin the visit with everything that is known; what was said along with it is read as in any booking."""
    if contact.details.get("event"):
        contacts.answer(turn.database, contact.id, "answered", turn.now)
        return begin_signup(turn, contact.occasion)
    car, job = replies.car_of_contact(turn.database, contact), contact.details.get("job")
    if car is None or not job:
        return misunderstood(turn)
    contacts.answer(turn.database, contact.id, "answered", turn.now)
    draft: Draft = dict.fromkeys(FORM.slots) | _known(turn, contact, car, str(job))
    before = dict(draft)
    if not turn.is_payload:
        FORM.read(turn, draft)
    if not draft["visit_time"] and not draft["visit_refusal"]:
        FORM.settle_time(turn, draft, before)
    offered = [SlotSet("pending_offer", None), SlotSet("offered_visit", None)]
    return [*offered, SlotSet("misunderstandings", None), *set_slots(draft), FollowupAction(FORM.name)]


def _known(turn: Turn, contact: OutreachView, car: VehicleRecord, job: str) -> dict[str, Any]:
    mileage = replies.mileage_now(turn.database, car.plate, turn.now.date())
    known = {store.id for store in turn.dealership.stores}
    store = replies.usual_store(turn.database, car.plate)
    return {
        "visit_model": car.model,
        "visit_plate": car.plate,
        "visit_mileage": mileage.km if mileage is not None else UNKNOWN_KM,
        "visit_jobs": [job],
        "visit_store": store if store in known else None,
        "visit_phone": car.phone,
        "visit_name": car.name,
        "visit_recognised": [car.phone, car.plate],
    }


def _stop(turn: Turn) -> Events:
    again = wants_again(turn)
    purposes = [Purpose.MARKETING] if says_marketing(turn) else [Purpose.SERVICE_CONTACT, Purpose.MARKETING]
    phone = replies.linked_phone(turn.database, turn.conversation_id) or _phone_shown(turn)
    replies.allow_messages(turn.database, turn.conversation_id, phone, purposes, again, turn.now)
    if again:
        turn.say("utter_contacts_resumed")
    else:
        turn.say("utter_marketing_stopped" if says_marketing(turn) else "utter_contacts_stopped")
    return [SlotSet("pending_offer", None), SlotSet("misunderstandings", None)]


def _phone_shown(turn: Turn) -> str | None:
    """A number that the customer gave in this conversation."""
    car = turn.slot("known_car") or {}
    phone = turn.last("phone") or turn.slot("known_phone") or car.get("car_phone")
    return str(phone) if phone else None
