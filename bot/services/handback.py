"""What happened while a person had the conversation, so that the bot does not ask for it again."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.domain.dealership import Dealership
from bot.services.visits import BookedVisit, view_of
from bot.store.database import Database
from bot.store.tables import Appointment, Conversation, DialogueState


@dataclass(frozen=True)
class Meanwhile:
    """``settled``: the adviser said that all is done. ``visits`` were booked, moved or cancelled since the bot's last
    turn, the newest change last."""

    settled: bool
    note: str | None
    visits: tuple[BookedVisit, ...]


def meanwhile(
    database: Database, dealership: Dealership, conversation_id: str, phones: Collection[str]
) -> Meanwhile:
    """What was settled, with the visits of this conversation or of its customer's ``phones`` that changed."""
    with database.reading() as session:
        row = session.get(Conversation, conversation_id)
        handback = (row.handback if row is not None else None) or {}
        since = session.scalar(
            sa.select(DialogueState.updated_at).where(DialogueState.sender_id == conversation_id)
        )
        visits = _changed(session, dealership, conversation_id, phones, since) if since else ()
    return Meanwhile(bool(handback.get("settled")), handback.get("note"), visits)


def taken_up(database: Database, conversation_id: str) -> None:
    """The bot knows now."""
    with database.transaction() as session:
        row = session.get(Conversation, conversation_id, with_for_update=True)
        if row is not None:
            row.handback = sa.null()


def _changed(
    session: Session,
    dealership: Dealership,
    conversation_id: str,
    phones: Collection[str],
    since: datetime,
) -> tuple[BookedVisit, ...]:
    of_customer = sa.or_(Appointment.conversation_id == conversation_id, Appointment.phone.in_(list(phones)))
    query = sa.select(Appointment).where(of_customer, Appointment.updated_at >= since)
    rows = session.scalars(query.order_by(Appointment.updated_at))
    return tuple(view_of(dealership, row) for row in rows)
