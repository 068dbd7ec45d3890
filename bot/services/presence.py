"""Who is there, and whose a conversation stays: heartbeats renew both. See ``bot.domain.handoff`` for the times."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.domain.conversation import Owner
from bot.domain.errors import NotFound
from bot.domain.handoff import HandoffRules
from bot.domain.staff import Presence
from bot.services.conversations import locked
from bot.services.staff import SESSION, Staff
from bot.store.database import Database
from bot.store.staff_tables import User
from bot.store.tables import Conversation

FRESH = timedelta(seconds=15)


def beat(
    database: Database,
    staff: Staff,
    presence: Presence | None,
    now: datetime,
    rules: HandoffRules | None = None,
) -> Presence:
    """A console is open: they are there, and keep their conversations; gives what they chose.

    ``presence`` is a new choice, None keeps the last one. Whoever is offline keeps nothing (``away`` does).
    """
    rules = rules or HandoffRules()
    with database.transaction() as session:
        user = session.get(User, staff.username, with_for_update=True)
        if user is None:
            raise NotFound(f"no user {staff.username}")
        came = not is_here(user, now) or (presence is not None and presence.value != user.presence)
        if presence is not None:
            user.presence = presence.value
        if came and user.presence == Presence.ONLINE.value:
            user.idle_since = now
        user.seen_until = now + timedelta(seconds=rules.presence_seconds)
        chosen = Presence(user.presence)
    if chosen is not Presence.OFFLINE:
        _renew_all(database, staff.username, now, rules)
    return chosen


def touch(
    database: Database, conversation_id: str, staff: Staff, now: datetime, rules: HandoffRules | None = None
) -> None:
    """Who reads their own conversation by the API works on it: the lease is renewed, unless it is fresh."""
    rules = rules or HandoffRules()
    with database.reading() as session:
        row, user = session.get(Conversation, conversation_id), session.get(User, staff.username)
        if row is None or user is None or not is_own(row, staff):
            return
        due = rules.lease(now, has_console_open(user, staff, now)) - FRESH
        if row.grace_until is None and row.lease_until is not None and row.lease_until > due:
            return
    with database.transaction() as session:
        row = locked(session, conversation_id)
        if is_own(row, staff):
            renew(session, row, staff, now, rules)


def is_here(user: User, now: datetime) -> bool:
    """Whether their console is open; what they chose counts only then."""
    return user.seen_until is not None and bool(user.seen_until > now)


def presence_of(user: User, now: datetime) -> Presence:
    """What they chose, while they are there."""
    return Presence(user.presence) if is_here(user, now) else Presence.OFFLINE


def is_own(row: Conversation, staff: Staff) -> bool:
    """Whether it is theirs now."""
    return bool(row.state == Owner.ADVISER.value and row.adviser == staff.username)


def renew(session: Session, row: Conversation, staff: Staff, now: datetime, rules: HandoffRules) -> None:
    """They are at work on it. Who does so while offline is away: there, and open for nothing new."""
    user = session.get(User, staff.username)
    if user is None:
        raise NotFound(f"no user {staff.username}")
    has_console = has_console_open(user, staff, now)
    if has_console and user.presence == Presence.OFFLINE.value:
        user.presence = Presence.AWAY.value
    row.lease_until, row.grace_until = rules.lease(now, has_console), None


def has_console_open(user: User, staff: Staff, now: datetime) -> bool:
    """Else they work by the API alone, and no heartbeat can be expected of them."""
    return staff.kind == SESSION or is_here(user, now)


def _renew_all(database: Database, username: str, now: datetime, rules: HandoffRules) -> None:
    """By itself and in the order of the ids: nobody who holds a conversation waits for it."""
    query = (
        sa.select(Conversation)
        .where(Conversation.state == Owner.ADVISER.value, Conversation.adviser == username)
        .order_by(Conversation.id)
        .with_for_update()
    )
    with database.transaction() as session:
        for row in session.scalars(query):
            row.lease_until, row.grace_until = rules.lease(now, has_console=True), None
