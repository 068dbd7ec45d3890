"""Who comes and with which car, corrected: the time, the place and what is done there stay."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.domain.booking import VisitStatus
from bot.domain.dealership import Dealership
from bot.services import reminders
from bot.services.audit import Actor
from bot.services.booking import remember_customer
from bot.services.claiming import transact
from bot.services.mileage import keep_visit
from bot.services.visits import BookedVisit, Contact, note_change, row_of_code, view_of
from bot.store import bookings
from bot.store.bookings import Row
from bot.store.database import Database
from bot.store.outbox import DROPPED, UNSENT
from bot.store.tables import OutboxMessage


@dataclass(frozen=True)
class Correction:
    """What is to be another; None stays. ``mileage`` is in km, ``phone`` has 11 digits."""

    name: str | None = None
    phone: str | None = None
    email: str | None = None
    plate: str | None = None
    mileage: int | None = None


def correct_visit(
    database: Database,
    dealership: Dealership,
    now: datetime,
    code: str,
    correction: Correction,
    actor: Actor | None = None,
) -> BookedVisit:
    """Correct a visit, whatever its state, for staff; reminders that wait say and use what is right now.

    Nobody is told. Raises NotFound.
    """

    def work(session: Session) -> BookedVisit:
        row = row_of_code(session, code, None, lock=True)
        for name in ("name", "phone", "plate", "mileage"):
            value = getattr(correction, name)
            if value is not None:
                setattr(row, name, value)
        row.updated_at = now
        if row.status == VisitStatus.COMPLETED:
            keep_visit(session, row, dealership.maintenance, now)
        remember_customer(session, Contact(row.name, row.phone, correction.email), now)
        session.flush()
        _readdress(session, dealership, row, now)
        note_change(session, actor, "appointment.corrected", row, now)
        return view_of(dealership, row)

    return transact(database, work)


def _readdress(session: Session, dealership: Dealership, row: Row, now: datetime) -> None:
    """E-mails that wait go to the customer's address of now, or nowhere without one; what lacks is added."""
    customer = bookings.customer_of_phone(session, row.phone)
    waiting = sa.and_(
        OutboxMessage.appointment_id == row.id,
        OutboxMessage.channel == "email",
        OutboxMessage.state.in_(UNSENT),
    )
    waiting_rows = sa.update(OutboxMessage.__table__).where(waiting)
    if customer is None or customer.email is None:
        session.execute(waiting_rows.values(state=DROPPED, problem="客户没有邮箱地址"))
        return
    session.execute(waiting_rows.values(address=customer.email))
    if row.status == VisitStatus.CONFIRMED and not row.needs_new_time:
        reminders.remind(session, dealership, row, now)
