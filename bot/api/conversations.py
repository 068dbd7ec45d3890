"""Conversations in the staff API: whose they are, why they came to a person, and what was said."""

from __future__ import annotations

import asyncio
from typing import Any

from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse, json

from bot import clock
from bot.api.parameters import choice_of, iso, number_of, storable, switch_of
from bot.api.parts import Parts
from bot.domain.conversation import Owner
from bot.domain.staff import Permission
from bot.services import audit, conversations, handoffs, messages, presence, queue
from bot.services.masking import mask_phones, mask_values
from bot.services.message_json import message_json
from bot.services.messages import StoredMessage

PREVIEW = 80
MOST_MESSAGES = 10_000
_LARGEST_SEQ = 2**31 - 1


def add_conversation_routes(blueprint: Blueprint, parts: Parts) -> None:
    """What is read below ``/staff/conversations``; what is done there is in ``bot.api.desk``."""
    database, gate = parts.database, parts.gate

    @blueprint.get("/staff/conversations")
    async def all_conversations(request: Request) -> HTTPResponse:
        staff = await gate(request, Permission.CONVERSE)
        owner = choice_of(Owner, request.args.get("state"), "state")
        mine = switch_of("mine", request.args.get("mine"))
        adviser = staff.username if mine else None
        rows = await asyncio.to_thread(conversations.list_conversations, database, owner, adviser=adviser)
        return json([conversation_json(row) for row in rows])

    @blueprint.get("/staff/conversations/<conversation_id:str>")
    async def one_conversation(request: Request, conversation_id: str) -> HTTPResponse:
        await gate(request, Permission.CONVERSE)
        storable("id", conversation_id)
        row = await asyncio.to_thread(conversations.conversation, database, conversation_id)
        came = await asyncio.to_thread(handoffs.handoffs_of, database, conversation_id)
        waits = row.owner is Owner.QUEUE
        place = await asyncio.to_thread(queue.place_in_queue, database, row.id) if waits else None
        hours = (await asyncio.to_thread(parts.content.current)).dealership.profile.consultants_online
        minutes = (
            await asyncio.to_thread(queue.expected_minutes, database, row.id, clock.now(), hours)
            if waits
            else None
        )
        return json(
            {
                **conversation_json(row),
                "last_seq": row.last_seq,
                "delivered_seq": row.delivered_seq,
                "read_seq": row.read_seq,
                "page": row.page,
                "place": place,
                "expected_minutes": minutes,
                "handoffs": [_handoff_json(each) for each in came],
            }
        )

    @blueprint.get("/staff/conversations/<conversation_id:str>/messages")
    async def transcript(request: Request, conversation_id: str) -> HTTPResponse:
        staff = await gate(request, Permission.CONVERSE)
        storable("id", conversation_id)
        after = request.args.get("after")
        seq = 0 if after in (None, "", "0") else number_of("after", after, 1, _LARGEST_SEQ)
        await asyncio.to_thread(conversations.conversation, database, conversation_id)
        rules = (await asyncio.to_thread(parts.content.current)).dealership.handoff
        await asyncio.to_thread(presence.touch, database, conversation_id, staff, clock.now(), rules)
        await asyncio.to_thread(
            audit.note_reading, database, staff.actor, "conversation.opened", clock.now(), conversation_id
        )
        rows = await asyncio.to_thread(
            messages.messages_after, database, conversation_id, seq, MOST_MESSAGES, internal=True
        )
        return json([line_json(row) for row in rows])


def conversation_json(row: conversations.ConversationView) -> dict[str, Any]:
    """A conversation in a list."""
    return {
        "id": row.id,
        "sender": row.sender,
        "channel": row.channel,
        "state": row.owner.value,
        "epoch": row.epoch,
        "adviser": row.adviser,
        "adviser_name": row.adviser_name,
        "skill": row.skill,
        "reason": row.reason,
        "waiting_since": iso(row.waiting_since),
        "preview": mask_phones(row.preview or "")[:PREVIEW],
        "created_at": iso(row.created_at),
        "updated_at": iso(row.updated_at),
    }


def line_json(row: StoredMessage) -> dict[str, Any]:
    """A line of a transcript as staff see it: with internal ones, and telephone numbers masked."""
    return {
        **message_json(row),
        "text": mask_phones(row.text),
        "buttons": mask_values(list(row.buttons)),
        "custom": mask_values(row.custom),
        "template": row.template,
        "username": row.username,
        "internal": row.internal,
        "understanding": mask_values(row.understanding),
    }


def _handoff_json(row: handoffs.HandoffView) -> dict[str, Any]:
    return {
        "id": row.id,
        "reason": row.reason,
        "skill": row.skill,
        "status": row.status,
        "summary": mask_values(row.summary),
        "adviser": row.adviser,
        "adviser_name": row.adviser_name,
        "created_at": iso(row.created_at),
        "taken_at": iso(row.taken_at),
        "ended_at": iso(row.ended_at),
        "outcome": row.outcome,
        "note": mask_phones(row.note) if row.note else None,
    }
