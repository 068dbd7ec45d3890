"""Cases in the staff API: what a person has to finish."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse, json

from bot import clock
from bot.api.customer_json import case_json
from bot.api.customers import plain
from bot.api.parameters import body_of, choice_of, needed, text_of
from bot.api.parts import Parts
from bot.domain.cases import CaseKind, CaseStatus, RescueStep
from bot.domain.errors import InvalidInput
from bot.domain.staff import Permission
from bot.services import cases
from bot.services.customers import note_seen

LONGEST_NOTE = 500
LONGEST_WAY = 24 * 60
"""Minutes in which help can be on its way."""


def add_case_routes(blueprint: Blueprint, parts: Parts) -> None:
    """The routes below ``/staff/cases``."""
    database, gate = parts.database, parts.gate

    @blueprint.get("/staff/cases")
    async def all_cases(request: Request) -> HTTPResponse:
        staff = await gate(request, Permission.SEE_CUSTOMERS)
        kind = choice_of(CaseKind, request.args.get("kind"), "kind")
        status = choice_of(CaseStatus, request.args.get("status"), "status")
        rows = await asyncio.to_thread(cases.list_cases, database, kind, status)
        await asyncio.to_thread(note_seen, database, staff.actor, clock.now(), "cases", action="cases.seen")
        return json([case_json(row) for row in rows])

    @blueprint.post("/staff/cases/<id_:str>/assign")
    async def assign_case(request: Request, id_: str) -> HTTPResponse:
        staff = await gate(request, Permission.SEE_CUSTOMERS)
        username = text_of(body_of(request, "adviser"), "adviser")
        case = await asyncio.to_thread(
            cases.assign_case, database, plain(id_), username, staff.actor, clock.now()
        )
        parts.wakeups.staff_news()
        return json(case_json(case))

    @blueprint.post("/staff/cases/<id_:str>/progress")
    async def tell_progress(request: Request, id_: str) -> HTTPResponse:
        staff = await gate(request, Permission.SEE_CUSTOMERS)
        body = body_of(request, "step", "minutes")
        step = needed("step", choice_of(RescueStep, body.get("step"), "step"))
        minutes = minutes_of(body)
        content = await asyncio.to_thread(parts.content.current)
        told = (plain(id_), step, minutes, staff.actor, clock.now())
        case = await asyncio.to_thread(cases.tell_rescue, database, content, *told)
        parts.wakeups.staff_news()
        if case.conversation_id:
            parts.wakeups.bring_news(case.conversation_id)
        return json(case_json(case))

    @blueprint.post("/staff/cases/<id_:str>/close")
    async def close_case(request: Request, id_: str) -> HTTPResponse:
        staff = await gate(request, Permission.SEE_CUSTOMERS)
        body = body_of(request, "outcome", "note")
        outcome, note = needed("outcome", text_of(body, "outcome")), text_of(body, "note", LONGEST_NOTE)
        dealership = (await asyncio.to_thread(parts.content.current)).dealership
        end = (plain(id_), outcome, note, staff.actor, clock.now())
        case = await asyncio.to_thread(cases.close_case, database, dealership, *end)
        parts.wakeups.staff_news()
        return json(case_json(case))


def minutes_of(body: Mapping[str, Any]) -> int | None:
    """Whole minutes until help arrives; None where nobody said. Raises ``InvalidInput``."""
    minutes = body.get("minutes")
    if minutes is None:
        return None
    if type(minutes) is not int or not 1 <= minutes <= LONGEST_WAY:
        raise InvalidInput(f"minutes must be a whole number from 1 to {LONGEST_WAY}")
    return minutes
