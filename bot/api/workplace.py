"""The consultant's workplace in the staff API: lists of conversations, typing, how far was read, standard replies."""

from __future__ import annotations

import asyncio

from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse, json

from bot import clock
from bot.api.parameters import body_of, choice_of, number_of, storable
from bot.api.parts import Parts
from bot.domain.conversation import Owner
from bot.domain.errors import InvalidInput
from bot.domain.staff import Permission
from bot.services import receipts, standard_replies, workplace
from bot.services.desk import require_own
from bot.services.workplace import OpenConversation, Scope
from bot.services.workplace_json import line_json

LONGEST_WORDS = 60
_LARGEST_SEQ = 2**31 - 1


def add_workplace_routes(blueprint: Blueprint, parts: Parts) -> None:
    """``/staff/desk``, ``/staff/colleagues``, ``/staff/standard-replies``, and those of an open conversation."""
    database, gate = parts.database, parts.gate

    @blueprint.get("/staff/desk")
    async def desk(request: Request) -> HTTPResponse:
        staff = await gate(request, Permission.CONVERSE)
        scope = choice_of(Scope, request.args.get("scope"), "scope") or Scope.MINE
        lines = await asyncio.to_thread(
            workplace.list_lines, database, staff, scope, clock.now(), _words(request)
        )
        return json([line_json(line) for line in lines])

    @blueprint.get("/staff/colleagues")
    async def colleagues(request: Request) -> HTTPResponse:
        staff = await gate(request, Permission.CONVERSE)
        found = await asyncio.to_thread(workplace.colleagues, database, staff, clock.now())
        return json(
            [{**vars(each), "skills": list(each.skills), "presence": each.presence.value} for each in found]
        )

    @blueprint.get("/staff/standard-replies")
    async def replies(request: Request) -> HTTPResponse:
        staff = await gate(request, Permission.CONVERSE)
        conversation = storable("conversation", request.args.get("conversation"))
        content = await asyncio.to_thread(parts.content.current)
        found = await asyncio.to_thread(
            standard_replies.find_replies,
            database,
            content,
            _words(request),
            conversation,
            staff,
            clock.now(),
        )
        return json([{**vars(reply), "open": list(reply.open)} for reply in found])

    _add_routes_of_one(blueprint, parts)


def _add_routes_of_one(blueprint: Blueprint, parts: Parts) -> None:
    """What a page reads and tells of the conversation that is open."""
    database, gate, wakeups = parts.database, parts.gate, parts.wakeups

    @blueprint.get("/staff/conversations/<conversation_id:str>/transcript")
    async def transcript(request: Request, conversation_id: str) -> HTTPResponse:
        staff = await gate(request, Permission.CONVERSE)
        storable("id", conversation_id)
        before = request.args.get("before")
        seq = number_of("before", before, 1, _LARGEST_SEQ) if before else None
        await asyncio.to_thread(workplace.open_line, database, conversation_id, staff)
        return json(await asyncio.to_thread(workplace.last_messages, database, conversation_id, seq))

    @blueprint.post("/staff/conversations/<conversation_id:str>/typing")
    async def typing(request: Request, conversation_id: str) -> HTTPResponse:
        staff = await gate(request, Permission.CONVERSE)
        on = body_of(request, "on").get("on", True)
        if not isinstance(on, bool):
            raise InvalidInput("on must be true or false")
        storable("id", conversation_id)
        await asyncio.to_thread(require_own, database, conversation_id, staff)
        wakeups.writes(conversation_id, "staff", staff.name, on)
        return json({})

    @blueprint.post("/staff/conversations/<conversation_id:str>/seen")
    async def seen(request: Request, conversation_id: str) -> HTTPResponse:
        staff = await gate(request, Permission.CONVERSE)
        seq = body_of(request, "seq").get("seq")
        if type(seq) is not int or not 0 <= seq <= _LARGEST_SEQ:
            raise InvalidInput("seq must be a number")
        storable("id", conversation_id)
        opened = await asyncio.to_thread(workplace.open_line, database, conversation_id, staff)
        if seq > opened.last_seq:
            raise InvalidInput("seq is beyond the last message")
        if not _is_theirs(opened, staff.username):
            if not staff.may(Permission.SUPERVISE):
                await asyncio.to_thread(require_own, database, conversation_id, staff)
        elif await asyncio.to_thread(receipts.staff_saw, database, conversation_id, seq):
            wakeups.staff_news()
        return json({})


def _is_theirs(opened: OpenConversation, username: str) -> bool:
    return opened.line.state is Owner.ADVISER and opened.line.adviser == username


def _words(request: Request) -> str:
    words = storable("q", request.args.get("q")) or ""
    if len(words) > LONGEST_WORDS:
        raise InvalidInput(f"q is longer than {LONGEST_WORDS} characters")
    return words
