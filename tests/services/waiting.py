"""Short ways to wait, be offered and answer, for the tests of the waitlist."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from bot.domain.booking import VisitRequest
from bot.domain.waitlist import Preference, WaitState, around
from bot.services import booking, waitlist
from bot.services.visits import BookedVisit, Contact
from bot.services.waitlist import WaitEntry
from bot.store.database import Database
from bot.store.tables import OutboxMessage
from tests.services.bookings import DEMO, DRIVE, NOW, TWO


def wait(
    database: Database,
    number: int = 0,
    request: VisitRequest = DRIVE,
    preference: Preference | None = None,
    **more: Any,
) -> WaitEntry:
    """The customer ``number`` waits in the conversation w<number>, by default for two o'clock, in the order of numbers."""
    now: datetime = more.pop("now", NOW + timedelta(seconds=number))
    contact = more.pop("contact", Contact(f"客户{number}", f"139{number:08}"))
    conversation = more.pop("conversation_id", f"w{number}")
    wanted = preference or around(TWO)
    return waitlist.join(database, DEMO, now, request, wanted, contact, conversation, **more)


def cancel(database: Database, visit: BookedVisit, now: datetime = NOW) -> BookedVisit:
    return booking.cancel_visit(database, DEMO, now, visit.code, visit.phone)


def accept(database: Database, entry: WaitEntry, now: datetime = NOW, **more: Any) -> BookedVisit:
    return waitlist.accept(database, DEMO, now, entry.id, **more)


def decline(database: Database, entry: WaitEntry, now: datetime = NOW) -> WaitEntry:
    return waitlist.decline(database, DEMO, now, entry.id)


def leave(database: Database, entry: WaitEntry, now: datetime = NOW) -> WaitEntry:
    return waitlist.leave(database, DEMO, now, entry.id)


def serve(database: Database, now: datetime = NOW) -> int:
    return waitlist.serve_waitlist(database, DEMO, now)


def as_it_is(database: Database, entry: WaitEntry) -> WaitEntry:
    """The entry as it is now."""
    (found,) = (e for e in waitlist.list_entries(database, states=None) if e.id == entry.id)
    return found


def offered(database: Database) -> list[str]:
    """The names of those to whom a slot is offered now, in the order of the line."""
    found = waitlist.list_entries(database, states=[WaitState.OFFERED])
    return [str(entry.name) for entry in found]


def told(database: Database, kind: str) -> list[str | None]:
    """The conversations that are to hear of something."""
    query = sa.select(OutboxMessage.conversation_id).where(
        OutboxMessage.kind == kind, OutboxMessage.waitlist_id.isnot(None)
    )
    with database.reading() as session:
        return list(session.scalars(query.order_by(OutboxMessage.id)))
