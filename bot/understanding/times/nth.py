"""Days counted within a stretch: 下个月第一个工作日, 这个月最后一个周六, 下周最后一天, 10号以后第一个周末."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta

from bot.understanding.numbers import small_int
from bot.understanding.times.calendar import (
    ONE_DAY,
    fixed,
    holiday_period,
    is_known,
    is_workday,
    month_range,
    next_public_holiday,
    unknown,
    yearly,
)
from bot.understanding.times.dates import MONTH_WORD, day_number, month_of, open_day_of_month
from bot.understanding.times.days import WEEKDAYS, days_of_week, monday_of
from bot.understanding.times.model import Atom, DayRange, Days
from bot.understanding.times.rules import DAY, MONTH, WEEK, WEEK_PREFIX, Context, atom, rule

_UNIT = rf"(?P<unit>工作日|{WEEK}[一二三四五六日天末]|(?<!个)[天日](?!常))"
_ORDINAL = (
    r"(?:倒数第(?P<back>[一二三四五1-5])|最后(?P<last>[一1两二三2-5])|第(?P<nth>[一二三四五六七八九1-9])|(?P<first>头一|首)"
    r"|[头前](?P<run>[两二三四五2-5]))个?"
)
_STRETCH = (
    rf"(?:{MONTH_WORD}|{WEEK_PREFIX}{WEEK}|(?P<month>(?<![\d.]){MONTH})月份?|(?P<year>[今明]年)|(?P<near_year>年)(?=底|末)"
    r"|(?P<near_month>(?<![个\d一二三四五六七八九十])月)(?=底|末|初|中))(?:[底末初中])?(?:里面?|内|之内)?的?"
)


@rule(rf"(?P<stretch>{_STRETCH})?{_ORDINAL}{_UNIT}(?![班车课岗])")
def nth_of_stretch(match: re.Match[str], context: Context) -> Atom | None:
    """The nth or last day, working day, weekday or weekend of a month, week or year."""
    if not match["stretch"] and (match["unit"][0] not in "周星礼" or match["run"] or match["back"]):
        return None
    if match["month"]:
        number = small_int(match["month"])
        return atom(match, yearly(lambda year: _pick(month_range(year, number), match)))
    if match["near_month"] or not match["stretch"]:
        return atom(match, _monthly(match, context.today))
    days = _pick(_stretch(match, context.today), match)
    return atom(match, fixed(*days) if days else unknown())


def _stretch(match: re.Match[str], today: date) -> DayRange:
    if match["word"]:
        return month_of(match["word"], today)
    if match["prefix"]:
        monday = monday_of(match["prefix"], today)
        return monday, monday + timedelta(days=6)
    year = today.year + (match["year"] == "明年")
    return date(year, 1, 1), date(year, 12, 31)


def _monthly(match: re.Match[str], today: date) -> Days:
    """月底最后一个周六, 第二个周六: in this month, or in the next one when it is past."""

    def find(earliest: date) -> DayRange | None:
        for step in range(3):
            days = _pick(month_range(earliest.year, earliest.month + step), match)
            if days is None or days[1] >= earliest:
                return days
        return None

    return Days(find, is_open=True)


def _pick(stretch: DayRange, match: re.Match[str]) -> DayRange | None:
    """The days of the stretch that the ordinal and the unit choose; None where it has none or no notice is out."""
    unit = match["unit"]
    if unit == "工作日" and not all(is_known(day.year) for day in stretch):
        return None
    days = [day for day in _days(stretch) if _is_of(day, unit)]
    length = ONE_DAY if unit.endswith("末") else timedelta(0)
    if match["run"]:
        return (days[0], days[small_int(match["run"]) - 1]) if not length else None
    if match["last"]:
        count = small_int(match["last"])
        is_odd = count > len(days) or (count > 1 and unit not in "天日")
        return None if is_odd else (days[-count], days[-1] + length)
    place = -small_int(match["back"]) if match["back"] else small_int(match["nth"] or "一") - 1
    if not -len(days) <= place < len(days):
        return None
    return days[place], days[place] + length


def _days(stretch: DayRange) -> Iterator[date]:
    for step in range((stretch[1] - stretch[0]).days + 1):
        yield stretch[0] + timedelta(days=step)


def _is_of(day: date, unit: str) -> bool:
    if unit == "工作日":
        return is_workday(day)
    return unit in "天日" or day.weekday() == WEEKDAYS.get(unit[-1], 5)


@rule(
    rf"(?:(?P<prefix>上上个?|上一?个?|本|这一?个?|下下个?|下一?个?)?{WEEK}(?P<weekday>[一二三四五六日天])|{MONTH_WORD}?的?(?<![\d一二三四五六七八九十])(?P<day>{DAY})[号日]"
    rf"|(?P<feast>(?<!季)[节假]))(?:[之以过]?后)的?(?:第一个?|头一?个|首个|的)(?P<unit>工作日|{WEEK}[一二三四五六日天末])"
)
def first_after(match: re.Match[str], context: Context) -> Atom | None:
    """周日之后的第一个周三, 10号以后第一个工作日, 节后第一个周末."""
    day = _day_before(match, context.today)
    if day is None:
        return atom(match, unknown())
    unit = match["unit"]
    following = (day + timedelta(days=step) for step in range(1, 15))
    if unit == "工作日":
        following = (item for item in following if is_known(item.year))
    found = next((item for item in following if _is_of(item, unit)), None)
    if found is None:
        return atom(match, unknown())
    return atom(match, fixed(found, found + ONE_DAY if unit.endswith("末") else found))


def _day_before(match: re.Match[str], today: date) -> date | None:
    if match["feast"]:
        coming = next_public_holiday(today)
        period = holiday_period(*coming) if coming else None
        return period[1] if period else None
    if match["weekday"]:
        weekday = WEEKDAYS[match["weekday"]]
        days = days_of_week(match["prefix"] or "", weekday, weekday, today)
    else:
        days = open_day_of_month(day_number(match["day"]))
        today = max(today, month_of(match["word"], today)[0]) if match["word"] else today
    found = days.find(today)
    return found[0] if found else None


RULES = (nth_of_stretch, first_after)
