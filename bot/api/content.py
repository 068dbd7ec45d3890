"""FAQ answers, reply templates and standard replies in the staff API: search, history, edit, approve, roll back …"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any
from urllib.parse import unquote

from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse, json

from bot import clock
from bot.api.gate import Gate
from bot.clock import TIME_ZONE
from bot.domain.errors import InvalidContent, InvalidInput, NotFound
from bot.domain.staff import Permission
from bot.domain.versions import Version
from bot.services.content import editing, listing
from bot.services.content.checks import Fault
from bot.services.content.editing import FAQ, STANDARD, TEMPLATE, Change, Editor
from bot.services.content.fields import EDITABLE, field_faults, moment_of
from bot.services.content.listing import Entry
from bot.services.content.preview import Preview, preview
from bot.services.content.snapshot import ContentStore
from bot.services.content.warnings import edit_warnings, retire_warnings
from bot.services.texts import is_storable
from bot.store.database import Database

PATHS = {"faq": FAQ, "templates": TEMPLATE, "standard-replies": STANDARD}
_VALIDITY = ("valid_from", "valid_until")
_LARGEST_VERSION = 2**31 - 1


def add_content_routes(blueprint: Blueprint, database: Database, content: ContentStore, gate: Gate) -> None:
    """The routes below ``/staff/faq``, ``/templates`` and ``/standard-replies``; ``gate`` gives the caller."""
    for path, kind in PATHS.items():
        _ContentRoutes(database, content, gate, kind).add(blueprint, f"/staff/{path}")


class _ContentRoutes:
    """The routes of one kind."""

    def __init__(self, database: Database, content: ContentStore, gate: Gate, kind: str) -> None:
        self._database, self._content = database, content
        self._gate, self._kind = gate, kind

    def add(self, blueprint: Blueprint, base: str) -> None:
        for method, path, handler in (
            ("GET", "/search", self._search),
            ("GET", "/<id_:str>", self._show),
            ("GET", "/<id_:str>/history", self._history),
            ("PUT", "/<id_:str>", self._edit),
            ("POST", "/<id_:str>/preview", self._preview),
            ("POST", "/<id_:str>/approve", self._approve),
            ("POST", "/<id_:str>/rollback", self._roll_back),
            ("POST", "/<id_:str>/retire", self._retire),
            ("POST", "/<id_:str>/restore", self._restore),
        ):
            name = f"{self._kind}_{path.rpartition('/')[2].strip('<>').partition(':')[0]}_{method.lower()}"
            blueprint.add_route(_named(handler, name), base + path, methods=[method])

    async def _search(self, request: Request) -> HTTPResponse:
        await self._gate(request)
        words, status, category = (
            _storable(name, request.args.get(name) or "") for name in ("q", "status", "category")
        )
        entries = await asyncio.to_thread(listing.all_entries, self._database, self._kind, clock.now())
        variables = (await asyncio.to_thread(self._content.current)).variables
        found = listing.matching(entries, words, variables, status, category)
        return json([entry_json(entry) for entry in found])

    async def _show(self, request: Request, id_: str) -> HTTPResponse:
        await self._gate(request)
        entry = await asyncio.to_thread(listing.find_entry, self._database, self._kind, _id(id_), clock.now())
        return json(entry_json(entry))

    async def _history(self, request: Request, id_: str) -> HTTPResponse:
        await self._gate(request)
        versions = await asyncio.to_thread(listing.history, self._database, self._kind, _id(id_))
        return json([version_json(self._kind, version) for version in versions])

    async def _edit(self, request: Request, id_: str) -> HTTPResponse:
        by = await self._editor(request)
        change = change_of(self._kind, _id(id_), _body(request))
        entry = await self._do(editing.edit, _id(id_), change, by)
        found = edit_warnings(await asyncio.to_thread(self._content.current), entry)
        return json({**entry_json(entry), "warnings": found})

    async def _preview(self, request: Request, id_: str) -> HTTPResponse:
        await self._gate(request, Permission.EDIT_CONTENT)
        change = change_of(self._kind, _id(id_), _body(request))
        content = await asyncio.to_thread(self._content.current)
        shown = await asyncio.to_thread(
            preview, self._database, content, self._kind, _id(id_), change, clock.now()
        )
        return json(preview_json(shown))

    async def _approve(self, request: Request, id_: str) -> HTTPResponse:
        by = await self._editor(request)
        body = _body(request, "version", "seen", "force")
        force = body.get("force", False)
        if not isinstance(force, bool):
            raise InvalidInput("force must be true or false")
        arguments = (_number(body, "version"), _number(body, "seen"), force)
        entry = await self._do(editing.approve, _id(id_), by, after=arguments)
        return json(entry_json(entry))

    async def _roll_back(self, request: Request, id_: str) -> HTTPResponse:
        by = await self._editor(request)
        body = _body(request, "version", "seen")
        number = _number(body, "version")
        if number is None:
            raise InvalidInput("version is needed: the one whose words shall come back")
        entry = await self._do(editing.roll_back, _id(id_), number, by, after=(_number(body, "seen"),))
        return json(entry_json(entry))

    async def _retire(self, request: Request, id_: str) -> HTTPResponse:
        by = await self._editor(request)
        body = _body(request, "version", "seen")
        numbers = (_number(body, "version"), _number(body, "seen"))
        now = clock.now()
        entry = await asyncio.to_thread(
            editing.retire, self._database, self._kind, _id(id_), by, now, *numbers
        )
        return json({**entry_json(entry), "warnings": retire_warnings(entry)})

    async def _restore(self, request: Request, id_: str) -> HTTPResponse:
        by = await self._editor(request)
        seen = _number(_body(request, "seen"), "seen")
        entry = await self._do(editing.restore, _id(id_), by, after=(seen,))
        return json(entry_json(entry))

    async def _do(self, function: Any, *arguments: Any, after: tuple[Any, ...] = ()) -> Any:
        content = await asyncio.to_thread(self._content.current)
        return await asyncio.to_thread(
            partial(function, self._database, content, self._kind, *arguments, clock.now(), *after)
        )

    async def _editor(self, request: Request) -> Editor:
        caller = await self._gate(request, Permission.EDIT_CONTENT)
        return Editor(caller.username, caller.may(Permission.APPROVE_CONTENT), caller.actor)


def entry_json(entry: Entry) -> dict[str, Any]:
    """An entry with the version that counts, or the draft of one that never did."""
    return {
        "id": entry.id,
        **_words(entry.kind, entry.data),
        "status": entry.status.value,
        "version": entry.version,
        "author": entry.shown.author,
        "updated_at": _time(entry.shown.created_at),
        "valid_from": _time(entry.shown.valid_from),
        "valid_until": _time(entry.shown.valid_until),
        "draft": version_json(entry.kind, entry.draft) if entry.draft else None,
        "planned": [version_json(entry.kind, version) for version in entry.planned],
    }


def version_json(kind: str, version: Version) -> dict[str, Any]:
    """One version of an entry."""
    return {
        "version": version.number,
        "status": version.status.value,
        **_words(kind, version.data),
        "author": version.author,
        "approved_by": version.approved_by,
        "note": version.note,
        "created_at": _time(version.created_at),
        "approved_at": _time(version.approved_at),
        "valid_from": _time(version.valid_from),
        "valid_until": _time(version.valid_until),
    }


def preview_json(shown: Preview) -> dict[str, Any]:
    """What a customer would get, and what is wrong with it."""
    return {
        "text": shown.text,
        "buttons": list(shown.buttons),
        "channels": dict(shown.channels),
        "faults": [{"field": fault.field, "message": fault.words} for fault in shown.faults],
        "warnings": list(shown.warnings),
        "suggested_id": shown.suggested_id,
    }


def change_of(kind: str, id_: str, body: Mapping[str, Any]) -> Change:
    """The body of an edit; raises ``InvalidContent`` with the field that cannot be used."""
    fields = {name: value for name, value in body.items() if name in EDITABLE[kind]}
    rest = {name: value for name, value in body.items() if name not in fields}
    validity = {name: _moment(kind, id_, name, rest.pop(name)) for name in _VALIDITY if name in rest}
    seen, note, draft = _number(rest, "version"), rest.get("note"), rest.get("draft", False)
    for unknown in rest.keys() - {"version", "note", "draft", "id"}:
        raise editing.invalid(kind, id_, Fault(unknown, "is not a known field", f"没有“{unknown}”这个字段"))
    for fault in field_faults(kind, fields):
        raise editing.invalid(kind, id_, fault)
    if note is not None and (not isinstance(note, str) or not is_storable(note) or len(note) > 200):
        raise editing.invalid(
            kind, id_, Fault("note", "must be a text of at most 200 characters", "备注最多 200 个字")
        )
    if not isinstance(draft, bool):
        raise editing.invalid(
            kind, id_, Fault("draft", "must be true or false", "draft 只能是 true 或 false")
        )
    return Change(fields, validity, seen, note, draft)


def _words(kind: str, data: Mapping[str, Any]) -> dict[str, Any]:
    """The editable fields; one that the version did not have yet is empty."""
    empty: dict[str, Any] = {"questions": [], "buttons": [], "channels": {}}
    words = {name: data.get(name, empty.get(name, "")) for name in EDITABLE[kind]}
    if "buttons" in words:
        words["buttons"] = [
            {name: value for name, value in button.items() if value is not None}
            for button in words["buttons"]
        ]
    if kind == TEMPLATE:
        words["variables"] = dict(data.get("variables", {}))
    return words


def _body(request: Request, *known: str) -> dict[str, Any]:
    """The JSON object of a request (none is an empty one); with ``known`` other fields are refused."""
    body = request.json if request.body else {}
    if not isinstance(body, dict):
        raise InvalidInput("the body must be a JSON object")
    for unknown in body.keys() - set(known) if known else ():
        raise InvalidInput(f"{unknown} is not a known field")
    return body


def _number(body: Mapping[str, Any], name: str) -> int | None:
    value = body.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _LARGEST_VERSION:
        raise InvalidContent(
            "request", "", name, "must be the number of a version", "版本必须是版本号（整数）"
        )
    return value


def _moment(kind: str, id_: str, name: str, value: Any) -> datetime | None:
    """ISO 8601; without an offset it is the dealer's time."""
    if value is None:
        return None
    try:
        return moment_of(value if isinstance(value, str) else None)
    except ValueError as error:
        words = "时间要写成 2026-12-01T09:00 这样"
        raise InvalidContent(kind, id_, name, "must be an ISO 8601 time from 1970 on", words) from error


def _id(raw: str) -> str:
    """The id in a path; what no database can look for does not exist."""
    id_ = unquote(raw)
    if not is_storable(id_):
        raise NotFound("no such entry")
    return id_


def _storable(name: str, text: str) -> str:
    if not is_storable(text):
        raise InvalidInput(f"{name} has characters that cannot be stored")
    return text


def _time(moment: datetime | None) -> str | None:
    return moment.astimezone(TIME_ZONE).isoformat(timespec="seconds") if moment else None


def _named(handler: Any, name: str) -> Any:
    """Sanic tells routes apart by the name of their handler."""

    async def handle(request: Request, **path: str) -> HTTPResponse:
        return await handler(request, **path)

    handle.__name__ = name
    return handle
