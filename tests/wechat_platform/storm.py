"""Many customers who write at once over a bad network, and what must be true afterwards."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from bot.domain.conversation import Author
from tests.wechat_platform.assistant import Station, squash, words_of
from tests.wechat_platform.customer import Customer
from tests.wechat_platform.delivery import Delivery, Way
from tests.wechat_platform.shown import OUT_OF_ORDER

QUESTIONS = (
    "你们几点开门",
    "X5多少钱",
    "可以贷款吗",
    "保养多久做一次",
    "你们店在哪里",
    "新能源车怎么充电",
    "质保几年",
    "你好",
    "谢谢",
    "谢谢",
    "再见",
    "轮胎多久换一次",
)
DISTURBED = 0.3
AT_ONCE = 16
"""So many customers wait for an answer at the same time: more would measure the machine, which has two cores to share
between the simulator, the databases and the assistant's processes."""
LAST, MORE = "好的，再见", "谢谢"


@dataclass
class Storm:
    """``users`` customers write ``messages`` in all; the same numbers are the MsgIds of each of them."""

    station: Station
    users: int
    messages: int
    account: str = "main"
    name: str = "storm"
    sent: dict[str, list[tuple[str, Delivery]]] = field(default_factory=dict)
    asked: int = 0
    quota_used_up: int = 0

    @property
    def customers(self) -> list[Customer]:
        openids = (f"o-{self.name}-{number:012}" for number in range(self.users))
        return [self.station.platform.customer(openid, self.account) for openid in openids]

    async def blows(self) -> None:
        """Everybody writes; then each waits for what is still to come."""
        shares = [self.messages // self.users + (n < self.messages % self.users) for n in range(self.users)]
        places = asyncio.Semaphore(AT_ONCE)
        await asyncio.gather(
            *(self._writes(who, share, places) for who, share in zip(self.customers, shares, strict=True))
        )

    async def _writes(self, customer: Customer, share: int, places: asyncio.Semaphore) -> None:
        chance = random.Random(customer.openid)
        mine = self.sent.setdefault(customer.openid, [])
        for number in range(share):
            text = LAST if number == share - 1 else f"{chance.choice(QUESTIONS)}{'？' * (number % 3)}"
            way = _way(chance)
            async with places:
                mine.append((text, customer.text(text, way, msgid=100 + number)))
                self.asked += 1
                if not way.wait:
                    await customer.done()
        await customer.done()

    def disturbed(self) -> int:
        """How many messages were cut, doubled or overtaken."""
        return sum(delivery.way != Way() for each in self.sent.values() for _, delivery in each)

    async def has_settled(self, seconds: float = 60.0) -> None:
        """Until every screen shows what its transcript says. Who has used up what the bot may send writes once more."""
        for customer in self.customers:
            await self._until(customer, lambda me: self.has_come(me) or self._waits_for_quota(me), seconds)
            if not self.has_come(customer):
                self.quota_used_up += 1
                self.sent[customer.openid].append((MORE, customer.text(MORE)))
                await customer.done()
                await self._until(customer, self.has_come, seconds)

    async def _until(self, customer: Customer, is_so: Callable[[Customer], bool], seconds: float) -> None:
        """Fails with the transcript beside the screen."""
        try:
            await customer.until(is_so, seconds)
        except AssertionError as error:
            rows = self.station.transcript(customer)
            said = "\n".join(f"{row.seq} {row.author.value} to {row.reply_to}: {row.text}" for row in rows)
            raise AssertionError(f"{error}\nthe transcript:\n{said}") from None

    def has_come(self, customer: Customer) -> bool:
        """Everything is answered and shown, where one piece may have come twice."""
        if not self._all_answered(customer):
            return False
        try:
            self._repeated(customer)
        except AssertionError:
            return False
        return True

    def _all_answered(self, customer: Customer) -> bool:
        rows = self.station.transcript(customer)
        asked = {row.seq for row in rows if row.author is Author.CUSTOMER}
        return asked <= {row.reply_to for row in rows if row.author is Author.BOT}

    def _waits_for_quota(self, customer: Customer) -> bool:
        """All is answered, and only what is kept for a person may still be sent."""
        return self._all_answered(customer) and customer.quota.left(self.station.platform.clock.now()) <= 1

    def was_weathered(self) -> None:
        """Each message was handled once and answered, in order; each answer was seen once, in order."""
        for customer in self.customers:
            self._was_heard(customer)
            self.station.sees_everything_once(customer)
            assert OUT_OF_ORDER not in customer.texts, [each.attempts for each in customer.deliveries]

    def _was_heard(self, customer: Customer) -> None:
        rows = self.station.transcript(customer)
        heard = [row.text for row in rows if row.author is Author.CUSTOMER]
        sent = self.sent[customer.openid]
        assert Counter(heard) == Counter(text for text, _ in sent)
        keys = [row.client_id for row in rows if row.author is Author.CUSTOMER]
        in_order = [f"m:{each.key}" for _, each in sent if not each.way.wait]
        assert [key for key in keys if key in in_order] == in_order
        asked = {row.seq for row in rows if row.author is Author.CUSTOMER}
        assert asked == {row.reply_to for row in rows if row.reply_to and row.author is Author.BOT}

    def lost_nothing_that_was_taken(self) -> int:
        """After a crash: what the assistant answered in any way is in the transcript once, and its answer on the screen;
        gives the number of pieces that were seen twice because the crash came between sending and noting it."""
        return sum(self._survived(customer) for customer in self.customers)

    def _survived(self, customer: Customer) -> int:
        rows = self.station.transcript(customer)
        heard = Counter(row.text for row in rows if row.author is Author.CUSTOMER)
        keys = Counter(row.client_id for row in rows if row.author is Author.CUSTOMER)
        assert max(keys.values()) == 1
        taken = Counter(
            text
            for text, delivery in self.sent[customer.openid]
            if any(each.outcome in ("passive", "acknowledged") for each in delivery.attempts)
        )
        assert taken <= heard, f"acknowledged and lost: {taken - heard}"
        asked = {row.seq for row in rows if row.author is Author.CUSTOMER}
        assert asked == {row.reply_to for row in rows if row.reply_to and row.author is Author.BOT}
        return self._repeated(customer)

    def _repeated(self, customer: Customer) -> int:
        """0, or 1 where some lines in a row were seen once more; fails where it is anything else."""
        if self.station.has_everything(customer):
            return 0
        lines, seen = self.station.lines(customer), squash(words_of(customer))
        runs = ((first, end) for end in range(1, len(lines) + 1) for first in range(end))
        if any(squash([*lines[:end], *lines[first:]]) == seen for first, end in runs):
            return 1
        self.station.sees_everything_once(customer)
        return 0


def _way(chance: random.Random) -> Way:
    """Three in ten are cut early, doubled, or overtaken by the next one."""
    dice = chance.random()
    if dice >= DISTURBED:
        return Way()
    if dice < 0.1:
        return Way().impatient(chance.choice((0.02, 0.1, 0.5)))
    if dice < 0.2:
        return Way(again=(chance.choice((0.0, 0.05, 0.5)), 1.0))
    return Way(wait=0.3)
