"""One turn at a time per conversation over all processes: a lock in Redis that a dead process loses within seconds.

The lock is a key with the holder's token and an end, moved on while the turn runs and deleted by its holder alone. Who
waits stands in a line, first come, first served, and is told when the lock is free; a look every second makes good
for news that are lost. See docs/workers.md for what happens while Redis is away.
"""

from __future__ import annotations

import asyncio
import logging
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from bot.store.redis_link import FAILURES, PREFIX, RedisLink, within

logger = logging.getLogger(__name__)
FREED = "freed"
LEASE_SECONDS = 8.0
"""So long a conversation stays with a process that was killed; also what a stalled one may sleep."""
LOOK_SECONDS = 1.0
GONE_SECONDS = 3.0
"""Who stands in line and has not looked for so long is no longer there."""
PATIENCE_SECONDS = 3.0
"""So long a turn waits for a Redis that has just gone away."""
RETRY_SECONDS = 0.2
REMEMBERED_SECONDS = 60.0
"""So long it is known when a lock was last given back."""
DRIFT = 0.001
"""By so much Redis' clock may run faster than ours."""

# KEYS: the lock, the line (by arrival), the line (by last look), when it was last given back (in µs).
# 0: it is yours, and how many µs ago it was given back (-1: not lately); else so many ms until it may be free.
_TAKE = """
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local token, lease, gone = ARGV[1], ARGV[2], tonumber(ARGV[3])
local holder = redis.call('GET', KEYS[1])
if holder == token then
  redis.call('PEXPIRE', KEYS[1], lease)
  return {0, 0}
end
for _, left in ipairs(redis.call('ZRANGEBYSCORE', KEYS[3], '-inf', now - gone)) do
  redis.call('ZREM', KEYS[2], left)
  redis.call('ZREM', KEYS[3], left)
end
local first = redis.call('ZRANGE', KEYS[2], 0, 0)[1]
if not holder and (not first or first == token) then
  redis.call('SET', KEYS[1], token, 'PX', lease)
  redis.call('ZREM', KEYS[2], token)
  redis.call('ZREM', KEYS[3], token)
  local freed = redis.call('GET', KEYS[4])
  return {0, freed and math.max(t[1] * 1000000 + t[2] - freed, 0) or -1}
end
redis.call('ZADD', KEYS[2], 'NX', now, token)
redis.call('ZADD', KEYS[3], now, token)
redis.call('PEXPIRE', KEYS[2], 10 * gone)
redis.call('PEXPIRE', KEYS[3], 10 * gone)
return {holder and math.max(redis.call('PTTL', KEYS[1]), 1) or gone, 0}
"""
# A Redis that started anew has forgotten the lock: it is taken again unless somebody else has it.
_KEEP = """
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
"""
# KEYS: the lock, the line, when it was last given back.
_FREE = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('DEL', KEYS[1])
local t = redis.call('TIME')
redis.call('SET', KEYS[3], string.format('%.0f', t[1] * 1000000 + t[2]), 'PX', ARGV[4])
if redis.call('ZCARD', KEYS[2]) > 0 then redis.call('PUBLISH', ARGV[2], ARGV[3]) end
return 1
"""


class RedisLocks:
    """Locks over all processes; each process has one asker per key at a time.

    While Redis is away a turn goes on without: the database lets one answer of a message count.
    """

    def __init__(
        self, link: RedisLink, lease: float = LEASE_SECONDS, patience: float = PATIENCE_SECONDS
    ) -> None:
        self._link, self._lease, self._patience = link, lease, patience
        self._take, self._keep, self._free = map(link.redis.register_script, (_TAKE, _KEEP, _FREE))
        self._waiting: dict[str, asyncio.Event] = {}
        self._is_away = False
        self._ask_again_at = float("-inf")
        link.on(FREED, self._freed)

    @asynccontextmanager
    async def holding(self, key: str, since: float = float("-inf")) -> AsyncIterator[bool]:
        """As ``bot.services.turn_locks.TurnLocks``."""
        token = uuid.uuid4().hex
        free_for = await self._acquire(key, token)
        if free_for is None:
            yield False
            return
        keeping = _Keeping(self, key, token)
        try:
            # Whoever had it for a moment and died left no trace of it, but it would be theirs for a lease.
            yield time.monotonic() - since < min(free_for * (1 - DRIFT), self._lease / 2)
        finally:
            await keeping.end()
            await self._release(key, token)

    async def _acquire(self, key: str, token: str) -> float | None:
        """Wait for the lock; None when Redis stays away. Gives for how many seconds nobody had had it."""
        times = (round(1000 * self._lease), round(1000 * GONE_SECONDS))
        gives_up_at = None
        try:
            while not self._goes_on_alone():
                freed = self._waiting.setdefault(key, asyncio.Event())
                gives_up_at = gives_up_at or time.monotonic() + self._patience
                try:
                    left, freed_ago = await within(self._take(keys=_keys(key), args=[token, *times]))
                except FAILURES as error:
                    await self._bear(error, gives_up_at)
                    continue
                self._is_away, gives_up_at = False, None
                if left == 0:
                    return freed_ago / 1_000_000 if freed_ago >= 0 else REMEMBERED_SECONDS
                with suppress(asyncio.TimeoutError):
                    await asyncio.wait_for(freed.wait(), min(LOOK_SECONDS, left / 1000 + 0.01))
            return None
        finally:
            self._waiting.pop(key, None)

    def _goes_on_alone(self) -> bool:
        return self._is_away and time.monotonic() < self._ask_again_at

    async def _bear(self, error: BaseException, gives_up_at: float) -> None:
        """Wait a little; a Redis that is known to be away is asked by one turn a second."""
        self._link.failed(error)
        if self._is_away or time.monotonic() >= gives_up_at:
            self._is_away = True
            self._ask_again_at = time.monotonic() + LOOK_SECONDS
        else:
            await asyncio.sleep(RETRY_SECONDS)

    async def go_on_keeping(self, key: str, token: str, asking: asyncio.Lock) -> None:
        """Move the end of a lock on, again and again, until it is somebody else's."""
        keys, lease = _keys(key)[:1], round(1000 * self._lease)
        kept = True
        while kept:
            try:
                async with asking:
                    kept = await within(self._keep(keys=keys, args=[token, lease]), self.pause)
            except FAILURES as error:
                self._link.failed(error)
            if kept:
                await asyncio.sleep(self.pause)
        logger.warning("the lock of %s went to another process during a turn", key)

    @property
    def pause(self) -> float:
        """Seconds after which a lock is kept for longer."""
        return self._lease / 3

    async def _release(self, key: str, token: str) -> None:
        try:
            lock, line, _, freed = _keys(key)
            remembered = round(1000 * REMEMBERED_SECONDS)
            await within(self._free(keys=[lock, line, freed], args=[token, PREFIX + FREED, key, remembered]))
        except FAILURES as error:  # it ends by itself
            self._link.failed(error)

    def _freed(self, key: str) -> None:
        waiting = self._waiting.pop(key, None)
        if waiting is not None:
            waiting.set()


class _Keeping:
    """Keeps a lock for as long as its turn runs. Most are over before there is anything to do."""

    def __init__(self, locks: RedisLocks, key: str, token: str) -> None:
        self._work = (locks, key, token)
        self._asking = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None
        self._begins = asyncio.get_running_loop().call_later(locks.pause, self._begin)

    def _begin(self) -> None:
        locks, key, token = self._work
        self._task = asyncio.get_running_loop().create_task(locks.go_on_keeping(key, token, self._asking))

    async def end(self) -> None:
        self._begins.cancel()
        if self._task is not None:
            async with self._asking:  # a lock that is kept after it was freed would be nobody's
                self._task.cancel()


def _keys(key: str) -> list[str]:
    """The braces keep the four together in a cluster."""
    return [f"{PREFIX}{kind}:{{{key}}}" for kind in ("lock", "line", "seen", "freed-us")]
