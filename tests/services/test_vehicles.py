"""Finding a customer's car, filling the demo customers, and the plain values of a lifecycle answer."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import yaml

from bot.clock import TIME_ZONE
from bot.domain.errors import NotFound
from bot.services.content.entries import DemoCustomer, parse, plain
from bot.services.vehicles import (
    LifecycleAnswer,
    VehicleRecord,
    canonical_plate,
    fill_demo_customers,
    find_vehicle,
    lifecycle_answer,
    state_as_told,
    state_of_record,
)
from bot.store.database import Database
from bot.store.tables import Customer, Vehicle
from tests.database import postgres_database, sqlite_database
from tests.dealership import demo_dealership
from tests.lifecycle import schedule

FILE = Path(__file__).parents[2] / "dealership" / "customers.yml"
NOW = datetime(2026, 11, 22, 10, 0, tzinfo=TIME_ZONE)
TODAY = NOW.date()


def entries() -> list[dict[str, Any]]:
    """The demo customers as the content hands them over: plain JSON."""
    rows = yaml.safe_load(FILE.read_text(encoding="utf-8"))["customers"]
    return [plain(parse(DemoCustomer, row)) for row in rows]


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = sqlite_database(tmp_path)
    fill_demo_customers(database, entries(), NOW)
    yield database
    database.close()


def record(database: Database, phone: str, plate: str) -> VehicleRecord:
    found = find_vehicle(database, phone, plate)
    assert found is not None
    return found


def answer(database: Database, phone: str, plate: str) -> LifecycleAnswer:
    state = state_of_record(demo_dealership(), record(database, phone, plate))
    return lifecycle_answer(demo_dealership(), schedule(), state, TODAY)


# --- finding


SPELLINGS = ["浙AD1001", "浙A·D1001", "浙a d1001", " 浙A.D1001 ", "浙ＡＤ１００１", "浙A•d-1001"]


@pytest.mark.parametrize("plate", SPELLINGS)
def test_a_plate_in_any_spelling(database: Database, plate: str) -> None:
    found = record(database, "13800000001", plate)
    assert (found.plate, found.model, found.mileage) == ("浙AD1001", "x5", 3_900)
    assert (found.delivered, found.mileage_on) == (date(2026, 9, 30), date(2026, 11, 20))
    assert canonical_plate(plate) == "浙AD1001"


@pytest.mark.parametrize(
    ("phone", "plate"),
    [
        ("13800000002", "浙AD1001"),  # somebody else's plate
        ("13800000009", "浙AD1001"),  # unknown phone
        ("13800000001", "浙AD1002"),  # unknown plate
        ("13800000001", ""),
        ("", "浙AD1001"),
        ("%", "%"),
    ],
)
def test_both_must_match(database: Database, phone: str, plate: str) -> None:
    assert find_vehicle(database, phone, plate) is None


# --- filling


def test_filling_twice_adds_nothing(database: Database) -> None:
    assert fill_demo_customers(database, entries(), NOW) == 0
    with database.reading() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Vehicle)) == 5
        assert session.scalar(sa.select(sa.func.count()).select_from(Customer)) == 5


def test_filling_takes_dates_as_they_stand_in_yaml(tmp_path: Path) -> None:
    database = sqlite_database(tmp_path)
    rows = yaml.safe_load(FILE.read_text(encoding="utf-8"))["customers"]
    assert fill_demo_customers(database, rows, NOW) == 5
    assert record(database, "13800000002", "浙AB2002").last_service_on == date(2026, 6, 10)


def test_filling_keeps_what_was_changed(database: Database) -> None:
    with database.transaction() as session:
        vehicle = session.get(Vehicle, "浙AD1001")
        vehicle.mileage, vehicle.last_service_km = 5_100, 5_050
        session.get(Customer, vehicle.customer_id).name = "王小明"
    fill_demo_customers(database, entries(), NOW)
    found = record(database, "13800000001", "浙AD1001")
    assert (found.mileage, found.last_service_km, found.name) == (5_100, 5_050, "王小明")


def test_a_customer_who_is_there_already_gets_the_car(tmp_path: Path) -> None:
    database = sqlite_database(tmp_path)
    with database.transaction() as session:
        session.add(Customer(id="c1", phone="13800000001", name="李女士", created_at=NOW))
    assert fill_demo_customers(database, entries(), NOW) == 5
    found = record(database, "13800000001", "浙AD1001")
    assert (found.customer_id, found.name) == ("c1", "李女士")


@pytest.mark.postgres
def test_processes_that_start_together_fill_once() -> None:
    database = postgres_database()
    barrier, added = threading.Barrier(6), []

    def fill() -> None:
        barrier.wait()
        added.append(fill_demo_customers(database, entries(), NOW))

    threads = [threading.Thread(target=fill) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(added) == 6
    assert sum(added) == 5
    assert record(database, "13800000005", "浙AA5005").model == "s3"
    database.close()


# --- the answer


def test_answer_before_the_first_service(database: Database) -> None:
    """X5 delivered on 2026-09-30: 5,000 km or 30 December; 首次保养 takes 45 minutes and is free."""
    found = answer(database, "13800000001", "浙AD1001")
    assert (found.stage, found.stage_name) == ("new_car", "新车体验期")
    assert (found.service_job, found.service_name) == ("first_service", "首次保养")
    assert (found.service_minutes, found.service_price, found.service_free) == (45, 0, True)
    assert (found.service_km, found.service_on) == (5_000, date(2026, 12, 30))
    assert (found.service_km_left, found.service_days_left, found.service_nearer) == (1_100, 38, "mileage")
    assert (found.service_overdue, found.service_overdue_by) == (False, None)
    assert found.service_items == ("检查举升、全车检查", "更换机油", "启动复检")
    assert (found.in_warranty, found.warranty_ends_on) == (True, date(2029, 9, 30))
    assert found.battery_in_warranty is None


def test_answer_before_the_major_service(database: Database) -> None:
    """S6, visit counted for 35,000: 大保养 at 40,000 km or on 10 December, 90 minutes, from 798 元."""
    found = answer(database, "13800000002", "浙AB2002")
    assert (found.service_name, found.service_minutes, found.service_price) == ("大保养", 90, 798)
    assert (found.service_km, found.service_on) == (40_000, date(2026, 12, 10))
    assert (found.service_nearer, found.service_free) == ("date", False)


def test_answer_for_an_electric_car(database: Database) -> None:
    """E5, visit counted for 10,000: 15,000 km and 18 November have both passed; 45 minutes, from 268 元."""
    found = answer(database, "13800000003", "浙A·F30303")
    assert (found.service_name, found.service_minutes, found.service_price) == ("纯电车型保养", 45, 268)
    assert (found.service_overdue, found.service_overdue_by) == (True, "both")
    assert (found.service_km_left, found.service_days_left) == (-4_400, -4)
    assert (found.battery_in_warranty, found.battery_ends_on) == (True, date(2033, 11, 20))
    assert (found.battery_km, found.battery_km_left) == (150_000, 130_600)


def test_answer_before_the_end_of_the_warranty(database: Database) -> None:
    """X7: the warranty ends on 20 December or at 60,000 km; 60,000 is a major service."""
    found = answer(database, "13800000004", "浙AC4004")
    assert (found.stage, found.service_name, found.service_km) == ("late_warranty", "大保养", 60_000)
    assert (found.warranty_ends_on, found.warranty_days_left) == (date(2026, 12, 20), 28)
    assert (found.warranty_km_left, found.warranty_nearer) == (2_200, "date")


def test_answer_out_of_warranty(database: Database) -> None:
    """S3: three years ended on 2022-06-15, 60,000 km have passed too; 115,000 km is a regular service."""
    found = answer(database, "13800000005", "浙AA5005")
    assert (found.stage_name, found.service_name, found.service_price) == ("换车升级期", "常规保养", 398)
    assert (found.in_warranty, found.warranty_ended_by) == (False, "both")
    assert (found.service_overdue_by, found.service_on) == ("both", date(2026, 10, 1))


def test_the_first_service_of_an_electric_car_is_free() -> None:
    vehicle = state_as_told(demo_dealership(), "e5", date(2026, 10, 1), 2_000)
    found = lifecycle_answer(demo_dealership(), schedule(), vehicle, TODAY)
    assert (found.service_job, found.service_price, found.service_free) == ("ev_service", 0, True)


def test_a_car_that_the_owner_describes() -> None:
    vehicle = state_as_told(demo_dealership(), "s6", date(2024, 5, 20), 32_000)
    found = lifecycle_answer(demo_dealership(), schedule(), vehicle, TODAY)
    assert (found.service_km, found.service_on, found.service_job) == (
        35_000,
        date(2027, 5, 20),
        "regular_service",
    )
    assert (found.service_km_left, found.service_overdue, found.service_km_estimated) == (3_000, False, False)


def test_a_car_without_mileage() -> None:
    vehicle = state_as_told(demo_dealership(), "s6", date(2024, 5, 20), None)
    found = lifecycle_answer(demo_dealership(), schedule(), vehicle, TODAY)
    assert (found.service_km_left, found.warranty_km_left, found.service_km_estimated) == (None, None, True)
    assert found.service_on == date(2027, 5, 20)


def test_a_model_that_the_dealer_does_not_list() -> None:
    with pytest.raises(NotFound, match="z9"):
        state_as_told(demo_dealership(), "z9", date(2024, 5, 20), 100)
