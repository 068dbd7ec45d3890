"""Passing the conversation to a person: honest words about when somebody will answer, and a record for them."""

from __future__ import annotations

import re
from typing import Any

from rasa_sdk.events import ActiveLoop, FollowupAction, SlotSet

from actions.base import Ask, DealerAction, Events, Turn, set_slots
from actions.callback_times import say_times, time_wished
from actions.facts import name_phone_problem
from actions.forms import Draft, Form, ValidateForm
from actions.handoff_rules import reason_of, rule_for
from actions.known_facts import summary
from bot.domain.cases import CaseKind
from bot.domain.conversation import HandoffReason, is_online, next_online, skill_of
from bot.services.booking import release_hold
from bot.services.callbacks import first_call, open_callback, promise_call
from bot.services.cases import CaseView, open_case, update_case, urgent_case_of
from bot.services.queue import expected_minutes, place_in_queue
from bot.services.replies import FAQ_PREFIX
from bot.services.wording import say_opening, say_phone

GOES_ON_LATER = frozenset(
    {
        "test_drive_form",
        "service_visit_form",
        "existing_booking_form",
        "own_car_form",
        "waitlist_form",
        "event_form",
        "privacy_form",
        "referral_form",
    }
)
"""Forms that go on where they were left when the person gives the conversation back."""
_KEEPS_NUMBER = re.compile(
    r"^\W*(?:算了|那|我|就|还是)*\W*(?:不(?:想|方便)?留(?:电话|号码?|手机号?)?了?|不要了|不方便)[吧啊呀]?\W*$"
)


def pass_to_person(turn: Turn, reason: str, extra: dict[str, Any] | None = None) -> bool:
    """Queue for a consultant on duty; False when nobody is, in which case nothing is said.

    The platform's own desk of a WeChat account has its own hours, and tells them itself.
    """
    if turn.is_on_platform_desk:
        turn.hand_over("utter_wechat_desk", reason, summary(turn, extra))
        return True
    if not is_online(turn.dealership.profile.consultants_online, turn.now):
        return False
    say_queued(turn, reason, extra)
    return True


def say_queued(turn: Turn, reason: str, extra: dict[str, Any] | None = None) -> None:
    """Queue, with the true place and the wait to expect where that is known."""
    known = summary(turn, extra)
    place = place_in_queue(turn.database, turn.conversation_id, reason, known)
    hours, skill = turn.dealership.profile.consultants_online, skill_of(HandoffReason(reason), known)
    minutes = expected_minutes(turn.database, turn.conversation_id, turn.now, hours, skill, place)
    if minutes is None:
        turn.hand_over("utter_queued_for_person", reason, known, place=place)
    else:
        turn.hand_over("utter_queued_with_wait", reason, known, place=place, minutes=minutes)


class CallbackForm(Form):
    """Nobody is on duty, or the customer does not want to wait: a number to call back, and when."""

    name = "callback_form"
    own_intents = frozenset({"ask_human"})
    entities = frozenset({"phone", "phone_invalid", "name", "time"})
    slots = ("callback_phone", "callback_case", "callback_time")

    def read(self, turn: Turn, draft: Draft) -> bool:
        heard = self._read_time(turn, draft)
        phone = turn.last("phone")
        if phone:
            draft["callback_phone"] = phone
            return True
        if self.takes_anything(turn):
            draft["callback_phone"] = ""
            return True
        if name_phone_problem(turn):
            return True
        if turn.intent == "deny" and not heard:
            draft["callback_phone"] = ""
            return True
        return heard or turn.intent in self.own_intents

    def takes_anything(self, turn: Turn) -> bool:
        """ "算了不留了" leaves no number; the answer comes here all the same."""
        return (
            turn.requested == "callback_phone"
            and not turn.is_payload
            and bool(_KEEPS_NUMBER.match(turn.text))
        )

    def _read_time(self, turn: Turn, draft: Draft) -> bool:
        moment, possible = time_wished(turn, draft["callback_time"])
        if moment is None:
            return False
        if possible:
            draft["callback_time"] = moment.isoformat()
            promise_call(turn.database, draft["callback_case"], moment, turn.now)
        else:
            turn.say("utter_callback_hours")
        return True

    def next_question(self, draft: Draft) -> str | None:
        return "callback_phone" if draft["callback_phone"] is None else None


FORM = CallbackForm()


class RequestHuman(DealerAction):
    action_name = "action_request_human"

    def perform(self, turn: Turn) -> Events:
        events = request_human(turn)
        # Where a rule of the dealer's led here, no rule of the dialogue leads on.
        return [*events, FollowupAction("action_listen")] if turn.is_handed_over else events


def request_human(turn: Turn) -> Events:
    """The customer wants a person: now if one is on duty, else a call-back with an honest time."""
    reason, extra = why(turn)
    if reason == HandoffReason.RULE.value and turn.intent != "ask_human":
        _answer_first(turn)
    left = turn.active_form if turn.active_form in GOES_ON_LATER else None
    clear = set_slots({"pending_offer": None, "handoff_reason": None, "late_wish": None})
    told = turn.last("phone")
    if told and is_online(turn.dealership.profile.consultants_online, turn.now):
        turn.say("utter_number_passed_on", phone=told)
    if extra.get("case"):  # whoever has to know hears of it now, whatever is still unknown
        update_case(turn.database, extra["case"], turn.now, told, {"complete": True})
    release_hold(turn.database, turn.conversation_id)
    if pass_to_person(turn, reason, extra):
        if told and not extra.get("case"):
            _record_number(turn, told, reason, extra)
        ended = [ActiveLoop(None), SlotSet("requested_slot", None), SlotSet("handed_over", left)]
        return [*clear, *ended]
    due = next_online(turn.dealership.profile.consultants_online, turn.now)
    turn.say("utter_nobody_on_duty", when=say_opening(due, turn.now.date()))
    return [*clear, *begin_callback(turn, reason, extra)]


def _record_number(turn: Turn, phone: str, reason: str, extra: dict[str, Any] | None) -> None:
    """The number that was said along with it is called, whatever comes of waiting here."""
    known = open_callback(turn.database, turn.conversation_id)
    about = {"reason": reason, **summary(turn, extra)}
    due = first_call(turn.dealership.profile.consultants_online, turn.now)
    where = (turn.database, CaseKind.CALLBACK, turn.conversation_id, turn.now)
    case = known.id if known else open_case(*where, about, due)
    update_case(turn.database, case, turn.now, phone, {"complete": True})


def begin_callback(turn: Turn, reason: str, extra: dict[str, Any] | None = None) -> Events:
    """Open a call-back and ask for the number where none is known. The time said along with it counts."""
    earliest = first_call(turn.dealership.profile.consultants_online, turn.now)
    moment, possible = time_wished(turn, earliest.isoformat())
    due = moment if moment is not None and possible else earliest
    case = open_case(
        turn.database,
        CaseKind.CALLBACK,
        turn.conversation_id,
        turn.now,
        {"reason": reason, **summary(turn, extra)},
        due,
    )
    if due != earliest:
        promise_call(turn.database, case, due, turn.now)
    slots = ("known_phone", "drive_phone", "visit_phone")
    phone = turn.last("phone") or next((turn.slot(slot) for slot in slots if turn.slot(slot)), None)
    chosen = due.isoformat() if due != earliest else None
    return [
        *set_slots({"callback_case": case, "callback_phone": phone, "callback_time": chosen}),
        ActiveLoop(None),
        FollowupAction(FORM.name),
    ]


class ValidateCallback(ValidateForm):
    form = FORM


class AskCallbackPhone(Ask):
    action_name = "action_ask_callback_form_callback_phone"
    asks_with = "utter_ask_callback_phone"


class FinishCallback(DealerAction):
    """Says when somebody calls, and offers other times where the customer has not named one."""

    action_name = "action_finish_callback"

    def perform(self, turn: Turn) -> Events:
        phone, chosen = turn.slot("callback_phone"), turn.slot("callback_time")
        urgent = urgent_case(turn)
        if phone and urgent is not None and not urgent.phone:
            update_case(turn.database, urgent.id, turn.now, phone, {"complete": True})
        due = update_case(
            turn.database, turn.slot("callback_case"), turn.now, phone or None, {"complete": True}
        )
        values: dict[str, Any] = {
            "phone": say_phone(phone) if phone else "",
            "when": say_opening(due, turn.now.date()) if due else "",
        }
        opening = due == next_online(turn.dealership.profile.consultants_online, turn.now)
        if opening and not chosen:
            turn.say("utter_callback_recorded" if phone else "utter_callback_without_phone", **values)
        else:
            turn.say("utter_callback_at" if phone else "utter_callback_without_phone_at", **values)
        if phone and not chosen:
            say_times(turn, due)
        return FORM.cleared()


def _answer_first(turn: Turn) -> None:
    """A question that leads to a person by a rule of the dealer's is answered all the same."""
    topic = turn.faq.get("id")
    if turn.decision.get("kind") == "answer" and topic in turn.content.faq:
        turn.say(f"{FAQ_PREFIX}{topic}")
    turn.say("utter_matter_for_person")


def why(turn: Turn) -> tuple[str, dict[str, Any]]:
    """Why a person is wanted, with what is to be known of it.

    A rescue or complaint that is open, else what was offered, else a rule of the dealer's, with its note.
    """
    case = urgent_case(turn)
    if case is not None:
        return case.kind.value, {"case": case.id}
    kept = turn.slot("handoff_reason") or _of_rule(turn)
    if isinstance(kept, dict):
        return kept["reason"], {name: value for name, value in kept.items() if name != "reason"}
    return kept or HandoffReason.ASKED.value, {}


def urgent_case(turn: Turn) -> CaseView | None:
    """The rescue or complaint that is open in this conversation; first the one that is just being told."""
    is_complaint = turn.active_form == "complaint_form"
    first = CaseKind.COMPLAINT if is_complaint else CaseKind.RESCUE
    return urgent_case_of(turn.database, turn.conversation_id, first)


def _of_rule(turn: Turn) -> dict[str, Any] | None:
    """The rule that the message meets; who asks for a person anyway has asked, and gets one for that."""
    rule = None if turn.is_payload else rule_for(turn)
    if rule is None:
        return None
    asked = {"reason": HandoffReason.ASKED.value} if turn.intent == "ask_human" else {}
    return reason_of(rule) | asked
