"""The days on which customers are greeted: the first day of each public holiday, and their birthday."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache

import chinese_calendar

NAMES = {
    "New Year's Day": "元旦",
    "Spring Festival": "春节",
    "Labour Day": "劳动节",
    "Dragon Boat Festival": "端午节",
    "Mid-autumn Festival": "中秋节",
    "National Day": "国庆节",
}
"""Tomb-sweeping Day is none to wish a happy one on."""
BIRTHDAY = "生日"
LAST_DAY_OF_FEBRUARY = 28


def greeting_days(today: date, birthday: date | None) -> dict[date, str]:
    """Those of this year and the next, by day; a year that the calendar does not know yet has no holidays."""
    found = dict(_holidays(today.year)) | _holidays(today.year + 1)
    if birthday is not None:
        found |= {_in_year(birthday, year): BIRTHDAY for year in (today.year, today.year + 1)}
    return found


@cache
def _holidays(year: int) -> dict[date, str]:
    found: dict[date, str] = {}
    day, last = date(year, 1, 1), ""
    while day.year == year:
        name = _holiday(day)
        if name and name != last:
            found[day] = name
        last = name
        day += timedelta(days=1)
    return found


def _holiday(day: date) -> str:
    try:
        is_holiday, name = chinese_calendar.get_holiday_detail(day)
    except NotImplementedError:  # the notice of that year has not been published
        return ""
    return NAMES.get(str(name), "") if is_holiday and name else ""


def _in_year(birthday: date, year: int) -> date:
    """Who was born on 29 February is greeted on the 28th in other years."""
    try:
        return birthday.replace(year=year)
    except ValueError:
        return date(year, 2, LAST_DAY_OF_FEBRUARY)
