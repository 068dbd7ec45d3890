"""Readings of odometers: kept, and what the car is estimated to stand at."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.clock import TIME_ZONE
from bot.domain.booking import VisitKind
from bot.domain.mileage import Mileage, Reading, estimate
from bot.store.lifecycle_tables import MileageReading
from bot.store.tables import Vehicle

VISIT, IMPORT, STAFF = "visit", "import", "staff"
"""Who read it; the customer is ``customer``."""


def record_mileage(session: Session, plate: str, km: int, read_on: date, source: str, now: datetime) -> bool:
    """Keep a reading (``source``: visit, customer, import or staff) in the caller's transaction; again is no error.

    The newest one becomes the car's mileage. False for one that does not fit the car's last one, below it or of an
    earlier day and above it: it is kept, and the newer of the two counts. ``LookupError`` for a car that nobody knows.
    """
    vehicle: Any = session.get(Vehicle, plate, with_for_update=True)
    if vehicle is None:
        raise LookupError("no such car")
    known = readings_of(session, [plate]).get(plate, ())
    fits = keep_reading(session, vehicle, known, Reading(read_on, km), source, now)
    session.flush()
    return fits


def keep_reading(
    session: Session, vehicle: Any, known: Collection[Reading], reading: Reading, source: str, now: datetime
) -> bool:
    """``record_mileage`` of a locked row whose readings are ``known``. What the row alone had said is kept as well."""
    before = [Reading(vehicle.mileage_on, vehicle.mileage)] if vehicle.mileage_on and vehicle.mileage else []
    for each, by in {**dict.fromkeys(before, IMPORT), reading: source}.items():
        if each not in known:
            row = {"plate": vehicle.plate, "read_on": each.on, "km": each.km, "source": by}
            session.add(MileageReading(**row, created_at=now))
    is_newest = vehicle.mileage_on is None or reading.on >= vehicle.mileage_on
    km = reading.km
    fits = vehicle.mileage is None or (km >= vehicle.mileage if is_newest else km <= vehicle.mileage)
    if is_newest:
        vehicle.mileage, vehicle.mileage_on = km, reading.on
    vehicle.look_again_on = None
    return fits


def keep_visit(session: Session, visit: Any, maintenance: Collection[str], now: datetime) -> None:
    """What a completed visit (a row of appointments) tells of its car: the mileage, and where one of the
    ``maintenance`` jobs was done, the last service. Without a reading its mileage is the estimated one."""
    if visit.kind != VisitKind.SERVICE or not visit.plate or session.get(Vehicle, visit.plate) is None:
        return
    on = visit.start.astimezone(TIME_ZONE).date()
    if visit.mileage is not None:
        record_mileage(session, visit.plate, visit.mileage, on, VISIT, now)
    vehicle: Any = session.get(Vehicle, visit.plate, with_for_update=True)
    if set(maintenance).isdisjoint(visit.items) or (vehicle.last_service_on and vehicle.last_service_on > on):
        return
    known = mileage_of(vehicle, readings_of(session, [vehicle.plate]).get(vehicle.plate, ()), on)
    km = visit.mileage if visit.mileage is not None else known.km if known else None
    vehicle.last_service_on, vehicle.last_service_km = on, km
    vehicle.look_again_on = None


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
