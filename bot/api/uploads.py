"""Files that staff send to customers; ``bot.api.files`` serves them."""

from __future__ import annotations

import asyncio
from typing import Any

from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse, json

from bot import clock
from bot.api.parts import Parts
from bot.api.schemas import NUMBER, TEXT, operation, query, record, ref
from bot.domain.errors import NotFound
from bot.domain.staff import Permission
from bot.services import uploads
from bot.services.audit import note_now


def add_upload_route(blueprint: Blueprint, parts: Parts) -> None:
    """``POST /staff/uploads``: the body is the file itself, read only after its sender is known."""

    @blueprint.post("/staff/uploads", stream=True)
    async def upload(request: Request) -> HTTPResponse:
        staff = await parts.gate(request, Permission.CONVERSE)
        if parts.uploads is None:
            raise NotFound("this installation keeps no files")
        content = await uploads.read_file(request.stream.read)
        now = clock.now()
        kept = await asyncio.to_thread(
            uploads.keep_file,
            parts.database,
            parts.uploads,
            content,
            request.args.get("name"),
            now,
            staff.username,
        )
        about = {"subject": kept.token[:8], "details": {"type": kept.content_type, "size": kept.size}}
        await asyncio.to_thread(note_now, parts.database, staff.actor, "file.uploaded", now, **about)
        return json({"token": kept.token, **kept.as_json()})


def upload_paths() -> dict[str, Any]:
    """``/api/staff/uploads``."""
    described = operation(
        "Keep a file that a reply sends by its token; one that no reply sends is deleted after a day.",
        ref("Upload"),
        query("name", TEXT, "of the file; its ending follows from what the file is"),
        s413="larger than 8 MB",
        s415="neither a picture (jpeg, png, webp, gif) nor pdf",
    )
    content = {"application/octet-stream": {"schema": {**TEXT, "format": "binary"}}}
    return {
        "/api/staff/uploads": {"post": {**described, "requestBody": {"required": True, "content": content}}}
    }


def upload_schemas() -> dict[str, Any]:
    return {
        "Upload": record(
            token=TEXT,
            url={**TEXT, "description": "where everybody who knows it can read the file"},
            name=TEXT,
            type=TEXT,
            size={**NUMBER, "description": "bytes"},
        )
    }
