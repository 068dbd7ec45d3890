"""What an ambiguous time still tells: the days and hours that would do, for the dialogue to offer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, time, timedelta

from bot.understanding.times.calendar import ONE_DAY, fixed
from bot.understanding.times.model import (
    DayRange,
    Days,
    Doubt,
    Hint,
    Link,
    Moment,
    Resolved,
    Span,
    TimeKind,
)
from bot.understanding.times.resolve import at, hour_of_day, resolve

MOST_DAYS = 31


def with_hint(resolved: Resolved, moments: list[Moment], now: datetime) -> Resolved:
    """The resolved time with a hint where it is ambiguous, or a run of days with a part of the day (周末上午)."""
    if resolved.kind is TimeKind.AMBIGUOUS:
        return replace(resolved, hint=_hint_of(moments, now))
    if resolved.kind is TimeKind.RANGE and resolved.grain == "day" and len(moments) == 1 and moments[0].part:
        spans = tuple(_each_day(moments[0], now))
        return replace(resolved, hint=Hint(Doubt.AROUND, spans)) if spans else resolved
    return resolved


def _hint_of(moments: list[Moment], now: datetime) -> Hint | None:
    if any(moment.is_impossible for moment in moments):
        return Hint(Doubt.IMPOSSIBLE)
    for moment in moments:
        if moment.conflicts:
            return Hint(Doubt.CONFLICT, tuple(_both_readings(moment, moment.conflicts, now)))
        if moment.vague and moment.vague.days:
            near = [other for other in moments if other.part or other.clock]
            return Hint(Doubt.AROUND, tuple(_around(moment.vague.days, (near or [moment])[0], now)))
    if any(moment.vague and moment.vague.doubt is Doubt.SOON for moment in moments):
        return Hint(Doubt.SOON)
    spans = tuple(span for moment in _shared(moments) for span in _spans(moment, now))
    return Hint(Doubt.CHOICE, spans) if spans else None


def _both_readings(moment: Moment, named: tuple[Days, Days], now: datetime) -> Iterator[Span]:
    """24号周三: the 24th, and the Wednesday nearest to it."""
    first, second = named
    dated, other = (first, second) if second.weekday is not None else (second, first)
    found = dated.find(now.date())
    if found is None:
        return
    alternative = _nearest(found[0], other, now.date())
    days = [found[0], *([alternative] if alternative else [])]
    for day in sorted(days):
        yield from _on_day(moment, day, now)


def _nearest(day: date, other: Days, today: date) -> date | None:
    if other.weekday is None:
        found = other.find(today)
        return found[0] if found else None
    near = (day + timedelta(days=step) for step in (0, -1, 1, -2, 2, -3, 3, 4))
    return next((item for item in near if item.weekday() == other.weekday and item >= today), None)


def _around(stretches: tuple[DayRange, ...], moment: Moment, now: datetime) -> Iterator[Span]:
    for first, last in stretches:
        if moment.part is None and moment.clock is None:
            yield at(first, 0, 0, now), datetime.combine(last, time(23, 59), now.tzinfo)
        else:
            for day in _days(first, last):
                yield from _on_day(moment, day, now)


def _shared(moments: list[Moment]) -> list[Moment]:
    """Alternatives that name what they share only once: 明天或者后天的下午, 周六十点或者十一点."""
    found: list[Moment] = []
    for moment in moments:
        if found and moment.link in (Link.OR, Link.AND) and moment.days is None:
            moment = replace(moment, days=found[-1].days, part=moment.part or found[-1].part)
        if found and moment.days and found[-1].days:
            moment = replace(moment, days=_in_order(found[-1].days, moment.days))
        found.append(moment)
    if found and (found[-1].part or found[-1].clock):
        last = found[-1]
        found = [_completed(moment, last) for moment in found]
    return found


def _in_order(first: Days, second: Days) -> Days:
    """周六或者周日 said on a Sunday: the Sunday after that Saturday, not today."""
    if not (first.is_open and second.is_open) or first.weekday is None or second.weekday is None:
        return second
    if second.weekday <= first.weekday:
        return second

    def find(earliest: date) -> DayRange | None:
        begin = first.find(earliest)
        return second.find(begin[0]) if begin else None

    return replace(second, find=find)


def _completed(moment: Moment, last: Moment) -> Moment:
    is_open = moment.days is not None and moment.part is None and moment.clock is None
    return replace(moment, part=last.part, clock=last.clock) if is_open else moment


def _spans(moment: Moment, now: datetime) -> Iterator[Span]:
    if moment.vague is not None:
        return
    days = moment.days.find(now.date()) if moment.days else None
    if days is not None and days[0] != days[1] and (moment.clock or moment.part):
        yield from _each_day(moment, now)
        return
    resolved, _, _ = resolve([replace(moment, link=Link.NEXT)], now)
    if resolved.start is not None and resolved.kind is not TimeKind.AMBIGUOUS:
        yield resolved.start, resolved.end or resolved.start


def _each_day(moment: Moment, now: datetime) -> Iterator[Span]:
    days = moment.days.find(now.date()) if moment.days else None
    if days is None or days[0] == days[1]:
        return
    for day in _days(*days):
        for span in _on_day(moment, day, now):
            if span[1] >= now:
                yield span


def _on_day(moment: Moment, day: date, now: datetime) -> Iterator[Span]:
    """The hours of the moment on the day, or the whole of it."""
    if moment.clock is not None:
        start = at(day, hour_of_day(moment.clock, moment.part), moment.clock.minute, now)
        yield start, start
        return
    bare = replace(moment, days=fixed(day), conflicts=None, link=Link.NEXT, vague=None)
    resolved, _, _ = resolve([bare], now)
    if resolved.start is not None:
        yield resolved.start, resolved.end or resolved.start


def _days(first: date, last: date) -> Iterator[date]:
    day = first
    for _ in range(MOST_DAYS):
        if day > last:
            return
        yield day
        day += ONE_DAY
