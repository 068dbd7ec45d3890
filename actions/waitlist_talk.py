"""What is told of the waitlist, and leaving it in words: for good, for another time, or for want of a licence."""

from __future__ import annotations

from typing import Any

from rasa_sdk.events import FollowupAction, SlotSet

from actions import test_drive
from actions.base import Events, Turn, set_slots
from bot.domain.booking import VisitKind
from bot.services import waitlist
from bot.services.waitlist import WaitEntry
from bot.services.wording import say_job_names, say_preference, say_time

STARTS = {VisitKind.TEST_DRIVE: "action_start_test_drive", VisitKind.SERVICE: "action_start_service_visit"}


def what_of(turn: Turn, entry: WaitEntry) -> str:
    """ "试驾 青岚 X5", "青岚 X5 常规保养" """
    request = entry.request
    model = turn.dealership.model(request.model).name if request.model else ""
    if request.kind is VisitKind.TEST_DRIVE:
        return f"试驾 {model}"
    return f"{model} {say_job_names(turn.dealership, request.jobs)}".strip()


def store_of(turn: Turn, entry: WaitEntry) -> str:
    return turn.dealership.store(entry.request.store).name if entry.request.store else "哪家店都行"


def tell_status(turn: Turn) -> None:
    """What the conversation waits for, and how far it is."""
    waiting = waitlist.entries_of_conversation(turn.database, turn.conversation_id)
    if waiting:
        turn.say("utter_waitlist_status", entries="\n".join(_line(turn, entry) for entry in waiting))
    else:
        turn.say("utter_waitlist_nothing")


def _line(turn: Turn, entry: WaitEntry) -> str:
    """ "· 试驾 青岚 X5，城东店，周六 11月28日 14:00 前后，前面还有 2 位" """
    parts = [what_of(turn, entry), store_of(turn, entry), say_preference(entry.preference)]
    before = waitlist.people_before(turn.database, turn.dealership, turn.now, entry.id)
    if entry.offered and entry.reply_by:
        parts.append(f"已为您保留 {say_time(entry.offered[1])}，请在 {entry.reply_by:%H:%M} 前回复")
    elif before:
        parts.append(f"前面还有 {before} 位")
    return f"· {'，'.join(parts)}"


def leave_line(turn: Turn, entry_id: str | None = None) -> Events:
    """Wait no more: for the entry of the button, or for anything; a time named along with it is booked instead."""
    waiting = waitlist.entries_of_conversation(turn.database, turn.conversation_id)
    ended = [
        waitlist.leave(turn.database, turn.dealership, turn.now, entry.id)
        for entry in waiting
        if entry_id in (None, entry.id)
    ]
    if not ended:
        turn.say("utter_waitlist_nothing")
        return []
    turn.say("utter_waitlist_left", what="、".join(what_of(turn, entry) for entry in ended))
    return _book_instead(ended[0]) if len(ended) == 1 and turn.values("time") and not turn.active_form else []


def _book_instead(entry: WaitEntry) -> Events:
    """ "取消候补吧，我周日来也行": begins a booking with everything that is known."""
    request = entry.request
    facts: dict[str, Any] = {
        "store": request.store,
        "model": request.model,
        "name": entry.name,
        "phone": entry.phone,
    }
    if request.kind is VisitKind.TEST_DRIVE:
        facts["licence"] = True
    else:
        facts |= {"jobs": list(request.jobs), "plate": entry.plate, "mileage": entry.mileage}
    seed = {"pending_offer": "which_visit", "offered_visit": facts}
    return [*set_slots(seed), FollowupAction(STARTS[request.kind])]


def leave_without_licence(turn: Turn) -> Events | None:
    """Who has no licence yet waits for no test drive; None for who waits for none or says nothing of the kind."""
    if turn.active_form or not test_drive.lacks_licence(turn.text):
        return None
    waiting = waitlist.entries_of_conversation(turn.database, turn.conversation_id)
    drives = [entry for entry in waiting if entry.request.kind is VisitKind.TEST_DRIVE]
    if not drives:
        return None
    for entry in drives:
        waitlist.leave(turn.database, turn.dealership, turn.now, entry.id)
    turn.say("utter_waitlist_left", what="、".join(what_of(turn, entry) for entry in drives))
    turn.say("utter_licence_missing")
    return [SlotSet("pending_offer", "human")]
