"""An outage at the same moment as bookings, holds, moves and cancellations: nobody is lost, and nobody is in it.

On SQLite and PostgreSQL, with threads that start together; at the end the control without the primary key.
"""

from __future__ import annotations

from typing import Any

import pytest

from bot.domain.booking import VisitStatus
from bot.domain.errors import Conflict, SlotTaken
from bot.services import booking, disruptions
from bot.services.visits import BookedVisit, list_visits
from bot.store.database import Database
from bot.store.tables import Outage
from tests.services.bookings import DEMO, NOW, TWO, at, book, hold
from tests.services.racing import double_bookings, is_consistent, race
from tests.services.test_disruptions import HOUR, X5, begin, contact, rows, visit_of


def test_an_outage_against_fifty_bookings(database: Database, read_first: Any) -> None:
    """Everybody has read that the car is free; it ends with an outage and no visit in it."""

    def attempt(number: int) -> Any:
        if number == 0:
            return begin(database)
        return book(database, TWO + (number % 4) * HOUR, contact=contact(number))

    won, _ = race(50, attempt, read_first)
    _nobody_is_lost(database, [visit for visit in won if isinstance(visit, BookedVisit)])


def test_an_outage_against_moves_and_cancellations(database: Database) -> None:
    starts = [at(f"11-{day} {hour}:00") for day in (27, 28) for hour in range(9, 17)]
    visits = [book(database, start, contact=contact(number)) for number, start in enumerate(starts)]

    def attempt(number: int) -> Any:
        if number == 0:
            return begin(database, start=at("11-27 08:00"))
        visit = visits[number % len(visits)]
        if number % 5 == 0:
            return booking.cancel_visit(database, DEMO, NOW, visit.code, None, by_staff=True)
        target = visits[(number * 7) % len(visits)].start
        try:
            return booking.move_visit(database, DEMO, NOW, visit.code, None, target, by_staff=True)
        except SlotTaken:
            raise
        except Conflict:  # it was cancelled meanwhile
            return None

    race(50, attempt)
    _nobody_is_lost(database, visits)


def test_outages_of_all_advisers_against_holds_and_bookings(database: Database) -> None:
    visits = [book(database, TWO + number * HOUR, contact=contact(number)) for number in range(3)]

    def attempt(number: int) -> Any:
        if number < 4:
            return begin(database, f"east-adviser-{number + 1}")
        if number % 2:
            return hold(database, at("11-28 13:00"), f"c{number}")
        return book(database, TWO + (number % 4) * HOUR, contact=contact(number + 100))

    won, _ = race(50, attempt)
    _nobody_is_lost(database, [*visits, *(visit for visit in won if isinstance(visit, BookedVisit))])
    assert len(disruptions.list_outages(database, DEMO, NOW)) == 4


def test_the_same_outage_begun_by_ten_at_once_is_one(database: Database) -> None:
    visit = book(database)
    won, lost = race(10, lambda _: begin(database))
    assert (len(won), lost, len(rows(database, Outage))) == (10, 0, 1)
    assert sum(len(outcome.to_rebook) for outcome in won) == 1
    _nobody_is_lost(database, [visit])


def _nobody_is_lost(database: Database, visits: list[BookedVisit]) -> None:
    """Each visit has all that it needs outside of every outage, or waits for a new time, or was cancelled."""
    needed = {"test_drive": 2, "service": 2}
    for visit in visits:
        after = visit_of(database, visit)
        if after.status is VisitStatus.CONFIRMED:
            assert len(after.resources) == (0 if after.needs_new_time else needed[after.kind.value])
    outages = [(o.resource, o.start, o.end) for o in rows(database, Outage) if not o.ended_at]
    for visit in list_visits(database, DEMO):
        if visit.status is VisitStatus.CONFIRMED:
            hit = [o for o in outages if o[0] in visit.resources and visit.start < o[2] and o[1] < visit.end]
            assert hit == []
    assert is_consistent(database)


@pytest.mark.usefixtures("without_constraint")
def test_control_without_the_constraint_somebody_books_into_the_outage(
    database: Database, read_first: Any
) -> None:
    def attempt(number: int) -> Any:
        return begin(database) if number == 0 else book(database, contact=contact(number))

    won, _ = race(3, attempt, read_first)
    booked = [visit for visit in won if isinstance(visit, BookedVisit)]
    inside = [v for v in (visit_of(database, v) for v in booked) if X5 in v.resources]
    assert inside or double_bookings(database) > 0
