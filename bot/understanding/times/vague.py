"""Words that ask for a time without naming one: 月底, 过两天, 越快越好, 都行; and days that do not exist."""

from __future__ import annotations

import re
from datetime import date, timedelta
from functools import partial

from bot.understanding.numbers import to_int
from bot.understanding.times.calendar import (
    holiday,
    is_known,
    is_workday,
    month_range,
    yearly_day,
)
from bot.understanding.times.dates import MONTH_WORD, YEAR, day_number, month_of, safe_date, year_of
from bot.understanding.times.days import monday_of
from bot.understanding.times.model import Atom, DayRange, Doubt, Vague
from bot.understanding.times.rules import MONTH, WEEK, WEEK_PREFIX, Context, atom, rule

MONTH_PARTS = {"初": (1, 7), "中": (10, 20), "底": (25, 31), "末": (25, 31)}
YEAR_PARTS = {
    "初": ((1, 1), (1, 15)),
    "中": ((6, 15), (7, 15)),
    "底": ((12, 16), (12, 31)),
    "末": ((12, 16), (12, 31)),
}
WEEK_PARTS = {"初": (0, 1), "中": (1, 3), "底": (3, 4), "前半周": (0, 2), "后半周": (3, 6)}
"""Weekdays, Monday 0."""
SOME_DAYS = {
    "一两天": (1, 2), "两天": (2, 4), "两三天": (2, 4), "三两天": (2, 4), "几天": (3, 7), "三五天": (3, 7),
    "些天": (3, 10), "一些天": (3, 10), "好几天": (5, 14), "阵子": (7, 21), "段时间": (7, 21), "些日子": (7, 21),
    "几周": (14, 28), "几个星期": (14, 28), "几个礼拜": (14, 28),
}  # fmt: skip
"""First and last day from today on that the words may mean."""
LONGEST_FIRST = "|".join(sorted(SOME_DAYS, key=len, reverse=True))


def around(days: DayRange, today: date) -> Vague:
    """Some day of a stretch, as far as it is not past."""
    return Vague(Doubt.AROUND, ((max(days[0], today), days[1]),) if days[1] >= today else ())


@rule(
    rf"(?:{MONTH_WORD}|(?<![\d.个第几a-z])(?:{YEAR}的?)?(?P<month>{MONTH})月份?|(?<![个\d一-鿿])月|(?<=[就等约在到的吧,])月)的?"
    r"(?P<part>初(?![一二三四五六七八九十])|中(?![午旬])|底|末)(?:前后|左右|那?几天)?"
)
def part_of_month(match: re.Match[str], context: Context) -> Atom | None:
    """月底, 下个月初, 12月中: some day of that stretch."""
    first, last = MONTH_PARTS[match["part"]]
    today = context.today
    if match["month"]:
        number = to_int(match["month"]) or 1
        year = year_of(match["year"], today) or (today.year if number >= today.month else today.year + 1)
        return atom(match, around(month_range(year, number, first, last), today))
    if match["word"]:
        begin, _ = month_of(match["word"], today)
        return atom(match, around(month_range(begin.year, begin.month, first, last), today))
    this = month_range(today.year, today.month, first, last)
    following = month_range(today.year, today.month + 1, first, last)
    return atom(match, around(this if this[1] >= today else following, today))


@rule(
    r"(?<![多几半一两三四五六七八九十\d])(?P<next>[今明])?年[的]?(?P<part>[底初末中])(?![一二三四五六七八九十])"
)
def part_of_year(match: re.Match[str], context: Context) -> Atom | None:
    """年底, 明年初."""
    (first_month, first_day), (last_month, last_day) = YEAR_PARTS[match["part"]]
    year = context.today.year + (match["next"] == "明")
    if not match["next"] and date(year, last_month, last_day) < context.today:
        year += 1
    days = date(year, first_month, first_day), date(year, last_month, last_day)
    return atom(match, around(days, context.today))


@rule(
    rf"{WEEK_PREFIX}{WEEK}的?(?P<vague>初|中(?!午)|底|前半周|后半周)|(?<![一-鿿\d])(?:那就|还是)?周(?P<lone>中)(?=$|[,吧都来去有])"
)
def part_of_week(match: re.Match[str], context: Context) -> Atom | None:
    """下周初, 周中."""
    first, last = WEEK_PARTS[match["vague"] or match["lone"]]
    monday = monday_of(match["prefix"] or "本", context.today)
    if not match["prefix"] and monday + timedelta(days=last) < context.today:
        monday += timedelta(days=7)
    return atom(match, around((monday + timedelta(days=first), monday + timedelta(days=last)), context.today))


@rule(
    rf"(?:再?过个?|(?P<later>))(?P<some>{LONGEST_FIRST})(?P<after>之后|以后|过后|后(?![天备])|内|之内|以内)?"
    r"|(?P<half>十天半个?月)(?:之后|以后|后|吧)?"
)
def some_days_on(match: re.Match[str], context: Context) -> Atom | None:
    """过两天, 几天后, 过阵子: some day of the next ones."""
    is_said = match[0].startswith(("过", "再")) or match["after"] or match["half"]
    if not is_said or (match["some"] == "两天" and not match[0].startswith(("过", "再"))):
        return None
    if match["some"] == "两天" and match["after"]:
        return None
    first, last = (10, 15) if match["half"] else SOME_DAYS[match["some"]]
    if match["after"] and match["after"].endswith("内"):
        first, last = 0, first
    return atom(match, from_today(first, last, context.today))


def from_today(first: int, last: int, today: date) -> Vague:
    """Some day from `first` to `last` days ahead."""
    return around((today + timedelta(days=first), today + timedelta(days=last)), today)


@rule(
    r"(?P<name>清明|元旦|国庆|五一|春节|中秋|端午|圣诞|元宵|除夕)节?(?:那?几天)?前后"
    r"|(?:过)?(?:几|好几|两三)(?:个小时|个钟头|分钟|个月)(?:之后|以后|过后|后(?![天备])|内|之内|以内)"
)
def about_then(match: re.Match[str], context: Context) -> Atom | None:
    """国庆前后: within three days of it. 几个小时后: which?"""
    if not match["name"]:
        return atom(match, Vague())
    day = yearly_day(partial(holiday, match["name"]), context.today)
    three = timedelta(days=3)
    return atom(match, around((day - three, day + three), context.today) if day else Vague())


@rule(
    r"(?<![个\d])(?:工作日|平日|平时)(?!内|间|都?[是在没]|怎|用|保|.{0,3}(?:几点|开门|关门|营业|休息|上不上班))"
)
def some_workday(match: re.Match[str], context: Context) -> Atom | None:
    """工作日晚上: which day is open."""
    if match[0] == "平时" and not context.expects_time:
        return None
    week = [context.today + timedelta(days=step) for step in range(8)]
    days = [day for day in week if (is_workday(day) if is_known(day.year) else day.weekday() < 5)]
    return atom(match, Vague(Doubt.AROUND, tuple((day, day) for day in days)))


@rule(
    r"越快越好|越早越好|(?:能)?有?多[快早](?:就|有)?多[快早]|(?:尽快|尽早|抓紧|第一时间)(?=.{0,6}(?:安排|约|到店|过去|过来|保养|试驾"
    r"|来))"
)
def as_soon_as_possible(match: re.Match[str], context: Context) -> Atom | None:
    """越快越好: the earliest slots."""
    return atom(match, Vague(Doubt.SOON))


@rule(
    r"改天(?!气)|改日"
    r"|随时(?:都|也|吧|就|到|$|可以来|有空|可以(?!退|联系|找|问|查|打))(?:都|可以|行|有空|能|方便|来|好"
    r"|没问题)*"
    r"|(?<![多几半一两三四五六七八九十\d去今前后整])年[前后](?![一-鿿]{0,2}(?:检|审))|(?<![季细])节[前后]"
    r"(?!能|气)|[赶改]明儿个?|过完?年(?:期间|的时候|前|后)?"
)
def vague_time(match: re.Match[str], context: Context) -> Atom | None:
    """改天, 年后: the dialogue offers times."""
    return atom(match, Vague())


@rule(
    rf"(?<![\d.个几农阴])(?:{YEAR}的?)?(?P<month>\d{{1,2}}|十[一二三]?|[一二三四五六七八九])月份?的?"
    r"(?P<day>\d{1,2}|三十[一二三四五六七八九]?|二十[一二三四五六七八九]?|十[一二三四五六七八九]?|[一二三四五六七八九])[日号](?![线楼])"
    r"|(?P<lone>3[2-9]|[4-9]\d|三十[二三四五六七八九]|[四五六七八九]十)号(?=上午|下午|中午|早上|晚上|来|去|到店|过[来去]|有空|[一二两三四五六七八九十\d]{1,2}点|$)"
)
def impossible_date(match: re.Match[str], context: Context) -> Atom | None:
    """2月30号, 13月1号: no day of the calendar."""
    if match["lone"]:
        is_answer = context.expects_time or match.end() < len(context.text)
        return atom(match, Vague(Doubt.IMPOSSIBLE)) if is_answer else None
    year = year_of(match["year"], context.today) or 2024  # a leap year: 2月29号 comes again
    number = to_int(match["month"]) or 0
    exists = safe_date(year, number, day_number(match["day"]))
    return None if exists else atom(match, Vague(Doubt.IMPOSSIBLE))


@rule(
    r"(?<![\d.:\-a-z百千万])(?P<hour>2[5-9]|[3-9]\d|二十[五六七八九]|[三四五六七八九]十[一二三四五六七八九]?)点"
    r"(?=半|整|钟|左右|\d\d|来|去|到店|过[来去]|吧|可以|行|$|[,。?])"
)
def impossible_hour(match: re.Match[str], context: Context) -> Atom | None:
    """25点: no hour of the day. 30点 alone may be a discount."""
    before = context.near(match)[0]
    beside = re.search(r"[天日号午上]$|[周期拜].$", before) is not None
    return atom(match, Vague(Doubt.IMPOSSIBLE)) if context.expects_time or beside else None


RULES = (
    impossible_date, impossible_hour, part_of_month, part_of_year, part_of_week, some_days_on, about_then,
    some_workday, as_soon_as_possible, vague_time,
)  # fmt: skip
