"""Codes with which customers bring others: one's own, told to who has shown who they are, and those of others."""

from __future__ import annotations

import re

from rasa_sdk.events import ActiveLoop, FollowupAction, SlotSet

from actions.base import Ask, DealerAction, Events, Turn, set_slots
from actions.facts import NO_PLATE, name_phone_problem, read_plate
from actions.forms import Draft, Form, ValidateForm, left
from actions.named_problems import name_plate_problem
from actions.own_records import own_record
from actions.own_visits import kind_named
from actions.referral_words import code_said, has_answered, say_noted
from actions.waitlist_talk import STARTS
from bot.domain.errors import NotFound
from bot.services import referrals
from bot.services.outreach.replies import linked_phone
from bot.services.vehicles import find_vehicle

_ABOUT = re.compile(r"怎么用|如何用|怎样用|[什么啥]用|有什么|有啥|奖励|好处|规则|怎么算")
_OTHERS = re.compile(
    r"朋友的|(?:推荐|介绍)(?:我)?(?:来|过来)|有推荐码|有邀请码|别人|同事的|老客户的?|推荐人|介绍人|我有|有个?推荐码|有推薦碼|填|输入|登记|凭|扫码来|报一下|[他她]的|朋友给|这是"
)


_MINE = re.compile(r"(?:我|我自己|自己|本人)的?(?:专属)?(?:推荐|推薦|邀请)[码碼](?!填|给)")


class ReferralAction(DealerAction):
    action_name = "action_referral"

    def perform(self, turn: Turn) -> Events:
        code = code_said(turn)
        if code is not None:
            if not has_answered(turn):
                say_noted(turn, code)
            return _go_on(turn)
        if _ABOUT.search(turn.text) and turn.is_question:
            turn.say("utter_faq/member.referral")
            return _done(turn)
        if _OTHERS.search(turn.text) and not _MINE.search(turn.text) and not turn.is_payload:
            turn.say("utter_ask_referral_code")
            return _done(turn)
        phone = _own_phone(turn)
        if phone is not None:
            _tell(turn, phone)
            return _done(turn)
        if turn.active_form and turn.active_form != FORM.name:
            turn.say("utter_referral_later")
            return []
        draft: Draft = dict.fromkeys(FORM.slots)
        FORM.read(turn, draft)
        return [
            SlotSet("misunderstandings", None),
            *set_slots(draft),
            ActiveLoop(None),
            FollowupAction(FORM.name),
        ]


class ReferralForm(Form):
    """Phone and plate of a car on record: a wrong number and an unknown plate look the same."""

    name = "referral_form"
    own_intents = frozenset({"referral"})
    entities = frozenset({"phone", "phone_invalid", "plate", "plate_invalid"})
    slots = ("referral_phone", "referral_plate")

    def read(self, turn: Turn, draft: Draft) -> bool:
        heard = [
            name_plate_problem(turn),
            read_plate(turn, draft, "referral_plate"),
            self._phone(turn, draft),
        ]
        if not any(heard) and (turn.intent == "deny" or NO_PLATE.search(turn.text)):
            draft["referral_plate"] = draft["referral_phone"] = ""
            return True
        return any(heard)

    def takes_anything(self, turn: Turn) -> bool:
        return bool(NO_PLATE.search(turn.text))

    def next_question(self, draft: Draft) -> str | None:
        if draft["referral_plate"] == "":
            return None
        return next((slot for slot in self.slots if draft[slot] is None), None)

    def _phone(self, turn: Turn, draft: Draft) -> bool:
        phone = turn.last("phone")
        if phone:
            draft["referral_phone"] = phone
        return bool(phone) or name_phone_problem(turn)


FORM = ReferralForm()


class ValidateReferral(ValidateForm):
    form = FORM


class AskReferralPhone(DealerAction):
    """Asks for both at once, or for the number alone."""

    action_name = "action_ask_referral_form_referral_phone"
    keeps_misunderstandings = True

    def perform(self, turn: Turn) -> Events:
        turn.say("utter_ask_referral_phone" if turn.slot("referral_plate") else "utter_ask_referral_identity")
        return []


class AskReferralPlate(Ask):
    action_name = "action_ask_referral_form_referral_plate"
    asks_with = "utter_ask_referral_plate"


class FinishReferral(DealerAction):
    action_name = "action_finish_referral"

    def perform(self, turn: Turn) -> Events:
        phone, plate = turn.slot("referral_phone"), turn.slot("referral_plate")
        if not phone or not plate or find_vehicle(turn.database, phone, plate) is None:
            turn.say("utter_referral_not_found")
            return [*FORM.cleared(), SlotSet("pending_offer", "human")]
        _tell(turn, phone)
        car = {"car_phone": phone, "car_plate": plate, "car_unknown": False}
        return [*FORM.cleared(), SlotSet("known_car", car)]


def _go_on(turn: Turn) -> Events:
    """The code is noted; a booking that is wanted in the same message begins."""
    kind = kind_named(turn)
    if turn.active_form or kind is None or not turn.values_of({"time", "model", "store", "job"}):
        return _done(turn)
    return [SlotSet("misunderstandings", None), FollowupAction(STARTS[kind])]


def _own_phone(turn: Turn) -> str | None:
    """Of the customer to whom this conversation is linked, or whose car was shown to be theirs."""
    record = own_record(turn)
    return linked_phone(turn.database, turn.conversation_id) or (record.phone if record else None)


def _tell(turn: Turn, phone: str) -> None:
    try:
        own = referrals.code_of(turn.database, phone, turn.now)
    except NotFound:
        turn.say("utter_referral_not_found")
        return
    if own.uses:
        turn.say("utter_referral_code_used", referral=own.code, people=own.uses)
    else:
        turn.say("utter_referral_code", referral=own.code)


def _done(turn: Turn) -> Events:
    over = SlotSet("misunderstandings", None)
    if turn.active_form == FORM.name:
        return [over, *left(FORM), FollowupAction("action_listen")]
    return [over] if turn.active_form else [over, FollowupAction("action_listen")]
