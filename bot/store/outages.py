"""Queries on outages and on the visits that they hit, each a single statement."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.domain.booking import VisitStatus
from bot.store.bookings import Row
from bot.store.tables import Appointment, Claim, Hold, Outage

GATE = 0x7A68616E  # "zhan", the number of our advisory lock on PostgreSQL
COMING = (VisitStatus.CONFIRMED.value, VisitStatus.CHECKED_IN.value)


def enter(session: Session, alone: bool) -> None:
    """Begin a transaction that claims something: together with others, or ``alone`` when it takes what others have.

    Without it an outage and those who are in the middle of a booking would wait for each other. SQLite has one writer
    at a time anyway. The lock comes before every other one and ends with the transaction.
    """
    if session.get_bind().dialect.name == "postgresql":
        lock = sa.func.pg_advisory_xact_lock if alone else sa.func.pg_advisory_xact_lock_shared
        session.execute(sa.select(lock(GATE)))


def owners_of(session: Session, resource: str, ticks: range) -> list[Any]:
    """Who has claimed the resource on these ticks, each once: ``appointment_id``, ``hold_id`` or ``outage_id``."""
    columns = (Claim.appointment_id, Claim.hold_id, Claim.outage_id)
    statement = sa.select(*columns).where(_on(resource, ticks)).distinct()
    return list(session.execute(statement))


def delete_holds(session: Session, ids: Iterable[str]) -> None:
    """Delete holds together with their claims."""
    session.execute(sa.delete(Hold.__table__).where(Hold.id.in_(list(ids))))


def free_resource(session: Session, resource: str, ticks: range) -> None:
    """Give back every claim on the resource within the ticks, whoever has it."""
    session.execute(sa.delete(Claim.__table__).where(_on(resource, ticks)))


def free_resource_of(session: Session, appointment_id: str, resource: str) -> None:
    """Give back what one visit has claimed of the resource."""
    condition = (Claim.appointment_id == appointment_id, Claim.resource == resource)
    session.execute(sa.delete(Claim.__table__).where(*condition))


def free_outage(session: Session, outage_id: str) -> None:
    session.execute(sa.delete(Claim.__table__).where(Claim.outage_id == outage_id))


def claim_for_outage(session: Session, resource: str, ticks: Iterable[int], outage_id: str) -> None:
    """Claim the ticks, which must be free."""
    rows = [{"resource": resource, "tick": tick, "outage_id": outage_id} for tick in ticks]
    if rows:
        session.execute(sa.insert(Claim.__table__), rows)


def current_outages(session: Session, resource: str, start: datetime, end: datetime) -> list[Row]:
    """The outages of the resource that were not ended and touch the period, the earliest first."""
    statement = (
        sa.select(Outage)
        .where(Outage.resource == resource, Outage.ended_at.is_(None))
        .where(Outage.start <= end, Outage.end >= start)
        .order_by(Outage.start, Outage.created_at)
    )
    return list(session.execute(statement).scalars())


def outages(session: Session, after: datetime | None = None) -> list[Row]:
    """All outages by start; with ``after`` those alone that were not ended and go on after it."""
    statement = sa.select(Outage).order_by(Outage.start, Outage.resource)
    if after is not None:
        statement = statement.where(Outage.ended_at.is_(None), Outage.end > after)
    return list(session.execute(statement).scalars())


def outage_of_id(session: Session, outage_id: str) -> Row | None:
    statement = sa.select(Outage).where(Outage.id == outage_id).with_for_update()
    return session.execute(statement).scalars().one_or_none()


def visits_of_ids(session: Session, ids: Iterable[str]) -> list[Row]:
    """The visits that are still to come or going on, by start; locked."""
    statement = (
        sa.select(Appointment)
        .where(Appointment.id.in_(list(ids)), Appointment.status.in_(COMING))
        .order_by(Appointment.start, Appointment.id)
        .with_for_update()
    )
    return list(session.execute(statement).scalars())


def visits_without_time(session: Session, after: datetime) -> list[Row]:
    """The visits that need a new time and whose old one is not over yet, who booked first comes first; locked."""
    statement = (
        sa.select(Appointment)
        .where(Appointment.needs_new_time.is_(True), Appointment.status == VisitStatus.CONFIRMED.value)
        .where(Appointment.start > after)
        .order_by(Appointment.created_at, Appointment.id)
        .with_for_update()
    )
    return list(session.execute(statement).scalars())


def claims_after(session: Session, tick: int) -> list[Any]:
    """The claims of visits from a tick on: ``resource`` and ``appointment_id``, each pair once."""
    columns = (Claim.resource, Claim.appointment_id)
    condition = (Claim.tick >= tick, Claim.appointment_id.is_not(None))
    return list(session.execute(sa.select(*columns).where(*condition).distinct().order_by(*columns)))


def _on(resource: str, ticks: range) -> Any:
    return sa.and_(Claim.resource == resource, Claim.tick >= ticks.start, Claim.tick < ticks.stop)
