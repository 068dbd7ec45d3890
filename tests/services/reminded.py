"""A dealership's outbox in tests: conversations, customers with e-mail, the clock, and what was sent."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from types import SimpleNamespace
from typing import Any

import sqlalchemy as sa

from bot import clock
from bot.domain.conversation import Owner
from bot.domain.errors import DeliveryFailed
from bot.notify.email import Mail
from bot.services import conversations
from bot.services.content.files import read_content
from bot.services.content.snapshot import Content, build_content
from bot.services.messages import StoredMessage, messages_after
from bot.services.outbox import Senders, send_due
from bot.settings import ROOT
from bot.store.database import Database
from bot.store.tables import Conversation, Customer, OutboxMessage
from tests.services.bookings import NOW, WANG
from tests.services.owners import pass_by_hand


@lru_cache(maxsize=1)
def demo_content() -> Content:
    """The content files, without a database, read once."""
    return build_content([(e.kind, e.id, e.data, 1) for e in read_content(ROOT)], revision=0)


_CONTENT = demo_content()
CONTENT: Any = SimpleNamespace(current=lambda: _CONTENT)


@dataclass
class Post:
    """Senders that remember; each fails as often as ``failures`` has errors left.

    The dealer's own systems hear of events only where ``listens`` says so.
    """

    mails: list[Mail] = field(default_factory=list)
    events: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    failures: list[DeliveryFailed] = field(default_factory=list)
    listens: bool = False

    @property
    def visits(self) -> list[dict[str, Any]]:
        """The events about bookings."""
        return [event for _, event in self.events if "visit" in event]

    @property
    def senders(self) -> Senders:
        return Senders(self._mail, self._event if self.listens else None)

    def _mail(self, mail: Mail, now: datetime) -> None:
        if self.failures:
            raise self.failures.pop(0)
        self.mails.append(mail)

    def _event(self, delivery: str, event: Any, now: datetime) -> None:
        if self.failures:
            raise self.failures.pop(0)
        self.events.append((delivery, dict(event)))


def at(time: datetime) -> None:
    clock.clock.set(time)


def conversation(database: Database, sender: str = "wang") -> str:
    with database.transaction() as session:
        return str(conversations.open_conversation(session, "web", sender, NOW).id)


def owned_by(database: Database, conversation_id: str, owner: Owner) -> None:
    with database.transaction() as session:
        pass_by_hand(session.get(Conversation, conversation_id), owner)


def with_email(database: Database, address: str = "wang@example.com") -> None:
    with database.transaction() as session:
        session.add(Customer(id="c", phone=WANG.phone, email=address, created_at=NOW))


def send(database: Database, post: Post | None = None, **more: Any) -> int:
    senders = post.senders if post else Senders()
    return send_due(database, CONTENT, senders, **more)


def said(database: Database, conversation_id: str) -> list[StoredMessage]:
    return messages_after(database, conversation_id)


def notices(database: Database, conversation_id: str) -> list[str]:
    return [message.custom["notice"] for message in said(database, conversation_id)]


def rows(database: Database, **values: Any) -> list[Any]:
    """What is written for customers, and the events for the dealer's own systems where ``channel="webhook"`` asks."""
    query = sa.select(OutboxMessage).filter_by(**values)
    if "channel" not in values:
        query = query.where(OutboxMessage.channel != "webhook")
    query = query.order_by(OutboxMessage.due_at, OutboxMessage.id)
    with database.reading() as session:
        return list(session.scalars(query))


def waiting(database: Database) -> list[tuple[str, str]]:
    """What is still to be sent, as (kind, "MM-DD HH:MM")."""
    return [(row.kind, f"{row.due_at:%m-%d %H:%M}") for row in rows(database, state="pending")]
