"""News between processes: a stream of one is woken by another, and looks by itself while Redis is away."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator

import pytest

from bot.services import wakeups as wakeups_module
from bot.services.wakeups import STAFF, Listener, Wakeups
from bot.store.redis_link import PREFIX, RedisLink
from tests.redis import RedisServer, redis_url

pytestmark = pytest.mark.redis
LONG = 3600.0


@pytest.fixture
async def process() -> AsyncIterator[Callable[..., Wakeups]]:
    """Makes the wake-ups of one more process."""
    links: list[RedisLink] = []

    def make(url: str = "") -> Wakeups:
        link = RedisLink(url or redis_url())
        made = Wakeups(link)
        link.start()
        links.append(link)
        return made

    yield make
    for link in links:
        await link.close()


@pytest.fixture
def own_redis() -> Iterator[RedisServer]:
    server = RedisServer()
    yield server
    server.remove()


async def connected(*processes: Wakeups) -> None:
    while not all(each._relay and each._relay.is_heard for each in processes):
        await asyncio.sleep(0.01)


async def until(condition: Callable[[], object], listener: Listener) -> None:
    """What a stream does: look, and wait for news."""

    async def watch() -> None:
        while not condition():
            await listener.wait(LONG)

    await asyncio.wait_for(watch(), 20)


async def test_new_rows_wake_the_streams_of_every_process(process: Callable[..., Wakeups]) -> None:
    here, there, third = process(), process(), process()
    await connected(here, there, third)
    with there.listening("c") as customer, third.listening(STAFF) as staff, there.listening("other") as other:
        here.bring_news("c")
        assert await asyncio.wait_for(customer.wait(LONG), 20)
        assert await asyncio.wait_for(staff.wait(LONG), 20)
        assert not await other.wait(0)
        here.staff_news()
        assert await asyncio.wait_for(staff.wait(LONG), 20)


async def test_everybody_sees_that_the_bot_answers(process: Callable[..., Wakeups]) -> None:
    here, there = process(), process()
    await connected(here, there)
    with there.listening("c") as listener:
        for typing in (True, False, True, False, True):  # all in one moment: the last one counts
            here.notify("c", typing=typing)
        await until(lambda: listener.typing, listener)
        there.bring_news("c")
        assert there.bot_types("c")
        here.notify("c")
        await until(lambda: not listener.typing, listener)
    assert there._typing_elsewhere == {}


async def test_a_killed_process_does_not_type_for_ever(
    process: Callable[..., Wakeups], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wakeups_module, "TYPING_SECONDS", 0.3)
    here, there = process(), process()
    await connected(here, there)
    with there.listening("c") as listener:
        here.notify("c", typing=True)
        await until(lambda: listener.typing, listener)
        await asyncio.sleep(0.35)
        assert not listener.typing


async def test_who_writes_is_seen_in_every_process(process: Callable[..., Wakeups]) -> None:
    here, there = process(), process()
    await connected(here, there)
    with there.listening("c") as listener, here.listening("c") as back:
        here.writes("c", "staff", "李雷")
        await until(lambda: there.writer("c", "staff"), listener)
        writer = there.writer("c", "staff")
        assert writer
        assert writer[0] == "李雷"
        there.writes("c", "staff", on=False)
        await until(lambda: here.writer("c", "staff") is None, back)


async def test_what_reacts_to_new_rows_hears_those_of_its_own_process(
    process: Callable[..., Wakeups],
) -> None:
    here, there = process(), process()
    heard: dict[str, list[str]] = {"here": [], "there": []}
    here.on_news(heard["here"].append)
    there.on_news(heard["there"].append)
    await connected(here, there)
    with there.listening("c") as listener:
        here.bring_news("c")
        assert await asyncio.wait_for(listener.wait(LONG), 20)
    assert heard == {"here": ["c"], "there": []}


async def test_without_redis_streams_look_by_themselves_and_nothing_is_missed(
    process: Callable[..., Wakeups], own_redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wakeups_module, "LOOK_SECONDS", 0.05)
    here, there = process(own_redis.url), process(own_redis.url)
    await connected(here, there)
    with there.listening("c") as listener:
        assert there.patience(LONG) == LONG
        own_redis.stop()
        await until(lambda: there.patience(LONG) == 0.05, listener)  # woken by the loss: it looks at once
        here.bring_news("c")
        assert not await asyncio.wait_for(listener.wait(LONG), 20)  # not told, but it looks

        own_redis.start()
        await connected(here, there)
        assert await asyncio.wait_for(listener.wait(LONG), 20)  # what was missed meanwhile
        here.bring_news("c")
        assert await asyncio.wait_for(listener.wait(LONG), 20)


async def test_what_cannot_be_read_is_survived(
    process: Callable[..., Wakeups], caplog: pytest.LogCaptureFixture
) -> None:
    here, there = process(), process()
    await connected(here, there)
    stranger = RedisLink(redis_url())
    await stranger.redis.publish(f"{PREFIX}news", "not ours")
    while "could not be used" not in caplog.text:
        await asyncio.sleep(0.01)
    await connected(here, there)
    with there.listening("c") as listener:
        here.bring_news("c")
        assert await asyncio.wait_for(listener.wait(LONG), 20)
    await stranger.close()


async def test_alone_nothing_is_told_and_nobody_looks_more_often() -> None:
    alone = Wakeups()
    with alone.listening("c") as listener:
        alone.notify("c", typing=True)
        assert await listener.wait(LONG)
        assert listener.typing
    assert alone.patience(LONG) == LONG
