"""The real assistant beside the simulator, for the whole-path tests."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from bot.domain.conversation import Author
from bot.services.messages import StoredMessage, messages_after
from bot.store.database import Database
from bot.store.tables import Conversation
from tests.server import CLOCK, RunningServer, start_server
from tests.wechat_platform.accounts import PlatformAccount
from tests.wechat_platform.customer import Customer
from tests.wechat_platform.platform import Platform

CHOICE_MARKS = re.compile(r"^(?:\d+\. |· )|回复数字即可选择|请选择：", re.MULTILINE)


@dataclass
class Station:
    """A platform and the assistant that serves its accounts. The platform is entered by each test (``async with``)."""

    platform: Platform
    server: RunningServer
    database: Database
    slow: Path
    settings: dict[str, str] = field(default_factory=dict)

    def slow_down(self, seconds: dict[str, float]) -> None:
        """Messages whose turn takes longer, "*" for all others."""
        self.slow.write_text(json.dumps(seconds), "utf-8")

    def conversation_of(self, customer: Customer) -> str:
        sender = f"{customer.account.name}/{customer.openid}"
        wanted = sa.select(Conversation.id).where(
            Conversation.channel == "wechat", Conversation.sender == sender
        )
        with self.database.transaction() as session:
            found = session.execute(wanted).scalars().all()
        assert len(found) == 1, f"{len(found)} conversations of {sender}"
        return str(found[0])

    def transcript(self, customer: Customer) -> list[StoredMessage]:
        """What was said, without what only staff see."""
        return list(messages_after(self.database, self.conversation_of(customer), 0, 10_000))

    def asked(self, customer: Customer) -> list[str]:
        return [row.text for row in self.transcript(customer) if row.author is Author.CUSTOMER]

    def sees_everything_once(self, customer: Customer) -> None:
        """The screen is the transcript: every line of the account once, in order; else it fails with both."""
        said = squash(self.lines(customer))
        seen = squash(words_of(customer))
        assert seen == said, f"\nsaid: {said}\nseen: {seen}"

    def has_everything(self, customer: Customer) -> bool:
        """Whether what the transcript has is on the screen."""
        return squash(words_of(customer)) == squash(self.lines(customer))

    def has_answers(self, customer: Customer) -> bool:
        """The same, and the bot has answered every message of theirs."""
        rows = self.transcript(customer)
        asked = {row.seq for row in rows if row.author is Author.CUSTOMER}
        answered = {row.reply_to for row in rows if row.author is Author.BOT}
        return bool(asked) and asked <= answered and self.has_everything(customer)

    def lines(self, customer: Customer) -> list[str]:
        """What the account said."""
        return list(lines_of(self.transcript(customer)))

    def staff(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """A call of the staff API by the administrator."""
        answer = self.server.client.request(
            method, f"/api/staff{path}", json=body, headers=self.server.staff()
        )
        assert answer.status_code < 300, answer.text
        return answer.json() if answer.content else None


def words_of(customer: Customer) -> Iterator[str]:
    for each in customer.received:
        if each.via in ("passive", "custom"):
            yield "\n".join((each.text, *(choice.text for choice in each.choices)))


def lines_of(rows: Iterable[StoredMessage]) -> Iterator[str]:
    for row in rows:
        if row.author is not Author.CUSTOMER:
            yield "\n".join((row.text, *(str(button["title"]) for button in row.buttons)))


def squash(texts: Iterable[str]) -> str:
    """One text without white space and without the marks of choices: pieces may be merged and split."""
    return re.sub(r"\s", "", CHOICE_MARKS.sub("", "\n".join(texts)))


def start_station(home: Path, accounts: Iterable[PlatformAccount], **more: str) -> Station:
    """The platform's clock and the assistant's start at the same time; the caller stops the server."""
    platform = Platform(accounts, start=datetime.fromisoformat(more.get("ZHANTING_CLOCK", CLOCK)))
    slow = home.parent / "slow.json"
    settings = {**platform.settings(), "SLOW_TURNS": str(slow), "ZHANTING_RATE_LIMIT": "off", **more}
    server = start_server(home, **settings)
    platform.point_at(server.url)
    url = more.get("DATABASE_URL", f"sqlite:///{home / 'zhanting.db'}")
    return Station(platform, server, Database(url), slow, settings)
