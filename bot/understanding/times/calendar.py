"""Named days of the year: holidays, lunar dates, solar terms, working days.

Lunar dates and solar terms are computed by lunar_python; public holidays and 调休 come from chinesecalendar, which
ends with the last year whose notice has been published. The dealer may complete a later one (``notices``); without
either, nothing is answered here.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from functools import lru_cache, partial

import chinese_calendar
from lunar_python import Lunar, Solar

from bot.understanding.times.model import DayRange, Days
from bot.understanding.times.notices import is_off

ONE_DAY = timedelta(days=1)
YEARS_AHEAD = 3

FIXED_HOLIDAYS = {
    "元旦": (1, 1), "情人节": (2, 14), "妇女节": (3, 8), "女神节": (3, 8), "三八": (3, 8), "植树节": (3, 12),
    "劳动": (5, 1), "五一": (5, 1),
    "青年节": (5, 4), "五四": (5, 4), "儿童节": (6, 1), "六一": (6, 1), "建党节": (7, 1), "建军节": (8, 1),
    "八一": (8, 1),
    "教师节": (9, 10), "国庆": (10, 1), "十一": (10, 1), "万圣": (10, 31), "双十一": (11, 11), "双11": (11, 11),
    "双十二": (12, 12), "双12": (12, 12), "平安夜": (12, 24), "圣诞": (12, 25), "跨年夜": (12, 31), "跨年": (12, 31),
}  # fmt: skip
LUNAR_HOLIDAYS = {
    "春节": (1, 1), "大年初一": (1, 1), "元宵": (1, 15), "龙抬头": (2, 2), "端午": (5, 5), "七夕": (7, 7),
    "中元": (7, 15), "中秋": (8, 15), "重阳": (9, 9), "腊八": (12, 8),
}  # fmt: skip
NEW_YEARS_EVE = ("除夕", "大年三十", "年三十", "大年夜", "年夜")
NTH_WEEKDAY = {"母亲节": (5, 6, 2), "父亲节": (6, 6, 3), "感恩节": (11, 3, 4), "感恩": (11, 3, 4)}
"""Month, weekday (Monday 0), which one."""
SOLAR_TERMS = (
    "小寒", "大寒", "立春", "雨水", "惊蛰", "春分", "清明", "谷雨", "立夏", "小满", "芒种", "夏至",
    "小暑", "大暑", "立秋", "处暑", "白露", "秋分", "寒露", "霜降", "立冬", "小雪", "大雪", "冬至",
)  # fmt: skip
TYPICAL_HOLIDAY_LENGTH = {"国庆": 7, "十一": 7, "劳动": 5, "五一": 5, "元旦": 3}
"""Days, for a year whose notice is not out; only holidays that begin on the named day itself."""


def holiday_names() -> list[str]:
    """Every holiday name that `holiday` knows, longest first."""
    names = [*FIXED_HOLIDAYS, *LUNAR_HOLIDAYS, *NEW_YEARS_EVE, *NTH_WEEKDAY, "清明"]
    return sorted(names, key=len, reverse=True)


@lru_cache(maxsize=512)
def holiday(name: str, year: int) -> date | None:
    """The day of a holiday in the Gregorian year, or None when the year is out of range."""
    if name in FIXED_HOLIDAYS:
        return date(year, *FIXED_HOLIDAYS[name])
    if name in LUNAR_HOLIDAYS:
        return lunar_day(year, *LUNAR_HOLIDAYS[name])
    if name in NEW_YEARS_EVE:
        first = lunar_day(year, 1, 1)
        return first - ONE_DAY if first else None
    if name in NTH_WEEKDAY:
        month, weekday, nth = NTH_WEEKDAY[name]
        return nth_weekday(year, month, weekday, nth)
    return solar_term(name, year) if name == "清明" else None


@lru_cache(maxsize=512)
def lunar_day(lunar_year: int, month: int, day: int) -> date | None:
    """The Gregorian date of a lunar one; None where that month has no such day."""
    try:
        solar = Lunar.fromYmd(lunar_year, month, day).getSolar()
        return date(solar.getYear(), solar.getMonth(), solar.getDay())
    except Exception:  # lunar_python raises bare Exception for a day that does not exist
        return None


@lru_cache(maxsize=512)
def solar_term(name: str, year: int) -> date | None:
    """The day of a solar term in the Gregorian year."""
    if not 1900 <= year <= 2200:
        return None
    table = Solar.fromYmd(year, 6, 1).getLunar().getJieQiTable()
    solar = table["DONG_ZHI" if name == "冬至" else name]
    return date(solar.getYear(), solar.getMonth(), solar.getDay())


def nth_weekday(year: int, month: int, weekday: int, nth: int) -> date | None:
    """The nth Monday (0) … Sunday (6) of a month; nth -1 is the last; None where the month has none."""
    first = date(year, month, 1)
    day = first + timedelta(days=(weekday - first.weekday()) % 7)
    days = [day + timedelta(weeks=week) for week in range(5)]
    inside = [item for item in days if item.month == month]
    if nth == -1:
        return inside[-1]
    return inside[nth - 1] if nth <= len(inside) else None


def month_range(year: int, month: int, first: int = 1, last: int = 31) -> DayRange:
    """The days `first` to `last` of a month; a month past December runs into the following year."""
    year, month = year + (month - 1) // 12, (month - 1) % 12 + 1
    following = date(year + month // 12, month % 12 + 1, 1)
    end = min(last, (following - ONE_DAY).day)
    return date(year, month, first), date(year, month, end)


def is_known(year: int) -> bool:
    """Whether the year's public holidays and 调休 days are known, from chinesecalendar or from the dealer."""
    return is_published(year) or is_off(date(year, 1, 1)) is not None


def is_published(year: int) -> bool:
    """Whether chinesecalendar knows the year: it prevails over what the dealer wrote down before it did."""
    return any(day in chinese_calendar.holidays for day in (date(year, 1, 1), date(year, 10, 1)))


def is_workday(day: date) -> bool:
    """Whether people work on the day; only for a year that `is_known`."""
    if is_published(day.year):
        return bool(chinese_calendar.is_workday(day))
    return not is_off(day)


def workday_before(day: date) -> date | None:
    """The last working day before `day`, or None when a year without a notice is reached."""
    for _ in range(20):
        day -= ONE_DAY
        if not is_known(day.year):
            return None
        if is_workday(day):
            return day
    return None


def next_workday(day: date) -> date | None:
    """The first working day on or after `day`, or None when a year without a notice is reached."""
    for _ in range(20):
        if not is_known(day.year):
            return None
        if is_workday(day):
            return day
        day += ONE_DAY
    return None


def holiday_period(name: str, day: date) -> DayRange | None:
    """The days off around a public holiday; the usual length where the notice is not out and the start is certain."""
    if not is_known(day.year):
        length = TYPICAL_HOLIDAY_LENGTH.get(name)
        return (day, day + timedelta(days=length - 1)) if length else None
    first = last = day
    if is_workday(day):
        return None
    while _is_holiday(first - ONE_DAY):
        first -= ONE_DAY
    while _is_holiday(last + ONE_DAY):
        last += ONE_DAY
    return first, last


def _is_holiday(day: date) -> bool:
    return is_known(day.year) and not is_workday(day)


def next_public_holiday(day: date) -> tuple[str, date] | None:
    """Name and day of the first public holiday on or after `day`."""
    names = ("元旦", "春节", "清明", "五一", "端午", "中秋", "国庆")
    coming = [(found, name) for name in names if (found := yearly_day(partial(holiday, name), day))]
    return (min(coming)[1], min(coming)[0]) if coming else None


def yearly_day(of_year: Callable[[int], date | None], earliest: date) -> date | None:
    """The first day on or after `earliest` that `of_year` gives."""
    for year in range(earliest.year - 1, earliest.year + YEARS_AHEAD):
        day = of_year(year)
        if day is not None and day >= earliest:
            return day
    return None


def yearly(of_year: Callable[[int], DayRange | None]) -> Days:
    """Open days that come back every year."""

    def find(earliest: date) -> DayRange | None:
        for year in range(earliest.year - 1, earliest.year + YEARS_AHEAD + 5):
            days = of_year(year)
            if days is not None and days[1] >= earliest:
                return days
        return None

    return Days(find, is_open=True)


def fixed(first: date, last: date | None = None) -> Days:
    """Days that words pin down."""
    return Days(lambda earliest: (first, last or first))


def unknown() -> Days:
    """Days that the calendar cannot give yet, or several that the words may mean."""
    return Days(lambda earliest: None)
