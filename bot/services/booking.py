"""Booking, holding, moving and cancelling visits: one function per use case, one transaction each.

A visit claims its resources with rows that nobody can insert twice (``bot.services.claiming``).
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar
from uuid import uuid4

from sqlalchemy.orm import Session

from bot.domain.booking import Slot, VisitKind, VisitRequest, VisitStatus, may_change
from bot.domain.dealership import Dealership
from bot.domain.errors import BookingRefused, Conflict, NotFound, TooLateToChange
from bot.services.availability import Wish, alternatives_to, local, possible_offers
from bot.services.claiming import Placement, place, transact
from bot.store import bookings
from bot.store.bookings import Owner, Row
from bot.store.database import Database
from bot.store.tables import Appointment, Customer, Hold

CODE_LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ"
CODE_DIGITS = "23456789"
CODE_ATTEMPTS = 20

T = TypeVar("T")


@dataclass(frozen=True)
class Contact:
    """Who comes: a name as the customer gave it and a mobile number of 11 digits."""

    name: str
    phone: str


@dataclass(frozen=True)
class HeldSlot:
    id: str
    slot: Slot
    expires_at: datetime


@dataclass(frozen=True)
class BookedVisit:
    """An appointment as everybody else sees it. ``items`` are ids of jobs; ``mileage`` is in km."""

    id: str
    kind: VisitKind
    status: VisitStatus
    code: str
    store: str
    model: str | None
    items: tuple[str, ...]
    start: datetime
    end: datetime
    name: str
    phone: str
    plate: str | None
    mileage: int | None
    resources: tuple[str, ...]
    resource_names: tuple[str, ...]
    conversation_id: str | None
    created_at: datetime
    updated_at: datetime

    @property
    def slot(self) -> Slot:
        return Slot(self.store, self.start, self.end)


def random_code() -> str:
    """A booking code such as KHM374, without letters and digits that look alike."""
    chooser = random.SystemRandom()
    return "".join(chooser.choices(CODE_LETTERS, k=3) + chooser.choices(CODE_DIGITS, k=3))


def hold_slot(
    database: Database,
    dealership: Dealership,
    now: datetime,
    conversation_id: str,
    request: VisitRequest,
    start: datetime,
) -> HeldSlot:
    """Keep a slot for the conversation for ``hold_minutes``, in place of what it held before.

    Raises SlotTaken or BookingRefused with alternatives; the conversation then keeps what it held.
    """
    wish = Wish(dealership, now, request, local(start), Owner(conversation_id=conversation_id))
    return _attempt(database, wish, lambda session: _hold(session, wish, conversation_id))


def release_hold(database: Database, conversation_id: str) -> None:
    """Give back what the conversation holds, if anything."""
    with database.transaction() as session:
        bookings.delete_hold(session, conversation_id)


def book(
    database: Database,
    dealership: Dealership,
    now: datetime,
    conversation_id: str | None,
    request: VisitRequest,
    start: datetime,
    contact: Contact,
    plate: str | None = None,
    mileage: int | None = None,
    request_key: str | None = None,
    make_code: Callable[[], str] = random_code,
) -> BookedVisit:
    """Book a visit, with what the conversation holds if it holds that slot; its hold ends either way.

    The same ``request_key`` from the same conversation gives the booking that the first call made.
    Raises SlotTaken or BookingRefused with alternatives; a hold then stays.
    """
    wish = Wish(dealership, now, request, local(start), Owner(conversation_id=conversation_id))
    key = None if request_key is None else f"{conversation_id or ''}/{request_key}"

    def work(session: Session) -> BookedVisit:
        known = bookings.appointment_of_request(session, key) if key else None
        row = known or _book(session, wish, contact, key, make_code, {"plate": plate, "mileage": mileage})
        return _view(dealership, row)

    return _attempt(database, wish, work)


def find_visit(database: Database, dealership: Dealership, code: str, phone: str) -> BookedVisit:
    """The visit with this code and number, cancelled or not. Raises NotFound if either is wrong."""
    with database.reading() as session:
        return _view(dealership, _find(session, code, phone))


def visits_of_conversation(
    database: Database, dealership: Dealership, conversation_id: str
) -> tuple[BookedVisit, ...]:
    """Everything that the conversation ever booked, by start; cancelled visits are included."""
    with database.reading() as session:
        rows = bookings.appointments(session, conversation_id=conversation_id)
        return tuple(_view(dealership, row) for row in rows)


def list_visits(
    database: Database,
    dealership: Dealership,
    phone: str | None = None,
    from_: datetime | None = None,
    to: datetime | None = None,
) -> tuple[BookedVisit, ...]:
    """Visits that start from ``from_`` on and before ``to``, by start; cancelled ones included, holds not."""
    with database.reading() as session:
        return tuple(_view(dealership, row) for row in bookings.appointments(session, None, phone, from_, to))


def move_visit(
    database: Database,
    dealership: Dealership,
    now: datetime,
    code: str,
    phone: str,
    start: datetime,
    store: str | None = None,
) -> BookedVisit:
    """Move a visit to another time, and store if given. Code and row stay, on failure the old slot too.

    Raises NotFound, TooLateToChange, Conflict for a visit that is not confirmed, SlotTaken or BookingRefused
    with alternatives.
    """
    with database.reading() as session:
        visit = _view(dealership, _find(session, code, phone))
    request = VisitRequest(visit.kind, store or visit.store, visit.model, visit.items)
    wish = Wish(dealership, now, request, local(start), Owner(appointment_id=visit.id), visit.slot)

    def work(session: Session) -> BookedVisit:
        row = _find(session, code, phone, lock=True)
        _require_changeable(dealership, now, row)
        if (row.store, row.start) != (wish.request.store, wish.start):
            _put(row, place(session, wish, possible_offers(wish), appointment_id=row.id), now)
        return _view(dealership, row)

    return _attempt(database, wish, work)


def cancel_visit(
    database: Database, dealership: Dealership, now: datetime, code: str, phone: str
) -> BookedVisit:
    """Cancel a visit and free what it claimed; again is no error.

    Raises NotFound, TooLateToChange, Conflict for a visit that has taken place.
    """

    def work(session: Session) -> BookedVisit:
        row = _find(session, code, phone, lock=True)
        if row.status != VisitStatus.CANCELLED:
            _require_changeable(dealership, now, row)
            row.status, row.updated_at = VisitStatus.CANCELLED.value, now
            bookings.free_all_claims(session, row.id)
        return _view(dealership, row)

    return transact(database, work)


def _attempt(database: Database, wish: Wish, work: Callable[[Session], T]) -> T:
    """Do the work in a transaction; a refusal gets its alternatives after the rollback."""
    try:
        return transact(database, work)
    except BookingRefused as refused:
        alternatives = alternatives_to(database, wish)
        raise type(refused)(refused.reason, alternatives) from None


def _hold(session: Session, wish: Wish, conversation_id: str) -> HeldSlot:
    offers = possible_offers(wish)
    expires_at = wish.now + timedelta(minutes=wish.dealership.rules.hold_minutes)
    hold: Row = bookings.lock_hold(session, conversation_id)
    if hold is None:
        hold = Hold(id=uuid4().hex, conversation_id=conversation_id, details={}, expires_at=expires_at)
        session.add(hold)
        session.flush()
    placement = place(session, wish, offers, hold_id=hold.id)
    hold.details, hold.expires_at = _details(wish.request, placement), expires_at
    return HeldSlot(hold.id, placement.slot, expires_at)


def _details(request: VisitRequest, placement: Placement) -> dict[str, Any]:
    return {
        "kind": request.kind.value,
        "store": placement.slot.store,
        "model": request.model,
        "jobs": list(request.jobs),
        "start": placement.slot.start.isoformat(),
        "end": placement.slot.end.isoformat(),
        "resources": list(placement.resources),
    }


def _book(
    session: Session,
    wish: Wish,
    contact: Contact,
    request_key: str | None,
    make_code: Callable[[], str],
    vehicle: dict[str, Any],
) -> Row:
    """The row is written before the claims, so that a rival with the same request key waits for it."""
    offers = possible_offers(wish)
    conversation_id = wish.mine.conversation_id
    row: Row = Appointment(
        id=uuid4().hex,
        kind=wish.request.kind.value,
        status=VisitStatus.CONFIRMED.value,
        code=_free_code(session, make_code),
        model=wish.request.model,
        items=list(dict.fromkeys(wish.request.jobs)),
        name=contact.name,
        phone=contact.phone,
        conversation_id=conversation_id,
        request_key=request_key,
        created_at=wish.now,
        **vehicle,
    )
    expected = offers[0].plan(wish.start).slot
    _put(row, Placement(expected, ()), wish.now)
    session.add(row)
    session.flush()
    hold = bookings.lock_hold(session, conversation_id) if conversation_id else None
    if hold is not None:
        bookings.turn_hold_into_appointment(session, hold, row.id)
    _put(row, place(session, wish, offers, appointment_id=row.id), wish.now)
    _remember_customer(session, contact, wish.now)
    return row


def _put(row: Row, placement: Placement, now: datetime) -> None:
    slot = placement.slot
    row.store, row.start, row.end = slot.store, slot.start, slot.end
    row.resources, row.updated_at = list(placement.resources), now


def _free_code(session: Session, make_code: Callable[[], str]) -> str:
    """A code that nobody has. A rival who draws the same one meanwhile makes the transaction start again."""
    for _ in range(CODE_ATTEMPTS):
        code = make_code()
        if not bookings.code_is_taken(session, code):
            return code
    raise Conflict("no free booking code was found")


def _remember_customer(session: Session, contact: Contact, now: datetime) -> None:
    customer = bookings.customer_of_phone(session, contact.phone)
    if customer is None:
        session.add(Customer(id=uuid4().hex, phone=contact.phone, name=contact.name, created_at=now))
    elif not customer.name:
        customer.name = contact.name


def _find(session: Session, code: str, phone: str, lock: bool = False) -> Row:
    plain = "".join(character for character in code.upper() if character.isalnum())
    row = bookings.appointment_of_code(session, plain, phone, lock)
    if row is None:
        raise NotFound("no visit with this code and phone number")
    return row


def _require_changeable(dealership: Dealership, now: datetime, row: Row) -> None:
    if row.status != VisitStatus.CONFIRMED:
        raise Conflict(f"the visit is {row.status}")
    if not may_change(dealership.rules, now, row.start):
        raise TooLateToChange(f"the visit starts within {dealership.rules.change_notice_hours} hours")


def _view(dealership: Dealership, row: Row) -> BookedVisit:
    names = {resource.id: resource.name for resource in dealership.resources}
    return BookedVisit(
        id=row.id,
        kind=VisitKind(row.kind),
        status=VisitStatus(row.status),
        code=row.code,
        store=row.store,
        model=row.model,
        items=tuple(row.items),
        start=row.start,
        end=row.end,
        name=row.name,
        phone=row.phone,
        plate=row.plate,
        mileage=row.mileage,
        resources=tuple(row.resources),
        resource_names=tuple(names.get(resource, resource) for resource in row.resources),
        conversation_id=row.conversation_id,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )
