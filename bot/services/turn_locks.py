"""One turn at a time per conversation: in this process alone, or together with other processes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Protocol


class TurnLocks(Protocol):
    """One holder at a time per key."""

    def holding(self, key: str) -> AbstractAsyncContextManager[None]:
        """Wait for the key and have it until the end of the block."""


class LocalLocks:
    """Between the tasks of this process, first come, first served; the next one goes on at once."""

    def __init__(self) -> None:
        self._locks: dict[str, tuple[asyncio.Lock, int]] = {}

    def is_held(self, key: str) -> bool:
        """Whether whoever wants the key now has to wait."""
        return key in self._locks

    @asynccontextmanager
    async def holding(self, key: str) -> AsyncIterator[None]:
        """As ``TurnLocks``; a lock that nobody wants any more disappears."""
        lock, users = self._locks.get(key, (asyncio.Lock(), 0))
        self._locks[key] = (lock, users + 1)
        try:
            async with lock:
                yield
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
    async def holding(self, key: str) -> AsyncIterator[None]:
        async with self._local.holding(key), self._others.holding(key):
            yield
