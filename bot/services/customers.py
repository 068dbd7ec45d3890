"""Customers as staff know them: whose conversation it is, searching, linking, changing, revealing a telephone number.

Numbers leave this module masked, but for ``reveal_phone`` and ``reveal_message``, which write who asked
(``customer.revealed``).
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.clock import TIME_ZONE
from bot.domain.conversation import Author
from bot.domain.dealership import Dealership
from bot.domain.errors import InvalidInput, NotFound, WrongState
from bot.services import audit
from bot.services.audit import Actor
from bot.services.masking import mask_phone, mask_phones, mask_plate, phones_in
from bot.services.mileage import STAFF, record_mileage
from bot.services.referrals import settle
from bot.services.vehicles import canonical_plate
from bot.store.database import Database
from bot.store.lifecycle_tables import EventSignup, Task
from bot.store.staff_tables import AuditEntry, Case, Lead, User
from bot.store.tables import Appointment, Conversation, Customer, Message, Vehicle, WaitlistEntry

SEEN_AGAIN = timedelta(minutes=10)
"""Looking at the same customer again within this time writes no second line."""
FEWEST_DIGITS = 4
LATEST_WORDS = 200
"""So many of the customer's last messages are looked through for a number."""
REVEALED = {
    "customers": Customer,
    "appointments": Appointment,
    "cases": Case,
    "leads": Lead,
    "tasks": Task,
    "event-signups": EventSignup,
    "waitlist": WaitlistEntry,
    "conversations": Conversation,
}
"""What has a telephone number to reveal, as in the addresses of the staff API."""
_Row = Any


@dataclass(frozen=True)
class CustomerLine:
    """A customer in a list; ``adviser`` is a resource of the dealership or a username."""

    id: str
    name: str | None
    phone: str
    email: str | None
    adviser: str | None
    plates: tuple[str, ...]
    models: tuple[str, ...]


@dataclass(frozen=True)
class CustomerChange:
    """What is to be another; None stays, "" is nothing."""

    name: str | None = None
    email: str | None = None
    adviser: str | None = None


@dataclass(frozen=True)
class VehicleEntry:
    """A car as staff write it down; mileage in km."""

    plate: str
    model: str
    delivered: date
    mileage: int | None = None
    last_service_on: date | None = None
    last_service_km: int | None = None


@dataclass(frozen=True)
class Known:
    """Who writes, as far as is known. ``by``: linked (a person said so), or the newest of booking, case, lead,
    waitlist and message whose number the customer gave in this conversation; ``message``: which one it was."""

    phone: str
    customer: _Row | None
    by: str
    message: int | None = None


def find_customers(database: Database, query: str, limit: int = 50) -> list[CustomerLine]:
    """By the end of the number (four digits or more), name, plate or booking code; without a query the newest."""
    statement = sa.select(Customer).order_by(Customer.created_at.desc(), Customer.id).limit(limit)
    wanted = query.strip()
    if wanted:
        statement = statement.where(sa.or_(*_conditions(wanted)))
    with database.reading() as session:
        return _lines(session, session.scalars(statement).all())


def known_customer(session: Session, conversation: _Row) -> Known | None:
    """Whose conversation it is; None where no number is known."""
    if conversation.customer_id is not None:
        customer = session.get(Customer, conversation.customer_id)
        if customer is not None:
            return Known(customer.phone, customer, "linked")
    newest = max(_numbers(session, conversation.id), key=lambda found: found[0], default=None)
    if newest is None:
        return None
    _, by, phone, message = newest
    return Known(phone, _of_phone(session, phone), by, message)


def link_customer(
    database: Database,
    conversation_id: str,
    actor: Actor,
    now: datetime,
    phone: str | None = None,
    name: str | None = None,
    message: int | None = None,
) -> str:
    """Say whose conversation it is, and give the customer's id. Without a phone it is the number that is known.

    ``message``: the sequence number of the customer's message that has the number. A customer who is not on record
    yet is written down. Raises ``NotFound``, and ``InvalidInput`` without a number.
    """
    with database.transaction() as session:
        conversation = _locked(session, Conversation, conversation_id)
        if phone is None and message is not None:
            phone = _phone_of_message(session, conversation_id, message)
        known = known_customer(session, conversation) if phone is None else None
        number = phone or (known.phone if known else None)
        if number is None:
            raise InvalidInput("no telephone number is known of this conversation")
        customer = _of_phone(session, number)
        if customer is None:
            customer = Customer(id=uuid.uuid4().hex, phone=number, name=name, created_at=now)
            session.add(customer)
            session.flush()
        settle(session, conversation_id, number, now)
        customer.name = name or customer.name
        conversation.customer_id = customer.id
        audit.note(session, actor, "customer.linked", now, customer.id, conversation_id)
        return str(customer.id)


def change_customer(
    database: Database, dealership: Dealership, id_: str, change: CustomerChange, actor: Actor, now: datetime
) -> None:
    """Raises ``NotFound``, and ``InvalidInput`` for an adviser that there is not."""
    with database.transaction() as session:
        customer = _locked(session, Customer, id_)
        if change.adviser:
            _require_adviser(session, dealership, change.adviser)
        changed = [
            name
            for name in ("name", "email", "adviser")
            if getattr(change, name) is not None
            and (getattr(change, name) or None) != (getattr(customer, name) or None)
        ]
        for name in changed:
            setattr(customer, name, getattr(change, name) or None)
        if changed:
            audit.note(session, actor, "customer.changed", now, id_, details={"fields": changed})


def put_vehicle(
    database: Database, dealership: Dealership, id_: str, entry: VehicleEntry, actor: Actor, now: datetime
) -> None:
    """Write a customer's car down, or what is new of it. Raises ``NotFound``, ``InvalidInput`` for a model that the
    dealer does not list, ``WrongState`` for a plate that is another customer's."""
    if entry.model not in {model.id for model in dealership.models}:
        raise InvalidInput("model is not one of the dealer's")
    plate = canonical_plate(entry.plate)
    with database.transaction() as session:
        _locked(session, Customer, id_)
        vehicle: _Row = session.get(Vehicle, plate)
        if vehicle is None:
            vehicle = Vehicle(plate=plate, customer_id=id_)
            session.add(vehicle)
        elif vehicle.customer_id != id_:
            raise WrongState("the plate is another customer's", "这个车牌已经登记在另一位客户名下。")
        vehicle.model, vehicle.delivered = entry.model, entry.delivered
        vehicle.last_service_on, vehicle.last_service_km = entry.last_service_on, entry.last_service_km
        vehicle.look_again_on = None
        session.flush()
        if entry.mileage is not None and entry.mileage != vehicle.mileage:
            record_mileage(session, plate, entry.mileage, now.astimezone(TIME_ZONE).date(), STAFF, now)
        audit.note(session, actor, "customer.vehicle_changed", now, id_, details={"plate": mask_plate(plate)})


def remove_vehicle(database: Database, id_: str, plate: str, actor: Actor, now: datetime) -> None:
    """The car is no longer this customer's. Raises ``NotFound``."""
    with database.transaction() as session:
        vehicle: _Row = session.get(Vehicle, canonical_plate(plate))
        if vehicle is None or vehicle.customer_id != id_:
            raise NotFound("no such vehicle")
        session.delete(vehicle)
        audit.note(
            session, actor, "customer.vehicle_removed", now, id_, details={"plate": mask_plate(vehicle.plate)}
        )


def whole_number(database: Database, id_: str) -> str:
    """The whole number of a customer; raises ``NotFound``."""
    with database.reading() as session:
        customer = session.get(Customer, id_)
        if customer is None:
            raise NotFound("no such customer")
        return str(customer.phone)


def reveal_phone(database: Database, kind: str, id_: str, actor: Actor, now: datetime) -> str:
    """The whole number of a row of ``REVEALED``; the log gets who asked. Raises ``NotFound``."""
    with database.transaction() as session:
        row: _Row = session.get(REVEALED[kind], id_)
        if row is None:
            raise NotFound(f"no such {kind}")
        conversation_id = id_ if kind == "conversations" else getattr(row, "conversation_id", None) or None
        if kind == "conversations":
            known = known_customer(session, row)
            phone, customer = (known.phone, known.customer) if known else (None, None)
        else:
            phone = row.phone
            customer = row if kind == "customers" else _of_phone(session, phone or "")
        if not phone:
            raise NotFound("no telephone number is known")
        details = {"by": kind, "id": id_}
        subject = customer.id if customer is not None else id_
        audit.note(session, actor, "customer.revealed", now, subject, conversation_id, details)
        return str(phone)


def reveal_message(database: Database, conversation_id: str, seq: int, actor: Actor, now: datetime) -> str:
    """The text of a message with the numbers that are masked in it; the log gets who asked. Raises ``NotFound``."""
    with database.transaction() as session:
        row: _Row = session.get(Message, (conversation_id, seq))
        if row is None or mask_phones(row.text) == row.text:
            raise NotFound("no such message with a number")
        details = {"by": "messages", "id": seq}
        audit.note(session, actor, "customer.revealed", now, conversation_id, conversation_id, details)
        return str(row.text)


def phone_of_customer(database: Database, id_: str) -> str:
    """The number to book with, for the program alone. Raises ``InvalidInput`` for nobody."""
    with database.reading() as session:
        customer: _Row = session.get(Customer, id_)
        if customer is None:
            raise InvalidInput("customer_id is not that of a customer")
        return str(customer.phone)


def note_seen(
    database: Database,
    actor: Actor,
    now: datetime,
    subject: str,
    conversation_id: str | None = None,
    action: str = "customer.seen",
) -> None:
    """Write that somebody looked at a customer (a conversation's card, a list), once in ``SEEN_AGAIN``."""
    with database.transaction() as session:
        lately = sa.select(AuditEntry.id).where(
            AuditEntry.username == actor.username,
            AuditEntry.action == action,
            AuditEntry.subject == subject,
            AuditEntry.at > now - SEEN_AGAIN,
        )
        if session.scalars(lately.limit(1)).first() is None:
            audit.note(session, actor, action, now, subject, conversation_id)


def adviser_name(session: Session, dealership: Dealership, id_: str | None) -> str | None:
    """The name behind a resource's id or a username."""
    if id_ is None:
        return None
    for resource in dealership.resources:
        if resource.id == id_:
            return resource.name
    user = session.get(User, id_)
    return id_ if user is None else user.name or user.username


def _conditions(wanted: str) -> Iterable[Any]:
    digits = "".join(sign for sign in wanted if sign.isdigit() and sign.isascii())
    if len(digits) >= FEWEST_DIGITS and not wanted.strip("0123456789 -+"):
        yield Customer.phone.endswith(digits[-11:], autoescape=True)
    yield Customer.name.contains(wanted, autoescape=True)
    plate = canonical_plate(wanted)
    if len(plate) >= FEWEST_DIGITS:
        plates = sa.select(Vehicle.customer_id).where(Vehicle.plate.contains(plate, autoescape=True))
        coded = sa.select(Appointment.phone).where(
            sa.or_(Appointment.code == plate, Appointment.plate == plate)
        )
        yield Customer.id.in_(plates)
        yield Customer.phone.in_(coded)


def _lines(session: Session, customers: Iterable[_Row]) -> list[CustomerLine]:
    customers = list(customers)
    cars = session.scalars(
        sa.select(Vehicle)
        .where(Vehicle.customer_id.in_([row.id for row in customers]))
        .order_by(Vehicle.plate)
    ).all()
    return [
        CustomerLine(
            row.id,
            row.name,
            mask_phone(row.phone),
            row.email,
            row.adviser,
            tuple(car.plate for car in cars if car.customer_id == row.id),
            tuple(car.model for car in cars if car.customer_id == row.id),
        )
        for row in customers
    ]


def _numbers(session: Session, conversation_id: str) -> Iterable[tuple[datetime, str, str, int | None]]:
    """When, by what and which number was given in a conversation, and in which message: the newest of each kind."""
    for by, table in (("booking", Appointment), ("case", Case), ("lead", Lead), ("waitlist", WaitlistEntry)):
        newest = (
            sa.select(table.created_at, table.phone)
            .where(table.conversation_id == conversation_id, table.phone.is_not(None), table.phone != "")
            .order_by(table.created_at.desc())
            .limit(1)
        )
        for at, phone in session.execute(newest):
            yield at, by, phone, None
    said = _said_by_customer(conversation_id).order_by(Message.seq.desc()).limit(LATEST_WORDS)
    for row in session.scalars(said):
        if phones := phones_in(row.text):
            yield row.created_at, "message", phones[-1], row.seq
            return


def _phone_of_message(session: Session, conversation_id: str, seq: int) -> str:
    row = session.scalars(_said_by_customer(conversation_id).where(Message.seq == seq)).first()
    phones = phones_in(row.text) if row is not None else []
    if not phones:
        raise InvalidInput("the customer gave no telephone number in this message")
    return phones[-1]


def _said_by_customer(conversation_id: str) -> Any:
    own = Message.author == Author.CUSTOMER.value
    return sa.select(Message).where(Message.conversation_id == conversation_id, own)


def _require_adviser(session: Session, dealership: Dealership, id_: str) -> None:
    user = session.get(User, id_)
    if id_ not in {resource.id for resource in dealership.resources} and (user is None or not user.is_active):
        raise InvalidInput("adviser is neither a resource of the dealership nor a member of the staff")


def _of_phone(session: Session, phone: str) -> _Row | None:
    return session.scalars(sa.select(Customer).where(Customer.phone == phone)).first()


def _locked(session: Session, table: Any, id_: str) -> _Row:
    row = session.scalars(sa.select(table).where(table.id == id_).with_for_update()).first()
    if row is None:
        raise NotFound(f"no such {table.__name__.lower()}")
    return row
