"""The audit log: who read or changed what that is personal or that others rely on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.store.database import Database
from bot.store.staff_tables import AuditEntry

SYSTEM = "system"
SAME_READING = timedelta(minutes=30)


@dataclass(frozen=True)
class Actor:
    """Who does something, and from which address; the program itself is ``SYSTEM``."""

    username: str
    address: str | None = None


@dataclass(frozen=True)
class AuditLine:
    """One line of the log, as ``bot.store.staff_tables.AuditEntry``."""

    id: int
    at: datetime
    username: str
    action: str
    subject: str | None
    conversation_id: str | None
    details: dict[str, Any]
    address: str | None


def note(
    session: Session,
    actor: Actor,
    action: str,
    now: datetime,
    subject: str | None = None,
    conversation_id: str | None = None,
    details: Mapping[str, Any] | None = None,
) -> None:
    """Write a line in the transaction of what it tells. ``action`` as "customer.revealed"; ``details`` without secrets
    and telephone numbers."""
    session.add(
        AuditEntry(
            at=now,
            username=actor.username,
            action=action,
            subject=subject,
            conversation_id=conversation_id,
            details=dict(details or {}),
            address=actor.address,
        )
    )


def note_now(database: Database, actor: Actor, action: str, now: datetime, **about: Any) -> None:
    """Write a line by itself, for something that was only read."""
    with database.transaction() as session:
        note(session, actor, action, now, **about)


def note_reading(database: Database, actor: Actor, action: str, now: datetime, conversation_id: str) -> None:
    """Write that somebody reads a conversation, once in ``SAME_READING`` however often they look again."""
    same = sa.select(AuditEntry.id).where(
        AuditEntry.conversation_id == conversation_id,
        AuditEntry.username == actor.username,
        AuditEntry.action == action,
        AuditEntry.at > now - SAME_READING,
    )
    with database.reading() as session:
        if session.scalars(same).first() is not None:
            return
    note_now(database, actor, action, now, conversation_id=conversation_id)


def list_audit(
    database: Database,
    username: str | None = None,
    action: str | None = None,
    conversation_id: str | None = None,
    before: int | None = None,
    limit: int = 100,
) -> list[AuditLine]:
    """The newest first; ``before`` is the id of the last line of the page before, ``action`` may be its beginning."""
    query = sa.select(AuditEntry).order_by(AuditEntry.id.desc()).limit(limit)
    if username is not None:
        query = query.where(AuditEntry.username == username)
    if action is not None:
        query = query.where(AuditEntry.action.startswith(action, autoescape=True))
    if conversation_id is not None:
        query = query.where(AuditEntry.conversation_id == conversation_id)
    if before is not None:
        query = query.where(AuditEntry.id < before)
    with database.reading() as session:
        return [
            AuditLine(
                row.id,
                row.at,
                row.username,
                row.action,
                row.subject,
                row.conversation_id,
                row.details,
                row.address,
            )
            for row in session.scalars(query)
        ]
