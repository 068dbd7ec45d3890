"""How times, distances and names are said in Chinese."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from datetime import date, datetime, timedelta

from bot.domain.dealership import Dealership, ServiceJob
from bot.domain.replies import VARIABLE
from bot.domain.waitlist import Preference
from bot.domain.workshop import job_minutes, job_price, jobs_of, visit_minutes, visit_price
from bot.services.content.variables import WEEKDAYS, price_text

_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_LATIN = re.compile(r"[A-Za-z0-9]")


def say_day(day: date) -> str:
    """ "周六 11月28日" """
    return f"周{WEEKDAYS[day.weekday()]} {day.month}月{day.day}日"


def say_time(moment: datetime) -> str:
    """ "周六 11月28日 14:00" """
    return f"{say_day(moment.date())} {moment:%H:%M}"


def say_date(day: date) -> str:
    """ "2026年11月28日" """
    return f"{day.year}年{day.month}月{day.day}日"


def say_day_from(day: date, today: date) -> str:
    """The day with 今天, 明天 or 后天 in front where that helps."""
    near = {0: "今天", 1: "明天", 2: "后天"}.get((day - today).days)
    return f"{near}（{say_day(day)}）" if near else say_day(day)


def say_opening(moment: datetime, today: date) -> str:
    """ "明天（周一 11月23日） 08:30" """
    return f"{say_day_from(moment.date(), today)} {moment:%H:%M}"


def say_km(kilometres: int) -> str:
    """ "32,000 公里" """
    return f"{kilometres:,} 公里"


def say_phone(phone: str) -> str:
    """A phone number with its middle hidden: "138****5678"."""
    return f"{phone[:3]}****{phone[-4:]}"


def say_plate(plate: str) -> str:
    """ "浙A·D1001" """
    return f"{plate[:2]}·{plate[2:]}" if len(plate) > 2 else plate


def say_jobs(
    dealership: Dealership, ids: Sequence[str], model: str | None = None, free: Collection[str] = ()
) -> str:
    """The jobs with minutes and price "from" on this model, one per line, and the sum of several.

    ``free``: jobs that cost nothing this time although they have a price.
    """
    jobs = jobs_of(dealership, ids)
    lines = [_job(dealership, job, model, job.id in free) for job in jobs]
    if len(jobs) > 1:
        minutes = visit_minutes(dealership, jobs, model)
        price = visit_price(dealership, [job for job in jobs if job.id not in free], model)
        lines.append(f"共约 {minutes} 分钟，{price_text(price)}")
    return "\n".join(lines)


def say_job_names(dealership: Dealership, ids: list[str] | tuple[str, ...]) -> str:
    return "、".join(dealership.service(id_).name for id_ in ids)


def _job(dealership: Dealership, job: ServiceJob, model: str | None, free: bool) -> str:
    detail = f"（{job.detail}）" if job.detail else ""
    yuan = job_price(dealership, job, model)
    price = "首次免费" if free and yuan else price_text(yuan)
    note = f"，{job.note}" if job.note else ""
    return f"· {job.name}{detail}，约 {job_minutes(dealership, job, model)} 分钟，{price}{note}"


def say_preference(preference: Preference) -> str:
    """When somebody on the waitlist wants to come.

    "周六 11月28日 14:00 前后", "周六 11月28日 06:00–12:00", "每个周六、周日 06:00–12:00（12月22日前）"
    """
    if preference.point:
        return f"{say_time(preference.point)} 前后"
    first, last = preference.from_, preference.until - timedelta(minutes=1)
    hours = _say_hours(preference.from_minute, preference.until_minute)
    if first.date() == last.date():
        return f"{say_day(first.date())} {first:%H:%M}–{_say_minute(_minute_of(last) + 1)}"
    if (last - first).days >= 7:
        days = (
            f"每个{'、'.join(f'周{WEEKDAYS[day - 1]}' for day in preference.weekdays)}"
            if preference.weekdays
            else "都行"
        )
        return f"{days}{hours}（{last.month}月{last.day}日前）"
    return f"{say_day(first.date())}到{say_day(last.date())}{hours}"


def _say_hours(from_minute: int, until_minute: int) -> str:
    whole_day = (from_minute, until_minute) == (0, 24 * 60)
    return "" if whole_day else f" {_say_minute(from_minute)}–{_say_minute(until_minute)}"


def _minute_of(moment: datetime) -> int:
    return moment.hour * 60 + moment.minute


def _say_minute(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def fill_spaced(text: str, value_of: Callable[[str], str]) -> str:
    """The text with the value of every variable; between a Chinese character and a value that begins or ends with a
    Latin letter or a digit stands a space, as in "青岚 X5 现在"."""

    def spaced(match: re.Match[str]) -> str:
        value = value_of(match.group(1))
        before, after = text[: match.start()][-1:], text[match.end() :][:1]
        left = " " if _CHINESE.fullmatch(before) and _LATIN.match(value) else ""
        right = " " if _CHINESE.fullmatch(after) and _LATIN.match(value[-1:]) else ""
        return f"{left}{value}{right}"

    return VARIABLE.sub(spaced, text).strip()
