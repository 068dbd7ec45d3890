"""The OpenAPI description of tasks."""

from __future__ import annotations

from typing import Any

from bot.api.schemas import MOMENT, NULLABLE, TEXT, TEXTS, TIME, array, enum_of, operation, query, record, ref
from bot.domain.tasks import OUTCOMES, TaskKind, TaskStatus

_API = "/api/staff/tasks"
_TASK = "the id of the task"
_OUTCOME = {"type": "string", "enum": sorted({each for some in OUTCOMES.values() for each in some})}


def task_paths() -> dict[str, Any]:
    return {
        _API: {
            "get": operation(
                "Tasks: open ones by due time, ended ones the newest first.",
                array(ref("Task")),
                query("status", enum_of(TaskStatus), "open by default"),
                query("kind", enum_of(TaskKind)),
                query("mine", {"type": "boolean"}, "the caller's, and those of nobody that fit them"),
            )
        },
        f"{_API}/{{id}}/assign": {
            "post": operation(
                "Say who does it; null is nobody.",
                ref("Task"),
                body=record("assignee", assignee=NULLABLE),
                id_=_TASK,
            )
        },
        f"{_API}/{{id}}/end": {
            "post": operation(
                "It is done, with an outcome of its kind.",
                ref("Task"),
                body=record("note", outcome=_OUTCOME, note=NULLABLE),
                id_=_TASK,
                s409="it is ended already",
            )
        },
    }


def task_schemas() -> dict[str, Any]:
    """``Task``."""
    return {
        "Task": record(
            id=TEXT,
            kind=enum_of(TaskKind),
            status=enum_of(TaskStatus),
            title=TEXT,
            customer_id=NULLABLE,
            phone={**NULLABLE, "description": "masked: 138****5678"},
            plate=NULLABLE,
            store=NULLABLE,
            conversation_id=NULLABLE,
            case_id=NULLABLE,
            assignee={**NULLABLE, "description": "a username"},
            skill={**NULLABLE, "description": "whose it is while nobody has it"},
            script={**NULLABLE, "description": "what to say"},
            details={"type": "object"},
            due_at=TIME,
            outcome=NULLABLE,
            outcomes={**TEXTS, "description": "how it may end"},
            note=NULLABLE,
            closed_by=NULLABLE,
            closed_at=MOMENT,
            created_at=TIME,
        )
    }
