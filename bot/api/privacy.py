"""A customer's own data in the staff API: a copy of it, and deleting it everywhere."""

from __future__ import annotations

import asyncio

from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse, json, raw

from bot import clock
from bot.api.customers import plain
from bot.api.parameters import body_of, needed, text_of
from bot.api.parts import Parts
from bot.domain.errors import InvalidInput, NotFound
from bot.domain.staff import Permission
from bot.services import audit, privacy
from bot.services.customers import whole_number


def add_privacy_routes(blueprint: Blueprint, parts: Parts) -> None:
    """``/staff/customers/{id}/copy`` and ``…/erase``."""
    database, gate = parts.database, parts.gate

    @blueprint.get("/staff/customers/<id_:str>/copy")
    async def copy_of_customer(request: Request, id_: str) -> HTTPResponse:
        staff = await gate(request, Permission.READ_AUDIT)
        customer, now = plain(id_), clock.now()
        phone = await asyncio.to_thread(whole_number, database, customer)
        packed = await asyncio.to_thread(privacy.copy_of, database, parts.home, phone, now)
        await asyncio.to_thread(
            audit.note_now, database, staff.actor, "customer.exported", now, subject=customer
        )
        name = {
            "Content-Disposition": 'attachment; filename="personal-data.zip"',
            "Cache-Control": "no-store",
        }
        return raw(packed, content_type="application/zip", headers=name)

    @blueprint.post("/staff/customers/<id_:str>/erase")
    async def erase_customer(request: Request, id_: str) -> HTTPResponse:
        staff = await gate(request, Permission.READ_AUDIT)
        body = body_of(request, "last_digits", "force")
        digits = needed("last_digits", text_of(body, "last_digits"))
        force = body.get("force", False)
        if not isinstance(force, bool):
            raise InvalidInput("force must be true or false")
        phone = await asyncio.to_thread(whole_number, database, plain(id_))
        if digits != phone[-4:]:
            raise NotFound("the last four digits of the number are others")
        erased = await asyncio.to_thread(
            privacy.erase, database, parts.home, phone, staff.actor, clock.now(), force
        )
        parts.wakeups.staff_news()
        return json({"rows": erased.rows, "archived": erased.archived})
