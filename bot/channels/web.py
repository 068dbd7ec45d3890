"""The website's channel: sessions, messages in by POST, rows out by server-sent events."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse, json

from bot import clock
from bot.channels.requests import any_text_field, json_object, text_field
from bot.channels.rest import is_loopback
from bot.channels.web_files import add_file_routes
from bot.channels.web_signals import add_signal_routes, visitor_of
from bot.channels.web_stream import send_rows
from bot.domain.errors import InvalidInput
from bot.services.content.snapshot import ContentStore
from bot.services.message_json import message_json
from bot.services.messages import Inbound, messages_after
from bot.services.texts import is_storable
from bot.services.throttle import Flood
from bot.services.turns import Turns
from bot.services.visitors import Visitor, attendant, find_visitor, open_visitor
from bot.services.wakeups import Wakeups
from bot.store.database import Database

HEARTBEAT_SECONDS = 10.0
LONGEST_ACCEPTED = 20_000
LONGEST_PAGE = 500
Count = Callable[[Request, Visitor | None], None]
"""Counts a visitor's message or file, or a new visitor; raises ``TooManyRequests``."""


def web_channel(
    database: Database,
    content: ContentStore,
    turns: Turns,
    wakeups: Wakeups,
    flood: Flood,
    uploads: Path,
    heartbeat: float = HEARTBEAT_SECONDS,
) -> Blueprint:
    """The routes under ``/web``; every one but ``/web/session`` needs the session's token.

    ``flood``: what is too much; ``uploads``: the folder of files that customers send. ``heartbeat``: after so many
    seconds of silence a stream sends a comment; it must be less than the application's RESPONSE_TIMEOUT, which counts
    from the last byte sent.
    """
    blueprint = Blueprint("web", url_prefix="/web")
    add_signal_routes(blueprint, database, wakeups)

    def count(request: Request, visitor: Visitor | None) -> None:
        """A visitor's message or file, or a new visitor; raises ``TooManyRequests``."""
        if visitor is not None:
            flood.visitor(visitor.conversation_id)
        if not is_loopback(request):
            flood.address(request.ip)

    add_file_routes(blueprint, database, turns, uploads, count)
    _add_session(blueprint, database, content, count)
    _add_messages(blueprint, database, turns, wakeups, count)
    _add_stream(blueprint, database, wakeups, heartbeat)
    return blueprint


def _add_session(blueprint: Blueprint, database: Database, content: ContentStore, count: Count) -> None:
    @blueprint.post("/session")
    async def session(request: Request) -> HTTPResponse:
        body = json_object(request)
        token, page = text_field(body, "token", required=False), _page(body)
        if not token or await asyncio.to_thread(find_visitor, database, token) is None:
            count(request, None)
        visitor, token = await asyncio.to_thread(open_visitor, database, token, clock.now(), page)
        profile = (await asyncio.to_thread(content.current)).dealership.profile
        return json(
            {
                "token": token,
                "conversation": visitor.conversation_id,
                "last_seq": visitor.last_seq,
                "assistant": profile.assistant,
                "brand": profile.brand,
                "accent_color": profile.accent_color,
                "adviser": await asyncio.to_thread(attendant, database, visitor.conversation_id),
            }
        )


def _add_messages(
    blueprint: Blueprint, database: Database, turns: Turns, wakeups: Wakeups, count: Count
) -> None:
    @blueprint.get("/messages")
    async def history(request: Request) -> HTTPResponse:
        visitor = await visitor_of(request, database)
        after, limit = _number(request, "after", 0), _number(request, "limit", 200)
        rows = await asyncio.to_thread(
            messages_after, database, visitor.conversation_id, after, min(limit, 500)
        )
        return json({"messages": [message_json(row) for row in rows], "last_seq": visitor.last_seq})

    @blueprint.post("/messages")
    async def post(request: Request) -> HTTPResponse:
        visitor = await visitor_of(request, database)
        count(request, visitor)
        body = json_object(request)
        text = any_text_field(body, "text", LONGEST_ACCEPTED, required=False) or ""
        client_id = text_field(body, "client_id", 120)
        payload = text_field(body, "payload", 2000, required=False)
        wakeups.writes(visitor.conversation_id, "customer", on=False)
        received, _ = await turns.take(Inbound("web", visitor.sender, text, client_id, payload))
        return json({"seq": received.seq, "duplicate": received.duplicate}, status=202)


def _add_stream(blueprint: Blueprint, database: Database, wakeups: Wakeups, heartbeat: float) -> None:
    @blueprint.get("/stream")
    async def stream(request: Request) -> None:
        visitor = await visitor_of(request, database)
        after = _number_of(
            "Last-Event-ID", request.headers.get("last-event-id"), _number(request, "after", 0)
        )
        response = await request.respond(
            content_type="text/event-stream; charset=utf-8",
            headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
        )
        with wakeups.listening(visitor.conversation_id) as listener:
            await send_rows(response, database, visitor, after, wakeups, listener, heartbeat)


def _number(request: Request, name: str, default: int) -> int:
    return _number_of(name, request.args.get(name), default)


def _number_of(name: str, text: str | None, default: int) -> int:
    if not text:
        return default
    if not (text.isascii() and text.isdigit()) or len(text) > 15:
        raise InvalidInput(f"{name} must be a number")
    return int(text)


def _page(body: dict[str, Any]) -> str | None:
    """The address from which the customer writes, without its query, which may name a person; one that is none is left
    out, a chat must open."""
    page = body.get("page")
    if not isinstance(page, str) or len(page) > LONGEST_PAGE or not is_storable(page):
        return None
    return re.split("[?#]", page)[0] if page.startswith(("http://", "https://")) else None
