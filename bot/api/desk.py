"""What a member of the staff does with conversations: take, reply, note, transfer, release, close, and being there."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse, json

from bot import clock
from bot.api.conversations import conversation_json, line_json
from bot.api.parameters import body_of, choice_of, iso, named, needed, storable, text_of
from bot.api.parts import Parts
from bot.domain.conversation import Outcome
from bot.domain.errors import InvalidInput
from bot.domain.staff import Permission, Presence, Skill
from bot.services import desk, queue, workplace
from bot.services.content.snapshot import Content
from bot.services.staff import Staff
from bot.store.database import Database

LONGEST_REPLY = 2000
LONGEST_NOTE = 500
LONGEST_CLIENT_ID = 100
_LARGEST_EPOCH = 2**31 - 1
Act = Callable[[Request, str, Staff, Content], Awaitable[dict[str, Any]]]


def add_desk_routes(blueprint: Blueprint, parts: Parts) -> None:
    """``/staff/conversations/{id}/take`` and its like, ``/staff/queue`` and ``/staff/presence``."""
    routes = _Desk(parts)
    for name, act in routes.acts().items():
        path = f"/staff/conversations/<conversation_id:str>/{name}"
        blueprint.add_route(named(routes.route(act), f"desk_{name}"), path, methods=["POST"])
    blueprint.add_route(named(routes.queue, "desk_queue"), "/staff/queue", methods=["GET"])
    blueprint.add_route(named(routes.presence, "desk_presence"), "/staff/presence", methods=["POST"])


class _Desk:
    def __init__(self, parts: Parts) -> None:
        self._parts, self._database = parts, parts.database

    def acts(self) -> dict[str, Act]:
        return {
            "take": self.take,
            "reply": self.reply,
            "note": self.note,
            "transfer": self.transfer,
            "release": self.release,
            "close": self.close,
        }

    def route(self, act: Act) -> Callable[..., Awaitable[HTTPResponse]]:
        """Who may, the act itself, and telling everybody who looks at the conversation."""

        async def handle(request: Request, conversation_id: str) -> HTTPResponse:
            staff = await self._parts.gate(request, Permission.CONVERSE)
            storable("id", conversation_id)
            content = await asyncio.to_thread(self._parts.content.current)
            done = await act(request, conversation_id, staff, content)
            self._parts.wakeups.bring_news(conversation_id)
            await self._give_out(content)
            return json(done)

        return handle

    async def take(self, request: Request, id_: str, staff: Staff, content: Content) -> dict[str, Any]:
        body = body_of(request, "epoch", "away")
        return await self._pass(desk.take, id_, staff, content, away=_flag(body, "away"), epoch=_epoch(body))

    async def reply(self, request: Request, id_: str, staff: Staff, content: Content) -> dict[str, Any]:
        body = body_of(request, "text", "epoch", "client_id", "attachment")
        attachment = text_of(body, "attachment")
        text = text_of(body, "text", LONGEST_REPLY)
        said = await asyncio.to_thread(
            desk.reply,
            self._database,
            id_,
            staff,
            (text or "") if attachment else needed("text", text),
            clock.now(),
            epoch=_epoch(body),
            client_id=text_of(body, "client_id", LONGEST_CLIENT_ID),
            rules=content.dealership.handoff,
            attachment=attachment,
        )
        return line_json(said)

    async def note(self, request: Request, id_: str, staff: Staff, content: Content) -> dict[str, Any]:
        body = body_of(request, "text", "client_id")
        text = needed("text", text_of(body, "text", LONGEST_REPLY))
        client_id = text_of(body, "client_id", LONGEST_CLIENT_ID)
        said = await asyncio.to_thread(
            desk.add_note, self._database, id_, staff, text, clock.now(), client_id=client_id
        )
        return line_json(said)

    async def transfer(self, request: Request, id_: str, staff: Staff, content: Content) -> dict[str, Any]:
        body = body_of(request, "username", "skill", "note", "epoch")
        return await self._pass(
            desk.transfer,
            id_,
            staff,
            content,
            to_username=text_of(body, "username"),
            skill=choice_of(Skill, body.get("skill"), "skill"),
            note=text_of(body, "note", LONGEST_NOTE),
            epoch=_epoch(body),
        )

    async def release(self, request: Request, id_: str, staff: Staff, content: Content) -> dict[str, Any]:
        body = body_of(request, "note", "settled", "epoch")
        note, settled = text_of(body, "note", LONGEST_NOTE), _flag(body, "settled")
        return await self._pass(
            desk.release, id_, staff, content, note=note, settled=settled, epoch=_epoch(body)
        )

    async def close(self, request: Request, id_: str, staff: Staff, content: Content) -> dict[str, Any]:
        body = body_of(request, "outcome", "note", "epoch")
        outcome = needed("outcome", choice_of(Outcome, body.get("outcome"), "outcome"))
        note = text_of(body, "note", LONGEST_NOTE)
        return await self._pass(
            desk.close, id_, staff, content, outcome=outcome, note=note, epoch=_epoch(body)
        )

    async def queue(self, request: Request) -> HTTPResponse:
        await self._parts.gate(request, Permission.CONVERSE)
        waiting = await asyncio.to_thread(queue.waiting_list, self._database)
        return json([_waiting_json(each, number) for number, each in enumerate(waiting, 1)])

    async def presence(self, request: Request) -> HTTPResponse:
        staff = await self._parts.gate(request, Permission.CONVERSE)
        chosen = choice_of(Presence, body_of(request, "presence").get("presence"), "presence")
        content = await asyncio.to_thread(self._parts.content.current)
        rules = content.dealership.handoff
        now = await asyncio.to_thread(desk.beat, self._database, staff, chosen, clock.now(), rules)
        if chosen is not None:
            self._parts.wakeups.staff_news()
        await self._give_out(content)
        return json({"presence": now.value, **await asyncio.to_thread(_work_json, self._database, staff)})

    async def _pass(
        self, change: Any, id_: str, staff: Staff, content: Content, **more: Any
    ) -> dict[str, Any]:
        return conversation_json(
            await asyncio.to_thread(change, self._database, content, id_, staff, clock.now(), **more)
        )

    async def _give_out(self, content: Content) -> None:
        """Somebody came, or has room again."""
        for given in await asyncio.to_thread(queue.assign_waiting, self._database, content, clock.now()):
            self._parts.wakeups.bring_news(given)


def _work_json(database: Database, staff: Staff) -> dict[str, int]:
    """How much waits, for pages that have no stream."""
    view = workplace.desk_view(database, staff)
    unread = sum(max(line.unread, line.unanswered) for line in view.mine)
    return {"waiting": len(view.waiting), "unread": unread}


def _waiting_json(waiting: queue.Waiting, number: int) -> dict[str, Any]:
    return {
        "id": waiting.conversation_id,
        "number": number,
        "skill": waiting.skill.value,
        "reason": waiting.reason,
        "waiting_since": iso(waiting.since),
        "returned": waiting.returned,
    }


def _flag(body: dict[str, Any], name: str) -> bool:
    value = body.get(name, False)
    if not isinstance(value, bool):
        raise InvalidInput(f"{name} must be true or false")
    return value


def _epoch(body: dict[str, Any]) -> int | None:
    epoch = body.get("epoch")
    if epoch is not None and (type(epoch) is not int or not 0 <= epoch <= _LARGEST_EPOCH):
        raise InvalidInput("epoch must be a number")
    return epoch
