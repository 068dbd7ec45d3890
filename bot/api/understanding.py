"""How a sentence is understood, in the staff API: the line that ``python -m bot understand`` prints."""

from __future__ import annotations

from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse, json

from bot.api.parameters import body_of, needed, text_of
from bot.api.parts import Parts
from bot.domain.errors import NotFound
from bot.domain.staff import Permission

LONGEST = 500


def add_understanding_routes(blueprint: Blueprint, parts: Parts) -> None:
    """``POST /staff/understand``."""

    @blueprint.post("/staff/understand")
    async def understand(request: Request) -> HTTPResponse:
        await parts.gate(request, Permission.EDIT_CONTENT)
        text = needed("text", text_of(body_of(request, "text"), "text", LONGEST))
        if parts.understand is None:
            raise NotFound("no model is loaded")
        return json(await parts.understand(text))
