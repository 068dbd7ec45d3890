"""What customers are told of an event that they signed up to: the reminder before it, and that they moved up.

Rows of the outbox, written in the transaction that decides about them; ``bot.services.notices`` has the words. One
whose sign-up was cancelled meanwhile is not sent.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.domain.events import DealerEvent, SignupStatus
from bot.domain.reminders import SHORT_AFTER_BOOKING, decent_hour
from bot.services.availability import local
from bot.services.content.snapshot import Content
from bot.store import outbox
from bot.store.bookings import customer_of_phone
from bot.store.database import Database
from bot.store.lifecycle_tables import EventSignup

REMINDER, MOVED_UP = "event_reminder", "event_moved_up"
KINDS = frozenset({REMINDER, MOVED_UP})
FROM, UNTIL = time(8, 0), time(21, 0)
"""Nobody is told in the night."""
_Row = Any


def remind_signed_up(database: Database, content: Content, now: datetime) -> int:
    """Remind who has places of the events that begin within their ``remind_hours``, each sign-up once.

    Who signed up so late hears nothing more. Gives how many were reminded.
    """
    return sum(_remind(database, event, now) for event in _near(content, now))


def _near(content: Content, now: datetime) -> Iterator[DealerEvent]:
    for event in content.events.values():
        if event.remind_hours and event.start - timedelta(hours=event.remind_hours) <= now < event.start:
            yield event


def _remind(database: Database, event: DealerEvent, now: datetime) -> int:
    early = event.start - timedelta(hours=event.remind_hours) - SHORT_AFTER_BOOKING
    wanted = (
        EventSignup.event == event.id,
        EventSignup.status == SignupStatus.SIGNED_UP.value,
        EventSignup.reminded_at.is_(None),
        EventSignup.created_at <= early,
    )
    with database.reading() as session:
        if session.scalars(sa.select(EventSignup.id).where(*wanted).limit(1)).first() is None:
            return 0
    with database.transaction() as session:
        rows = list(session.scalars(sa.select(EventSignup).where(*wanted).with_for_update(skip_locked=True)))
        for row in rows:
            row.reminded_at = now
            _write(session, event, row, REMINDER, now)
        return len(rows)


def tell_moved_up(session: Session, event: DealerEvent, row: _Row, now: datetime) -> bool:
    """Tell who had waited (a row of event_signups) that they have places; False where nothing reaches them."""
    return _write(session, event, row, MOVED_UP, now)


def _write(session: Session, event: DealerEvent, row: _Row, kind: str, now: datetime) -> bool:
    due = decent_hour(local(now), FROM, UNTIL)
    if due >= event.start:
        due = now
    messages = [
        {
            "key": f"{row.id}/{kind}/{now.timestamp():.3f}/{channel}",
            "kind": kind,
            "channel": channel,
            "conversation_id": row.conversation_id,
            "address": address,
            "data": {"signup": row.id, "until": event.start.isoformat()},
            "due_at": due,
            "created_at": now,
        }
        for channel, address in _addresses(session, row)
    ]
    outbox.add(session, messages)
    return bool(messages)


def _addresses(session: Session, row: _Row) -> Iterator[tuple[str, str | None]]:
    if row.conversation_id:
        yield "chat", None
    customer = customer_of_phone(session, row.phone)
    if customer is not None and customer.email:
        yield "email", customer.email
