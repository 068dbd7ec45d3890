"""The staff API under ``/api/staff``, described at ``/api/openapi.json``. Content has its routes in ``content.py``."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta, timezone
from typing import Any

from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse, json

from bot import clock
from bot.api.content import add_content_routes
from bot.api.description import describe
from bot.api.unanswered import add_unanswered_routes
from bot.clock import TIME_ZONE
from bot.domain.cases import CaseKind
from bot.domain.conversation import Owner
from bot.domain.errors import InvalidInput, NotFound
from bot.services import cases, conversations, messages, staff
from bot.services.content.snapshot import ContentStore
from bot.services.credentials import bearer_token
from bot.services.message_json import message_json
from bot.services.texts import is_storable
from bot.services.throttle import LoginThrottle
from bot.services.visits import BookedVisit, list_visits
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
        _storable("username", username)
        _storable("password", password)
        throttle.attempt(request.ip)
        token = await _in_thread(staff.log_in, database, username, password[:200], clock.now())
        throttle.succeeded(request.ip)
        return json({"token": token})

    @blueprint.get("/staff/appointments")
    async def appointments(request: Request) -> HTTPResponse:
        await _require_staff(request, database)
        phone = _storable("phone", request.args.get("phone"))
        from_, to = _time(request, "from"), _time(request, "to", end=True)
        dealership = (await _in_thread(content.current)).dealership
        visits = await _in_thread(list_visits, database, dealership, phone, from_, to)
        return json([_appointment_json(visit) for visit in visits])

    @blueprint.get("/staff/conversations")
    async def all_conversations(request: Request) -> HTTPResponse:
        await _require_staff(request, database)
        owner = _choice(Owner, request.args.get("state"), "state")
        rows = await _in_thread(conversations.list_conversations, database, owner)
        return json([_conversation_json(row) for row in rows])

    @blueprint.get("/staff/conversations/<conversation_id:str>/messages")
    async def transcript(request: Request, conversation_id: str) -> HTTPResponse:
        await _require_staff(request, database)
        _storable("id", conversation_id)
        await _in_thread(conversations.conversation, database, conversation_id)
        rows = await _in_thread(messages.messages_after, database, conversation_id, 0, 10_000)
        return json([{**message_json(row), "template": row.template} for row in rows])

    @blueprint.get("/staff/cases")
    async def all_cases(request: Request) -> HTTPResponse:
        await _require_staff(request, database)
        kind = _choice(CaseKind, request.args.get("kind"), "kind")
        return json([_case_json(row) for row in await _in_thread(cases.list_cases, database, kind)])

    async def authenticate(request: Request) -> str:
        return await _require_staff(request, database)

    add_content_routes(blueprint, database, content, authenticate)
    add_unanswered_routes(blueprint, database, content, authenticate)

    @blueprint.route("/staff/<rest:path>", methods=["GET", "POST", "PUT", "DELETE", "PATCH"])
    async def unknown(request: Request, rest: str) -> HTTPResponse:
        await _require_staff(request, database)
        raise NotFound(f"no such route: {rest}")

    return blueprint


async def _require_staff(request: Request, database: Database) -> str:
    token = bearer_token(request.headers.get("authorization"))
    return await _in_thread(staff.staff_of_token, database, token, clock.now())


def _storable(name: str, text: str | None) -> str | None:
    """Raises ``InvalidInput`` for what no database can look for."""
    if text is not None and not is_storable(text):
        raise InvalidInput(f"{name} has characters that cannot be stored")
    return text


def _appointment_json(visit: BookedVisit) -> dict[str, Any]:
    return {
        "id": visit.id,
        "kind": visit.kind.value,
        "store": visit.store,
        "model": visit.model,
        "items": list(visit.items),
        "start": visit.start.isoformat(timespec="seconds"),
        "end": visit.end.isoformat(timespec="seconds"),
        "status": visit.status.value,
        "code": visit.code,
        "name": visit.name,
        "phone": visit.phone,
        "plate": visit.plate,
        "mileage": visit.mileage,
        "resources": list(visit.resources),
        "conversation_id": visit.conversation_id,
    }


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


def _time(request: Request, name: str, end: bool = False) -> datetime | None:
    """A query parameter as a time; a date alone means its beginning, or with ``end`` the whole day."""
    text = request.args.get(name)
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text.replace("Z", "+00:00").replace(" ", "+"))
        if end and len(text) == 10:
            moment += timedelta(days=1)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=TIME_ZONE)
        moment.astimezone(timezone.utc)  # what the database will be asked for
    except (ValueError, OverflowError) as error:
        raise InvalidInput(f"{name} must be an ISO 8601 date or time") from error
    return moment


def _choice(enum: Any, text: str | None, name: str) -> Any:
    if not text:
        return None
    try:
        return enum(text)
    except ValueError as error:
        raise InvalidInput(f"{name} must be one of {', '.join(item.value for item in enum)}") from error


async def _in_thread(function: Any, *arguments: Any) -> Any:
    return await asyncio.get_running_loop().run_in_executor(None, function, *arguments)
