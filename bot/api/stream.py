"""One stream of server-sent events for a page of the console: its lists, and the conversation that is open."""

from __future__ import annotations

import asyncio
import json as json_module
import time
from dataclasses import dataclass, field
from typing import Any

from sanic import Blueprint
from sanic.request import Request

from bot import clock
from bot.api.parameters import storable, switch_of
from bot.api.parts import Parts
from bot.domain.errors import InvalidInput, NotAllowed, NotPermitted
from bot.domain.staff import Permission
from bot.services import audit, presence, workplace
from bot.services.staff import Staff
from bot.services.wakeups import STAFF, Listener
from bot.services.workplace_json import desk_json, open_json

LOOK_SECONDS = 3.0
"""What another process changed wakes nobody here: the stream looks by itself after so much silence."""
LATEST = 100
"""So many messages are sent to a page that has none."""
HEARTBEAT_SECONDS = 10.0
BEAT_SECONDS = 20.0
NEWS_APART = 2.0
"""A page that reads much with each piece of news hears of it so seldom at least."""


def add_stream_route(blueprint: Blueprint, parts: Parts, look: float = LOOK_SECONDS) -> None:
    """``GET /staff/stream?conversation=&after=``; ``Last-Event-ID`` goes before ``after``; or ``news=true``."""

    @blueprint.get("/staff/stream")
    async def stream(request: Request) -> None:
        staff = await parts.gate(request, Permission.CONVERSE)
        only_news = bool(switch_of("news", request.args.get("news")))
        conversation_id = storable("conversation", request.args.get("conversation")) or None
        known = request.headers.get("last-event-id") or request.args.get("after")
        after = _seq(known)
        if conversation_id:
            opened = await asyncio.to_thread(workplace.open_line, parts.database, conversation_id, staff)
            if not known:  # a page that goes on from its last message has been noted already
                after = max(0, opened.last_seq - LATEST)
                await asyncio.to_thread(
                    audit.note_now,
                    parts.database,
                    staff.actor,
                    "conversation.opened",
                    clock.now(),
                    conversation_id=conversation_id,
                )
        response = await request.respond(
            content_type="text/event-stream; charset=utf-8",
            headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
        )
        with parts.wakeups.listening(STAFF) as listener:
            if only_news:
                return await _tell_news(parts, request, response, listener)
            await _Watch(parts, request, response, staff, conversation_id, after).run(listener, look)


async def _tell_news(parts: Parts, request: Request, response: Any, listener: Listener) -> None:
    """``news`` whenever something changed that staff see, whatever it is, and ``ended`` with the session."""
    await response.send(": connected\n\n")
    while not listener.closed:
        try:
            await parts.gate(request, Permission.CONVERSE)
        except (NotAllowed, NotPermitted):
            return await response.send(_event("ended", {}))
        is_news = await listener.wait(HEARTBEAT_SECONDS)
        await response.send(_event("news", {}) if is_news else ": still here\n\n")
        await asyncio.sleep(NEWS_APART if is_news and not listener.closed else 0)


@dataclass
class _Watch:
    """One open stream; ``told``: what the page knows, by the name of the event."""

    parts: Parts
    request: Request
    response: Any
    staff: Staff
    conversation_id: str | None
    after: int
    told: dict[str, Any] = field(default_factory=dict)
    sent_at: float = 0.0
    beaten_at: float = float("-inf")

    async def run(self, listener: Listener, look: float) -> None:
        await self._send(": connected\n\n")
        while not listener.closed and await self._beat():
            missed = await self._tell_messages()
            await self._tell("desk", desk_json(await self._read(workplace.desk_view, self.staff)))
            await self._tell_conversation()
            if "ready" not in self.told:
                await self._tell("ready", {"messages": missed})
            await listener.wait(self._patience(look))
            if self._is_silent():
                await self._send(": still here\n\n")

    async def _beat(self) -> bool:
        """Renew presence and leases from time to time; False once the session has ended."""
        if time.monotonic() - self.beaten_at < BEAT_SECONDS:
            return True
        self.beaten_at = time.monotonic()
        try:
            self.staff = await self.parts.gate(self.request, Permission.CONVERSE)
        except (NotAllowed, NotPermitted):
            await self._tell("ended", {})
            return False
        rules = (await asyncio.to_thread(self.parts.content.current)).dealership.handoff
        await self._read(presence.beat, self.staff, None, clock.now(), rules)
        return True

    async def _tell_messages(self) -> int:
        """Send the messages after the last one; gives their number."""
        number = 0
        while self.conversation_id:
            rows = await self._read(workplace.staff_messages, self.conversation_id, self.after)
            for row in rows:
                self.after = row["seq"]
                await self._send(_event("message", row, row["seq"]))
            number += len(rows)
            if len(rows) < 200:
                break
        return number

    async def _tell_conversation(self) -> None:
        if not self.conversation_id:
            return
        quota = (clock.now(), self.parts.wechat_limits)
        opened = await self._read(workplace.open_line, self.conversation_id, self.staff, *quota)
        await self._tell("conversation", open_json(opened))
        writers = {
            side: bool(self.parts.wakeups.writer(self.conversation_id, side))
            for side in ("customer", "staff")
        }
        bot = self.parts.wakeups.bot_types(self.conversation_id)
        await self._tell("typing", {**writers, "bot": bot})

    async def _tell(self, name: str, data: dict[str, Any]) -> None:
        """Send it if it is news."""
        if self.told.get(name) != data:
            self.told[name] = data
            await self._send(_event(name, data))

    async def _send(self, text: str) -> None:
        self.sent_at = time.monotonic()
        await self.response.send(text)

    async def _read(self, function: Any, *arguments: Any) -> Any:
        return await asyncio.to_thread(function, self.parts.database, *arguments)

    def _patience(self, look: float) -> float:
        """Who stops writing without a word is to be noticed."""
        wakeups, id_ = self.parts.wakeups, self.conversation_id or ""
        writers = [wakeups.writer(id_, side) for side in ("customer", "staff")]
        return min([look, *(writer[1] + 0.05 for writer in writers if writer)])

    def _is_silent(self) -> bool:
        return time.monotonic() - self.sent_at > HEARTBEAT_SECONDS


def _event(name: str, data: dict[str, Any], id_: int | None = None) -> str:
    head = f"id: {id_}\n" if id_ is not None else ""
    return f"{head}event: {name}\ndata: {json_module.dumps(data, ensure_ascii=False)}\n\n"


def _seq(text: str | None) -> int:
    if not text:
        return 0
    if not (text.isascii() and text.isdigit()) or len(text) > 15:
        raise InvalidInput("after must be a number")
    return int(text)
