"""Public holidays and 调休 of a year whose notice the library has not got yet: the dealer writes them down.

The one place where the grammar of times learns of ``dealership/calendar.yml``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date

Notices = Mapping[date, bool]
"""Whether a day is off, for the days that differ from the week; a year with any of them is known as a whole."""


def use_notices(provider: Callable[[], Notices] | None) -> None:
    """Ask ``provider`` from now on, whenever a phrase depends on working days."""
    _source.provider = provider


def is_off(day: date) -> bool | None:
    """Whether nobody works on the day; None in a year that the dealer wrote nothing about."""
    notices = _source.provider() if _source.provider else {}
    if not any(known.year == day.year for known in notices):
        return None
    return notices.get(day, day.weekday() >= 5)


class _Source:
    provider: Callable[[], Notices] | None = None


_source = _Source()
