"""Each request has an id, which stands in the lines of the log and in its answer: the proxy's own, or a new one."""

from __future__ import annotations

import re
import uuid

from sanic import Sanic
from sanic.request import Request
from sanic.response import BaseHTTPResponse

from bot.services import logs

HEADER = "X-Request-ID"
_CONVERSATION = re.compile(r"[0-9a-f]{32}")
_FITTING = re.compile(r"[A-Za-z0-9._-]{8,64}")
_NUMBER = re.compile(r"\d{9}")
"""In an id of a proxy, digits in a row could be somebody's number."""


def name_requests(app: Sanic) -> None:
    """Tell the log whose lines follow."""

    @app.on_request
    async def begin(request: Request) -> None:
        id_ = str(request.match_info.get("conversation_id") or request.match_info.get("id_") or "")
        request.ctx.id = _id_of(request)
        logs.request_begins(request.ctx.id, id_ if _CONVERSATION.fullmatch(id_) else None)

    @app.on_response
    async def name(request: Request, response: BaseHTTPResponse) -> None:
        if hasattr(request.ctx, "id"):
            response.headers.setdefault(HEADER, request.ctx.id)


def _id_of(request: Request) -> str:
    given = request.headers.get(HEADER) or ""
    return given if _FITTING.fullmatch(given) and not _NUMBER.search(given) else uuid.uuid4().hex[:16]
