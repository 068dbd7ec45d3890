"""The one clock. ``ZHANTING_CLOCK`` sets where it starts (development and tests); it runs on from there."""

from __future__ import annotations

import time as _time
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

TIME_ZONE = ZoneInfo("Asia/Shanghai")
_FIRST_YEAR = 1970


class Clock:
    """Real time, shifted so that it read ``start`` when the clock was made."""

    def __init__(self, start: datetime | None = None) -> None:
        self.set(start)

    def set(self, start: datetime | None) -> None:
        """Let the clock go on from ``start`` (naive: local time), or follow real time with None."""
        if start is None:
            self._start, self._mark = None, 0.0
            return
        self._start = start.replace(tzinfo=TIME_ZONE) if start.tzinfo is None else start.astimezone(TIME_ZONE)
        self._mark = _time.monotonic()

    @property
    def is_real(self) -> bool:
        return self._start is None

    def now(self) -> datetime:
        if self._start is None:
            return datetime.now(TIME_ZONE)
        return self._start + timedelta(seconds=_time.monotonic() - self._mark)


clock = Clock()


def now() -> datetime:
    """The current time, aware, in the dealer's time zone."""
    return clock.now()


def readings() -> tuple[datetime, ...]:
    """The current time, and the real one beside it where the clock was set: what others sign has the real one."""
    real = datetime.now(TIME_ZONE)
    return (real,) if clock.is_real else (clock.now(), real)


def in_dealers_zone(moment: datetime) -> datetime:
    """In the dealer's time zone, which is also meant where there is none.

    Raises ``ValueError`` for a year before 1970: a slip (0206 for 2026), and before 1901 Shanghai's offset had seconds,
    which RFC 3339 cannot write. Also for what is past the calendar's end in UTC, as databases are asked in it.
    """
    try:
        moment = (moment if moment.tzinfo else moment.replace(tzinfo=TIME_ZONE)).astimezone(TIME_ZONE)
        moment.astimezone(timezone.utc)
    except OverflowError as error:
        raise ValueError("the time is past the calendar's bounds") from error
    if moment.year < _FIRST_YEAR:
        raise ValueError(f"the time is before {_FIRST_YEAR}")
    return moment
