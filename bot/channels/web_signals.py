"""What the chat tells by itself: that the customer writes, and how far messages have come."""

from __future__ import annotations

import asyncio
from typing import Any

from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse, json

from bot.channels.requests import json_object
from bot.domain.errors import InvalidInput, NotAllowed
from bot.services import logs
from bot.services.credentials import bearer_token
from bot.services.receipts import customer_saw
from bot.services.throttle import Limiter
from bot.services.visitors import Visitor, find_visitor
from bot.services.wakeups import Wakeups
from bot.store.database import Database

SIGNALS_PER_MINUTE = 120
_LARGEST_SEQ = 2**31 - 1


def add_signal_routes(blueprint: Blueprint, database: Database, wakeups: Wakeups) -> None:
    """``/web/typing`` and ``/web/seen``. One more than enough is dropped, which is no error of the customer's."""
    limiter = Limiter(SIGNALS_PER_MINUTE)

    @blueprint.post("/typing")
    async def typing(request: Request) -> HTTPResponse:
        visitor = await visitor_of(request, database)
        on = json_object(request).get("on", True)
        if not isinstance(on, bool):
            raise InvalidInput("on must be true or false")
        if limiter.allows(visitor.conversation_id):
            wakeups.writes(visitor.conversation_id, "customer", on=on)
        return json({}, status=202)

    @blueprint.post("/seen")
    async def seen(request: Request) -> HTTPResponse:
        visitor = await visitor_of(request, database)
        body = json_object(request)
        delivered, read = _seq(body, "delivered"), _seq(body, "read")
        id_ = visitor.conversation_id
        if limiter.allows(id_) and await asyncio.to_thread(customer_saw, database, id_, delivered, read):
            wakeups.staff_news()
        return json({}, status=202)


async def visitor_of(request: Request, database: Database) -> Visitor:
    """Whose session the request names; raises ``NotAllowed``."""
    token = bearer_token(request.headers.get("authorization"))
    visitor = await asyncio.to_thread(find_visitor, database, token) if token else None
    if not isinstance(visitor, Visitor):
        raise NotAllowed("no such session")
    logs.request_is_about(visitor.conversation_id)
    return visitor


def _seq(body: dict[str, Any], name: str) -> int:
    value = body.get(name, 0)
    if type(value) is not int or not 0 <= value <= _LARGEST_SEQ:
        raise InvalidInput(f"{name} must be a sequence number")
    return value
