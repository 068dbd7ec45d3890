"""The dealership in the staff API: hours, rules, prices. A change is live at once, and its earlier versions stay."""

from __future__ import annotations

import asyncio
from typing import Any

from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse, json

from bot import clock
from bot.api.parameters import body_of, id_of_path, iso, needed, storable, text_of
from bot.api.parts import Parts
from bot.domain.errors import InvalidInput, NotFound
from bot.domain.staff import Permission
from bot.domain.versions import Version
from bot.services.exchange import dealership_editing as editing
from bot.services.exchange.dealership import OutOfRules
from bot.services.exchange.dealership_audit import address_of
from bot.services.exchange.dealership_editing import Edited
from bot.services.exchange.dealership_files import OF_KIND
from bot.services.exchange.dealership_listing import DealershipEntry

LONGEST_NOTE = 200
LONGEST_ID = 120
LARGEST_VERSION = 2**31 - 1
ONE = "/staff/dealership/<id_:str>"


def add_dealership_routes(blueprint: Blueprint, parts: Parts) -> None:
    """The routes below ``/staff/dealership``; an id is "profile" or "store:east"."""
    database = parts.database

    async def content() -> Any:
        return await asyncio.to_thread(parts.content.current)

    @blueprint.get("/staff/dealership")
    async def dealership(request: Request) -> HTTPResponse:
        await parts.gate(request, Permission.EDIT_DEALERSHIP)
        kind = storable("kind", request.args.get("kind")) or None
        found = await asyncio.to_thread(editing.live_entries, database)
        return json([entry_json(entry) for entry in found if kind in (None, entry.kind)])

    @blueprint.get(f"{ONE}/history")
    async def dealership_history(request: Request, id_: str) -> HTTPResponse:
        await parts.gate(request, Permission.EDIT_DEALERSHIP)
        found = await asyncio.to_thread(editing.entry_history, database, *_parts_of(id_))
        return json([version_json(version) for version in found])

    @blueprint.put(ONE)
    async def edit_dealership(request: Request, id_: str) -> HTTPResponse:
        staff = await parts.gate(request, Permission.EDIT_DEALERSHIP)
        body = body_of(request, "data", "version", "note")
        data = needed("data", body.get("data"))
        if not isinstance(data, dict):
            raise InvalidInput("data must be a JSON object")
        note = text_of(body, "note", LONGEST_NOTE) or editing.NOTE
        arguments = (*_parts_of(id_), data, staff.actor, clock.now(), _version(body, "version"), note)
        done = await asyncio.to_thread(editing.edit_entry, database, await content(), *arguments)
        return json(edited_json(done))

    @blueprint.post(f"{ONE}/rollback")
    async def roll_back_dealership(request: Request, id_: str) -> HTTPResponse:
        staff = await parts.gate(request, Permission.EDIT_DEALERSHIP)
        body = body_of(request, "version", "seen")
        number = needed("version", _version(body, "version"))
        arguments = (*_parts_of(id_), number, staff.actor, clock.now(), _version(body, "seen"))
        done = await asyncio.to_thread(editing.roll_back_entry, database, await content(), *arguments)
        return json(edited_json(done))

    @blueprint.delete(ONE)
    async def remove_from_dealership(request: Request, id_: str) -> HTTPResponse:
        staff = await parts.gate(request, Permission.EDIT_DEALERSHIP)
        arguments = (*_parts_of(id_), staff.actor, clock.now())
        await asyncio.to_thread(editing.remove_entry, database, await content(), *arguments)
        return json({})


def entry_json(entry: DealershipEntry) -> dict[str, Any]:
    """An entry with the version that counts."""
    return {
        "id": address_of(entry.kind, entry.id),
        "kind": entry.kind,
        "data": dict(entry.data),
        "version": entry.version,
        "author": entry.author,
        "updated_at": iso(entry.updated_at),
    }


def edited_json(done: Edited) -> dict[str, Any]:
    """An entry after a change."""
    return {
        **entry_json(done.entry),
        "out_of_rules": [_out_of_rules_json(each) for each in done.out_of_rules],
    }


def version_json(version: Version) -> dict[str, Any]:
    """One version."""
    return {
        "version": version.number,
        "status": version.status.value,
        "data": dict(version.data),
        "author": version.author,
        "note": version.note,
        "created_at": iso(version.created_at),
    }


def _parts_of(raw: str) -> tuple[str, str]:
    id_ = id_of_path(raw)
    kind, colon, name = id_.partition(":")
    if len(id_) > LONGEST_ID or (colon and not name):
        raise NotFound("no such entry")
    if not colon and kind in OF_KIND and OF_KIND[kind].id_field:
        raise NotFound(f"which {kind}? Its address is {kind}:id")
    return kind, name or kind


def _out_of_rules_json(found: OutOfRules) -> dict[str, Any]:
    visit = found.visit
    return {
        "appointment_id": visit.id,
        "code": visit.code,
        "start": iso(visit.start),
        "reason": found.reason,
    }


def _version(body: dict[str, Any], name: str) -> int | None:
    number = body.get(name)
    if number is not None and (type(number) is not int or not 0 <= number <= LARGEST_VERSION):
        raise InvalidInput(f"{name} must be the number of a version")
    return number
