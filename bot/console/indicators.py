"""The pages of indicators: the dashboard, what is behind one figure, the report to print."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any
from urllib.parse import unquote, urlencode

from sanic.request import Request
from sanic.response import HTTPResponse

from bot import clock
from bot.console.charts import PAINTER, Bars, Chart, Heat, Line
from bot.console.customer_words import CHANNELS
from bot.console.indicator_words import COMPLAINT_TYPES, GRAINS, WEEKDAYS, hit_words, topic_words
from bot.console.site import Site
from bot.domain.errors import InvalidInput, NotFound, NotPermitted
from bot.domain.indicators import Grain, Period, last_day, read_period
from bot.domain.staff import Permission
from bot.services.content.snapshot import Content
from bot.services.indicators import figures
from bot.services.indicators.dashboards import Dashboard, dashboard, store_for, stores_of, this_month
from bot.services.indicators.overviews import Step
from bot.services.indicators.tables import STANDINGS, UNITS, number, target_words
from bot.services.staff import Staff
from bot.services.texts import is_storable

HOME = "/console/indicators"
MOST_TOPICS = 12


def add_indicator_pages(site: Site) -> None:
    """``/console/indicators``, one of them, and the report."""

    @site.page(HOME, Permission.READ_INDICATORS)
    async def all_indicators(request: Request, staff: Staff) -> HTTPResponse:
        return await _dashboard(site, request, staff, "indicators.html")

    @site.page(f"{HOME}/report", Permission.READ_INDICATORS)
    async def report(request: Request, staff: Staff) -> HTTPResponse:
        return await _dashboard(site, request, staff, "indicator_report.html")

    @site.page(f"{HOME}/<id_:str>", Permission.READ_INDICATORS)
    async def one_indicator(request: Request, staff: Staff, id_: str) -> HTTPResponse:
        content, period, store = await _asked(site, request, staff)
        about, now = (site.database, content, unquote(id_), period, store), clock.now()
        try:
            past = await asyncio.to_thread(figures.development, *about, now)
        except NotFound:
            values = _common(staff, content, period, store)
            return site.render(request, staff, "indicator_missing.html", status=404, **values)
        rows = await asyncio.to_thread(figures.rows, *about, now)
        figure = past[-1]
        told = [(each.period.id, each.value) for each in past]
        picture = Line(figure.indicator.name, told, figure.indicator.target)
        return site.render(
            request,
            staff,
            "indicator.html",
            figure=figure,
            past=past,
            picture=(await asyncio.to_thread(PAINTER.draw, {"past": picture}))["past"],
            rows=rows,
            most=figures.MOST_ROWS,
            hit=lambda row: hit_words(figure.indicator.unit, row.hit),
            **_common(staff, content, period, store),
        )


async def _dashboard(site: Site, request: Request, staff: Staff, template: str) -> HTTPResponse:
    content, period, store = await _asked(site, request, staff)
    seen: Dashboard = await asyncio.to_thread(dashboard, site.database, content, period, store, clock.now())
    moments = {moment.id: moment.name for moment in content.schedule.moments}
    moments["standard_service"] = "定期保养"
    return site.render(
        request,
        staff,
        template,
        seen=seen,
        moments=moments,
        pictures=await asyncio.to_thread(PAINTER.draw, _pictures(seen, moments)),
        by_channel=_named(seen.overview.by_channel, lambda name: CHANNELS.get(name, name)),
        by_topic=_named(seen.overview.by_topic[:MOST_TOPICS], topic_words),
        complaint_types=COMPLAINT_TYPES,
        weekdays=WEEKDAYS,
        **_common(staff, content, period, store),
    )


async def _asked(site: Site, request: Request, staff: Staff) -> tuple[Content, Period, str | None]:
    """What is to be seen; a made-up period is this month, a store that is not theirs the first that is."""
    content = await asyncio.to_thread(site.content.current)
    try:
        period = read_period(str(request.args.get("period") or ""))
    except InvalidInput:
        period = this_month(clock.now())
    wanted = str(request.args.get("store") or "") or None
    try:
        store = store_for(staff, content, wanted if is_storable(wanted or "") else None)
    except (InvalidInput, NotPermitted):
        store = store_for(staff, content, None)
    return content, period, store


def _common(staff: Staff, content: Content, period: Period, store: str | None) -> dict[str, Any]:
    def address(path: str = HOME, period: Period = period, store: str | None = store) -> str:
        query = {"period": period.id, **({"store": store} if store else {})}
        return f"{path}?{urlencode(query)}"

    stores = stores_of(staff, content)
    return {
        "menu_path": HOME,
        "home": HOME,
        "period": period,
        "store": store,
        "stores": stores,
        "store_name": stores[store],
        "grains": {each: (_reached(period, each), name) for each, name in GRAINS.items()},
        "this": this_month(clock.now()),
        "address": address,
        "number": number,
        "units": UNITS,
        "standings": STANDINGS,
        "target": target_words,
        "last_day": last_day,
    }


def _reached(period: Period, grain: Grain) -> Period:
    """The period of another length around this one; of a longer one its last month or quarter that has begun."""
    if grain.months >= period.grain.months:
        return period.within(grain)
    last = this_month(clock.now()).within(grain)
    inside = Period(grain, period.end).before()
    return min(inside, last, key=lambda each: each.first) if last.first >= period.first else inside


def _pictures(seen: Dashboard, moments: dict[str, str]) -> dict[str, Chart]:
    view = seen.overview
    whole = view.whole
    way = [
        ("咨询", whole.consulted),
        ("预约", whole.booked),
        ("到店", whole.came),
        ("成交", whole.bought),
    ]
    ages = view.complaints_by_age
    busiest = max((number, day, hour) for day, row in enumerate(view.heat) for hour, number in enumerate(row))
    told = f"最多的是{WEEKDAYS[busiest[1]]} {busiest[2]} 时，{busiest[0]} 次" if busiest[0] else "没有数据"
    return {
        "way": Bars("咨询到成交", way),
        "types": Bars(
            "投诉按类型", [(COMPLAINT_TYPES[kind], count) for kind, count in view.complaints_by_type]
        ),
        "ages": Bars(
            "投诉按时长",
            [(name, waits + done) for name, waits, done in ages],
            seconds=[waits for _, waits, _ in ages],
        ),
        "heat": Heat("触点热力图", list(zip(WEEKDAYS, view.heat, strict=True)), told),
        "contacts": Bars(
            "按节点的联系",
            [(moments.get(each.moment, each.moment)[:9], each.sent) for each in view.contacts],
            seconds=[each.booked for each in view.contacts],
        ),
    }


def _named(steps: Sequence[Step], words: Any) -> list[tuple[str, Step]]:
    return [(words(step.name), step) for step in steps]
