"""Booking, holding, moving and cancelling visits: one function per use case, one transaction each.

A visit claims its resources with rows that nobody can insert twice (``bot.services.claiming``).
"""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, TypeVar
from uuid import uuid4

from sqlalchemy.orm import Session

from bot.domain.attendance import may_cancel, must_be_confirmed
from bot.domain.booking import Offer, Slot, VisitKind, VisitRequest, VisitStatus, may_change
from bot.domain.dealership import Dealership
from bot.domain.errors import BookingRefused, Conflict, TooLateToChange, WrongState
from bot.services import metrics, profiles, reminders
from bot.services.attendance import ask_for_approval
from bot.services.audit import Actor
from bot.services.availability import Wish, alternatives_to, local, possible_offers
from bot.services.cases import close_visit_case
from bot.services.claiming import Placement, place, transact
from bot.services.holding import HeldSlot, put_hold
from bot.services.leads import lead_of_visit
from bot.services.outreach.contacts import booked as note_invited
from bot.services.visits import BookedVisit, Contact, note_change, row_of_code, view_of
from bot.services.waitlist_offers import close_fulfilled, offer_freed
from bot.store import bookings
from bot.store.bookings import Owner, Row
from bot.store.database import Database
from bot.store.tables import Appointment, Customer

CODE_LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ"
CODE_DIGITS = "23456789"
CODE_ATTEMPTS = 20

T = TypeVar("T")


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
    wish = Wish(dealership, now, request, local(start), Owner(holder=conversation_id))
    expires_at = now + timedelta(minutes=dealership.rules.hold_minutes)
    return _attempt(database, wish, lambda session: put_hold(session, wish, conversation_id, expires_at))


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
    by_staff: bool = False,
    booked_by: str | None = None,
    actor: Actor | None = None,
) -> BookedVisit:
    """Book a visit, with what the conversation holds if it holds that slot; its hold ends either way.

    The same ``request_key`` from the same conversation gives the booking that the first call made. Staff need not
    keep the notice beforehand, and the customer is told. Raises SlotTaken or BookingRefused with alternatives (a hold
    then stays), and WrongState for a ``request_key`` that made a booking of other content. ``booked_by``: the adviser
    (username) who looks after the lead that comes of it; ``actor``: who is named in the audit log.
    """
    holder = None if by_staff else conversation_id
    wish = Wish(dealership, now, request, local(start), Owner(holder), by_staff=by_staff, phone=contact.phone)
    key = None if request_key is None else f"{conversation_id or ''}/{request_key}"
    vehicle = {"plate": plate, "mileage": mileage}

    def work(session: Session) -> BookedVisit:
        known = bookings.appointment_of_request(session, key) if key else None
        if known is not None:
            _require_same(known, wish, contact, vehicle)
        row = known or write_booking(
            session, wish, contact, conversation_id, key, vehicle, make_code, booked_by
        )
        note_change(session, actor, "appointment.booked", row, now)
        return view_of(dealership, row)

    return _attempt(database, wish, work)


def move_visit(
    database: Database,
    dealership: Dealership,
    now: datetime,
    code: str,
    phone: str | None,
    start: datetime,
    store: str | None = None,
    by_staff: bool = False,
    adviser: str | None = None,
    actor: Actor | None = None,
) -> BookedVisit:
    """Move a visit to another time, and store if given. Code and row stay, on failure the old slot too.

    ``adviser``: with this one alone, who is the one wished for from then on; the time may be the old one. Staff need
    neither the phone number (None) nor to keep a notice, and the customer is told. Raises NotFound, TooLateToChange,
    WrongState for a visit that is not confirmed, SlotTaken or BookingRefused with alternatives.
    """
    with database.reading() as session:
        visit = view_of(dealership, row_of_code(session, code, phone))
    request = VisitRequest(visit.kind, store or visit.store, visit.model, visit.items, adviser)
    mine = Owner(appointment_id=visit.id)
    wish = Wish(dealership, now, request, local(start), mine, visit.slot, by_staff, visit.phone)

    def work(session: Session) -> BookedVisit:
        row = row_of_code(session, code, phone, lock=True)
        require_changeable(dealership, now, row, by_staff)
        same_person = adviser is None or (adviser == row.adviser and adviser in row.resources)
        same_place = (row.store, row.start) == (wish.request.store, wish.start)
        if row.needs_new_time or not (same_place and same_person):
            left = Slot(row.store, row.start, row.end)
            _put(row, place(session, wish, possible_offers(wish), appointment_id=row.id), now)
            if not row.needs_approval:
                close_visit_case(session, row, now)
            row.needs_new_time, row.promised_at = False, None
            row.adviser = adviser or row.adviser
            row.sequence += 1
            reminders.moved(session, dealership, row, now, told=not by_staff)
            offer_freed(session, dealership, now, left)
            _count(session, row, "moved")
        note_change(session, actor, "appointment.moved", row, now)
        return view_of(dealership, row)

    return _attempt(database, wish, work)


def cancel_visit(
    database: Database,
    dealership: Dealership,
    now: datetime,
    code: str,
    phone: str | None,
    by_staff: bool = False,
    actor: Actor | None = None,
) -> BookedVisit:
    """Cancel a visit and free what it claimed; again is no error.

    Staff need neither the phone number (None) nor to keep a notice, and the customer is told. Raises NotFound,
    TooLateToChange, WrongState for a visit that has taken place or whose day is over.
    """

    def work(session: Session) -> BookedVisit:
        row = row_of_code(session, code, phone, lock=True)
        if row.status != VisitStatus.CANCELLED:
            require_changeable(dealership, now, row, by_staff)
            may_cancel(now, row.start, row.needs_new_time)
            row.status, row.updated_at = VisitStatus.CANCELLED.value, now
            row.sequence += 1
            bookings.free_all_claims(session, row.id)
            close_visit_case(session, row, now)
            reminders.cancelled(session, dealership, row, now, told=not by_staff)
            offer_freed(session, dealership, now, Slot(row.store, row.start, row.end))
            _count(session, row, "cancelled")
        note_change(session, actor, "appointment.cancelled", row, now)
        return view_of(dealership, row)

    return transact(database, work)


def _attempt(database: Database, wish: Wish, work: Callable[[Session], T]) -> T:
    """Do the work in a transaction; a refusal gets its alternatives after the rollback."""
    try:
        return transact(database, work)
    except BookingRefused as refused:
        alternatives = alternatives_to(database, wish)
        raise type(refused)(refused.reason, alternatives) from None


def write_booking(
    session: Session,
    wish: Wish,
    contact: Contact,
    conversation_id: str | None,
    request_key: str | None,
    vehicle: dict[str, Any],
    make_code: Callable[[], str] = random_code,
    booked_by: str | None = None,
) -> Row:
    """``book`` inside a transaction; what ``wish.mine`` holds is used. ``vehicle``: plate and mileage (km), if known.

    The row is written before the claims, so that a rival with the same request key waits for it.
    """
    offers = possible_offers(wish)
    code = free_code(session, make_code)
    row = _new_row(wish, contact, code, conversation_id=conversation_id, request_key=request_key, **vehicle)
    _put(row, Placement(offers[0].plan(wish.start).slot, ()), wish.now)
    session.add(row)
    session.flush()
    _claim(session, wish, offers, row)
    remember_customer(session, contact, wish.now)
    profiles.join(session, contact.phone, conversation_id, wish.now)
    if not wish.by_staff:
        ask_for_approval(session, wish.dealership, row, wish.now)
    reminders.booked(session, wish.dealership, row, wish.now, told=not wish.by_staff)
    if row.kind == VisitKind.SERVICE:
        note_invited(session, row, wish.dealership.maintenance, wish.now)
    lead_of_visit(session, row, wish.now, wish.by_staff, booked_by)
    _count(session, row, "booked")
    return row


def _count(session: Session, row: Row, change: str) -> None:
    metrics.count_when_committed(session, metrics.BOOKINGS, row.kind, change)


def _new_row(wish: Wish, contact: Contact, code: str, **more: Any) -> Row:
    """A visit without its place."""
    return Appointment(
        id=uuid4().hex,
        kind=wish.request.kind.value,
        status=VisitStatus.CONFIRMED.value,
        code=code,
        model=wish.request.model,
        items=list(dict.fromkeys(wish.request.jobs)),
        adviser=wish.request.adviser,
        name=contact.name,
        phone=contact.phone,
        created_at=wish.now,
        **more,
    )


def _claim(session: Session, wish: Wish, offers: tuple[Offer, ...], row: Row) -> None:
    """Claim the place of a new visit: with what is held, and with what its customer was offered from the waitlist."""
    hold = bookings.lock_hold(session, wish.mine.holder) if wish.mine.holder else None
    if hold is not None:
        bookings.turn_hold_into_appointment(session, hold, row.id)
    freed = close_fulfilled(session, row, wish.now, wish.mine.holder)
    _put(row, place(session, wish, offers, appointment_id=row.id), wish.now)
    for slot in freed:
        offer_freed(session, wish.dealership, wish.now, slot)


def _put(row: Row, placement: Placement, now: datetime) -> None:
    slot = placement.slot
    row.store, row.start, row.end = slot.store, slot.start, slot.end
    row.resources, row.updated_at = list(placement.resources), now


def free_code(session: Session, make_code: Callable[[], str]) -> str:
    """A code that nobody has. A rival who draws the same one meanwhile makes the transaction start again."""
    for _ in range(CODE_ATTEMPTS):
        code = make_code()
        if not bookings.code_is_taken(session, code):
            return code
    raise Conflict("no free booking code was found")


def remember_customer(session: Session, contact: Contact, now: datetime) -> None:
    """The customer of this number, with the name if there was none, and with the e-mail address given last."""
    customer: Row = bookings.customer_of_phone(session, contact.phone)
    if customer is None:
        customer = Customer(id=uuid4().hex, phone=contact.phone, created_at=now)
        session.add(customer)
    customer.name = customer.name or contact.name
    customer.email = contact.email or customer.email


def _require_same(row: Row, wish: Wish, contact: Contact, vehicle: dict[str, Any]) -> None:
    """Raises WrongState unless the booking of a request is what is asked for now; it may have changed since."""
    request = wish.request
    same = (row.kind, row.phone) == (request.kind.value, contact.phone)
    if same and row.sequence == 0 and row.updated_at == row.created_at:
        asked = (local(wish.start), request.model, request.adviser, contact.name)
        jobs = list(dict.fromkeys(request.jobs))
        same = (
            (row.start, row.model, row.adviser, row.name) == asked
            and request.store in (None, row.store)
            and list(row.items) == jobs
            and all(getattr(row, name) == value for name, value in vehicle.items())
        )
    if not same:
        words = "这个 request_id 已经用于另一个预约，新的预约请换一个。"
        raise WrongState("this request_id has made another booking", words)


def require_changeable(dealership: Dealership, now: datetime, row: Row, by_staff: bool) -> None:
    """Raises WrongState for a visit that is not confirmed, TooLateToChange for a customer within the notice."""
    must_be_confirmed(VisitStatus(row.status))
    if not (by_staff or row.needs_new_time or may_change(dealership.rules, now, row.start)):
        raise TooLateToChange(f"the visit starts within {dealership.rules.change_notice_hours} hours")
