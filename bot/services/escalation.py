"""Cases that wait too long are passed up: a task for whoever manages the store and a word to staff, once each time."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.domain.cases import CaseKind, CaseStatus, escalation_due
from bot.domain.dealership import Dealership
from bot.domain.tasks import MANAGER, TaskKind
from bot.services import alerts
from bot.services.claiming import transact
from bot.services.tasks import open_task
from bot.store.database import Database
from bot.store.staff_tables import Case

TITLES = {
    CaseKind.COMPLAINT: "投诉超过 {hours} 小时未办结",
    CaseKind.RESCUE: "道路救援超过 {minutes} 分钟无人应答",
}


def escalate_cases(database: Database, dealership: Dealership, now: datetime) -> int:
    """Pass up what is due by ``now``; gives how much was. Any process may run it."""
    query = sa.select(Case).where(
        Case.status == CaseStatus.OPEN.value, Case.kind.in_([kind.value for kind in TITLES])
    )
    with database.reading() as session:
        found = [(row.id, row.escalation, _level(dealership, row, now)) for row in session.scalars(query)]
    due = [(id_, known, level) for id_, known, level in found if level > known]
    return sum(
        transact(database, lambda session, each=each: _pass_up(session, dealership, each, now))  # type: ignore[misc]
        for each in due
    )


def _level(dealership: Dealership, case: Any, now: datetime) -> int:
    if case.details.get("withdrawn"):
        return 0
    rules, answered = dealership.handoff.cases, case.answered_at is not None
    return escalation_due(CaseKind(case.kind), rules, case.created_at, answered, now)


def _pass_up(session: Session, dealership: Dealership, due: tuple[str, int, int], now: datetime) -> bool:
    """False where another process did, or it was closed meanwhile."""
    id_, known, level = due
    done = session.execute(
        sa.update(Case.__table__)
        .where(Case.id == id_, Case.escalation == known, Case.status == CaseStatus.OPEN.value)
        .values(escalation=level, updated_at=now)
    )
    if done.rowcount != 1:
        return False
    case: Any = session.get(Case, id_)
    kind, rules = CaseKind(case.kind), dealership.handoff.cases
    hours = sorted(set(rules.escalate_hours))[level - 1] if kind is CaseKind.COMPLAINT else 0
    open_task(
        session,
        TaskKind.ESCALATION,
        f"escalation/{id_}/{level}",
        TITLES[kind].format(hours=hours, minutes=rules.rescue_minutes),
        case.due_at if case.due_at and case.due_at > now else now,
        now,
        case_id=id_,
        conversation_id=case.conversation_id or None,
        phone=case.phone,
        skill=MANAGER,
    )
    alerts.escalated_case(session, case, now)
    return True
