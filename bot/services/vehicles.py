"""Customers' cars: who owns which, and what the lifecycle schedule says about one."""

from __future__ import annotations

import unicodedata
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot.domain.dealership import Dealership, Powertrain
from bot.domain.errors import NotFound
from bot.domain.lifecycle import Schedule, VehicleState, job_of_visit, next_service, stage_of, warranty
from bot.store.database import Database
from bot.store.tables import Customer, Vehicle


@dataclass(frozen=True)
class VehicleRecord:
    """A car as the dealer knows it; ``mileage`` in km was read on ``mileage_on``."""

    plate: str
    phone: str
    customer_id: str
    name: str | None
    model: str
    delivered: date
    mileage: int | None
    mileage_on: date | None
    last_service_on: date | None
    last_service_km: int | None


@dataclass(frozen=True)
class LifecycleAnswer:
    """Plain values for a reply template; the enums as text ("date", "mileage", "both").

    Distances in km, times in minutes and days, ``service_price`` in 元 (0 is free). What is left is negative
    once passed and None where nobody said the mileage. ``…_nearer`` is an estimate, ``…_overdue_by`` and
    ``…_ended_by`` are facts. ``service_km_estimated``: km, job and items follow from the car's age alone. The
    ``battery_…`` values are None for a car with an engine.
    """

    stage: str
    stage_name: str
    delivered: date
    mileage: int | None
    service_job: str
    service_name: str
    service_minutes: int
    service_price: int
    service_free: bool
    service_first: bool
    service_items: tuple[str, ...]
    service_km: int
    service_km_estimated: bool
    service_km_left: int | None
    service_on: date
    service_days_left: int
    service_nearer: str
    service_overdue: bool
    service_overdue_by: str | None
    in_warranty: bool
    warranty_km: int
    warranty_km_left: int | None
    warranty_ends_on: date
    warranty_days_left: int
    warranty_nearer: str
    warranty_ended_by: str | None
    battery_in_warranty: bool | None = None
    battery_km: int | None = None
    battery_km_left: int | None = None
    battery_ends_on: date | None = None
    battery_days_left: int | None = None
    battery_nearer: str | None = None
    battery_ended_by: str | None = None


def canonical_plate(plate: str) -> str:
    """A plate as it is stored: upper case, without dot and space ("浙A·d1001" → "浙AD1001")."""
    return "".join(sign for sign in unicodedata.normalize("NFKC", plate).upper() if sign.isalnum())


def find_vehicle(database: Database, phone: str, plate: str) -> VehicleRecord | None:
    """The car whose plate and whose owner's phone (11 digits) both match, else None.

    A wrong phone and an unknown plate look the same: neither tells whether the other exists.
    """
    query = (
        sa.select(Vehicle, Customer)
        .join(Customer, Customer.id == Vehicle.customer_id)
        .where(Vehicle.plate == canonical_plate(plate), Customer.phone == phone.strip())
    )
    with database.reading() as session:
        row = session.execute(query).one_or_none()
    return None if row is None else record_of(*row)


def model_of_plate(database: Database, dealership: Dealership, plate: str) -> str | None:
    """The model of the car with this plate, for staff; None where the dealer knows no such car or model."""
    with database.reading() as session:
        vehicle = session.get(Vehicle, canonical_plate(plate))
    models = {model.id for model in dealership.models}
    return vehicle.model if vehicle is not None and vehicle.model in models else None


def fill_demo_customers(database: Database, entries: Iterable[Mapping[str, Any]], now: datetime) -> int:
    """Add the customers and cars of ``dealership/customers.yml`` that are not there; returns how many cars.

    What exists is left as it is, whoever changed it. Dates may be ISO text or dates.
    """
    with database.transaction() as session:
        return sum(_fill_customer(session, entry, now) for entry in entries)


def state_of_record(dealership: Dealership, record: VehicleRecord) -> VehicleState:
    """What the rules need to know of a car; raises NotFound for a model that the dealer does not list."""
    return VehicleState(
        model_powertrain=_powertrain(dealership, record.model),
        delivered=record.delivered,
        mileage=record.mileage,
        last_service_on=record.last_service_on,
        last_service_km=record.last_service_km,
    )


def state_of_car(dealership: Dealership, vehicle: Any, km: int | None) -> VehicleState:
    """The same for a row of vehicles that stands at ``km``; raises NotFound."""
    return VehicleState(
        model_powertrain=_powertrain(dealership, vehicle.model),
        delivered=vehicle.delivered,
        mileage=km,
        last_service_on=vehicle.last_service_on,
        last_service_km=vehicle.last_service_km,
    )


def state_as_told(
    dealership: Dealership, model_id: str, delivered: date, mileage: int | None
) -> VehicleState:
    """The same for a car that is not on record: the owner says delivery date and mileage; raises NotFound."""
    return VehicleState(_powertrain(dealership, model_id), delivered, mileage)


def suggested_job(schedule: Schedule, powertrain: Powertrain, mileage: int | None) -> str:
    """The maintenance job for a customer who asks for "a service" and says at most the mileage."""
    return job_of_visit(schedule, powertrain, mileage)


def lifecycle_answer(
    dealership: Dealership, schedule: Schedule, vehicle: VehicleState, today: date
) -> LifecycleAnswer:
    """Stage, next service (with the workshop job's name, minutes and price) and warranty of a car."""
    stage = stage_of(schedule, vehicle, today)
    return LifecycleAnswer(
        stage=stage.id,
        stage_name=stage.name,
        delivered=vehicle.delivered,
        mileage=vehicle.mileage,
        **_service_values(dealership, schedule, vehicle, today),
        **_warranty_values(dealership, vehicle, today),
    )


def _service_values(
    dealership: Dealership, schedule: Schedule, vehicle: VehicleState, today: date
) -> dict[str, Any]:
    service = next_service(schedule, vehicle, today)
    job = dealership.service(service.job)
    return {
        "service_job": job.id,
        "service_name": job.name,
        "service_minutes": job.minutes,
        "service_price": 0 if service.free else job.price,
        "service_free": service.free,
        "service_first": service.first,
        "service_items": tuple(item.name for item in service.items),
        "service_km": service.km,
        "service_km_estimated": service.km_estimated,
        "service_km_left": service.km_left,
        "service_on": service.on,
        "service_days_left": service.days_left,
        "service_nearer": service.nearer.value,
        "service_overdue": service.overdue,
        "service_overdue_by": service.overdue_by and service.overdue_by.value,
    }


def _warranty_values(dealership: Dealership, vehicle: VehicleState, today: date) -> dict[str, Any]:
    status = warranty(dealership.profile.warranty, vehicle, today)
    values: dict[str, Any] = {"in_warranty": status.in_warranty}
    if status.battery is not None:
        values["battery_in_warranty"] = status.battery.in_warranty
    for prefix, cover in (("warranty", status), ("battery", status.battery)):
        if cover is not None:
            values |= {
                f"{prefix}_km": cover.km_limit,
                f"{prefix}_km_left": cover.km_left,
                f"{prefix}_ends_on": cover.ends_on,
                f"{prefix}_days_left": cover.days_left,
                f"{prefix}_nearer": cover.nearer.value,
                f"{prefix}_ended_by": cover.ended_by and cover.ended_by.value,
            }
    return values


def _fill_customer(session: Session, entry: Mapping[str, Any], now: datetime) -> int:
    customer = _customer(session, entry["phone"])
    if customer is None:
        new = Customer(id=uuid.uuid4().hex, phone=entry["phone"], name=entry.get("name"), created_at=now)
        customer = new if _added(session, new) else _customer(session, entry["phone"])
    return sum(_fill_vehicle(session, customer.id, vehicle) for vehicle in entry["vehicles"])


def _fill_vehicle(session: Session, customer_id: str, entry: Mapping[str, Any]) -> bool:
    plate = canonical_plate(entry["plate"])
    if session.get(Vehicle, plate) is not None:
        return False
    vehicle = Vehicle(
        plate=plate,
        customer_id=customer_id,
        model=entry["model"],
        delivered=_date(entry["delivered"]),
        mileage=entry.get("mileage"),
        mileage_on=_date(entry.get("mileage_on")),
        last_service_on=_date(entry.get("last_service_on")),
        last_service_km=entry.get("last_service_km"),
    )
    return _added(session, vehicle)


def _added(session: Session, row: Customer | Vehicle) -> bool:
    """Insert within a savepoint; False when another process got there first (workers that start together)."""
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:
        return False
    return True


def _customer(session: Session, phone: str) -> Any:
    return session.scalar(sa.select(Customer).where(Customer.phone == phone))


def _date(value: Any) -> date | None:
    return date.fromisoformat(value) if isinstance(value, str) else value


def _powertrain(dealership: Dealership, model_id: str) -> Powertrain:
    for model in dealership.models:
        if model.id == model_id:
            return model.powertrain
    raise NotFound(f"no model {model_id!r}")


def record_of(vehicle: Any, customer: Any) -> VehicleRecord:
    """A row of vehicles with that of its owner."""
    return VehicleRecord(
        plate=vehicle.plate,
        phone=customer.phone,
        customer_id=customer.id,
        name=customer.name,
        model=vehicle.model,
        delivered=vehicle.delivered,
        mileage=vehicle.mileage,
        mileage_on=vehicle.mileage_on,
        last_service_on=vehicle.last_service_on,
        last_service_km=vehicle.last_service_km,
    )
