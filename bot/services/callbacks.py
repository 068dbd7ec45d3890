"""Call-backs that customers were promised: when somebody calls, and changing that."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.domain.cases import NOT_NEEDED, CaseKind, CaseStatus
from bot.domain.conversation import is_online, next_online
from bot.domain.dealership import OnlineHours
from bot.services import crm
from bot.services.cases import CaseView, case_view
from bot.store.database import Database
from bot.store.staff_tables import Case

SOON = timedelta(minutes=30)
"""Nobody is promised a call sooner than this."""
WINDOW = timedelta(hours=1)
TWO_HOURS = timedelta(hours=2)
CHOICES = 3
_DAYS_LOOKED_AT = 3


def open_callback(database: Database, conversation_id: str) -> CaseView | None:
    """The call-back that this conversation waits for; None without one."""
    with database.reading() as session:
        row = _open(session, conversation_id)
        return None if row is None else case_view(row)


def call_back(
    session: Session,
    hours: OnlineHours,
    conversation_id: str,
    adviser: str,
    now: datetime,
    customer: tuple[str | None, str | None] = (None, None),
    note: str | None = None,
) -> datetime:
    """Somebody has promised to call; gives when it is due. ``customer``: phone and name, as far as they are known.

    The call-back that the conversation waits for keeps its hour; ``adviser`` looks after it unless another does.
    """
    phone, name = customer
    case = _open(session, conversation_id)
    known = case is not None
    if case is None:
        case = Case(
            id=uuid.uuid4().hex,
            kind=CaseKind.CALLBACK.value,
            status=CaseStatus.OPEN.value,
            conversation_id=conversation_id,
            details={},
            created_at=now,
        )
        session.add(case)
    said = {key: value for key, value in {"name": name, "note": note}.items() if value}
    case.details = {**(case.details or {}), **said, "complete": True}
    case.phone, case.adviser = case.phone or phone, case.adviser or adviser
    case.due_at, case.updated_at = case.due_at or first_call(hours, now), now
    (crm.case_updated if known else crm.case_opened)(session, case, now)
    return case.due_at


def promise_call(database: Database, case_id: str, due_at: datetime, now: datetime) -> None:
    """Call at another time than was promised before."""
    with database.transaction() as session:
        case = session.get(Case, case_id, with_for_update=True)
        if case is not None:
            case.due_at, case.updated_at = due_at, now
            case.details = {**case.details, "call_at": due_at.isoformat(timespec="minutes")}
            crm.case_updated(session, case, now)


def withdraw_callback(database: Database, case_id: str, now: datetime) -> None:
    """The customer does without."""
    with database.transaction() as session:
        case = session.get(Case, case_id, with_for_update=True)
        if case is not None and case.status == CaseStatus.OPEN.value:
            case.status, case.outcome = CaseStatus.CLOSED.value, NOT_NEEDED
            case.closed_at = case.updated_at = now
            case.details = {**case.details, "withdrawn": True}
            crm.case_closed(session, case, now)


def first_call(hours: OnlineHours, now: datetime) -> datetime:
    """When somebody calls whom the customer gave no time: at the next opening, or at the next half hour on duty."""
    if not is_online(hours, now):
        return next_online(hours, now)
    return next_online(hours, _on_the_half_hour(now + SOON))


def soon(hours: OnlineHours, now: datetime, before: datetime) -> datetime:
    """When somebody has called about something that cannot wait: within two hours on duty, half an hour ``before``
    what it is about where that is still possible; at night within the first hour of the next day on duty."""
    due = now + TWO_HOURS if is_online(hours, now) else next_online(hours, now) + WINDOW
    if is_online(hours, now) and not is_online(hours, due):
        due = next_online(hours, due) + WINDOW
    latest = before - SOON
    if latest <= now or not is_online(hours, latest):
        latest = before
    return min(due, latest) if latest > now else due


def call_times(hours: OnlineHours, now: datetime) -> tuple[datetime, ...]:
    """Beginnings of hours to choose from: in the morning, after lunch, before evening, inside the hours on duty."""
    found = (moment for moment in _usual_hours(now) if _fits(hours, moment, now))
    return tuple(moment for moment, _ in zip(found, range(CHOICES), strict=False))


def may_call_at(hours: OnlineHours, moment: datetime, now: datetime) -> bool:
    """Whether somebody is on duty then, in the time to come."""
    return moment > now and is_online(hours, moment)


def _fits(hours: OnlineHours, moment: datetime, now: datetime) -> bool:
    last = moment + WINDOW - timedelta(minutes=1)
    return moment >= now + SOON and is_online(hours, moment) and is_online(hours, last)


def _usual_hours(now: datetime) -> Iterator[datetime]:
    for day in range(_DAYS_LOOKED_AT):
        for hour in (9, 11, 14, 16, 18):
            yield (now + timedelta(days=day)).replace(hour=hour, minute=0, second=0, microsecond=0)


def _on_the_half_hour(moment: datetime) -> datetime:
    past = timedelta(minutes=moment.minute % 30, seconds=moment.second, microseconds=moment.microsecond)
    return moment - past + (timedelta(minutes=30) if past else timedelta())


def _open(session: Session, conversation_id: str) -> Any:
    query = (
        sa.select(Case)
        .where(
            Case.conversation_id == conversation_id,
            Case.kind == CaseKind.CALLBACK.value,
            Case.status == CaseStatus.OPEN.value,
        )
        .order_by(Case.created_at.desc())
    )
    return next((case for case in session.scalars(query) if not case.details.get("visit")), None)
