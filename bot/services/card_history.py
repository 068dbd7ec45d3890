"""What a customer card tells of people's work and of what the customer answered: tasks and surveys, newest first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.domain.tasks import TaskKind, TaskStatus
from bot.services.masking import mask_phones
from bot.store.lifecycle_tables import Survey, Task

MOST = 20


@dataclass(frozen=True)
class CardTask:
    """``outcome`` is None while it is open. Telephone numbers in the title are masked."""

    id: str
    kind: TaskKind
    status: TaskStatus
    title: str
    due_at: datetime
    outcome: str | None


@dataclass(frozen=True)
class CardSurvey:
    """``satisfaction`` 0 to 100, ``nps`` 0 to 10; both None where only the sheet was answered."""

    kind: str
    satisfaction: int | None
    nps: int | None
    comment: str | None
    at: datetime


def tasks_of(
    session: Session, phone: str | None, customer_id: str | None, ids: set[str]
) -> tuple[CardTask, ...]:
    """Of a number, a customer or their conversations (``ids``)."""
    query = sa.select(Task).where(_theirs(Task, phone, ids) | _of_customer(customer_id))
    rows: Any = session.scalars(query.order_by(Task.created_at.desc(), Task.id).limit(MOST))
    return tuple(
        CardTask(
            row.id,
            TaskKind(row.kind),
            TaskStatus(row.status),
            mask_phones(row.title),
            row.due_at,
            row.outcome,
        )
        for row in rows
    )


def surveys_of(session: Session, phone: str | None, ids: set[str]) -> tuple[CardSurvey, ...]:
    """Those that were answered."""
    query = sa.select(Survey).where(_theirs(Survey, phone, ids), Survey.answered_at.is_not(None))
    rows: Any = session.scalars(query.order_by(Survey.answered_at.desc(), Survey.id).limit(MOST))
    return tuple(
        CardSurvey(
            row.kind,
            row.satisfaction,
            row.nps,
            mask_phones(row.comment) if row.comment else None,
            row.answered_at,
        )
        for row in rows
    )


def _theirs(table: Any, phone: str | None, ids: set[str]) -> Any:
    mine = table.conversation_id.in_(ids)
    return sa.or_(mine, table.phone == phone) if phone else mine


def _of_customer(customer_id: str | None) -> Any:
    return Task.customer_id == customer_id if customer_id else sa.false()
