"""A dealership with a workshop of 50 resources, and its book filled with visits."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from bot.clock import TIME_ZONE
from bot.domain.booking import VisitKind, VisitRequest, ticks_between
from bot.domain.dealership import Dealership, Resource, ResourceKind
from bot.store.database import Database
from bot.store.tables import Appointment, Claim, new_token
from tests.dealership import demo_dealership

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=TIME_ZONE)
DAYS = 30
SERVICE = VisitRequest(VisitKind.SERVICE, None, "x5", ("regular_service",))
"""A petrol car at any store: every one of the 50 resources could serve it."""
PEOPLE = {"east": 13, "west": 12}


def garage() -> Dealership:
    """The demo dealership with 13 bays and technicians in one store and 12 in the other, a fifth of them electric."""
    resources = tuple(
        Resource(f"{store}-{kind.value}-{number}", store, kind, f"{number} 号", electric=number % 5 == 0)
        for store, count in PEOPLE.items()
        for kind in (ResourceKind.BAY, ResourceKind.TECHNICIAN)
        for number in range(1, count + 1)
    )
    return replace(demo_dealership(), resources=resources)


def fill(database: Database, to_come: int, past: int = 0, seed: int = 1) -> None:
    """Visits of an hour in the next 30 days, and as many as wanted in the years before, written without ado."""
    chooser = random.Random(seed)
    ahead, back = list(_places(1, DAYS)), list(_places(-720, -1)) if past else []
    chosen = chooser.sample(ahead, to_come) + chooser.sample(back, past)
    for first in range(0, len(chosen), 1000):
        visits = [_visit(first + number, *place) for number, place in enumerate(chosen[first : first + 1000])]
        with database.engine.begin() as connection:
            connection.execute(sa.insert(Appointment.__table__), visits)
            connection.execute(sa.insert(Claim.__table__), [claim for v in visits for claim in _claims(v)])
    if database.engine.dialect.name == "postgresql":
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(sa.text("ANALYZE"))


def _places(from_day: int, to_day: int) -> Iterator[tuple[str, int, datetime]]:
    """Every place in the book: a store, the number of a bay and its technician, and the start of an hour."""
    midnight = NOW.replace(hour=0)
    for day in range(from_day, to_day + 1):
        date = midnight + timedelta(days=day)
        for store, count in PEOPLE.items():
            for hour in range(9) if store == "east" or date.weekday() else ():
                for number in range(1, count + 1):
                    yield store, number, date + timedelta(hours=8 + hour, minutes=30)


def _visit(serial: int, store: str, number: int, start: datetime) -> dict[str, Any]:
    return {
        "id": f"{serial:032}",
        "kind": "service",
        "status": "confirmed",
        "code": f"B{serial:07}",
        "store": store,
        "model": "x5",
        "items": ["regular_service"],
        "start": start,
        "end": start + timedelta(hours=1),
        "name": "客户",
        "phone": f"137{serial:08}",
        "resources": [f"{store}-bay-{number}", f"{store}-technician-{number}"],
        "calendar_token": new_token(),
        "created_at": NOW,
        "updated_at": NOW,
    }


def _claims(visit: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for resource in visit["resources"]:
        for tick in ticks_between(visit["start"], visit["end"]):
            yield {"resource": resource, "tick": tick, "appointment_id": visit["id"]}
