"""Slows down those who are too fast: guessing of passwords, floods of messages."""

from __future__ import annotations

import time
from collections import deque

from bot.domain.errors import TooManyRequests

MOST_FAILURES = 10
MOST_FAILURES_OF_A_NAME = 30
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


class Flood:
    """How much one visitor and one address may send in a minute; None for no limit. Each process counts for itself."""

    def __init__(self, visitor: int | None, address: int | None) -> None:
        self._visitors = Limiter(visitor) if visitor else None
        self._addresses = Limiter(address) if address else None

    def visitor(self, key: str) -> None:
        """Count a message of a visitor; raises ``TooManyRequests``."""
        if self._visitors and not self._visitors.allows(key):
            raise TooManyRequests("too many messages")

    def address(self, address: str) -> None:
        """Count something from an address; raises ``TooManyRequests``."""
        if self._addresses and not self._addresses.allows(address):
            raise TooManyRequests("too many requests from this address")


NO_LIMITS = Flood(None, None)


class LoginThrottle:
    """At most ``MOST_FAILURES`` failed logins per address, and ``MOST_FAILURES_OF_A_NAME`` per user name from all
    addresses together, within ``WINDOW_SECONDS``.

    Where somebody has signed in before, strangers who guess at their name do not lock them out.
    """

    def __init__(self) -> None:
        self._attempts = Limiter(MOST_FAILURES, WINDOW_SECONDS)
        self._names = Limiter(MOST_FAILURES_OF_A_NAME, WINDOW_SECONDS)
        self._at_home: set[tuple[str, str]] = set()

    def attempt(self, address: str, username: str = "") -> None:
        """Count one before its outcome is known, so that many at once are no way round; raises ``TooManyRequests``."""
        is_allowed = self._attempts.allows(address)
        if is_allowed and username and (address, username) not in self._at_home:
            is_allowed = self._names.allows(username)
        if not is_allowed:
            raise TooManyRequests("too many failed logins; try again in some minutes")

    def succeeded(self, address: str, username: str = "") -> None:
        self._attempts.forget(address)
        if len(self._at_home) >= MOST_KEYS:
            self._at_home.clear()
        self._at_home.add((address, username))
