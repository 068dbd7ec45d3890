"""Closed days and store calendars. The Chinese calendar comes from ``lunar_python``."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import lru_cache

from lunar_python import Lunar, LunarMonth

from bot.clock import TIME_ZONE
from bot.domain.calendar import StoreCalendar
from bot.domain.dealership import Closure, Dealership, Department


@lru_cache(maxsize=64)
def closure_dates(closures: tuple[Closure, ...], years: tuple[int, ...]) -> frozenset[date]:
    """Every closed date of the calendar ``years``; a closure that reaches into or out of them is complete."""
    days: set[date] = set()
    for closure in closures:
        for first in _first_days(closure, years):
            days.update(first + timedelta(days=n) for n in range(closure.days))
    return frozenset(days)


def store_calendar(
    dealership: Dealership, store_id: str, department: Department, now: datetime
) -> StoreCalendar:
    """The calendar of one department, with the closures of last year, this one and the next."""
    year = now.astimezone(TIME_ZONE).year
    closures = closure_dates(dealership.closures, (year - 1, year, year + 1))
    return StoreCalendar.of(dealership.store(store_id), department, closures, TIME_ZONE)


def closure_on(dealership: Dealership, day: date) -> Closure | None:
    """The closure that a day belongs to, if any."""
    years = (day.year - 1, day.year)
    return next((c for c in dealership.closures if day in closure_dates((c,), years)), None)


def _first_days(closure: Closure, years: tuple[int, ...]) -> list[date]:
    if closure.date is not None:
        return [closure.date]
    if closure.lunar is None:
        return []
    month, day = (int(part) for part in closure.lunar.split("-"))
    # The last days of a year of the Chinese calendar lie in the next calendar year.
    return [_lunar_date(year, month, day) for year in sorted({*years, *(y - 1 for y in years)})]


def _lunar_date(year: int, month: int, day: int) -> date:
    """The calendar date of a lunar day; the 30th of a month of 29 days is its last day (除夕)."""
    day = min(day, LunarMonth.fromYm(year, month).getDayCount())
    solar = Lunar.fromYmd(year, month, day).getSolar()
    return date(solar.getYear(), solar.getMonth(), solar.getDay())
