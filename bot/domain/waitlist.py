"""The waitlist: which free slot suits whom, who is next, and how long an offer waits for its answer.

Who asked first is offered first (``bot.services.waitlist`` keeps the order). An offer that is not answered in time
goes to the next in line; whoever leaves two without an answer waits no more.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from enum import Enum

from bot.domain.booking import Slot, VisitKind, notice_hours
from bot.domain.dealership import BookingRules

DAY = timedelta(days=1)
AROUND = timedelta(hours=1)
"""Who wanted a point of time takes what starts so much earlier or later."""
MOMENT = timedelta(minutes=1)
MINUTES_OF_DAY = 24 * 60
SHORTEST_REPLY = timedelta(minutes=10)
"""Nothing is offered that the customer could not even read in time."""
MOST_UNANSWERED = 2
MOST_WAITING = 5
"""Visits that one phone number may wait for at once."""

Place = tuple[str, datetime]
"""A store and a start."""


class WaitState(str, Enum):
    WAITING = "waiting"
    OFFERED = "offered"  # a slot is held for the customer
    BOOKED = "booked"
    LEFT = "left"  # the customer wants no more
    LAPSED = "lapsed"  # offers were not answered
    OVER = "over"  # the wished time has passed


OPEN = (WaitState.WAITING, WaitState.OFFERED)


class Declined(str, Enum):
    """Why a slot is not offered to a customer, or not again."""

    KNOWN = "known"  # it was free when the customer chose to wait
    REFUSED = "refused"
    UNANSWERED = "unanswered"


@dataclass(frozen=True)
class Preference:
    """When a visit may start: from ``from_`` on and before ``until``, on these weekdays, in this part of the day.

    ``weekdays`` are 1 (Monday) to 7, none for any; minutes count from local midnight, the last one is not included.
    Times are aware and in the dealer's zone.
    """

    from_: datetime
    until: datetime
    weekdays: tuple[int, ...] = ()
    from_minute: int = 0
    until_minute: int = MINUTES_OF_DAY

    @property
    def point(self) -> datetime | None:
        """The point of time that was wanted (``around``), None for a stretch."""
        return self.from_ + AROUND if self.until - self.from_ == 2 * AROUND + MOMENT else None

    def suits(self, start: datetime) -> bool:
        """Whether a visit may start then."""
        local = start.astimezone(self.from_.tzinfo)
        minute = local.hour * 60 + local.minute
        return (
            self.from_ <= start < self.until
            and (not self.weekdays or local.isoweekday() in self.weekdays)
            and self.from_minute <= minute < self.until_minute
        )

    def overlaps(self, other: Preference) -> bool:
        """Whether some moment suits both."""
        begin, end = max(self.from_, other.from_), min(self.until, other.until)
        from_ = max(self.from_minute, other.from_minute)
        until = min(self.until_minute, other.until_minute)
        day = begin.replace(hour=0, minute=0, second=0, microsecond=0)
        while day < end:
            opens = max(begin, day + timedelta(minutes=from_))
            on_day = all(
                not wanted or day.isoweekday() in wanted for wanted in (self.weekdays, other.weekdays)
            )
            if on_day and opens < min(end, day + timedelta(minutes=until)):
                return True
            day += DAY
        return False


def around(start: datetime) -> Preference:
    """A point of time was wanted: an hour earlier or later is welcome, too."""
    return Preference(start - AROUND, start + AROUND + MOMENT)


def within(spans: Sequence[tuple[datetime, datetime]]) -> Preference:
    """Any of these stretches of time (周六周日上午); they have the same hours, or the hours do not matter.

    Raises ValueError for none at all.
    """
    if not spans:
        raise ValueError("a preference needs a stretch of time")
    first, last = min(start for start, _ in spans), max(end for _, end in spans)
    if len(spans) == 1:
        return Preference(first, last)
    hours = {(_minute(start.time()), _minute(end.time()) or MINUTES_OF_DAY) for start, end in spans}
    begins, ends = min(begin for begin, _ in hours), max(end for _, end in hours)
    days = tuple(sorted({start.isoweekday() for start, _ in spans}))
    return Preference(first, last, days, begins, ends)


def every_week(preference: Preference, until: datetime) -> Preference:
    """The same days and hours in the weeks after it as well (周末上午哪天都行), up to ``until``."""
    first, last = preference.from_, preference.until - timedelta(microseconds=1)
    days = preference.weekdays or tuple(
        sorted({(first + n * DAY).isoweekday() for n in range((last.date() - first.date()).days + 1)})
    )
    begins, ends = preference.from_minute, preference.until_minute
    if first.date() == last.date() and (begins, ends) == (0, MINUTES_OF_DAY):
        begins, ends = _minute(first.time()), _minute(preference.until.time()) or MINUTES_OF_DAY
    return replace(preference, until=until, weekdays=days, from_minute=begins, until_minute=ends)


def suitable(slots: Iterable[Slot], preference: Preference, declined: Collection[Place]) -> Iterator[Slot]:
    """Those of the free ``slots`` that the customer wants and has not turned down: the best first.

    That is the nearest to the point that was wanted, else the order of ``slots``.
    """
    found = (s for s in slots if preference.suits(s.start) and (s.store, s.start) not in declined)
    point = preference.point
    return iter(sorted(found, key=lambda slot: abs(slot.start - point))) if point else found


def may_offer(rules: BookingRules, now: datetime) -> bool:
    """Whether customers may be disturbed now (local time)."""
    return rules.waitlist.offers_from <= now.time() < rules.waitlist.offers_until


def reply_deadline(rules: BookingRules, kind: VisitKind, now: datetime, start: datetime) -> datetime | None:
    """Until when an offer made now waits: never longer than the visit can still be booked. None: too late to ask."""
    latest = start - timedelta(hours=notice_hours(rules, kind))
    deadline = min(now + timedelta(minutes=rules.waitlist.reply_minutes), latest)
    return deadline if deadline - now >= SHORTEST_REPLY else None


def state_after_silence(reasons: Iterable[Declined]) -> WaitState:
    """What becomes of an entry whose offer was not answered; ``reasons`` are those of all slots it declined."""
    silent = sum(reason is Declined.UNANSWERED for reason in reasons)
    return WaitState.LAPSED if silent >= MOST_UNANSWERED else WaitState.WAITING


def _minute(moment: time) -> int:
    return moment.hour * 60 + moment.minute
