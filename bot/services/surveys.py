"""Surveys: what customers say of a test drive, a service visit or the handling of a complaint.

Each is asked about once. The sheet's questions come one after the other; an answer counts for the days that the dealer
sets. A low one opens a task for the manager in the transaction of the answer.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.domain.dealership import Dealership
from bot.domain.errors import InvalidInput
from bot.domain.reminders import decent_hour
from bot.domain.surveys import (
    Question,
    SurveyKind,
    SurveyRules,
    choices,
    nps_of,
    satisfaction_of,
)
from bot.domain.tasks import MANAGER, TaskKind
from bot.services.availability import local
from bot.services.scores import user_of_resources
from bot.services.tasks import open_task
from bot.store import outbox
from bot.store.database import Database
from bot.store.lifecycle_tables import Survey

COMMENT_LENGTH = 500
SUBJECT_SEPARATOR = "/"
ASK_VISIT, ASK_COMPLAINT = "ask_score", "ask_complaint"
"""What asks, in the outbox: after a visit, and when a complaint is closed."""
AFTER_COMPLAINT = timedelta(minutes=30)
STILL_ASKED = timedelta(days=2)
TITLES = {
    SurveyKind.TEST_DRIVE: "试驾体验评分低，请回访客户",
    SurveyKind.SERVICE: "服务评分低，请回访客户",
    SurveyKind.COMPLAINT: "投诉处理评分低，请回访客户",
}
"""Of the tasks that low answers open."""


@dataclass(frozen=True)
class SurveyView:
    """A sheet and what was answered so far. ``next``: the question that waits, None once all were answered.

    ``satisfaction`` is of 100, ``nps`` of 10; ``username`` whom it is about.
    """

    id: str
    kind: SurveyKind
    subject: str
    conversation_id: str | None
    phone: str | None
    store: str | None
    username: str | None
    answers: Mapping[str, int]
    satisfaction: int | None
    nps: int | None
    comment: str | None
    asked_at: datetime
    answered_at: datetime | None
    next: Question | None


@dataclass(frozen=True)
class Given:
    """An answer that was kept: the sheet afterwards, whether it is low, and whether staff got a task by it."""

    survey: SurveyView
    is_low: bool
    opened_task: bool


def ask(
    session: Session,
    kind: SurveyKind,
    subject: str,
    now: datetime,
    conversation_id: str | None,
    phone: str | None = None,
    store: str | None = None,
    username: str | None = None,
) -> str | None:
    """Note that the customer is asked, and give the sheet's id; None if that was done. The caller has the words."""
    known = sa.select(Survey.id).where(Survey.kind == kind.value, Survey.subject == subject)
    if session.scalars(known).first() is not None:
        return None
    id_ = uuid.uuid4().hex
    session.add(
        Survey(
            id=id_,
            kind=kind.value,
            subject=subject,
            conversation_id=conversation_id,
            phone=phone,
            store=store,
            username=username,
            answers={},
            asked_at=now,
        )
    )
    session.flush()
    return id_


def ask_after_visit(session: Session, visit: Any, conversation_id: str, now: datetime) -> str | None:
    """The same for a visit (a row of appointments) that was completed."""
    username = user_of_resources(session, visit.resources)
    return ask(
        session, kind_of_visit(visit), str(visit.id), now, conversation_id, visit.phone, visit.store, username
    )


def kind_of_visit(visit: Any) -> SurveyKind:
    """The sheet for a row of appointments."""
    return SurveyKind.TEST_DRIVE if visit.kind == "test_drive" else SurveyKind.SERVICE


def ask_after_complaint(session: Session, case: Any, conversation_id: str, now: datetime) -> str | None:
    """The same for a complaint (a row of cases) that was closed."""
    about = str(case.id)
    return ask(session, SurveyKind.COMPLAINT, about, now, conversation_id, case.phone, None, case.adviser)


def plan_after_complaint(session: Session, dealership: Dealership, case: Any, now: datetime) -> None:
    """Ask the customer of a complaint that is closed at a decent hour, if they wrote to us."""
    if not case.conversation_id:
        return
    hours = dealership.profile.consultants_online
    due = decent_hour(local(now) + AFTER_COMPLAINT, hours.opens, hours.closes)
    message = {
        "key": f"{case.id}/{ASK_COMPLAINT}/chat",
        "kind": ASK_COMPLAINT,
        "channel": "chat",
        "conversation_id": case.conversation_id,
        "address": None,
        "data": {"case": case.id, "until": (due + STILL_ASKED).isoformat()},
        "due_at": due,
        "created_at": now,
    }
    outbox.add(session, [message])


def buttons_of(survey_id: str, question: Question) -> tuple[dict[str, str], ...]:
    """One for each choice, about this question alone however late it is pressed."""
    subject = f"{survey_id}{SUBJECT_SEPARATOR}{question.id}"
    return tuple(
        {
            "title": choice.title,
            "payload": f"/give_score{json.dumps({'score': choice.value, 'subject': subject})}",
        }
        for choice in choices(question)
    )


def split_subject(subject: str | None) -> tuple[str, str] | None:
    """Sheet and question of a button; None for one that is of no survey."""
    id_, separator, question = (subject or "").partition(SUBJECT_SEPARATOR)
    return (id_, question) if separator else None


def waiting(
    database: Database, dealership: Dealership, conversation_id: str, now: datetime
) -> SurveyView | None:
    """The newest sheet in the conversation with a question that waits."""
    with database.reading() as session:
        for row in session.scalars(_asked(conversation_id, now, dealership.surveys)):
            view = view_of(row, dealership.surveys)
            if view.next is not None:
                return view
    return None


def answered_last(
    database: Database, dealership: Dealership, conversation_id: str, now: datetime
) -> SurveyView | None:
    """The sheet that was answered last, in part or whole."""
    query = _asked(conversation_id, now, dealership.surveys).where(Survey.answered_at.is_not(None))
    with database.reading() as session:
        row = session.scalars(query.order_by(None).order_by(Survey.answered_at.desc())).first()
        return None if row is None else view_of(row, dealership.surveys)


def give(
    database: Database,
    dealership: Dealership,
    conversation_id: str,
    value: int,
    now: datetime,
    survey_id: str | None = None,
    question: str | None = None,
) -> Given | None:
    """Keep an answer to the question that waits, or to the named one; None where none waits for it.

    ``value`` is on the question's scale (``bot.domain.surveys.valued``). An answer stays as it was first given.
    Raises ``InvalidInput`` for a value that is none.
    """
    rules = dealership.surveys
    with database.transaction() as session:
        query = _asked(conversation_id, now, rules).with_for_update()
        if survey_id is not None:
            query = query.where(Survey.id == survey_id)
        for row in session.scalars(query):
            asked = _open_question(row, rules, question)
            if asked is not None:
                return _keep(session, dealership, row, asked, value, now)
    return None


def comment(database: Database, survey_id: str, text: str) -> None:
    """Keep a word that came with an answer, after what was said before."""
    with database.transaction() as session:
        row = session.get(Survey, survey_id, with_for_update=True)
        if row is not None:
            row.comment = "；".join(filter(None, [row.comment, text.strip()]))[:COMMENT_LENGTH]


def surveys_of(database: Database, dealership: Dealership, phone: str) -> tuple[SurveyView, ...]:
    """All sheets of a telephone number, the newest first."""
    query = sa.select(Survey).where(Survey.phone == phone).order_by(Survey.asked_at.desc(), Survey.id)
    with database.reading() as session:
        return tuple(view_of(row, dealership.surveys) for row in session.scalars(query))


def view_of(row: Any, rules: SurveyRules) -> SurveyView:
    """A row of ``surveys`` for everybody else."""
    return SurveyView(
        row.id,
        SurveyKind(row.kind),
        row.subject,
        row.conversation_id,
        row.phone,
        row.store,
        row.username,
        dict(row.answers),
        row.satisfaction,
        row.nps,
        row.comment,
        row.asked_at,
        row.answered_at,
        _open_question(row, rules, None),
    )


def _asked(conversation_id: str, now: datetime, rules: SurveyRules) -> Any:
    since = now - timedelta(days=rules.patience_days)
    return (
        sa.select(Survey)
        .where(Survey.conversation_id == conversation_id, Survey.asked_at > since)
        .order_by(Survey.asked_at.desc(), Survey.id)
    )


def _open_question(row: Any, rules: SurveyRules, id_: str | None) -> Question | None:
    """The first question without an answer, or the named one if it has none."""
    unanswered = [q for q in rules.questions(SurveyKind(row.kind)) if q.id not in row.answers]
    if id_ is None:
        return unanswered[0] if unanswered else None
    return next((question for question in unanswered if question.id == id_), None)


def _keep(
    session: Session, dealership: Dealership, row: Any, question: Question, value: int, now: datetime
) -> Given:
    rules, kind = dealership.surveys, SurveyKind(row.kind)
    if not _is_valid(question, value):
        raise InvalidInput(f"{value} is no answer to {question.id}")
    row.answers = {**row.answers, question.id: value}
    questions = rules.questions(kind)
    row.satisfaction, row.nps = satisfaction_of(questions, row.answers), nps_of(questions, row.answers)
    row.answered_at = now
    low = rules.is_low(row.satisfaction, row.nps)
    opened = low and _open_task(session, dealership, row, kind, now)
    return Given(view_of(row, rules), low, opened)


def _is_valid(question: Question, value: int) -> bool:
    highest = {"nps": 10, "stars": 5, "percent": 100}[question.scale.value]
    return (1 if highest == 5 else 0) <= value <= highest


def _open_task(session: Session, dealership: Dealership, row: Any, kind: SurveyKind, now: datetime) -> bool:
    """Once for each sheet, whatever else is answered."""
    opened = open_task(
        session,
        TaskKind.LOW_SCORE,
        f"low_score/{row.id}",
        TITLES[kind],
        now + timedelta(hours=dealership.surveys.task_hours),
        now,
        phone=row.phone,
        store=row.store,
        conversation_id=row.conversation_id,
        skill=MANAGER,
        details={"survey": row.id, "kind": row.kind, "about": row.username},
    )
    return opened is not None
