"""Queries on visits that have taken place or should have, each a single statement."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.domain.booking import VisitStatus
from bot.store.bookings import Row
from bot.store.outages import COMING
from bot.store.tables import Appointment

OUTCOMES = (VisitStatus.COMPLETED.value, VisitStatus.NO_SHOW.value)


def past_visits(session: Session, phone: str) -> list[str]:
    """How the customer's visits ended (completed or not), the latest first."""
    statement = (
        sa.select(Appointment.status)
        .where(Appointment.phone == phone, Appointment.status.in_(OUTCOMES))
        .order_by(Appointment.start.desc(), Appointment.id)
    )
    return list(session.execute(statement).scalars())


def unsettled_visits(session: Session, before: datetime) -> list[Row]:
    """Visits that started before the moment and still count as to come or going on, by start."""
    statement = (
        sa.select(Appointment)
        .where(Appointment.start < before, Appointment.status.in_(COMING))
        .order_by(Appointment.start, Appointment.code)
    )
    return list(session.execute(statement).scalars())
