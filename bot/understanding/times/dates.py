"""Days that the calendar names: 12月3号, 25号, 下月中旬, 11.28-11.30."""

from __future__ import annotations

import re
from datetime import date, timedelta

from bot.understanding.numbers import small_int, to_int
from bot.understanding.times.calendar import (
    fixed,
    month_range,
    nth_weekday,
    unknown,
    yearly,
)
from bot.understanding.times.days import WEEKDAYS
from bot.understanding.times.model import Atom, DayRange, Days
from bot.understanding.times.rules import DAY, MONTH, TO, WEEK, Context, atom, rule

YEAR = (
    r"(?P<year>今年|明年|去年|后年|前年|20\d\d年?|(?<!\d)\d\d年|二[零〇][一二三]?[零〇一二三四五六七八九]年)"
)
MONTH_WORD = r"(?P<word>下下个?月|下一?个?月|这个?月|本月|当月|上个?月)"
STEPS = {"上": -1, "这": 0, "本": 0, "当": 0, "下": 1}
NOT_A_DATE = r"(?![\d点时分:个天次万千百年月%‰.折度倍岁公块元kmtl升座])"
NOT_A_NUMBER_SIGN = (
    r"(?!线|楼|店|院|门|车(?!展)|工位|技师|汽油|柴油|油|库|位|房|桌|路|厅|展|样|电池|街|仓|窗|机|公馆|地块"
    r"|通知|文件|选手|刀|顾问|试驾车)"
)


@rule(
    r"(?<![\d.])(?P<year>20\d\d|\d\d(?=年))[-/.年](?P<month>1[0-2]|0?[1-9])[-/.月](?P<day>3[01]|[12]\d"
    r"|0?[1-9])(?!\d)[日号]?"
)
def full_date(match: re.Match[str], context: Context) -> Atom | None:
    """2026-12-01, 2026年12月1日, 26年12月1日."""
    day = safe_date(int(match["year"]) % 100 + 2000, int(match["month"]), int(match["day"]))
    return atom(match, fixed(day)) if day else None


@rule(
    rf"(?<![\d.个几农阴])(?:{YEAR}的?)?(?P<month>{MONTH})月份?的?(?P<day>{DAY})(?:[日号](?![线楼院])"
    rf"|{NOT_A_DATE}(?![十一二三四五六七八九座人台辆]))"
)
def month_day(match: re.Match[str], context: Context) -> Atom | None:
    """12月3号, 十二月一日, 明年1月5号."""
    return _month_day(match, context)


@rule(
    r"(?<![\d/.\-a-z:~])(?P<month>1[0-2]|0?[1-9])(?P<separator>[/\-.])(?P<day>3[01]|[12]\d|0?[1-9])"
    r"(?P<sign>[号日])?(?![\d/\-.:]|\s?(?:[万亿tl升%折元块公kmw寸米吨]|个点|点(?!半|钟|多)))"
)
def short_date(match: re.Match[str], context: Context) -> Atom | None:
    """12.3, 12/5, 12-05: a date only beside another time, before a verb of coming, or when a time is asked for."""
    before = context.near(match)[0]
    if (
        match["separator"] == "."
        and len(match["day"]) == 2
        and re.search(r"[午上里天日儿号早晚]$|周.$", before)
    ):
        return None
    if match["separator"] == "-" and re.search(r"[上中下]午$|[早晚]上$", before):
        return None
    is_sure = context.expects_time or match["sign"] is not None
    if match["separator"] != "." and re.match(
        r"(?:号|日)?(?:我|就|想|要)*(?:过去|过来|来|去|到店|有空)", context.near(match)[1]
    ):
        is_sure = True
    found = _month_day(match, context)
    if found is None or (not match["sign"] and _is_rather_clock(match, found, context)):
        return None
    return atom(match, found.value, is_weak=not is_sure)


def _is_rather_clock(match: re.Match[str], found: Atom, context: Context) -> bool:
    """10.30 and 2-4, with the day months away, are half past ten and two to four o'clock."""
    is_like_clock = {".": len(match["day"]) == 2 and int(match["day"]) % 15 == 0, "-": len(match["day"]) == 1}
    if not is_like_clock.get(match["separator"]) or not isinstance(found.value, Days):
        return False
    days = found.value.find(context.today)
    limit = 31 if match["separator"] == "-" else 60
    return days is not None and (days[0] - context.today).days > limit


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


@rule(
    rf"(?<![\d.:月a-z一二三四五六七八九十]){MONTH_WORD}?的?(?P<first>{DAY})(?:{TO}|、|,|和|跟)"
    rf"(?P<last>{DAY})[号日]{NOT_A_NUMBER_SIGN}"
)
def days_of_month(match: re.Match[str], context: Context) -> Atom | None:
    """28到30号, 3、4号, 下月3到5号: several days that follow each other."""
    first, last = day_number(match["first"]), day_number(match["last"])
    is_list = match[0][match.end("first") - match.start()] in "、,和跟"
    if first >= last or (is_list and last != first + 1):
        return atom(match, unknown()) if is_list else None
    begin = open_day_of_month(first).find(
        month_of(match["word"], context.today)[0] if match["word"] else context.today
    )
    end = safe_date(begin[0].year, begin[0].month, last) if begin else None
    return atom(match, fixed(begin[0], end)) if begin and end else None


def _month_day(match: re.Match[str], context: Context) -> Atom | None:
    month, day = small_int(match["month"]), day_number(match["day"])
    year = year_of(match.groupdict().get("year"), context.today)
    if year is not None:
        found = safe_date(year, month, day)
        return atom(match, fixed(found)) if found else None
    if safe_date(2024, month, day) is None:
        return None
    return atom(match, yearly(lambda y: single(safe_date(y, month, day))))


@rule(
    rf"(?:(?<![\d.路道街巷弄第孚a-z一二三四五六七八九十点:])|(?<=[周期拜][一二三四五六])(?=\d\d)){MONTH_WORD}?的?(?P<first>{DAY})(?P<sign>[号日]"
    rf"(?!电|用)){NOT_A_NUMBER_SIGN}(?![内游无]|以(?![前后来]))"
)
def day_of_month(match: re.Match[str], context: Context) -> Atom | None:
    """25号, 二十五日, 下个月5号, 本月28号."""
    day = day_number(match["first"])
    if (
        match["sign"] == "日"
        and not match["word"]
        and len(match["first"]) == 1
        and not _may_be_short(match, context)
    ):
        return None
    if match["word"]:
        return _in_month(match, match["word"], day, context.today)
    return atom(match, open_day_of_month(day))


def _may_be_short(match: re.Match[str], context: Context) -> bool:
    """3日 is a day of the month by itself or as the end of a range, but not in 3日游."""
    return context.is_whole(match) or re.search(rf"{TO}$", context.near(match)[0]) is not None


def open_day_of_month(day: int) -> Days:
    """The coming day of that number: in this month if it is not past, else in the next month that has it."""

    def find(earliest: date) -> DayRange | None:
        for step in range(3):
            found = safe_date(
                earliest.year + (earliest.month - 1 + step) // 12, (earliest.month - 1 + step) % 12 + 1, day
            )
            if found and found >= earliest:
                return found, found
        return None

    return Days(find, is_open=True)


@rule(
    rf"{MONTH_WORD}的?(?P<day>三十一?|二十[一二三四五六七八九]?|十[一二三四五六七八九]|[12]\d|3[01])"
    r"(?![\d零一二三四五六七八九十百千万.多几来]|[天个次年月号日元块公里点时分座万千台辆位%])"
)
def plain_day_of_month(match: re.Match[str], context: Context) -> Atom | None:
    """这个月二十七, without 号."""
    return _in_month(match, match["word"], day_number(match["day"]), context.today)


@rule(
    r"(?<![\d第一二三四五六七八九十])(?P<first>[一二三四五六七八九])(?P<second>[二三四五六七八九])号(?!线"
    r"|楼|店)"
)
def two_days_of_month(match: re.Match[str], context: Context) -> Atom | None:
    """三四号: one of two days that follow each other."""
    first, second = small_int(match["first"]), small_int(match["second"])
    return atom(match, unknown()) if second == first + 1 else None


def _in_month(match: re.Match[str], word: str, day: int, today: date) -> Atom | None:
    first, _ = month_of(word, today)
    found = safe_date(first.year, first.month, day)
    return atom(match, fixed(found)) if found else None


@rule(
    rf"(?:{MONTH_WORD}|(?P<month>{MONTH})月份?)?(?:的|里)?(?:第(?P<nth>[一二三四五])"
    rf"|(?P<last>最后一))个?{WEEK}(?P<day>[一二三四五六日天末])"
)
def nth_weekday_of_month(match: re.Match[str], context: Context) -> Atom | None:
    """下个月第一个周六, 12月最后一个周日."""
    nth = -1 if match["last"] else small_int(match["nth"])
    weekday = WEEKDAYS.get(match["day"], 5)
    length = timedelta(days=1 if match["day"] == "末" else 0)

    def of_month(year: int, month: int) -> DayRange | None:
        day = nth_weekday(year, month, weekday, nth)
        return (day, day + length) if day else None

    if match["month"]:
        month = small_int(match["month"])
        return atom(match, yearly(lambda year: of_month(year, month)))
    first, _ = month_of(match["word"] or "本月", context.today)
    days = of_month(first.year, first.month)
    return atom(match, fixed(*days)) if days else None


@rule(rf"(?:{MONTH_WORD}|(?P<month>{MONTH})月份?|(?<!个)月)(?:底|末)?的?最后一天")
def last_day_of_month(match: re.Match[str], context: Context) -> Atom | None:
    """本月最后一天."""
    if match["month"]:
        month = small_int(match["month"])
        return atom(match, yearly(lambda year: single(month_range(year, month)[1])))
    return atom(match, fixed(month_of(match["word"] or "本月", context.today)[1]))


@rule(
    rf"(?:{MONTH_WORD}|(?<![\d.个第几a-z])(?:{YEAR}的?)?(?P<month>{MONTH})月"
    rf"(?![供租度卡饼付薪费亮子嫂经票球])份?)"
    r"(?!的?(?:底|末|初(?![一二三四五六七八九十])|中(?![午旬])))的?(?P<part>[上中下]旬)?(?:以内|之内|内|里)?"
)
def month(match: re.Match[str], context: Context) -> Atom | None:
    """下个月, 12月, 下月中旬."""
    part = match["part"] or ""
    begin, end = {"上旬": (1, 10), "中旬": (11, 20), "下旬": (21, 31)}.get(part, (1, 31))
    if match["word"]:
        first, _ = month_of(match["word"], context.today)
        days = month_range(first.year, first.month, begin, end)
        return atom(match, fixed(_not_before(days, context.today), days[1]))
    number = small_int(match["month"])
    year = year_of(match["year"], context.today)
    if year is not None:
        return atom(match, fixed(*month_range(year, number, begin, end)))

    def of_year(a_year: int) -> DayRange:
        days = month_range(a_year, number, begin, end)
        return _not_before(days, context.today), days[1]

    return atom(match, yearly(of_year))


@rule(r"(?<![上中下月])(?P<part>[上中下])旬")
def tenth_of_month(match: re.Match[str], context: Context) -> Atom | None:
    """中旬 of the coming month that has not passed it."""
    begin, end = {"上": (1, 10), "中": (11, 20), "下": (21, 31)}[match["part"]]
    this = month_range(context.today.year, context.today.month, begin, end)
    following = month_range(context.today.year, context.today.month + 1, begin, end)
    days = this if this[1] >= context.today else following
    return atom(match, fixed(_not_before(days, context.today), days[1]))


RULES = (
    full_date, month_day, short_date, short_date_range, days_of_month, day_of_month, plain_day_of_month,
    two_days_of_month,
    nth_weekday_of_month, last_day_of_month, month, tenth_of_month,
)  # fmt: skip


def safe_date(year: int, month_number: int, day: int) -> date | None:
    """The date, or None when the calendar has no such day."""
    try:
        return date(year, month_number, day)
    except ValueError:
        return None


def year_of(word: str | None, today: date) -> int | None:
    """The year that 今年, 明年, 2027年 or 二零二七年 names."""
    if not word:
        return None
    steps = {"今年": 0, "明年": 1, "后年": 2, "去年": -1, "前年": -2}
    if word in steps:
        return today.year + steps[word]
    number = to_int(word.removesuffix("年"))
    return number + 2000 if number is not None and number < 100 else number


def month_of(word: str, today: date) -> DayRange:
    """First and last day of the month that 本月, 下个月, 上个月 … names."""
    step = STEPS[word[0]] * (2 if word.startswith("下下") else 1)
    months = today.year * 12 + today.month - 1 + step
    return month_range(months // 12, months % 12 + 1)


def _not_before(days: DayRange, today: date) -> date:
    return today if days[0] <= today <= days[1] else days[0]


def single(day: date | None) -> DayRange | None:
    """A run of one day."""
    return (day, day) if day else None


def day_number(word: str) -> int:
    """The day of the month in digits or numerals, 廿三 among them."""
    return small_int(word.replace("廿", "二十"))
