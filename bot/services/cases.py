"""Opening, completing and listing cases."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.domain.alerts import URGENT_CASES, skill_of_case
from bot.domain.cases import (
    CASE_OUTCOMES,
    NOT_NEEDED,
    WITHDRAWN,
    CaseKind,
    CaseStatus,
    RescueStep,
    complaint_due,
)
from bot.domain.conversation import Owner
from bot.domain.dealership import Dealership
from bot.domain.errors import InvalidInput, NotFound, WrongState
from bot.domain.tasks import TaskKind
from bot.services import alerts, audit, crm
from bot.services.audit import Actor
from bot.services.content.snapshot import Content
from bot.services.leads import lead_of_callback
from bot.services.messages import Utterance, add_notice
from bot.services.replies import SOURCE, reply_for
from bot.services.staff import require_user
from bot.services.surveys import plan_after_complaint
from bot.services.tasks import cancel_tasks
from bot.store.database import Database
from bot.store.staff_tables import Case

OFFER_REASON = "waitlist_offer"
RESCUE_WORDS = {
    RescueStep.DISPATCHED: "utter_rescue_dispatched",
    RescueStep.ARRIVED: "utter_rescue_arrived",
    RescueStep.TOWING: "utter_rescue_towing",
}
PLACE_LENGTH = 500
"""Characters kept of the places that a waiting customer names, the newest ones."""


@dataclass(frozen=True)
class CaseView:
    """A case as staff see it; ``due_at`` is what the customer was promised."""

    id: str
    kind: CaseKind
    status: CaseStatus
    conversation_id: str
    phone: str | None
    details: dict[str, Any]
    due_at: datetime | None
    created_at: datetime
    adviser: str | None = None
    note: str | None = None
    closed_at: datetime | None = None
    outcome: str | None = None
    answered_at: datetime | None = None
    escalation: int = 0

    def is_overdue(self, now: datetime) -> bool:
        return self.status is CaseStatus.OPEN and self.due_at is not None and self.due_at < now


def open_case(
    database: Database,
    kind: CaseKind,
    conversation_id: str,
    now: datetime,
    details: Mapping[str, Any],
    due_at: datetime | None = None,
    complaint_hours: int = 48,
) -> str:
    """Record a case and give its id; the open one of the same kind in this conversation is used again."""
    if kind is CaseKind.COMPLAINT:
        due_at = complaint_due(now, complaint_hours)
    with database.transaction() as session:
        known = session.scalars(
            sa.select(Case)
            .where(
                Case.conversation_id == conversation_id,
                Case.kind == kind.value,
                Case.status == CaseStatus.OPEN.value,
            )
            .order_by(Case.created_at.desc())
        ).first()
        if known is not None and known.details.get("complete") is not True:
            known.details = {**known.details, **details}
            return str(known.id)
        return _open(session, kind, conversation_id, None, details, due_at, now)


def update_case(
    database: Database, case_id: str, now: datetime, phone: str | None, details: Mapping[str, Any]
) -> datetime | None:
    """Add what the customer told; gives when the case is due. Raises ``NotFound``.

    Once all was asked, whoever has to know hears of it.
    """
    with database.transaction() as session:
        case = session.get(Case, case_id)
        if case is None:
            raise NotFound(f"no case {case_id}")
        case.phone = phone or case.phone
        case.details = {**case.details, **{key: value for key, value in details.items() if value is not None}}
        case.updated_at = now
        if case.details.get("complete") is True:
            _tell_of(session, case, now)
        return case.due_at


def add_place(database: Database, case_id: str, now: datetime, place: str) -> None:
    """Add where a customer who waits says to be now, after what was known. Raises ``NotFound``."""
    with database.transaction() as session:
        case = _locked(session, case_id)
        known = str(case.details.get("place") or "")
        if place in known:
            return
        case.details = {**case.details, "place": f"{known}；{place}"[-PLACE_LENGTH:] if known else place}
        case.updated_at = now
        crm.case_updated(session, case, now)


def urgent_case_of(
    database: Database, conversation_id: str, first: CaseKind = CaseKind.RESCUE
) -> CaseView | None:
    """The open rescue or complaint of a conversation, the newest of kind ``first`` before any other."""
    query = sa.select(Case).where(
        Case.conversation_id == conversation_id,
        Case.kind.in_([kind.value for kind in URGENT_CASES]),
        Case.status == CaseStatus.OPEN.value,
    )
    with database.reading() as session:
        found = [row for row in session.scalars(query) if not row.details.get("withdrawn")]
        found.sort(key=lambda row: (row.kind == first.value, row.created_at), reverse=True)
        return case_view(found[0]) if found else None


def _tell_of(session: Session, case: Case, now: datetime) -> None:
    crm.case_updated(session, case, now)
    alerts.urgent_case(session, case, now)
    if case.kind == CaseKind.CALLBACK.value:
        lead_of_callback(session, case, skill_of_case(CaseKind.CALLBACK, case.details), now)


def open_visit_case(session: Session, visit: Any, now: datetime, reason: str, due_at: datetime) -> None:
    """Have somebody call the customer of a visit (a row of appointments), whether or not it came from a chat.

    One open case per visit; what it is about may change.
    """
    details = {"reason": reason, "visit": visit.id, "code": visit.code, "name": visit.name, "complete": True}
    known = _case_of_visit(session, visit)
    if known is not None:
        known.details, known.due_at, known.updated_at = details, due_at, now
        crm.case_updated(session, known, now)
        return
    _open(session, CaseKind.CALLBACK, visit.conversation_id or "", visit.phone, details, due_at, now)


def close_visit_case(session: Session, visit: Any, now: datetime) -> None:
    """Nobody has to call about the visit any more: it has its time, or is cancelled."""
    case = _case_of_visit(session, visit)
    if case is not None:
        _close(session, case, NOT_NEEDED, now)


def open_offer_case(session: Session, entry: Any, now: datetime) -> None:
    """Have somebody call whom no message reaches (a row of waitlist) before the offer ends; one open case per entry."""
    details = {
        "reason": OFFER_REASON,
        "entry": entry.id,
        "name": entry.name,
        "store": entry.offered_store,
        "start": entry.offered_start.isoformat(),
        "complete": True,
    }
    known = _case_of_entry(session, entry)
    if known is not None:
        known.details, known.due_at, known.updated_at = details, entry.reply_by, now
        crm.case_updated(session, known, now)
        return
    _open(session, CaseKind.CALLBACK, "", entry.phone, details, entry.reply_by, now)


def close_offer_case(session: Session, entry: Any, now: datetime) -> None:
    """Nobody has to call about the offer any more: it was answered, or is over."""
    case = _case_of_entry(session, entry)
    if case is not None:
        _close(session, case, NOT_NEEDED, now)


def _case_of_entry(session: Session, entry: Any) -> Case | None:
    return _open_callback(session, entry.phone, "entry", entry.id)


def _case_of_visit(session: Session, visit: Any) -> Case | None:
    return _open_callback(session, visit.phone, "visit", visit.id)


def _open_callback(session: Session, phone: str, about: str, id_: str) -> Case | None:
    query = sa.select(Case).where(
        Case.phone == phone,
        Case.kind == CaseKind.CALLBACK.value,
        Case.status == CaseStatus.OPEN.value,
    )
    return next((case for case in session.scalars(query) if case.details.get(about) == id_), None)


def list_cases(
    database: Database, kind: CaseKind | None = None, status: CaseStatus | None = None
) -> list[CaseView]:
    """The newest first."""
    query = sa.select(Case).order_by(Case.created_at.desc(), Case.id)
    if kind is not None:
        query = query.where(Case.kind == kind.value)
    if status is not None:
        query = query.where(Case.status == status.value)
    with database.reading() as session:
        return [case_view(row) for row in session.scalars(query)]


def assign_case(
    database: Database, case_id: str, username: str | None, actor: Actor, now: datetime
) -> CaseView:
    """Say who looks after a case, None for nobody. Raises ``NotFound``, and ``InvalidInput`` for no such user."""
    with database.transaction() as session:
        case = _locked(session, case_id)
        if username is not None:
            require_user(session, username)
        case.adviser, case.updated_at = username, now
        audit.note(
            session, actor, "case.assigned", now, case_id, case.conversation_id or None, {"to": username}
        )
        crm.case_updated(session, case, now)
        return case_view(case)


def close_case(
    database: Database,
    dealership: Dealership,
    case_id: str,
    outcome: str,
    note: str | None,
    actor: Actor,
    now: datetime,
) -> CaseView:
    """It is done: ``outcome`` is one of its kind's, ``note`` says more; again changes nothing.

    Who complained is asked how it was handled. Raises ``NotFound``, and ``InvalidInput`` for an outcome of others.
    """
    with database.transaction() as session:
        case = _locked(session, case_id)
        if outcome not in CASE_OUTCOMES[CaseKind(case.kind)]:
            raise InvalidInput(f"{outcome!r} is no outcome of a {case.kind}")
        if CaseStatus(case.status) is CaseStatus.OPEN:
            case.note, case.adviser = note, case.adviser or actor.username
            case.answered_at = case.answered_at or now
            about = {"outcome": outcome}
            audit.note(session, actor, "case.closed", now, case_id, case.conversation_id or None, about)
            _close(session, case, outcome, now)
            if case.kind == CaseKind.COMPLAINT.value and outcome != WITHDRAWN:
                plan_after_complaint(session, dealership, case, now)
        return case_view(case)


def answered(session: Session, conversation_id: str, now: datetime) -> None:
    """A person has answered the customer of this conversation: the first time counts for its open cases."""
    session.execute(
        sa.update(Case.__table__)
        .where(
            Case.conversation_id == conversation_id,
            Case.status == CaseStatus.OPEN.value,
            Case.answered_at.is_(None),
        )
        .values(answered_at=now)
    )


def tell_rescue(
    database: Database,
    content: Content,
    case_id: str,
    step: RescueStep,
    minutes: int | None,
    actor: Actor,
    now: datetime,
) -> CaseView:
    """Note how far a rescue is, and tell the customer where they wrote. ``minutes``: until help arrives.

    Raises ``NotFound``, ``WrongState`` for a case that is closed, ``InvalidInput`` for one that is no rescue.
    """
    with database.transaction() as session:
        case = _locked(session, case_id)
        if case.kind != CaseKind.RESCUE.value:
            raise InvalidInput("only a rescue has steps")
        if case.status != CaseStatus.OPEN.value:
            raise WrongState("the case is closed", "这个工单已经办结")
        steps = [
            *(case.details.get("steps") or ()),
            {"step": step.value, "at": now.isoformat(timespec="minutes")},
        ]
        case.details = {**case.details, "steps": steps}
        case.answered_at, case.updated_at = case.answered_at or now, now
        case.adviser = case.adviser or actor.username
        audit.note(session, actor, "case.progress", now, case_id, case.conversation_id or None)
        crm.case_updated(session, case, now)
        if case.conversation_id:
            _say_step(session, content, case, step, minutes, now)
        return case_view(case)


def _say_step(
    session: Session, content: Content, case: Any, step: RescueStep, minutes: int | None, now: datetime
) -> None:
    def words(channel: str, owner: Owner) -> Utterance:
        if step is RescueStep.DISPATCHED and minutes:
            reply = reply_for(content, "utter_rescue_dispatched_minutes", {"minutes": minutes}, channel)
        else:
            reply = reply_for(content, RESCUE_WORDS[step], {}, channel)
        if reply is None:
            raise LookupError("no approved template for a rescue")
        return Utterance(reply["text"], (), {"notice": "rescue_step"}, reply[SOURCE])

    add_notice(session, case.conversation_id, words, now)


def case_view(row: Any) -> CaseView:
    """A row of ``cases`` for everybody else."""
    return CaseView(
        row.id,
        CaseKind(row.kind),
        CaseStatus(row.status),
        row.conversation_id,
        row.phone,
        row.details,
        row.due_at,
        row.created_at,
        row.adviser,
        row.note,
        row.closed_at,
        row.outcome,
        row.answered_at,
        row.escalation or 0,
    )


def _locked(session: Session, case_id: str) -> Any:
    case = session.scalars(sa.select(Case).where(Case.id == case_id).with_for_update()).first()
    if case is None:
        raise NotFound("no such case")
    return case


def _open(
    session: Session,
    kind: CaseKind,
    conversation_id: str,
    phone: str | None,
    details: Mapping[str, Any],
    due_at: datetime | None,
    now: datetime,
) -> str:
    case = Case(
        id=uuid.uuid4().hex,
        kind=kind.value,
        status=CaseStatus.OPEN.value,
        conversation_id=conversation_id,
        phone=phone,
        details=dict(details),
        due_at=due_at,
        created_at=now,
        updated_at=now,
    )
    session.add(case)
    crm.case_opened(session, case, now)
    return str(case.id)


def _close(session: Session, case: Any, outcome: str, now: datetime) -> None:
    case.status, case.outcome = CaseStatus.CLOSED.value, outcome
    case.closed_at = case.updated_at = now
    cancel_tasks(session, now, case_id=str(case.id), kind=TaskKind.ESCALATION.value)
    crm.case_closed(session, case, now)
