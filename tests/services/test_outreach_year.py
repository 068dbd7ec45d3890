"""A year day by day for many cars: each moment is told exactly once, on its day, within the caps and hours.

What is expected is worked out here by other means: each car alone, day after day, with whole numbers.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from dateutil.relativedelta import relativedelta

from bot.clock import TIME_ZONE
from bot.services.mileage import record_mileage
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
    last = car.visit_on
    coming: date | None = None
    day = max(FIRST, car.delivered)
    while day <= LAST:
        if coming == day:
            car.visits.append(day)
            last, coming = day, None
        for moment, occasion in sorted(_due(car, day, last)):
            if (moment, occasion) not in told:
                told.add((moment, occasion))
                car.expected.append((day, moment, occasion))
                if "service" in moment and coming is None:
                    coming = day + VISIT_AFTER * DAY
        day += DAY


def _due(car: Car, day: date, last: date | None) -> set[tuple[str, str]]:
    born, km = car.delivered, car.km(day)
    found = set()
    if day == born:
        found.add(("delivery", ""))
    call = born + relativedelta(months=1) + 15 * DAY
    if call <= day <= call + 15 * DAY:
        found.add(("follow_up_call", ""))
    end = born + relativedelta(months=36)
    over = day > end or km > 60_000
    if not over and (day >= end - 60 * DAY or km >= 58_000):
        found.add(("warranty_end_check", ""))
    if day > born + relativedelta(months=60) or km > 100_000:
        found.add(("trade_in", ""))
    if last is None:
        limit = born + relativedelta(months=3)
        if day > limit or km > 5_000:
            found.add(("first_service", ""))
        elif day >= limit - 30 * DAY or km >= 4_500:
            found.add(("first_service_invitation", ""))
        return found
    at = max((car.km(last) + 2_500) // 5_000 * 5_000, 5_000) + 5_000
    if day >= last + relativedelta(months=6) - 30 * DAY or km >= at - 500:
        found.add((NAMED.get(at, "standard_service"), str(at)))
    return found


def fleet() -> list[Car]:
    chance = random.Random(5)
    cars = []
    for number in range(CARS):
        delivered = date(2019, 1, 1) + chance.randrange(2_900) * DAY
        car = Car(number, delivered, chance.choice([12, 20, 30, 45, 61, 90]))
        if delivered < FIRST - 80 * DAY:
            car.visit_on = max(FIRST - chance.randrange(1, 150) * DAY, delivered + 30 * DAY)
        cars.append(car)
    return cars


def fill(database: Database, cars: list[Car]) -> None:
    at = datetime(2025, 12, 31, 12, tzinfo=TIME_ZONE)
    with database.transaction() as session:
        for car in cars:
            id_ = f"c{car.number}"
            session.add(Customer(id=id_, phone=f"138{car.number:08d}", created_at=at))
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
            record_mileage(session, car.plate, car.km(day), day, "visit", now)
            row: Any = session.get(Vehicle, car.plate)
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
    began, content, day = time.perf_counter(), CONTENT.current(), FIRST
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
    assert max(months.values()) <= content.outreach.per_month
    assert all(8.5 <= due.hour + due.minute / 60 < 20 for due in dues)
    assert tasks["delivery_day"] == sum(car.delivered >= FIRST for car in cars)
    print(f"{CARS} cars, {len(rows)} contacts, {seconds:.0f} s")
    database.close()
