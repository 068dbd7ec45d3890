"""What a consultant sees at work: the waiting list, their own conversations, and one conversation in full.

Telephone numbers are masked everywhere (``bot.services.masking``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.domain.conversation import Author, Outcome, Owner, PassedOn
from bot.domain.errors import NotFound, NotPermitted
from bot.domain.staff import Permission, Presence, Role, may
from bot.domain.wechat.window import Limits
from bot.services.masking import mask_phones, mask_values
from bot.services.messages import given_client_id
from bot.services.queue import waiting_list
from bot.services.staff import Staff
from bot.services.wechat.contacts import Quota, quota_of
from bot.store.database import Database
from bot.store.staff_tables import Handoff, User
from bot.store.tables import Appointment, Conversation, Customer, Message

PREVIEW = 60
MOST = 100
LATELY = timedelta(days=14)
FACTS_OF_A_NAME = ("known_name", "drive_name", "visit_name")
FACTS_OF_A_MODEL = ("drive_model", "visit_model", "car_model", "model")
SAYING = (Author.CUSTOMER.value, Author.STAFF.value)
ENDINGS = (*(outcome.value for outcome in Outcome), PassedOn.RELEASED.value)
UNDERSTOOD = ("intent", "confidence", "decision", "faq")


class Scope(str, Enum):
    """Which conversations a list shows."""

    WAITING = "waiting"
    MINE = "mine"
    ALL = "all"
    CLOSED = "closed"


@dataclass(frozen=True)
class Line:
    """A conversation in a list. ``unread``: messages of the customer that no person has seen, and lines for the staff
    that its adviser has not (who gave it to them, notes). ``unanswered``: it is a person's turn to write."""

    id: str
    title: str
    channel: str
    state: Owner
    skill: str | None
    reason: str | None
    waiting_since: datetime | None
    updated_at: datetime
    preview: str
    preview_author: Author | None
    unread: int
    unanswered: bool
    adviser: str | None
    adviser_name: str | None


@dataclass(frozen=True)
class DeskView:
    """The lists beside the open conversation. ``waiting``: as they will be served; ``mine``: the newest first."""

    waiting: tuple[Line, ...]
    mine: tuple[Line, ...]
    presence: Presence


@dataclass(frozen=True)
class Colleague:
    """Somebody who can be given a conversation. ``presence``: offline too when their console is closed."""

    username: str
    name: str
    role: str
    skills: tuple[str, ...]
    presence: Presence


@dataclass(frozen=True)
class OpenConversation:
    """The conversation that is open, without its messages. ``wechat``: what may still be sent there; None elsewhere."""

    line: Line
    epoch: int
    last_seq: int
    delivered_seq: int
    read_seq: int
    page: str | None
    actions: tuple[str, ...]
    wechat: Quota | None = None


def desk_view(database: Database, staff: Staff) -> DeskView:
    """What waits and what is theirs."""
    served = {each.conversation_id: number for number, each in enumerate(waiting_list(database))}
    with database.reading() as session:
        user = session.get(User, staff.username)
        presence = Presence(user.presence) if user is not None else Presence.OFFLINE
        waiting = _of_scope(Scope.WAITING, staff).order_by(Conversation.waiting_since, Conversation.id)
        mine = _of_scope(Scope.MINE, staff).order_by(Conversation.updated_at.desc(), Conversation.id)
        queue = sorted(_lines(session, waiting), key=lambda line: served.get(line.id, len(served)))
        return DeskView(tuple(queue), _lines(session, mine), presence)


def colleagues(database: Database, staff: Staff, now: datetime) -> list[Colleague]:
    """Everybody else who talks to customers: those who are there first, then by name."""
    query = sa.select(User).where(User.is_active, User.username != staff.username)
    with database.reading() as session:
        found = [
            Colleague(
                row.username,
                row.name or row.username,
                row.role,
                tuple(row.skills or ()),
                Presence(row.presence) if row.seen_until and row.seen_until > now else Presence.OFFLINE,
            )
            for row in session.scalars(query)
            if may(Role(row.role), Permission.CONVERSE)
        ]
    return sorted(found, key=lambda each: (list(Presence).index(each.presence), each.name))


def list_lines(
    database: Database, staff: Staff, scope: Scope, now: datetime, words: str = ""
) -> tuple[Line, ...]:
    """The newest first; ``words`` are looked for in names, senders and messages. ``ALL`` is for supervisors, ``CLOSED``
    what one ended or gave back in ``LATELY``, with words at any time, whoever has it now."""
    if scope is Scope.ALL and not staff.may(Permission.SUPERVISE):
        raise NotPermitted(f"{staff.role.value} may not see everybody's conversations")
    query = (
        _ended(staff, None if words.strip() else now - LATELY)
        if scope is Scope.CLOSED
        else _of_scope(scope, staff)
    )
    query = query.order_by(Conversation.updated_at.desc(), Conversation.id)
    for word in words.split():
        query = query.where(_has(word))
    with database.reading() as session:
        return _lines(session, query.limit(MOST))


def open_line(
    database: Database,
    conversation_id: str,
    staff: Staff,
    now: datetime | None = None,
    limits: Limits | None = None,
) -> OpenConversation:
    """One conversation as it stands; with ``now``, what may still be sent to a WeChat customer. Raises ``NotFound``."""
    with database.reading() as session:
        row = session.get(Conversation, conversation_id)
        if row is None:
            raise NotFound(f"no conversation {conversation_id}")
        line = _lines(session, sa.select(Conversation).where(Conversation.id == conversation_id))[0]
        return OpenConversation(
            line,
            row.epoch,
            row.last_seq,
            row.delivered_seq,
            row.read_seq,
            row.page,
            possible_actions(line, staff),
            quota_of(session, conversation_id, limits or Limits(), now) if now else None,
        )


def possible_actions(line: Line, staff: Staff) -> tuple[str, ...]:
    """What this member of the staff may do with the conversation now."""
    own = line.state is Owner.ADVISER and line.adviser == staff.username
    if own:
        return ("reply", "note", "transfer", "release", "close")
    if line.state is Owner.ADVISER:
        supervises = staff.may(Permission.SUPERVISE)
        return ("take", "note", "transfer", "release", "close") if supervises else ("note",)
    return ("take", "note", "close") if line.state is Owner.QUEUE else ("take", "note")


def staff_messages(
    database: Database, conversation_id: str, after: int = 0, limit: int = 200
) -> list[dict[str, Any]]:
    """The transcript as staff read it, internal lines included, as JSON; ``after`` is a sequence number."""
    query = (
        sa.select(Message)
        .where(Message.conversation_id == conversation_id, Message.seq > after)
        .order_by(Message.seq)
        .limit(limit)
    )
    return _read_messages(database, query)


def last_messages(
    database: Database, conversation_id: str, before: int | None = None, limit: int = 100
) -> list[dict[str, Any]]:
    """The end of the transcript, or what comes before a sequence number, in order."""
    query = sa.select(Message).where(Message.conversation_id == conversation_id)
    if before is not None:
        query = query.where(Message.seq < before)
    return _read_messages(database, query.order_by(Message.seq.desc()).limit(limit))[::-1]


def _read_messages(database: Database, query: Any) -> list[dict[str, Any]]:
    with database.reading() as session:
        rows = list(session.scalars(query))
        names = _names(session, (row.username for row in rows))
        return [_message(row, names) for row in rows]


def _message(row: Message, names: dict[str, str]) -> dict[str, Any]:
    text = mask_phones(row.text)
    understood = row.understanding if row.author == Author.CUSTOMER.value else None
    return {
        "seq": row.seq,
        "author": row.author,
        "text": text,
        "masked": text != row.text,
        "buttons": [{"title": mask_phones(each["title"])} for each in row.buttons or ()],
        "custom": mask_values(row.custom or {}),
        "client_id": given_client_id(row.client_id),
        "time": row.created_at.isoformat(timespec="seconds"),
        "username": row.username,
        "name": names.get(row.username or ""),
        "internal": bool(row.internal),
        "understanding": {key: understood.get(key) for key in UNDERSTOOD} if understood else None,
    }


def _of_scope(scope: Scope, staff: Staff) -> Any:
    query = sa.select(Conversation)
    if scope is Scope.WAITING:
        return query.where(Conversation.state == Owner.QUEUE.value, Conversation.is_elsewhere.is_(False))
    if scope is Scope.MINE:
        return query.where(Conversation.state == Owner.ADVISER.value, Conversation.adviser == staff.username)
    return query


def _ended(staff: Staff, since: datetime | None) -> Any:
    """What a person ended or gave back to the bot, the own ones unless somebody supervises."""
    ended = sa.select(Handoff.conversation_id).where(Handoff.outcome.in_(ENDINGS))
    if since is not None:
        ended = ended.where(Handoff.ended_at >= since)
    if not staff.may(Permission.SUPERVISE):
        ended = ended.where(Handoff.adviser == staff.username)
    return sa.select(Conversation).where(Conversation.id.in_(ended))


def _has(word: str) -> Any:
    """Where the word stands: in the customer's name, in what was said, or at the end of the id."""
    said = sa.select(Message.conversation_id).where(Message.text.contains(word, autoescape=True))
    named = sa.select(Customer.id).where(Customer.name.contains(word, autoescape=True))
    booked = sa.select(Appointment.conversation_id).where(Appointment.name.contains(word, autoescape=True))
    return sa.or_(
        Conversation.id.endswith(word, autoescape=True),
        Conversation.customer_id.in_(named),
        Conversation.id.in_(booked),
        Conversation.id.in_(said),
    )


def _lines(session: Session, query: Any) -> tuple[Line, ...]:
    rows = list(session.scalars(query))
    ids = [row.id for row in rows]
    names = _names(session, (row.adviser for row in rows))
    customers = _customers(session, rows)
    previews, unread = _previews(session, ids), _unread(session, ids)
    return tuple(
        Line(
            id=row.id,
            title=customers.get(row.id) or f"访客 {row.id[-4:]}",
            channel=row.channel,
            state=Owner(row.state),
            skill=row.skill,
            reason=row.reason,
            waiting_since=row.waiting_since,
            updated_at=row.updated_at,
            preview=previews.get(row.id, (None, ""))[1],
            preview_author=previews.get(row.id, (None, ""))[0],
            unread=unread.get(row.id, 0),
            unanswered=row.state == Owner.ADVISER.value
            and previews.get(row.id, (None, ""))[0] is Author.CUSTOMER,
            adviser=row.adviser,
            adviser_name=names.get(row.adviser or ""),
        )
        for row in rows
    )


def _customers(session: Session, rows: Iterable[Conversation]) -> dict[str, str]:
    """The customers' names by conversation: from their record, their last booking, or what they told the bot."""
    rows = list(rows)
    ids = [row.customer_id for row in rows if row.customer_id]
    known = dict(session.execute(sa.select(Customer.id, Customer.name).where(Customer.id.in_(ids))).all())
    booked = session.execute(
        sa.select(Appointment.conversation_id, Appointment.name)
        .where(Appointment.conversation_id.in_([row.id for row in rows]))
        .order_by(Appointment.created_at)
    )
    names = dict(booked.all())
    facts = newest_facts(session, [row.id for row in rows])
    return {
        row.id: known.get(row.customer_id)
        or names.get(row.id)
        or first_fact(facts.get(row.id, {}), FACTS_OF_A_NAME)
        or ""
        for row in rows
    }


def titles_of(database: Database, ids: Iterable[str]) -> dict[str, str]:
    """What the lists call these conversations: the customer's name, else which visitor."""
    query = sa.select(Conversation).where(Conversation.id.in_(sorted(set(ids))))
    with database.reading() as session:
        rows = list(session.scalars(query))
        customers = _customers(session, rows)
    return {row.id: customers.get(row.id) or f"访客 {row.id[-4:]}" for row in rows}


def newest_facts(session: Session, ids: list[str]) -> dict[str, dict[str, Any]]:
    """What the dialogue had collected when it asked for a person last, by conversation."""
    query = sa.select(Handoff).where(Handoff.conversation_id.in_(ids)).order_by(Handoff.created_at)
    return {row.conversation_id: dict(row.summary.get("facts") or {}) for row in session.scalars(query)}


def first_fact(facts: Mapping[str, Any], names: Iterable[str]) -> str | None:
    """The first of these facts that is known."""
    return next((str(facts[name]) for name in names if facts.get(name)), None)


def _names(session: Session, usernames: Iterable[str | None]) -> dict[str, str]:
    wanted = {name for name in usernames if name}
    if not wanted:
        return {}
    rows = session.execute(sa.select(User.username, User.name).where(User.username.in_(wanted)))
    return {username: name or username for username, name in rows}


def _previews(session: Session, ids: list[str]) -> dict[str, tuple[Author, str]]:
    """The beginning of what a customer or a person said last, by conversation; the bot's words help nobody."""
    last = (
        sa.select(Message.conversation_id, sa.func.max(Message.seq).label("seq"))
        .where(Message.conversation_id.in_(ids), Message.internal.is_(False), Message.author.in_(SAYING))
        .group_by(Message.conversation_id)
        .subquery()
    )
    query = sa.select(Message.conversation_id, Message.author, Message.text).join(
        last, sa.and_(Message.conversation_id == last.c.conversation_id, Message.seq == last.c.seq)
    )
    return {
        id_: (Author(author), " ".join(mask_phones(text).split())[:PREVIEW])
        for id_, author, text in session.execute(query)
    }


def _unread(session: Session, ids: list[str]) -> dict[str, int]:
    query = (
        sa.select(Message.conversation_id, sa.func.count())
        .join(Conversation, Conversation.id == Message.conversation_id)
        .where(
            Message.conversation_id.in_(ids),
            Message.seq > Conversation.staff_read_seq,
            sa.or_(Message.author == Author.CUSTOMER.value, _told_its_adviser()),
        )
        .group_by(Message.conversation_id)
    )
    return {id_: int(number) for id_, number in session.execute(query)}


def _told_its_adviser() -> Any:
    """A line for the staff that whoever has the conversation did not cause: it came to them, or somebody noted."""
    return sa.and_(
        Message.internal.is_(True),
        Conversation.state == Owner.ADVISER.value,
        sa.or_(Message.username.is_(None), Message.username != Conversation.adviser),
    )
