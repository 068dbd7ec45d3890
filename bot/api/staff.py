"""The staff API under ``/api/staff``, described at ``/api/openapi.json``. Each subject has a module of its name."""

from __future__ import annotations

from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse, json

from bot.api.appointments import add_appointment_routes
from bot.api.capacity import add_capacity_routes
from bot.api.cases import add_case_routes
from bot.api.content import add_content_routes
from bot.api.conversations import add_conversation_routes
from bot.api.description import describe
from bot.api.parts import Parts
from bot.api.session import add_session_routes
from bot.api.unanswered import add_unanswered_routes
from bot.domain.errors import NotFound
from bot.domain.staff import Permission


def staff_api(parts: Parts) -> Blueprint:
    """The routes; all but login need ``Authorization: Bearer <token>`` or the console's session (``bot.api.gate``)."""
    blueprint = Blueprint("staff_api", url_prefix="/api")
    database, content, gate = parts.database, parts.content, parts.gate

    @blueprint.get("/openapi.json")
    async def openapi(_: Request) -> HTTPResponse:
        return json(describe())

    async def authenticate(request: Request) -> str:
        return (await gate(request, Permission.BOOK)).username

    add_session_routes(blueprint, database, gate, parts.throttle)
    add_conversation_routes(blueprint, parts)
    add_case_routes(blueprint, database, gate)
    add_appointment_routes(blueprint, database, content, authenticate)
    add_capacity_routes(blueprint, database, content, authenticate)
    add_content_routes(blueprint, database, content, gate)
    add_unanswered_routes(blueprint, database, content, gate)

    @blueprint.route("/staff/<rest:path>", methods=["GET", "POST", "PUT", "DELETE", "PATCH"])
    async def unknown(request: Request, rest: str) -> HTTPResponse:
        await gate(request)
        raise NotFound(f"no such route: {rest}")

    return blueprint
