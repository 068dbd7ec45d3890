"""The page on which consultants work: choose a conversation, talk, know whom one talks to."""

from __future__ import annotations

import asyncio
from typing import Any

from sanic.request import Request
from sanic.response import HTTPResponse

from bot import clock
from bot.console.site import Site
from bot.domain.conversation import OUTCOME_NAMES
from bot.domain.errors import NotFound
from bot.domain.staff import SKILL_NAMES, Permission
from bot.services import audit, workplace
from bot.services.staff import Staff
from bot.services.texts import is_storable
from bot.services.workplace_json import desk_json, open_json

LATEST = 100


def add_workplace_pages(site: Site) -> None:
    """``/console`` and ``/console/conversations/<id>``."""

    @site.page("/console", Permission.CONVERSE)
    async def home(request: Request, staff: Staff) -> HTTPResponse:
        return await _page(site, request, staff, None)

    @site.page("/console/conversations/<conversation_id:str>", Permission.CONVERSE)
    async def conversation(request: Request, staff: Staff, conversation_id: str) -> HTTPResponse:
        return await _page(site, request, staff, conversation_id)


async def _page(site: Site, request: Request, staff: Staff, conversation_id: str | None) -> HTTPResponse:
    """The page with its first state; the stream goes on from there."""
    database = site.database
    content = await asyncio.to_thread(site.content.current)
    state: dict[str, Any] = {
        "me": {
            "username": staff.username,
            "name": staff.name,
            "supervises": staff.may(Permission.SUPERVISE),
            "cards": staff.may(Permission.SEE_CUSTOMERS),
        },
        "desk": desk_json(await asyncio.to_thread(workplace.desk_view, database, staff)),
        "conversation": None,
        "messages": [],
        "missing": False,
        "now": clock.now().isoformat(timespec="seconds"),
        "outcomes": {outcome.value: name for outcome, name in OUTCOME_NAMES.items()},
        "topics": {id_: entry.title for id_, entry in content.faq.items()},
        "skills": {skill.value: name for skill, name in SKILL_NAMES.items()},
    }
    if conversation_id is not None:
        try:
            if not is_storable(conversation_id):
                raise NotFound("no such conversation")
            quota = (clock.now(), site.wechat_limits)
            opened = await asyncio.to_thread(workplace.open_line, database, conversation_id, staff, *quota)
        except NotFound:
            state["missing"] = True
        else:
            state["conversation"] = open_json(opened)
            state["messages"] = await asyncio.to_thread(
                workplace.last_messages, database, conversation_id, None, LATEST
            )
            await asyncio.to_thread(_note, site, staff, conversation_id)
    status = 404 if state["missing"] else 200
    return site.render(request, staff, "workplace.html", status=status, state=state)


def _note(site: Site, staff: Staff, conversation_id: str) -> None:
    audit.note_now(
        site.database, staff.actor, "conversation.opened", clock.now(), conversation_id=conversation_id
    )
