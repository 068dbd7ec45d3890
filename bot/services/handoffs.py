"""The records of why conversations came to a person, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bot.store.database import Database
from bot.store.staff_tables import Handoff, User


@dataclass(frozen=True)
class HandoffView:
    """One adviser's part, or a wait; as ``bot.store.staff_tables.Handoff``, with the name of the adviser."""

    id: str
    reason: str
    skill: str | None
    status: str
    summary: dict[str, Any]
    adviser: str | None
    adviser_name: str | None
    created_at: datetime
    taken_at: datetime | None
    ended_at: datetime | None
    outcome: str | None
    note: str | None


def handoffs_of(database: Database, conversation_id: str) -> list[HandoffView]:
    """The oldest first."""
    query = (
        sa.select(Handoff, User.name)
        .outerjoin(User, User.username == Handoff.adviser)
        .where(Handoff.conversation_id == conversation_id)
        .order_by(Handoff.created_at, Handoff.id)
    )
    with database.reading() as session:
        return [
            HandoffView(
                row.id,
                row.reason,
                row.skill,
                row.status,
                row.summary,
                row.adviser,
                name or row.adviser,
                row.created_at,
                row.taken_at,
                row.ended_at,
                row.outcome,
                row.note,
            )
            for row, name in session.execute(query)
        ]
