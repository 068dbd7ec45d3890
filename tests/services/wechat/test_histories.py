"""Whatever happens in whichever order: each line reaches the customer once, in order, and within the quota."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.domain.conversation import Author
from bot.domain.wechat.faults import Fault
from bot.domain.wechat.pieces import LONGEST, size
from bot.services.wechat import failures, ledger, passives
from bot.store.database import Database
from tests.database import sqlite_database
from tests.proof import size as how_many
from tests.services.wechat.customers import LIMITS, Customer

HISTORIES = how_many(20, 1000)
STEPS = 30
WAIT = timedelta(seconds=5)


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    folder: Path = tmp_path_factory.mktemp("histories")
    database = sqlite_database(folder)
    yield database
    database.close()


class History:
    """One customer, what they saw, and the platform's own account of their quota."""

    def __init__(self, database: Database, seed: int) -> None:
        self.chance = random.Random(seed)
        self.customer = Customer(database)
        self.seq, self.slot = 0, False
        self.shown: list[str] = []
        self.lines = self.letters = 0
        self.granted: dict[str, tuple[float, int]] = {}
        self.at: dict[str, datetime] = {}
        self.writes()

    def run(self) -> None:
        steps = (
            self.writes,
            self.clicks,
            self.says,
            self.says,
            self.sends,
            self.sends,
            self.fails,
            self.asks,
        )
        for _ in range(STEPS):
            self.customer.later(seconds=self.chance.choice((0.1, 2, 30, 3600, 40 * 3600)))
            self.chance.choice(steps)()
        for _ in range(40):
            if not self.sends():
                self.customer.later(hours=1)
                self.writes()

    def writes(self) -> None:
        self.slot = self.chance.random() < 0.5
        self.seq = self.customer.writes(waiting=WAIT if self.slot else None).seq
        self.granted["message"] = (48 * 3600, 5)
        self.at["message"] = self.customer.now

    def clicks(self) -> None:
        self.customer.clicks()
        self.granted["click"] = (60, 3)
        self.at["click"] = self.customer.now

    def says(self) -> None:
        letters = self.chance.choice((1, 30, 500, 1500))
        self.lines, self.letters = self.lines + 1, self.letters + letters
        author = self.chance.choice((Author.BOT, Author.BOT, Author.STAFF, Author.SYSTEM))
        text = f"〔{self.lines}〕" + "车" * letters
        self.customer.gets(text, *self.chance.choice(((), (), ("甲", "乙"))), author=author)

    def sends(self) -> bool:
        claimed = self.customer.claim("one")
        if claimed is None:
            return False
        assert self._pays(), "the platform would have refused it"
        assert size(claimed.piece.text) <= LONGEST
        self.shown.append(claimed.piece.text)
        assert ledger.sent(self.customer.database, claimed, self.customer.now)
        return True

    def fails(self) -> None:
        """Refused, or the process died: the lease ends."""
        claimed = self.customer.claim("two")
        if claimed is None:
            return
        if self.chance.random() < 0.5:
            self.customer.later(seconds=ledger.LEASE.total_seconds())
        else:
            moment = timedelta(seconds=1)
            failures.failed(
                self.customer.database, LIMITS, claimed, Fault.BACK_OFF, -1, moment, self.customer.now
            )

    def asks(self) -> None:
        """A request takes what waits as its answer."""
        may_send = self.chance.random() < 0.7
        answer = passives.take_passive(
            self.customer.database, LIMITS, self.customer.id, self.seq, self.customer.now, may_send
        )
        if answer is not None and not answer.again:
            self.shown.append(answer.text)

    def _pays(self) -> bool:
        for grant in ("click", "message"):
            seconds, left = self.granted.get(grant, (0, 0))
            if left and (self.customer.now - self.at[grant]).total_seconds() < seconds:
                self.granted[grant] = (seconds, left - 1)
                return True
        return False


@pytest.mark.parametrize("start", range(0, HISTORIES, 10))
def test_point_11_and_12_each_line_once_in_order_within_the_quota(database: Database, start: int) -> None:
    for seed in range(start, start + 10):
        history = History(database, seed)
        history.run()
        seen = [int(number) for number in re.findall(r"〔(\d+)〕", "".join(history.shown))]

        assert seen == list(range(1, history.lines + 1)), seed
        assert "".join(history.shown).count("车") == history.letters, seed
        assert history.customer.row.blocked is None
