"""Whether a message of the outbox still tells what is so."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from bot.domain.cases import CaseStatus
from bot.domain.events import SignupStatus
from bot.services.consents import Purpose, allows
from bot.store.bookings import Row
from bot.store.lifecycle_tables import EventSignup, Outreach
from bot.store.outbox import SENT
from bot.store.staff_tables import Case
from bot.store.tables import Appointment, Customer, WaitlistEntry

OVERTAKEN = "情况已有变动，内容过时了"
REFUSED = "客户不再接收这类消息"


def overtaken_by(session: Session, row: Row, now: datetime, lock: bool = False) -> tuple[Row, str | None]:
    """The visit or entry that a message tells of, and in Chinese why it must not be sent any more."""
    table, id_ = _subject_of(row)
    about = session.get(table, id_, with_for_update=lock)
    until = row.data.get("until")
    if about is None:
        return about, "要说的事已不存在"
    if until and now >= datetime.fromisoformat(until):
        return about, "已经过了该发送的时间"
    if table is Outreach and _is_refused(session, row, about):
        return about, REFUSED
    changed = CHANGED[table]
    return about, OVERTAKEN if changed(row, about) else None


def _is_refused(session: Session, row: Row, contact: Row) -> bool:
    """The customer may say so after the contact was opened, in the night before it goes out."""
    customer = session.get(Customer, contact.customer_id)
    purpose = Purpose(row.data.get("purpose", Purpose.SERVICE_CONTACT))
    return customer is not None and not allows(session, purpose, customer.phone)


def _subject_of(row: Row) -> tuple[Any, str]:
    """Table and id of what a message tells of."""
    if row.appointment_id:
        return Appointment, row.appointment_id
    if row.waitlist_id:
        return WaitlistEntry, row.waitlist_id
    if "outreach" in row.data:
        return Outreach, row.data["outreach"]
    if "signup" in row.data:
        return EventSignup, row.data["signup"]
    return Case, row.data["case"]


def _contact_changed(row: Row, contact: Row) -> bool:
    """Somebody booked, refused or was called since."""
    return bool(contact.state != ("sent" if row.state == SENT else "planned"))


def _signup_changed(row: Row, signup: Row) -> bool:
    """Whoever is not coming hears nothing of the event."""
    return bool(signup.status != SignupStatus.SIGNED_UP.value)


def _case_changed(row: Row, case: Row) -> bool:
    return bool(case.status != CaseStatus.CLOSED.value)


def _visit_changed(row: Row, visit: Row) -> bool:
    told = row.data["status"], row.data["sequence"], bool(row.data.get("needs_new_time"))
    return told != (visit.status, visit.sequence, visit.needs_new_time)


def _entry_changed(row: Row, entry: Row) -> bool:
    if row.kind != "waitlist_offer":
        return False
    until, start = (datetime.fromisoformat(row.data[name]) for name in ("until", "start"))
    return (until, start, row.data["store"]) != (entry.reply_by, entry.offered_start, entry.offered_store)


CHANGED = {
    Appointment: _visit_changed,
    WaitlistEntry: _entry_changed,
    Case: _case_changed,
    Outreach: _contact_changed,
    EventSignup: _signup_changed,
}
"""Whether something has changed since a message was written, by what it tells of."""
