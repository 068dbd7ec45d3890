"""One-time codes in the staff API, by which a customer links their WeChat to what is on record of them."""

from __future__ import annotations

import asyncio

from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse, json

from bot import clock
from bot.api.customers import plain
from bot.api.parameters import body_of
from bot.api.parts import Parts
from bot.domain.staff import Permission
from bot.services.wechat import identity


def add_wechat_link_routes(blueprint: Blueprint, parts: Parts) -> None:
    """The route that makes a code for a customer."""

    @blueprint.post("/staff/customers/<id_:str>/wechat-code")
    async def make_code(request: Request, id_: str) -> HTTPResponse:
        staff = await parts.gate(request, Permission.SEE_CUSTOMERS)
        body_of(request)
        made = await asyncio.to_thread(
            identity.new_code, parts.database, plain(id_), staff.actor, clock.now()
        )
        return json({"code": made.code, "expires_at": made.expires_at.isoformat(timespec="seconds")})
