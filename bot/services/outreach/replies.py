"""What owners tell us about their cars and about being written to: mileage, a service elsewhere, no more messages."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.domain.booking import VisitKind
from bot.domain.mileage import Mileage
from bot.services.consents import Purpose, say
from bot.services.mileage import mileage_of, readings_of, record_mileage
from bot.services.outreach.contacts import LISTENED, OutreachView, view
from bot.services.vehicles import VehicleRecord, record_of
from bot.store.database import Database
from bot.store.lifecycle_tables import Outreach
from bot.store.tables import Appointment, Conversation, Customer, Vehicle

SOURCE = "customer"


def car_of_contact(database: Database, contact: OutreachView) -> VehicleRecord | None:
    """The car that a contact is about; None where it has another owner since."""
    with database.reading() as session:
        vehicle: Any = session.get(Vehicle, contact.plate)
        if vehicle is None or vehicle.customer_id != contact.customer_id:
            return None
        return record_of(vehicle, session.get(Customer, contact.customer_id))


def car_of_newest(database: Database, conversation_id: str, now: datetime) -> VehicleRecord | None:
    """The car of the newest contact that came into a conversation lately, answered or not."""
    query = (
        sa.select(Outreach)
        .where(Outreach.conversation_id == conversation_id, Outreach.sent_at > now - LISTENED)
        .order_by(Outreach.sent_at.desc())
        .limit(1)
    )
    with database.reading() as session:
        row = session.scalars(query).first()
    return None if row is None else car_of_contact(database, view(row))


def linked_car(database: Database, conversation_id: str) -> VehicleRecord | None:
    """The only car of the customer whom the conversation is linked to; None for none or several."""
    query = (
        sa.select(Vehicle, Customer)
        .join(Customer, Customer.id == Vehicle.customer_id)
        .join(Conversation, Conversation.customer_id == Customer.id)
        .where(Conversation.id == conversation_id, Vehicle.left_on.is_(None))
        .limit(2)
    )
    with database.reading() as session:
        rows = session.execute(query).all()
        return record_of(*rows[0]) if len(rows) == 1 else None


def linked_phone(database: Database, conversation_id: str) -> str | None:
    """The number of the customer whom the conversation is linked to."""
    query = (
        sa.select(Customer.phone)
        .join(Conversation, Conversation.customer_id == Customer.id)
        .where(Conversation.id == conversation_id)
    )
    with database.reading() as session:
        return session.scalars(query).first()


def usual_store(database: Database, plate: str) -> str | None:
    """Where the car belongs, else where its last service was booked."""
    last = (
        sa.select(Appointment.store)
        .where(Appointment.plate == plate, Appointment.kind == VisitKind.SERVICE.value)
        .order_by(Appointment.start.desc())
        .limit(1)
    )
    with database.reading() as session:
        vehicle: Any = session.get(Vehicle, plate)
        of_car = vehicle.store if vehicle is not None else None
        return of_car or session.scalars(last).first()


def mileage_now(database: Database, plate: str, today: date) -> Mileage | None:
    """What the car stands at on ``today``, estimated from its history where nobody has just read it."""
    with database.reading() as session:
        vehicle = session.get(Vehicle, plate)
        if vehicle is None:
            return None
        return mileage_of(vehicle, readings_of(session, [plate]).get(plate, ()), today)


def correct_mileage(database: Database, plate: str, km: int, today: date, now: datetime) -> bool:
    """Keep what the owner reads today; False where an earlier reading is higher. ``LookupError`` for no such car."""
    with database.transaction() as session:
        return record_mileage(session, plate, km, today, SOURCE, now)


def note_service(
    database: Database, plate: str, on: date | None, km: int | None, today: date, now: datetime
) -> None:
    """A service that was done elsewhere, on a day (today where nobody said) and at a mileage (else as estimated).

    One that is older than the last known one changes nothing.
    """
    with database.transaction() as session:
        vehicle: Any = session.get(Vehicle, plate, with_for_update=True)
        day = min(on or today, today)
        if vehicle is None or (vehicle.last_service_on is not None and day < vehicle.last_service_on):
            return
        at = km if km is not None else _estimated(session, vehicle, day)
        vehicle.last_service_on, vehicle.last_service_km = day, at
        vehicle.look_again_on = None
        if km is not None:
            record_mileage(session, plate, km, day, SOURCE, now)


def allow_messages(
    database: Database,
    conversation_id: str,
    phone: str | None,
    purposes: Iterable[Purpose],
    granted: bool,
    now: datetime,
) -> None:
    """Note that the customer wants, or no longer wants, to be written to for these purposes."""
    with database.transaction() as session:
        for purpose in purposes:
            say(session, purpose, granted, "dialogue", now, phone=phone, conversation_id=conversation_id)


def _estimated(session: Session, vehicle: Any, day: date) -> int | None:
    found = mileage_of(vehicle, readings_of(session, [vehicle.plate]).get(vehicle.plate, ()), day)
    return found.km if found is not None else None
