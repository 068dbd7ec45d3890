"""The staff API under ``/api/staff``, described at ``/api/openapi.json``. Each subject has a module of its name."""

from __future__ import annotations

from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse, json

from bot.api.appointments import add_appointment_routes
from bot.api.audit import add_audit_routes
from bot.api.capacity import add_capacity_routes
from bot.api.cases import add_case_routes
from bot.api.catalogue import add_catalogue_route
from bot.api.content import add_content_routes
from bot.api.conversations import add_conversation_routes
from bot.api.customer_import import add_customer_import_route
from bot.api.customers import add_customer_routes
from bot.api.dealership import add_dealership_routes
from bot.api.description import describe
from bot.api.desk import add_desk_routes
from bot.api.events import add_event_routes
from bot.api.indicators import add_indicator_routes
from bot.api.leads import add_lead_routes
from bot.api.outbox import add_outbox_routes
from bot.api.parts import Parts
from bot.api.privacy import add_privacy_routes
from bot.api.session import add_session_routes
from bot.api.stream import add_stream_route
from bot.api.tasks import add_task_routes
from bot.api.unanswered import add_unanswered_routes
from bot.api.understanding import add_understanding_routes
from bot.api.uploads import add_upload_route
from bot.api.users import add_user_routes
from bot.api.wechat_links import add_wechat_link_routes
from bot.api.workplace import add_workplace_routes
from bot.domain.errors import NotFound


def staff_api(parts: Parts) -> Blueprint:
    """The routes; all but login need ``Authorization: Bearer <token>`` or the console's session (``bot.api.gate``)."""
    blueprint = Blueprint("staff_api", url_prefix="/api")
    database, content, gate = parts.database, parts.content, parts.gate

    @blueprint.get("/openapi.json")
    async def openapi(_: Request) -> HTTPResponse:
        return json(describe())

    add_session_routes(blueprint, database, gate, parts.throttle)
    add_conversation_routes(blueprint, parts)
    add_desk_routes(blueprint, parts)
    add_case_routes(blueprint, parts)
    add_task_routes(blueprint, parts)
    add_event_routes(blueprint, parts)
    add_privacy_routes(blueprint, parts)
    add_indicator_routes(blueprint, parts)
    add_catalogue_route(blueprint, parts)
    add_customer_routes(blueprint, parts)
    add_customer_import_route(blueprint, parts)
    add_wechat_link_routes(blueprint, parts)
    add_lead_routes(blueprint, parts)
    add_appointment_routes(blueprint, parts)
    add_capacity_routes(blueprint, parts)
    add_content_routes(blueprint, database, content, gate)
    add_unanswered_routes(blueprint, database, content, gate)
    add_understanding_routes(blueprint, parts)
    add_user_routes(blueprint, parts)
    add_outbox_routes(blueprint, parts)
    add_audit_routes(blueprint, parts)
    add_dealership_routes(blueprint, parts)

    add_workplace_routes(blueprint, parts)
    add_upload_route(blueprint, parts)
    add_stream_route(blueprint, parts)

    @blueprint.route("/staff/<rest:path>", methods=["GET", "POST", "PUT", "DELETE", "PATCH"])
    async def unknown(request: Request, rest: str) -> HTTPResponse:
        await gate(request)
        raise NotFound(f"no such route: {rest}")

    return blueprint
