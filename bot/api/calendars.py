"""Calendar files for customers and feeds for staff, at addresses that nobody can guess.

Public by their nature: a calendar program cannot log in. An unknown address says so in kind words, since a person may
have opened it.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable

from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse, empty, raw, text

from bot import clock
from bot.domain.dealership import Dealership
from bot.domain.errors import NotFound
from bot.services.calendar_files import feed_file, visit_file
from bot.services.calendar_links import feed_of_token, visit_of_token
from bot.services.content.snapshot import ContentStore
from bot.services.replies import reply_for
from bot.services.texts import is_storable
from bot.store.database import Database

CONTENT_TYPE = "text/calendar; charset=utf-8"
HEADERS = {"Cache-Control": "private, no-cache", "X-Robots-Tag": "noindex", "Referrer-Policy": "no-referrer"}
"""A program may keep its copy and asks each time whether it still holds (ETag): a move is seen at once."""
ENDING = ".ics"
LONGEST_TOKEN = 43
UNKNOWN = "utter_calendar_unknown"


def calendars(database: Database, content: ContentStore) -> Blueprint:
    """``/calendar/<token>.ics`` and ``/calendar/feeds/<token>.ics``."""
    blueprint = Blueprint("calendars", url_prefix="/calendar")

    @blueprint.route("/<name:str>", methods=["GET", "HEAD"])
    async def visit(request: Request, name: str) -> HTTPResponse:
        return await asyncio.to_thread(_answer, request, content, _visit_of(database), name, "visit.ics")

    @blueprint.route("/feeds/<name:str>", methods=["GET", "HEAD"])
    async def feed(request: Request, name: str) -> HTTPResponse:
        return await asyncio.to_thread(_answer, request, content, _feed_of(database), name, "feed.ics")

    return blueprint


def _visit_of(database: Database) -> Callable[[Dealership, str], bytes]:
    def file(dealership: Dealership, token: str) -> bytes:
        return visit_file(dealership, visit_of_token(database, dealership, token))

    return file


def _feed_of(database: Database) -> Callable[[Dealership, str], bytes]:
    def file(dealership: Dealership, token: str) -> bytes:
        feed = feed_of_token(database, dealership, clock.now(), token)
        return feed_file(dealership, feed.resource, feed.visits, feed.outages)

    return file


def _answer(
    request: Request,
    content: ContentStore,
    file: Callable[[Dealership, str], bytes],
    name: str,
    download_name: str,
) -> HTTPResponse:
    current = content.current()
    try:
        body = file(current.dealership, _token(name))
    except NotFound:
        reply = reply_for(current, UNKNOWN, {})
        return text(reply["text"] if reply else "not found", status=404, headers=HEADERS)
    mark = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {**HEADERS, "ETag": mark, "Content-Disposition": f'inline; filename="{download_name}"'}
    if _knows(request, mark):
        return empty(status=304, headers=headers)
    return raw(body, headers=headers, content_type=CONTENT_TYPE)


def _token(name: str) -> str:
    """Raises NotFound for what cannot be a token."""
    token = name.removesuffix(ENDING)
    if token == name or len(token) > LONGEST_TOKEN or not is_storable(token):
        raise NotFound("no such calendar")
    return token


def _knows(request: Request, mark: str) -> bool:
    """Whether the caller has this version; a proxy may have made its mark a weak one."""
    known = request.headers.get("if-none-match") or ""
    return mark in [each.strip().removeprefix("W/") for each in known.split(",")]
