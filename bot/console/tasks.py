"""The console's page of tasks: what is due, what to say, and how it ended."""

from __future__ import annotations

import asyncio
from typing import Any

from sanic.request import Request
from sanic.response import HTTPResponse

from bot.console.customers import in_list, note_list
from bot.console.site import Site
from bot.console.work_words import TASK_KINDS, TASK_OUTCOMES, TASK_STATUSES
from bot.domain.lifecycle import KeyMoment
from bot.domain.staff import Permission
from bot.domain.tasks import OUTCOMES, TaskKind, TaskStatus
from bot.services import task_lists
from bot.services.masking import mask_phone
from bot.services.staff import Staff


def add_task_pages(site: Site) -> None:
    """``/console/tasks``."""

    @site.page("/console/tasks", Permission.SEE_CUSTOMERS)
    async def all_tasks(request: Request, staff: Staff) -> HTTPResponse:
        status = _chosen(TaskStatus, request.args.get("status")) or TaskStatus.OPEN
        kind = _chosen(TaskKind, request.args.get("kind"))
        everybody = request.args.get("all") == "1"
        mine = None if everybody else staff
        found = await asyncio.to_thread(task_lists.list_tasks, site.database, status, kind, mine)
        schedule = (await asyncio.to_thread(site.content.current)).schedule
        await note_list(site, staff, "tasks")
        return await in_list(
            site,
            request,
            staff,
            "tasks.html",
            chosen=status,
            kind=kind,
            everybody=everybody,
            tasks=found,
            scripts={moment.id: moment for moment in schedule.moments},
            kinds=TASK_KINDS,
            statuses=TASK_STATUSES,
            outcome_names=TASK_OUTCOMES,
            outcomes={each: [[key, TASK_OUTCOMES[key]] for key in OUTCOMES[each]] for each in TaskKind},
            mask=mask_phone,
            about=about,
        )


def about(details: dict[str, Any], moment: KeyMoment | None) -> list[tuple[str, str]]:
    """What a task is about, as lines of a label and a text."""
    names = {"km": "里程", "on": "日期", "job": "项目", "reason": "到期原因", "answer": "客户说"}
    lines = [(names[key], str(value)) for key, value in details.items() if key in names and value]
    return lines + ([("节点", moment.name)] if moment is not None else [])


def _chosen(enum: Any, text: str | None) -> Any:
    return next((item for item in enum if item.value == text), None)
