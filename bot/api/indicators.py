"""Indicators in the staff API: figures, what is behind them, entries by hand, a table for spreadsheets."""

from __future__ import annotations

import asyncio
from typing import Any

from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse, json, raw

from bot import clock
from bot.api.customers import plain
from bot.api.parameters import body_of, iso, needed, storable, text_of
from bot.api.parts import Parts
from bot.domain.errors import InvalidInput
from bot.domain.indicators import Period, read_period
from bot.domain.staff import Permission
from bot.services.content.snapshot import Content
from bot.services.indicators import figures
from bot.services.indicators.dashboards import store_for, stores_of, this_month
from bot.services.indicators.entries import LONGEST_NOTE, enter
from bot.services.indicators.figures import Figure, Row
from bot.services.indicators.tables import csv_of
from bot.services.staff import Staff


def add_indicator_routes(blueprint: Blueprint, parts: Parts) -> None:
    """The routes below ``/staff/indicators``."""
    database, gate = parts.database, parts.gate

    async def asked(request: Request) -> tuple[Staff, Content, Period, str | None]:
        staff = await gate(request, Permission.READ_INDICATORS)
        content = await asyncio.to_thread(parts.content.current)
        store = store_for(staff, content, storable("store", request.args.get("store")) or None)
        return staff, content, period_asked(request.args.get("period")), store

    @blueprint.get("/staff/indicators")
    async def all_indicators(request: Request) -> HTTPResponse:
        _, content, period, store = await asked(request)
        found = await asyncio.to_thread(figures.figures, database, content, period, store, clock.now())
        return json([figure_json(each) for each in found])

    @blueprint.get("/staff/indicators/csv")
    async def indicator_table(request: Request) -> HTTPResponse:
        staff, content, period, store = await asked(request)
        found = await asyncio.to_thread(figures.figures, database, content, period, store, clock.now())
        name = f"indicators-{period.id}{f'-{store}' if store else ''}.csv"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        data = csv_of(found, stores_of(staff, content)[store])
        return raw(data, content_type="text/csv; charset=utf-8", headers=headers)

    @blueprint.get("/staff/indicators/<id_:str>/rows")
    async def indicator_rows(request: Request, id_: str) -> HTTPResponse:
        _, content, period, store = await asked(request)
        found = await asyncio.to_thread(
            figures.rows, database, content, plain(id_), period, store, clock.now()
        )
        return json([row_json(each) for each in found])

    @blueprint.put("/staff/indicators/<id_:str>/entries")
    async def enter_indicator(request: Request, id_: str) -> HTTPResponse:
        staff = await gate(request, Permission.READ_INDICATORS)
        body = body_of(request, "period", "store", "value", "note")
        content, now = await asyncio.to_thread(parts.content.current), clock.now()
        store = store_for(staff, content, text_of(body, "store"))
        period = read_period(needed("period", text_of(body, "period")))
        value, note = number_of(body.get("value")), text_of(body, "note", LONGEST_NOTE)
        about = (database, content, plain(id_), period, store)
        await asyncio.to_thread(enter, *about, value, note, staff.actor, now)
        return json(figure_json(await asyncio.to_thread(figures.figure, *about, now)))


def period_asked(text: str | None) -> Period:
    """The period of a query; this month without one. Raises ``InvalidInput``."""
    return read_period(text) if text else this_month(clock.now())


def number_of(value: Any) -> float:
    """Raises ``InvalidInput``."""
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > 1e9:
        raise InvalidInput("value must be a number")
    return float(value)


def figure_json(figure: Figure) -> dict[str, Any]:
    indicator, counted, entry = figure.indicator, figure.counted, figure.entry
    return {
        "id": indicator.id,
        "name": indicator.name,
        "counts": indicator.counts,
        "unit": indicator.unit.value,
        "period": figure.period.id,
        "store": figure.store,
        "value": figure.value,
        "numerator": counted.hits if counted else None,
        "denominator": counted.cases if counted else None,
        "target": indicator.target,
        "standing": figure.standing.value,
        "by_hand": indicator.by_hand,
        "by_store": indicator.by_store,
        "note": entry.note if entry else None,
        "entered_by": entry.entered_by if entry else None,
        "entered_at": iso(entry.entered_at) if entry else None,
    }


def row_json(row: Row) -> dict[str, Any]:
    return {
        "id": row.id,
        "at": iso(row.at),
        "hit": row.hit,
        "conversation_id": row.conversation_id,
        "customer_id": row.customer_id,
    }
