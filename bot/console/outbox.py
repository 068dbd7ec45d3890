"""The outbox as a page: what failed, what waits, what went out."""

from __future__ import annotations

import asyncio

from sanic.request import Request
from sanic.response import HTTPResponse

from bot import clock
from bot.console.site import Site
from bot.domain.staff import Permission
from bot.services.audit import note_now
from bot.services.outbox_lines import OutboxLine, list_outbox
from bot.services.outbox_words import CHANNEL_WORDS, STATE_WORDS, kind_words
from bot.services.staff import Staff
from bot.store.outbox import CHANNELS, FAILED, PENDING, STATES, TAKEN

PATH = "/console/outbox"
SHOWN = 200
BADGES = {"failed": "danger", "pending": "accent", "taken": "accent", "sent": "good", "dropped": ""}


def add_outbox_pages(site: Site) -> None:
    """``/console/outbox``; without a filter it shows what failed and what waits."""

    @site.page(PATH, Permission.READ_AUDIT)
    async def outbox(request: Request, staff: Staff) -> HTTPResponse:
        state, channel = (str(request.args.get(name) or "") for name in ("state", "channel"))
        states = STATES if state == "all" else (state,) if state in STATES else (FAILED, PENDING, TAKEN)
        channels = (channel,) if channel in CHANNELS else CHANNELS
        lines: list[OutboxLine] = await asyncio.to_thread(list_outbox, site.database, states, SHOWN, channels)
        await asyncio.to_thread(note_now, site.database, staff.actor, "outbox.listed", clock.now())
        return site.render(
            request,
            staff,
            "outbox.html",
            lines=lines,
            shown=SHOWN,
            state=state if state in (*STATES, "all") else "",
            channel=channel if channel in CHANNELS else "",
            states=STATE_WORDS,
            channels=CHANNEL_WORDS,
            badges=BADGES,
            kind_words=kind_words,
        )
