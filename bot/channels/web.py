"""The website's channel: sessions, messages in by POST, rows out by server-sent events."""

from __future__ import annotations

import asyncio
import json as json_module
from typing import Any

from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse, json

from bot import clock
from bot.channels.requests import any_text_field, json_object, text_field
from bot.channels.rest import is_loopback
from bot.domain.errors import InvalidInput, NotAllowed, TooManyRequests
from bot.services.content.snapshot import ContentStore
from bot.services.credentials import bearer_token
from bot.services.message_json import message_json
from bot.services.messages import Inbound, messages_after
from bot.services.throttle import Limiter
from bot.services.turns import Turns
from bot.services.visitors import Visitor, find_visitor, open_visitor
from bot.services.wakeups import Listener, Wakeups
from bot.store.database import Database

HEARTBEAT_SECONDS = 10.0
MESSAGES_PER_MINUTE = 30
LONGEST_ACCEPTED = 20_000


def web_channel(
    database: Database,
    content: ContentStore,
    turns: Turns,
    wakeups: Wakeups,
    rate_limit: bool,
    heartbeat: float = HEARTBEAT_SECONDS,
) -> Blueprint:
    """The routes under ``/web``; every one but ``/web/session`` needs the session's token.

    ``heartbeat``: after so many seconds of silence a stream sends a comment; it must be less than the
    application's RESPONSE_TIMEOUT, which counts from the last byte sent.
    """
    blueprint = Blueprint("web", url_prefix="/web")
    limiter = Limiter(MESSAGES_PER_MINUTE) if rate_limit else None

    @blueprint.post("/session")
    async def session(request: Request) -> HTTPResponse:
        token = text_field(json_object(request), "token", required=False)
        visitor, token = await _in_thread(open_visitor, database, token, clock.now())
        profile = (await _in_thread(content.current)).dealership.profile
        return json(
            {
                "token": token,
                "conversation": visitor.conversation_id,
                "last_seq": visitor.last_seq,
                "assistant": profile.assistant,
                "brand": profile.brand,
                "accent_color": profile.accent_color,
            }
        )

    @blueprint.get("/messages")
    async def history(request: Request) -> HTTPResponse:
        visitor = await _visitor(request, database)
        after, limit = _number(request, "after", 0), _number(request, "limit", 200)
        rows = await _in_thread(messages_after, database, visitor.conversation_id, after, min(limit, 500))
        return json({"messages": [message_json(row) for row in rows], "last_seq": visitor.last_seq})

    @blueprint.post("/messages")
    async def post(request: Request) -> HTTPResponse:
        visitor = await _visitor(request, database)
        if limiter and not (is_loopback(request) or limiter.allows(visitor.conversation_id)):
            raise TooManyRequests("too many messages")
        body = json_object(request)
        text = any_text_field(body, "text", LONGEST_ACCEPTED, required=False) or ""
        client_id = text_field(body, "client_id", 120)
        payload = text_field(body, "payload", 2000, required=False)
        received, _ = await turns.take(Inbound("web", visitor.sender, text, client_id, payload))
        return json({"seq": received.seq, "duplicate": received.duplicate}, status=202)

    @blueprint.get("/stream")
    async def stream(request: Request) -> None:
        visitor = await _visitor(request, database)
        after = _number_of(
            "Last-Event-ID", request.headers.get("last-event-id"), _number(request, "after", 0)
        )
        response = await request.respond(
            content_type="text/event-stream; charset=utf-8",
            headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
        )
        with wakeups.listening(visitor.conversation_id) as listener:
            await _send_rows(response, database, visitor, after, listener, heartbeat)

    return blueprint


async def _send_rows(
    response: Any, database: Database, visitor: Visitor, after: int, listener: Listener, heartbeat: float
) -> None:
    """Send what is new, for as long as the client listens; a comment keeps a silent stream alive."""
    typing = False
    await response.send(": connected\n\n")
    while not listener.closed:
        rows = await _in_thread(messages_after, database, visitor.conversation_id, after)
        for row in rows:
            after = row.seq
            await response.send(_event("message", message_json(row), row.seq))
        if listener.typing != typing:
            typing = listener.typing
            await response.send(_event("typing", {"on": typing}))
        if not rows and not await listener.wait(heartbeat):
            await response.send(": still here\n\n")


def _event(name: str, data: dict[str, Any], id_: int | None = None) -> str:
    head = f"id: {id_}\n" if id_ is not None else ""
    return f"{head}event: {name}\ndata: {json_module.dumps(data, ensure_ascii=False)}\n\n"


async def _visitor(request: Request, database: Database) -> Visitor:
    token = bearer_token(request.headers.get("authorization"))
    visitor = await _in_thread(find_visitor, database, token) if token else None
    if visitor is None:
        raise NotAllowed("no such session")
    return visitor


def _number(request: Request, name: str, default: int) -> int:
    return _number_of(name, request.args.get(name), default)


def _number_of(name: str, text: str | None, default: int) -> int:
    if not text:
        return default
    if not (text.isascii() and text.isdigit()) or len(text) > 15:
        raise InvalidInput(f"{name} must be a number")
    return int(text)


async def _in_thread(function: Any, *arguments: Any) -> Any:
    return await asyncio.get_running_loop().run_in_executor(None, function, *arguments)
