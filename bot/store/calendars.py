"""Queries behind the calendar files, each a single statement."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.store.bookings import Row
from bot.store.tables import Appointment, FeedToken, Outage


def appointment_of_token(session: Session, token: str) -> Row | None:
    return _one(session, sa.select(Appointment).where(Appointment.calendar_token == token))


def appointments_of_resource(session: Session, resource: str, from_: datetime, to: datetime) -> list[Row]:
    """Those with this resource that start from ``from_`` on and before ``to``, cancelled ones included, by start.

    The list of resources is JSON, which the two databases search differently: its text is, and what else it finds is
    left out here.
    """
    named = sa.cast(Appointment.resources, sa.String).contains(json.dumps(resource), autoescape=True)
    statement = (
        sa.select(Appointment)
        .where(Appointment.start >= from_, Appointment.start < to, named)
        .order_by(Appointment.start, Appointment.code)
    )
    return [row for row in session.execute(statement).scalars() if resource in row.resources]


def outages_of_resource(session: Session, resource: str, from_: datetime, to: datetime) -> list[Row]:
    """Those that have a part of the time between ``from_`` and ``to``, ended ones included, by start."""
    statement = (
        sa.select(Outage)
        .where(Outage.resource == resource, Outage.start < to, Outage.end > from_)
        .order_by(Outage.start, Outage.id)
    )
    return list(session.execute(statement).scalars())


def feed_of_token(session: Session, token: str) -> Row | None:
    return _one(session, sa.select(FeedToken).where(FeedToken.token == token))


def feed_tokens(session: Session) -> dict[str, str]:
    """The token of each resource that has one."""
    return {row.resource: row.token for row in session.execute(sa.select(FeedToken)).scalars()}


def add_feeds(session: Session, tokens: dict[str, str], now: datetime) -> None:
    """``tokens``: resource → token. Raises IntegrityError where a rival was first."""
    rows = [{"resource": name, "token": token, "created_at": now} for name, token in tokens.items()]
    session.execute(sa.insert(FeedToken.__table__), rows)


def delete_feeds(session: Session, resources: Iterable[str]) -> None:
    session.execute(sa.delete(FeedToken.__table__).where(FeedToken.resource.in_(list(resources))))


def _one(session: Session, statement: Any) -> Row | None:
    return session.execute(statement).scalars().one_or_none()
