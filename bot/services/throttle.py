"""Slows down guessing of passwords."""

from __future__ import annotations

import time

from bot.domain.errors import TooManyRequests

MOST_FAILURES = 10
WINDOW_SECONDS = 300.0


class LoginThrottle:
    """At most ``MOST_FAILURES`` failed logins per address within ``WINDOW_SECONDS``."""

    def __init__(self) -> None:
        self._failures: dict[str, list[float]] = {}

    def check(self, address: str) -> None:
        """Raises ``TooManyRequests``."""
        if len(self._recent(address)) >= MOST_FAILURES:
            raise TooManyRequests("too many failed logins; try again in some minutes")

    def failed(self, address: str) -> None:
        self._failures[address] = [*self._recent(address), time.monotonic()]

    def _recent(self, address: str) -> list[float]:
        since = time.monotonic() - WINDOW_SECONDS
        return [moment for moment in self._failures.get(address, ()) if moment > since]
