"""The unanswered list in the staff API: what was not understood, and closing it."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any

from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse, json

from bot import clock
from bot.api.gate import Gate
from bot.domain.errors import InvalidInput, NotFound
from bot.domain.staff import Permission
from bot.services import unanswered
from bot.services.content.editing import Editor
from bot.services.content.fields import moment_of
from bot.services.content.snapshot import ContentStore
from bot.services.teaching import to_faq
from bot.services.texts import is_storable
from bot.services.unanswered import State, UnansweredView
from bot.store.database import Database

LISTED = (State.OPEN, State.RESOLVED, State.IGNORED)
CLOSED = (State.RESOLVED, State.IGNORED)
MOST = 200
_LARGEST_ID = 2**31 - 1


def add_unanswered_routes(
    blueprint: Blueprint, database: Database, content: ContentStore, gate: Gate
) -> None:
    """``GET /staff/unanswered`` and ``POST /staff/unanswered/{id}/resolve``."""

    @blueprint.get("/staff/unanswered")
    async def list_unanswered(request: Request) -> HTTPResponse:
        await gate(request, Permission.EDIT_CONTENT)
        state = _state(request.args.get("state") or State.OPEN.value, LISTED)
        since, limit = _since(request.args.get("since")), _limit(request.args.get("limit"))
        found = await asyncio.to_thread(
            unanswered.list_unanswered, database, clock.now(), state, since, limit
        )
        return json([unanswered_json(each) for each in found])

    @blueprint.post("/staff/unanswered/<id_:int>/resolve")
    async def resolve(request: Request, id_: int) -> HTTPResponse:
        caller = await gate(request, Permission.EDIT_CONTENT)
        if not 0 < id_ <= _LARGEST_ID:
            raise NotFound(f"nothing unanswered has the number {id_}")
        body = request.json if request.body else {}
        if not isinstance(body, dict) or body.keys() - {"state", "topic", "question", "note"}:
            raise InvalidInput("the body must be a JSON object with state, topic, question and note at most")
        topic, note = _text(body, "topic"), _text(body, "note")
        question = _text(body, "question") or None
        if topic:
            by = Editor(caller.username, caller.may(Permission.APPROVE_CONTENT))
            snapshot = await asyncio.to_thread(content.current)
            await asyncio.to_thread(to_faq, database, snapshot, id_, topic, by, clock.now(), question)
        else:
            state = _state(body.get("state", State.RESOLVED.value), CLOSED)
            await asyncio.to_thread(
                unanswered.resolve, database, id_, state, caller.username, note, clock.now()
            )
        return json(unanswered_json(await asyncio.to_thread(unanswered.find, database, id_)))


def unanswered_json(found: UnansweredView) -> dict[str, Any]:
    """One line of the list."""
    return {
        "id": found.id,
        "kind": found.kind.value,
        "state": found.state.value,
        "text": found.text,
        "count": found.count,
        "conversation_id": found.conversation_id,
        "seq": found.seq,
        "candidates": list(found.candidates),
        "intents": list(found.intents),
        "resolved_by": found.resolved_by,
        "resolution": found.resolution,
        "created_at": found.created_at.isoformat(timespec="seconds"),
    }


def _state(text: Any, choices: tuple[State, ...]) -> State:
    for state in choices:
        if text == state.value:
            return state
    raise InvalidInput(f"state must be one of {', '.join(state.value for state in choices)}")


def _since(text: str | None) -> datetime | None:
    try:
        return moment_of(text.replace(" ", "+") if "T" in text else text) if text else None
    except ValueError as error:
        raise InvalidInput("since must be an ISO 8601 date or time from 1970 on") from error


def _limit(text: str | None) -> int:
    if text is None:
        return MOST
    if not (text.isascii() and text.isdigit() and len(text) < 10 and 0 < int(text) <= MOST):
        raise InvalidInput(f"limit must be a number from 1 to {MOST}")
    return int(text)


def _text(body: dict[str, Any], name: str) -> str:
    text = body.get(name) or ""
    if not isinstance(text, str) or not is_storable(text) or len(text) > MOST:
        raise InvalidInput(f"{name} must be a text of at most {MOST} characters")
    return text
