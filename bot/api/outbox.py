"""The outbox in the staff API: what goes out to customers, colleagues and the dealer's systems, and what failed."""

from __future__ import annotations

import asyncio
from enum import Enum
from typing import Any

from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse, json

from bot import clock
from bot.api.parameters import choice_of, iso, number_of
from bot.api.parts import Parts
from bot.domain.errors import NotFound
from bot.domain.staff import Permission
from bot.services.audit import note_now
from bot.services.deliveries import Attempt
from bot.services.outbox_lines import OutboxLine, list_outbox, retry_failed
from bot.store import outbox

USUAL, MOST = 100, 500
LARGEST_ID = 2**31 - 1


class State(str, Enum):
    """``bot.store.outbox.STATES``."""

    PENDING = outbox.PENDING
    TAKEN = outbox.TAKEN
    SENT = outbox.SENT
    FAILED = outbox.FAILED
    DROPPED = outbox.DROPPED


class Channel(str, Enum):
    """``bot.store.outbox.CHANNELS``."""

    CHAT = "chat"
    EMAIL = "email"
    WEBHOOK = "webhook"
    WECOM = "wecom"


def add_outbox_routes(blueprint: Blueprint, parts: Parts) -> None:
    """``GET /staff/outbox`` and ``POST /staff/outbox/{id}/retry``."""
    database, gate = parts.database, parts.gate

    @blueprint.get("/staff/outbox")
    async def messages(request: Request) -> HTTPResponse:
        staff = await gate(request, Permission.READ_AUDIT)
        state = choice_of(State, request.args.get("state"), "state")
        channel = choice_of(Channel, request.args.get("channel"), "channel")
        limit = number_of("limit", request.args.get("limit"), USUAL, MOST)
        states = (state.value,) if state else outbox.STATES
        channels = (channel.value,) if channel else outbox.CHANNELS
        found = await asyncio.to_thread(list_outbox, database, states, limit, channels)
        await asyncio.to_thread(note_now, database, staff.actor, "outbox.listed", clock.now())
        return json([line_json(line) for line in found])

    @blueprint.post("/staff/outbox/<id_:str>/retry")
    async def retry(request: Request, id_: str) -> HTTPResponse:
        staff = await gate(request, Permission.READ_AUDIT)
        if not (id_.isascii() and id_.isdigit() and len(id_) <= 12 and int(id_) <= LARGEST_ID):
            raise NotFound("no such message")
        await asyncio.to_thread(retry_failed, database, clock.now(), int(id_), staff.actor)
        return json({})


def line_json(line: OutboxLine) -> dict[str, Any]:
    """A message with its attempts."""
    return {
        "id": line.id,
        "kind": line.kind,
        "channel": line.channel,
        "state": line.state,
        "due_at": iso(line.due_at),
        "sent_at": iso(line.sent_at),
        "attempts": line.attempts,
        "problem": line.problem,
        "appointment_id": line.appointment_id,
        "code": line.code,
        "conversation_id": line.conversation_id,
        "address": line.address,
        "deliveries": list(map(_attempt_json, line.deliveries)),
    }


def _attempt_json(attempt: Attempt) -> dict[str, Any]:
    return {
        "at": iso(attempt.at),
        "delivered": attempt.delivered,
        "problem": attempt.problem,
        "milliseconds": attempt.milliseconds,
    }
