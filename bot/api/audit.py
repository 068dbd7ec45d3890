"""The audit log in the staff API."""

from __future__ import annotations

import asyncio
from typing import Any

from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse, json

from bot.api.parameters import iso, number_of, storable
from bot.api.parts import Parts
from bot.domain.staff import Permission
from bot.services.audit import AuditLine, list_audit

USUAL, MOST = 100, 500
LARGEST_ID = 2**31 - 1


def add_audit_routes(blueprint: Blueprint, parts: Parts) -> None:
    """``GET /staff/audit``."""

    @blueprint.get("/staff/audit")
    async def audit_log(request: Request) -> HTTPResponse:
        await parts.gate(request, Permission.READ_AUDIT)
        username, action, conversation = (
            storable(name, request.args.get(name)) or None for name in ("username", "action", "conversation")
        )
        before = number_of("before", request.args.get("before"), 0, LARGEST_ID) or None
        limit = number_of("limit", request.args.get("limit"), USUAL, MOST)
        found = await asyncio.to_thread(
            list_audit, parts.database, username, action, conversation, before, limit
        )
        return json([audit_json(line) for line in found])


def audit_json(line: AuditLine) -> dict[str, Any]:
    """One line."""
    return {
        "id": line.id,
        "at": iso(line.at),
        "username": line.username,
        "action": line.action,
        "subject": line.subject,
        "conversation_id": line.conversation_id,
        "details": line.details,
        "address": line.address,
    }
