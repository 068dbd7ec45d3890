"""Whether a message of the outbox still tells what is so."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from bot.store.bookings import Row
from bot.store.tables import Appointment, WaitlistEntry

OVERTAKEN = "情况已有变动，内容过时了"


def overtaken_by(session: Session, row: Row, now: datetime, lock: bool = False) -> tuple[Row, str | None]:
    """The visit or entry that a message tells of, and in Chinese why it must not be sent any more."""
    table, id_ = (Appointment, row.appointment_id) if row.appointment_id else (WaitlistEntry, row.waitlist_id)
    about = session.get(table, id_, with_for_update=lock)
    until = row.data.get("until")
    if about is None:
        return about, "预约或候补已不存在"
    if until and now >= datetime.fromisoformat(until):
        return about, "已经过了该发送的时间"
    changed = _visit_changed if row.appointment_id else _entry_changed
    return about, OVERTAKEN if changed(row, about) else None


def _visit_changed(row: Row, visit: Row) -> bool:
    told = row.data["status"], row.data["sequence"], bool(row.data.get("needs_new_time"))
    return told != (visit.status, visit.sequence, visit.needs_new_time)


def _entry_changed(row: Row, entry: Row) -> bool:
    if row.kind != "waitlist_offer":
        return False
    until, start = (datetime.fromisoformat(row.data[name]) for name in ("until", "start"))
    return (until, start, row.data["store"]) != (entry.reply_by, entry.offered_start, entry.offered_store)
