"""The files of conversations, for whoever knows their address: customers have no account to sign in with."""

from __future__ import annotations

import asyncio
from pathlib import Path
from urllib.parse import quote

from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse, file

from bot.services.uploads import StoredFile, find_file
from bot.store.database import Database

POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'none'"
"""Whatever is in a file, it runs nothing; browsers show a picture with a style sheet of their own."""


def files(database: Database, folder: Path) -> Blueprint:
    """``/files/<token>/<name>``: pictures are shown, anything else is saved. The name is for people."""
    blueprint = Blueprint("files", url_prefix="/files")

    @blueprint.get("/<token:str>/<name:str>")
    async def read(_: Request, token: str, name: str) -> HTTPResponse:
        found, path = await asyncio.to_thread(find_file, database, folder, token)
        answer = await file(path, mime_type=found.content_type, headers=_headers(found))
        assert isinstance(answer, HTTPResponse)
        return answer

    return blueprint


def _headers(found: StoredFile) -> dict[str, str]:
    kind = "inline" if found.is_picture else "attachment"
    return {
        "Content-Disposition": f"{kind}; filename*=UTF-8''{quote(found.name)}",
        "Content-Security-Policy": POLICY,
        "Cache-Control": "private, max-age=86400, immutable",
        "X-Robots-Tag": "noindex",
        "Cross-Origin-Resource-Policy": "cross-origin",
    }
