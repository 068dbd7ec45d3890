"""The customers of the WeChat accounts: what they did, and with it what may be sent to them.

Locks are taken in this order: the conversation, then its contact.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.domain.conversation import Author
from bot.domain.wechat.account import Account, Desk
from bot.domain.wechat.window import Grant, Limits
from bot.services.conversations import locked, open_conversation
from bot.services.handing_over import note_line
from bot.services.wechat.pending import Row, contact_of, left_of, pending, set_window, window_of
from bot.store.database import Database
from bot.store.tables import Conversation, Message
from bot.store.wechat_tables import WeChatContact

CHANNEL = "wechat"
QUOTA, PERMISSION, UNFOLLOWED, FAILED = "quota", "permission", "unfollowed", "failed"
STALE = timedelta(hours=48)
"""Lines that are older when a customer follows again are not sent any more: nobody waits for them."""
LOOK_AGAIN = timedelta(minutes=10)
REFUSED_FOR = timedelta(minutes=10)
"""After the platform refused an account so long, nobody relies on its permission to send."""


@dataclass(frozen=True)
class Arrival:
    """Where a customer's message belongs. ``is_new``: it is not in the transcript, as a redelivery would be."""

    conversation_id: str
    is_new: bool


@dataclass(frozen=True)
class Quota:
    """What staff see: messages that may still be sent, until when, how many lines wait, and why."""

    left: int
    ends: datetime | None
    queued: int
    blocked: str | None

    def as_json(self) -> dict[str, Any]:
        ends = self.ends.isoformat(timespec="seconds") if self.ends else None
        return {"left": self.left, "ends": ends, "queued": self.queued, "blocked": self.blocked}


def arrived(
    database: Database,
    account: Account,
    openid: str,
    key: str,
    grant: Grant | None,
    at: datetime,
    passive_until: datetime | None = None,
) -> Arrival:
    """Note that a customer wrote or clicked, before the turn that answers it.

    ``key`` is the message's ``client_id``: one that is in the transcript grants nothing again. ``at``: when they did
    it, by the platform. ``passive_until``: a request waits so long for the answer, and the courier leaves it alone.
    """
    with database.transaction() as session:
        conversation = open_conversation(session, CHANNEL, account.sender_of(openid), at)
        contact = contact_of(session, conversation.id) or _add(session, account, openid, conversation, at)
        known = sa.select(Message.seq).where(
            Message.conversation_id == conversation.id, Message.client_id == key
        )
        is_new = session.scalar(known) is None
        if is_new and grant is not None:
            _grant(contact, grant, at)
        if conversation.is_elsewhere is not (account.desk is Desk.PLATFORM):
            conversation.is_elsewhere = account.desk is Desk.PLATFORM
        if passive_until is not None:
            contact.passive_until = max(contact.passive_until or passive_until, passive_until)
        return Arrival(str(conversation.id), is_new)


def followed(database: Database, conversation_id: str, at: datetime) -> None:
    """The customer follows the account (again). What was written more than ``STALE`` ago stays unsent."""
    with database.transaction() as session:
        conversation = locked(session, conversation_id)
        contact = contact_of(session, conversation_id)
        if contact is None:
            return
        if contact.blocked == UNFOLLOWED:
            _skip_old(session, conversation, contact, at)
            _unblock(contact)
        contact.is_following, contact.updated_at = True, at


def unfollowed(database: Database, account: Account, openid: str, at: datetime) -> None:
    """Nothing is sent any more. What happened before the customer's last message or click is old news."""
    with database.transaction() as session:
        contact = session.get(WeChatContact, (account.name, openid), with_for_update=True)
        if contact is None or any(since and since > at for since in (contact.message_at, contact.click_at)):
            return
        contact.is_following, contact.updated_at = False, at
        contact.blocked, contact.blocked_at = UNFOLLOWED, at


def note_scene(database: Database, conversation_id: str, scene: dict[str, Any], at: datetime) -> None:
    """Which code the customer scanned last: store, model, campaign."""
    change = sa.update(WeChatContact).where(WeChatContact.conversation_id == conversation_id)
    with database.transaction() as session:
        session.execute(change.values(scene=scene, updated_at=at))


def may_send(database: Database, account: Account, conversation_id: str, now: datetime) -> bool:
    """Whether customer-service messages go out: it is allowed, the platform has not just refused it (48001), and the
    customer follows the account, as far as we know."""
    if not account.may_send:
        return False
    gone = sa.select(WeChatContact.openid).where(
        WeChatContact.conversation_id == conversation_id, WeChatContact.is_following.is_(False)
    )
    query = sa.select(WeChatContact.openid).where(
        WeChatContact.account == account.name,
        WeChatContact.blocked == PERMISSION,
        WeChatContact.blocked_at > now - REFUSED_FOR,
    )
    with database.reading() as session:
        refused = (session.scalars(each.limit(1)).first() for each in (gone, query))
        return all(found is None for found in refused)


def address_of(database: Database, conversation_id: str) -> tuple[str, str] | None:
    """Account and openid of a conversation; None for one of another channel."""
    query = sa.select(WeChatContact.account, WeChatContact.openid)
    with database.reading() as session:
        found = session.execute(query.where(WeChatContact.conversation_id == conversation_id)).first()
    return (found.account, found.openid) if found else None


def quota_of(session: Session, conversation_id: str, limits: Limits, now: datetime) -> Quota | None:
    """What staff may still send; None for a conversation of another channel."""
    query = sa.select(WeChatContact).where(WeChatContact.conversation_id == conversation_id)
    contact = session.scalars(query).first()
    if contact is None:
        return None
    left, ends = left_of(contact, limits, now)[0], window_of(contact).ends(now, limits)
    if contact.blocked in (PERMISSION, UNFOLLOWED):
        left, ends = 0, None
    return Quota(left, ends, len(pending(session, contact).lines), contact.blocked)


def block(
    session: Session, conversation: Row, contact: Row, why: str, words: str | None, now: datetime
) -> bool:
    """Note why lines wait, with a word to the staff the first time; True when that is news."""
    if contact.blocked == why:
        return False
    contact.blocked, contact.blocked_at = why, now
    if words:
        note_line(session, conversation, words, now)
    return True


def wait_for_customer(
    session: Session, conversation: Row, contact: Row, why: str, words: str | None, now: datetime
) -> bool:
    """Nothing is sent until the customer writes again; looked at from time to time all the same."""
    contact.try_at = now + LOOK_AGAIN
    return block(session, conversation, contact, why, words, now)


def quota_words(number: int, left: int) -> str:
    """What the staff are told; ``left``: messages that the bot does not take."""
    kept = f"微信额度只剩 {left} 条，留给人工" if left else "微信额度已用完"
    return f"{kept}：{number} 条消息等客户再次发言后送出"


def _add(session: Session, account: Account, openid: str, conversation: Row, at: datetime) -> Row:
    """Only what comes from now on is theirs to get; the locked conversation keeps rivals away."""
    contact = WeChatContact(
        account=account.name,
        openid=openid,
        conversation_id=conversation.id,
        is_following=True,
        sent_seq=conversation.last_seq,
        sent_parts=0,
        message_used=0,
        click_used=0,
        attempts=0,
        created_at=at,
        updated_at=at,
    )
    session.add(contact)
    session.flush()
    return contact


def _grant(contact: Row, grant: Grant, at: datetime) -> None:
    """Who left may write from the open chat all the same: that alone does not make them a follower."""
    set_window(contact, window_of(contact).granted(grant, at))
    contact.updated_at = at
    if contact.blocked == UNFOLLOWED:
        contact.try_at = None
    elif contact.blocked != PERMISSION:  # that is no matter of the customer's
        _unblock(contact)


def _unblock(contact: Row) -> None:
    contact.blocked = contact.blocked_at = contact.try_at = None
    contact.attempts = 0


def _skip_old(session: Session, conversation: Row, contact: Row, at: datetime) -> None:
    old = (
        sa.select(sa.func.max(Message.seq), sa.func.count())
        .where(Message.conversation_id == conversation.id, Message.seq > contact.sent_seq)
        .where(Message.internal.is_(False), Message.author != Author.CUSTOMER.value)
        .where(Message.created_at < at - STALE)
    )
    last, number = session.execute(old).one()
    if not number:
        return
    contact.sent_seq, contact.sent_parts = last, 0
    note_line(session, conversation, f"客户取消关注期间的 {number} 条消息已过期，没有送达", at)


def is_ours(database: Database, conversation_id: str) -> bool:
    """Whether a conversation is one of WeChat."""
    query = sa.select(Conversation.id).where(
        Conversation.id == conversation_id, Conversation.channel == CHANNEL
    )
    with database.reading() as session:
        return session.scalar(query) is not None
