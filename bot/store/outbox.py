"""Queries on the outbox, each a single statement: who changes a row first has it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.store.tables import Appointment, Customer, Hold, OutboxMessage

PENDING, TAKEN, SENT, FAILED, DROPPED = "pending", "taken", "sent", "failed", "dropped"
STATES = (PENDING, TAKEN, SENT, FAILED, DROPPED)
UNSENT = (PENDING, TAKEN)
OVER = (SENT, FAILED, DROPPED)
CHANNELS = ("chat", "email", "webhook", "wecom")

Row = Any
"""A row of ``bot.store.tables``: SQLAlchemy 1.4 types its attributes as columns. 2.0 may drop this."""

_KNOWN = sa.select(OutboxMessage.id, OutboxMessage.key, OutboxMessage.state).where(
    OutboxMessage.key.in_(sa.bindparam("keys", expanding=True))
)


def add(session: Session, rows: Iterable[Mapping[str, Any]]) -> None:
    """Write messages; one whose key is known stays as it is, unless it was dropped: then it waits again."""
    wanted = {row["key"]: dict(row) for row in rows}
    if not wanted:
        return
    session.flush()  # the visit or the entry that they tell of
    for id_, key, state in session.execute(_KNOWN, {"keys": list(wanted)}).all():
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


def drop_due(session: Session, channel: str, now: datetime, problem: str) -> None:
    """Give up what would have to go out by ``now`` on a channel that nobody has set up."""
    session.execute(
        sa.update(OutboxMessage.__table__)
        .where(OutboxMessage.channel == channel, _is_due(now))
        .values(state=DROPPED, problem=problem)
    )


def is_due(session: Session, channel: str, now: datetime) -> bool:
    """Whether anything has to go out on a channel by ``now``; reads alone."""
    statement = sa.select(OutboxMessage.id).where(OutboxMessage.channel == channel, _is_due(now)).limit(1)
    return session.execute(statement).first() is not None


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


def messages(
    session: Session, states: Iterable[str], limit: int, channels: Iterable[str] = CHANNELS
) -> list[tuple[Row, str | None]]:
    """Messages in these states on these channels, with the codes of their visits.

    What failed is first, then what waits, by the time when it is due; what is over follows, the newest first.
    """
    state, due_at = OutboxMessage.state, OutboxMessage.due_at
    group = sa.case((state == FAILED, 0), (state.in_(UNSENT), 1), else_=2)
    coming = sa.case((state.in_([FAILED, *UNSENT]), due_at), else_=None)
    statement = (
        sa.select(OutboxMessage, Appointment.code)
        .outerjoin(Appointment, Appointment.id == OutboxMessage.appointment_id)
        .where(OutboxMessage.state.in_(list(states)), OutboxMessage.channel.in_(list(channels)))
        .order_by(group, coming, sa.case((group == 2, due_at), else_=None).desc(), OutboxMessage.id)
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


def old_messages(session: Session, before: datetime, limit: int) -> list[int]:
    """Messages that are over and were due ``before``: nobody asks for them any more."""
    statement = sa.select(OutboxMessage.id).where(
        OutboxMessage.state.in_(OVER), OutboxMessage.due_at < before, OutboxMessage.created_at < before
    )
    return list(session.execute(statement.limit(limit)).scalars())


def delete_messages(session: Session, ids: Iterable[int]) -> int:
    """Delete messages that are over; one that waits again meanwhile stays."""
    done = session.execute(
        sa.delete(OutboxMessage.__table__).where(
            OutboxMessage.id.in_(list(ids)), OutboxMessage.state.in_(OVER)
        )
    )
    return int(done.rowcount)


def phones_with_email(session: Session, phones: Iterable[str]) -> set[str]:
    """Those of the phone numbers whose customers left an e-mail address."""
    statement = sa.select(Customer.phone).where(Customer.phone.in_(list(phones)), Customer.email.isnot(None))
    return set(session.execute(statement).scalars())


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
