"""Days that are counted from today: 明天, 下周三, 周末, 三天后."""

from __future__ import annotations

import re
from datetime import date, timedelta

from dateutil.relativedelta import relativedelta

from bot.understanding.numbers import small_int
from bot.understanding.times.calendar import ONE_DAY, fixed, next_workday, unknown
from bot.understanding.times.model import Atom, DayRange, Days, Doubt, Vague
from bot.understanding.times.rules import SMALL, TO, WEEK, WEEK_PREFIX, WEEKDAY, Context, atom, rule

WEEKDAYS = {
    **{char: index for index, char in enumerate("一二三四五六日")},
    **{str(index + 1): index for index in range(7)},
    "天": 6,
}
FUSED = r"(?=上午|下午|中午|傍晚|凌晨|早|晚|晨|夜)"


@rule(
    r"大+后[天儿]|大前[天儿]|今(?:天|日|儿个?)(?!窗)|(?<![改赶])明(?:天|日|儿个?)(?!窗)|(?<![先])后(?:天|日|儿个?)(?!窗|气|性)|昨(?:天|日"
    r"|儿个?)|前(?:天|日|儿)(?!窗|气)"
    r"|(?<![说证声清如至从当迄])[今明]"
    + FUSED
    + "|昨(?=晚|夜)|(?<![以之然最今往过随])后(?=晚[上八九七六]|早[上八九十])"
    r"|(?<!以)次日|翌日|隔天"
)
def relative_day(match: re.Match[str], context: Context) -> Atom | None:
    """今天, 明儿, 大后天, 昨晚."""
    word = match[0]
    if word.startswith("大"):
        return atom(
            match, fixed(context.today + timedelta(days=-3 if "前" in word else 2 + word.count("大")))
        )
    steps = {"今": 0, "明": 1, "后": 2, "昨": -1, "前": -2, "次": 1, "翌": 1, "隔": 1}
    return atom(match, fixed(context.today + timedelta(days=steps[word[0]])))


@rule(r"今明(?:两天|天)?|明后(?:两天|天)|明[、和跟]后天")
def two_days(match: re.Match[str], context: Context) -> Atom | None:
    """明后天, 今明两天."""
    first = context.today + timedelta(days=0 if match[0].startswith("今") else 1)
    return atom(match, fixed(first, first + timedelta(days=1)))


@rule(
    rf"(?<!每)(?:{WEEK_PREFIX}{WEEK}的)?(?P<own>{WEEK_PREFIX.replace('prefix', 'inner')})?(?P<unit>{WEEK})"
    r"(?P<day>[一二三四五六日天1-7])"
    rf"(?:(?P<to>{TO}|、)?(?P<last>[一二三四五六日天]{{1,4}})"
    rf"(?![点个号月次十百千万座位分折:一二三四五六日天]))?"
)
def weekday(match: re.Match[str], context: Context) -> Atom | None:
    """周六, 下周三, 本周日, 周3, 周六日, 下周一至五."""
    prefix = match["prefix"] or match["inner"] or ""
    before, after = context.near(match)
    if _is_no_weekday(match, prefix, before, after):
        return None
    first = WEEKDAYS[match["day"]]
    last = _last_weekday(match, first)
    if last is None and _are_separate(match, first, after):
        start = _first_of_list(prefix, first, context.today)
        days = [start, *(start + timedelta(days=WEEKDAYS[char] - first) for char in match["last"])]
        return atom(match, Vague(Doubt.AROUND, tuple((day, day) for day in days)))
    if last is None:
        return Atom(match.start(), match.end("day"), days_of_week(prefix, first, first, context.today))
    return atom(match, days_of_week(prefix, first, last, context.today))


def _last_weekday(match: re.Match[str], first: int) -> int | None:
    """The last of 周一到五 and 周三四五; None where the numerals after the weekday belong to something else."""
    following = [WEEKDAYS[char] for char in match["last"] or ""]
    if not following:
        return first
    if match["to"] and match["to"] != "、":
        return following[0] if len(following) == 1 and following[0] > first else None
    is_run = following == list(range(first + 1, first + 1 + len(following)))
    return following[-1] if is_run else None


def _are_separate(match: re.Match[str], first: int, after: str) -> bool:
    """下周一三五: days that do not follow each other."""
    days = [first, *(WEEKDAYS[char] for char in match["last"])]
    is_list = match["to"] in (None, "、") and days == sorted(set(days))
    return is_list and re.match(r"$|[,。都的]|可以|上午|下午|晚|早|有空|行", after) is not None


def _first_of_list(prefix: str, first: int, today: date) -> date:
    """The day of the first weekday of a list."""
    found = days_of_week(prefix, first, first, today).find(today)
    assert found is not None
    return found[0]


def _is_no_weekday(match: re.Match[str], prefix: str, before: str, after: str) -> bool:
    if match["last"]:
        return False
    day = match["day"]
    if day.isdigit() and re.match(r"[点:号月个天次万公岁年%.座]|\d(?!\d?[点:])", after):
        return True
    if match["unit"] == "周" and not prefix:
        if re.search(r"[小老姓叫陈王李张刘]$|[一两三四五六七八九十几]$", before) and re.match(
            r"[次回趟起直个]|[一-鿿]$", after
        ):
            return True
        if day == "一" and re.match(r"[直样般共些边家位个]|起(?![到至])|定(?!期)", after):
            return True
        if day in "日天" and re.match(r"[气常均]", after):
            return True
    return re.match(r"[次回趟]", after) is not None or (
        day in "三四五六七" and re.match(r"座", after) is not None
    )


def days_of_week(prefix: str, first: int, last: int, today: date) -> Days:
    """The weekdays `first` to `last` (Monday 0) of the week that the prefix names; without one the coming ones."""
    length = timedelta(days=last - first)
    if prefix:
        start = monday_of(prefix, today) + timedelta(days=first)
        return Days(lambda earliest: (start, start + length), weekday=first if first == last else None)

    def find(earliest: date) -> DayRange:
        start = earliest + timedelta(days=(first - earliest.weekday()) % 7)
        return start, start + length

    return Days(find, is_open=True, weekday=first if first == last else None)


def monday_of(prefix: str, today: date) -> date:
    """The Monday of the week that 上, 这, 下, 下下 … names."""
    weeks = prefix.count("下") - prefix.count("上")
    return today + timedelta(days=7 * weeks - today.weekday())


@rule(rf"(?<!每)(?:{WEEK_PREFIX}(?:{WEEK}的?)?)?(?:周末|星期末|礼拜末|双休日?)(?:两天|那两天)?")
def weekend(match: re.Match[str], context: Context) -> Atom | None:
    """周末, 这周末, 下周末. Said on a Sunday, 周末 is the next one and 这周末 what is left of this one."""
    prefix, today = match["prefix"], context.today
    if not prefix:
        return atom(match, days_of_week("", 5, 6, today))
    saturday = monday_of(prefix, today) + timedelta(days=5)
    is_current = saturday <= today <= saturday + timedelta(days=1)
    first = max(saturday, today) if is_current else saturday
    return atom(match, Days(lambda earliest: (first, saturday + ONE_DAY), is_span=True))


@rule(
    rf"{WEEK_PREFIX}{WEEK}(?!{WEEKDAY}(?![点:\d])|[年边到岁刊报密围转末初底]|中(?!午)|[前后]半周)(?:以内|之内|内|里)?"
)
def week(match: re.Match[str], context: Context) -> Atom | None:
    """下周, 这周, 下下个星期."""
    monday = monday_of(match["prefix"], context.today)
    sunday = monday + timedelta(days=6)
    first = max(monday, context.today) if context.today <= sunday else monday
    return atom(match, Days(lambda earliest: (first, sunday), is_week=True, is_span=True))


@rule(
    rf"(?P<pass>再?过)?(?P<number>{SMALL}|半)(?P<half>个半)?(?P<unit>天|个?工作日|个?星期|个?礼拜|周|个月)"
    rf"(?:的时间|左右)?"
    r"(?P<after>之后|以后|过后|后(?![天备排视轮刹保台])|之内|以内|内(?!饰|饰)|以?前(?![后往面台])|之前)?"
)
def counted_days(match: re.Match[str], context: Context) -> Atom | None:
    """三天后, 过一周, 两个月以后, 三天内. 过两天 is vague and no rule of this module."""
    number, unit, after = match["number"], match["unit"], match["after"] or ""
    if not (match["pass"] or after) or re.search(r"[第\d.]$", context.near(match)[0]):
        return None
    if match["pass"] and not after and number in ("两", "俩", "2") and unit == "天":
        return None
    if "前" in after and (
        re.search(r"提$", context.near(match)[0])
        or re.match(r"预约|通知|取消|改|告|打", context.near(match)[1])
    ):
        return None
    is_unclear = number == "半" and unit != "个月"
    if unit.endswith("工作日") or match["half"] or is_unclear:
        return atom(match, unknown())
    return atom(match, _counted(number, unit, after, context.today))


def _counted(number: str, unit: str, after: str, today: date) -> Days:
    if number == "半":
        step = relativedelta(days=15)
    else:
        count = min(small_int(number), 400)
        step = {"天": relativedelta(days=count), "月": relativedelta(months=count)}.get(
            unit[-1]
        ) or relativedelta(weeks=count)
    if "内" in after:
        return fixed(today, today + step)
    day = today - step if "前" in after else today + step
    return Days(lambda earliest: (day, day), is_week=unit[-1] in "周期拜")


@rule(r"下个?(?P<unit>周|星期|礼拜|月)的?(?:今天|今日|同一天)")
def same_day_later(match: re.Match[str], context: Context) -> Atom | None:
    """下周今天, 下个月的今天."""
    step = relativedelta(months=1) if match["unit"] == "月" else relativedelta(weeks=1)
    return atom(match, fixed(context.today + step))


@rule(r"下一?个工作日|最近的?(?:一个)?工作日")
def coming_workday(match: re.Match[str], context: Context) -> Atom | None:
    """下一个工作日."""
    day = next_workday(context.today + timedelta(days=1))
    return atom(match, fixed(day) if day else unknown())


RULES = (
    relative_day,
    two_days,
    weekday,
    weekend,
    week,
    counted_days,
    same_day_later,
    coming_workday,
)
