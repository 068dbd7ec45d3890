"""Errors as HTTP answers, in one place: a status, a machine-readable name, and kind words for a person."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime
from typing import Any

from sanic import Sanic
from sanic.exceptions import SanicException, ServiceUnavailable
from sanic.request import Request
from sanic.response import BaseHTTPResponse, HTTPResponse, empty, json

from bot.clock import TIME_ZONE
from bot.domain import errors
from bot.domain.alternatives import Alternative
from bot.domain.booking import Slot
from bot.store.database import is_away

logger = logging.getLogger(__name__)
_STATUS: tuple[tuple[type[Exception], int], ...] = (
    (errors.TooManyRequests, 429),
    (errors.NotFound, 404),
    (errors.NotAllowed, 401),
    (errors.NotPermitted, 403),
    (errors.Conflict, 409),
    (errors.InvalidInput, 400),
    (errors.TooLarge, 413),
    (errors.WrongKind, 415),
)
_CORS_PATHS = _CUSTOMER_PATHS = "/web/"
TEMPLATES = {
    400: "utter_request_not_readable",
    413: "utter_request_not_readable",
    429: "utter_too_many_messages",
    500: "utter_technical_problem",
    503: "utter_technical_problem",
}
DATABASE_AWAY, AGAIN_SECONDS = 503, 5
TOO_LARGE = 413
MALFORMED = "NONE"  # the method of the request object that Sanic makes up when it could not read one


def install_error_handlers(
    app: Sanic, origins: tuple[str, ...], kind_words: Callable[[str], str | None]
) -> None:
    """Every exception becomes an answer without a stack trace; security headers go on every answer.

    ``kind_words`` gives the text of an approved template, for answers that a customer gets to see.
    """

    def body(request: Request, status: int, error: str) -> dict[str, str]:
        template = TEMPLATES.get(status) if request.path.startswith(_CUSTOMER_PATHS) else None
        words = kind_words(template) if template else None
        return {"error": error, **({"message": words} if words else {})}

    @app.exception(Exception)
    async def answer_error(request: Request, error: Exception) -> HTTPResponse:
        status = _status_of(error)
        if request.method == MALFORMED:
            said = "address and headers too long" if status == TOO_LARGE else "not a valid HTTP request"
            return json({"error": said}, status=status if status < 500 else 400)
        if isinstance(error, ServiceUnavailable):  # cancelled: the client left, or the answer took too long
            logger.info("request ended early: %s %s (%s)", request.method, request.path, error)
            return json(body(request, status, "took too long"), status=status)
        if status >= 500:
            said = _log_failure(request, error)
            headers = {"Retry-After": str(AGAIN_SECONDS)} if status == DATABASE_AWAY else {}
            return json(body(request, status, said), status=status, headers=headers)
        headers = getattr(error, "headers", None) or {}
        return json({**body(request, status, str(error)), **_details(error)}, status=status, headers=headers)

    @app.on_response
    async def add_headers(request: Request, response: BaseHTTPResponse) -> None:
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        response.headers.setdefault("Referrer-Policy", "same-origin")
        origin = request.headers.get("origin")
        if origin in origins and request.path.startswith(_CORS_PATHS):
            response.headers.update(_cors(origin))

    @app.on_request
    async def answer_preflight(request: Request) -> HTTPResponse | None:
        origin = request.headers.get("origin")
        if request.method == "OPTIONS" and origin in origins and request.path.startswith(_CORS_PATHS):
            return empty(headers=_cors(origin))
        return None


def _log_failure(request: Request, error: Exception) -> str:
    """What the client is told of it: no more than it can use. A database that is away needs no stack trace."""
    if is_away(error):
        logger.error("database away: %s %s (%s)", request.method, request.path, type(error).__name__)
        return "the database does not answer"
    logger.error("request failed: %s %s", request.method, request.path, exc_info=error)
    return "internal error"


def _status_of(error: Exception) -> int:
    for kind, status in _STATUS:
        if isinstance(error, kind):
            return status
    if is_away(error):
        return DATABASE_AWAY
    return error.status_code if isinstance(error, SanicException) else 500


def _details(error: Exception) -> dict[str, Any]:
    """Which field of an edit is wrong, why in the words of the staff, and what is possible instead."""
    if isinstance(error, errors.InvalidContent):
        return {"field": error.field, "message": error.words}
    if isinstance(error, errors.InvalidFields):
        return {"message": error.words, "faults": error.faults}
    if isinstance(error, errors.ImportRefused):
        words = f"文件里有 {len(error.faults)} 处要改，什么也没有写入。"
        return {"message": words, "problems": list(error.faults)}
    if isinstance(error, errors.StaleView):
        return {
            "message": error.words,
            "state": error.owner,
            "epoch": error.epoch,
            "adviser": error.adviser,
        }
    if isinstance(error, errors.InvalidOutage | errors.WrongState | errors.TooLarge | errors.WrongKind):
        return {"message": error.words}
    if isinstance(error, errors.BookingRefused):
        return {"reason": getattr(error.reason, "value", error.reason), "alternatives": _slots(error)}
    return {"alternatives": _slots(error)} if isinstance(error, errors.OfferOver) else {}


def _slots(error: errors.BookingRefused | errors.OfferOver) -> list[dict[str, str]]:
    return [
        {"store": slot.store, "start": _iso(slot.start), "end": _iso(slot.end), **_other_means(slot)}
        for slot in error.alternatives
        if isinstance(slot, Slot)
    ]


def _other_means(slot: Slot) -> dict[str, str]:
    """The car or the adviser of an alternative, where it is another one than wished."""
    means = {"model": slot.model, "adviser": slot.adviser} if isinstance(slot, Alternative) else {}
    return {name: id_ for name, id_ in means.items() if id_}


def _iso(moment: datetime) -> str:
    return moment.astimezone(TIME_ZONE).isoformat(timespec="seconds")


def _cors(origin: str) -> dict[str, str]:
    return {
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Allow-Headers": "authorization, content-type, last-event-id",
        "Access-Control-Allow-Methods": "GET, POST, OPTIONS",
        "Vary": "Origin",
    }
