"""The page of appointments: a day or a week of one store, who comes, what drops out, who waits."""

from __future__ import annotations

import asyncio
from datetime import date

from sanic.request import Request
from sanic.response import HTTPResponse

from bot import clock
from bot.console.site import Site
from bot.domain.staff import Permission
from bot.services.staff import Staff


def add_appointment_pages(site: Site) -> None:
    """``/console/appointments``; what it shows is loaded through the staff API."""

    @site.page("/console/appointments", Permission.BOOK)
    async def board(request: Request, staff: Staff) -> HTTPResponse:
        dealership = (await asyncio.to_thread(site.content.current)).dealership
        stores = {store.id: store.name for store in dealership.stores}
        wanted = request.args.get("store")
        usual = next((id_ for id_ in staff.stores if id_ in stores), next(iter(stores), ""))
        return site.render(
            request,
            staff,
            "appointments.html",
            stores=stores,
            store=wanted if wanted in stores else usual,
            day=_day(request.args.get("day")) or clock.now().date(),
            view="week" if request.args.get("view") == "week" else "day",
            runs_workshop=staff.may(Permission.RUN_WORKSHOP),
        )


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return None
