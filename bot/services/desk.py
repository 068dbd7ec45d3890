"""What members of the staff do with conversations: take, reply, note, transfer, release, close, and the heartbeat.

One transaction each, under the lock of the conversation's row. A person who looks at what is no longer so gets a
``StaleView`` that says why. Whoever does something with their conversation keeps it (``HandoffRules.lease``).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.domain.conversation import (
    OUTCOME_NAMES,
    SETTLED,
    Author,
    Change,
    Outcome,
    Owner,
    Party,
    PassedOn,
)
from bot.domain.errors import InvalidInput, NotFound, NotPermitted, StaleView, WrongState
from bot.domain.handoff import HandoffRules
from bot.domain.staff import SKILL_NAMES, Permission, Presence, Role, Skill, may
from bot.services import audit
from bot.services.availability import local
from bot.services.callbacks import call_back
from bot.services.cases import answered
from bot.services.content.snapshot import Content
from bot.services.conversations import ConversationView, conversation, locked
from bot.services.customers import known_customer
from bot.services.handing_over import NAMELESS, Move, end, give, note_line, put_back, tell_customer
from bot.services.messages import StoredMessage, Utterance, append, staff_client_id, stored
from bot.services.presence import beat as beat
from bot.services.presence import has_console_open, is_own, presence_of, renew
from bot.services.scores import ask_after_handoff
from bot.services.staff import Staff
from bot.services.uploads import attach
from bot.services.wording import say_time
from bot.store.database import Database
from bot.store.staff_tables import Handoff, User
from bot.store.tables import Conversation, Message

_STALE = {
    Owner.BOT: "对话现在由机器人接待，请先接手",
    Owner.QUEUE: "对话已回到排队，请先接手",
    Owner.ADVISER: "对话已由同事接手",
    Owner.CLOSED: "对话已经结束，请先接手再回复",
}
_CHANGED = "对话状态已变化，请刷新后再发"


def take(
    database: Database,
    content: Content,
    conversation_id: str,
    staff: Staff,
    now: datetime,
    away: bool = False,
    epoch: int | None = None,
) -> ConversationView:
    """The conversation is theirs from now on, whoever answered it before; their own stays as it is.

    Another adviser's only with ``away``, by somebody who supervises: a race for a waiting one is lost by the second.
    Raises ``StaleView``, ``NotPermitted``.
    """
    with database.transaction() as session:
        row = locked(session, conversation_id)
        if is_own(row, staff):
            renew(session, row, staff, now, content.dealership.handoff)
        else:
            _check_epoch(session, row, staff, epoch)
            _take(session, row, staff, now, content, away)
    return conversation(database, conversation_id)


def reply(
    database: Database,
    conversation_id: str,
    staff: Staff,
    text: str,
    now: datetime,
    epoch: int | None = None,
    client_id: str | None = None,
    custom: dict[str, Any] | None = None,
    rules: HandoffRules | None = None,
    attachment: str | None = None,
) -> StoredMessage:
    """Say something to the customer of one's own conversation; a resend with its ``client_id`` gives the same row.

    ``attachment``: the token of a file that they uploaded.

    Raises ``StaleView`` if the conversation is not theirs, or was not without a break since ``epoch``.
    """
    with database.transaction() as session:
        row = locked(session, conversation_id)
        known = _by_client_id(session, row, staff, client_id)
        if known is not None:
            return stored(known, staff.name)
        if not is_own(row, staff):
            raise _stale(session, row)
        _check_epoch(session, row, staff, epoch)
        renew(session, row, staff, now, rules or HandoffRules())
        file = attach(session, attachment, row.id, staff.username) if attachment else {}
        said = append(
            session,
            row,
            Author.STAFF,
            Utterance(text, (), {**(custom or {}), **file}),
            now,
            **_by(staff, client_id),
        )
        answered(session, row.id, now)
        return stored(said, staff.name)


def require_own(database: Database, conversation_id: str, staff: Staff) -> None:
    """Raises ``NotFound``, and ``StaleView`` as for a reply."""
    with database.reading() as session:
        row = session.get(Conversation, conversation_id)
        if row is None:
            raise NotFound(f"no conversation {conversation_id}")
        if not is_own(row, staff):
            raise _stale(session, row)


def add_note(
    database: Database,
    conversation_id: str,
    staff: Staff,
    text: str,
    now: datetime,
    client_id: str | None = None,
) -> StoredMessage:
    """A line for colleagues, in whosever conversation it is."""
    with database.transaction() as session:
        row = locked(session, conversation_id)
        known = _by_client_id(session, row, staff, client_id)
        if known is None:
            by = _by(staff, client_id)
            known = append(session, row, Author.STAFF, Utterance(text), now, internal=True, **by)
        return stored(known, staff.name)


def transfer(
    database: Database,
    content: Content,
    conversation_id: str,
    staff: Staff,
    now: datetime,
    to_username: str | None = None,
    skill: Skill | None = None,
    note: str | None = None,
    epoch: int | None = None,
) -> ConversationView:
    """To a colleague whose console is open, or into the queue for whoever has the skill.

    Raises ``StaleView``, ``NotFound`` for no such colleague, ``WrongState`` for one who is not there.
    """
    if (to_username is None) == (skill is None):
        raise InvalidInput("needs either username or skill")
    with database.transaction() as session:
        row = locked(session, conversation_id)
        party = _check_own(session, row, staff)
        _check_epoch(session, row, staff, epoch)
        if to_username is not None:
            to = _colleague(session, row, to_username, now)
            give(session, row, Move(Change.TRANSFER, party, now, content), to, has_console=True, note=note)
            words = f"{staff.name} 把会话转给了 {to.name or to.username}"
        else:
            put_back(session, row, Move(Change.REQUEUE, party, now, content), note, skill)
            words = f"{staff.name} 把会话转回排队（{SKILL_NAMES[skill or Skill.SALES]}）"
        note_line(session, row, _with_note(words, note), now, staff.username)
        about = {"to": to_username or (skill.value if skill else None)}
        _log(session, staff, "conversation.transferred", row, now, about)
    return conversation(database, conversation_id)


def release(
    database: Database,
    content: Content,
    conversation_id: str,
    staff: Staff,
    now: datetime,
    note: str | None = None,
    settled: bool = False,
    epoch: int | None = None,
) -> ConversationView:
    """Back to the bot, which is told the note and whether what the customer wanted is settled. Raises ``StaleView``."""
    with _ending(database, conversation_id, staff, epoch) as (session, row, party):
        move = Move(Change.RELEASE, party, now, content)
        handoff = end(session, row, move, PassedOn.RELEASED, note)
        row.handback = _handback(staff, note, settled, now)
        note_line(session, row, _with_note(f"{staff.name} 把会话交回机器人", note), now, staff.username)
        values = {"assistant": content.dealership.profile.assistant}
        tell_customer(session, row, move, "utter_back_with_bot", values, Author.BOT)
        _log(session, staff, "conversation.released", row, now, {"settled": settled})
        _ask_score(session, row, handoff, staff, move)
    return conversation(database, conversation_id)


def close(
    database: Database,
    content: Content,
    conversation_id: str,
    staff: Staff,
    now: datetime,
    outcome: Outcome,
    note: str | None = None,
    epoch: int | None = None,
) -> ConversationView:
    """End one's own conversation, or one that waits; the bot answers when the customer writes again."""
    with _ending(database, conversation_id, staff, epoch, waiting=True) as (session, row, party):
        change = Change.DISMISS if row.state == Owner.QUEUE.value else Change.CLOSE
        move = Move(change, party, now, content)
        handoff = end(session, row, move, outcome, note)
        _sign(session, handoff, staff)
        row.handback = _handback(staff, note, outcome in SETTLED, now)
        words = f"{staff.name} 结束了会话：{OUTCOME_NAMES[outcome]}"
        note_line(session, row, _with_note(words, note), now, staff.username)
        if outcome is Outcome.CALL_BACK:
            _promise_call(session, row, staff, note, move)
        if outcome is not Outcome.SPAM:
            tell_customer(session, row, move, "utter_conversation_closed", {})
            _ask_score(session, row, handoff, staff, move)
        _log(session, staff, "conversation.closed", row, now, {"outcome": outcome.value})
    return conversation(database, conversation_id)


def _promise_call(session: Session, row: Conversation, staff: Staff, note: str | None, move: Move) -> None:
    """What has to be done after the conversation is a case of its own, and everybody reads until when."""
    known = known_customer(session, row)
    phone, name = (known.phone, known.customer.name if known.customer else None) if known else (None, None)
    hours, now = move.content.dealership.profile.consultants_online, local(move.now)
    due = local(call_back(session, hours, row.id, row.adviser or staff.username, now, (phone, name), note))
    words = f"已登记回电工单：{say_time(due)} 前" + ("" if phone else "；还不知道客户的电话")
    note_line(session, row, words, move.now, staff.username)


def _take(
    session: Session, row: Conversation, staff: Staff, now: datetime, content: Content, away: bool
) -> None:
    change, party, before = Change.TAKE, Party.STAFF, None
    if row.state == Owner.ADVISER.value:
        if not away:
            raise _stale(session, row)
        if not staff.may(Permission.SUPERVISE):
            raise NotPermitted(f"{staff.role.value} may not {Permission.SUPERVISE.value}")
        change, party, before = Change.TAKE_AWAY, Party.SUPERVISOR, row.adviser
    user = _user(session, staff.username)
    give(session, row, Move(change, party, now, content), user, has_console_open(user, staff, now))
    renew(session, row, staff, now, content.dealership.handoff)
    words = f"{staff.name} 接手了会话" + (f"（之前是 {_name(session, before)}）" if before else "")
    note_line(session, row, words, now, staff.username)
    _log(session, staff, "conversation.taken", row, now, {"from": before} if before else {})


@contextmanager
def _ending(
    database: Database, conversation_id: str, staff: Staff, epoch: int | None, waiting: bool = False
) -> Iterator[tuple[Session, Conversation, Party]]:
    """The locked row of one's own conversation, or with ``waiting`` of one that nobody has yet."""
    with database.transaction() as session:
        row = locked(session, conversation_id)
        unclaimed = waiting and row.state == Owner.QUEUE.value
        party = Party.STAFF if unclaimed else _check_own(session, row, staff)
        _check_epoch(session, row, staff, epoch)
        yield session, row, party


def _check_own(session: Session, row: Conversation, staff: Staff) -> Party:
    """As whom they may decide about the conversation; raises ``StaleView``."""
    if is_own(row, staff):
        return Party.HOLDER
    if row.state == Owner.ADVISER.value and staff.may(Permission.SUPERVISE):
        return Party.SUPERVISOR
    raise _stale(session, row)


def _check_epoch(session: Session, row: Conversation, staff: Staff, epoch: int | None) -> None:
    if epoch is None or epoch == row.epoch:
        return
    if is_own(row, staff):  # an older page of their own
        raise StaleView(f"conversation {row.id} has changed", _CHANGED, row.state, row.epoch, staff.name)
    raise _stale(session, row)


def _stale(session: Session, row: Conversation) -> StaleView:
    name = _name(session, row.adviser) if row.state == Owner.ADVISER.value else None
    words = f"对话已由{name}接手" if name else _STALE[Owner(row.state)]
    return StaleView(f"conversation {row.id} is {row.state}", words, row.state, row.epoch, name)


def _colleague(session: Session, row: Conversation, username: str, now: datetime) -> User:
    """Raises ``NotFound``, ``WrongState``. The two users are locked in one order, whoever gives to whom."""
    for name in sorted(filter(None, {row.adviser, username})):
        session.get(User, name, with_for_update=True)
    user = session.get(User, username)
    if user is None or not user.is_active or not may(Role(user.role), Permission.CONVERSE):
        raise NotFound(f"no colleague {username} who talks with customers")
    name = user.name or user.username
    if username == row.adviser:
        raise WrongState(f"{username} has it already", f"会话已经在{name}这里")
    if presence_of(user, now) is Presence.OFFLINE:
        raise WrongState(f"{username} is not there", f"{name}现在不在线，请转给别人或转回排队")
    return user


def _user(session: Session, username: str) -> User:
    user = session.get(User, username)
    if user is None:
        raise NotFound(f"no user {username}")
    return user


def _name(session: Session, username: str | None) -> str:
    user = session.get(User, username) if username else None
    return str((user.name if user is not None else None) or username or "同事")


def _by(staff: Staff, client_id: str | None) -> dict[str, Any]:
    id_ = staff_client_id(staff.username, client_id) if client_id else None
    return {"username": staff.username, "client_id": id_}


def _by_client_id(session: Session, row: Conversation, staff: Staff, client_id: str | None) -> Message | None:
    if client_id is None:
        return None
    id_ = staff_client_id(staff.username, client_id)
    found = sa.select(Message).where(Message.conversation_id == row.id, Message.client_id == id_)
    return session.scalars(found.where(Message.username == staff.username)).first()


def _handback(staff: Staff, note: str | None, settled: bool, now: datetime) -> dict[str, Any]:
    by = {"by": staff.username, "name": staff.name}
    return {"note": note, "settled": settled, **by, "at": now.isoformat(timespec="seconds")}


def _sign(session: Session, handoff_id: str | None, staff: Staff) -> None:
    """A handoff that nobody had taken is the work of who ended it."""
    handoff: Any = session.get(Handoff, handoff_id) if handoff_id else None
    if handoff is not None and handoff.adviser is None:
        handoff.adviser = staff.username


def _ask_score(session: Session, row: Conversation, handoff_id: str | None, staff: Staff, move: Move) -> None:
    """Once per handoff, when a person has really talked with the customer."""
    handoff = session.get(Handoff, handoff_id) if handoff_id else None
    if handoff is None or handoff.taken_at is None or not move.content.dealership.handoff.score.after_handoff:
        return
    adviser = handoff.adviser or staff.username
    said = sa.select(Message.seq).where(
        Message.conversation_id == row.id,
        Message.author == Author.STAFF.value,
        Message.internal.is_(False),
        Message.created_at >= handoff.taken_at,
    )
    session.flush()
    if session.scalars(said).first() is not None:
        name = _user(session, adviser).name or NAMELESS
        ask_after_handoff(session, move.content, row.id, handoff.id, adviser, name, move.now)


def _with_note(words: str, note: str | None) -> str:
    return f"{words}：{note}" if note else words


def _log(
    session: Session, staff: Staff, action: str, row: Conversation, now: datetime, details: dict[str, Any]
) -> None:
    audit.note(session, staff.actor, action, now, subject=row.id, conversation_id=row.id, details=details)
