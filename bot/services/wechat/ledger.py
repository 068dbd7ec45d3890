"""Who sends what to a customer, and what it costs: the rows are the truth, for every process.

A sender takes a conversation by a conditional update with a lease, spends from the quota in the same transaction, sends
one message, and tells what became of it (``bot.services.wechat.failures``). One that dies in between costs at most that
one message twice.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.domain.conversation import Author
from bot.domain.wechat.account import Account, Kind
from bot.domain.wechat.pieces import Form, Piece, next_piece, pieces
from bot.domain.wechat.window import Limits
from bot.services.conversations import locked
from bot.services.messages import StoredMessage, stored
from bot.services.wechat.contacts import PERMISSION, QUOTA, UNFOLLOWED, quota_words, wait_for_customer
from bot.services.wechat.pending import (
    SENT_AS,
    TEMPLATE,
    Pending,
    Row,
    contact_of,
    left_of,
    pending,
    set_window,
    skip,
    window_of,
)
from bot.store.database import Database
from bot.store.tables import Conversation, Message, OutboxMessage
from bot.store.wechat_tables import WeChatContact, WeChatTemplate

logger = logging.getLogger(__name__)
LEASE = timedelta(seconds=30)
SLOT = timedelta(seconds=5)
"""The platform closes a request after so long: no request that is open was still to bring a line that is older."""
HELD = timedelta(minutes=1)
"""What has waited for longer waited for the customer to write, and goes for nothing with the answer to that."""
LOOKED_FOR = timedelta(days=7)
"""So long after the last line somebody looks unasked whether lines wait; later, news of the conversation tell."""


@dataclass(frozen=True)
class TemplateMessage:
    """模板消息: what may be sent outside of the window. ``data``: the words by field."""

    template_id: str
    data: Mapping[str, str]
    url: str | None = None


TemplateFor = Callable[[Account, StoredMessage], "TemplateMessage | None"]
"""The template message of a line that came by itself (``custom.notice``); None where the dealer has set up none."""


@dataclass(frozen=True)
class Claimed:
    """One message that this sender, and nobody else, may send until ``until``.

    ``attempts``: failures in a row before this one. ``spent``: which count was raised, with the time of its grant.
    """

    conversation_id: str
    account: str
    openid: str
    token: str
    piece: Piece
    until: datetime
    attempts: int
    spent: tuple[str, datetime | None] | None
    template: TemplateMessage | None = None

    @property
    def message_id(self) -> str:
        """The same for the same template message of the same line: at most 32 characters."""
        return f"{self.conversation_id[:20]}-{self.piece.first}"


@dataclass(frozen=True)
class _Ask:
    """On which terms a message is claimed."""

    limits: Limits
    now: datetime
    template_for: TemplateFor
    told: Callable[[], None]


def due_contacts(database: Database, accounts: Collection[str], now: datetime, limit: int = 200) -> list[str]:
    """Conversations of these accounts with lines that wait, and that nobody is sending to: the longest wait first."""
    query = (
        sa.select(WeChatContact.conversation_id)
        .join(Conversation, Conversation.id == WeChatContact.conversation_id)
        .where(WeChatContact.account.in_(sorted(accounts)), WeChatContact.is_following.is_(True))
        .where(WeChatContact.sent_seq < Conversation.last_seq, _is_free(now), _may_try(now))
        .where(Conversation.updated_at > now - LOOKED_FOR)  # else all that were ever open are compared
        .order_by(Conversation.updated_at)
        .limit(limit)
    )
    with database.reading() as session:
        return list(session.scalars(query))


def ready_at(database: Database, conversation_id: str, now: datetime) -> datetime | None:
    """When to ask again for lines that cannot be sent just now; None where nothing waits, or news will tell."""
    query = (
        sa.select(WeChatContact)
        .join(Conversation, Conversation.id == WeChatContact.conversation_id)
        .where(WeChatContact.conversation_id == conversation_id)
        .where(WeChatContact.sent_seq < Conversation.last_seq, WeChatContact.is_following.is_(True))
    )
    with database.reading() as session:
        contact = session.scalars(query).first()
        waits = (_slot_ends(session, contact, now), contact.try_at) if contact else ()
        return max((each for each in waits if each and each > now), default=None)


def _slot_ends(session: Session, contact: Row, now: datetime) -> datetime | None:
    """Until when the courier leaves a customer alone."""
    until: datetime | None = contact.passive_until
    if until is None or until <= now:
        return None
    lines = sa.select(sa.func.min(Message.created_at)).where(
        Message.conversation_id == contact.conversation_id,
        *_is_for_customer(contact.sent_seq),
        Message.created_at >= now - HELD,
    )
    first = session.scalar(lines)
    return until if first is None else min(until, first + SLOT)


def claim(
    database: Database,
    limits: Limits,
    accounts: Mapping[str, Account],
    conversation_id: str,
    now: datetime,
    token: str,
    public_url: str = "",
    template_for: TemplateFor = lambda account, line: None,
    told: Callable[[], None] = lambda: None,
) -> Claimed | None:
    """Take the next message of a conversation, paid for; None where there is none, or none may be sent now.

    ``token`` names this sender and this attempt. Lines that may not be sent stay, and the staff are told once; then
    ``told`` is called.
    """
    if not _is_waiting(database, conversation_id, now):
        return None  # most wake-ups: no lock for nothing
    with database.transaction() as session:
        if not _take(session, conversation_id, now, token):
            return None
        conversation = locked(session, conversation_id)
        contact = contact_of(session, conversation_id)
        assert contact is not None
        found = pending(session, contact, public_url)
        skip(contact, found.reached)
        account = accounts.get(contact.account)
        ask = _Ask(limits, now, template_for, told)
        claimed = _next(session, conversation, contact, account, found, ask) if account else None
        if claimed is None:
            _release(contact)
        return claimed


def sent(database: Database, claimed: Claimed, now: datetime) -> bool:
    """It went out; False when this sender had lost its licence meanwhile, and another one goes on."""
    with database.transaction() as session:
        found = mine(session, claimed)
        if found is None:
            return False
        conversation, contact = found
        contact.sent_seq, contact.sent_parts = claimed.piece.seq, claimed.piece.parts
        contact.attempts, contact.try_at, contact.updated_at = 0, None, now
        if not _has_left_since(contact, claimed):
            contact.is_following, contact.blocked, contact.blocked_at = True, None, None
        conversation.delivered_seq = max(conversation.delivered_seq, claimed.piece.seq)
        return True


def sent_template(database: Database, claimed: Claimed, msgid: str, now: datetime) -> bool:
    """The template message went out for its line, which is not sent otherwise any more."""
    with database.transaction() as session:
        found = mine(session, claimed)
        if found is None:
            return False
        found[1].attempts = 0
        line = mark(session, claimed, TEMPLATE)
        outbox_id = _outbox_id(session, claimed.conversation_id, (line.custom or {}).get("notice"))
        key = {"account": claimed.account, "msgid": msgid or claimed.message_id}
        row = WeChatTemplate(**key, openid=claimed.openid, outbox_id=outbox_id, sent_at=now)
        session.merge(row)  # the same id again: the platform had it already
        return True


def _is_waiting(database: Database, conversation_id: str, now: datetime) -> bool:
    query = (
        sa.select(WeChatContact.openid)
        .join(Conversation, Conversation.id == WeChatContact.conversation_id)
        .where(WeChatContact.conversation_id == conversation_id)
        .where(WeChatContact.sent_seq < Conversation.last_seq, _is_free(now))
    )
    with database.reading() as session:
        return session.scalars(query).first() is not None


def _take(session: Session, conversation_id: str, now: datetime, token: str) -> bool:
    """The licence to send. The conversation is locked first, as everywhere."""
    locked(session, conversation_id)
    change = (
        sa.update(WeChatContact)
        .where(WeChatContact.conversation_id == conversation_id, _may_follow())
        .where(_is_free(now), sa.or_(_may_try(now), WeChatContact.blocked == QUOTA))
        .values(sender=token, sending_until=now + LEASE)
        .execution_options(synchronize_session=False)
    )
    return bool(session.execute(change).rowcount == 1)


def _is_free(now: datetime) -> Any:
    """Nobody sends, and no request waits for a passive answer with all that there is."""
    return sa.and_(
        sa.or_(WeChatContact.sender.is_(None), WeChatContact.sending_until <= now),
        sa.or_(WeChatContact.passive_until.is_(None), WeChatContact.passive_until <= now, _is_overdue(now)),
    )


def _is_overdue(now: datetime) -> Any:
    """A line is older than any request that waits: who writes on and on moves the slot on and on."""
    lines = sa.select(Message.seq).where(
        Message.conversation_id == WeChatContact.conversation_id,
        *_is_for_customer(WeChatContact.sent_seq),
        Message.created_at.between(now - HELD, now - SLOT),
    )
    return lines.correlate(WeChatContact).exists()


def _is_for_customer(sent_seq: Any) -> tuple[Any, ...]:
    """Lines that wait, as ``pending`` finds them."""
    return Message.seq > sent_seq, Message.internal.is_(False), Message.author != Author.CUSTOMER.value


def _may_follow() -> Any:
    """The event of following may have been lost where somebody wrote after the platform said that they do not."""
    wrote_since = sa.and_(
        WeChatContact.blocked == UNFOLLOWED, WeChatContact.message_at > WeChatContact.blocked_at
    )
    return sa.or_(WeChatContact.is_following.is_(True), wrote_since)


def _has_left_since(contact: Row, claimed: Claimed) -> bool:
    return contact.blocked == UNFOLLOWED and bool(contact.blocked_at > claimed.until - LEASE)


def _may_try(now: datetime) -> Any:
    return sa.or_(WeChatContact.try_at.is_(None), WeChatContact.try_at <= now)


def _release(contact: Row) -> None:
    contact.sender = contact.sending_until = None


def _next(
    session: Session, conversation: Row, contact: Row, account: Account, found: Pending, ask: _Ask
) -> Claimed | None:
    if not found.lines:
        return None
    waiting = pieces(found.lines, contact.sent_parts)
    if not waiting:  # nothing but lines without words
        skip(contact, found.lines[-1].seq)
        return None

    def wait(why: str, words: str | None) -> None:
        if wait_for_customer(session, conversation, contact, why, words, ask.now) and words:
            ask.told()

    if not account.may_send:
        words = f"公众号没有主动发送的权限：{len(found.lines)} 条消息等客户再次发言后送出"
        wait(PERMISSION, words if any(piece.by_person for piece in waiting) else None)
        return None
    left, left_for_bot = left_of(contact, ask.limits, ask.now)
    piece = next_piece(found.lines, contact.sent_parts, left, left_for_bot)
    if not contact.is_following and not (piece and piece.by_person):
        return None  # a person's words are worth a try; the bot's go out with the customer's next message
    if piece is not None:
        return _paid(contact, piece, ask.limits, ask.now)
    claimed = _by_template(contact, account, found, ask) if left == 0 else None
    if claimed is None:
        wait(QUOTA, quota_words(len(found.lines), left))
    return claimed


def _paid(contact: Row, piece: Piece, limits: Limits, now: datetime) -> Claimed:
    before = window_of(contact)
    after = before.spent(now, limits)
    set_window(contact, after)
    spent = ("click_used", before.click_at) if after.click_used > before.click_used else None
    return _claimed(contact, piece, now, spent or ("message_used", before.message_at))


def _by_template(contact: Row, account: Account, found: Pending, ask: _Ask) -> Claimed | None:
    """The first notice that has a template, whatever else waits: it costs nothing of the quota."""
    if account.kind is not Kind.SERVICE:
        return None
    for row in found.rows:
        custom = row.custom or {}
        is_notice = custom.get("notice") and SENT_AS not in custom
        message = ask.template_for(account, stored(row)) if is_notice else None
        if message is not None:
            at = (row.seq, row.seq, contact.sent_seq, contact.sent_parts)
            return _claimed(contact, Piece(Form.TEMPLATE, row.text, *at, False), ask.now, None, message)
    return None


def _claimed(
    contact: Row,
    piece: Piece,
    now: datetime,
    spent: tuple[str, datetime | None] | None,
    template: TemplateMessage | None = None,
) -> Claimed:
    return Claimed(
        contact.conversation_id,
        contact.account,
        contact.openid,
        contact.sender,
        piece,
        now + LEASE,
        contact.attempts,
        spent,
        template,
    )


def mine(session: Session, claimed: Claimed) -> tuple[Row, Row] | None:
    """Conversation and contact, given free, if this sender still holds them."""
    conversation = locked(session, claimed.conversation_id)
    contact = contact_of(session, claimed.conversation_id)
    if contact is None or contact.sender != claimed.token:
        logger.warning("a message of conversation %s was sent by two: a lease ended", claimed.conversation_id)
        return None
    _release(contact)
    return conversation, contact


def mark(session: Session, claimed: Claimed, how: str) -> Row:
    line = session.get(Message, (claimed.conversation_id, claimed.piece.first))
    assert line is not None
    line.custom = {**(line.custom or {}), SENT_AS: how}
    return line


def _outbox_id(session: Session, conversation_id: str, kind: str | None) -> int | None:
    """The newest message of this kind that was written into the conversation."""
    query = (
        sa.select(OutboxMessage.id)
        .where(OutboxMessage.conversation_id == conversation_id, OutboxMessage.kind == kind)
        .where(OutboxMessage.channel == "chat")
        .order_by(OutboxMessage.sent_at.desc())
    )
    found = session.scalars(query.limit(1)).first()
    return None if found is None else int(found)
