"""When a customer is reminded of a visit, and how often an undelivered message is tried again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta

SHORT_AFTER_BOOKING = timedelta(hours=3)
"""A reminder that would follow the booking so soon is left out, unless it is the last one."""
ATTEMPTS = 6
FIRST_PAUSE = timedelta(minutes=1)
PAUSE_GROWS_BY = 4


@dataclass(frozen=True)
class Reminder:
    """``hours`` before the visit, at ``due``; from ``until`` on it makes no sense: the next one is due, or the visit
    begins."""

    hours: int
    due: datetime
    until: datetime

    @property
    def kind(self) -> str:
        return f"reminder_{self.hours}"


def reminders_of(hours: Iterable[int], start: datetime, now: datetime) -> tuple[Reminder, ...]:
    """The reminders of a visit that is booked or moved at ``now``, the earliest first; past ones are left out."""
    ordered = sorted(set(hours), reverse=True)
    dues = [start - timedelta(hours=hour) for hour in ordered]
    planned = [Reminder(*each) for each in zip(ordered, dues, [*dues[1:], start], strict=False)]
    return tuple(
        reminder
        for reminder in planned
        if reminder.due > now and (reminder is planned[-1] or reminder.due - now >= SHORT_AFTER_BOOKING)
    )


def next_attempt(attempts: int, now: datetime) -> datetime | None:
    """When to try again after so many failed attempts: in 1, 4, 16, 64 and 256 minutes; None: no more."""
    if attempts >= ATTEMPTS:
        return None
    return now + FIRST_PAUSE * PAUSE_GROWS_BY ** max(0, attempts - 1)


def decent_hour(moment: datetime, opens: time, closes: time) -> datetime:
    """The local moment itself inside these hours, else the next time that they begin."""
    if opens <= moment.time() < closes:
        return moment
    opening = datetime.combine(moment.date(), opens, moment.tzinfo)
    return opening if moment < opening else opening + timedelta(days=1)
