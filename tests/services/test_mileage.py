"""Readings of odometers: what a visit, an owner and staff tell of a car, and what follows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from bot.domain.booking import VisitKind, VisitRequest
from bot.domain.lifecycle import next_service
from bot.services import attendance
from bot.services.audit import Actor
from bot.services.customers import VehicleEntry, put_vehicle
from bot.services.mileage import mileage_of, readings_of, record_mileage
from bot.services.vehicles import find_vehicle, state_of_record
from bot.services.visit_details import Correction, correct_visit
from bot.store.database import Database
from bot.store.lifecycle_tables import MileageReading
from bot.store.tables import Customer, Vehicle
from tests.database import sqlite_database
from tests.lifecycle import schedule
from tests.services.bookings import DEMO, NOW, SERVICE, TWO, WANG, book

HOUR = timedelta(hours=1)
PLATE, TODAY = "浙AD9001", NOW.date()
KNOWN = ("import", TODAY, 9_000)
"""What the car's own row said before the first reading."""


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """SQLite alone; a car that is driven about 30 km a day."""
    database = sqlite_database(tmp_path)
    with database.transaction() as session:
        session.add(Customer(id="c", phone=WANG.phone, name=WANG.name, created_at=NOW))
        session.flush()
        session.add(
            Vehicle(
                plate=PLATE,
                customer_id="c",
                model="x5",
                delivered=date(2026, 1, 26),
                mileage=9_000,
                mileage_on=date(2026, 11, 22),
                look_again_on=date(2026, 12, 20),
            )
        )
    yield database
    database.close()


def car(database: Database) -> Any:
    with database.reading() as session:
        return session.get(Vehicle, PLATE)


def readings(database: Database) -> list[tuple[str, date, int]]:
    with database.reading() as session:
        rows = session.scalars(sa.select(MileageReading).order_by(MileageReading.id))
        return [(row.source, row.read_on, row.km) for row in rows]


def serviced(database: Database, request: VisitRequest = SERVICE, **more: Any) -> Any:
    visit = book(database, request=request, plate=PLATE, **more)
    attendance.complete(database, DEMO, TWO + HOUR, visit.code)
    return visit


def record(database: Database, km: int, on: date) -> bool:
    with database.transaction() as session:
        return record_mileage(session, PLATE, km, on, "customer", NOW)


def test_a_service_that_is_done_is_the_last_one(database: Database) -> None:
    serviced(database, mileage=9_400)

    row = car(database)
    assert (row.last_service_on, row.last_service_km) == (TWO.date(), 9_400)
    assert (row.mileage, row.mileage_on, row.look_again_on) == (9_400, TWO.date(), None)
    assert readings(database) == [KNOWN, ("visit", TWO.date(), 9_400)]
    found = find_vehicle(database, WANG.phone, PLATE)
    assert found is not None
    assert next_service(schedule(), state_of_record(DEMO, found), TWO.date()).km == 15_000


def test_where_nobody_read_it_the_service_counts_by_the_estimate(database: Database) -> None:
    serviced(database)
    row = car(database)
    assert (row.last_service_on, row.last_service_km) == (TWO.date(), 9_000 + 6 * 30)
    assert (row.mileage, readings(database)) == (9_000, [])


def test_other_jobs_tell_the_mileage_alone(database: Database) -> None:
    serviced(database, VisitRequest(VisitKind.SERVICE, "east", "x5", ("tire_service",)), mileage=9_300)
    row = car(database)
    assert (row.last_service_on, row.mileage) == (None, 9_300)


def test_a_mileage_that_is_corrected_afterwards_counts(database: Database) -> None:
    visit = serviced(database, mileage=94_000)
    correct_visit(database, DEMO, TWO + 2 * HOUR, visit.code, Correction(mileage=9_400))
    row = car(database)
    assert (row.mileage, row.last_service_km) == (9_400, 9_400)


def test_an_older_service_does_not_replace_a_newer_one(database: Database) -> None:
    with database.transaction() as session:
        session.get(Vehicle, PLATE).last_service_on = TWO.date() + timedelta(days=1)  # type: ignore[union-attr]
    serviced(database, mileage=9_400)
    assert car(database).last_service_on == TWO.date() + timedelta(days=1)


def test_what_staff_write_down_is_a_reading(database: Database) -> None:
    entry = VehicleEntry(PLATE, "x5", date(2026, 1, 26), 9_100)
    for _ in range(2):
        put_vehicle(database, DEMO, "c", entry, Actor("lin"), NOW + 24 * HOUR)
    assert readings(database) == [KNOWN, ("staff", date(2026, 11, 23), 9_100)]


def test_a_wrong_reading_does_not_last(database: Database) -> None:
    assert record(database, 90_000, TODAY + timedelta(days=1))
    assert not record(database, 9_060, TODAY + timedelta(days=2))  # below the one before: said, and believed
    with database.reading() as session:
        row: Any = session.get(Vehicle, PLATE)
        found = mileage_of(row, readings_of(session, [PLATE])[PLATE], TODAY + timedelta(days=12))
    assert found is not None
    assert (found.km, found.estimated) == (9_060 + 10 * 30, True)


def test_an_old_reading_that_comes_late_is_history(database: Database) -> None:
    record(database, 4_000, date(2026, 6, 1))
    assert (car(database).mileage, car(database).mileage_on) == (9_000, TODAY)
    assert readings(database) == [KNOWN, ("customer", date(2026, 6, 1), 4_000)]


def test_no_car_no_reading(database: Database) -> None:
    with pytest.raises(LookupError), database.transaction() as session:
        record_mileage(session, "浙A00000", 1, TODAY, "customer", NOW)
