"""What is free and what is offered instead, on SQLite and PostgreSQL."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.clock import TIME_ZONE
from bot.domain.booking import Refusal, Slot, VisitRequest
from bot.domain.errors import BookingRefused, InvalidInput
from bot.services import availability
from bot.services.visits import Contact
from bot.store.database import Database
from bot.store.tables import Claim
from tests.database import KINDS, open_database
from tests.services.bookings import DEMO, DRIVE, NOW, SERVICE, THREE, at, book, check, shown


@pytest.fixture(params=KINDS)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    database = open_database(request.param, tmp_path)
    yield database
    database.close()


def test_check_slot_says_nothing_or_why(database: Database) -> None:
    check(database)
    book(database)
    with pytest.raises(BookingRefused) as refused:
        check(database)
    assert refused.value.reason is Refusal.CAR_OUT
    check(database, request=replace(DRIVE, store=None))


def test_a_time_off_the_grid_is_refused_with_its_neighbours(database: Database) -> None:
    with pytest.raises(BookingRefused) as refused:
        check(database, at("11-28 10:15"))
    assert refused.value.reason is Refusal.NOT_ON_GRID
    assert shown(refused.value.alternatives)[:2] == ["east 11-28 10:00", "east 11-28 10:30"]


def test_a_closed_day_offers_the_other_store_and_the_days_around(database: Database) -> None:
    with pytest.raises(BookingRefused) as refused:
        check(database, at("11-30 10:00"), replace(SERVICE, store="west"))
    assert refused.value.reason is Refusal.CLOSED_DAY
    assert shown(refused.value.alternatives) == ["east 11-30 10:00", "west 11-29 16:30", "west 11-29 16:00"]


def test_a_store_without_the_test_car_offers_the_other(database: Database) -> None:
    with pytest.raises(BookingRefused) as refused:
        check(database, request=replace(DRIVE, store="west", model="x7"))
    assert refused.value.reason is Refusal.NO_TEST_CAR
    assert shown(refused.value.alternatives) == [
        "east 11-28 14:00",
        "west 11-28 14:00 x5",
        "east 11-28 13:30",
    ]


@pytest.mark.parametrize(
    ("start", "reason", "alternatives"),
    [
        ("11-20 10:00", Refusal.PAST, ["east 11-22 11:00", "east 11-22 11:30", "west 11-22 11:00"]),
        ("12-30 10:00", Refusal.TOO_FAR, ["east 12-22 17:00", "east 12-22 16:30", "west 12-22 17:00"]),
    ],
)
def test_alternatives_stay_within_notice_and_horizon(
    database: Database, start: str, reason: Refusal, alternatives: list[str]
) -> None:
    with pytest.raises(BookingRefused) as refused:
        check(database, at(start))
    assert refused.value.reason is reason
    assert shown(refused.value.alternatives) == alternatives


def test_alternatives_after_the_spring_festival(database: Database) -> None:
    """2027-02-06 is the first day of the festival; shops open again on the 9th."""
    wish = datetime(2027, 2, 7, 10, tzinfo=TIME_ZONE)
    with pytest.raises(BookingRefused) as refused:
        check(database, wish, now=datetime(2027, 2, 6, 10, tzinfo=TIME_ZONE))
    assert refused.value.reason is Refusal.CLOSED_DAY
    assert shown(refused.value.alternatives) == ["east 02-09 09:00", "east 02-09 09:30", "west 02-09 09:00"]


def test_a_full_neighbourhood_is_searched_to_the_horizon(database: Database) -> None:
    busy = [
        ("east-car-s6", tick)
        for tick in range(int(NOW.timestamp()) // 900, int(NOW.timestamp()) // 900 + 96 * 8)
    ]
    visit = book(database, at("12-20 10:00"), replace(DRIVE, model="x7"))
    with database.transaction() as session:
        rows = [{"resource": r, "tick": t, "appointment_id": visit.id} for r, t in busy]
        session.execute(sa.insert(Claim.__table__), rows)
    with pytest.raises(BookingRefused) as refused:
        check(database, at("11-24 10:00"), replace(DRIVE, model="s6"))
    assert shown(refused.value.alternatives) == [
        "east 11-24 10:00 s3",
        "east 11-30 10:00",
        "east 11-30 10:30",
    ]


def test_the_same_time_with_another_car_that_is_free(database: Database) -> None:
    """The likest first: same body and powertrain, then the body; never one that is out, too."""
    book(database, request=replace(DRIVE, model="x7"))
    book(database)
    with pytest.raises(BookingRefused) as refused:
        check(database)
    assert shown(refused.value.alternatives) == [
        "west 11-28 14:00",
        "east 11-28 13:00",
        "east 11-28 14:00 e5",
    ]


def test_another_car_is_offered_as_long_as_an_adviser_is_free(database: Database) -> None:
    for number, model in enumerate(("s3", "s6", "x7", "x5")):
        book(database, request=replace(DRIVE, model=model), contact=Contact("王", f"1380000100{number}"))
    with pytest.raises(BookingRefused) as refused:
        check(database)
    assert shown(refused.value.alternatives) == ["west 11-28 14:00", "east 11-28 13:00", "east 11-28 15:00"]


def test_a_visit_that_is_moved_keeps_its_car(database: Database) -> None:
    visit = book(database, at("11-28 10:00"))
    book(database, contact=Contact("李", "13800001111"))
    with pytest.raises(BookingRefused) as refused:
        check(database, appointment_id=visit.id, current=visit.slot)
    assert shown(refused.value.alternatives) == ["west 11-28 14:00", "east 11-28 13:00", "east 11-28 15:00"]


LIN = replace(DRIVE, adviser="east-adviser-1")


def test_the_adviser_who_is_wished_for_receives_the_customer(database: Database) -> None:
    assert book(database, request=replace(LIN, adviser="east-adviser-3")).resource_names[1] == "赵敏"
    assert book(database, THREE, request=LIN).resource_names[1] == "林晓"


def test_a_busy_adviser_is_refused_with_a_colleague_at_the_same_time(database: Database) -> None:
    book(database, request=replace(LIN, model="x7"))
    with pytest.raises(BookingRefused) as refused:
        check(database, request=LIN)
    assert refused.value.reason is Refusal.ADVISER_BUSY
    others = refused.value.alternatives
    assert shown(others) == [
        "east 11-28 14:00 east-adviser-2",
        "east 11-28 13:00",
        "west 11-28 14:00 west-adviser-1",
    ]
    for other in others:
        assert isinstance(other, Slot)
        adviser = getattr(other, "adviser", None) or LIN.adviser
        book(database, other.start, replace(LIN, store=other.store, adviser=adviser))


def test_an_adviser_of_the_other_store(database: Database) -> None:
    with pytest.raises(BookingRefused) as refused:
        check(database, request=replace(LIN, store="west"))
    assert refused.value.reason is Refusal.ADVISER_ELSEWHERE
    assert shown(refused.value.alternatives)[0] == "west 11-28 14:00 west-adviser-1"
    check(database, request=replace(LIN, store=None))
    with pytest.raises(InvalidInput):
        check(database, request=replace(LIN, adviser="nobody"))


def test_every_alternative_can_be_booked(database: Database) -> None:
    """Whatever was booked before: what is offered as free is."""
    chooser, booked = random.Random(4), 0
    for _ in range(40):
        model, hour = chooser.choice(["s3", "s6", "x5", "x7", "e5"]), chooser.randrange(9, 18)
        request = replace(DRIVE, model=model, adviser=chooser.choice([None, None, "east-adviser-1"]))
        start = at(f"11-28 {hour:02}:00")
        try:
            book(database, start, request)
        except BookingRefused as refused:
            for other in refused.alternatives:
                assert isinstance(other, Slot)
                model = getattr(other, "model", None) or request.model
                adviser = getattr(other, "adviser", None) or request.adviser
                check(database, other.start, VisitRequest(request.kind, other.store, model, (), adviser))
                booked += 1
    assert booked > 20


def test_free_slots_across_stores_up_to_a_limit(database: Database) -> None:
    book(database, request=replace(DRIVE, store="west"))
    anywhere = replace(DRIVE, store=None)
    found = availability.free_slots(database, DEMO, NOW, anywhere, at("11-28 13:30"), at("11-28 18:00"), 4)
    assert shown(found) == ["east 11-28 13:30", "east 11-28 14:00", "east 11-28 14:30", "east 11-28 15:00"]


def test_free_slots_outside_the_window_are_none(database: Database) -> None:
    for from_, until in [
        ("11-20 09:00", "11-22 11:00"),
        ("12-23 09:00", "12-25 18:00"),
        ("11-28 18:00", "11-28 09:00"),
    ]:
        assert availability.free_slots(database, DEMO, NOW, DRIVE, at(from_), at(until), 9) == ()


@contextmanager
def counted(database: Database) -> Iterator[list[str]]:
    statements: list[str] = []

    def note(connection: object, cursor: object, statement: str, *rest: object) -> None:
        if not statement.startswith(("BEGIN", "PRAGMA")):
            statements.append(statement)

    sa.event.listen(database.engine, "before_cursor_execute", note)
    yield statements
    sa.event.remove(database.engine, "before_cursor_execute", note)


@pytest.mark.parametrize("store", ["east", None])
@pytest.mark.parametrize("days", [1, 30])
def test_availability_takes_one_statement(database: Database, store: str | None, days: int) -> None:
    for hour in (9, 10, 11):
        book(database, at(f"11-23 {hour:02}:00"))
    with counted(database) as statements:
        request = replace(DRIVE, store=store)
        availability.free_slots(database, DEMO, NOW, request, NOW, NOW + timedelta(days=days), 10_000)
    assert len(statements) == 1
    with counted(database) as statements, pytest.raises(BookingRefused):
        check(database, at("11-23 09:00"))
    assert len(statements) == 2
    with counted(database) as statements, pytest.raises(BookingRefused):
        check(database, at("11-23 09:00"), replace(LIN, store="west"))
    assert len(statements) <= 2
