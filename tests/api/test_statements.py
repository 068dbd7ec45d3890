"""How many SQL statements a list takes does not grow with its rows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from bot.store.database import Database
from bot.store.staff_tables import AuditEntry, Case, Handoff, Lead, Score, User
from bot.store.tables import (
    Appointment,
    Conversation,
    Customer,
    Message,
    Outage,
    OutboxMessage,
    Vehicle,
    WaitlistEntry,
)
from tests.api.application import Desk
from tests.services.bookings import NOW, TWO

FEW, MANY = 5, 50
ADMIN = "admin"
PHONE = "13900000000"
STAFF_LISTS = (
    "desk?scope=all",
    "desk?scope=mine",
    "desk?scope=waiting",
    "queue",
    "conversations",
    "customers",
    "customers/c0",
    "conversations/v0/card",
    "cases",
    "leads",
    "appointments",
    "waitlist",
    "outages",
    "users",
    "colleagues",
    "audit",
    "outbox?state=sent",
)


@contextmanager
def counting(database: Database) -> Iterator[list[str]]:
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        statements.append(statement)

    sa.event.listen(database.engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        sa.event.remove(database.engine, "before_cursor_execute", note)


@pytest.mark.parametrize("path", STAFF_LISTS)
async def test_a_list_takes_as_many_statements_with_fifty_rows_as_with_five(desk: Desk, path: str) -> None:
    fill(desk.database, range(FEW))
    few = await taken(desk, path)
    fill(desk.database, range(FEW, MANY))
    many = await taken(desk, path)

    assert few[1] < many[1]
    assert len(many[0]) <= len(few[0]), "\n".join(sorted(set(many[0]), key=many[0].count)[-2:])


async def taken(desk: Desk, path: str) -> tuple[list[str], int]:
    """The statements of one look, not the first, and the size of the answer."""
    await desk.get(path)
    with counting(desk.database) as statements:
        answer = await desk.get(path)
    return list(statements), len(str(answer))


def fill(database: Database, numbers: range) -> None:
    """Of everything as many rows; all conversations are those of the first customer."""
    with database.transaction() as session:
        for number in numbers:
            session.add(Customer(id=f"c{number}", phone=f"139{number:08}", name="王", created_at=NOW))
            session.flush()
            session.add_all(_rows(number))


def _rows(number: int) -> list[Any]:
    at, id_ = NOW + timedelta(minutes=number), f"v{number}"
    stamps = {"created_at": at, "updated_at": at}
    state = {"state": "queued", "waiting_since": at} if number % 2 else {"state": "adviser", "adviser": ADMIN}
    visit = {"kind": "test_drive", "store": "east", "model": "x5", "phone": PHONE, "name": "王", **stamps}
    outbox = {"key": f"k{number}", "kind": "reminder_2", "channel": "email", "state": "sent", "data": {}}
    conversation = Conversation(
        id=id_, channel="web", sender=id_, customer_id="c0", epoch=1, last_seq=2, **state, **stamps
    )
    about = {"conversation_id": id_}
    said = {**about, "created_at": at, "answered": True, "internal": False, "buttons": [], "custom": {}}
    return [
        conversation,
        Message(seq=1, author="customer", text="你好", **said),
        Message(seq=2, author="adviser", username=ADMIN, text="您好", **said),
        Handoff(id=f"h{number}", reason="asked", status="done", adviser=ADMIN, summary={}, **about, **stamps),
        Case(id=f"k{number}", kind="callback", status="open", phone=PHONE, details={}, **about, **stamps),
        Lead(id=f"l{number}", kind="adviser", status="won", phone=PHONE, adviser=ADMIN, **about, **stamps),
        Score(occasion="handoff", subject=f"h{number}", score=5, asked_at=at, scored_at=at, **about),
        Vehicle(plate=f"浙A{number:05}", customer_id="c0", model="x5", delivered=NOW.date()),
        Appointment(
            id=f"a{number}",
            status="confirmed",
            code=f"KHM{number:03}",
            items=[],
            resources=["east-car-x5"],
            start=TWO + timedelta(hours=number),
            end=TWO + timedelta(hours=number + 1),
            **about,
            **visit,
        ),
        WaitlistEntry(
            id=f"w{number}",
            state="waiting",
            jobs=[],
            weekdays=[],
            from_hour=0,
            until_hour=1440,
            declined=[],
            from_=TWO,
            until=TWO + timedelta(days=9),
            **about,
            **visit,
        ),
        Outage(
            id=f"o{number}",
            resource="east-bay-1",
            start=TWO + timedelta(days=number),
            end=TWO + timedelta(days=number, hours=1),
            reason="",
            created_by=ADMIN,
            created_at=at,
        ),
        AuditEntry(at=at, username=ADMIN, action="customer.seen", subject=f"c{number}", details={}, **about),
        OutboxMessage(due_at=at, created_at=at, attempts=1, **outbox),
        User(username=f"u{number}", password_hash="", role="consultant", name="李", created_at=at),
    ]
