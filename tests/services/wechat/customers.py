"""A WeChat customer with a transcript, for the tests of what is sent to them."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from bot.clock import TIME_ZONE
from bot.domain.conversation import Author
from bot.domain.wechat.account import Account, Kind, Mode
from bot.domain.wechat.faults import Fault, fault_of
from bot.domain.wechat.window import Grant, Limits
from bot.services.conversations import locked
from bot.services.messages import Inbound, Received, Utterance, append, receive
from bot.services.wechat import contacts, failures, ledger
from bot.services.wechat.ledger import Claimed
from bot.store.database import Database
from bot.store.tables import Conversation, Message
from bot.store.wechat_tables import WeChatContact

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=TIME_ZONE)
MAIN = Account("main", "wx0123456789abcdef", "token", Mode.PLAIN, secret="a-long-secret")
QUIET = Account("quiet", "wxfedcba9876543210", "token", Mode.PLAIN, kind=Kind.SUBSCRIPTION, may_send=False)
OTHER = Account("other", "wxabcdef0123456789", "token", Mode.PLAIN, secret="a-long-secret")
ACCOUNTS = {account.name: account for account in (MAIN, QUIET, OTHER)}
LIMITS = Limits()
_numbers = itertools.count(1)


@dataclass
class Customer:
    """Somebody who writes to an account; ``now`` goes on by ``later``."""

    database: Database
    account: Account = MAIN
    openid: str = field(default_factory=lambda: f"o-{next(_numbers)}")
    now: datetime = NOW
    id: str = ""

    def later(self, **time: float) -> datetime:
        self.now += timedelta(**time)
        return self.now

    def writes(
        self, text: str = "你好", key: str | None = None, waiting: timedelta | None = None
    ) -> Received:
        """As the webhook does it: the grant, then the line."""
        key = key or f"m:{next(_numbers)}"
        until = self.now + waiting if waiting else None
        came = contacts.arrived(self.database, self.account, self.openid, key, Grant.MESSAGE, self.now, until)
        self.id = came.conversation_id
        sender = self.account.sender_of(self.openid)
        return receive(self.database, Inbound(contacts.CHANNEL, sender, text, key), self.now)

    def clicks(self) -> None:
        came = contacts.arrived(
            self.database, self.account, self.openid, f"e:{next(_numbers)}", Grant.CLICK, self.now
        )
        self.id = came.conversation_id

    def gets(
        self, text: str, *choices: str, author: Author = Author.BOT, custom: dict[str, Any] | None = None
    ) -> int:
        """A line that nobody has sent yet."""
        buttons = tuple({"title": title, "payload": f"/{title}"} for title in choices)
        with self.database.transaction() as session:
            row = locked(session, self.id)
            return int(append(session, row, author, Utterance(text, buttons, custom or {}), self.now).seq)

    def claim(self, token: str = "one", **more: Any) -> Claimed | None:
        return ledger.claim(self.database, LIMITS, ACCOUNTS, self.id, self.now, token, **more)

    def sent(self, token: str = "one") -> str:
        """Claim and send the next message; its words, "" where there is none."""
        claimed = self.claim(token)
        if claimed is None:
            return ""
        assert ledger.sent(self.database, claimed, self.now)
        return claimed.piece.text

    def sent_all(self) -> list[str]:
        return list(iter(self.sent, ""))

    @property
    def row(self) -> Any:
        with self.database.reading() as session:
            return session.get(WeChatContact, (self.account.name, self.openid))

    @property
    def left(self) -> int:
        with self.database.reading() as session:
            quota = contacts.quota_of(session, self.id, LIMITS, self.now)
            assert quota is not None
            return quota.left

    @property
    def conversation(self) -> Any:
        with self.database.reading() as session:
            return session.get(Conversation, self.id)

    def notes(self) -> list[str]:
        """The lines for the staff alone."""
        query = sa.select(Message.text).where(Message.conversation_id == self.id, Message.internal.is_(True))
        with self.database.reading() as session:
            return list(session.scalars(query.order_by(Message.seq)))


def fail(
    customer: Customer,
    claimed: Claimed,
    code: int,
    fault: Fault | None = None,
    wait: timedelta = timedelta(seconds=10),
    uncertain: bool = False,
) -> bool:
    """The platform did not take a message; True when the staff were told."""
    wanted = fault or fault_of(code)
    return failures.failed(customer.database, LIMITS, claimed, wanted, code, wait, customer.now, uncertain)
