"""A day's plan in the terminal: for each store its hours, its visits by time, and what is out of use."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.commands.booking_views import WIDEST, content_of, remarks
from bot.commands.preparing import tell
from bot.commands.tables import table
from bot.domain.booking import VisitStatus
from bot.domain.dealership import Dealership, Department, Store
from bot.services.calendar import store_calendar
from bot.services.content.fields import moment_text
from bot.services.disruptions import OutageView, list_outages
from bot.services.exchange.words import KINDS, STATUSES
from bot.services.visits import BookedVisit, list_visits
from bot.services.wording import say_day
from bot.store.database import Database

_DEPARTMENTS = {Department.SHOWROOM: "展厅", Department.SERVICE: "售后"}


def tell_day(
    database: Database, dealership: Dealership, now: datetime, start: datetime, store_id: str | None
) -> None:
    """The day that begins at ``start``, for one store or all; cancelled visits are left out."""
    end = start + timedelta(days=1)
    visits = [
        visit
        for visit in list_visits(database, dealership, None, start, end)
        if visit.status is not VisitStatus.CANCELLED
    ]
    outages = [
        outage
        for outage in list_outages(database, dealership, now, everything=True)
        if outage.start < end and (outage.ended_at or outage.end) > start
    ]
    stores = {resource.id: resource.store for resource in dealership.resources}
    for store in dealership.stores:
        if store_id in (None, store.id):
            _tell_store(dealership, store, now, start, [visit for visit in visits if visit.store == store.id])
            _tell_outages([outage for outage in outages if stores.get(outage.resource) == store.id])
            tell("")


def _tell_store(
    dealership: Dealership, store: Store, now: datetime, start: datetime, visits: list[BookedVisit]
) -> None:
    hours = "，".join(
        f"{name} {_opening(dealership, store, department, now, start)}"
        for department, name in _DEPARTMENTS.items()
    )
    tell(f"{store.name}  {say_day(start.date())}（{hours}）")
    if not visits:
        tell("没有预约")
        return
    rows = [
        (
            f"{visit.start:%H:%M}–{visit.end:%H:%M}",
            visit.code,
            KINDS[visit.kind],
            content_of(dealership, visit.model, visit.items),
            visit.name,
            visit.phone,
            "、".join(visit.resource_names),
            STATUSES[visit.status],
            remarks(visit),
        )
        for visit in visits
    ]
    tell(table(("时间", "预约码", "类型", "内容", "客户", "手机", "安排", "状态", "备注"), rows, WIDEST))


def _opening(
    dealership: Dealership, store: Store, department: Department, now: datetime, start: datetime
) -> str:
    opening = store_calendar(dealership, store.id, department, now).opening(start.date())
    return f"{opening.opens:%H:%M}–{opening.closes:%H:%M}" if opening else "休息"


def _tell_outages(outages: list[OutageView]) -> None:
    for outage in outages:
        until = moment_text(outage.ended_at or outage.end)
        reason = f"（{outage.reason}）" if outage.reason else ""
        tell(f"停用：{outage.resource_name} {moment_text(outage.start)} 到 {until}{reason}")
