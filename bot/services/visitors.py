"""Website visitors: an unguessable token names a visitor; only its hash is kept, as the conversation's sender."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from bot.domain.conversation import Owner
from bot.services.conversations import open_conversation
from bot.services.credentials import token_hash
from bot.store.database import Database
from bot.store.staff_tables import User
from bot.store.tables import Conversation

CHANNEL = "web"


@dataclass(frozen=True)
class Visitor:
    sender: str
    conversation_id: str
    last_seq: int


def open_visitor(
    database: Database, token: str | None, now: datetime, page: str | None = None
) -> tuple[Visitor, str]:
    """The visitor of a token, or a new one with a new token; ``page``: the address that they look at."""
    known = find_visitor(database, token) if token else None
    if known is not None and token is not None:
        _note_page(database, known, page)
        return known, token
    token = secrets.token_urlsafe(32)
    with database.transaction() as session:
        row = open_conversation(session, CHANNEL, token_hash(token), now)
        row.page = page
        return Visitor(row.sender, row.id, row.last_seq), token


def _note_page(database: Database, visitor: Visitor, page: str | None) -> None:
    with database.reading() as session:
        if page is None or session.get(Conversation, visitor.conversation_id).page == page:
            return
    with database.transaction() as session:
        session.execute(
            sa.update(Conversation).where(Conversation.id == visitor.conversation_id).values(page=page)
        )


def attendant(database: Database, conversation_id: str) -> str | None:
    """The name of the adviser who has the conversation now, as the customer reads it; None while nobody has."""
    query = (
        sa.select(User.name)
        .join(Conversation, Conversation.adviser == User.username)
        .where(Conversation.id == conversation_id, Conversation.state == Owner.ADVISER.value)
    )
    with database.reading() as session:
        return session.scalar(query)


def find_visitor(database: Database, token: str) -> Visitor | None:
    """The visitor whose token this is."""
    query = sa.select(Conversation).where(
        Conversation.channel == CHANNEL, Conversation.sender == token_hash(token)
    )
    with database.reading() as session:
        row = session.scalars(query).first()
        return None if row is None else Visitor(row.sender, row.id, row.last_seq)
