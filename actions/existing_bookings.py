"""Checking, changing and cancelling a booking: with code and phone, and nothing is told without both."""

from __future__ import annotations

import re

from rasa_sdk.events import FollowupAction, SlotSet

from actions.base import Ask, DealerAction, Events, Turn, set_slots
from actions.booking_talk import answer_aside, asks_instead, blames
from actions.booking_words import details as details
from actions.booking_words import say_left_alone, say_needs_new_time, say_of_visit
from actions.booking_words import say_status as say_status
from actions.facts import OTHER, WHATEVER, adviser_wished_for, name_phone_problem
from actions.forms import CHANGES, Draft, Form, ValidateForm, left
from actions.held_slots import refusal_of
from actions.own_visits import IDENTITY, is_without_code, own_visits, shift_of
from actions.slot_offers import adviser_name
from actions.time_wishes import Wish, ask_for_time, parse_time, read_wish
from bot.domain.booking import VisitKind, VisitRequest, VisitStatus, may_change
from bot.domain.dealership import Resource
from bot.domain.errors import BookingRefused, NotFound
from bot.services.availability import check_slot
from bot.services.visits import BookedVisit, find_visit
from bot.services.wechat.identity import link_verified
from bot.services.wording import say_time

MOST_FAILURES = 5
_CHANGING = ("booking_new_time", "booking_confirmed")
OPEN: Wish = {"kind": "ambiguous", "start": None, "end": None}
"""A wish without a time."""
PURPOSES = {"check": "查询", "change": "改期", "cancel": "取消"}
_CANCELS = re.compile(r"取消|退|不[来去约试]")
_OF_THE_VISIT = re.compile(r"说好|说的是|接待|约的|几点|哪天|哪[家个]店|什么时候|谁")
_KEEP_IT = re.compile(r"(不|别|甭|先不|不要|不用|不想)(取消|改|退|换)|保留|不动了|还是去|照旧")
_LIKE_A_CODE = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{3}[ -]?[0-9]{3}(?![A-Za-z0-9])")


class ExistingBookingForm(Form):
    """``booking_purpose`` is check, change or cancel; the booking itself is looked up on every turn."""

    name = "existing_booking_form"
    own_intents = frozenset({"check_booking", "change_booking", "cancel_booking"})
    entities = frozenset({"booking_code", "phone", "time", "store", "phone_invalid"})
    slots = (
        "booking_purpose",
        "booking_code",
        "booking_phone",
        "booking_new_time",
        "booking_new_store",
        "booking_confirmed",
        "booking_wish",
        "booking_refusal",
        "booking_failures",
    )

    def read(self, turn: Turn, draft: Draft) -> bool:
        confirming = turn.requested == "booking_confirmed"
        if confirming and self._read_answer(turn, draft):
            return True
        before = draft["booking_purpose"]
        heard = [self._read_identity(turn, draft), self._read_change(turn, draft)]
        turned = draft["booking_purpose"] != before  # 先别取消，改到周日
        turned = turned or bool(_adviser_said(turn, draft) and not _CANCELS.search(turn.text))  # 还是林晓吧
        if turn.intent in self.own_intents and purpose_of(turn) != draft["booking_purpose"] and not turned:
            draft["booking_purpose"] = purpose_of(turn)
            draft["booking_confirmed"] = None
            heard.append(True)
        self._look_up(turn, draft)
        return any(heard) or turn.intent in self.own_intents

    def takes_anything(self, turn: Turn) -> bool:
        if turn.values("booking_code") or (turn.requested in IDENTITY and _no_such_code(turn)):
            return True
        if turn.requested not in _CHANGING:
            return False
        keeps = turn.requested == "booking_confirmed" and _KEEP_IT.search(turn.text)
        return bool(keeps or shift_of(turn.text) or _adviser_named(turn))

    def elsewhere(self, turn: Turn) -> str | None:
        if turn.requested in _CHANGING and blames(turn):
            return "action_start_complaint"
        return "action_leave_without_code" if is_without_code(turn) else None

    def acknowledge(self, turn: Turn, draft: Draft, before: Draft) -> None:
        wish = draft["booking_purpose"] != before["booking_purpose"] or draft["booking_wish"]
        if turn.requested in IDENTITY and wish:
            turn.say("utter_wish_noted_before_code", wish=PURPOSES[draft["booking_purpose"] or "check"])
        else:
            super().acknowledge(turn, draft, before)

    def next_question(self, draft: Draft) -> str | None:
        if (draft["booking_failures"] or 0) >= MOST_FAILURES:
            return None
        if draft["booking_code"] is None or draft["booking_phone"] is None:
            return "booking_code" if draft["booking_code"] is None else "booking_phone"
        if draft["booking_purpose"] == "change" and draft["booking_new_time"] is None:
            return "booking_new_time"
        if draft["booking_purpose"] == "check" or draft["booking_confirmed"] is not None:
            return None
        return "booking_confirmed"

    def read_move(self, turn: Turn, draft: Draft) -> None:
        """Another time, store or adviser that is asked for along with something else."""
        if turn.values_of({"time", "store"}):
            draft["booking_purpose"] = "change"
        self._read_change(turn, draft)
        self._look_up(turn, draft)

    def _read_answer(self, turn: Turn, draft: Draft) -> bool:
        """Yes or no to the question whether to change or cancel; a question instead is answered and decides nothing."""
        keeps = bool(_KEEP_IT.search(turn.text))
        cancels = draft["booking_purpose"] == "cancel"
        moves = cancels and keeps and turn.values_of({"time", "store"})
        if moves or _adviser_said(turn, draft):
            return False
        facts = turn.values_of(self.entities)
        insists = cancels and turn.intent == "cancel_booking" and not turn.is_payload
        answers = turn.intent in ("affirm", "deny") or insists
        if not facts and (answers or keeps or adviser_wished_for(turn)) and asks_instead(turn):
            return self._answer_question(turn, draft)
        if not keeps and (facts or not answers):
            return False
        draft["booking_confirmed"] = turn.intent != "deny" and not keeps
        return True

    def _answer_question(self, turn: Turn, draft: Draft) -> bool:
        visit = visit_of(turn, draft)
        if visit is None:
            return False
        is_of_visit = _OF_THE_VISIT.search(turn.text) or adviser_wished_for(turn)
        if is_of_visit or not answer_aside(turn):
            say_of_visit(turn, visit)
        return True

    def _read_identity(self, turn: Turn, draft: Draft) -> bool:
        code, phone = turn.last("booking_code"), turn.last("phone")
        wrong = None if code else _no_such_code(turn)
        if code:
            draft["booking_code"] = code
        elif wrong:
            turn.say("utter_no_such_code", code=wrong)
            draft["booking_phone"] = phone or draft["booking_phone"]
            return True
        elif turn.requested == "booking_code" and re.fullmatch(r"[A-Za-z0-9 -]{4,10}", turn.text.strip()):
            turn.say("utter_code_not_readable")
            return True
        own = [visit for visit in own_visits(turn) if visit.code == code] if code and not phone else []
        if phone:
            draft["booking_phone"] = phone
        elif own:  # booked here: the code is enough
            draft["booking_phone"] = own[0].phone
        elif name_phone_problem(turn):
            return True
        return bool(code or phone)

    def _read_change(self, turn: Turn, draft: Draft) -> bool:
        adviser, keeps = _adviser_said(turn, draft), _KEEP_IT.search(turn.text)
        moves = turn.values_of({"time", "store"}) and (turn.intent in CHANGES or keeps)
        if draft["booking_purpose"] == "cancel" and (moves or adviser):
            draft["booking_purpose"] = "change"
        if draft["booking_purpose"] not in ("change", None) and turn.intent != "change_booking":
            return False
        visit = visit_of(turn, draft)
        agreed = parse_time(draft["booking_new_time"]) or (visit.start if visit else None)
        shift = shift_of(turn.text)
        earlier = draft["booking_wish"]
        wish = read_wish(turn, agreed, earlier)
        if shift and agreed and not wish:
            wish = {"kind": "point", "start": (agreed + shift).isoformat(), "end": None}
        wish = _with_adviser(wish, earlier, adviser, visit)
        store = turn.last("store")
        if store:
            draft["booking_new_store"] = store
        if wish:
            draft.update(
                booking_wish=wish, booking_new_time=None, booking_refusal=None, booking_confirmed=None
            )
        elif turn.requested == "booking_new_time" and WHATEVER.search(turn.text):
            kept = (earlier or {}).get("adviser")
            draft.update(booking_wish={**OPEN, "adviser": kept} if kept else None, booking_refusal=None)
            return True
        return bool(wish or store)

    def _look_up(self, turn: Turn, draft: Draft) -> None:
        """Check code and phone against the database; what does not match is asked again."""
        visit = visit_of(turn, draft)
        if visit is None:
            if draft["booking_code"] and draft["booking_phone"]:
                draft["booking_failures"] = (draft["booking_failures"] or 0) + 1
                draft["booking_code"] = draft["booking_phone"] = None
                turn.say("utter_booking_not_found")
            return
        if visit.conversation_id != turn.conversation_id:  # a code that was told here proves nothing
            link_verified(turn.database, turn.conversation_id, visit.phone, turn.now)
        wish = draft["booking_wish"]
        if (
            draft["booking_purpose"] == "change"
            and wish
            and wish["kind"] == "point"
            and changeable(turn, visit)
        ):
            self._check_new_time(turn, draft, visit)

    def _check_new_time(self, turn: Turn, draft: Draft, visit: BookedVisit) -> None:
        start = parse_time(draft["booking_wish"]["start"])
        assert start is not None
        try:
            check_slot(
                turn.database,
                turn.dealership,
                turn.now,
                request_of(visit, draft),
                start,
                appointment_id=visit.id,
                current=visit.slot,
            )
        except BookingRefused as refused:
            lost = {"booking_new_time": None, "booking_confirmed": None}
            draft.update(booking_refusal=refusal_of(refused, start), **lost)
            return
        draft.update(booking_new_time=start.isoformat(), booking_refusal=None)


def _adviser_said(turn: Turn, draft: Draft) -> str | None:
    """The id of the adviser who is to receive the customer; to cancel what was agreed with one is no such wish."""
    if draft["booking_purpose"] == "cancel" and not OTHER.search(turn.text):
        return None
    visit, adviser = visit_of(turn, draft), _adviser_named(turn)
    drives = visit is None or visit.kind is VisitKind.TEST_DRIVE
    return adviser.id if adviser and drives else None


def _adviser_named(turn: Turn) -> Resource | None:
    return adviser_wished_for(turn, by_name=turn.requested in _CHANGING and turn.intent != "faq")


def _with_adviser(
    wish: Wish | None, earlier: Wish | None, adviser: str | None, visit: BookedVisit | None
) -> Wish | None:
    """A wish with the adviser of this message, or of an earlier one. Who names nobody but an adviser keeps the time."""
    if adviser is None:
        kept = (earlier or {}).get("adviser")
        return {**wish, "adviser": kept} if wish and kept else wish
    if wish is None and earlier is None and visit is not None:
        receives_anyway = adviser == visit.adviser and visit.adviser_name
        if not visit.needs_new_time and not receives_anyway:
            wish = {"kind": "point", "start": visit.start.isoformat(), "end": None}
    return {**(wish or earlier or OPEN), "adviser": adviser}


def _no_such_code(turn: Turn) -> str | None:
    """What looks like a booking code and cannot be one (AAA111): codes have no 0, 1, I, L and O."""
    found = None if turn.is_payload or turn.values("booking_code") else _LIKE_A_CODE.search(turn.text)
    return found[0].upper() if found else None


def purpose_of(turn: Turn) -> str:
    """check, change or cancel; a correction right after booking means to change it."""
    return {"check_booking": "check", "faq": "check", "cancel_booking": "cancel"}.get(turn.intent, "change")


def visit_of(turn: Turn, draft: Draft) -> BookedVisit | None:
    """The visit that code and phone name together."""
    if not draft["booking_code"] or not draft["booking_phone"]:
        return None
    try:
        return find_visit(turn.database, turn.dealership, draft["booking_code"], draft["booking_phone"])
    except NotFound:
        return None


def leave_change(turn: Turn) -> Events | None:
    """Leave checking, changing or cancelling: the visit stays as it is, unless another time is said (算了还是4点吧)."""
    draft = FORM.draft(turn)
    visit = visit_of(turn, draft)
    if visit is None or visit.status is not VisitStatus.CONFIRMED:
        return None
    if draft["booking_purpose"] == "change" and turn.values("time"):
        FORM.read(turn, draft)
        wished = (draft["booking_wish"] or {}).get("start")
        if parse_time(wished) != visit.start:
            return [*set_slots(draft), FollowupAction(FORM.name)]
    say_left_alone(turn, visit)
    return [*left(FORM), SlotSet("known_booking", [visit.code, visit.phone])]


def changeable(turn: Turn, visit: BookedVisit) -> bool:
    """Whether the customer may still change or cancel alone."""
    if visit.status is not VisitStatus.CONFIRMED:
        return False
    return visit.needs_new_time or may_change(turn.dealership.rules, turn.now, visit.start)


def request_of(visit: BookedVisit, draft: Draft) -> VisitRequest:
    store, adviser = draft["booking_new_store"] or visit.store, adviser_wished(visit, draft)
    return VisitRequest(visit.kind, store, visit.model, visit.items, adviser)


def adviser_wished(visit: BookedVisit, draft: Draft) -> str | None:
    """The id of the adviser who is wished for with the new time, or instead of it; for a test drive alone."""
    return (draft["booking_wish"] or {}).get("adviser") if visit.kind is VisitKind.TEST_DRIVE else None


FORM = ExistingBookingForm()


class ValidateExistingBooking(ValidateForm):
    form = FORM

    def perform(self, turn: Turn) -> Events:
        """As every form; a visit that can no longer be changed ends the form at once."""
        events = super().perform(turn)
        after = {event["name"]: event["value"] for event in events if event["event"] == "slot"}
        draft = {**FORM.draft(turn), **{name: value for name, value in after.items() if name in FORM.slots}}
        visit = visit_of(turn, draft)
        if visit is not None and draft["booking_purpose"] != "check" and not changeable(turn, visit):
            return [*events, SlotSet("requested_slot", None)]
        return events


class AskCode(DealerAction):
    action_name = "action_ask_existing_booking_form_booking_code"
    keeps_misunderstandings = True

    def perform(self, turn: Turn) -> Events:
        turn.say("utter_ask_code_and_phone" if turn.slot("booking_phone") is None else "utter_ask_code")
        return []


class AskBookingPhone(Ask):
    action_name = "action_ask_existing_booking_form_booking_phone"
    asks_with = "utter_ask_booking_phone"


class AskNewTime(DealerAction):
    action_name = "action_ask_existing_booking_form_booking_new_time"
    keeps_misunderstandings = True

    def perform(self, turn: Turn) -> Events:
        draft = FORM.draft(turn)
        visit = visit_of(turn, draft)
        if visit is None:
            turn.say("utter_ask_code_and_phone")
            return []
        if _wants_lost_time(draft, visit):
            say_needs_new_time(turn, visit)
            return []
        if draft["booking_wish"] is None:
            opening = "utter_booking_other_time" if visit.needs_new_time else "utter_booking_to_change"
            turn.say(opening, **details(turn, visit))
        ask_for_time(turn, request_of(visit, draft), draft["booking_wish"], draft["booking_refusal"])
        return []


def _wants_lost_time(draft: Draft, visit: BookedVisit) -> bool:
    """Whether the time that the customer insists on is the one that fell away."""
    refusal = draft["booking_refusal"]
    same_store = draft["booking_new_store"] in (None, visit.store)
    insists = refusal is not None and same_store and parse_time(refusal["wished"]) == visit.start
    return visit.needs_new_time and insists


class AskBookingConfirmation(DealerAction):
    action_name = "action_ask_existing_booking_form_booking_confirmed"
    keeps_misunderstandings = True

    def perform(self, turn: Turn) -> Events:
        draft = FORM.draft(turn)
        visit = visit_of(turn, draft)
        if visit is None:
            turn.say("utter_ask_code_and_phone")
        elif draft["booking_purpose"] == "cancel":
            turn.say("utter_confirm_cancel", **details(turn, visit))
        else:
            start = parse_time(draft["booking_new_time"])
            assert start is not None
            place = turn.dealership.store(draft["booking_new_store"] or visit.store).name
            adviser = adviser_name(turn, adviser_wished(visit, draft))
            place += f"，由{adviser}接待" if adviser else ""
            turn.say(
                "utter_confirm_change", **details(turn, visit), new_time=say_time(start), new_store=place
            )
        return []
