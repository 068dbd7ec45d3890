"""Conversations and their owner: hand over, take back, and what staff see of them."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.domain.conversation import HandoffReason, Owner, Ownership
from bot.domain.errors import NotFound
from bot.store.database import Database
from bot.store.staff_tables import Handoff
from bot.store.tables import Conversation


@dataclass(frozen=True)
class ConversationView:
    """A conversation as staff and channels see it."""

    id: str
    channel: str
    sender: str
    owner: Owner
    epoch: int
    last_seq: int
    created_at: datetime
    updated_at: datetime


def open_conversation(session: Session, channel: str, sender: str, now: datetime) -> Conversation:
    """The conversation of this sender, created on the first contact, locked for the transaction."""
    found = session.scalars(_of_sender(channel, sender).with_for_update()).first()
    if found is not None:
        return found
    conversation = Conversation(
        id=uuid.uuid4().hex,
        channel=channel,
        sender=sender,
        state=Owner.BOT.value,
        epoch=0,
        last_seq=0,
        created_at=now,
        updated_at=now,
    )
    try:
        with session.begin_nested():
            session.add(conversation)
    except sa.exc.IntegrityError:  # another process got there first
        return session.scalars(_of_sender(channel, sender).with_for_update()).one()
    return conversation


def conversation(database: Database, conversation_id: str) -> ConversationView:
    """Raises ``NotFound``."""
    with database.reading() as session:
        return _view(_row(session, conversation_id))


def list_conversations(
    database: Database, owner: Owner | None = None, limit: int = 200
) -> list[ConversationView]:
    """The newest first."""
    query = sa.select(Conversation).order_by(Conversation.updated_at.desc(), Conversation.id).limit(limit)
    if owner is not None:
        query = query.where(Conversation.state == owner.value)
    with database.reading() as session:
        return [_view(row) for row in session.scalars(query)]


def record_handoff(
    database: Database, conversation_id: str, reason: HandoffReason, summary: dict[str, Any], now: datetime
) -> None:
    """Note that a person should look at this conversation, while the bot keeps it."""
    with database.transaction() as session:
        add_handoff(session, conversation_id, reason, summary, now)


def back_to_bot(database: Database, conversation_id: str, now: datetime) -> ConversationView:
    """The customer no longer waits: the bot goes on and open handoffs end."""
    with database.transaction() as session:
        row = _row(session, conversation_id, lock=True)
        if Owner(row.state) is not Owner.BOT:
            pass_to(row, Owner.BOT, now)
        session.execute(
            sa.update(Handoff)
            .where(Handoff.conversation_id == conversation_id, Handoff.status == "open")
            .values(status="withdrawn", updated_at=now)
        )
        return _view(row)


def place_in_queue(database: Database, conversation_id: str) -> int:
    """The customer's place, 1 being next; for a conversation not waiting yet, the place it would get."""
    with database.reading() as session:
        first_request = sa.func.min(Handoff.created_at)
        waiting: Sequence[Any] = session.execute(
            sa.select(Conversation.id)
            .join(Handoff, Handoff.conversation_id == Conversation.id)
            .where(Conversation.state == Owner.QUEUE.value, Handoff.status == "open")
            .group_by(Conversation.id)
            .order_by(first_request, Conversation.id)
        ).all()
    ids = [line[0] for line in waiting]
    return ids.index(conversation_id) + 1 if conversation_id in ids else len(ids) + 1


def waits_for_rescue(database: Database, conversation_id: str) -> bool:
    """Whether the newest reason why this conversation waits for a person is a breakdown."""
    newest = (
        sa.select(Handoff.reason)
        .where(Handoff.conversation_id == conversation_id, Handoff.status == "open")
        .order_by(Handoff.created_at.desc())
    )
    with database.reading() as session:
        return session.scalars(newest).first() == HandoffReason.RESCUE.value


def _of_sender(channel: str, sender: str) -> Any:
    return sa.select(Conversation).where(Conversation.channel == channel, Conversation.sender == sender)


def _row(session: Session, conversation_id: str, lock: bool = False) -> Conversation:
    query = sa.select(Conversation).where(Conversation.id == conversation_id)
    row = session.scalars(query.with_for_update() if lock else query).first()
    if row is None:
        raise NotFound(f"no conversation {conversation_id}")
    return row


def pass_to(row: Conversation, owner: Owner, now: datetime) -> None:
    """Change the owner of a locked row; raises ``Conflict`` when that is not possible."""
    changed = Ownership(Owner(row.state), row.epoch).passed_to(owner)
    row.state, row.epoch, row.updated_at = changed.owner.value, changed.epoch, now


def add_handoff(
    session: Session, conversation_id: str, reason: HandoffReason, summary: dict[str, Any], now: datetime
) -> None:
    """The record of why a person is wanted and what they should know."""
    session.add(
        Handoff(
            id=uuid.uuid4().hex,
            conversation_id=conversation_id,
            reason=reason.value,
            summary=summary,
            status="open",
            created_at=now,
            updated_at=now,
        )
    )


def _view(row: Conversation) -> ConversationView:
    return ConversationView(
        row.id,
        row.channel,
        row.sender,
        Owner(row.state),
        row.epoch,
        row.last_seq,
        row.created_at,
        row.updated_at,
    )
