"""Waiting for a time that is taken: from a booking that found nothing free, with a phone number to be told at."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

from rasa_sdk.events import ActiveLoop, FollowupAction, SlotSet

from actions import service_visit, test_drive
from actions.base import Ask, DealerAction, Events, Turn, set_slots
from actions.facts import read_contact
from actions.forms import Draft, Form, ValidateForm, left
from actions.held_slots import keep, let_go
from actions.own_visits import kind_named
from actions.slot_offers import parse
from actions.time_wishes import parse_time, read_wish
from actions.visits import VisitForm
from actions.waitlist_talk import STARTS, leave_line, store_of, tell_status, what_of
from bot.domain.booking import Slot, VisitKind, VisitRequest, bookable_window
from bot.domain.errors import BookingRefused, Conflict, InvalidInput
from bot.domain.waitlist import MOST_WAITING, Preference, around, every_week, within
from bot.services import waitlist
from bot.services.visits import Contact, visits_of_conversation
from bot.services.waitlist import WaitEntry
from bot.services.wording import say_preference, say_time

DAY = timedelta(days=1)
_EVERY_WEEK = re.compile(r"每|工作日|平时|(?<![这本下上个])(?:周末|週末)")
_ANY_DAY = re.compile(r"哪天|任何|都行|都可以|都成|随便|都有空")
_LEAVES = re.compile(
    r"(?<!人)(?:取消|退出|退掉|撤掉?|不要|不用|别再?)(?:这个|那个|我的|掉|排|等)?(?:候补|等位|排队)"
)
_ONE_WEEK = re.compile(r"[这本下上]个?(?:周|週|星期|礼拜|禮拜)|\d\s*[月号號日/.-]|今天|明天|后天")
BOOKINGS: dict[str | None, VisitForm] = {form.name: form for form in (test_drive.FORM, service_visit.FORM)}


class JoinWaitlist(DealerAction):
    """Waits for what the running booking could not have; what is free after all is booked instead."""

    action_name = "action_join_waitlist"

    def perform(self, turn: Turn) -> Events:
        if _LEAVES.search(turn.text) and waitlist.entries_of_conversation(
            turn.database, turn.conversation_id
        ):
            return leave_line(turn)
        form = BOOKINGS.get(turn.active_form)
        if form is not None:
            return _join_from(turn, form)
        if turn.active_form == "existing_booking_form":
            turn.say("utter_waitlist_for_change")
            return []
        kind = kind_named(turn) or (VisitKind.SERVICE if turn.values("job") else None)
        if kind is not None:
            return [FollowupAction(STARTS[kind])]
        if waitlist.entries_of_conversation(turn.database, turn.conversation_id):  # "好，我等着"
            tell_status(turn)
        else:
            turn.say("utter_waitlist_what_for")
        return []


def _join_from(turn: Turn, form: VisitForm) -> Events:
    p, draft = form.prefix, form.draft(turn)
    before = dict(draft)
    said = read_wish(turn, parse_time(draft[f"{p}_time"]), draft[f"{p}_wish"])
    if said is not None:
        draft.update({f"{p}_wish": said, f"{p}_time": None, f"{p}_refusal": None})
    request = form.request(draft)
    if _is_held(turn, form.request(before), parse_time(before[f"{p}_time"]), said):
        store = turn.dealership.store(before[f"{p}_store"]).name
        turn.say("utter_waitlist_held", time=say_time(parse(before[f"{p}_time"])), store=store)
        return []
    if request is None:
        turn.say("utter_waitlist_details_first")
        return set_slots(draft, before)
    preference = _preference(turn, request, draft[f"{p}_wish"], draft[f"{p}_refusal"])
    if not waitlist.is_possible(turn.dealership, turn.now, request, preference):
        turn.say("utter_waitlist_impossible")
        draft.update({f"{p}_wish": None, f"{p}_refusal": None})
        return set_slots(draft, before)
    free = waitlist.free_now(turn.database, turn.dealership, turn.now, request, preference)
    if _can_be_had(preference, free, asked_now=said is not None or not before[f"{p}_wish"]):
        turn.say("utter_waitlist_free_now")
        if preference.weekdays:
            draft[f"{p}_wish"] = _first_day(preference, free[0])
        form.settle_time(turn, draft, draft)
        return set_slots(draft, before)
    pending = _pending(request, preference, free, draft, p)
    name, phone = turn.last("name") or draft[f"{p}_name"], turn.last("phone") or draft[f"{p}_phone"]
    if phone is None and turn.slot("known_phone"):
        name, phone = name or turn.slot("known_name"), turn.slot("known_phone")
    let_go(turn)
    known = {"waitlist_wish": pending, "waitlist_name": name, "waitlist_phone": phone}
    asking = {**known, "drive_licence": draft.get("drive_licence") or _told_licence(turn, phone)}
    if phone is None or FORM.next_question(asking):
        return [*left(form), *set_slots(asking), ActiveLoop(None), FollowupAction(FORM.name)]
    return [*left(form), *_join(turn, pending, name, phone), FollowupAction("action_listen")]


def _is_held(
    turn: Turn, request: VisitRequest | None, start: datetime | None, said: dict[str, Any] | None
) -> bool:
    """Whether what is to be waited for is the slot that this conversation holds."""
    if request is None or start is None or (said and parse_time(said["start"]) != start):
        return False
    return keep(turn, request, start) is None


def _told_licence(turn: Turn, phone: str | None) -> bool | None:
    """True for who has said so for another test drive in this conversation, None where it has to be asked."""
    if phone is None:
        return None
    visits = visits_of_conversation(turn.database, turn.dealership, turn.conversation_id)
    waiting = waitlist.list_entries(turn.database, phone, turn.conversation_id, states=None)
    drives = [visit.phone for visit in visits if visit.kind is VisitKind.TEST_DRIVE]
    drives += [entry.phone for entry in waiting if entry.request.kind is VisitKind.TEST_DRIVE]
    return True if phone in drives else None


def _first_day(preference: Preference, slot: Slot) -> dict[str, Any]:
    """The wished hours of the first day on which something is free, as the wish that the form asks about.

    It carries what was wished in all, for a customer who passes over what is free.
    """
    midnight = slot.start.replace(hour=0, minute=0)
    start, end = (midnight + timedelta(minutes=m) for m in (preference.from_minute, preference.until_minute))
    wish = {"kind": "part", "start": start.isoformat(), "end": end.isoformat()}
    return {**wish, "preference": _as_json(preference)}


def _can_be_had(preference: Preference, free: tuple[Slot, ...], asked_now: bool) -> bool:
    """Whether what is wanted is free, so that nobody has to wait; slots that the customer passed over do not count."""
    if preference.point is not None:
        return any(slot.start == preference.point for slot in free)
    return asked_now and bool(free)


def _pending(
    request: VisitRequest, preference: Preference, free: tuple[Slot, ...], draft: Draft, p: str
) -> dict[str, Any]:
    """The entry to be made, as a slot keeps it until the phone number is known."""
    mileage = draft.get(f"{p}_mileage")
    return {
        "kind": request.kind.value,
        "store": request.store,
        "model": request.model,
        "jobs": list(request.jobs),
        "preference": _as_json(preference),
        "known": [[slot.store, slot.start.isoformat()] for slot in free],
        "plate": draft.get(f"{p}_plate") or None,
        "mileage": mileage if mileage and mileage > 0 else None,
    }


def _join(turn: Turn, pending: dict[str, Any], name: str | None, phone: str) -> Events:
    """Make the entry and say so, or why that cannot be."""
    store, model = pending["store"], pending["model"]
    request = VisitRequest(VisitKind(pending["kind"]), store, model, tuple(pending["jobs"]))
    known = [Slot(at, parse(start), parse(start)) for at, start in pending["known"]]
    try:
        entry = waitlist.join(
            turn.database,
            turn.dealership,
            turn.now,
            request,
            _from_json(pending["preference"]),
            Contact(name or "", phone),
            turn.conversation_id,
            pending["plate"],
            pending["mileage"],
            known,
        )
    except (InvalidInput, BookingRefused):
        turn.say("utter_waitlist_impossible")
        return []
    except Conflict:
        turn.say("utter_waitlist_full", most=MOST_WAITING)
        return []
    _tell(turn, entry)
    return set_slots({"known_name": name, "known_phone": phone}) if name else [SlotSet("known_phone", phone)]


def _tell(turn: Turn, entry: WaitEntry) -> None:
    before = waitlist.people_before(turn.database, turn.dealership, turn.now, entry.id)
    turn.say(
        "utter_waitlist_joined",
        what=what_of(turn, entry),
        store=store_of(turn, entry),
        span=say_preference(entry.preference),
        line=f"前面还有 {before} 位。" if before else "",
    )


def _preference(
    turn: Turn, request: VisitRequest, wish: dict[str, Any] | None, refusal: dict[str, Any] | None
) -> Preference:
    """When the customer wants to come: what was wished last, else any time that can be booked."""
    opens, horizon = bookable_window(turn.dealership.rules, request.kind, turn.now)
    if refusal and not refusal.get("span") and (not wish or wish["kind"] == "point"):
        return around(parse(refusal["wished"]))
    if not wish or not (wish["start"] or wish["end"] or wish.get("hint")):
        return Preference(opens, horizon)
    if wish.get("preference"):
        return _from_json(wish["preference"])
    if wish["kind"] == "point":
        return around(parse(wish["start"]))
    preference = within(_spans(wish, opens))
    return every_week(preference, horizon) if _goes_on(turn, preference) else preference


def _as_json(preference: Preference) -> dict[str, Any]:
    """A preference as a slot keeps it."""
    return {
        "from": preference.from_.isoformat(),
        "until": preference.until.isoformat(),
        "weekdays": list(preference.weekdays),
        "minutes": [preference.from_minute, preference.until_minute],
    }


def _from_json(kept: dict[str, Any]) -> Preference:
    from_, until = parse(kept["from"]), parse(kept["until"])
    return Preference(from_, until, tuple(kept["weekdays"]), *kept["minutes"])


def _spans(wish: dict[str, Any], opens: datetime) -> list[tuple[datetime, datetime]]:
    """The stretches of time that a wish leaves: those it names, or all of it."""
    spans = (wish.get("hint") or {}).get("spans") or ()
    if spans:
        return [(parse(start), _end(parse(start), end)) for start, end in spans]
    start = parse(wish["start"]) if wish["start"] else opens
    return [(start, _end(start, wish["end"]))]


def _end(start: datetime, end: str | None) -> datetime:
    """The end of a stretch; a day that ends at 23:59 ends at midnight, and one without an end does so, too."""
    midnight = start.replace(hour=0, minute=0) + DAY
    if end is None:
        return midnight
    last = parse(end)
    if last <= start:
        return start + timedelta(minutes=31)
    return last + timedelta(minutes=1) if (last.hour, last.minute) == (23, 59) else last


def _goes_on(turn: Turn, preference: Preference) -> bool:
    """Whether the same days of later weeks will do (周末上午哪天都行), from the words in which the time was said."""
    said = _words_of_the_wish(turn)
    if _ONE_WEEK.search(said):
        return False
    several_days = preference.from_.date() != (preference.until - timedelta(minutes=1)).date()
    return bool(_EVERY_WEEK.search(said) or (several_days and _ANY_DAY.search(said)))


def _words_of_the_wish(turn: Turn) -> str:
    """The customer's last message that names a time."""
    for event in reversed(turn.tracker.events):
        text = (event.get("text") or "") if event.get("event") == "user" else ""
        entities = (event.get("parse_data") or {}).get("entities") or ()
        if text and not text.startswith("/") and any(found.get("entity") == "time" for found in entities):
            return str(text)
    return ""


class WaitlistForm(Form):
    """The number at which a customer on the waitlist is told, and the licence that a test drive needs."""

    name = "waitlist_form"
    own_intents = frozenset({"join_waitlist"})
    entities = frozenset({"phone", "phone_invalid", "name"})
    slots = ("waitlist_wish", "waitlist_name", "waitlist_phone", "drive_licence")

    def read(self, turn: Turn, draft: Draft) -> bool:
        licence = test_drive.FORM.licence_told(turn) if _is_drive(draft) else None
        if licence is not None:
            draft["drive_licence"] = licence
        elif turn.intent == "deny":
            draft["waitlist_phone"] = ""
            return True
        return read_contact(turn, draft, "waitlist") or licence is not None

    def takes_anything(self, turn: Turn) -> bool:
        licence = test_drive.FORM.licence_told(turn)
        return bool(turn.values("phone") or turn.values("phone_invalid")) or licence is not None

    def next_question(self, draft: Draft) -> str | None:
        if draft["waitlist_phone"] == "" or draft["drive_licence"] is False:
            return None
        if draft["waitlist_phone"] is None:
            return "waitlist_phone"
        return "drive_licence" if _is_drive(draft) and draft["drive_licence"] is None else None


def _is_drive(draft: Draft) -> bool:
    return bool(draft["waitlist_wish"]) and draft["waitlist_wish"]["kind"] == VisitKind.TEST_DRIVE.value


FORM = WaitlistForm()


class ValidateWaitlist(ValidateForm):
    form = FORM


class AskWaitlistPhone(Ask):
    action_name = "action_ask_waitlist_form_waitlist_phone"
    asks_with = "utter_ask_waitlist_phone"


class AskWaitlistLicence(Ask):
    action_name = "action_ask_waitlist_form_drive_licence"
    asks_with = "utter_ask_licence"


class FinishWaitlist(DealerAction):
    action_name = "action_finish_waitlist"

    def perform(self, turn: Turn) -> Events:
        draft = FORM.draft(turn)
        if draft["drive_licence"] is False:
            turn.say("utter_licence_missing")
            return [*FORM.cleared(), SlotSet("pending_offer", "human")]
        if not draft["waitlist_phone"] or not draft["waitlist_wish"]:
            turn.say("utter_waitlist_without_phone")
            return FORM.cleared()
        joined = _join(turn, draft["waitlist_wish"], draft["waitlist_name"], draft["waitlist_phone"])
        return [*FORM.cleared(), *joined]
