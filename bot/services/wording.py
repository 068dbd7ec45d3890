"""How times, distances and names are said in Chinese."""

from __future__ import annotations

from datetime import date, datetime

from bot.domain.dealership import Dealership, ServiceJob
from bot.services.content.variables import WEEKDAYS, price_text


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


def say_jobs(dealership: Dealership, ids: list[str] | tuple[str, ...], free: bool = False) -> str:
    """The jobs with minutes and price "from", one per line."""
    return "\n".join(_job(dealership.service(id_), free) for id_ in ids)


def say_job_names(dealership: Dealership, ids: list[str] | tuple[str, ...]) -> str:
    return "、".join(dealership.service(id_).name for id_ in ids)


def _job(job: ServiceJob, free: bool) -> str:
    detail = f"（{job.detail}）" if job.detail else ""
    price = "首次免费" if free and job.price else price_text(job.price)
    note = f"，{job.note}" if job.note else ""
    return f"· {job.name}{detail}，约 {job.minutes} 分钟，{price}{note}"
