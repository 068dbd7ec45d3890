"""``GET /health``: whether messages can be answered."""

from __future__ import annotations

from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse, json


def health_api() -> Blueprint:
    """200 ``{"status": "ready"}`` once a message can be answered, 503 before."""
    blueprint = Blueprint("health")

    @blueprint.get("/health")
    async def health(request: Request) -> HTTPResponse:
        ready = request.app.ctx.ready
        return json({"status": "ready" if ready else "starting"}, status=200 if ready else 503)

    return blueprint
