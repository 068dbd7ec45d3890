"""One turn at a time per conversation: in this process alone, or together with other processes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Protocol

NEVER = float("-inf")


class TurnLocks(Protocol):
    """One holder at a time per key."""

    def holding(self, key: str, since: float = NEVER) -> AbstractAsyncContextManager[bool]:
        """Wait for the key and have it until the end of the block.

        Gives whether it is certain that nobody has had it since a moment (``time.monotonic``), when what it stands
        for was read.
        """


class LocalLocks:
    """Between the tasks of this process, first come, first served; the next one goes on at once."""

    def __init__(self) -> None:
        self._locks: dict[str, tuple[asyncio.Lock, int]] = {}

    @asynccontextmanager
    async def holding(self, key: str, since: float = NEVER) -> AsyncIterator[bool]:
        """As ``TurnLocks``, where ``since`` was just now: nobody comes and goes between two steps of a task.

        A lock that nobody wants any more disappears.
        """
        is_free = key not in self._locks
        lock, users = self._locks.get(key, (asyncio.Lock(), 0))
        self._locks[key] = (lock, users + 1)
        try:
            async with lock:
                yield is_free
        finally:
            lock, users = self._locks[key]
            if users == 1:
                del self._locks[key]
            else:
                self._locks[key] = (lock, users - 1)


class SharedLocks:
    """Between processes: the tasks of this one first agree who asks the others, so that each key has one asker."""

    def __init__(self, others: TurnLocks) -> None:
        self._local, self._others = LocalLocks(), others

    @asynccontextmanager
    async def holding(self, key: str, since: float = NEVER) -> AsyncIterator[bool]:
        async with self._local.holding(key, since) as is_free, self._others.holding(key, since) as untouched:
            yield is_free and untouched
