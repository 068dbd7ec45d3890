"""Customers who write to one server at once, and pause while another server has its turn."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from statistics import median

from tests.load.speed.customers import BOOKED, Answer, Line, visit
from tests.load.speed.figures import Load, Size
from tests.load.speed.servers import Running

ARRIVE_SECONDS = 2.0
"""Within so long all begin to write. Where all connect in one moment, one of stock's two processes may take all of
their connections, and the other has nothing to do."""


@dataclass
class Window:
    """What was answered while it was this server's turn: seconds of each answer, and test drives booked."""

    taken: float
    answered: list[float] = field(default_factory=list)
    failed: int = 0
    booked: int = 0

    @property
    def per_second(self) -> float:
        return len(self.answered) / self.taken


class Crowd:
    """Each customer comes again and again, each time as somebody new, and writes as soon as the answer is there."""

    def __init__(self, line: Line, questions: Sequence[str], number: int) -> None:
        self._line, self._questions = line, questions
        self._note: Callable[[Answer], object] = lambda answer: None
        self._may_write = asyncio.Event()
        self._waiting = 0
        self._customers = [asyncio.create_task(self._come(each, each / number)) for each in range(number)]

    async def window(self, size: Size) -> Window:
        """Let them write; what is answered after the first seconds counts. Returns when every one has its answer.

        What was not answered counts as failed, and neither for messages per second nor for times.
        """
        self.write()
        await asyncio.sleep(size.warm_seconds)
        answers: list[Answer] = []
        self._note, failed, begun = answers.append, self._line.failed, time.perf_counter()
        await asyncio.sleep(size.load_seconds)
        self._note = lambda answer: None
        found = Window(time.perf_counter() - begun, failed=self._line.failed - failed)
        found.answered = [answer.seconds for answer in answers if answer.replies]
        found.booked = sum(BOOKED in answer.text for answer in answers)
        await self.pause()
        return found

    def write(self) -> None:
        self._may_write.set()

    async def pause(self) -> None:
        """Returns when nobody waits for an answer any more: the next server has the machine for itself."""
        self._may_write.clear()
        while self._waiting < len(self._customers):
            await asyncio.sleep(0.01)

    async def leave(self) -> None:
        """At once, without waiting for answers."""
        for customer in self._customers:
            customer.cancel()
        with suppress(asyncio.CancelledError):
            await asyncio.gather(*self._customers, return_exceptions=True)

    async def _come(self, customer: int, place: float) -> None:
        await self._turn(place)
        for time_ in range(10**9):
            visitor = next(self._line.numbers)
            async for answer in visit(self._line, f"load-{visitor}", customer + time_, self._questions):
                self._note(answer)
                await self._turn(place)

    async def _turn(self, place: float) -> None:
        """Waits while others have theirs, and then for one's place among those who begin to write."""
        if not self._may_write.is_set():
            self._waiting += 1
            await self._may_write.wait()
            self._waiting -= 1
            await asyncio.sleep(place * ARRIVE_SECONDS)


def together(windows: Sequence[Window], running: Running) -> Load:
    """The median of the windows' messages per second; times of all their answers; memory as it is now."""
    done = sorted(seconds for window in windows for seconds in window.answered)
    return Load(
        per_second=median(window.per_second for window in windows),
        median=median(done) if done else 0.0,
        p99=done[int(len(done) * 0.99)] if done else 0.0,
        failed=sum(window.failed for window in windows),
        booked=sum(window.booked for window in windows),
        rss=running.rss(),
        pss=running.pss(),
        windows=[window.per_second for window in windows],
    )
