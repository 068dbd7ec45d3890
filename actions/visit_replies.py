"""Answers to what came by itself: a reminder, an offer from the waitlist, new times after a disruption."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from rasa_sdk.events import FollowupAction, SlotSet

from actions import outreach_replies
from actions.base import DealerAction, Events, Turn, button, set_slots
from actions.booking_words import details, is_over, say_moved, say_needs_new_time, say_status
from actions.faq import misunderstood
from actions.new_times import new_time_buttons
from actions.notice_answers import answer_to
from actions.own_visits import own_visits
from actions.service_visit import BookServiceVisit
from actions.slot_offers import parse
from actions.test_drive import BookTestDrive
from actions.visits import BookVisit
from actions.waitlist_talk import leave_line, leave_without_licence, tell_status, what_of
from bot.domain.booking import Slot, VisitKind, VisitRequest, VisitStatus, may_change
from bot.domain.errors import BookingRefused, Conflict, NotFound, OfferOver, TooLateToChange
from bot.domain.waitlist import OPEN, Place, WaitState
from bot.services import waitlist
from bot.services.booking import move_visit
from bot.services.offers import latest_buttons
from bot.services.reminders import promise
from bot.services.visits import BookedVisit, visits_of_conversation
from bot.services.waitlist import WaitEntry
from bot.services.wording import say_phone, say_time

PREFIX = "/visit_reply"
CONFIRMATIONS: dict[VisitKind, BookVisit] = {
    VisitKind.TEST_DRIVE: BookTestDrive(),
    VisitKind.SERVICE: BookServiceVisit(),
}
"""What is accepted is confirmed in the words of every booking."""
_ASKS_HOW_FAR = re.compile(
    r"候补.{0,8}(?:轮到|排到|有消息|着落|第几|进度|了没|没有|吗|呢|怎么样)|(?:查|看).{0,4}候补|^我的候补\W*$"
)
_LEAVES = re.compile(
    r"(?:取消|退出|退掉|撤|不要|不用|别|不想|不|去掉).{0,8}(?:候补|等位|排队|空位)|候补.{0,10}(?:取消|撤|退|去掉|不要了|不排|不等)|不想?排了|不等了"
)
_DECLINES = re.compile(r"不要|不合适|不行|不去|去不了|来不了|不方便|继续等|接着[等排]|让给|等下一个|再等")
_THE_OFFER = re.compile(r"候补到|轮到的|空出来|腾出来|给我的|那个(?:空位|位置|时间)|这个")
_ACCEPTS = re.compile(r"要了|我要|接受|约了|订下|定下|定上|留着|给我留|就这个")


class VisitReply(DealerAction):
    action_name = "action_visit_reply"

    def perform(self, turn: Turn) -> Events:
        pressed = {name: turn.last(name) for name in ("do", "code", "entry", "time", "store")}
        if turn.is_payload and pressed["do"]:
            return _act(turn, pressed)
        answer = answer_to(turn)
        if answer:
            return [*_act(turn, answer), FollowupAction("action_listen")]
        return _act(turn, _meant(turn))


def answer_notice(turn: Turn, yes: bool) -> Events | None:
    """A yes or no just after a reminder or an offer came presses its button; None where none came.

    A no means an offer that still stands, too, where nothing else was asked since.
    """
    ended = None if yes else leave_without_licence(turn)
    if ended is not None:
        return ended
    leaves = not yes and not turn.active_form and _LEAVES.search(turn.text)
    if leaves and waitlist.entries_of_conversation(turn.database, turn.conversation_id):
        return leave_line(turn)
    buttons = [_values(found["payload"]) for found in latest_buttons(turn.database, turn.conversation_id)]
    wanted = ("confirm", "accept") if yes else ("decline",)
    pressed = next((values for values in buttons if values.get("do") in wanted), None)
    if pressed is not None:
        return _act(turn, pressed)
    offered = None if yes or _was_asked_else(turn) else _offered(turn)
    return _decline(turn, offered, None) if offered else None


def _was_asked_else(turn: Turn) -> bool:
    """Whether a no may mean another question than that of the offer."""
    asked = turn.active_form or turn.offered_topics or turn.slot("pending_offer")
    return bool(asked) and not _THE_OFFER.search(turn.text)


def _offered(turn: Turn) -> str | None:
    """The entry of the conversation to which a slot is offered now."""
    waiting = waitlist.entries_of_conversation(turn.database, turn.conversation_id)
    return next((entry.id for entry in waiting if entry.state is WaitState.OFFERED), None)


def _values(payload: str) -> dict[str, Any]:
    if not payload.startswith(f"{PREFIX}{{"):
        return {}
    return dict(json.loads(payload.removeprefix(PREFIX)))


def _meant(turn: Turn) -> dict[str, Any]:
    """What a typed answer wants, and of which entry."""
    offered, text = _offered(turn), turn.text
    if _ASKS_HOW_FAR.search(text) and not _DECLINES.search(text):
        return {"do": "status"}
    if offered and ((_DECLINES.search(text) and _THE_OFFER.search(text)) or "继续等" in text):
        return {"do": "decline", "entry": offered}
    if _LEAVES.search(text):
        return {"do": "leave"}
    if _DECLINES.search(text):
        return {"do": "decline", "entry": offered} if offered else {"do": "leave"}
    if "候补" in text or _ACCEPTS.search(text) or (offered and not own_visits(turn)):
        return {"do": "accept", "entry": offered or _latest_offer(turn)}
    return {"do": "confirm"}


def _latest_offer(turn: Turn) -> str | None:
    """The entry of the conversation that was changed last, whose offer may be over."""
    entries = waitlist.list_entries(turn.database, conversation_id=turn.conversation_id, states=None)
    return max(entries, key=lambda entry: entry.updated_at).id if entries else None


def _act(turn: Turn, wanted: Mapping[str, Any]) -> Events:
    do, entry_id = wanted["do"], wanted.get("entry")
    if do.startswith("contact_"):
        return outreach_replies.press(turn, do, str(entry_id))
    if do in ("accept", "decline") and not entry_id:
        return misunderstood(turn)
    place = (str(wanted["store"]), parse(str(wanted["time"]))) if wanted.get("time") else None
    if do == "accept":
        return _accept(turn, str(entry_id), place)
    if do == "decline":
        return _decline(turn, str(entry_id), place)
    if do == "leave":
        return leave_line(turn, entry_id)
    if do == "status":
        tell_status(turn)
        return []
    if do == "not_coming":
        return _not_coming(turn, wanted["code"])
    if do == "move":
        return _move(turn, wanted)
    return _confirm(turn, wanted.get("code"))


def _confirm(turn: Turn, code: str | None) -> Events:
    """The customer will come: the visit that the reminder was about, else the next one."""
    visit = _own_visit(turn, code) if code else next(iter(own_visits(turn)), None)
    if visit is None:
        turn.say("utter_nothing_booked_yet")
        return []
    if visit.needs_new_time and visit.status is VisitStatus.CONFIRMED:
        say_needs_new_time(turn, visit)
        return [SlotSet("known_booking", [visit.code, visit.phone])]
    try:
        promise(turn.database, turn.dealership, turn.conversation_id, visit.code, turn.now)
    except Conflict:
        cancelled = visit.status is VisitStatus.CANCELLED
        turn.say(
            "utter_booking_is_cancelled" if cancelled else "utter_booking_is_over", **details(turn, visit)
        )
        return []
    turn.say("utter_visit_promised", **details(turn, visit))
    return [SlotSet("known_booking", [visit.code, visit.phone])]


def _not_coming(turn: Turn, code: str) -> Events:
    """ "那天有点事" to a reminder: another time or none, as the customer likes; too late for that, a person."""
    visit = _own_visit(turn, code)
    if visit is None:
        turn.say("utter_nothing_booked_yet")
        return []
    known = SlotSet("known_booking", [visit.code, visit.phone])
    if visit.needs_new_time or visit.status is not VisitStatus.CONFIRMED or is_over(turn, visit):
        say_status(turn, visit)
        return [known]
    if not may_change(turn.dealership.rules, turn.now, visit.start):
        turn.say("utter_too_late_to_change", **details(turn, visit))
        return [known, SlotSet("pending_offer", "human")]
    buttons = [
        button("改时间", "change_booking", booking_code=visit.code),
        button("取消预约", "cancel_booking", booking_code=visit.code),
        button("还是会来", "visit_reply", do="confirm", code=visit.code),
    ]
    turn.say("utter_visit_not_coming", buttons=buttons, **details(turn, visit))
    return [known]


def _move(turn: Turn, wanted: Mapping[str, Any]) -> Events:
    """Take one of the new times that were offered for a visit whose time fell away."""
    visit, start = _own_visit(turn, wanted.get("code")), parse(str(wanted["time"]))
    if visit is None:
        turn.say("utter_nothing_booked_yet")
        return []
    known = SlotSet("known_booking", [visit.code, visit.phone])
    try:
        moved = move_visit(
            turn.database, turn.dealership, turn.now, visit.code, visit.phone, start, wanted.get("store")
        )
        say_moved(turn, visit, moved)
    except BookingRefused as refused:
        slots: tuple[Any, ...] = refused.alternatives
        buttons = new_time_buttons(turn, visit, slots)
        turn.say("utter_visit_time_taken", buttons=buttons, time=say_time(start))
    except TooLateToChange:
        turn.say("utter_too_late_to_change", **details(turn, visit))
        return [known, SlotSet("pending_offer", "human")]
    except Conflict:
        turn.say("utter_booking_is_over", **details(turn, visit))
    return [known]


def _own_visit(turn: Turn, code: Any) -> BookedVisit | None:
    visits = visits_of_conversation(turn.database, turn.dealership, turn.conversation_id)
    return next((visit for visit in visits if visit.code == code), None)


def _accept(turn: Turn, entry_id: str, offered: Place | None) -> Events:
    """Book the offer of the button, or what is held now for who says it in words."""
    database, dealership, conversation = turn.database, turn.dealership, turn.conversation_id
    try:
        visit = waitlist.accept(database, dealership, turn.now, entry_id, conversation, offered=offered)
    except NotFound:
        turn.say("utter_waitlist_nothing")
        return []
    except OfferOver as over:
        return _tell_over(turn, _entry(turn, entry_id), offered, over.alternatives)
    is_named = visit.name != waitlist.UNNAMED
    CONFIRMATIONS[visit.kind].tell(turn, visit if is_named else replace(visit, name="您"), {})
    if visit.needs_approval:
        turn.say("utter_booked_needs_approval", phone=say_phone(visit.phone))
    known = {"known_phone": visit.phone, "known_booking": [visit.code, visit.phone]}
    return set_slots(known | ({"known_name": visit.name} if is_named else {}))


def _tell_over(turn: Turn, entry: WaitEntry, offered: Place | None, free: tuple[Any, ...]) -> Events:
    """The offer is over; what stands instead: another offer, the visit that came of it, or what is free."""
    if _has_other_offer(turn, entry, offered):
        return _tell_offer(turn, entry)
    visits = visits_of_conversation(turn.database, turn.dealership, turn.conversation_id)
    visit = next((v for v in visits if v.id == entry.appointment_id), None)
    if visit is not None and visit.status is VisitStatus.CONFIRMED:
        turn.say("utter_waitlist_offer_booked", **details(turn, visit))
        return [SlotSet("known_booking", [visit.code, visit.phone])]
    buttons = [_book_button(turn, entry.request, slot) for slot in free]
    still = entry.state in OPEN
    turn.say("utter_waitlist_offer_over" if still else "utter_waitlist_offer_gone", buttons=buttons)
    return []


def _has_other_offer(turn: Turn, entry: WaitEntry, offered: Place | None) -> bool:
    if entry.state is not WaitState.OFFERED or entry.reply_by is None or entry.reply_by <= turn.now:
        return False
    return offered not in (None, entry.offered)


def _tell_offer(turn: Turn, entry: WaitEntry) -> Events:
    """An old button was pressed: what is held now, with buttons of its own."""
    assert entry.offered
    assert entry.reply_by
    store, start = entry.offered
    facts = {"entry": entry.id, "time": start.isoformat(), "store": store}
    buttons = [
        button("要这个时间", "visit_reply", do="accept", **facts),
        button("不要了，继续等", "visit_reply", do="decline", **facts),
        button("退出候补", "visit_reply", do="leave", entry=entry.id),
    ]
    turn.say(
        "utter_waitlist_offer_other",
        buttons=buttons,
        time=say_time(start),
        store=turn.dealership.store(store).name,
        what=what_of(turn, entry),
        deadline=say_time(entry.reply_by),
    )
    return []


def _entry(turn: Turn, entry_id: str) -> WaitEntry:
    entries = waitlist.list_entries(turn.database, conversation_id=turn.conversation_id, states=None)
    return next(entry for entry in entries if entry.id == entry_id)


def _decline(turn: Turn, entry_id: str, offered: Place | None) -> Events:
    database, dealership, conversation = turn.database, turn.dealership, turn.conversation_id
    try:
        entry = waitlist.decline(database, dealership, turn.now, entry_id, conversation, offered)
    except NotFound:
        turn.say("utter_waitlist_nothing")
        return []
    if _has_other_offer(turn, entry, offered):
        return _tell_offer(turn, entry)
    if entry.state in OPEN:
        turn.say("utter_waitlist_declined", what=what_of(turn, entry))
    else:
        turn.say("utter_waitlist_nothing")
    return []


def _book_button(turn: Turn, request: VisitRequest, slot: Slot) -> dict[str, str]:
    """Begins the booking of a free slot, with everything that is known of it."""
    facts: dict[str, Any] = {"time": slot.start.isoformat(), "store": slot.store}
    if request.model:
        facts["model"] = getattr(slot, "model", None) or request.model
    title = _time_and_store(turn, slot.start, slot.store, request.store)
    if facts.get("model") != request.model:
        title += f" 换 {turn.dealership.model(facts['model']).name}"
    if request.kind is VisitKind.TEST_DRIVE:
        return button(title, "book_test_drive", **facts)
    return button(title, "book_service", job=list(request.jobs), **facts)


def _time_and_store(turn: Turn, start: datetime, store: str, usual: str | None) -> str:
    name = "" if store == usual else f" {turn.dealership.store(store).name}"
    return f"{say_time(start)}{name}"
