"""Conversations and their owner: what staff see of them, and how the bot hands over and takes back.

What members of the staff do with them is in ``bot.services.desk``, the waiting line in ``bot.services.queue``.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.domain.conversation import Change, HandoffReason, Owner, Ownership, Party, skill_of
from bot.domain.errors import NotFound
from bot.services import alerts, crm, metrics
from bot.services.leads import lead_of_handoff
from bot.services.lines import open_place
from bot.store.database import Database
from bot.store.staff_tables import Handoff, User
from bot.store.tables import Conversation, Message


@dataclass(frozen=True)
class ConversationView:
    """A conversation as staff and channels see it.

    ``adviser`` is the username of whoever has it, or had it last; ``adviser_name`` how they are called. ``preview`` is
    the last line that the customer can see, ``handback`` what the bot has to know of what a person settled.
    """

    id: str
    channel: str
    sender: str
    owner: Owner
    epoch: int
    last_seq: int
    created_at: datetime
    updated_at: datetime
    adviser: str | None = None
    adviser_name: str | None = None
    skill: str | None = None
    reason: str | None = None
    waiting_since: datetime | None = None
    lease_until: datetime | None = None
    grace_until: datetime | None = None
    delivered_seq: int = 0
    read_seq: int = 0
    staff_read_seq: int = 0
    customer_id: str | None = None
    page: str | None = None
    handback: dict[str, Any] | None = None
    preview: str | None = None


_OF_SENDER = (
    sa.select(Conversation)
    .where(Conversation.channel == sa.bindparam("channel"), Conversation.sender == sa.bindparam("sender"))
    .with_for_update()
)
_OF_ID = (
    sa.select(Conversation)
    .where(Conversation.id == sa.bindparam("id"))
    .with_for_update()
    .execution_options(populate_existing=True)
)


def open_conversation(session: Session, channel: str, sender: str, now: datetime) -> Conversation:
    """The conversation of this sender, created on the first contact, locked for the transaction."""
    who = {"channel": channel, "sender": sender}
    found = session.scalars(_OF_SENDER, who).first()
    if found is not None:
        return found
    open_place(session, channel, sender, now)
    return session.scalars(_OF_SENDER, who).one()


def conversation(database: Database, conversation_id: str) -> ConversationView:
    """Raises ``NotFound``."""
    with database.reading() as session:
        found = session.execute(_views().where(Conversation.id == conversation_id)).first()
    if found is None:
        raise NotFound(f"no conversation {conversation_id}")
    return _view(*found)


def list_conversations(
    database: Database, owner: Owner | None = None, limit: int = 200, adviser: str | None = None
) -> list[ConversationView]:
    """The newest first, of one owner or one adviser if they are given."""
    query = _views().order_by(Conversation.updated_at.desc(), Conversation.id).limit(limit)
    if owner is not None:
        query = query.where(Conversation.state == owner.value)
    if adviser is not None:
        query = query.where(Conversation.adviser == adviser)
    with database.reading() as session:
        return [_view(*line) for line in session.execute(query)]


def record_handoff(
    database: Database, conversation_id: str, reason: HandoffReason, summary: dict[str, Any], now: datetime
) -> None:
    """Note that a person should look at this conversation, while the bot keeps it."""
    with database.transaction() as session:
        _want_person(session, conversation_id, reason, summary, now)


def queue_up(
    session: Session, row: Conversation, reason: HandoffReason, summary: dict[str, Any], now: datetime
) -> None:
    """Put a locked conversation of the bot's into the waiting line."""
    pass_to(row, Change.QUEUE, Party.BOT, now)
    row.skill, row.reason = skill_of(reason, summary).value, reason.value
    row.waiting_since, row.alerted_at = now, None
    _want_person(session, row.id, reason, summary, now)


def _want_person(
    session: Session, conversation_id: str, reason: HandoffReason, summary: dict[str, Any], now: datetime
) -> None:
    """Whoever has to know hears of it."""
    handoff = add_handoff(session, conversation_id, reason, summary, now)
    alerts.urgent_handoff(session, handoff, now)
    lead_of_handoff(session, conversation_id, reason, summary, now)


def back_to_bot(database: Database, conversation_id: str, now: datetime) -> ConversationView:
    """The customer no longer waits, or writes after the end: the bot goes on and open handoffs are withdrawn."""
    with database.transaction() as session:
        row = locked(session, conversation_id)
        if row.state == Owner.CLOSED.value:
            pass_to(row, Change.WRITE_AGAIN, Party.CUSTOMER, now)
        elif row.state != Owner.BOT.value:
            pass_to(row, Change.LEAVE_QUEUE, Party.CUSTOMER, now)
        row.waiting_since = row.alerted_at = None
        for each in session.scalars(
            sa.select(Handoff).where(Handoff.conversation_id == conversation_id, Handoff.status == "open")
        ):
            each.status, each.ended_at, each.updated_at = "withdrawn", now, now
            crm.handoff_ended(session, each, now)
    return conversation(database, conversation_id)


def waits_for_rescue(database: Database, conversation_id: str) -> bool:
    """Whether the newest reason why this conversation waits for a person is a breakdown."""
    newest = (
        sa.select(Handoff.reason)
        .where(Handoff.conversation_id == conversation_id, Handoff.status == "open")
        .order_by(Handoff.created_at.desc())
    )
    with database.reading() as session:
        return session.scalars(newest).first() == HandoffReason.RESCUE.value


def locked_or_none(session: Session, conversation_id: str) -> Conversation | None:
    """The row, locked for the transaction; None where there is none."""
    found: Conversation | None = session.scalars(_OF_ID, {"id": conversation_id}).first()
    return found


def locked(session: Session, conversation_id: str) -> Conversation:
    """The row, locked for the transaction; raises ``NotFound``."""
    row = locked_or_none(session, conversation_id)
    if row is None:
        raise NotFound(f"no conversation {conversation_id}")
    return row


def pass_to(row: Conversation, change: Change, by: Party, now: datetime) -> None:
    """Change the owner of a locked row; raises ``Conflict`` when that is not possible."""
    changed = Ownership(Owner(row.state), row.epoch).after(change, by)
    row.state, row.epoch, row.updated_at = changed.owner.value, changed.epoch, now


def add_handoff(
    session: Session, conversation_id: str, reason: HandoffReason, summary: dict[str, Any], now: datetime
) -> Handoff:
    """The record of why a person is wanted and what they should know; the dealer's systems hear of it."""
    row = Handoff(
        id=uuid.uuid4().hex,
        conversation_id=conversation_id,
        reason=reason.value,
        skill=skill_of(reason, summary).value,
        summary=summary,
        status="open",
        created_at=now,
        updated_at=now,
    )
    session.add(row)
    metrics.count_when_committed(session, metrics.HANDOFFS, reason.value)
    if reason is not HandoffReason.TAKEN:  # there nobody waited
        crm.handoff_queued(session, row, now)
    return row


def _views() -> Any:
    """Conversations with the name of the adviser and the last line that the customer can see."""
    seen = Message.__table__.alias("seen")
    last = (
        sa.select(seen.c.text)
        .where(seen.c.conversation_id == Conversation.id, seen.c.internal.is_(False))
        .order_by(seen.c.seq.desc())
        .limit(1)
        .scalar_subquery()
    )
    return sa.select(Conversation, User.name, last).outerjoin(User, User.username == Conversation.adviser)


def _view(row: Conversation, name: str | None, preview: str | None) -> ConversationView:
    same = ("id", "channel", "sender", "epoch", "last_seq", "created_at", "updated_at", "adviser", "skill")
    more = ("reason", "waiting_since", "lease_until", "grace_until", "delivered_seq", "read_seq")
    last = ("staff_read_seq", "customer_id", "page", "handback")
    return ConversationView(
        owner=Owner(row.state),
        adviser_name=name or row.adviser,
        preview=preview,
        **{field: getattr(row, field) for field in (*same, *more, *last)},
    )
