"""FAQ answers, reply templates and standard replies: the lists, the page of one entry, and "try a sentence"."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import unquote

from sanic.request import Request
from sanic.response import HTTPResponse, redirect

from bot import clock
from bot.console.content_words import (
    ACTIONS,
    CATEGORIES,
    CHANNEL_NAMES,
    ENTITIES,
    INTENTS,
    VARIABLE_NAMES,
    VARIABLE_TYPES,
)
from bot.console.site import Site
from bot.domain.errors import NotFound
from bot.domain.replies import CHANNELS, STANDARD_VARIABLES, VariableType
from bot.domain.staff import Permission
from bot.services import unanswered
from bot.services.content import listing
from bot.services.content.checks import LONGEST
from bot.services.content.editing import FAQ, STANDARD, TEMPLATE
from bot.services.content.preview import NEW, example_of
from bot.services.content.snapshot import Content
from bot.services.staff import Staff
from bot.services.standard_replies import LABELS
from bot.services.teaching import MASK
from bot.services.texts import is_storable
from bot.services.users import list_users

PATHS = {"faq": FAQ, "templates": TEMPLATE, "standard-replies": STANDARD}
NAMES = {"faq": "问答", "templates": "话术", "standard-replies": "标准话术"}


def add_content_pages(site: Site) -> None:
    """``/console/faq``, ``/templates`` and ``/standard-replies``, their entries, and ``/console/try``."""
    for path, kind in PATHS.items():
        _ContentPages(site, path, kind).add()

    @site.page("/console/try", Permission.EDIT_CONTENT)
    async def try_page(request: Request, staff: Staff) -> HTTPResponse:
        data = try_data(await asyncio.to_thread(site.content.current))
        return site.render(request, staff, "try.html", data=data)


class _ContentPages:
    """The pages of one kind."""

    def __init__(self, site: Site, path: str, kind: str) -> None:
        self._site, self._path, self._kind = site, path, kind

    def add(self) -> None:
        base = f"/console/{self._path}"
        self._page(base, self._list)
        if self._kind != TEMPLATE:
            self._page(f"{base}/{NEW}", self._new)
        self._page(f"{base}/<id_:str>", self._entry)

    def _page(self, address: str, page: Any) -> None:
        async def shown(request: Request, staff: Staff, **values: Any) -> HTTPResponse:
            answer: HTTPResponse = await page(request, staff, **values)
            return answer

        shown.__name__ = f"{self._path}{page.__name__}"
        self._site.page(address, Permission.EDIT_CONTENT)(shown)

    async def _list(self, request: Request, staff: Staff) -> HTTPResponse:
        content = await asyncio.to_thread(self._site.content.current)
        entries = await asyncio.to_thread(listing.all_entries, self._site.database, self._kind, clock.now())
        used = {str(entry.data.get("category") or "") for entry in entries} - {""}
        data = {**try_data(content), **self._about(), "categories": _categories(used)}
        data["people"] = await asyncio.to_thread(people, self._site)
        data |= {"variables": content.variables, "labels": {**VARIABLE_NAMES, **LABELS}}
        return self._render(request, staff, "content_list.html", data)

    async def _entry(self, request: Request, staff: Staff, id_: str) -> HTTPResponse:
        id_ = unquote(id_)
        try:
            if not is_storable(id_):
                raise NotFound("no such entry")
            entry = await asyncio.to_thread(
                listing.find_entry, self._site.database, self._kind, id_, clock.now()
            )
        except NotFound:
            return self._site.render(
                request, staff, "content_missing.html", status=404, back=f"/console/{self._path}"
            )
        data = {**await self._form_data(), "id": entry.id, "declared": _declared(self._kind, entry.data)}
        data["title"] = entry.data.get("title") or "助手话术"
        return self._render(request, staff, "content_entry.html", data)

    async def _new(self, request: Request, staff: Staff) -> HTTPResponse:
        """With ``?unanswered=<number>`` the sentence becomes its first question."""
        question, number = "", (request.args.get("unanswered") or "") if self._kind == FAQ else ""
        if number:
            try:
                found = await asyncio.to_thread(unanswered.find, self._site.database, int(number[:9]))
            except (NotFound, ValueError):
                return redirect(f"/console/{self._path}/{NEW}")
            question = MASK.sub("", found.text).strip()  # no customer would ever type it
        data = {**await self._form_data(), "id": None, "title": "", "question": question}
        data["declared"] = _declared(self._kind, {})
        data["unanswered"] = int(number[:9]) if number else None
        return self._render(request, staff, "content_entry.html", data)

    async def _form_data(self) -> dict[str, Any]:
        content = await asyncio.to_thread(self._site.content.current)
        used = {entry.category for entry in content.faq.values()} | CATEGORIES.keys()
        if self._kind == STANDARD:
            used = {reply.category for reply in content.standard_replies.values()} - {""}
        return {
            **try_data(content),
            **self._about(),
            "categories": _categories(used),
            "actions": ACTIONS,
            "variables": dict(sorted(content.variables.items())),
            "channels": {channel: CHANNEL_NAMES.get(channel, channel) for channel in CHANNELS},
            "longest": LONGEST,
            "people": await asyncio.to_thread(people, self._site),
        }

    def _about(self) -> dict[str, Any]:
        return {"path": self._path, "name": NAMES[self._path]}

    def _render(self, request: Request, staff: Staff, template: str, data: dict[str, Any]) -> HTTPResponse:
        data = {**data, "may_approve": staff.may(Permission.APPROVE_CONTENT), "username": staff.username}
        return self._site.render(request, staff, template, data=data)


def try_data(content: Content) -> dict[str, Any]:
    """What the pages need to say in words how a sentence was understood."""
    return {
        "assistant": content.dealership.profile.assistant,
        "accent": content.dealership.profile.accent_color,
        "topics": {topic: entry.title for topic, entry in content.faq.items()},
        "intents": {**ACTIONS, **INTENTS},
        "entities": ENTITIES,
        "names": {
            each.id: each.name
            for part in (content.dealership.stores, content.dealership.models, content.dealership.services)
            for each in part
        },
    }


def _categories(used: Any) -> dict[str, str]:
    return {category: CATEGORIES.get(category, category) for category in sorted(used)}


def _declared(kind: str, data: Any) -> dict[str, dict[str, str]]:
    """The variables of a template or of standard replies: what each is, in words, and an example."""
    if kind == STANDARD:
        text = VariableType.TEXT
        return {
            name: {"type": LABELS[name], "example": example_of(name, text)} for name in STANDARD_VARIABLES
        }
    return {
        name: {
            "type": VARIABLE_NAMES.get(name) or VARIABLE_TYPES[VariableType(type_)],
            "example": example_of(name, VariableType(type_)),
        }
        for name, type_ in sorted(data.get("variables", {}).items())
    }


def people(site: Site) -> dict[str, str]:
    """The names of the staff by username."""
    return {user.username: user.name for user in list_users(site.database, clock.now())}
