"""What this process shares with others: turns of conversations, and news for open streams (docs/workers.md)."""

from __future__ import annotations

from bot.services.turn_locks import LocalLocks, SharedLocks, TurnLocks
from bot.services.wakeups import Wakeups
from bot.store.redis_link import RedisLink
from bot.store.redis_locks import RedisLocks


class Sharing:
    """Over Redis where there is an address of one; else this process is alone, and nothing is sent anywhere."""

    def __init__(self, redis_url: str | None) -> None:
        """Raises ``SetupError`` for something that is no address; a Redis that is away is waited for."""
        self._link = RedisLink(redis_url) if redis_url else None
        self.locks: TurnLocks = SharedLocks(RedisLocks(self._link)) if self._link else LocalLocks()
        self.wakeups = Wakeups(self._link)

    def start(self) -> None:
        if self._link is not None:
            self._link.start()

    async def close(self) -> None:
        if self._link is not None:
            await self._link.close()
