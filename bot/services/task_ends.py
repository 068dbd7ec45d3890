"""How a task ends, and what else that ends: a contact that was a call, the warranty claim that it checks."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.services import tasks
from bot.services.audit import Actor
from bot.services.tasks import TaskView
from bot.store.database import Database
from bot.store.lifecycle_tables import Outreach

OPEN_STATES = ("planned", "sent")


def end_task(
    database: Database, task_id: str, outcome: str, note: str | None, actor: Actor, now: datetime
) -> TaskView:
    """End a task with one of its kind's outcomes. Raises as ``bot.services.tasks.end_task``.

    What a call came to is what its contact came to.
    """
    with database.transaction() as session:
        ended = tasks.end_in(session, task_id, outcome, note, actor, now)
        if ended.outreach_id is not None:
            _settle_contact(session, ended.outreach_id, outcome, now)
        return ended


def _settle_contact(session: Session, outreach_id: str, outcome: str, now: datetime) -> None:
    """An answer that the customer gave elsewhere meanwhile stays."""
    state = "unreached" if outcome == "wrong_number" else outcome
    session.execute(
        sa.update(Outreach.__table__)
        .where(Outreach.id == outreach_id, Outreach.state.in_(OPEN_STATES))
        .values(state=state, answered_at=now, updated_at=now)
    )
