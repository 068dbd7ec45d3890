"""Tasks of people: opened once by what needs them, ended with an outcome."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.domain.errors import InvalidInput, NotFound, WrongState
from bot.domain.tasks import OUTCOMES, TaskKind, TaskStatus
from bot.services import audit
from bot.services.audit import Actor
from bot.store.lifecycle_tables import Task


@dataclass(frozen=True)
class TaskView:
    """A task as staff see it; ``phone`` is not masked here, times are aware."""

    id: str
    kind: TaskKind
    status: TaskStatus
    title: str
    customer_id: str | None
    phone: str | None
    plate: str | None
    store: str | None
    conversation_id: str | None
    case_id: str | None
    outreach_id: str | None
    appointment_id: str | None
    assignee: str | None
    skill: str | None
    script: str | None
    details: dict[str, Any]
    due_at: datetime
    outcome: str | None
    note: str | None
    closed_by: str | None
    closed_at: datetime | None
    created_at: datetime

    def is_overdue(self, now: datetime) -> bool:
        return self.status is TaskStatus.OPEN and self.due_at < now


def open_task(
    session: Session, kind: TaskKind, key: str, title: str, due_at: datetime, now: datetime, **fields: Any
) -> str | None:
    """Open a task in the caller's transaction and give its id; None where one with this ``key`` was opened before.

    ``key`` is "kind/what it is about"; ``fields`` are further columns of ``bot.store.lifecycle_tables.Task``.
    """
    if session.scalars(sa.select(Task.id).where(Task.key == key)).first() is not None:
        return None
    details = fields.pop("details", {})
    id_ = uuid.uuid4().hex
    row = Task(
        id=id_,
        kind=kind.value,
        key=key,
        title=title[:200],
        status=TaskStatus.OPEN.value,
        due_at=due_at,
        details=details,
        created_at=now,
        updated_at=now,
        **fields,
    )
    session.add(row)
    session.flush()
    return id_


def end_in(
    session: Session, task_id: str, outcome: str, note: str | None, actor: Actor, now: datetime
) -> TaskView:
    """End a task in the caller's transaction.

    Raises ``NotFound``, ``InvalidInput`` for an outcome of another kind, and ``WrongState`` for one that is ended.
    """
    row = locked_task(session, task_id)
    if outcome not in OUTCOMES[TaskKind(row.kind)]:
        raise InvalidInput(f"{outcome!r} is no outcome of {row.kind}")
    if row.status != TaskStatus.OPEN.value:
        raise WrongState("the task is ended", "这项任务已经结束")
    row.status, row.outcome, row.note = TaskStatus.DONE.value, outcome, note
    row.closed_by, row.closed_at, row.updated_at = actor.username, now, now
    audit.note(session, actor, "task.ended", now, task_id, row.conversation_id, {"outcome": outcome})
    return task_view(row)


def cancel_tasks(session: Session, now: datetime, **about: str) -> int:
    """Nobody has to do the open tasks about ``outreach_id=``, ``case_id=``, ``key=`` … any more; gives how many."""
    done = session.execute(
        sa.update(Task.__table__)
        .where(Task.status == TaskStatus.OPEN.value)
        .filter_by(**about)
        .values(status=TaskStatus.CANCELLED.value, closed_at=now, updated_at=now)
    )
    return int(done.rowcount)


def locked_task(session: Session, task_id: str) -> Any:
    """The row, locked. Raises ``NotFound``."""
    row = session.scalars(sa.select(Task).where(Task.id == task_id).with_for_update()).first()
    if row is None:
        raise NotFound("no such task")
    return row


def task_view(row: Any) -> TaskView:
    """A row of ``tasks`` for everybody else."""
    values = {name: getattr(row, name) for name in TaskView.__dataclass_fields__}
    return TaskView(**{**values, "kind": TaskKind(row.kind), "status": TaskStatus(row.status)})
