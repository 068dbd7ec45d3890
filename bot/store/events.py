"""Queries on the places of events, each a single statement."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.store.inserts import insert_unless_taken
from bot.store.lifecycle_tables import EventPlace, EventSignup

_NUMBER_OF_LOCKS = 0x6576  # "ev": apart from our other advisory locks

Row = Any
"""A row of ``event_signups``: SQLAlchemy 1.4 types its attributes as columns. 2.0 may drop this."""


def line_up(session: Session, event: str) -> None:
    """One after another at an event, so that nobody waits for a place that is given back at the same moment.

    That nobody gets a taken place follows from the primary key alone. SQLite has one writer at a time anyway.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(sa.select(sa.func.pg_advisory_xact_lock(_NUMBER_OF_LOCKS, sa.func.hashtext(event))))


def taken(session: Session, event: str) -> set[int]:
    """The numbers of the places that somebody has."""
    return set(session.scalars(sa.select(EventPlace.number).where(EventPlace.event == event)))


def numbers_of(session: Session, signup_id: str) -> list[int]:
    query = sa.select(EventPlace.number).where(EventPlace.signup_id == signup_id)
    return sorted(session.scalars(query))


def claim(session: Session, event: str, signup_id: str, numbers: Iterable[int], wanted: int) -> bool:
    """Take ``wanted`` places out of ``numbers``, or none and False: a rival's insert under the key came first."""
    got: list[int] = []
    for number in numbers:
        if len(got) == wanted:
            break
        row = {"event": event, "number": number, "signup_id": signup_id}
        if session.execute(insert_unless_taken(session, EventPlace), row).rowcount:
            got.append(number)
    if len(got) < wanted:
        give_back(session, event, signup_id, got)
        return False
    return True


def give_back(session: Session, event: str, signup_id: str, numbers: Iterable[int] | None = None) -> None:
    """Free these places of a sign-up, or all it has."""
    mine = [EventPlace.event == event, EventPlace.signup_id == signup_id]
    if numbers is not None:
        mine.append(EventPlace.number.in_(list(numbers)))
    session.execute(sa.delete(EventPlace.__table__).where(*mine))


def waiting(session: Session, event: str) -> list[Row]:
    """The line, who came first in front."""
    query = (
        sa.select(EventSignup)
        .where(EventSignup.event == event, EventSignup.status == "waiting")
        .order_by(EventSignup.created_at, EventSignup.id)
    )
    return list(session.scalars(query))
