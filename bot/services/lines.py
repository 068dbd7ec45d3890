"""Lines of a transcript in plain statements: every turn reads and writes some, and the ORM would double their cost."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.domain.conversation import Author, Owner
from bot.domain.errors import Conflict
from bot.services import metrics
from bot.store.inserts import insert_unless_taken
from bot.store.prepared import PREPARED
from bot.store.tables import Conversation, Message, Unanswered

_messages, _conversations, _unanswered = (table.__table__.c for table in (Message, Conversation, Unanswered))
_COLUMNS = (
    _conversations.id,
    _conversations.channel,
    _conversations.state,
    _conversations.epoch,
    _conversations.last_seq,
)
_PLACE = sa.select(*_COLUMNS).with_for_update().execution_options(**PREPARED)
_ASKED = sa.exists().where(_unanswered.conversation_id == _conversations.id, _unanswered.state == "asked")
_IS_BEHIND = sa.exists().where(_messages.conversation_id == _conversations.id, _messages.answered.is_(False))
_OF_SENDER = (
    sa.select(*_COLUMNS, _ASKED, _IS_BEHIND)
    .where(
        _conversations.channel == sa.bindparam("of_channel"),
        _conversations.sender == sa.bindparam("of_sender"),
    )
    .with_for_update(of=_conversations.id)
    .execution_options(**PREPARED)
)
_OF_ID = _PLACE.where(_conversations.id == sa.bindparam("of"))
_GO_ON = (
    sa.update(Conversation.__table__)
    .where(_conversations.id == sa.bindparam("of"))
    .values(last_seq=sa.bindparam("newest"), updated_at=sa.bindparam("now"))
    .execution_options(**PREPARED)
)
_ADD = sa.insert(Message.__table__).execution_options(**PREPARED)
_FINISH = (
    sa.update(Message.__table__)
    .where(_messages.conversation_id == sa.bindparam("of"), _messages.seq == sa.bindparam("at"))
    .where(_messages.answered.is_(False))
    .values(answered=True, understanding=sa.bindparam("understood"))
)
_OF_CLIENT_ID = (
    sa.select(_messages.seq, _messages.text, _messages.payload, _messages.answered, _messages.custom)
    .where(_messages.conversation_id == sa.bindparam("of"), _messages.client_id == sa.bindparam("called"))
    .execution_options(**PREPARED)
)


@dataclass
class Place:
    """Where the next line goes: what is needed of a conversation whose row is locked for the transaction.

    ``was_asked``: the bot has asked which topic is meant, and this may be the answer. ``is_behind``: a message of the
    customer has no outcome yet.
    """

    id: str
    channel: str
    state: str
    epoch: int
    last_seq: int
    was_asked: bool = False
    is_behind: bool = False


@dataclass
class Line:
    """A row of ``messages`` by its columns."""

    conversation_id: str
    seq: int
    author: str
    text: str
    created_at: datetime
    buttons: list[dict[str, str]] | None = None
    custom: dict[str, Any] | None = None
    templates: dict[str, Any] | None = None
    reply_to: int | None = None
    payload: str | None = None
    client_id: str | None = None
    answered: bool = True
    username: str | None = None
    internal: bool = False
    understanding: dict[str, Any] | None = field(default=None, init=False)  # comes when the turn is over


def _add_and_go_on() -> Any:
    """Both at once, which only PostgreSQL can; each way to it and back costs as much as what is done there.

    In words: SQLAlchemy 1.4 gives the values of the one statement to the other.
    """
    names = [each.name for each in fields(Line) if each.init]
    typed = [sa.bindparam(name, type_=_messages[name].type) for name in names]
    now = sa.bindparam("now", type_=_conversations.updated_at.type)
    words = f"""WITH gone_on AS (UPDATE conversations SET last_seq = :newest, updated_at = :now WHERE id = :of)
        INSERT INTO messages ({", ".join(names)}) VALUES (:{", :".join(names)})"""
    return sa.text(words).bindparams(*typed, now).execution_options(**PREPARED)


def _place_and_finish() -> Any:
    """Both at once, which only PostgreSQL can: the place is locked before the line is looked at."""
    words = """WITH place AS (
            SELECT id, channel, state, epoch, last_seq FROM conversations WHERE id = :of FOR UPDATE
        ), finished AS (
            UPDATE messages SET answered = true, understanding = :understood
            WHERE conversation_id = (SELECT id FROM place) AND seq = :at AND answered IS false RETURNING seq
        )
        SELECT id, channel, state, epoch, last_seq, EXISTS (SELECT FROM finished) FROM place"""
    understood = sa.bindparam("understood", type_=_messages.understanding.type)
    return sa.text(words).bindparams(understood).execution_options(**PREPARED)


_ADD_AND_GO_ON, _PLACE_AND_FINISH = _add_and_go_on(), _place_and_finish()


def place_of_sender(session: Session, channel: str, sender: str) -> Place | None:
    """None for somebody who was never here."""
    row = session.connection().execute(_OF_SENDER, {"of_channel": channel, "of_sender": sender}).first()
    return None if row is None else Place(*row)


def open_place(session: Session, channel: str, sender: str, now: datetime) -> Place:
    """The same, of a new conversation where there was none."""
    place = Place(uuid.uuid4().hex, channel, Owner.BOT.value, epoch=0, last_seq=0)
    row = {
        "id": place.id,
        "channel": channel,
        "sender": sender,
        "state": place.state,
        "epoch": 0,
        "last_seq": 0,
    }
    opened = insert_unless_taken(session, Conversation).execution_options(**PREPARED)
    if session.connection().execute(opened, {**row, "created_at": now, "updated_at": now}).rowcount:
        return place
    rivals = place_of_sender(session, channel, sender)  # the insert waited for it
    if rivals is None:
        raise Conflict("a conversation was opened and deleted at the same moment; try again")
    return rivals


def place_of(session: Session, conversation_id: str) -> Place | None:
    """None where there is no such conversation."""
    row = session.connection().execute(_OF_ID, {"of": conversation_id}).first()
    return None if row is None else Place(*row)


def add_lines(session: Session, place: Place, lines: Sequence[Line]) -> None:
    """Store lines that were numbered from ``place.last_seq`` on; counted once they are committed."""
    if not lines:
        return
    connection = session.connection()
    rows = [{name: value for name, value in vars(line).items() if name != "understanding"} for line in lines]
    place.last_seq = lines[-1].seq
    newest = {"of": place.id, "newest": place.last_seq, "now": lines[-1].created_at}
    if len(rows) == 1 and connection.dialect.name == "postgresql":
        connection.execute(_ADD_AND_GO_ON, {**rows[0], **newest})
    else:
        connection.execute(_ADD, rows if len(rows) > 1 else rows[0])
        connection.execute(_GO_ON, newest)
    for line in lines:
        metrics.count_when_committed(session, metrics.MESSAGES, place.channel, Author(line.author).value)


def finish_line(
    session: Session, conversation_id: str, seq: int, understanding: dict[str, Any] | None
) -> tuple[Place | None, bool]:
    """A message has its outcome now: its place, and False where it had one already, as another process went on with it
    or this one lost its lock."""
    connection = session.connection()
    this = {"of": conversation_id, "at": seq, "understood": understanding or None}
    if connection.dialect.name == "postgresql":
        row = connection.execute(_PLACE_AND_FINISH, this).first()
        return (None, False) if row is None else (Place(*row[:5]), row[5])
    place = place_of(session, conversation_id)
    return place, bool(connection.execute(_FINISH, this).rowcount)


def line_called(session: Session, place: Place, client_id: str | None) -> Any:
    """The line that its writer called so: seq, text, payload, answered and custom; None without one."""
    if client_id is None:
        return None
    return session.connection().execute(_OF_CLIENT_ID, {"of": place.id, "called": client_id}).first()
