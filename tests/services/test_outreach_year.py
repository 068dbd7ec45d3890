"""A year day by day for many cars: each moment is told exactly once, on its day, within the caps and hours.

What is expected is worked out here by other means: each car alone, day after day, with whole numbers.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from dateutil.relativedelta import relativedelta

from bot.clock import TIME_ZONE
from bot.domain.mileage import Reading
from bot.services.consents import Purpose, say
from bot.services.mileage import keep_reading
from bot.services.outreach.run import run_outreach
from bot.store.database import Database
from bot.store.lifecycle_tables import Outreach, Task
from bot.store.tables import Conversation, Customer, OutboxMessage, Vehicle
from tests.database import sqlite_database
from tests.proof import size
from tests.services.reminded import CONTENT

FIRST, LAST = date(2026, 1, 1), date(2026, 12, 31)
CARS = size(1_000, 10_000)
DAY = timedelta(days=1)
VISIT_AFTER = 10
"""Days from an invitation to the visit."""
PER_MONTH, MARKETING_PER_MONTH = 2, 1
"""Less than the dealer allows, so that the caps are often reached."""
HOLIDAYS = {date(2026, *day) for day in ((1, 1), (2, 15), (5, 1), (6, 19), (9, 25), (10, 1))}
"""The first days by the State Council's notice for 2026, without Tomb-sweeping Day."""
CALLS = ("delivery", "follow_up_call", "trade_in")
NAMED = {
    10_000: "service_10k",
    15_000: "service_15k",
    20_000: "service_20k",
    40_000: "service_40k",
    60_000: "service_60k",
    80_000: "service_80k",
}


@dataclass
class Car:
    """A car that is driven the same distance every day, so that every estimate is exact."""

    number: int
    delivered: date
    per_day: int
    visit_on: date | None = None
    birthday: date | None = None
    agreed: bool = False
    readings: set[Reading] = field(default_factory=set)
    expected: list[tuple[date, str, str]] = field(default_factory=list)
    visits: list[date] = field(default_factory=list)

    @property
    def plate(self) -> str:
        return f"浙A{self.number:05d}"

    def km(self, day: date) -> int:
        return self.per_day * (day - self.delivered).days


def expect(car: Car) -> None:
    """Go through the year; note what is told on which day, and when the owner comes."""
    told: set[tuple[str, str]] = set()
    months: Counter[tuple[int, bool]] = Counter()
    last = car.visit_on
    coming: date | None = None
    day = max(FIRST, car.delivered)
    while day <= LAST:
        if coming == day:
            car.visits.append(day)
            last, coming = day, None
        for moment, occasion in _due(car, day, last):
            greeted = moment == "holiday_greeting"
            of_month = months[day.month, True] + months[day.month, False]
            full = of_month == PER_MONTH or (greeted and months[day.month, True] == MARKETING_PER_MONTH)
            if (moment, occasion) in told or (full and moment not in CALLS):
                continue
            told.add((moment, occasion))
            car.expected.append((day, moment, occasion))
            if moment not in CALLS:
                months[day.month, greeted] += 1
            if "service" in moment and coming is None:
                coming = day + VISIT_AFTER * DAY
        day += DAY


@cache
def after(day: date, months: int) -> date:
    return day + relativedelta(months=months)


def _due(car: Car, day: date, last: date | None) -> list[tuple[str, str]]:
    """Services first, then in the order of the schedule: it decides who fits below a cap."""
    born, km = car.delivered, car.km(day)
    found: list[tuple[str, str]] = [_service(car, day, last)]
    if day == born:
        found.append(("delivery", ""))
    call = after(born, 1) + 15 * DAY
    if call <= day <= call + 15 * DAY:
        found.append(("follow_up_call", ""))
    if car.agreed and (day in HOLIDAYS or day == birthday_in_2026(car)):
        found.append(("holiday_greeting", day.isoformat()))
    end = after(born, 36)
    over = day > end or km > 60_000
    if not over and (day >= end - 60 * DAY or km >= 58_000):
        found.append(("warranty_end_check", ""))
    if day > after(born, 60) or km > 100_000:
        found.append(("trade_in", ""))
    return [each for each in found if each[0]]


def _service(car: Car, day: date, last: date | None) -> tuple[str, str]:
    born, km = car.delivered, car.km(day)
    if last is None:
        limit = after(born, 3)
        if day > limit or km > 5_000:
            return "first_service", ""
        return ("first_service_invitation", "") if day >= limit - 30 * DAY or km >= 4_500 else ("", "")
    at = max((car.km(last) + 2_500) // 5_000 * 5_000, 5_000) + 5_000
    if day >= after(last, 6) - 30 * DAY or km >= at - 500:
        return NAMED.get(at, "standard_service"), str(at)
    return "", ""


def birthday_in_2026(car: Car) -> date | None:
    if car.birthday is None:
        return None
    return (
        date(2026, 2, 28)
        if (car.birthday.month, car.birthday.day) == (2, 29)
        else car.birthday.replace(year=2026)
    )


def fleet() -> list[Car]:
    chance = random.Random(5)
    cars = []
    for number in range(CARS):
        delivered = date(2019, 1, 1) + chance.randrange(2_900) * DAY
        car = Car(number, delivered, chance.choice([12, 20, 30, 45, 61, 90]))
        car.agreed = number % 3 == 0
        car.birthday = date(1992, 2, 29) + (number % 366) * DAY if number % 2 == 0 else None
        if delivered < FIRST - 80 * DAY:
            car.visit_on = max(FIRST - chance.randrange(1, 150) * DAY, delivered + 30 * DAY)
        cars.append(car)
    return cars


def fill(database: Database, cars: list[Car]) -> None:
    at = datetime(2025, 12, 31, 12, tzinfo=TIME_ZONE)
    with database.transaction() as session:
        for car in cars:
            id_ = f"c{car.number}"
            phone = f"138{car.number:08d}"
            session.add(Customer(id=id_, phone=phone, birthday=car.birthday, created_at=at))
            if car.agreed:
                say(session, Purpose.MARKETING, True, "import", at, phone)
            session.add(
                Conversation(
                    id=f"t{car.number}",
                    channel="web",
                    sender=id_,
                    customer_id=id_,
                    created_at=at,
                    updated_at=at + timedelta(days=400),
                )
            )
            known = car.visit_on or car.delivered + DAY
            session.add(
                Vehicle(
                    plate=car.plate,
                    customer_id=id_,
                    model="x5",
                    delivered=car.delivered,
                    mileage=car.km(known),
                    mileage_on=known,
                    last_service_on=car.visit_on,
                    last_service_km=car.km(car.visit_on) if car.visit_on else None,
                )
            )


def visit(database: Database, cars: list[Car], day: date, now: datetime) -> None:
    with database.transaction() as session:
        for car in cars:
            row: Any = session.get(Vehicle, car.plate)
            keep_reading(session, row, car.readings, Reading(day, car.km(day)), "visit", now)
            car.readings |= {Reading(row.mileage_on, row.mileage)}
            row.last_service_on, row.last_service_km = day, car.km(day)


def test_a_year(tmp_path: Path) -> None:
    cars = fleet()
    for car in cars:
        expect(car)
    coming: dict[date, list[Car]] = {}
    for car in cars:
        for each in car.visits:
            coming.setdefault(each, []).append(car)
    database = sqlite_database(tmp_path)
    fill(database, cars)
    rules = {"per_month": PER_MONTH, "marketing_per_month": MARKETING_PER_MONTH}
    usual = CONTENT.current()
    content = replace(usual, outreach=replace(usual.outreach, **rules))
    began, day = time.perf_counter(), FIRST
    while day <= LAST:
        now = datetime(day.year, day.month, day.day, 9, tzinfo=TIME_ZONE)
        visit(database, coming.get(day, []), day, now)
        run_outreach(database, content, now)
        day += DAY
    seconds = time.perf_counter() - began

    with database.reading() as session:
        rows = list(session.scalars(sa.select(Outreach)))
        dues = list(session.scalars(sa.select(OutboxMessage.due_at)))
        tasks = Counter(session.scalars(sa.select(Task.kind)))
    opened = Counter((row.plate, row.opened_at.date(), row.moment, row.occasion) for row in rows)
    wanted = Counter((car.plate, *each) for car in cars for each in car.expected)
    missing, spare = wanted - opened, opened - wanted
    assert not missing, sorted(missing)[:5]
    assert not spare, sorted(spare)[:5]
    assert max(Counter((row.plate, row.moment, row.occasion) for row in rows).values()) == 1
    months = Counter((row.customer_id, row.opened_at.month) for row in rows if row.channel != "call")
    greeted = Counter(
        (row.customer_id, row.opened_at.month) for row in rows if row.moment == "holiday_greeting"
    )
    assert (max(months.values()), max(greeted.values())) == (PER_MONTH, MARKETING_PER_MONTH)
    assert all(8.5 <= due.hour + due.minute / 60 < 20 for due in dues)
    assert tasks["delivery_day"] == sum(car.delivered >= FIRST for car in cars)
    print(f"{CARS} cars, {len(rows)} contacts, {seconds:.0f} s")
    database.close()
