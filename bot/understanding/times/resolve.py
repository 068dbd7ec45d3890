"""What composed moments come to on the calendar."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from itertools import pairwise

from bot.understanding.times.calendar import ONE_DAY
from bot.understanding.times.model import (
    AMBIGUOUS,
    NOTHING,
    Bound,
    Clock,
    Days,
    Link,
    Moment,
    Part,
    Resolved,
    TimeKind,
)

DAY_END = time(23, 59)


def resolve(moments: list[Moment], now: datetime) -> tuple[Resolved, int, int]:
    """The time that the moments mean, with the span (in the prepared text) of those used."""
    moments = _decided(moments)
    concrete = [moment for moment in moments if not moment.is_vague]
    if not concrete:
        return (AMBIGUOUS if moments else NOTHING), *_span(moments)
    if any(moment.link is Link.OR for moment in moments[1:]) or _is_left_open(moments, concrete):
        return AMBIGUOUS, *_span(moments)
    if any(moment.conflicts for moment in concrete):
        return AMBIGUOUS, *_span(concrete)
    for left, right in pairwise(concrete):
        if right.link is Link.RANGE or (left.bound is Bound.AFTER and right.bound is Bound.BEFORE):
            return _range(left, right, now), *_span([left, right])
    together = _adjacent_days(concrete, now)
    if together is not None:
        return together, *_span(concrete)
    best = max(concrete, key=_weight)
    if best.instant is not None:  # 现在出发,四十分钟到
        best = [moment for moment in concrete if moment.instant is not None][-1]
    return _single(best, now), best.start, best.end


def _decided(moments: list[Moment]) -> list[Moment]:
    """后天还是大后天来着,我想想,后天吧: the day that is named after the alternatives."""
    if len(moments) > 2 and any(moment.link is Link.OR for moment in moments[:-1]):
        last = moments[-1]
        if last.link is Link.NEXT and last.days is not None:
            return [last]
    return moments


def _is_left_open(moments: list[Moment], concrete: list[Moment]) -> bool:
    """2月30号上午, 上午吧,月底: an hour of a day that does not exist or is still open."""
    if any(moment.is_impossible for moment in moments):
        return True
    names_day = any(moment.days or moment.instant for moment in concrete)
    return not names_day and any(moment.vague and moment.vague.days for moment in moments)


def _span(moments: list[Moment]) -> tuple[int, int]:
    return (moments[0].start, moments[-1].end) if moments else (0, 0)


def _weight(moment: Moment) -> int:
    return (
        4 * (moment.clock is not None or moment.instant is not None)
        + 2 * (moment.days is not None)
        + (moment.part is not None)
    )


def _single(moment: Moment, now: datetime) -> Resolved:
    if moment.instant is not None:
        if moment.instant.end is not None:
            return Resolved(TimeKind.RANGE, moment.instant.at, moment.instant.end, "minute")
        return Resolved(TimeKind.POINT, moment.instant.at, None, "minute")
    if (
        moment.days is None
        and moment.clock is None
        and moment.part is not None
        and moment.part.style == "day"
    ):
        return AMBIGUOUS  # 上午下午都行 leaves the day to us
    whole = _rolled(moment, now)
    if moment.bound is Bound.AT or whole.kind is TimeKind.AMBIGUOUS:
        return whole
    bounded = _bounded(moment, whole)
    is_open = moment.days is None or moment.days.is_open
    if not (_is_past(bounded, now) and is_open and whole.start is not None):
        return bounded
    later = _later(moment, whole.start.date(), now)  # 周五之前 said on a Friday
    return _bounded(moment, later) if later.start else AMBIGUOUS


def _bounded(moment: Moment, whole: Resolved) -> Resolved:
    """An open range: from the time on, or until it. 之前 of a day or a part ends where that begins."""
    if moment.bound is Bound.AFTER:
        return Resolved(TimeKind.RANGE, whole.start, None, whole.grain)
    end = whole.start
    if (
        moment.clock is None
        and moment.part is not None
        and moment.part.style in ("morning", "noon")
        and whole.start
    ):
        end = whole.start.replace(hour=12)
    return Resolved(TimeKind.RANGE, None, end, whole.grain)


def _rolled(moment: Moment, now: datetime) -> Resolved:
    """The moment on its day; one that is past although its day was left open moves to the next possible day."""
    day_range = moment.days.find(now.date()) if moment.days else (now.date(), now.date())
    if day_range is None:
        return AMBIGUOUS
    result = _on(moment, day_range, now)
    is_open = moment.days is None or moment.days.is_open
    if not _is_past(result, now):
        return result
    if not is_open:
        return _this_evening(moment, day_range, result, now)
    return _later(moment, day_range[0], now)


def _later(moment: Moment, day: date, now: datetime) -> Resolved:
    """The moment on the first possible day after `day`."""
    following = day + ONE_DAY
    days = moment.days.find(following) if moment.days else (following, following)
    return _on(moment, days, now) if days else AMBIGUOUS


def _is_past(result: Resolved, now: datetime) -> bool:
    last = result.end or result.start
    return last is not None and last < now


def _this_evening(moment: Moment, days: tuple[date, date], result: Resolved, now: datetime) -> Resolved:
    """今天九点 said at 15:00 means 21:00."""
    clock = moment.clock
    if (
        clock is None
        or moment.part
        or clock.is_exact
        or clock.until
        or not 8 <= clock.hour <= 11
        or days[0] != now.date()
    ):
        return result
    return _on(replace(moment, clock=replace(clock, hour=clock.hour + 12)), days, now)


def _on(moment: Moment, days: tuple[date, date], now: datetime) -> Resolved:
    first, last = days
    if moment.clock is not None:
        is_one_day = first == last
        return _clock_on(first, moment.clock, moment.part, now) if is_one_day else AMBIGUOUS
    if first != last or (moment.part is None and moment.days is not None and moment.days.is_span):
        return Resolved(TimeKind.RANGE, at(first, 0, 0, now), _day_end(last, now), "day")
    if moment.part is not None:
        return Resolved(
            TimeKind.PART, at(first, moment.part.start, 0, now), at(first, moment.part.end, 0, now), "part"
        )
    return Resolved(TimeKind.DAY, at(first, 0, 0, now), _day_end(first, now), "day")


def _clock_on(day: date, clock: Clock, part: Part | None, now: datetime) -> Resolved:
    start = at(day, hour_of_day(clock, part), clock.minute, now)
    if clock.until is None:
        return Resolved(TimeKind.POINT, start, None, "minute")
    until = Clock(*clock.until, is_exact=clock.until[0] >= 13)
    return Resolved(TimeKind.RANGE, start, _end_after(start, day, until, part, now), "minute")


def _end_after(start: datetime, day: date, clock: Clock, part: Part | None, now: datetime) -> datetime:
    """The end of a range of clock times: the first reading of its hour that comes after the start."""
    end = at(day, hour_of_day(clock, part), clock.minute, now)
    if end <= start and not clock.is_exact and clock.hour <= 12:
        end = at(day, clock.hour % 12 + 12, clock.minute, now)
    return end if end > start else end + ONE_DAY


def hour_of_day(clock: Clock, part: Part | None) -> int:
    """The hour 0 to 24 or more (past midnight) that a spoken hour means in a part of the day.

    Without a part, 1 to 7 o'clock are in the afternoon (reference/time-expressions.md).
    """
    hour = clock.hour
    if part is None:
        return hour + 12 if 1 <= hour <= 7 and not clock.is_exact else hour
    if hour >= 13:
        return hour
    if part.style == "afternoon":
        return hour % 12 + 12
    if part.style == "evening":
        return hour + 24 if hour < 4 else 24 if hour == 12 else hour + 12
    if part.style == "noon":
        return hour + 12 if hour < 5 else hour
    return 0 if part.style == "night" and hour == 12 else hour


def _range(left: Moment, right: Moment, now: datetime) -> Resolved:
    if left.instant or right.instant:
        return AMBIGUOUS
    if (left.days is None and right.days is None) or right.days is None:
        return _range_in_day(left, right, now)
    begin = _rolled(replace(left, bound=Bound.AT), now)
    if begin.start is None or right.days is None:
        return AMBIGUOUS
    days = right.days.find(begin.start.date())
    if days is None:
        return AMBIGUOUS
    if left.clock is None and left.part is None:
        if right.clock is not None:
            return AMBIGUOUS
        finish = _on(replace(right, part=None), days, now)
    else:
        finish = _on(right, days, now)
    end = finish.end or finish.start
    if end is None or end < begin.start:
        return AMBIGUOUS
    grain = "day" if begin.grain == "day" else finish.grain
    return Resolved(TimeKind.RANGE, begin.start, end, grain)


def _range_in_day(left: Moment, right: Moment, now: datetime) -> Resolved:
    """明天下午2点到4点, 上午到下午: both ends on the day that the left one names."""
    day_range = left.days.find(now.date()) if left.days else (now.date(), now.date())
    if day_range is None or day_range[0] != day_range[1]:
        return AMBIGUOUS
    found = _range_on(left, right, day_range[0], now)
    if _is_past(found, now) and (left.days is None or left.days.is_open):
        tomorrow = day_range[0] + ONE_DAY
        later = left.days.find(tomorrow) if left.days else (tomorrow, tomorrow)
        return _range_on(left, right, later[0], now) if later else AMBIGUOUS
    return found


def _range_on(left: Moment, right: Moment, day: date, now: datetime) -> Resolved:
    begin = _on(replace(left, bound=Bound.AT), (day, day), now)
    if begin.start is None:
        return AMBIGUOUS
    if right.clock is not None:
        end: datetime | None = _end_after(begin.start, day, right.clock, right.part or left.part, now)
    else:
        end = _on(right, (day, day), now).end
    if end is None or end <= begin.start:
        return AMBIGUOUS
    return Resolved(TimeKind.RANGE, begin.start, end, "minute" if left.clock else begin.grain)


def _adjacent_days(moments: list[Moment], now: datetime) -> Resolved | None:
    """周六周日, 明天、后天: a range when the days follow each other, ambiguous when they do not."""
    if len(moments) < 2 or any(moment.link is not Link.AND for moment in moments[1:]):
        return None
    if any(moment.days is None or moment.clock or moment.bound is not Bound.AT for moment in moments):
        return AMBIGUOUS if all(moment.clock or moment.part for moment in moments) else None
    if any(moment.part for moment in moments[:-1]):
        return AMBIGUOUS
    return _joined([moment.days for moment in moments if moment.days], now)


def _joined(days: list[Days], now: datetime) -> Resolved:
    found = days[0].find(now.date())
    for following in days[1:]:
        after = following.find(found[1] + ONE_DAY) if found else None
        if found is None or after is None or after[0] != found[1] + ONE_DAY:
            return AMBIGUOUS
        found = found[0], after[1]
    if found is None:
        return AMBIGUOUS
    return Resolved(TimeKind.RANGE, at(found[0], 0, 0, now), _day_end(found[1], now), "day")


def at(day: date, hour: int, minute: int, now: datetime) -> datetime:
    """The wall-clock time on the day in the time zone of `now`; hours past 23 fall on the next day."""
    return datetime.combine(day, time(0), now.tzinfo) + timedelta(hours=hour, minutes=minute)


def _day_end(day: date, now: datetime) -> datetime:
    return datetime.combine(day, DAY_END, now.tzinfo)
