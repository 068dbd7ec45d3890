"""Dates written in digits: 12.3, 12/5, 26/11, 2026-12-01, 1126 14点, 11.28-11.30."""

from __future__ import annotations

import re

from bot.understanding.times.calendar import fixed, yearly
from bot.understanding.times.dates import month_and_day, safe_date
from bot.understanding.times.model import Atom, DayRange, Days
from bot.understanding.times.rules import HOUR, Context, atom, rule

_PART = r"(?:上午|下午|中午|早上|晚上|傍晚|am|pm|早|晚)"
_CERTAIN_CLOCK = rf"(?:\d{{1,2}}:[0-5]\d|{HOUR}[点时](?!间)|(?:1[0-2]|0?[1-9])\s?[ap]m)"
_CLOCK_AFTER = re.compile(
    rf"[\s,]*[号日]?[\s,的-]*(?:\(?(?:周|星期|礼拜)[一二三四五六日天]\)?)?[\s,]*{_PART}?\s*"
    rf"(?:{_CERTAIN_CLOCK}|(?:1\d|2[0-3]|0?[7-9])\.[0-5][05](?!\d))"
)
_CLOCK_BEFORE = re.compile(rf"(?<![\d.]){_CERTAIN_CLOCK}(?:半|整|钟|[一三]刻|\d\d)?[\s,]*$")
_DATE_BEFORE = re.compile(r"(?<![\d.])(?:1[0-2]|0?[1-9])[./-](?:3[01]|[12]\d|0?[1-9])[号日]?[\s,]+$")
_FAR = {"-": 31, ".": 60}
"""Days ahead beyond which 2-4 and 10.30 are rather hours."""


def is_beside_clock(match: re.Match[str], context: Context) -> bool:
    """Whether an undoubted clock time stands right before or after: 11.26 14:00, 下午2点 11-26."""
    after = _CLOCK_AFTER.match(context.text, match.end())
    if after is not None:
        return True
    return _CLOCK_BEFORE.search(context.text[max(0, match.start() - 9) : match.start()]) is not None


def is_dotted_clock(match: re.Match[str], context: Context) -> bool:
    """Whether the minute of 14.30 makes a clock time, and not the day of a date beside another clock time."""
    if re.fullmatch(r"(?:1[0-2]|0?[1-9])\.(?:3[01]|[12]\d|0[1-9])", match[0].strip()) is None:
        return True
    return not is_beside_clock(match, context) and not _is_odd_minute(match[0].strip()[-2:], match, context)


def _is_odd_minute(minute: str, match: re.Match[str], context: Context) -> bool:
    """上午 11.26: nobody books the 26th minute, so it is a date."""
    return int(minute) % 5 != 0 and re.search(r"[上下]午$", context.near(match)[0]) is not None


@rule(
    r"(?<![\d.])(?P<year>20\d\d|\d\d(?=年))[-/.年](?P<month>1[0-2]|0?[1-9])[-/.月](?P<day>3[01]|[12]\d"
    r"|0?[1-9])(?!\d)[日号]?|(?<![\d.:a-z])(?P<whole>20[23]\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01]))(?!\d)"
)
def full_date(match: re.Match[str], context: Context) -> Atom | None:
    """2026-12-01, 2026年12月1日, 26年12月1日, 20261201."""
    if match["whole"]:
        year, month, number = match["whole"][:4], match["whole"][4:6], match["whole"][6:]
    else:
        year, month, number = match["year"], match["month"], match["day"]
    day = safe_date(int(year) % 100 + 2000, int(month), int(number))
    return atom(match, fixed(day)) if day else None


@rule(
    r"(?<![\d/.\-a-z~])(?<!\d:)(?P<month>1[0-2]|0?[1-9])(?P<separator>[/\-.])(?P<day>3[01]|[12]\d|0?[1-9])"
    r"(?:(?P<sign>[号日])|(?!-\d{1,2}:\d\d)(?![\d/\-.:]|\s?(?:[万亿tl升%折元块公kmw寸米吨]|个点|点(?!半|钟|多)))"
    r"|(?=-\d{1,2}:\d\d))"
)
def short_date(match: re.Match[str], context: Context) -> Atom | None:
    """12.3, 12/5, 12-05: a date only beside another time, before a verb of coming, or when a time is asked for."""
    found = month_and_day(match, context)
    if found is None or (_DATE_BEFORE.search(context.near(match)[0]) and _is_quarter(match)):
        return None
    if is_beside_clock(match, context):
        return found
    if _is_hour_of_day(match, context) or (not match["sign"] and _is_rather_clock(match, found, context)):
        return None
    is_sure = context.expects_time or match["sign"] is not None
    if match["separator"] != "." and re.match(
        r"(?:我|就|想|要)*(?:过去|过来|来|去|到店|有空)", context.near(match)[1]
    ):
        is_sure = True
    return atom(match, found.value, is_weak=not is_sure)


def _is_quarter(match: re.Match[str]) -> bool:
    return match["separator"] == "." and len(match["day"]) == 2 and int(match["day"]) % 5 == 0


def _is_hour_of_day(match: re.Match[str], context: Context) -> bool:
    """周六 10.20, 下午 2-4: beside a day or a part of it the digits are hours."""
    before = context.near(match)[0]
    if match["separator"] == "." and len(match["day"]) == 2:
        return re.search(r"[午上里天日儿号早晚]$|周.$", before) is not None and not _is_odd_minute(
            match["day"], match, context
        )
    return match["separator"] == "-" and re.search(r"[上中下]午$|[早晚]上$", before) is not None


def _is_rather_clock(match: re.Match[str], found: Atom, context: Context) -> bool:
    """10.30 and 2-4, with the day months away, are half past ten and two to four o'clock."""
    is_like_clock = {".": len(match["day"]) == 2 and int(match["day"]) % 15 == 0, "-": len(match["day"]) == 1}
    if not is_like_clock.get(match["separator"]) or not isinstance(found.value, Days):
        return False
    days = found.value.find(context.today)
    return days is not None and (days[0] - context.today).days > _FAR[match["separator"]]


@rule(
    r"(?<![\d/.\-a-z~])(?<!\d:)(?P<day>1[3-9]|2\d|3[01])(?P<separator>[/\-.])(?P<month>1[0-2]|0?[1-9])(?![\d/\-.:%万元块])"
)
def day_first(match: re.Match[str], context: Context) -> Atom | None:
    """26/11: the day before the month, as it is written abroad."""
    found = month_and_day(match, context)
    if found is None or is_beside_clock(match, context):
        return found
    return found if context.expects_time and match["separator"] == "/" and context.is_whole(match) else None


@rule(r"(?<![\d.:a-z\-])(?P<month>0[1-9]|1[0-2])(?P<day>0[1-9]|[12]\d|3[01])(?![\d.:])")
def compact_date(match: re.Match[str], context: Context) -> Atom | None:
    """1126 14点, 1126下午: four digits right before an hour or a part of the day."""
    if re.match(r"[\s号日]*(?:上午|下午|中午|早上|晚上)", context.near(match)[1]):
        return month_and_day(match, context)
    return month_and_day(match, context) if _CLOCK_AFTER.match(context.text, match.end()) else None


@rule(
    r"(?<![\d/.\-])(?P<month>1[0-2]|0?[1-9])[./](?P<day>3[01]|[12]\d|0?[1-9])(?:-+|~|到|至)"
    r"(?P<last_month>1[0-2]|0?[1-9])[./](?P<last_day>3[01]|[12]\d|0?[1-9])(?![\d/.万t%])"
)
def short_date_range(match: re.Match[str], context: Context) -> Atom | None:
    """11.28-11.30 and 12/3到12/5, when a time is asked for."""
    if not context.expects_time:
        return None

    def of_year(year: int) -> DayRange | None:
        first = safe_date(year, int(match["month"]), int(match["day"]))
        last = safe_date(year, int(match["last_month"]), int(match["last_day"]))
        return (first, last) if first and last and first <= last else None

    return atom(match, yearly(of_year))


RULES = (full_date, short_date, day_first, compact_date, short_date_range)
