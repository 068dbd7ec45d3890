"""Visits in the way of another one: at the same time, or more test drives than a customer needs."""

from __future__ import annotations

from datetime import datetime, timedelta

from actions.base import Turn
from bot.domain.booking import VisitKind, VisitStatus
from bot.services.visits import BookedVisit, list_visits, visits_of_conversation
from bot.services.wording import say_time

MOST_OPEN_DRIVES = 3
"""Test drives to come under one phone number; an adviser arranges more."""
_DAY, _SHORTEST = timedelta(days=1), timedelta(minutes=30)


def warn_of_overlap(turn: Turn, start: datetime, phone: str | None = None) -> None:
    """Say that another visit is at the same time; it may be meant, for a companion.

    Of a visit that was booked elsewhere with the same number no more is told than that there is one.
    """
    own = visits_of_conversation(turn.database, turn.dealership, turn.conversation_id)
    known = next((visit for visit in own if _overlaps(visit, start)), None)
    if known:
        turn.say("utter_other_visit_then", code=known.code, time=say_time(known.start))
        return
    near = (start - _DAY, start + _DAY)
    visits = list_visits(turn.database, turn.dealership, phone, *near) if phone else ()
    if any(_overlaps(visit, start) for visit in visits):
        turn.say("utter_busy_then", time=say_time(start))


def has_enough_drives(turn: Turn, phone: str) -> bool:
    """Whether so many test drives are to come under this number that an adviser has to look at one more."""
    visits = list_visits(turn.database, turn.dealership, phone, from_=turn.now)
    return sum(_is_expected(v) and v.kind is VisitKind.TEST_DRIVE for v in visits) >= MOST_OPEN_DRIVES


def _overlaps(visit: BookedVisit, start: datetime) -> bool:
    return _is_expected(visit) and visit.start < start + _SHORTEST and start < visit.end


def _is_expected(visit: BookedVisit) -> bool:
    return visit.status is VisitStatus.CONFIRMED and not visit.needs_new_time
