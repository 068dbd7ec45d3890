"""Who a WeChat customer is: only a booking code with its telephone number, or a one-time code, proves it.

A number alone links nothing: everybody knows some. The one-time code is made for a customer on record and told to them
on another way (in the store, by telephone); it is short-lived, used once, kept as a hash, and few may be tried.
"""

from __future__ import annotations

import json
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.domain.errors import NotFound
from bot.services import audit
from bot.services.audit import SYSTEM, Actor
from bot.services.conversations import locked
from bot.services.credentials import token_hash
from bot.services.customers import link_customer
from bot.services.handing_over import note_line
from bot.services.wechat.contacts import CHANNEL
from bot.store.database import Database
from bot.store.staff_tables import AuditEntry
from bot.store.tables import Conversation, Customer
from bot.store.wechat_tables import WeChatContact, WeChatLink

LIVES = timedelta(minutes=15)
LENGTH = 8
SIGNS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
"""Without those that are taken for others: I, L, O, 0, 1."""
MOST_WRONG, WRONG_WITHIN = 5, timedelta(hours=1)
LINKED_LINE = "客户用绑定码确认了身份，对话已关联到客户资料"
REFUSED_LINE = "客户发来的绑定码不对或已过期，没有关联"
_ASKED_HOW = re.compile(r"^\s*(?:我要|我想|怎么|如何)?绑定码?[\s:：。.!！?？]*$")
_SAID = re.compile(r"^\s*绑定码?[\s:：是]*([A-Za-z0-9]{4,12})[\s。.!！]*$")


@dataclass(frozen=True)
class LinkCode:
    """A new code, to be told to the customer at once: nobody can read it again."""

    code: str
    expires_at: datetime


class Link(str, Enum):
    """What came of a code."""

    LINKED = "linked"
    WRONG = "wrong"
    TOO_OFTEN = "too_often"


WRONG_CODE = "这个绑定码不对，或者已经过期。"
NO_CODE = "绑定要带上绑定码。"
"""What ``utter_wechat_link_wrong`` begins with."""


def code_in(text: str) -> str | None:
    """ "绑定 abcd2345": the code; None for any other message."""
    found = _SAID.match(text)
    return found[1].upper() if found else None


def asks_how(text: str) -> bool:
    """绑定 without a code."""
    return _ASKED_HOW.match(text) is not None


def new_code(database: Database, customer_id: str, actor: Actor, now: datetime) -> LinkCode:
    """A code for a customer; an earlier one counts no longer. Raises ``NotFound``."""
    code = "".join(secrets.choice(SIGNS) for _ in range(LENGTH))
    expires = now + LIVES
    with database.transaction() as session:
        if session.get(Customer, customer_id) is None:
            raise NotFound("no such customer")
        unused = sa.and_(WeChatLink.customer_id == customer_id, WeChatLink.used_at.is_(None))
        session.execute(sa.delete(WeChatLink).where(sa.or_(unused, WeChatLink.expires_at < now - LIVES)))
        session.add(WeChatLink(code_hash=token_hash(code), customer_id=customer_id, expires_at=expires))
        audit.note(session, actor, "customer.link_code_made", now, customer_id)
    return LinkCode(code, expires)


def is_used(database: Database) -> bool:
    """Whether anybody writes in WeChat: else nobody needs a code."""
    with database.reading() as session:
        return session.scalar(sa.select(WeChatContact.openid).limit(1)) is not None


def use_code(database: Database, conversation_id: str, code: str, now: datetime) -> Link:
    """Link a conversation of WeChat to the customer for whom the code was made.

    The same code again from the same customer is no mistake: the platform delivers a message up to three times.
    """
    with database.transaction() as session:
        conversation: Any = locked(session, conversation_id)
        if conversation.channel != CHANNEL or _wrong_tries(session, conversation_id, now) >= MOST_WRONG:
            return Link.TOO_OFTEN
        row: Any = session.get(WeChatLink, token_hash(code.upper()), with_for_update=True)
        if row is not None and row.used_at is not None and row.customer_id == conversation.customer_id:
            return Link.LINKED
        if row is None or row.used_at is not None or now >= row.expires_at:
            audit.note(session, Actor(SYSTEM), "customer.link_refused", now, conversation_id, conversation_id)
            return Link.WRONG
        row.used_at = now
        _link(session, conversation, row.customer_id, now)
        return Link.LINKED


def use_beside_person(
    database: Database, conversation_id: str, for_bot: str, now: datetime
) -> tuple[Link, str] | None:
    """A code that came while a person has the conversation: what became of it, and the problem with it that the
    customer is told; a line for the person too. None for any other message. ``for_bot``: what the bot would read."""
    said = _said_of_code(for_bot)
    if said is None:
        return None
    code = said.get("code")
    if code is None:
        return Link.WRONG, NO_CODE
    outcome = use_code(database, conversation_id, str(code), now)
    if outcome is not Link.LINKED:
        with database.transaction() as session:
            note_line(session, locked(session, conversation_id), REFUSED_LINE, now)
    return outcome, WRONG_CODE


def _said_of_code(for_bot: str) -> dict[str, Any] | None:
    """What the channel says of a code; a customer cannot write a command."""
    try:
        said = json.loads(for_bot.removeprefix("/greet")) if for_bot.startswith("/greet{") else {}
    except ValueError:
        return None
    return said if isinstance(said, dict) and said.get("do") == "link" else None


def link_verified(database: Database, conversation_id: str, phone: str, now: datetime) -> bool:
    """A booking code and its number were given: the number is theirs. True for a conversation of WeChat that is newly
    linked; one that is linked already stays as it is."""
    with database.reading() as session:
        conversation: Any = session.get(Conversation, conversation_id)
    if conversation is None or conversation.channel != CHANNEL or conversation.customer_id is not None:
        return False
    link_customer(database, conversation_id, Actor(SYSTEM), now, phone)
    return True


def _link(session: Session, conversation: Any, customer_id: str, now: datetime) -> None:
    """With the customer's conversations with our other accounts, where the platform says that they are the same."""
    for row in (conversation, *_same_person(session, conversation.id)):
        row.customer_id = customer_id
        audit.note(session, Actor(SYSTEM), "customer.linked", now, customer_id, row.id, {"by": "wechat_code"})
        note_line(session, row, LINKED_LINE, now)


def _same_person(session: Session, conversation_id: str) -> list[Any]:
    unionid = sa.select(WeChatContact.unionid).where(WeChatContact.conversation_id == conversation_id)
    others = sa.select(WeChatContact.conversation_id).where(
        WeChatContact.unionid == unionid.scalar_subquery(), WeChatContact.conversation_id != conversation_id
    )
    query = sa.select(Conversation).where(Conversation.id.in_(others)).order_by(Conversation.id)
    return list(session.scalars(query.with_for_update()))


def _wrong_tries(session: Session, conversation_id: str, now: datetime) -> int:
    tries = sa.select(sa.func.count()).where(
        AuditEntry.action == "customer.link_refused",
        AuditEntry.subject == conversation_id,
        AuditEntry.at > now - WRONG_WITHIN,
    )
    return int(session.scalar(tries) or 0)
