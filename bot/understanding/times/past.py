"""Days in the past, as customers tell when they got their car."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

from dateutil.relativedelta import relativedelta

from bot.understanding.numbers import small_int
from bot.understanding.times.dates import safe_date, year_of
from bot.understanding.times.rules import DAY, MONTH, SMALL

_YEAR = (
    r"(?P<year>今年|去年|前年|大前年|(?<!\d)20[0-3]\d(?:年|(?=$|[\s,的买提]))|(?<!\d)\d\d年|二[零〇][一二三]?[零〇一二三四五六七八九]年"
    r"|[一二][零〇一二三四五六七八九]年)"
)
_FULL = re.compile(
    r"(?<!\d)(?P<year>20\d\d|\d\d(?=年))\s?[-/.年]\s?(?P<month>1[0-2]|0?[1-9])(?:\s?[-/.月]\s?(?P<day>3[01]"
    r"|[12]\d|0?[1-9])(?!\d)[号日]?|月份?|(?![\d.]))"
)
_COMPACT = re.compile(
    r"(?<!\d)(?P<year>20[0-3]\d)(?P<month>0[1-9]|1[0-2])(?P<day>0[1-9]|[12]\d|3[01])?(?!\d)"
)
_SPOKEN = re.compile(
    rf"{_YEAR}的?(?P<month>{MONTH})月份?的?(?:(?P<day>{DAY})(?:[号日]|$"
    rf"|(?=[^\d一二三四五六七八九十万千百])))?"
)
_MONTH_DAY = re.compile(rf"(?<![\d.个])(?P<month>{MONTH})月份?的?(?:(?P<day>{DAY})(?:[号日]|$))?")
_YEAR_PART = re.compile(
    rf"{_YEAR}(?P<part>年?[初中底末]|上半年|下半年|春节|国庆|五一|元旦|夏天|春天|秋天|冬天)?"
)
_AGO = re.compile(
    rf"(?P<number>{SMALL}|半)(?P<half>个半)?(?P<unit>年|个?多?月|个?多?星期|个?多?礼拜|周|天)(?P<more>半)?"
    rf"(?:多|左右)?(?:之前|以前|前)"
)
_FOR = re.compile(
    rf"(?:提(?:车|了)?|买了?|买车|开了?|交车|入手)(?:快|差不多|大概|才|刚|已经|有|了)*(?P<number>{SMALL}"
    rf"|半)(?P<half>个半)?(?P<unit>年|个?多?月|周|个?星期|天)(?P<more>半)?"
)
_LAST_MONTH = re.compile(r"(?P<word>上上个?月|上个?月|这个月|本月|月初)(?:的?(?P<day>" + DAY + r")[号日])?")
_NAMED = re.compile(
    r"(?P<word>今[天日]|昨[天日]|前[天日]|大前天|上上?个?(?:周|星期|礼拜)(?P<weekday>[一二三四五六日天])?"
    r"|今早|刚刚?(?=提车|买))"
)
_PART_MONTHS = {
    "初": 1,
    "春节": 2,
    "春天": 3,
    "五一": 5,
    "中": 6,
    "夏天": 7,
    "下半年": 7,
    "秋天": 9,
    "国庆": 10,
    "底": 12,
    "末": 12,
    "冬天": 12,
}


@dataclass(frozen=True)
class PastDate:
    """A day in the past, and where in the prepared text it is named."""

    day: date
    start: int
    end: int


def past_date(text: str, today: date) -> PastDate | None:
    """The day in the past that the prepared text names: a month's first day, a year's middle.

    None when there is none, or when it lies in the future.
    """
    for read in (_full, _spoken, _last_month, _ago, _named, _month_day, _year_part):
        found = read(text, today)
        if found is not None:
            day, match = found
            return PastDate(day, match.start(), match.end()) if date(1990, 1, 1) <= day <= today else None
    return None


def _full(text: str, today: date) -> tuple[date, re.Match[str]] | None:
    for pattern in (_FULL, _COMPACT):
        for match in pattern.finditer(text):
            day = safe_date(int(match["year"]) % 100 + 2000, int(match["month"]), int(match["day"] or 1))
            if day is not None:
                return day, match
    return None


def _spoken(text: str, today: date) -> tuple[date, re.Match[str]] | None:
    match = _SPOKEN.search(text)
    year = _year(match["year"], today) if match else None
    if match is None or year is None:
        return None
    return _found(safe_date(year, small_int(match["month"]), _day(match["day"])), match)


def _month_day(text: str, today: date) -> tuple[date, re.Match[str]] | None:
    """3月15号 without a year: the last one that is past."""
    match = _MONTH_DAY.search(text)
    if match is None:
        return None
    days = (safe_date(today.year - step, small_int(match["month"]), _day(match["day"])) for step in range(2))
    return _found(next((day for day in days if day is not None and day <= today), None), match)


def _year_part(text: str, today: date) -> tuple[date, re.Match[str]] | None:
    match = _YEAR_PART.search(text)
    year = _year(match["year"], today) if match else None
    if match is None or year is None:
        return None
    part = (match["part"] or "").lstrip("年")
    if not part:
        return _found(date(year, 7, 1) if year < today.year else None, match)
    return date(year, _PART_MONTHS.get(part, 1), 1), match


def _ago(text: str, today: date) -> tuple[date, re.Match[str]] | None:
    match = _AGO.search(text) or _FOR.search(text)
    if match is None:
        return None
    number = 0.5 if match["number"] == "半" else float(small_int(match["number"]))
    number += 0.5 if match["half"] or match["more"] else 0.0
    if number > 400:
        return None
    return today - _elapsed(number, match["unit"][-1]), match


def _elapsed(number: float, unit: str) -> relativedelta:
    if unit == "年":
        return relativedelta(months=round(number * 12))
    if unit == "月":
        return relativedelta(months=int(number), days=15 if number % 1 else 0)
    return relativedelta(days=round(number * (1 if unit == "天" else 7)))


def _last_month(text: str, today: date) -> tuple[date, re.Match[str]] | None:
    match = _LAST_MONTH.search(text)
    if match is None:
        return None
    month = today.replace(day=1) - relativedelta(months=match["word"].count("上"))
    return _found(safe_date(month.year, month.month, _day(match["day"])), match)


def _named(text: str, today: date) -> tuple[date, re.Match[str]] | None:
    match = _NAMED.search(text)
    if match is None:
        return None
    word = match["word"]
    steps = {"今": 0, "刚": 0, "昨": 1, "前": 2, "大": 3}
    if word[0] in steps:
        return today - timedelta(days=steps[word[0]]), match
    monday = today - timedelta(days=today.weekday() + 7 * word.count("上"))
    return monday + timedelta(
        days="一二三四五六日".index((match["weekday"] or "一").replace("天", "日"))
    ), match


def _found(day: date | None, match: re.Match[str]) -> tuple[date, re.Match[str]] | None:
    return (day, match) if day is not None else None


def _year(word: str, today: date) -> int | None:
    if word == "大前年":
        return today.year - 3
    if re.fullmatch(r"\d\d年", word):
        return 2000 + int(word[:2])
    if re.fullmatch(r"[一二][零〇一二三四五六七八九]年", word):
        return 2000 + small_int(word[:2])
    return year_of(word, today)


def _day(word: str | None) -> int:
    return small_int(word.replace("廿", "二十")) if word else 1
