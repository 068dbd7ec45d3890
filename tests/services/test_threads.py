"""Work of turns in threads: what it gives and raises, in whose context, and that nobody stops it or the others."""

from __future__ import annotations

import asyncio
import threading
from contextvars import ContextVar

import pytest

from bot.services.threads import THREADS, in_thread

_speaker: ContextVar[str] = ContextVar("speaker", default="nobody")


async def test_what_work_gives_and_raises_in_the_context_of_who_asked() -> None:
    def work(word: str) -> tuple[str, str, bool]:
        return word, _speaker.get(), threading.current_thread() is threading.main_thread()

    def fail() -> None:
        raise LookupError("no such row")

    _speaker.set("customer")
    assert await in_thread(work, "hello") == ("hello", "customer", False)
    with pytest.raises(LookupError, match="no such row"):
        await in_thread(fail)
    assert await in_thread(work, "again") == ("again", "customer", False)


async def test_the_loop_goes_on_and_work_runs_side_by_side() -> None:
    together = threading.Barrier(THREADS, timeout=20)
    places = await asyncio.gather(*(in_thread(together.wait) for _ in range(THREADS)))
    assert sorted(places) == list(range(THREADS))


async def test_who_no_longer_waits_does_not_end_the_work() -> None:
    begun, may_end, done = (threading.Event() for _ in range(3))

    def work() -> None:
        begun.set()
        may_end.wait(20)
        done.set()

    waiting = asyncio.ensure_future(in_thread(work))
    while not begun.is_set():
        await asyncio.sleep(0.01)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    may_end.set()
    while not done.is_set():
        await asyncio.sleep(0.01)
    assert await in_thread(str, 1) == "1"


def test_a_loop_that_is_closed_meanwhile_harms_no_thread() -> None:
    may_end = threading.Event()

    async def leave() -> None:
        for _ in range(THREADS):
            in_thread(may_end.wait, 20)

    asyncio.run(leave())
    may_end.set()

    async def come_back() -> list[str]:
        return await asyncio.gather(*(in_thread(str, number) for number in range(THREADS)))

    assert asyncio.run(come_back()) == [str(number) for number in range(THREADS)]
