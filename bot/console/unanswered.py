"""What was not understood: one click makes it a question of a topic."""

from __future__ import annotations

import asyncio

from sanic.request import Request
from sanic.response import HTTPResponse

from bot.console.content import people, try_data
from bot.console.site import Site
from bot.domain.staff import Permission
from bot.services.staff import Staff


def add_unanswered_pages(site: Site) -> None:
    """``/console/unanswered``."""

    @site.page("/console/unanswered", Permission.EDIT_CONTENT)
    async def unanswered_page(request: Request, staff: Staff) -> HTTPResponse:
        data = {
            **try_data(await asyncio.to_thread(site.content.current)),
            "people": await asyncio.to_thread(people, site),
            "may_converse": staff.may(Permission.CONVERSE),
        }
        return site.render(request, staff, "unanswered.html", data=data)
