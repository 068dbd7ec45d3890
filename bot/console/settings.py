"""The settings of the dealership as forms: a page for each part, with history, live at once."""

from __future__ import annotations

import asyncio
from typing import Any

from sanic.request import Request
from sanic.response import HTTPResponse

from bot import clock
from bot.console.settings_forms import PARTS, WEEKDAYS, Part
from bot.console.site import Site
from bot.domain.staff import Permission
from bot.services.content.entries import plain
from bot.services.content.versions import FILE
from bot.services.exchange.dealership_audit import address_of
from bot.services.exchange.dealership_editing import live_entries
from bot.services.exchange.dealership_listing import DealershipEntry
from bot.services.staff import Staff
from bot.services.users import list_users

HOME = "/console/settings"


def add_settings_pages(site: Site) -> None:
    """``/console/settings`` and ``/console/settings/<part>``."""

    @site.page(HOME, Permission.EDIT_DEALERSHIP)
    async def first(request: Request, staff: Staff) -> HTTPResponse:
        return await _page(site, request, staff, PARTS[0])

    @site.page(f"{HOME}/<name:str>", Permission.EDIT_DEALERSHIP)
    async def part(request: Request, staff: Staff, name: str) -> HTTPResponse:
        chosen = next((part for part in PARTS if part.path == name), None)
        return await _page(site, request, staff, chosen or PARTS[0], 200 if chosen else 404)


async def _page(site: Site, request: Request, staff: Staff, part: Part, status: int = 200) -> HTTPResponse:
    entries = [
        entry for entry in await asyncio.to_thread(live_entries, site.database) if entry.kind == part.kind
    ]
    people = {
        user.username: user.name for user in await asyncio.to_thread(list_users, site.database, clock.now())
    }
    shown = [_shown(part, entry, people) for entry in entries]
    if part.kind == "handoff" and not shown:  # its file may be missing
        shown = [_usual(part, plain((await asyncio.to_thread(site.content.current)).dealership.handoff))]
    return site.render(
        request,
        staff,
        "settings.html",
        status=status,
        part=part,
        parts=[(f"{HOME}/{each.path}" if each is not PARTS[0] else HOME, each) for each in PARTS],
        entries=shown,
        weekdays=WEEKDAYS,
        people=people,
        missing=status == 404,
    )


def _usual(part: Part, data: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": part.kind,
        "name": part.title,
        "brief": "",
        "data": data,
        "version": 0,
        "author": "",
        "updated_at": None,
    }


def _shown(part: Part, entry: DealershipEntry, people: dict[str, str]) -> dict[str, Any]:
    return {
        "id": address_of(entry.kind, entry.id),
        "name": part.name_of(entry.data),
        "brief": part.brief_of(entry.data),
        "data": entry.data,
        "version": entry.version,
        "author": "内容文件" if entry.author == FILE else people.get(entry.author, entry.author),
        "updated_at": entry.updated_at,
    }
