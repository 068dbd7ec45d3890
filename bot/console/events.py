"""The console's page of events: who comes, who waits, who was there."""

from __future__ import annotations

import asyncio
from datetime import datetime

from sanic.request import Request
from sanic.response import HTTPResponse

from bot import clock
from bot.console.customers import in_list, note_list
from bot.console.site import Site
from bot.console.work_words import EVENT_MOMENTS, SIGNUP_STATUSES
from bot.domain.events import COMING, DealerEvent
from bot.domain.staff import Permission
from bot.services import events
from bot.services.availability import local
from bot.services.masking import mask_phone, mask_phones
from bot.services.staff import Staff


def add_event_pages(site: Site) -> None:
    """``/console/events``."""

    @site.page("/console/events", Permission.SEE_CUSTOMERS)
    async def all_events(request: Request, staff: Staff) -> HTTPResponse:
        known = (await asyncio.to_thread(site.content.current)).events
        now = clock.now()
        ordered = sorted(known.values(), key=lambda each: (each.end < now, each.start, each.id))
        event = known.get(str(request.args.get("event"))) or next(iter(ordered), None)
        counts, found = {}, []
        if event is not None:
            counts = await asyncio.to_thread(events.attendances, site.database, {event.id: event})
            found = await asyncio.to_thread(events.signups, site.database, event.id)
        await note_list(site, staff, "events")
        return await in_list(
            site,
            request,
            staff,
            "events.html",
            events=ordered,
            event=event,
            counts=counts[event.id] if event is not None else None,
            signups=found,
            statuses=SIGNUP_STATUSES,
            moments=EVENT_MOMENTS,
            coming=COMING,
            is_day=event is not None and _has_come(event, now),
            local=local,
            mask=mask_phone,
            mask_phones=mask_phones,
        )


def _has_come(event: DealerEvent, now: datetime) -> bool:
    return local(now).date() >= local(event.start).date()
