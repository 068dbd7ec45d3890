"""Days that have a name of their own: 国庆前一天, 正月初八, 冬至, 节后第一个工作日."""

from __future__ import annotations

import re
from datetime import date, timedelta

from bot.understanding.numbers import small_int
from bot.understanding.times.calendar import (
    ONE_DAY,
    SOLAR_TERMS,
    fixed,
    holiday,
    holiday_names,
    holiday_period,
    is_known,
    lunar_day,
    next_public_holiday,
    next_workday,
    solar_term,
    unknown,
    workday_before,
    yearly,
)
from bot.understanding.times.dates import YEAR, day_number, single, year_of
from bot.understanding.times.days import WEEKDAYS
from bot.understanding.times.model import Atom, DayRange, Days
from bot.understanding.times.rules import MONTH, SMALL, WEEK, Context, atom, rule

HOLIDAY_OFFSET = (
    r"(?P<offset>(?:假期|长假|放假)?(?P<side>之?前|[之以过]?后)面?的?(?:第一个?|头一?个|首个|(?P<last>最后一?个?|上一?个)|一个)"
    rf"(?:(?P<workday>工作日)|{WEEK}(?P<weekday>[一二三四五六日天末]))"
    rf"|前(?P<before>{SMALL})[天日]|(?P<week>(?:前|后)一?个?{WEEK}(?![末一二三四五六日天]))|前[夕夜]"
    rf"|(?:放假|假期|长假)的?第(?P<off>{SMALL})天|后?第(?P<nth>{SMALL})天|后(?P<after>{SMALL})[天日]"
    r"|(?:放假|假期|长假)(?:的)?头一天|(?:放假|假期|长假)?的?最后一天|(?:那?几天|期间|假期(?!前|后|第|最"
    r"|结束)|长假(?!前|后|第|最)|小长假)"
    r"|(?:假期|长假|节)?(?:结束)?(?:之后|以后|过后|后)的?(?:第一个工作日|第一天上班|上班第一天|复工第一天))?"
)


@rule(rf"(?:{YEAR}的?)?(?P<name>{'|'.join(holiday_names())})(?P<node>节)?(?:的)?{HOLIDAY_OFFSET}")
def named_holiday(match: re.Match[str], context: Context) -> Atom | None:
    """国庆, 元旦后第二天, 春节放假第一天, 国庆后第一个工作日."""
    name, offset = match["name"], match["offset"] or ""
    if (name in ("劳动", "感恩") and not match["node"]) or not _is_holiday_meant(match, context):
        return None
    if name == "年三十" and re.search(r"[今明去前后每]$", context.near(match)[0]):
        return None  # 我今年三十五
    year = year_of(match["year"], context.today)

    def of_year(a_year: int) -> DayRange | None:
        day = holiday(name, a_year)
        return _offset_days(name, day, offset, match) if day else None

    if year is None:
        return atom(match, _first_known(name, offset, match, context.today))
    days = of_year(year)
    return atom(match, fixed(*days) if days else unknown())


def _is_holiday_meant(match: re.Match[str], context: Context) -> bool:
    """Whether short names (五一, 十一, 三八) stand for the holiday and not for a number or a street."""
    if (
        match["node"]
        or match["offset"]
        or len(match["name"]) > 2
        or match["name"] not in ("五一", "十一", "五四", "六一", "三八", "八一")
    ):
        return re.match(r"路|街|大道|广场|蓝", context.near(match)[1]) is None
    before, after = context.near(match)
    if re.search(r"[\d一二三四五六七八九十百千万零点号月第]$", before):
        return False
    certain = (
        match["name"] == "五一"
        and re.match(r"路|街|大道|广场|[一二三四五六七八九十\d万千百点号个座]", after) is None
    )
    return (
        certain
        or re.match(r"当天|那天|之?前(?!后)|之?后|以后|以前|放假|假期|长假|期间|回来", after) is not None
    )


def _first_known(name: str, offset: str, match: re.Match[str], today: date) -> Days:
    """The coming holiday's days; unknown when they depend on a notice that is not out."""
    for year in range(today.year - 1, today.year + 3):
        day = holiday(name, year)
        if day is None or day + timedelta(days=10) < today:
            continue
        days = _offset_days(name, day, offset, match)
        if days is None and day >= today:
            return unknown()
        if days is not None and days[1] >= today:
            return (
                yearly(lambda a_year: _offset_of(name, offset, match, a_year))
                if days[0] >= today
                else fixed(today, days[1])
            )
    return unknown()


def _offset_of(name: str, offset: str, match: re.Match[str], year: int) -> DayRange | None:
    day = holiday(name, year)
    return _offset_days(name, day, offset, match) if day else None


def _offset_days(name: str, day: date, offset: str, match: re.Match[str]) -> DayRange | None:
    if match["side"]:
        period = holiday_period(name, day)
        is_long = period is not None and period[1] - period[0] > timedelta(days=3)
        return _weekday_beside(period if period and (is_long or match["workday"]) else (day, day), match, day)
    if match["before"] or match["nth"] or match["after"]:
        return single(day + timedelta(days=_steps(match)))
    if offset in ("前夕", "前夜"):
        return single(day - ONE_DAY)
    if not offset:
        return day, day
    if match["week"]:
        step = -7 if offset.startswith("前") else 1
        return day + timedelta(days=step), day + timedelta(days=step + 6)
    return _in_period(holiday_period(name, day), offset, match)


def _weekday_beside(period: DayRange, match: re.Match[str], day: date) -> DayRange | None:
    """国庆前最后一个工作日, 春节前最后一个周六, 元旦后第一个周末; working days need the year's notice."""
    is_before = "前" in match["side"]
    if match["workday"]:
        first = next_workday(period[1] + ONE_DAY) if is_known(day.year) else None
        return single(workday_before(period[0]) if is_before else first)
    weekday = WEEKDAYS.get(match["weekday"], 5)
    length = ONE_DAY if match["weekday"] == "末" else timedelta(0)
    if is_before:
        last = period[0] - ONE_DAY - length
        found = last - timedelta(days=(last.weekday() - weekday) % 7)
    else:
        found = period[1] + ONE_DAY + timedelta(days=(weekday - period[1].weekday() - 1) % 7)
    return found, found + length


def _in_period(period: DayRange | None, offset: str, match: re.Match[str]) -> DayRange | None:
    """The day that an offset from the days off names; None when those are not published."""
    if "工作日" in offset or "上班" in offset or "复工" in offset:
        return single(next_workday(period[1] + ONE_DAY) if period else None)
    if period is None:
        return None
    if "最后" in offset:
        return single(period[1])
    if match["off"]:
        return single(period[0] + timedelta(days=small_int(match["off"]) - 1))
    return single(period[0]) if "头一天" in offset else period


@rule(r"(?<!季)(?:节后|假期后|假后|长假后)的?(?:第一个工作日|第一天上班|上班第一天)")
def workday_after_holiday(match: re.Match[str], context: Context) -> Atom | None:
    """节后第一个工作日 of the next public holiday; unknown where that year's notice is not out."""
    coming = next_public_holiday(context.today)
    period = holiday_period(*coming) if coming else None
    day = next_workday(period[1] + ONE_DAY) if period else None
    return atom(match, fixed(day) if day else unknown())


LUNAR_MONTHS = {"正": 1, "冬": 11, "腊": 12}
LUNAR_DAY = (
    r"(?:初[一二三四五六七八九十]|二十[一二三四五六七八九]?|廿[一二三四五六七八九]|十[一二三四五六七八九]?"
    r"|三十)"
)


@rule(
    rf"(?:{YEAR}的?)?(?:(?:农历|阴历|旧历|古历)的?(?P<any>{MONTH}|正|冬|腊)月(?P<any_day>{LUNAR_DAY})"
    rf"|(?P<named>[正冬腊])月(?P<named_day>{LUNAR_DAY})|(?P<month>{MONTH})月"
    rf"(?P<month_day>初[一二三四五六七八九十])(?![号日]))"
)
def lunar_date(match: re.Match[str], context: Context) -> Atom | None:
    """正月初八, 腊月廿三, 农历十月十五."""
    word = match["any"] or match["named"] or match["month"]
    day_word = match["any_day"] or match["named_day"] or match["month_day"]
    month_number = LUNAR_MONTHS.get(word) or small_int(word)
    day = day_number(day_word.removeprefix("初"))
    return atom(match, yearly(lambda year: single(lunar_day(year, month_number, day))))


@rule(r"(?<![今明去])(?:大年|年)初(?P<day>[一二三四五六七八九十])(?![号日])")
def new_year_day(match: re.Match[str], context: Context) -> Atom | None:
    """大年初三: the third day of the lunar year."""
    day = small_int(match["day"])
    return atom(match, yearly(lambda year: single(lunar_day(year, 1, day))))


@rule(r"(?<![月年当最起])初[一二三四五六七八九十](?!级|次|步|中|高|年级|号)|小年(?!轻|纪)")
def bare_lunar_day(match: re.Match[str], context: Context) -> Atom | None:
    """初八 without a month may be this lunar month's or the new year's; 小年 differs from north to south."""
    return atom(match, unknown())


@rule(
    rf"(?P<name>{'|'.join(SOLAR_TERMS)})(?P<sign>节气|节|那天|这天|当天)?"
    rf"(?P<offset>前(?P<before>{SMALL})[天日]|后?第(?P<nth>{SMALL})[天日]|后(?P<after>{SMALL})[天日])?"
)
def solar_term_day(match: re.Match[str], context: Context) -> Atom | None:
    """冬至, 立春; the terms that are weather words (大雪) need 那天, 节气 or another time beside them."""
    name = match["name"]
    is_weather = name in ("大雪", "小雪", "雨水", "大寒", "小寒", "大暑", "小暑", "白露", "小满", "寒露")
    is_sure = not is_weather or bool(match["sign"] or match["offset"]) or context.is_whole(match)
    step = timedelta(days=_steps(match))

    def of_year(year: int) -> DayRange | None:
        day = solar_term(name, year)
        return single(day + step if day else None)

    return atom(match, yearly(of_year), is_weak=not is_sure)


def _steps(match: re.Match[str]) -> int:
    """Days from a named day: 前一天 −1, 后第二天 2, 第二天 1."""
    if match["before"]:
        return -small_int(match["before"])
    if match["nth"]:
        return small_int(match["nth"]) - (0 if match["offset"].startswith("后") else 1)
    return small_int(match["after"]) if match["after"] else 0


RULES = (named_holiday, workday_after_holiday, lunar_date, new_year_day, bare_lunar_day, solar_term_day)
