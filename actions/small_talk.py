"""Greeting, thanks, goodbye, small talk, abuse, haggling, and leaving or accepting what was offered."""

from __future__ import annotations

import re
from typing import Any

from rasa_sdk.events import FollowupAction, SlotSet

from actions import (
    advice,
    cases,
    claims,
    events,
    existing_bookings,
    handoff,
    own_car,
    privacy,
    referral,
    service_visit,
    test_drive,
    waitlist,
)
from actions.base import DealerAction, Events, Turn, button, set_slots
from actions.booked_jobs import change_booked_jobs, wants_other_jobs
from actions.faq import answer_refund, ask_again, misunderstood
from actions.forms import Form, left
from actions.own_visits import own_visits
from actions.resumption import LEFT, kept_for_later
from actions.several import COMPLAINT
from actions.visit_replies import answer_notice
from actions.visits import VisitForm
from actions.wechat_talk import remarked
from bot.services.booking import release_hold
from bot.services.privacy.requests import ERASE

_WHO_ARE_YOU = re.compile(r"你(们)?(是|叫)(谁|什么|啥|哪位|机器人|真人|人工)")
_DECLINES = re.compile(r"不用|不要|不必|不了|算了|先不|不需要")
_IS_SOMEBODY_THERE = re.compile(r"(?:顾问|销售|客服|真人|人工|有人)(?:还)?(?:在不在|在吗|在么|吗|么|呢|在)")
_KEEPS = re.compile(r"不(?:改|换|动|变)了?|还是|[按照]原来|照旧|原来的")
_REALLY_LEAVES = re.compile(
    r"不(?:约|预约|要|想|用|试|来|去|办|做|保养|需要)|取消|退|下次|改天|改日|以后|回头|再说|再看|别家|自己|算了(?:吧|啦)?\W*$"
)
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
        waitlist.FORM,
        events.FORM,
        advice.FORM,
        referral.FORM,
        privacy.FORM,
        claims.CLAIM,
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
BEGUN = {
    "sign_up_event": "action_start_event_signup",
    "trade_in": "action_trade_in",
    "claim_warranty": "action_claim_warranty",
    "recommend_model": "action_recommend",
    "referral": "action_referral",
    "export_my_data": "action_export_data",
    "delete_my_data": "action_delete_data",
    "withdraw_consent": "action_withdraw_consent",
}
"""The same for what begins with an action."""
TEMPLATES = {
    "greet": "utter_greet",
    "goodbye": "utter_goodbye",
    "thank": "utter_thank",
    "chitchat": "utter_chitchat",
    "abuse": "utter_abuse",
    "out_of_scope": "utter_out_of_scope",
    "back_to_bot": "utter_back_to_bot",
}

_HEARD = (
    (re.compile(r"(现在|这会儿?|当前).{0,4}(几点|时间)|^几点了?[?？]?$|几点钟?了[?？]?$"), "clock"),
    (re.compile(r"天气|下雨|下雪|气温|多少度|冷不冷|热不热"), "weather"),
    (re.compile(r"你.{0,3}(笨|傻|蠢|呆|智障|人工智障)|^(好|真|太)(笨|傻|蠢)"), "clumsy"),
    (re.compile(r"你.{0,4}(几岁|多大|年龄|年纪|哪年生|生日)"), "age"),
    (re.compile(r"我.{0,3}(爱|喜欢)(上)?你|嫁给我|做我.{0,2}(女|男)朋友|亲亲|么么哒"), "love"),
)
"""What people say to any assistant."""
REMARKS = {
    "clock": "utter_clock",
    "weather": "utter_weather",
    "clumsy": "utter_clumsy",
    "age": "utter_age",
    "love": "utter_love",
}
"""The line that fits it."""


class SmallTalk(DealerAction):
    """One friendly line; inside a form the form's question follows, hence a shorter one."""

    action_name = "action_small_talk"
    keeps_misunderstandings = True

    def perform(self, turn: Turn) -> Events:
        answered = remarked(turn)
        if answered is not None:
            return answered
        if turn.intent == "thank" and turn.slot("pending_offer") and _DECLINES.search(turn.text):
            turn.say("utter_offer_declined")
            return [SlotSet("pending_offer", None), SlotSet("handoff_reason", None)]
        remark = next((kind for words, kind in _HEARD if words.search(turn.text)), None)
        if remark and turn.intent in ("chitchat", "abuse", "out_of_scope"):
            turn.say(REMARKS[remark], time=f"{turn.now:%H:%M}")
            return [SlotSet("misunderstandings", None)]
        if turn.intent == "out_of_scope" and turn.slot("misunderstandings"):
            return _out_of_scope_again(turn)
        if turn.intent == "chitchat" and _WHO_ARE_YOU.search(turn.text):
            turn.say("utter_faq/store.bot_or_human")
            return [SlotSet("misunderstandings", None)]
        name = TEMPLATES[turn.intent]
        short = f"{name}_in_form"
        calls = turn.intent == "greet" and _IS_SOMEBODY_THERE.search(turn.text)
        person = [button("转人工顾问", "ask_human")] if calls else None
        turn.say(short if turn.active_form and short in turn.content.templates else name, buttons=person)
        return [SlotSet("misunderstandings", 1 if turn.intent == "out_of_scope" else None)]


def _out_of_scope_again(turn: Turn) -> Events:
    """Again something that is not ours: other words than the first time, and a person within reach."""
    count = int(turn.slot("misunderstandings")) + 1
    again = count % 2 == 0
    short = "utter_out_of_scope_in_form" if turn.active_form else "utter_out_of_scope"
    turn.say("utter_out_of_scope_again" if again else short)
    offer = [SlotSet("pending_offer", "human"), SlotSet("handoff_reason", "two_misunderstandings")]
    return [SlotSet("misunderstandings", count), *(offer if again else [])]


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
        if wants_other_jobs(turn):  # 算了电瓶不做了
            return change_booked_jobs(turn)
        other = switch_wanted(turn)
        if other:
            return [FollowupAction(other)]
        form = FORMS.get(turn.active_form or "")
        resumed = cases.leave_for_booking(turn, form) if isinstance(form, cases.CaseForm) else None
        if resumed is not None:
            return resumed
        stays = _stays(turn, form)
        if stays is not None:
            return stays
        release_hold(turn.database, turn.conversation_id)
        declined = answer_notice(turn, yes=False) if form is None else None
        if declined is not None:
            return declined
        if form is None:
            turn.say("utter_nothing_to_leave")
            return [SlotSet("pending_offer", None)]
        _say_farewell(turn, form)
        if form is not test_drive.FORM or not turn.slot("drive_model"):
            return left(form)
        kept = SlotSet("offered_visit", kept_for_later(form.draft(turn)))
        return [*left(form), kept, SlotSet("pending_offer", LEFT)]


def _stays(turn: Turn, form: Form | None) -> Events | None:
    """ "算了，还是原来的" leaves no booking: what there is stays, a time said with it is read. None: it leaves."""
    if form is existing_bookings.FORM:
        return existing_bookings.leave_change(turn)
    if not isinstance(form, VisitForm) or turn.requested not in (
        f"{form.prefix}_confirmed",
        f"{form.prefix}_change",
    ):
        return None
    if not _KEEPS.search(turn.text) or _REALLY_LEAVES.search(turn.text):
        return None
    draft = form.draft(turn) | {f"{form.prefix}_confirmed": None}
    form.read(turn, draft)
    draft[f"{form.prefix}_confirmed"] = None
    return [*set_slots(draft), FollowupAction(form.name)]


def _say_farewell(turn: Turn, form: Form) -> None:
    if isinstance(form, cases.CaseForm):
        turn.say("utter_left_case")
    elif form is privacy.FORM and turn.slot("privacy_wish") == ERASE:
        turn.say("utter_data_stays")
    else:
        turn.say("utter_left_booking_alone" if own_visits(turn) else "utter_left_dialogue")


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
        answered = answer_notice(turn, yes=True)
        if answered is not None:
            return answered
        offer = turn.slot("pending_offer")
        cleared = SlotSet("pending_offer", None)
        if offer == "human" and not turn.speaks_of_booking:
            return [cleared, *handoff.request_human(turn)]
        if turn.offered_topics:
            return ask_again(turn)
        if offer == COMPLAINT:
            return [cleared, FollowupAction("action_start_complaint")]
        if turn.active_form and turn.is_back_from_adviser:
            turn.say("utter_goes_on")
            return []
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
        if offer in BEGUN:
            return [cleared, FollowupAction(BEGUN[offer])]
        turn.say("utter_what_next")
        return []


class DeclineOffer(DealerAction):
    """A no outside of any form."""

    action_name = "action_decline_offer"
    keeps_misunderstandings = True

    def perform(self, turn: Turn) -> Events:
        answered = answer_notice(turn, yes=False)
        if answered is not None:
            return answered
        if not turn.active_form and answer_refund(turn):
            return []
        if turn.offered_topics or (turn.active_form and not turn.slot("pending_offer")):
            return misunderstood(turn)
        turn.say("utter_offer_declined" if turn.slot("pending_offer") else "utter_what_next")
        return [SlotSet("pending_offer", None), SlotSet("handoff_reason", None)]
