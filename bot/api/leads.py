"""Leads in the staff API: people who may buy."""

from __future__ import annotations

import asyncio

from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse, json

from bot import clock
from bot.api.customer_json import lead_json
from bot.api.customers import LONGEST_NAME, plain
from bot.api.parameters import body_of, choice_of, phone_of, text_of
from bot.api.parts import Parts
from bot.domain.errors import InvalidInput, NotFound
from bot.domain.staff import Permission
from bot.services import conversations, leads
from bot.services.customers import note_seen
from bot.services.leads import LeadChange, LeadStatus

LONGEST_NOTE = 500


def add_lead_routes(blueprint: Blueprint, parts: Parts) -> None:
    """The routes below ``/staff/leads``."""
    database, gate = parts.database, parts.gate

    @blueprint.get("/staff/leads")
    async def all_leads(request: Request) -> HTTPResponse:
        staff = await gate(request, Permission.SEE_CUSTOMERS)
        status = choice_of(LeadStatus, request.args.get("status"), "status")
        rows = await asyncio.to_thread(leads.list_leads, database, status)
        await asyncio.to_thread(note_seen, database, staff.actor, clock.now(), "leads", action="leads.seen")
        return json([lead_json(row) for row in rows])

    @blueprint.post("/staff/leads")
    async def note_lead(request: Request) -> HTTPResponse:
        staff = await gate(request, Permission.SEE_CUSTOMERS)
        body = body_of(request, "phone", "name", "model", "note", "conversation_id")
        conversation_id = text_of(body, "conversation_id")
        if conversation_id is not None:
            try:
                await asyncio.to_thread(conversations.conversation, database, conversation_id)
            except NotFound as error:
                raise InvalidInput("conversation_id is not that of a conversation") from error
        lead = await asyncio.to_thread(
            leads.note_lead,
            database,
            staff.actor,
            clock.now(),
            phone_of(body),
            text_of(body, "name", LONGEST_NAME),
            text_of(body, "model"),
            text_of(body, "note", LONGEST_NOTE),
            conversation_id,
        )
        parts.wakeups.staff_news()
        return json(lead_json(lead))

    @blueprint.patch("/staff/leads/<id_:str>")
    async def change_lead(request: Request, id_: str) -> HTTPResponse:
        staff = await gate(request, Permission.SEE_CUSTOMERS)
        body = body_of(request, "status", "adviser", "note")
        change = LeadChange(
            choice_of(LeadStatus, body.get("status"), "status"),
            None if body.get("adviser") is None else text_of(body, "adviser") or "",
            None if body.get("note") is None else text_of(body, "note", LONGEST_NOTE) or "",
        )
        lead = await asyncio.to_thread(
            leads.change_lead, database, plain(id_), change, staff.actor, clock.now()
        )
        parts.wakeups.staff_news()
        return json(lead_json(lead))
