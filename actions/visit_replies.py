"""Answers to what came by itself: a reminder, an offer from the waitlist, new times after a disruption."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from rasa_sdk.events import SlotSet

from actions.base import DealerAction, Events, Turn, button, set_slots
from actions.existing_bookings import details, say_needs_new_time
from actions.faq import misunderstood
from actions.new_times import new_time_buttons
from actions.own_visits import own_visits
from actions.slot_offers import parse
from actions.waitlist import tell_status, what_of
from bot.domain.booking import Slot, VisitKind, VisitRequest, VisitStatus
from bot.domain.errors import BookingRefused, Conflict, NotFound, OfferOver, TooLateToChange
from bot.domain.waitlist import OPEN, WaitState
from bot.services import waitlist
from bot.services.booking import move_visit
from bot.services.messages import latest_buttons
from bot.services.reminders import promise
from bot.services.visits import BookedVisit, visits_of_conversation
from bot.services.waitlist import WaitEntry
from bot.services.wording import say_phone, say_time

PREFIX = "/visit_reply"
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
        return _act(turn, _meant(turn))


def answer_notice(turn: Turn, yes: bool) -> Events | None:
    """A yes or no just after a reminder or an offer came presses its button; None where none came."""
    buttons = [_values(found["payload"]) for found in latest_buttons(turn.database, turn.conversation_id)]
    wanted = ("confirm", "accept") if yes else ("decline",)
    pressed = next((values for values in buttons if values.get("do") in wanted), None)
    return None if pressed is None else _act(turn, pressed)


def _values(payload: str) -> dict[str, Any]:
    if not payload.startswith(f"{PREFIX}{{"):
        return {}
    return dict(json.loads(payload.removeprefix(PREFIX)))


def _meant(turn: Turn) -> dict[str, Any]:
    """What a typed answer wants, and of which entry."""
    waiting = waitlist.entries_of_conversation(turn.database, turn.conversation_id)
    offered = next((entry.id for entry in waiting if entry.state is WaitState.OFFERED), None)
    text = turn.text
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
    if do in ("accept", "decline") and not entry_id:
        return misunderstood(turn)
    if do == "accept":
        return _accept(turn, str(entry_id))
    if do == "decline":
        return _decline(turn, str(entry_id))
    if do == "leave":
        return _leave(turn, entry_id)
    if do == "status":
        tell_status(turn)
        return []
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
        turn.say("utter_booking_moved", **details(turn, moved), calendar=turn.calendar_link(moved))
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


def _accept(turn: Turn, entry_id: str) -> Events:
    try:
        visit = waitlist.accept(turn.database, turn.dealership, turn.now, entry_id, turn.conversation_id)
    except NotFound:
        turn.say("utter_waitlist_nothing")
        return []
    except OfferOver as over:
        return _tell_over(turn, entry_id, over.alternatives)
    phone = say_phone(visit.phone)
    turn.say("utter_waitlist_booked", **details(turn, visit), phone=phone, name=visit.name)
    if visit.needs_approval:
        turn.say("utter_booked_needs_approval", phone=phone)
    return set_slots({"known_phone": visit.phone, "known_booking": [visit.code, visit.phone]})


def _tell_over(turn: Turn, entry_id: str, free: tuple[Any, ...]) -> Events:
    entry = _entry(turn, entry_id)
    buttons = [_book_button(turn, entry.request, slot) for slot in free]
    still = entry.state in OPEN
    turn.say("utter_waitlist_offer_over" if still else "utter_waitlist_offer_gone", buttons=buttons)
    return []


def _entry(turn: Turn, entry_id: str) -> WaitEntry:
    entries = waitlist.list_entries(turn.database, conversation_id=turn.conversation_id, states=None)
    return next(entry for entry in entries if entry.id == entry_id)


def _decline(turn: Turn, entry_id: str) -> Events:
    try:
        entry = waitlist.decline(turn.database, turn.dealership, turn.now, entry_id, turn.conversation_id)
    except NotFound:
        turn.say("utter_waitlist_nothing")
        return []
    if entry.state in OPEN:
        turn.say("utter_waitlist_declined", what=what_of(turn, entry))
    else:
        turn.say("utter_waitlist_nothing")
    return []


def _leave(turn: Turn, entry_id: str | None) -> Events:
    """Wait no more: for the entry of the button, or for anything."""
    waiting = waitlist.entries_of_conversation(turn.database, turn.conversation_id)
    ended = [
        waitlist.leave(turn.database, turn.dealership, turn.now, entry.id)
        for entry in waiting
        if entry_id in (None, entry.id)
    ]
    if ended:
        turn.say("utter_waitlist_left", what="、".join(what_of(turn, entry) for entry in ended))
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
