"""The platform's clock: it starts where it is told to, runs on, and can be moved on."""

from __future__ import annotations

import time
from datetime import datetime, timedelta, timezone


class Clock:
    """Seconds since the epoch, as the platform writes them into CreateTime."""

    def __init__(self, start: datetime | None = None) -> None:
        self._start = (start or datetime.now(timezone.utc)).timestamp()
        self._begun = time.monotonic()

    def now(self) -> float:
        return self._start + time.monotonic() - self._begun

    def move_on(self, time_passed: timedelta) -> None:
        self._start += time_passed.total_seconds()
