"""Tasks in the staff API: what a person has to do and how it ended."""

from __future__ import annotations

import asyncio

from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse, json

from bot import clock
from bot.api.customer_json import task_json
from bot.api.customers import plain
from bot.api.parameters import body_of, choice_of, needed, switch_of, text_of
from bot.api.parts import Parts
from bot.domain.staff import Permission
from bot.domain.tasks import TaskKind, TaskStatus
from bot.services import task_lists
from bot.services.customers import note_seen
from bot.services.task_ends import end_task

LONGEST_NOTE = 500


def add_task_routes(blueprint: Blueprint, parts: Parts) -> None:
    """The routes below ``/staff/tasks``."""
    database, gate = parts.database, parts.gate

    @blueprint.get("/staff/tasks")
    async def all_tasks(request: Request) -> HTTPResponse:
        staff = await gate(request, Permission.SEE_CUSTOMERS)
        status = choice_of(TaskStatus, request.args.get("status"), "status") or TaskStatus.OPEN
        kind = choice_of(TaskKind, request.args.get("kind"), "kind")
        mine = staff if switch_of("mine", request.args.get("mine")) else None
        rows = await asyncio.to_thread(task_lists.list_tasks, database, status, kind, mine)
        await asyncio.to_thread(note_seen, database, staff.actor, clock.now(), "tasks", action="tasks.seen")
        return json([task_json(row) for row in rows])

    @blueprint.post("/staff/tasks/<id_:str>/assign")
    async def assign_task(request: Request, id_: str) -> HTTPResponse:
        staff = await gate(request, Permission.SEE_CUSTOMERS)
        username = text_of(body_of(request, "assignee"), "assignee")
        now = clock.now()
        task = await asyncio.to_thread(
            task_lists.assign_task, database, plain(id_), username, staff.actor, now
        )
        parts.wakeups.staff_news()
        return json(task_json(task))

    @blueprint.post("/staff/tasks/<id_:str>/end")
    async def finish_task(request: Request, id_: str) -> HTTPResponse:
        staff = await gate(request, Permission.SEE_CUSTOMERS)
        body = body_of(request, "outcome", "note")
        outcome, note = needed("outcome", text_of(body, "outcome")), text_of(body, "note", LONGEST_NOTE)
        task = await asyncio.to_thread(
            end_task, database, plain(id_), outcome, note, staff.actor, clock.now()
        )
        parts.wakeups.staff_news()
        return json(task_json(task))
