"""A file of customers and their cars, taken by the staff API: all of it or nothing."""

from __future__ import annotations

import asyncio
from typing import Any

from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse, json

from bot import clock
from bot.api.parameters import needed, storable, switch_of
from bot.api.parts import Parts
from bot.api.schemas import FLAG, NUMBER, TEXT, array, operation, query, record
from bot.domain.staff import Permission
from bot.services import uploads
from bot.services.exchange.customers import CustomerReport, import_customers


def add_customer_import_route(blueprint: Blueprint, parts: Parts) -> None:
    """``POST /staff/customers/import``: the body is the file itself, read only after its sender is known."""

    @blueprint.post("/staff/customers/import", stream=True)
    async def import_file(request: Request) -> HTTPResponse:
        staff = await parts.gate(request, Permission.EDIT_DEALERSHIP)
        name = needed("name", storable("name", request.args.get("name")))
        dry_run = bool(switch_of("dry_run", request.args.get("dry_run")))
        data = await uploads.read_file(request.stream.read)
        dealership = (await asyncio.to_thread(parts.content.current)).dealership
        report = await asyncio.to_thread(
            import_customers,
            parts.database,
            parts.home,
            dealership,
            clock.now(),
            name,
            data,
            staff.actor,
            dry_run,
        )
        return json(_report_json(report))


def customer_import_paths() -> dict[str, Any]:
    """``/api/staff/customers/import``."""
    report = record(
        customers={**NUMBER, "description": "new ones"},
        cars={**NUMBER, "description": "new ones"},
        changed=array(record(row=TEXT, what={**TEXT, "description": "which columns, in Chinese"})),
        unchanged={**NUMBER, "description": "rows"},
        warnings={
            **array(TEXT),
            "description": "what was left out, or taken in another way than it is written, in Chinese",
        },
        summary=TEXT,
    )
    described = operation(
        "Take customers and their cars from a CSV or Excel file: all of it or nothing. The same file again changes "
        "nothing; an empty cell leaves what is there; who was erased is left out, and warnings say so. 400 has "
        "problems: every fault by row and column, in Chinese.",
        report,
        query("name", TEXT, "of the file; its ending says what it is", required=True),
        query("dry_run", FLAG, "only look whether it could be done"),
        s413="larger than 8 MB",
    )
    content = {"application/octet-stream": {"schema": {**TEXT, "format": "binary"}}}
    body = {"required": True, "content": content}
    return {"/api/staff/customers/import": {"post": {**described, "requestBody": body}}}


def _report_json(report: CustomerReport) -> dict[str, Any]:
    return {
        "customers": report.customers,
        "cars": report.cars,
        "changed": [{"row": row, "what": what} for row, what in report.changed],
        "unchanged": report.unchanged,
        "warnings": report.warnings,
        "summary": report.summary,
    }
