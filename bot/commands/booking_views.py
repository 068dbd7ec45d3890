"""Visits, slots and refusals as staff read them in the terminal, and what they write as times."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable
from datetime import date, datetime, time, timedelta
from typing import Any

from bot.clock import TIME_ZONE
from bot.commands.preparing import tell
from bot.commands.requests import Mistake
from bot.commands.tables import table
from bot.domain.booking import Refusal, Slot
from bot.domain.dealership import Dealership
from bot.domain.errors import BookingRefused, InvalidInput
from bot.services.content.fields import moment_text
from bot.services.exchange.booking_rows import moment_from
from bot.services.exchange.words import KINDS, REFUSALS, STATUSES
from bot.services.visits import BookedVisit
from bot.services.wording import say_km, say_plate, say_time

HEADER = ("预约码", "时间", "门店", "类型", "内容", "客户", "手机", "车牌", "状态", "安排", "备注")
WIDEST = 200
_DAYS = {"today": 0, "今天": 0, "tomorrow": 1, "明天": 1, "后天": 2, "yesterday": -1, "昨天": -1}


def visit_table(dealership: Dealership, visits: Iterable[BookedVisit]) -> str:
    rows = [
        (
            visit.code,
            say_time(visit.start),
            store_name(dealership, visit.store),
            KINDS[visit.kind],
            content_of(dealership, visit.model, visit.items),
            visit.name,
            visit.phone,
            say_plate(visit.plate or ""),
            STATUSES[visit.status],
            "、".join(visit.resource_names),
            remarks(visit),
        )
        for visit in visits
    ]
    return table(HEADER, rows)


def visit_lines(dealership: Dealership, visit: BookedVisit) -> str:
    """Everything about one visit, a line each."""
    mileage = "" if visit.mileage is None else say_km(visit.mileage)
    lines = [
        ("预约码", visit.code),
        ("时间", f"{say_time(visit.start)}–{visit.end:%H:%M}"),
        ("门店", store_name(dealership, visit.store)),
        ("类型", f"{KINDS[visit.kind]}  {content_of(dealership, visit.model, visit.items)}"),
        ("客户", f"{visit.name}  {visit.phone}"),
        ("车辆", f"{say_plate(visit.plate or '')}  {mileage}".strip()),
        ("状态", STATUSES[visit.status]),
        ("安排", "、".join(visit.resource_names)),
        ("备注", remarks(visit)),
        ("登记", f"{_minute(visit.created_at)}，改动 {visit.sequence} 次，最近 {_minute(visit.updated_at)}"),
        ("会话", visit.conversation_id or ""),
    ]
    return "\n".join(f"{name}：{value}" for name, value in lines if value)


def remarks(visit: BookedVisit) -> str:
    """What somebody has to do or may rely on."""
    found = {
        "需要新时间": visit.needs_new_time,
        "等顾问确认": visit.needs_approval,
        "客户已确认会来": visit.promised_at is not None,
    }
    return "、".join(words for words, holds in found.items() if holds)


def content_of(dealership: Dealership, model: str | None, items: Iterable[str]) -> str:
    """The model and the jobs by name."""
    models = {known.id: known.name for known in dealership.models}
    jobs = {job.id: job.name for job in dealership.services}
    names = [models.get(model, model)] if model else []
    return "  ".join(filter(None, [*names, "、".join(jobs.get(item, item) for item in items)]))


def store_name(dealership: Dealership, store_id: str | None) -> str:
    return next((store.name for store in dealership.stores if store.id == store_id), store_id or "任意门店")


def slot_words(dealership: Dealership, slot: Slot) -> str:
    """An alternative: time, store, and another car or adviser where it has one."""
    words = f"{say_time(slot.start)}  {store_name(dealership, slot.store)}"
    model, adviser = getattr(slot, "model", None), getattr(slot, "adviser", None)
    if model:
        words += f"  换 {content_of(dealership, model, ())}"
    if adviser:
        names = {resource.id: resource.name for resource in dealership.resources}
        words += f"  换 {names.get(adviser, adviser)}"
    return words


def tell_refusal(dealership: Dealership, refused: BookingRefused) -> None:
    """The reason and the alternatives, on stderr."""
    reason = Refusal(refused.reason)
    lines = [f"zhanting: 约不了：{REFUSALS[reason]}（{reason.value}）"]
    slots = [slot for slot in refused.alternatives if isinstance(slot, Slot)]
    lines += ["可以约："] if slots else ["近期没有别的时间可以约"]
    lines += [f"  {moment_text(slot.start)}  {slot_words(dealership, slot)}" for slot in slots]
    sys.stdout.flush()
    print("\n".join(lines), file=sys.stderr)


def tell_slots(dealership: Dealership, slots: Iterable[Slot]) -> None:
    """One line for each day and store."""
    days: dict[tuple[str, str], list[str]] = {}
    for slot in slots:
        day = say_time(slot.start).rpartition(" ")[0]
        days.setdefault((day, store_name(dealership, slot.store)), []).append(f"{slot.start:%H:%M}")
    tell(
        table(
            ("日期", "门店", "可以开始的时间"),
            [(*day, " ".join(times)) for day, times in days.items()],
            WIDEST,
        )
    )


def moment(option: str, text: str) -> datetime:
    """A time as staff write it; raises ``InvalidInput``."""
    try:
        return moment_from(text)
    except (ValueError, OverflowError) as error:
        raise InvalidInput(f"{option} must be a time like '2026-11-28 14:00', not {text!r}") from error


def day_start(option: str, text: str, now: datetime) -> datetime:
    """The first moment of a day; raises ``InvalidInput``."""
    try:
        if text in _DAYS:
            day = now.astimezone(TIME_ZONE).date() + timedelta(days=_DAYS[text])
        else:
            numbers = re.fullmatch(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?", text.strip())
            if numbers is None:
                raise ValueError(text)
            year, month, number = (int(part) for part in numbers.groups())
            day = date(year, month, number)
        return datetime.combine(day, time(), TIME_ZONE)
    except (ValueError, OverflowError) as error:
        raise InvalidInput(f"{option} must be a day like '2026-11-28' or today, not {text!r}") from error


def period(arguments: Any, now: datetime) -> tuple[datetime | None, datetime | None]:
    """``--from`` and ``--to``: days or times; a day as ``--to`` is included."""
    from_ = _bound("--from", arguments.from_, now, lambda day: day)
    to = _bound("--to", arguments.to, now, lambda day: day + timedelta(days=1))
    if from_ is not None and to is not None and from_ >= to:
        raise Mistake("--from must be before --to", "--from 要早于 --to")
    return from_, to


def _bound(
    option: str, text: str | None, now: datetime, of_day: Callable[[datetime], datetime]
) -> datetime | None:
    if text is None:
        return None
    try:
        return of_day(day_start(option, text, now))
    except InvalidInput:
        return moment(option, text)


def _minute(when: datetime) -> str:
    return moment_text(when.replace(second=0, microsecond=0))
