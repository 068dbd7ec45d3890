"""The staff API under ``/api/staff``, described at ``/api/openapi.json``.

Appointments, capacity, content and the unanswered list have their routes in modules of their names.
"""

from __future__ import annotations

from typing import Any

from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse, json

from bot import clock
from bot.api.appointments import add_appointment_routes
from bot.api.capacity import add_capacity_routes
from bot.api.content import add_content_routes
from bot.api.description import describe
from bot.api.parameters import choice_of, in_thread, storable
from bot.api.unanswered import add_unanswered_routes
from bot.domain.cases import CaseKind
from bot.domain.conversation import Owner
from bot.domain.errors import InvalidInput, NotFound
from bot.services import cases, conversations, messages, staff
from bot.services.content.snapshot import ContentStore
from bot.services.credentials import bearer_token
from bot.services.message_json import message_json
from bot.services.throttle import LoginThrottle
from bot.store.database import Database


def staff_api(database: Database, content: ContentStore) -> Blueprint:
    """The routes; all but login need ``Authorization: Bearer <token>``."""
    blueprint = Blueprint("staff_api", url_prefix="/api")
    throttle = LoginThrottle()

    @blueprint.get("/openapi.json")
    async def openapi(_: Request) -> HTTPResponse:
        return json(describe())

    @blueprint.post("/staff/login")
    async def login(request: Request) -> HTTPResponse:
        body = request.json if isinstance(request.json, dict) else {}
        username, password = body.get("username"), body.get("password")
        if not isinstance(username, str) or not isinstance(password, str):
            raise InvalidInput("username and password are needed")
        storable("username", username)
        storable("password", password)
        throttle.attempt(request.ip)
        token = await in_thread(staff.log_in, database, username, password[:200], clock.now())
        throttle.succeeded(request.ip)
        return json({"token": token})

    @blueprint.get("/staff/conversations")
    async def all_conversations(request: Request) -> HTTPResponse:
        await _require_staff(request, database)
        owner = choice_of(Owner, request.args.get("state"), "state")
        rows = await in_thread(conversations.list_conversations, database, owner)
        return json([_conversation_json(row) for row in rows])

    @blueprint.get("/staff/conversations/<conversation_id:str>/messages")
    async def transcript(request: Request, conversation_id: str) -> HTTPResponse:
        await _require_staff(request, database)
        storable("id", conversation_id)
        await in_thread(conversations.conversation, database, conversation_id)
        rows = await in_thread(messages.messages_after, database, conversation_id, 0, 10_000)
        return json([{**message_json(row), "template": row.template} for row in rows])

    @blueprint.get("/staff/cases")
    async def all_cases(request: Request) -> HTTPResponse:
        await _require_staff(request, database)
        kind = choice_of(CaseKind, request.args.get("kind"), "kind")
        return json([_case_json(row) for row in await in_thread(cases.list_cases, database, kind)])

    async def authenticate(request: Request) -> str:
        return await _require_staff(request, database)

    add_appointment_routes(blueprint, database, content, authenticate)
    add_capacity_routes(blueprint, database, content, authenticate)
    add_content_routes(blueprint, database, content, authenticate)
    add_unanswered_routes(blueprint, database, content, authenticate)

    @blueprint.route("/staff/<rest:path>", methods=["GET", "POST", "PUT", "DELETE", "PATCH"])
    async def unknown(request: Request, rest: str) -> HTTPResponse:
        await _require_staff(request, database)
        raise NotFound(f"no such route: {rest}")

    return blueprint


async def _require_staff(request: Request, database: Database) -> str:
    token = bearer_token(request.headers.get("authorization"))
    return await in_thread(staff.staff_of_token, database, token, clock.now())


def _conversation_json(row: conversations.ConversationView) -> dict[str, Any]:
    return {
        "id": row.id,
        "sender": row.sender,
        "channel": row.channel,
        "state": row.owner.value,
        "created_at": row.created_at.isoformat(timespec="seconds"),
        "updated_at": row.updated_at.isoformat(timespec="seconds"),
    }


def _case_json(case: cases.CaseView) -> dict[str, Any]:
    return {
        "id": case.id,
        "kind": case.kind.value,
        "status": case.status.value,
        "conversation_id": case.conversation_id,
        "phone": case.phone,
        "details": case.details,
        "due_at": case.due_at.isoformat(timespec="seconds") if case.due_at else None,
        "created_at": case.created_at.isoformat(timespec="seconds"),
    }
