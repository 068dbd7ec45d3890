"""Days that the calendar names: 12月3号, 25号, 下月中旬."""

from __future__ import annotations

import re
from datetime import date

from bot.understanding.numbers import small_int, to_int
from bot.understanding.times.calendar import (
    fixed,
    month_range,
    unknown,
    yearly,
)
from bot.understanding.times.model import Atom, DayRange, Days
from bot.understanding.times.rules import DAY, MONTH, TO, Context, atom, rule

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
    rf"(?<![\d.个几农阴])(?:{YEAR}的?)?(?P<month>{MONTH})月份?的?(?P<day>{DAY})(?:[日号](?![线楼院])"
    rf"|{NOT_A_DATE}(?![十一二三四五六七八九座人台辆]))"
)
def month_day(match: re.Match[str], context: Context) -> Atom | None:
    """12月3号, 十二月一日, 明年1月5号."""
    return month_and_day(match, context)


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


def month_and_day(match: re.Match[str], context: Context) -> Atom | None:
    """The atom for the groups month, day and (where the pattern has one) year."""
    month, day = small_int(match["month"]), day_number(match["day"])
    year = year_of(match.groupdict().get("year"), context.today)
    if year is not None:
        found = safe_date(year, month, day)
        return atom(match, fixed(found)) if found else None
    if safe_date(2024, month, day) is None:
        return None
    return atom(match, yearly(lambda y: single(safe_date(y, month, day))))


@rule(
    rf"(?:(?<![\d.路道街巷弄第孚a-z一二三四五六七八九十点:])|(?<=[周期拜][一二三四五六])(?=\d\d)|(?<=[\d一二两三四五六七八九十]点)(?!\d{{2}}分)){MONTH_WORD}?的?(?P<first>{DAY})(?P<sign>[号日]"
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
    month_day, days_of_month, day_of_month, plain_day_of_month, two_days_of_month, month, tenth_of_month,
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
