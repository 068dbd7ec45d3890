"""A breakdown and a complaint: said with care at once, recorded at once, completed by the answers."""

from __future__ import annotations

import re
from typing import Any

from rasa_sdk.events import ActiveLoop, FollowupAction, SlotSet

from actions.base import Ask, DealerAction, Events, Turn, set_slots
from actions.booking_talk import blames
from actions.complaint_beside import begin_beside, go_on, visit_in_hand, without_move
from actions.facts import name_phone_problem
from actions.forms import Draft, Form, ValidateForm
from actions.handoff import pass_to_person
from actions.held_slots import let_go_on_leaving
from actions.places import answered_place, place_told, without_phone
from actions.rescue_words import (
    denies_trouble,
    is_anxious,
    is_on_the_way,
    is_unhurt,
    speaks_of_fire,
    speaks_of_trouble,
)
from actions.wechat_talk import place_sent, say_place
from bot.domain.cases import CaseKind
from bot.services.cases import add_place, open_case, update_case, urgent_case_of
from bot.services.wording import say_phone, say_time

_DECLINES = re.compile(r"不方便|不想留|不留|不给|没有手机|没电话|不要打")
_MORE_WORDS = frozenset({"complain", "abuse", "inform", "nlu_fallback", "out_of_scope", "chitchat"})
_MISTAKEN = frozenset(
    {"book_test_drive", "book_service", "check_booking", "change_booking", "ask_service_due"}
)
_OTHER_WISH = re.compile(
    r"预约|约[个一]|[想要]约|[想要帮去](我)?(做|约|去)?(一次|一个|个|一下)?(保养|试驾)|先(保养|试驾)|下次|查[一询]|取消|改期|改到"
)
"""What a booking is asked for with, while a complaint is told: dates, stores and people belong to the complaint."""
_ABOUT_THE_BOT = re.compile(r"听不?懂(我|人)|人话|智障|答非所问|没听懂")
_FOR_A_PERSON = re.compile(r"转|人工|真人|换个?人")
_MORE_AT_LEAST, _MORE_BESIDE_PHONE = 4, 6
_ONLY_WISH = re.compile(r"我?要?想?(投诉|举报|反映(情况|问题)?|提意见|吐槽)(一下|你们|一个人|个事)?")
_LONG_ENOUGH = 7
COURTESIES = frozenset({"greet", "thank", "goodbye", "affirm"})
BOOKINGS = frozenset({"test_drive_form", "service_visit_form", "existing_booking_form"})
"""What goes on when a breakdown or a complaint was a misunderstanding."""


class CaseForm(Form):
    """A form whose record exists from its first turn: a customer who leaves is not lost."""

    kind: CaseKind
    text_slot: str
    phone_slot: str
    case_slot: str
    entities = frozenset({"phone", "phone_invalid", "plate", "model"})
    asides = frozenset({"chitchat", "abuse", "out_of_scope", "nlu_fallback"})
    leaves_for = frozenset({"ask_human", "stop", "back_to_bot"})

    def takes_anything(self, turn: Turn) -> bool:
        if turn.requested == self.phone_slot:
            return bool(_DECLINES.search(turn.text))
        if turn.is_payload or turn.intent in self.leaves_for or _is_courtesy(turn):
            return False
        if _is_aside(turn, self.asides) or not re.search(r"\w", turn.text):
            return False
        asks = turn.intent == "faq" and re.search(r"[?？吗]|多久|怎么|多少|什么", turn.text)
        return turn.requested == self.text_slot and not asks

    def read(self, turn: Turn, draft: Draft) -> bool:
        heard = self.read_text(turn, draft)
        phones = turn.values("phone")
        if phones:
            draft[self.phone_slot] = phones[0]
        elif turn.values("phone_invalid") or (turn.requested == self.phone_slot and not heard):
            heard = self._name_the_problem(turn, draft) or heard
        changed = heard or bool(phones) or (turn.active_form != self.name and bool(draft[self.phone_slot]))
        if changed and draft[self.case_slot]:
            details = {self.text_slot.split("_")[1]: draft[self.text_slot], **self.also_known(turn)}
            update_case(turn.database, draft[self.case_slot], turn.now, draft[self.phone_slot], details)
        return changed or turn.intent in self.own_intents

    def read_text(self, turn: Turn, draft: Draft) -> bool:
        """What the customer says in own words; False when nothing."""
        raise NotImplementedError

    def also_known(self, turn: Turn) -> dict[str, Any]:
        """Further facts that the message holds."""
        found = {name: turn.last(name) for name in ("plate", "model")}
        return {name: value for name, value in found.items() if value}

    def next_question(self, draft: Draft) -> str | None:
        return next((slot for slot in (self.text_slot, self.phone_slot) if draft[slot] is None), None)

    def _name_the_problem(self, turn: Turn, draft: Draft) -> bool:
        if name_phone_problem(turn):
            return True
        if turn.requested == self.phone_slot and (turn.intent == "deny" or _DECLINES.search(turn.text)):
            draft[self.phone_slot] = ""
            return True
        return False


class RescueForm(CaseForm):
    name = "rescue_form"
    kind = CaseKind.RESCUE
    asides = frozenset({"chitchat", "abuse"})  # "星河小区" or "在家楼下" may be taken for anything else
    own_intents = frozenset({"report_breakdown"})
    slots = ("rescue_place", "rescue_phone", "rescue_case")
    text_slot, phone_slot, case_slot = "rescue_place", "rescue_phone", "rescue_case"

    def elsewhere(self, turn: Turn) -> str | None:
        mistaken = not turn.is_payload and denies_trouble(turn.text)
        return "action_leave_dialogue" if mistaken else None

    def takes_anything(self, turn: Turn) -> bool:
        if not turn.is_payload and (is_anxious(turn.text) or is_unhurt(turn.text)):
            return True
        return super().takes_anything(turn) or (
            turn.requested == "rescue_phone" and place_told(turn) is not None
        )

    def read(self, turn: Turn, draft: Draft) -> bool:
        told = turn.active_form == self.name and self._reassure(turn)
        return super().read(turn, draft) or told

    def _reassure(self, turn: Turn) -> bool:
        """Safety first, again; or a word to somebody who waits. Answers the customer, not the form's question."""
        if turn.is_payload or turn.intent in self.leaves_for:
            return False
        if speaks_of_fire(turn.text) and turn.intent in self.own_intents:
            turn.say("utter_rescue_first_words")
        elif is_unhurt(turn.text):
            turn.say("utter_noted")
        elif is_anxious(turn.text) and not turn.values("phone"):
            turn.say("utter_rescue_goes_on")
        else:
            return False
        return True

    def read_text(self, turn: Turn, draft: Draft) -> bool:
        """Where the car is: whatever is answered to the question, and any place that is named or sent besides."""
        if place_sent(turn):
            earlier, place = draft["rescue_place"], say_place(turn)
            draft["rescue_place"] = f"{earlier}；{place}" if earlier else place
            return True
        asked = turn.requested == "rescue_place" and turn.intent not in self.own_intents
        asked = asked and not _is_courtesy(turn)
        asked = asked and not is_anxious(turn.text) and not is_unhurt(turn.text)
        text = answered_place(turn) if asked and not turn.is_payload else place_told(turn)
        if not text or len(text) < 2 or not re.search(r"\w", text) or turn.intent in self.leaves_for:
            return False
        earlier = draft["rescue_place"]
        draft["rescue_place"] = f"{earlier}；{text}" if earlier and not asked else text
        return True


def _is_courtesy(turn: Turn) -> bool:
    """A short "好的谢谢"; what is longer says something."""
    return turn.intent in COURTESIES and len(turn.text) < 2 * _LONG_ENOUGH


def _is_aside(turn: Turn, asides: frozenset[str]) -> bool:
    """A joke or a sigh rather than an account: short, and nothing about a car."""
    return turn.intent in asides and (len(turn.text) < _LONG_ENOUGH or not re.search(r"\w", turn.text))


def _blames_the_bot(turn: Turn) -> bool:
    """ "你听不懂人话吗": an apology is due, and the complaint is about something else."""
    short = len(turn.text) < 2 * _LONG_ENOUGH and not turn.is_payload
    return short and bool(_ABOUT_THE_BOT.search(turn.text)) and not _FOR_A_PERSON.search(turn.text)


class ComplaintForm(CaseForm):
    name = "complaint_form"
    kind = CaseKind.COMPLAINT
    own_intents = frozenset({"complain"})
    slots = ("complaint_text", "complaint_phone", "complaint_case")
    text_slot, phone_slot, case_slot = "complaint_text", "complaint_phone", "complaint_case"

    def takes_anything(self, turn: Turn) -> bool:
        return _blames_the_bot(turn) or super().takes_anything(turn) or self._says_more(turn)

    def read(self, turn: Turn, draft: Draft) -> bool:
        if turn.active_form == self.name and _blames_the_bot(turn):
            turn.say("utter_abuse")
            return True
        return super().read(turn, draft)

    def read_text(self, turn: Turn, draft: Draft) -> bool:
        text = without_move(turn, without_phone(turn, turn.own_text))
        substance = _ONLY_WISH.sub("", text).strip(" ,，。!！~")
        asked = turn.requested == "complaint_text" and len(text) >= 2 and turn.intent not in COURTESIES
        asked = asked or self._says_more(turn)
        if _DECLINES.search(text):
            return False
        complains = turn.intent == "complain" or blames(turn)
        if turn.is_payload or not (asked or (complains and len(substance) >= 6)):
            return False
        earlier = draft["complaint_text"]
        draft["complaint_text"] = f"{earlier}；{text}" if earlier else text
        return True

    def _says_more(self, turn: Turn) -> bool:
        """Further words of the complaint instead of a phone number."""
        least = _MORE_BESIDE_PHONE if turn.values("phone") else _MORE_AT_LEAST
        if turn.requested != self.phone_slot or turn.is_payload or len(without_phone(turn)) < least:
            return False
        if _is_aside(turn, self.asides) or _ABOUT_THE_BOT.search(turn.text):
            return False
        unsure = turn.intent == "faq" and turn.decision.get("kind") == "clarify" and not turn.is_question
        mistaken = turn.intent in _MISTAKEN and not _OTHER_WISH.search(turn.text) and not turn.is_question
        return turn.intent in _MORE_WORDS or unsure or mistaken

    def also_known(self, turn: Turn) -> dict[str, Any]:
        name = turn.last("name") if turn.values("phone") else None
        return {**super().also_known(turn), **({"name": name} if name else {})}


RESCUE, COMPLAINT = RescueForm(), ComplaintForm()


class StartCase(DealerAction):
    """Says the first words, opens the case, reads what was told already."""

    form: CaseForm
    first_words: str

    def perform(self, turn: Turn) -> Events:
        draft: Draft = dict.fromkeys(self.form.slots)
        if turn.active_form != self.form.name:
            turn.say(self.first_words)
        details = {"first_message": turn.text} if not turn.is_payload else {}
        draft[self.form.case_slot] = turn.slot(self.form.case_slot) or open_case(
            turn.database,
            self.form.kind,
            turn.conversation_id,
            turn.now,
            details,
            complaint_hours=turn.dealership.profile.complaint_hours,
        )
        draft |= self.known(turn)
        self.form.read(turn, draft)
        let_go_on_leaving(turn)
        paused = turn.active_form if turn.active_form in BOOKINGS else None
        return [SlotSet("pending_offer", None), SlotSet("paused_form", paused), *set_slots(draft)]

    def known(self, turn: Turn) -> Draft:
        """What need not be asked."""
        return {}


class FinishCase(DealerAction):
    """Says what happens now, and passes the conversation to a person when one is on duty."""

    form: CaseForm
    reason: str
    done: str
    done_without_phone: str

    def perform(self, turn: Turn) -> Events:
        draft = self.form.draft(turn)
        phone = draft[self.form.phone_slot]
        due = update_case(
            turn.database, draft[self.form.case_slot], turn.now, phone or None, {"complete": True}
        )
        values: dict[str, Any] = {
            "place": draft.get("rescue_place"),
            "what": draft.get("complaint_text"),
            "phone": say_phone(phone) if phone else "",
            "due": say_time(due) if due else "",
        }
        turn.say(self.done if phone else self.done_without_phone, **values)
        interrupted = self.interrupted(turn)
        if not interrupted:
            pass_to_person(turn, self.reason, {"case": draft[self.form.case_slot]})
        return [*self.form.cleared(), *interrupted]

    def interrupted(self, turn: Turn) -> Events:
        """What goes on now, before a person takes over."""
        return []


class StartRescue(StartCase):
    """Nobody who is only stuck in traffic gets a rescue, and no booking is left for one without a word of trouble."""

    action_name = "action_start_rescue"
    form = RESCUE
    first_words = "utter_rescue_first_words"

    def perform(self, turn: Turn) -> Events:
        if self._is_elsewhere_now(turn):
            turn.say("utter_noted")
            return [FollowupAction(turn.active_form or "action_listen")]
        in_booking = turn.active_form in BOOKINGS and not speaks_of_trouble(turn.text)
        if not turn.is_payload and (in_booking or is_on_the_way(turn.text)):
            turn.say("utter_on_the_way")
            return [FollowupAction(turn.active_form or "action_listen")]
        return super().perform(turn)

    def _is_elsewhere_now(self, turn: Turn) -> bool:
        """ "我现在在绕城高速出口" after the rescue was recorded: the record gets it, and nothing is asked."""
        place = None if turn.active_form == self.form.name else place_told(turn)
        if place is None or speaks_of_trouble(turn.text):
            return False
        case = urgent_case_of(turn.database, turn.conversation_id)
        if case is None or case.kind is not CaseKind.RESCUE or case.details.get("complete") is not True:
            return False
        add_place(turn.database, case.id, turn.now, place)
        return True


def leave_for_booking(turn: Turn, form: CaseForm) -> Events | None:
    """End a rescue or complaint that interrupted a booking, or a rescue that was a mistake; the booking goes on."""
    mistaken = form is RESCUE and denies_trouble(turn.text)
    paused, case = turn.slot("paused_form"), turn.slot(form.case_slot)
    if not paused and not mistaken:
        return None
    if mistaken and case:
        update_case(turn.database, case, turn.now, None, {"withdrawn": True})
    turn.say("utter_rescue_withdrawn" if form is RESCUE else "utter_left_case")
    ended: Events = [*form.cleared(), ActiveLoop(None), SlotSet("requested_slot", None)]
    ended += [SlotSet("paused_form", None), SlotSet("pending_offer", None)]
    return [*ended, FollowupAction(paused or "action_listen")]


class StartComplaint(StartCase):
    action_name = "action_start_complaint"
    form = COMPLAINT
    first_words = "utter_complaint_first_words"

    def perform(self, turn: Turn) -> Events:
        events = super().perform(turn)
        events += begin_beside(turn, is_told=SlotSet(COMPLAINT.text_slot, None) not in events)
        blamed = turn.intent not in COMPLAINT.own_intents  # no rule leads on
        return [*events, FollowupAction(COMPLAINT.name)] if blamed else events

    def known(self, turn: Turn) -> Draft:
        visit = visit_in_hand(turn)
        return {COMPLAINT.phone_slot: visit.phone if visit else turn.slot(COMPLAINT.phone_slot)}


class ValidateRescue(ValidateForm):
    form = RESCUE


class ValidateComplaint(ValidateForm):
    form = COMPLAINT


class AskRescuePlace(Ask):
    action_name = "action_ask_rescue_form_rescue_place"
    asks_with = "utter_ask_rescue_place"


class AskRescuePhone(Ask):
    action_name = "action_ask_rescue_form_rescue_phone"
    asks_with = "utter_ask_rescue_phone"


class AskComplaintText(Ask):
    action_name = "action_ask_complaint_form_complaint_text"
    asks_with = "utter_ask_complaint_text"


class AskComplaintPhone(Ask):
    action_name = "action_ask_complaint_form_complaint_phone"
    asks_with = "utter_ask_complaint_phone"


class FinishRescue(FinishCase):
    action_name = "action_finish_rescue"
    form = RESCUE
    reason = "rescue"
    done, done_without_phone = "utter_rescue_recorded", "utter_rescue_recorded_without_phone"


class FinishComplaint(FinishCase):
    action_name = "action_finish_complaint"
    form = COMPLAINT
    reason = "complaint"
    done, done_without_phone = "utter_complaint_recorded", "utter_complaint_recorded_without_phone"

    def interrupted(self, turn: Turn) -> Events:
        return go_on(turn)
