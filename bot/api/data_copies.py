"""The copy of a customer's data, at an address that was told to them alone and works once."""

from __future__ import annotations

import asyncio
from pathlib import Path

from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse, raw, text

from bot import clock
from bot.domain.errors import NotFound
from bot.services.content.snapshot import ContentStore
from bot.services.privacy import fetch_copy
from bot.services.replies import reply_for
from bot.services.texts import is_storable
from bot.store.database import Database

HEADERS = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex", "Referrer-Policy": "no-referrer"}
LONGEST_TOKEN = 43
UNKNOWN = "utter_data_copy_unknown"
_FILE = {"Content-Disposition": 'attachment; filename="my-data.zip"'}


def data_copies(database: Database, content: ContentStore, home: Path) -> Blueprint:
    """``/my-data/<token>.zip``. A preview that asks for the head alone does not use it up."""
    blueprint = Blueprint("data_copies", url_prefix="/my-data")

    @blueprint.get("/<name:str>")
    async def copy(request: Request, name: str) -> HTTPResponse:
        try:
            token = name.removesuffix(".zip")
            if len(token) > LONGEST_TOKEN or not is_storable(token):
                raise NotFound("no such copy")
            packed = await asyncio.to_thread(fetch_copy, database, home, token, clock.now())
        except NotFound:
            reply = reply_for(content.current(), UNKNOWN, {})
            return text(reply["text"] if reply else "not found", status=404, headers=HEADERS)
        return raw(packed, headers={**HEADERS, **_FILE}, content_type="application/zip")

    return blueprint
