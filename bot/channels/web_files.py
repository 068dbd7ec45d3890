"""Pictures and documents that a website visitor sends: each is a message of theirs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse, json

from bot import clock
from bot.channels.requests import text_field
from bot.channels.web_signals import visitor_of
from bot.services import uploads
from bot.services.messages import Inbound
from bot.services.turns import Turns
from bot.services.visitors import Visitor
from bot.store.database import Database


def add_file_routes(
    blueprint: Blueprint,
    database: Database,
    turns: Turns,
    folder: Path,
    count: Callable[[Request, Visitor], None],
) -> None:
    """``POST /web/uploads?client_id=…&name=…``: the body is the file, read only after its sender is known."""

    @blueprint.post("/uploads", stream=True)
    async def upload(request: Request) -> HTTPResponse:
        visitor = await visitor_of(request, database)
        count(request, visitor)
        named = {name: request.args.get(name) for name in ("client_id", "name")}
        client_id = text_field(named, "client_id", 120)
        content = await uploads.read_file(request.stream.read)
        kept = await asyncio.to_thread(
            uploads.keep_file, database, folder, content, named["name"], clock.now()
        )
        inbound = Inbound("web", visitor.sender, "", client_id, attachment=kept.token)
        received, _ = await turns.take(inbound)
        return json({"seq": received.seq, "duplicate": received.duplicate}, status=202)
