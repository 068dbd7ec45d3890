"""One job more or less in a visit that is booked: same start, more time or less, all or nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from bot.domain.errors import BookingRefused, Conflict, InvalidInput, NotFound, TooLateToChange
from bot.services.changing_jobs import change_jobs
from bot.services.visits import BookedVisit, find_visit
from bot.store.database import Database
from bot.store.tables import OutboxMessage
from tests.database import KINDS, open_database
from tests.services.bookings import DEMO, NOW, SERVICE, WANG, at, book, claimed_from, claims

TEN = at("11-25 10:00")
OIL, TYRES = "regular_service", "tire_service"


@pytest.fixture(params=KINDS)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    database = open_database(request.param, tmp_path)
    yield database
    database.close()


def change(database: Database, visit: BookedVisit, *jobs: str, **more: Any) -> BookedVisit:
    values: dict[str, Any] = {"now": NOW, "phone": WANG.phone, "instead_of": visit.items, **more}
    now, phone, instead_of = (values[name] for name in ("now", "phone", "instead_of"))
    return change_jobs(database, DEMO, now, visit.code, phone, jobs, instead_of)


def bay_times(database: Database, visit: BookedVisit) -> list[str]:
    return claimed_from(database, visit.resources[0])


def test_one_more_takes_longer_and_keeps_start_and_code(database: Database) -> None:
    visit = book(database, TEN, SERVICE)
    changed = change(database, visit, OIL, TYRES)

    assert (changed.items, changed.start, changed.end) == ((OIL, TYRES), TEN, at("11-25 11:45"))
    assert (changed.code, changed.sequence) == (visit.code, visit.sequence + 1)
    assert bay_times(database, changed) == ["10:00", "10:15", "10:30", "10:45", "11:00", "11:15", "11:30"]
    assert changed == find_visit(database, DEMO, visit.code, WANG.phone)


def test_one_less_gives_the_rest_back(database: Database) -> None:
    visit = book(database, TEN, replace(SERVICE, jobs=(OIL, TYRES)))
    changed = change(database, visit, TYRES)

    assert (changed.items, changed.end) == ((TYRES,), at("11-25 10:45"))
    assert bay_times(database, changed) == ["10:00", "10:15", "10:30"]


def test_the_same_jobs_change_nothing(database: Database) -> None:
    visit = book(database, TEN, SERVICE)

    assert change(database, visit, OIL) == visit


def test_no_time_before_closing_leaves_everything_as_it_was(database: Database) -> None:
    visit = book(database, at("11-25 16:30"), SERVICE)
    before = claims(database)

    with pytest.raises(BookingRefused):
        change(database, visit, OIL, TYRES)
    assert claims(database) == before
    assert find_visit(database, DEMO, visit.code, WANG.phone) == visit


def test_no_bay_for_longer_leaves_everything_as_it_was(database: Database) -> None:
    visit = book(database, TEN, SERVICE)
    while True:
        try:
            book(database, at("11-25 11:00"), SERVICE)
        except BookingRefused:
            break
    before = claims(database)

    with pytest.raises(BookingRefused):
        change(database, visit, OIL, TYRES)
    assert claims(database) == before


def test_a_visit_within_the_notice_of_a_booking_may_still_grow(database: Database) -> None:
    visit = book(database, TEN, SERVICE)
    notice = DEMO.rules.change_notice_hours

    assert change(database, visit, OIL, TYRES, now=at(f"11-25 {10 - notice - 1:02}:00")).items == (OIL, TYRES)
    with pytest.raises(TooLateToChange):
        change(database, visit, OIL, instead_of=(OIL, TYRES), now=at("11-25 09:30"))


def test_jobs_changed_meanwhile_are_not_overwritten(database: Database) -> None:
    visit = book(database, TEN, SERVICE)
    change(database, visit, OIL, TYRES)

    with pytest.raises(Conflict):
        change(database, visit, OIL, "brake_check")


def test_what_is_no_such_visit(database: Database) -> None:
    drive, visit = book(database), book(database, TEN, SERVICE)

    with pytest.raises(Conflict):
        change(database, drive, OIL)
    with pytest.raises(NotFound):
        change(database, visit, OIL, TYRES, phone="13900000000")
    for jobs in ((), ("polishing",)):
        with pytest.raises(InvalidInput):
            change(database, visit, *jobs)


def test_the_reminders_are_those_of_the_changed_visit(database: Database) -> None:
    visit = book(database, TEN, SERVICE, conversation_id="a")
    before = reminders(database)
    change(database, visit, OIL, TYRES)

    assert before
    assert reminders(database) == [(due, sequence + 1) for due, sequence in before]


def reminders(database: Database) -> list[tuple[datetime, int]]:
    """When the reminders that are to be sent are due, and the sequence of the visit that they tell of."""
    query = sa.select(OutboxMessage).where(OutboxMessage.state == "pending").order_by(OutboxMessage.due_at)
    with database.reading() as session:
        rows = session.scalars(query)
        return [(row.due_at, row.data["sequence"]) for row in rows if row.kind.startswith("reminder")]
