"""Slows down those who are too fast: guessing of passwords, floods of messages."""

from __future__ import annotations

import time
from collections import deque

from bot.domain.errors import TooManyRequests

MOST_FAILURES = 10
WINDOW_SECONDS = 300.0
MOST_KEYS = 10_000


class Limiter:
    """At most ``limit`` events of one key within any ``seconds``."""

    def __init__(self, limit: int, seconds: float = 60.0) -> None:
        self._limit, self._seconds = limit, seconds
        self._seen: dict[str, deque[float]] = {}

    def allows(self, key: str) -> bool:
        """Count an event; False, and not counted, when it is one too many."""
        now = time.monotonic()
        if len(self._seen) > MOST_KEYS:
            self._seen = {k: v for k, v in self._seen.items() if v and now - v[-1] <= self._seconds}
        times = self._seen.setdefault(key, deque())
        while times and now - times[0] > self._seconds:
            times.popleft()
        if len(times) >= self._limit:
            return False
        times.append(now)
        return True

    def forget(self, key: str) -> None:
        self._seen.pop(key, None)


class LoginThrottle:
    """At most ``MOST_FAILURES`` failed logins per address within ``WINDOW_SECONDS``."""

    def __init__(self) -> None:
        self._attempts = Limiter(MOST_FAILURES, WINDOW_SECONDS)

    def attempt(self, address: str) -> None:
        """Count one before its outcome is known, so that many at once are no way round; raises ``TooManyRequests``."""
        if not self._attempts.allows(address):
            raise TooManyRequests("too many failed logins; try again in some minutes")

    def succeeded(self, address: str) -> None:
        self._attempts.forget(address)
