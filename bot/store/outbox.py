"""Queries on the outbox, each a single statement: who changes a row first has it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.store.tables import Appointment, Hold, OutboxMessage

PENDING, TAKEN, SENT, FAILED, DROPPED = "pending", "taken", "sent", "failed", "dropped"
STATES = (PENDING, TAKEN, SENT, FAILED, DROPPED)
UNSENT = (PENDING, TAKEN)

Row = Any
"""A row of ``bot.store.tables``: SQLAlchemy 1.4 types its attributes as columns. 2.0 may drop this."""


def channels(session: Session) -> frozenset[str]:
    """The channels to which this installation can send (``Database.channels``)."""
    return frozenset(session.info.get("channels", ("chat",)))


def add(session: Session, rows: Iterable[Mapping[str, Any]]) -> None:
    """Write messages; one whose key is known stays as it is, unless it was dropped: then it waits again."""
    wanted = {row["key"]: dict(row) for row in rows}
    if not wanted:
        return
    session.flush()  # the visit or the entry that they tell of
    known = sa.select(OutboxMessage.id, OutboxMessage.key, OutboxMessage.state).where(
        OutboxMessage.key.in_(list(wanted))
    )
    for id_, key, state in session.execute(known).all():
        row = wanted.pop(key)
        if state == DROPPED:
            again = {**row, "state": PENDING, "attempts": 0, "taken_by": None, "taken_until": None}
            session.execute(sa.update(OutboxMessage.__table__).where(OutboxMessage.id == id_).values(**again))
    if wanted:
        new = [{**row, "state": PENDING, "attempts": 0} for row in wanted.values()]
        session.execute(sa.insert(OutboxMessage.__table__), new)


def drop_unsent(session: Session, **owner: str) -> None:
    """Take back what was not sent yet to the customer of ``appointment_id=`` or ``waitlist_id=``.

    Events for the dealer's own systems stay: they tell what happened.
    """
    session.execute(
        sa.update(OutboxMessage.__table__)
        .where(OutboxMessage.state.in_(UNSENT), OutboxMessage.channel != "webhook")
        .filter_by(**owner)
        .values(state=DROPPED)
    )


def due(session: Session, channel: str, now: datetime, limit: int) -> list[Row]:
    """What has to go out on a channel by ``now``, the most urgent first: it waits, or its sender did not come back."""
    statement = (
        sa.select(OutboxMessage)
        .where(OutboxMessage.channel == channel, _is_due(now))
        .order_by(OutboxMessage.due_at, OutboxMessage.id)
        .limit(limit)
    )
    return list(session.execute(statement).scalars())


def take(session: Session, id_: int, sender: str, now: datetime, until: datetime) -> bool:
    """Take one message for ``sender`` until its lease ends; False if another was faster."""
    done = session.execute(
        sa.update(OutboxMessage.__table__)
        .where(OutboxMessage.id == id_, _is_due(now))
        .values(state=TAKEN, taken_by=sender, taken_until=until, attempts=OutboxMessage.attempts + 1)
    )
    return bool(done.rowcount == 1)


def finish(session: Session, id_: int, sender: str, state: str, **values: Any) -> bool:
    """End what ``sender`` has taken; False if it was taken from it, or dropped, meanwhile."""
    done = session.execute(
        sa.update(OutboxMessage.__table__)
        .where(OutboxMessage.id == id_, OutboxMessage.state == TAKEN, OutboxMessage.taken_by == sender)
        .values(state=state, **values)
    )
    return bool(done.rowcount == 1)


def messages(session: Session, states: Iterable[str], limit: int) -> list[tuple[Row, str | None]]:
    """Messages in these states with the codes of their visits, the one that is due last first."""
    statement = (
        sa.select(OutboxMessage, Appointment.code)
        .outerjoin(Appointment, Appointment.id == OutboxMessage.appointment_id)
        .where(OutboxMessage.state.in_(list(states)))
        .order_by(OutboxMessage.due_at.desc(), OutboxMessage.id.desc())
        .limit(limit)
    )
    return [(row, code) for row, code in session.execute(statement)]


def retry(session: Session, now: datetime, id_: int | None) -> int:
    """Let a failed message, or all of them (None), wait to be sent again; gives their number."""
    statement = sa.update(OutboxMessage.__table__).where(OutboxMessage.state == FAILED)
    if id_ is not None:
        statement = statement.where(OutboxMessage.id == id_)
    values = {"state": PENDING, "attempts": 0, "due_at": now, "taken_by": None, "taken_until": None}
    return int(session.execute(statement.values(**values)).rowcount)


def expired_holds(session: Session, now: datetime, limit: int) -> list[str]:
    return list(session.execute(sa.select(Hold.id).where(Hold.expires_at <= now).limit(limit)).scalars())


def delete_expired_hold(session: Session, id_: str, now: datetime) -> bool:
    """Delete a hold with its claims, unless it was renewed meanwhile."""
    done = session.execute(sa.delete(Hold.__table__).where(Hold.id == id_, Hold.expires_at <= now))
    return bool(done.rowcount == 1)


def _is_due(now: datetime) -> Any:
    return sa.or_(
        sa.and_(OutboxMessage.state == PENDING, OutboxMessage.due_at <= now),
        sa.and_(OutboxMessage.state == TAKEN, OutboxMessage.taken_until <= now),
    )
