"""How a booked visit is told: what it is, what became of it, and which new times it can have."""

from __future__ import annotations

from typing import Any

from actions.base import Turn
from actions.new_times import new_time_buttons
from bot.domain.booking import VisitKind, VisitStatus
from bot.services.disruptions import new_times
from bot.services.visits import BookedVisit
from bot.services.wording import say_job_names, say_phone, say_time

STATUS_TEMPLATES = {
    VisitStatus.CONFIRMED: "utter_booking_details",
    VisitStatus.CANCELLED: "utter_booking_is_cancelled",
    VisitStatus.CHECKED_IN: "utter_booking_is_going_on",
}


def say_status(turn: Turn, visit: BookedVisit) -> str | None:
    """What became of the visit; a confirmed one whose time has come is over, too, unless it waits for another.

    Gives the dialogue that was offered with it (``actions.small_talk.OFFERED``), if any.
    """
    if visit.status is VisitStatus.CONFIRMED and visit.needs_new_time:
        say_needs_new_time(turn, visit)
    elif visit.status is VisitStatus.CONFIRMED and is_over(turn, visit):
        turn.say("utter_booking_is_over", **details(turn, visit))
    else:
        turn.say(STATUS_TEMPLATES.get(visit.status, "utter_booking_is_over"), **details(turn, visit))
        if visit.status is VisitStatus.CONFIRMED and visit.needs_approval:
            turn.say("utter_booking_waits_for_approval", phone=say_phone(visit.phone))
    if visit.status is not VisitStatus.CANCELLED:
        return None
    return "book_test_drive" if visit.kind is VisitKind.TEST_DRIVE else "book_service"


def say_moved(turn: Turn, before: BookedVisit, moved: BookedVisit) -> None:
    """The new time, and that the adviser who was asked for has no time then."""
    turn.say("utter_booking_moved", **details(turn, moved), calendar=turn.calendar_link(moved))
    wished = next((r.name for r in turn.dealership.resources if r.id == moved.adviser), "")
    if wished and not moved.adviser_name and (before.adviser_name or before.needs_new_time):
        turn.say("utter_adviser_not_free", adviser=wished)


def say_left_alone(turn: Turn, visit: BookedVisit) -> None:
    """The visit stays as it is; one without a time still needs another."""
    if visit.needs_new_time:
        say_needs_new_time(turn, visit)
    else:
        turn.say("utter_booking_left_alone", **details(turn, visit))


def say_needs_new_time(turn: Turn, visit: BookedVisit) -> None:
    """Why the visit needs a new time, and up to three that are free now."""
    slots = new_times(turn.database, turn.dealership, turn.now, visit)
    name = "utter_booking_needs_new_time" if slots else "utter_booking_needs_new_time_open"
    turn.say(name, buttons=new_time_buttons(turn, visit, slots), **details(turn, visit))


def is_over(turn: Turn, visit: BookedVisit) -> bool:
    """Whether its time has come; one that lost its time can still get another."""
    return visit.start <= turn.now and not visit.needs_new_time


def details(turn: Turn, visit: BookedVisit) -> dict[str, Any]:
    """The values that the booking templates may use."""
    store = turn.dealership.store(visit.store)
    drive = visit.kind is VisitKind.TEST_DRIVE
    return {
        "code": visit.code,
        "what": what_of(turn, visit),
        "store": store.name,
        "address": store.address,
        "time": say_time(visit.start),
        "hotline": store.sales_phone if drive else store.service_phone,
    }


def what_of(turn: Turn, visit: BookedVisit) -> str:
    """ "试驾 青岚 X5，由林晓接待": the adviser where one was asked for by name."""
    model = turn.dealership.model(visit.model).name if visit.model else ""
    if visit.kind is not VisitKind.TEST_DRIVE:
        return f"{model} {say_job_names(turn.dealership, visit.items)}".strip()
    return f"试驾 {model}{with_adviser(visit)}"


def say_of_visit(turn: Turn, visit: BookedVisit) -> None:
    """What is booked, in one line: the answer to a question about it."""
    known = "{what}，{time}，{store}，预约码 {code}".format(**details(turn, visit))
    turn.say("utter_so_far", known=known)


def with_adviser(visit: BookedVisit) -> str:
    """ "，由林晓接待", empty where nobody was asked for."""
    return f"，由{visit.adviser_name}接待" if visit.adviser_name else ""
