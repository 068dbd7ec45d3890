"""Cases in the staff API: what a person has to finish."""

from __future__ import annotations

from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse, json

from bot import clock
from bot.api.customer_json import case_json
from bot.api.customers import plain
from bot.api.parameters import body_of, choice_of, in_thread, text_of
from bot.api.parts import Parts
from bot.domain.cases import CaseKind, CaseStatus
from bot.domain.staff import Permission
from bot.services import cases
from bot.services.customers import note_seen

LONGEST_NOTE = 500


def add_case_routes(blueprint: Blueprint, parts: Parts) -> None:
    """The routes below ``/staff/cases``."""
    database, gate = parts.database, parts.gate

    @blueprint.get("/staff/cases")
    async def all_cases(request: Request) -> HTTPResponse:
        staff = await gate(request, Permission.SEE_CUSTOMERS)
        kind = choice_of(CaseKind, request.args.get("kind"), "kind")
        status = choice_of(CaseStatus, request.args.get("status"), "status")
        rows = await in_thread(cases.list_cases, database, kind, status)
        await in_thread(note_seen, database, staff.actor, clock.now(), "cases", action="cases.seen")
        return json([case_json(row) for row in rows])

    @blueprint.post("/staff/cases/<id_:str>/assign")
    async def assign_case(request: Request, id_: str) -> HTTPResponse:
        staff = await gate(request, Permission.SEE_CUSTOMERS)
        username = text_of(body_of(request, "adviser"), "adviser")
        case = await in_thread(cases.assign_case, database, plain(id_), username, staff.actor, clock.now())
        parts.wakeups.staff_news()
        return json(case_json(case))

    @blueprint.post("/staff/cases/<id_:str>/close")
    async def close_case(request: Request, id_: str) -> HTTPResponse:
        staff = await gate(request, Permission.SEE_CUSTOMERS)
        note = text_of(body_of(request, "note"), "note", LONGEST_NOTE)
        case = await in_thread(cases.close_case, database, plain(id_), note, staff.actor, clock.now())
        parts.wakeups.staff_news()
        return json(case_json(case))
