"""Readings of odometers: kept, and what the car is estimated to stand at."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.domain.mileage import Mileage, Reading, estimate
from bot.store.lifecycle_tables import MileageReading
from bot.store.tables import Vehicle


def record_mileage(session: Session, plate: str, km: int, read_on: date, source: str, now: datetime) -> bool:
    """Keep a reading (``source``: visit, customer, import or staff) in the caller's transaction; again is no error.

    The newest one becomes the car's mileage. False for one that is below an earlier reading: it is kept, and counts
    instead of the earlier one. ``LookupError`` for a car that nobody knows.
    """
    vehicle: Any = session.get(Vehicle, plate, with_for_update=True)
    if vehicle is None:
        raise LookupError("no such car")
    known = sa.select(MileageReading.id).where(
        MileageReading.plate == plate, MileageReading.read_on == read_on, MileageReading.km == km
    )
    if session.scalars(known).first() is None:
        session.add(MileageReading(plate=plate, read_on=read_on, km=km, source=source, created_at=now))
    fits = vehicle.mileage is None or km >= vehicle.mileage or vehicle.mileage_on is None
    if vehicle.mileage_on is None or read_on >= vehicle.mileage_on:
        vehicle.mileage, vehicle.mileage_on = km, read_on
    vehicle.look_again_on = None
    session.flush()
    return fits


def readings_of(session: Session, plates: Iterable[str]) -> dict[str, list[Reading]]:
    """By plate; what the cars' own rows say is not in them."""
    found: dict[str, list[Reading]] = {}
    query = sa.select(MileageReading.plate, MileageReading.read_on, MileageReading.km).where(
        MileageReading.plate.in_(list(plates))
    )
    for plate, read_on, km in session.execute(query):
        found.setdefault(plate, []).append(Reading(read_on, km))
    return found


def mileage_of(vehicle: Any, readings: Iterable[Reading], today: date) -> Mileage | None:
    """What a car (a row of vehicles) stands at on ``today``, by its readings and its visits; None where nobody said."""
    own = [
        Reading(on, km)
        for on, km in (
            (vehicle.mileage_on, vehicle.mileage),
            (vehicle.last_service_on, vehicle.last_service_km),
        )
        if on is not None and km is not None
    ]
    undated = vehicle.mileage is not None and vehicle.mileage_on is None
    found = estimate(vehicle.delivered, [*readings, *own], today)
    return Mileage(vehicle.mileage, False, 0.0) if found is None and undated else found
