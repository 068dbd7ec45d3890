"""The transcript: every message is a row with a sequence number; an inbound one is handled once."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import sha256
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.domain.conversation import Author, Change, HandoffReason, Owner, Party
from bot.domain.errors import NotFound
from bot.services import metrics
from bot.services.conversations import locked, pass_to, queue_up
from bot.services.lines import (
    Line,
    Place,
    add_lines,
    finish_line,
    line_called,
    open_place,
    place_of,
    place_of_sender,
)
from bot.services.offers import offered_button
from bot.services.unanswered import settle
from bot.services.uploads import attach
from bot.store.database import Database
from bot.store.prepared import PREPARED
from bot.store.staff_tables import User
from bot.store.tables import Conversation, Message

logger = logging.getLogger(__name__)
_TYPED_COMMAND = re.compile(r"^\s*/+\s*[A-Za-z_]+\s*(\{|$)")
_NOT_UNDERSTOOD = "/nlu_fallback"
SPOKEN = "［语音］"
"""Stands before what a customer said aloud, for those who read the transcript; the bot reads the rest."""
_OF_STAFF = "desk/"


@dataclass(frozen=True)
class Inbound:
    """What a customer sent. ``client_id`` names it, so that a resend is answered and not repeated.

    ``attachment``: the token of a file of theirs that comes with it. ``command``: what the bot reads instead of the
    text, as Rasa writes a payload (``/greet``): from a channel whose platform vouches for it, never from a customer.
    ``is_cut``: it is longer than the bot reads.
    """

    channel: str
    sender: str
    text: str
    client_id: str | None = None
    payload: str | None = None
    attachment: str | None = None
    command: str | None = None
    is_cut: bool = False


@dataclass(frozen=True)
class Utterance:
    """Something to say, with the template (id and version) that it came from."""

    text: str
    buttons: tuple[dict[str, str], ...] = ()
    custom: dict[str, Any] = field(default_factory=dict)
    template: dict[str, Any] | None = None


@dataclass(frozen=True)
class HandoffRequest:
    """The bot's wish to pass the conversation to a person, carried out with the reply that says so."""

    reason: HandoffReason
    summary: dict[str, Any]


Keep = Callable[[Session], None]


@dataclass(frozen=True)
class Answer:
    """What a turn of the bot came to. ``understanding``: what it took the message for, as staff see it.

    ``keep``: stores what the bot has to remember, together with the answer.
    """

    utterances: list[Utterance]
    handoff: HandoffRequest | None = None
    understanding: dict[str, Any] | None = None
    keep: Keep | None = None


@dataclass(frozen=True)
class StoredMessage:
    """One row of the transcript. ``template``: id and version of what the bot said.

    ``name``: how the member of the staff who wrote it is called. ``username`` and ``internal`` lines are for staff.
    """

    conversation_id: str
    seq: int
    author: Author
    text: str
    buttons: tuple[dict[str, str], ...]
    custom: dict[str, Any]
    client_id: str | None
    reply_to: int | None
    time: datetime
    template: dict[str, Any] | None = None
    username: str | None = None
    name: str | None = None
    internal: bool = False
    understanding: dict[str, Any] | None = None


@dataclass(frozen=True)
class Received:
    """An inbound message in its place. ``for_bot`` is what Rasa may read; ``finished`` tells an answered resend.

    ``is_next``: when it was stored, every message before it had its outcome.
    """

    conversation_id: str
    channel: str
    seq: int
    owner: Owner
    epoch: int
    for_bot: str
    duplicate: bool
    finished: bool
    has_file: bool = False
    is_cut: bool = False
    is_next: bool = False


_messages, _conversations = Message.__table__.c, Conversation.__table__.c


def _unanswered() -> Any:
    """What ``_received`` needs of messages without an outcome, with their senders."""
    of_message = (_messages.seq, _messages.text, _messages.payload, _messages.answered, _messages.custom)
    of_conversation = (_conversations.id, _conversations.channel, _conversations.sender)
    owner = (_conversations.state, _conversations.epoch)
    joined = sa.select(*of_message, *of_conversation, *owner).where(
        _conversations.id == _messages.conversation_id
    )
    return joined.where(_messages.answered.is_(False))


_UNANSWERED_UNTIL = (
    _unanswered()
    .where(_messages.conversation_id == sa.bindparam("id"), _messages.seq <= sa.bindparam("until"))
    .order_by(_messages.seq)
    .execution_options(**PREPARED)
)


def receive(database: Database, inbound: Inbound, now: datetime) -> Received:
    """Store a customer's message once, and decide what the bot may read of it."""
    with database.transaction() as session:
        return receive_in(session, inbound, now)


def receive_in(session: Session, inbound: Inbound, now: datetime) -> Received:
    """``receive`` in the caller's transaction."""
    place = _place(session, inbound, now)
    earlier = line_called(session, place, inbound.client_id)
    if earlier is not None:
        return _received(place, earlier, duplicate=True)
    if place.state == Owner.CLOSED.value:
        pass_to(locked(session, place.id), Change.WRITE_AGAIN, Party.CUSTOMER, now)
        session.flush()
        reopened = _known(place_of(session, place.id), place.id)
        place = replace(reopened, was_asked=place.was_asked, is_behind=place.is_behind)
    offered = (
        None
        if inbound.command
        else offered_button(session, place.id, inbound.text.removeprefix(SPOKEN), inbound.payload)
    )
    clicked = (inbound.payload or inbound.text).strip().startswith("/")
    text = offered["title"] if offered and clicked else inbound.text  # typed words stay the customer's own
    custom = attach(session, inbound.attachment, place.id) if inbound.attachment else {}
    custom = {**custom, "cut": True} if inbound.is_cut else custom
    line = _line(place, 1, Author.CUSTOMER, Utterance(text, custom=custom), now)
    line.payload = inbound.command or (offered["payload"] if offered else None)
    line.client_id, line.answered = inbound.client_id, False
    add_lines(session, place, [line])
    if place.was_asked:
        settle(session, place.id, line.payload, now)
    return replace(_received(place, line, duplicate=False), is_next=not place.is_behind)


def _place(session: Session, inbound: Inbound, now: datetime) -> Place:
    """The conversation of this sender, created on the first contact."""
    found = place_of_sender(session, inbound.channel, inbound.sender)
    if found is not None:
        return found
    return open_place(session, inbound.channel, inbound.sender, now)


def _known(place: Place | None, conversation_id: str) -> Place:
    """Raises ``NotFound``."""
    if place is None:
        raise NotFound(f"no conversation {conversation_id}")
    return place


def answer(
    database: Database,
    received: Received,
    utterances: Iterable[Utterance],
    now: datetime,
    handoff: HandoffRequest | None = None,
    understanding: dict[str, Any] | None = None,
    keep: Keep | None = None,
) -> list[StoredMessage] | None:
    """Store what the bot says to a message; None when somebody else took the conversation meanwhile.

    ``keep`` stores what the dialogue has to remember of the turn, in the same transaction.

    A message has one outcome, whoever else worked on it: the second one is dropped, and the first one is given. The
    epoch under which the reply was produced is checked in the transaction that stores it; a handoff that the bot
    decided on takes effect in the same transaction, after its last word.
    """
    with database.transaction() as session:
        id_ = received.conversation_id
        found, is_first = finish_line(session, id_, received.seq, understanding)
        place = _known(found, id_)
        if not is_first:
            logger.warning(
                "message %d of conversation %s has its answer already: a second one was dropped",
                received.seq,
                id_,
            )
            return _replies(session, id_, received.seq)
        if keep is not None:
            keep(session)
        if place.epoch != received.epoch:
            return None
        lines = [
            _line(place, number, Author.BOT, utterance, now, received.seq)
            for number, utterance in enumerate(utterances, 1)
        ]
        add_lines(session, place, lines)
        if handoff is not None:
            queue_up(session, locked(session, place.id), handoff.reason, handoff.summary, now)
        return [stored(line) for line in lines]


def add_notice(
    session: Session, conversation_id: str, words: Callable[[str, Owner], Utterance], now: datetime
) -> StoredMessage | None:
    """Say something that nobody has just asked for, as a reminder; None where there is no such conversation.

    ``words`` gives it for a channel and an owner: while the bot is not asked, nobody would hear the click on a button.
    """
    conversation = session.get(Conversation, conversation_id, with_for_update=True)
    if conversation is None:
        return None
    utterance = words(conversation.channel, Owner(conversation.state))
    return stored(append(session, conversation, Author.BOT, utterance, now))


def messages_after(
    database: Database, conversation_id: str, seq: int = 0, limit: int = 200, internal: bool = False
) -> list[StoredMessage]:
    """The transcript after a sequence number, in order; with ``internal`` also the lines for staff alone."""
    query = _lines(conversation_id, internal).where(Message.seq > seq).order_by(Message.seq).limit(limit)
    with database.reading() as session:
        return [stored(*line) for line in session.execute(query)]


def replies_to(database: Database, conversation_id: str, seq: int) -> list[StoredMessage]:
    """What was answered to one message."""
    with database.reading() as session:
        return _replies(session, conversation_id, seq)


def unanswered(database: Database, limit: int | None = None) -> list[tuple[str, str, Received]]:
    """Messages without an outcome: (channel, sender, message), oldest first."""
    query = _unanswered().order_by(_messages.created_at, _messages.seq).limit(limit)
    with database.reading() as session:
        rows = session.execute(query).all()
        return [(row.channel, row.sender, _received(row, row, True)) for row in rows]


def unanswered_until(session: Session, conversation_id: str, seq: int) -> list[Received]:
    """The messages of a conversation up to this one that have no outcome, in order."""
    rows = session.connection().execute(_UNANSWERED_UNTIL, {"id": conversation_id, "until": seq})
    return [_received(row, row, True) for row in rows]


def _line(
    place: Place, number: int, author: Author, said: Utterance, now: datetime, reply_to: int | None = None
) -> Line:
    """The ``number``-th line after the last one of a conversation."""
    seq, buttons, custom = place.last_seq + number, list(said.buttons) or None, said.custom or None
    return Line(place.id, seq, author.value, said.text, now, buttons, custom, said.template, reply_to)


def append(
    session: Session,
    conversation: Conversation,
    author: Author,
    utterance: Utterance,
    now: datetime,
    reply_to: int | None = None,
    **by_staff: Any,
) -> Message:
    """A new last line of a locked conversation; ``by_staff``: username, client_id and internal of one from the desk."""
    conversation.last_seq += 1
    conversation.updated_at = now
    row = Message(
        conversation_id=conversation.id,
        seq=conversation.last_seq,
        author=author.value,
        text=utterance.text,
        buttons=list(utterance.buttons) or None,
        custom=utterance.custom or None,
        templates=utterance.template,
        reply_to=reply_to,
        answered=True,
        internal=by_staff.pop("internal", False),
        created_at=now,
        **by_staff,
    )
    session.add(row)
    metrics.count_when_committed(session, metrics.MESSAGES, conversation.channel, author.value)
    return row


def staff_client_id(username: str, client_id: str) -> str:
    """What a member of the staff calls a reply, kept apart from the ids of customers and of others."""
    return f"{_OF_STAFF}{sha256(username.encode()).hexdigest()[:8]}/{client_id}"


def _replies(session: Session, conversation_id: str, seq: int) -> list[StoredMessage]:
    query = _lines(conversation_id).where(Message.reply_to == seq).order_by(Message.seq)
    return [stored(*line) for line in session.execute(query)]


def _received(conversation: Any, row: Any, duplicate: bool) -> Received:
    """Of a row of each table, or of one of ``_unanswered`` for both."""
    return Received(
        conversation_id=conversation.id,
        channel=conversation.channel,
        seq=row.seq,
        owner=Owner(conversation.state),
        epoch=conversation.epoch,
        for_bot=row.payload or _harmless(row.text.removeprefix(SPOKEN)),
        duplicate=duplicate,
        finished=row.answered,
        has_file="attachment" in (row.custom or {}),
        is_cut="cut" in (row.custom or {}),
    )


def _harmless(text: str) -> str:
    """A typed text can never be one of Rasa's commands (``/intent{"slot": …}``)."""
    return _NOT_UNDERSTOOD if _TYPED_COMMAND.match(text) else text.lstrip("/ \t\n")


def _lines(conversation_id: str, internal: bool = False) -> Any:
    """Lines of a transcript with the names of those who wrote them; without ``internal``, what customers may see."""
    query = (
        sa.select(Message, User.name)
        .outerjoin(User, User.username == Message.username)
        .where(Message.conversation_id == conversation_id)
    )
    return query if internal else query.where(Message.internal.is_(False))


def stored(row: Message | Line, name: str | None = None) -> StoredMessage:
    """A row as a value; ``name`` is how the member of the staff who wrote it is called."""
    return StoredMessage(
        row.conversation_id,
        row.seq,
        Author(row.author),
        row.text,
        tuple(row.buttons or ()),
        row.custom or {},
        given_client_id(row.client_id),
        row.reply_to,
        row.created_at,
        row.templates,
        row.username,
        name,
        bool(row.internal),
        row.understanding,
    )


def given_client_id(client_id: str | None) -> str | None:
    """What its writer called a message (``staff_client_id``)."""
    return client_id.split("/", 2)[2] if client_id and client_id.startswith(_OF_STAFF) else client_id
