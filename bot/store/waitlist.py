"""Queries on the waitlist, each a single statement. First come, first served: by ``created_at``, then by id."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.domain.waitlist import OPEN, WaitState
from bot.store.bookings import Row
from bot.store.tables import WaitlistEntry

_OPEN = [state.value for state in OPEN]


def entry_of_id(session: Session, entry_id: str, lock: bool = False) -> Row | None:
    statement = sa.select(WaitlistEntry).where(WaitlistEntry.id == entry_id)
    return _one(session, statement.with_for_update() if lock else statement)


def lock_waiting(session: Session, entry_id: str, patient: bool = False) -> Row | None:
    """The entry, locked, if it waits for an offer and nobody else is about to change it.

    ``patient``: wait for whoever is, and look again. Only for a transaction that has locked nothing yet.
    """
    statement = sa.select(WaitlistEntry).where(
        WaitlistEntry.id == entry_id, WaitlistEntry.state == WaitState.WAITING.value
    )
    return _one(
        session, statement.with_for_update(skip_locked=not patient).execution_options(populate_existing=True)
    )


def in_line(
    session: Session,
    store: str | None = None,
    from_: datetime | None = None,
    until: datetime | None = None,
    limit: int | None = None,
) -> list[Row]:
    """Who waits for an offer: at ``store`` or any, at a time within ``from_`` and ``until``."""
    statement = sa.select(WaitlistEntry).where(WaitlistEntry.state == WaitState.WAITING.value)
    if store is not None:
        statement = statement.where(sa.or_(WaitlistEntry.store.is_(None), WaitlistEntry.store == store))
    if from_ is not None:
        statement = statement.where(WaitlistEntry.until > from_)
    if until is not None:
        statement = statement.where(WaitlistEntry.from_ < until)
    return list(session.scalars(_in_order(statement).limit(limit)))


def unanswered_ids(session: Session, now: datetime) -> list[str]:
    """Entries whose offer was to be answered before ``now``."""
    statement = sa.select(WaitlistEntry.id).where(
        WaitlistEntry.state == WaitState.OFFERED.value, WaitlistEntry.reply_by <= now
    )
    return list(session.scalars(_in_order(statement)))


def outdated_ids(session: Session, now: datetime) -> list[str]:
    """Entries that wait for a time that has passed."""
    statement = sa.select(WaitlistEntry.id).where(
        WaitlistEntry.state == WaitState.WAITING.value, WaitlistEntry.until <= now
    )
    return list(session.scalars(_in_order(statement)))


def entries(
    session: Session,
    conversation_id: str | None = None,
    phone: str | None = None,
    states: Iterable[WaitState] | None = None,
    lock: bool = False,
) -> list[Row]:
    """Entries in the order of the line."""
    statement = _in_order(sa.select(WaitlistEntry))
    if conversation_id is not None:
        statement = statement.where(WaitlistEntry.conversation_id == conversation_id)
    if phone is not None:
        statement = statement.where(WaitlistEntry.phone == phone)
    if states is not None:
        statement = statement.where(WaitlistEntry.state.in_([state.value for state in states]))
    return list(session.scalars(statement.with_for_update() if lock else statement))


def rivals_before(session: Session, entry: Row) -> list[Row]:
    """Who waits for the same kind of visit, at the same store or any, since an earlier moment."""
    earlier = sa.or_(
        WaitlistEntry.created_at < entry.created_at,
        sa.and_(WaitlistEntry.created_at == entry.created_at, WaitlistEntry.id < entry.id),
    )
    statement = sa.select(WaitlistEntry).where(
        WaitlistEntry.state.in_(_OPEN), WaitlistEntry.kind == entry.kind, earlier
    )
    if entry.store is not None:
        statement = statement.where(sa.or_(WaitlistEntry.store.is_(None), WaitlistEntry.store == entry.store))
    return list(session.scalars(statement))


def _in_order(statement: Any) -> Any:
    return statement.order_by(WaitlistEntry.created_at, WaitlistEntry.id)


def _one(session: Session, statement: Any) -> Row | None:
    return session.execute(statement).scalars().one_or_none()
