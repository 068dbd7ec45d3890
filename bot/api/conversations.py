"""Conversations in the staff API: whose they are, and what was said."""

from __future__ import annotations

from typing import Any

from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse, json

from bot.api.parameters import choice_of, in_thread, storable
from bot.api.parts import Parts
from bot.domain.conversation import Owner
from bot.domain.staff import Permission
from bot.services import conversations, messages
from bot.services.message_json import message_json


def add_conversation_routes(blueprint: Blueprint, parts: Parts) -> None:
    """The routes below ``/staff/conversations``."""
    database, gate = parts.database, parts.gate

    @blueprint.get("/staff/conversations")
    async def all_conversations(request: Request) -> HTTPResponse:
        await gate(request, Permission.CONVERSE)
        owner = choice_of(Owner, request.args.get("state"), "state")
        rows = await in_thread(conversations.list_conversations, database, owner)
        return json([conversation_json(row) for row in rows])

    @blueprint.get("/staff/conversations/<conversation_id:str>/messages")
    async def transcript(request: Request, conversation_id: str) -> HTTPResponse:
        await gate(request, Permission.CONVERSE)
        storable("id", conversation_id)
        await in_thread(conversations.conversation, database, conversation_id)
        rows = await in_thread(messages.messages_after, database, conversation_id, 0, 10_000)
        return json([{**message_json(row), "template": row.template} for row in rows])


def conversation_json(row: conversations.ConversationView) -> dict[str, Any]:
    """A conversation in a list."""
    return {
        "id": row.id,
        "sender": row.sender,
        "channel": row.channel,
        "state": row.owner.value,
        "created_at": row.created_at.isoformat(timespec="seconds"),
        "updated_at": row.updated_at.isoformat(timespec="seconds"),
    }
