"""What is told of events and sign-ups, and how they are changed and given up."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from rasa_sdk.events import SlotSet

from actions.base import Events, Turn, button
from actions.event_answers import own
from actions.event_words import event_meant, people_said
from actions.own_records import own_record
from bot.domain.errors import WrongState
from bot.domain.events import DealerEvent, SignupStatus
from bot.services import events
from bot.services.event_audience import events_for
from bot.services.events import SignupView
from bot.services.offers import latest_buttons
from bot.services.wording import say_phone, say_time

_SIGN_UP = "/sign_up_event{"
LISTED = frozenset({"utter_events", "utter_ask_event"})


def open_ones(turn: Turn) -> list[DealerEvent]:
    """The events to which this customer may sign up, those for their car where it is known."""
    known = events.open_events(turn.content, turn.now)
    return events_for(turn.content, known, own_record(turn), turn.now.date()) if known else []


def meant(turn: Turn, among: Iterable[DealerEvent]) -> DealerEvent | None:
    """The event of a button, or that the words fit."""
    known = {event.id: event for event in among}
    if turn.is_payload:
        return known.get(str(turn.last("event")))
    listed = bool(turn.said_before & LISTED)
    return event_meant(turn.text, _days(turn), turn.values("store"), tuple(known.values()), listed)


def _days(turn: Turn) -> list[date]:
    starts = (value if isinstance(value, str) else value.get("start") for value in turn.values("time"))
    return [date.fromisoformat(start[:10]) for start in starts if start]


def told_alone(turn: Turn) -> str | None:
    """The id of the event that the bot's last choices were about, where it was one alone."""
    choices = [each["payload"] for each in latest_buttons(turn.database, turn.conversation_id)]
    ids = [each.removeprefix(_SIGN_UP) for each in choices if each.startswith(_SIGN_UP)]
    known = [event.id for event in open_ones(turn) if ids and event.id in ids[0]]
    return known[0] if len(ids) == 1 and len(known) == 1 else None


def lines_of(turn: Turn, shown: Iterable[DealerEvent]) -> str:
    """ "· 车主家庭日：周六 12月19日 10:00，城东店，还有 30 个名额。" with what happens there"""
    found = list(shown)
    counts = events.attendances(turn.database, {event.id: event for event in found})
    return "\n".join(
        f"· {event.name}：{say_time(event.start)}，{turn.dealership.store(event.store).name}，"
        f"{_places(counts[event.id].left)}。{event.description}"
        for event in found
    )


def _places(left: int) -> str:
    return f"还有 {left} 个名额" if left else "名额已满，可以候补"


def sign_up_buttons(shown: Iterable[DealerEvent]) -> list[dict[str, str]]:
    return [button(event.name, "sign_up_event", event=event.id) for event in shown]


def values_of(turn: Turn, event: DealerEvent) -> dict[str, Any]:
    """What the templates may say of an event."""
    store = turn.dealership.store(event.store)
    return {
        "event": event.name,
        "time": say_time(event.start),
        "store": store.name,
        "address": store.address,
    }


def tell(turn: Turn, row: SignupView) -> None:
    """What a sign-up is now: places or a wait, and how to change it."""
    template = "utter_event_signed_up" if row.status is SignupStatus.SIGNED_UP else "utter_event_waiting"
    event = turn.content.events[row.event]
    turn.say(template, people=row.people, phone=say_phone(row.phone), **values_of(turn, event))


def tell_own(turn: Turn) -> bool:
    """The sign-ups of this customer; False where there is none."""
    rows = own(turn)
    if not rows:
        return False
    cancels = [
        button(f"取消 {turn.content.events[row.event].name}", "cancel_event", entry=row.id) for row in rows
    ]
    turn.say("utter_event_own", buttons=cancels, events="\n".join(_own_line(turn, row) for row in rows))
    return True


def _own_line(turn: Turn, row: SignupView) -> str:
    event = turn.content.events[row.event]
    store = turn.dealership.store(event.store).name
    state = "候补中" if row.status is SignupStatus.WAITING else "已报名"
    return f"· {event.name}：{say_time(event.start)}，{store}，{row.people} 位，{state}"


def change_people(turn: Turn, rows: list[SignupView], which: DealerEvent | None) -> Events | None:
    """Another number of people for what one has signed up to; None where the words mean no such thing."""
    row = next((each for each in rows if which is not None and each.event == which.id), None)
    row = rows[0] if row is None and which is None and len(rows) == 1 else row
    if row is None:
        return None
    people = people_said(turn.text, now=row.people)
    if people is None or people < 1:
        return None
    event = turn.content.events[row.event]
    if people > event.people_at_most:
        turn.say("utter_event_too_many", most=event.people_at_most)
        return []
    try:
        changed = events.change_people(turn.database, event, row.id, people, turn.now)
    except WrongState:
        if event.is_open(turn.now):
            turn.say("utter_event_not_enough", people=row.people, **values_of(turn, event))
        else:
            turn.say("utter_event_closed")
        return []
    turn.say("utter_event_changed", people=changed.people, **values_of(turn, event))
    return []


def give_up(turn: Turn, row: SignupView) -> Events:
    """Cancel, and say so."""
    event = turn.content.events[row.event]
    try:
        events.cancel(turn.database, event, row.id, turn.now)
    except WrongState:
        turn.say("utter_event_closed")
        return []
    turn.say("utter_event_cancelled", **values_of(turn, event))
    return [SlotSet("pending_offer", None)]
