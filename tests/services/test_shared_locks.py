"""Turns of several processes that share Redis: one at a time per conversation, in order, whoever dies or goes away."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from bot.domain.errors import SetupError
from bot.services import messages
from bot.services.messages import Inbound
from bot.services.turn_locks import LocalLocks, SharedLocks
from bot.services.turns import Turns
from bot.services.wakeups import Wakeups
from bot.store import redis_locks
from bot.store.redis_link import RedisLink
from bot.store.redis_locks import RedisLocks
from tests.installations import filled_database
from tests.redis import RedisServer, redis_url
from tests.services.dialogues import Echo

pytestmark = pytest.mark.redis

Process = Callable[..., Any]


@pytest.fixture
async def process() -> AsyncIterator[Process]:
    """Makes the locks of one more process."""
    links: list[RedisLink] = []

    def make(url: str = "", **more: float) -> SharedLocks:
        link = RedisLink(url or redis_url())
        locks = SharedLocks(RedisLocks(link, **more))
        link.start()
        links.append(link)
        return locks

    yield make
    for link in links:
        await link.close()


@pytest.fixture
def own_redis() -> Iterator[RedisServer]:
    server = RedisServer(password="never-shown")
    yield server
    server.remove()


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody looks by themselves: who goes on has been told."""
    monkeypatch.setattr(redis_locks, "LOOK_SECONDS", 600.0)
    monkeypatch.setattr(redis_locks, "GONE_SECONDS", 600.0)


class Inside:
    """Who has the key; ``most`` at the same moment."""

    def __init__(self) -> None:
        self.order: list[str] = []
        self.most = self._now = 0

    async def visit(self, locks: Any, name: str, key: str, seconds: float = 0.01) -> None:
        async with locks.holding(key):
            self._now += 1
            self.most = max(self.most, self._now)
            self.order.append(name)
            await asyncio.sleep(seconds)
            self._now -= 1


async def test_who_gets_a_lock_knows_whether_others_had_it_meanwhile(process: Process) -> None:
    """What was read before waits for nobody where nobody came between, and is read again otherwise."""
    here, there = process(), process()
    async with here.holding("c", time.monotonic()) as untouched:  # nobody ever had it
        assert untouched
    await asyncio.sleep(0.02)
    async with there.holding("c", time.monotonic()) as untouched:  # given back before that was read
        assert untouched
    read_at = time.monotonic()
    async with here.holding("c"):
        pass
    async with there.holding("c", read_at) as untouched:
        assert not untouched
    async with here.holding("c", time.monotonic() - redis_locks.LEASE_SECONDS) as untouched:
        assert not untouched  # a process that had it may have died meanwhile
    async with here.holding("c") as untouched:
        assert not untouched


async def test_what_others_did_a_moment_after_it_was_read_is_noticed(process: Process) -> None:
    """However short the moment: a turn that trusts what it read writes over what they did."""
    here, there = process(), process()
    for _ in range(200):
        read_at = time.monotonic()
        async with here.holding("c"):
            pass
        async with there.holding("c", read_at) as untouched:
            assert not untouched


async def test_who_waited_for_a_lock_reads_again(process: Process) -> None:
    here, there = process(), process()
    held = AsyncExitStack()
    await held.enter_async_context(here.holding("c"))
    read_at = time.monotonic()

    async def wait(locks: Any) -> bool:
        async with locks.holding("c", read_at) as untouched:
            return bool(untouched)

    waiting = [asyncio.create_task(wait(each)) for each in (here, there)]
    await asyncio.sleep(0.05)
    await held.aclose()
    assert await soon(asyncio.gather(*waiting)) == [False, False]


async def soon(work: Any, seconds: float = 20.0) -> Any:
    return await asyncio.wait_for(work, seconds)


async def test_one_holder_at_a_time_over_all_processes(process: Process) -> None:
    processes, inside = [process() for _ in range(4)], Inside()
    await soon(asyncio.gather(*(inside.visit(each, "", "one") for each in processes for _ in range(10))))
    assert (len(inside.order), inside.most) == (40, 1)

    others = Inside()
    await soon(asyncio.gather(*(others.visit(each, "", str(n), 0.3) for n, each in enumerate(processes))))
    assert others.most > 1


async def test_control_with_locks_of_their_own_they_meet() -> None:
    inside = Inside()
    await asyncio.gather(*(inside.visit(each, "", "one") for each in (LocalLocks(), LocalLocks())))
    assert inside.most == 2


async def test_who_waits_is_told_and_comes_in_the_order_of_arrival(process: Process, patient: None) -> None:
    here, there, inside = process(), process(), Inside()
    await _connected(here, there)
    async with AsyncExitStack() as held:
        await held.enter_async_context(here.holding("told"))
        work = []
        for name, locks in (("a", there), ("b", here), ("c", there)):
            work.append(asyncio.create_task(inside.visit(locks, name, "told")))
            await asyncio.sleep(0.1)
    await soon(asyncio.gather(*work))
    assert inside.order == ["a", "b", "c"]


async def test_a_killed_holder_loses_the_lock(process: Process, monkeypatch: pytest.MonkeyPatch) -> None:
    async def nothing(*_: object) -> None:
        """A process that is gone keeps nothing and frees nothing."""

    monkeypatch.setattr(RedisLocks, "go_on_keeping", nothing)
    dead, alive, inside = process(lease=0.5), process(), Inside()
    forever = asyncio.create_task(inside.visit(dead, "dead", "killed", 600))
    while not inside.order:
        await asyncio.sleep(0.01)
    await soon(inside.visit(alive, "alive", "killed"))
    assert inside.order == ["dead", "alive"]
    forever.cancel()


async def test_a_long_turn_keeps_its_lock(process: Process) -> None:
    here, there, inside = process(lease=0.3), process(lease=0.3), Inside()
    long = asyncio.create_task(inside.visit(here, "long", "kept", 1.2))
    await asyncio.sleep(0.1)
    await soon(asyncio.gather(long, inside.visit(there, "next", "kept")))
    assert (inside.order, inside.most) == (["long", "next"], 1)


async def test_nobody_frees_what_another_holds(process: Process) -> None:
    link = RedisLink(redis_url())
    locks = RedisLocks(link)
    async with locks.holding("mine"):
        await locks._release("mine", "another token")
        assert await link.redis.get("zhanting:lock:{mine}")
    assert await link.redis.get("zhanting:lock:{mine}") is None
    await link.close()


async def test_without_redis_turns_go_on_and_share_again_when_it_is_back(
    process: Process, own_redis: RedisServer, caplog: pytest.LogCaptureFixture
) -> None:
    here, there = process(own_redis.url, patience=0.5), process(own_redis.url, patience=0.5)
    await _connected(here, there)
    own_redis.stop()
    alone = Inside()
    for _ in range(3):
        await soon(asyncio.gather(*(alone.visit(each, "", "away", 0.2) for each in (here, here, there))))
    assert len(alone.order) == 9
    said = [record for record in caplog.records if "Redis is away" in record.message]
    assert len(said) == 2  # each process once

    own_redis.start()
    await _connected(here, there)
    await asyncio.sleep(1.1)  # it is asked once a second
    again = Inside()
    await soon(asyncio.gather(*(again.visit(each, "", "back") for each in (here, there) for _ in range(5))))
    assert (len(again.order), again.most) == (10, 1)
    assert "never-shown" not in caplog.text


async def test_a_redis_that_forgot_everything_learns_who_holds_what(
    process: Process, own_redis: RedisServer
) -> None:
    here, there, inside = (*(process(own_redis.url, lease=0.9) for _ in range(2)), Inside())
    long = asyncio.create_task(inside.visit(here, "long", "forgotten", 3.0))
    await asyncio.sleep(0.1)
    own_redis.stop()
    own_redis.start()
    await asyncio.sleep(0.8)
    await soon(asyncio.gather(long, inside.visit(there, "next", "forgotten")))
    assert (inside.order, inside.most) == (["long", "next"], 1)


@pytest.mark.parametrize(
    "address", ["redis://u:never-shown@h:x/0", "redis://:never-shown@h/0?socket_timeout=x"]
)
def test_an_address_that_is_none_is_refused_without_repeating_it(address: str) -> None:
    with pytest.raises(SetupError) as refused:
        RedisLink(address)
    assert "REDIS_URL" in str(refused.value)
    assert "never-shown" not in str(refused.value)


async def test_turns_of_two_processes_keep_the_order_of_a_customer(
    process: Process, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    filled, dialogue = filled_database(tmp_path), Echo(seconds=0.02)
    both = [Turns(*filled, dialogue, Wakeups(), 1000, process()) for _ in range(2)]
    work = []
    for number in range(12):  # each message comes by the other process
        inbound = Inbound("rest", "wang", f"m{number}", f"id-{number}")
        received, turn = await both[number % 2].take(inbound)
        resent, other = await both[(number + 1) % 2].take(inbound)
        assert (received.duplicate, resent.duplicate) == (False, True)
        work += [turn, other]
    replies = await soon(asyncio.gather(*work))

    assert [text for _, text in dialogue.heard] == [f"m{number}" for number in range(12)]
    assert dialogue.most_thinking == 1
    assert [[line.text for line in each] for each in replies[::2]] == [[f"echo m{n}"] for n in range(12)]
    assert replies[::2] == replies[1::2]
    said = [row.text for row in messages.messages_after(filled[0], received.conversation_id)]
    assert sorted(said) == sorted([*(f"m{n}" for n in range(12)), *(f"echo m{n}" for n in range(12))])
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


async def _connected(*processes: SharedLocks) -> None:
    """Until each of them hears what is told."""
    for each in processes:
        while not each._others._link.is_heard:  # type: ignore[attr-defined]
            await asyncio.sleep(0.01)
