"""Tasks as staff look for them: mine, my stores', by kind; what is overdue first. And who does one."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.domain.staff import Role
from bot.domain.tasks import MANAGER, TaskKind, TaskStatus
from bot.services import audit
from bot.services.audit import Actor
from bot.services.staff import Staff, require_user
from bot.services.tasks import TaskView, locked_task, task_view
from bot.store.database import Database
from bot.store.lifecycle_tables import Task
from bot.store.staff_tables import User

MOST = 200


def list_tasks(
    database: Database,
    status: TaskStatus = TaskStatus.OPEN,
    kind: TaskKind | None = None,
    mine: Staff | None = None,
    stores: Iterable[str] = (),
    limit: int = MOST,
) -> list[TaskView]:
    """Open ones by due time, ended ones the newest first.

    ``mine``: those of this person, and those of nobody that fit their skills or role; ``stores``: of these and of none.
    """
    order = [Task.due_at] if status is TaskStatus.OPEN else [Task.closed_at.desc()]
    query = sa.select(Task).where(Task.status == status.value).order_by(*order, Task.id).limit(limit)
    if kind is not None:
        query = query.where(Task.kind == kind.value)
    if mine is not None:
        query = query.where(
            sa.or_(Task.assignee == mine.username, sa.and_(Task.assignee.is_(None), _fits(mine)))
        )
    known = list(stores)
    if known:
        query = query.where(sa.or_(Task.store.is_(None), Task.store.in_(known)))
    with database.reading() as session:
        return [task_view(row) for row in session.scalars(query)]


def task(database: Database, task_id: str) -> TaskView:
    """Raises ``NotFound``."""
    with database.reading() as session:
        return task_view(locked_task(session, task_id))


def count_due(database: Database, staff: Staff, now: datetime) -> int:
    """How many open tasks of this person are due by ``now``."""
    query = sa.select(sa.func.count()).where(
        Task.status == TaskStatus.OPEN.value,
        Task.due_at <= now,
        sa.or_(Task.assignee == staff.username, sa.and_(Task.assignee.is_(None), _fits(staff))),
    )
    with database.reading() as session:
        return int(session.scalar(query))


def assign_task(
    database: Database, task_id: str, username: str | None, actor: Actor, now: datetime
) -> TaskView:
    """Say who does it, None for nobody. Raises ``NotFound``, and ``InvalidInput`` for no such user."""
    with database.transaction() as session:
        row = locked_task(session, task_id)
        if username is not None:
            require_user(session, username)
        row.assignee, row.updated_at = username, now
        audit.note(session, actor, "task.assigned", now, task_id, row.conversation_id, {"to": username})
        return task_view(row)


def user_of_adviser(session: Session, resource: str | None) -> str | None:
    """The active user who is this resource of the dealership; also for a username itself."""
    if resource is None:
        return None
    is_them = sa.or_(User.resource == resource, User.username == resource)
    query = sa.select(User.username).where(is_them, User.is_active.is_(True)).order_by(User.username)
    return session.scalars(query).first()


def _fits(staff: Staff) -> sa.sql.ColumnElement[bool]:
    """What nobody has and this person could do."""
    skills = [skill.value for skill in staff.skills]
    fits = [Task.skill.in_(skills), Task.skill.is_(None)]
    if staff.role in (Role.MANAGER, Role.ADMINISTRATOR):
        fits.append(Task.skill == MANAGER)
    return sa.or_(*fits)
