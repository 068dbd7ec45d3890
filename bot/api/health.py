"""Whether this process lives (``/health/live``) and should be given customers (``/health``, ``…/ready``)."""

from __future__ import annotations

import os
from collections.abc import Callable

from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse, json

from bot.services.vital_signs import Pulse

READY = "ready"


def health_api(pulse: Pulse, upkeep_runs: Callable[[], bool]) -> Blueprint:
    """``/health``: 200 ``{"status": "ready", "worker": pid}`` once a message can be answered, else 503; it asks nobody.

    ``/health/ready`` asks the database and the upkeep too, and says what is wrong. ``/health/live`` answers as long as
    the process can: who restarts it for that must not look at the database, which no restart brings back.
    """
    blueprint = Blueprint("health")

    @blueprint.get("/health")
    async def health(request: Request) -> HTTPResponse:
        return _answer([] if request.app.ctx.ready else ["starting"])

    @blueprint.get("/health/live")
    async def live(_: Request) -> HTTPResponse:
        return json({"status": "live"})

    @blueprint.get("/health/ready")
    async def ready(request: Request) -> HTTPResponse:
        if not request.app.ctx.ready:
            return _answer(["starting"])
        wrong = [] if await pulse.feel() is not None else ["the database does not answer"]
        return _answer([*wrong, *([] if upkeep_runs() else ["the upkeep does not run"])])

    return blueprint


def _answer(wrong: list[str]) -> HTTPResponse:
    if not wrong:
        return json({"status": READY, "worker": os.getpid()})
    status = "starting" if wrong == ["starting"] else "not ready"
    return json({"status": status, "reasons": wrong}, status=503)
