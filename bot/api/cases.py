"""Cases in the staff API: what a person has to finish."""

from __future__ import annotations

from typing import Any

from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse, json

from bot.api.gate import Gate
from bot.api.parameters import choice_of, in_thread
from bot.domain.cases import CaseKind
from bot.domain.staff import Permission
from bot.services import cases
from bot.store.database import Database


def add_case_routes(blueprint: Blueprint, database: Database, gate: Gate) -> None:
    """The routes below ``/staff/cases``."""

    @blueprint.get("/staff/cases")
    async def all_cases(request: Request) -> HTTPResponse:
        await gate(request, Permission.SEE_CUSTOMERS)
        kind = choice_of(CaseKind, request.args.get("kind"), "kind")
        return json([case_json(row) for row in await in_thread(cases.list_cases, database, kind)])


def case_json(case: cases.CaseView) -> dict[str, Any]:
    """A case in a list."""
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
