"""Staff are told of work that waits for too long, once for each occasion, and of a rescue or complaint at once.

What is told is a row of the outbox for the WeCom group robot and one for each colleague with an e-mail address, written
in the transaction of the mark (``alerted_at``) that nobody else can set a second time.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.domain.alerts import URGENT_CASES, URGENT_REASONS, Late, Occasion, skill_of_case, worth_telling
from bot.domain.cases import CaseKind, CaseStatus
from bot.domain.conversation import Author, HandoffReason, Owner
from bot.domain.handoff import HandoffRules
from bot.domain.staff import Role, Skill
from bot.services.claiming import transact
from bot.services.content.snapshot import Content
from bot.store import outbox
from bot.store.database import Database
from bot.store.staff_tables import Case, Handoff, User
from bot.store.tables import Appointment, Conversation, Message

KIND = "staff_alert"
_Row = Any


def watch_waiting(database: Database, content: Content, now: datetime) -> int:
    """Tell staff of what waits for too long and was not told yet; gives its number. Any process may run it."""
    dealership = content.dealership
    hours = dealership.profile.consultants_online
    with database.reading() as session:
        found = waiting_too_long(session, dealership.handoff, now)
    late = [each for each in found if not each.told and worth_telling(hours, each, now)]
    if not late:
        return 0

    def work(session: Session) -> int:
        won = [each for each in late if _claim(session, each, now)]
        _write(session, won, now)
        return len(won)

    return transact(database, work)


def waiting_too_long(session: Session, rules: HandoffRules, now: datetime) -> list[Late]:
    """Everything beyond its limit, whether or not staff were told: the longest wait first."""
    limits = rules.waiting_limit_minutes
    conversations = [*_in_the_queue(session), *_without_an_answer(session)]
    late = [each for each in conversations if each.since + limits.of(each.skill) <= now]
    return sorted([*late, *_overdue(session, now)], key=lambda each: (each.since, each.key))


def urgent_handoff(session: Session, handoff: _Row, now: datetime) -> None:
    """Tell at once of a rescue or complaint that comes to a person; of one with a case once, with the case."""
    if HandoffReason(handoff.reason) not in URGENT_REASONS:
        return
    case = session.get(Case, (handoff.summary or {}).get("case") or "")
    if case is not None:
        urgent_case(session, case, now)
        return
    late = Late(Occasion.URGENT, Skill(handoff.skill), now, handoff.conversation_id, reason=handoff.reason)
    _write(session, [late], now)


def urgent_case(session: Session, case: _Row, now: datetime) -> None:
    """Tell at once of a rescue or complaint whose record is complete, once."""
    if CaseKind(case.kind) in URGENT_CASES and not case.details.get("withdrawn"):
        _write(session, [_late_case(session, case, Occasion.URGENT, now)], now)


def escalated_case(session: Session, case: _Row, now: datetime) -> None:
    """Tell the managers of a case that was passed up to them."""
    _write(session, [_late_case(session, case, Occasion.ESCALATED, now)], now)


def is_still_so(session: Session, alert: Mapping[str, Any]) -> bool:
    """Whether what an outbox row tells is still to be done. ``alert`` is its ``data``."""
    occasion = Occasion(alert["occasion"])
    if alert["case_id"]:
        case = session.get(Case, alert["case_id"])
        return bool(
            case is not None
            and case.status == CaseStatus.OPEN.value
            and not case.details.get("withdrawn")
            and not _has_adviser(session, case.conversation_id if occasion is Occasion.URGENT else None)
        )
    row = session.get(Conversation, alert["conversation_id"])
    if row is None or occasion is Occasion.URGENT:
        return row is not None and not _has_adviser(session, row.id)
    if occasion is Occasion.WAITING:
        return bool(row.state == Owner.QUEUE.value)
    since = datetime.fromisoformat(alert["since"])
    held = [late for late in _without_an_answer(session, row.id) if late.since <= since]
    return bool(held)


def _claim(session: Session, late: Late, now: datetime) -> bool:
    """False if another process told of it, or it is over."""
    states = {Occasion.WAITING: Owner.QUEUE.value, Occasion.UNANSWERED: Owner.ADVISER.value}
    if late.case_id:
        table, mine = Case, (Case.id == late.case_id, Case.status == CaseStatus.OPEN.value)
    else:
        state = states[late.occasion]
        table, mine = Conversation, (Conversation.id == late.conversation_id, Conversation.state == state)
    untold = sa.or_(table.alerted_at.is_(None), table.alerted_at < late.since)
    done = session.execute(sa.update(table.__table__).where(*mine, untold).values(alerted_at=now))
    return bool(done.rowcount == 1)


def _write(session: Session, late: Iterable[Late], now: datetime) -> None:
    """One row for the robot about each, and one mail for each colleague about all that concern them."""
    found = list(late)
    rows = [_row(f"{each.key}/wecom", "wecom", _data(each), each.conversation_id, now) for each in found]
    for address, theirs in _readers(session, found).items():
        digest = hashlib.sha256("\n".join([address, *(each.key for each in theirs)]).encode()).hexdigest()
        data = {"alerts": [_data(each) for each in theirs]}
        rows.append({**_row(f"alert/{digest[:32]}/email", "email", data, None, now), "address": address})
    outbox.add(session, rows)


def _row(
    key: str, channel: str, data: dict[str, Any], conversation_id: str | None, now: datetime
) -> dict[str, Any]:
    about = {"kind": KIND, "channel": channel, "conversation_id": conversation_id, "address": None}
    return {"key": key, **about, "data": data, "due_at": now, "created_at": now}


def _data(late: Late) -> dict[str, Any]:
    return {
        "occasion": late.occasion.value,
        "skill": late.skill.value,
        "since": late.since.isoformat(),
        "conversation_id": late.conversation_id,
        "case_id": late.case_id,
        "reason": late.reason,
        "phone": late.phone,
    }


def _readers(session: Session, late: Sequence[Late]) -> dict[str, list[Late]]:
    """By address: whoever has it, else who has the skill, else the managers."""
    query = sa.select(User).where(User.is_active.is_(True), User.email.isnot(None)).order_by(User.username)
    users = list(session.scalars(query)) if late else []
    found: dict[str, list[Late]] = {}
    for each in late:
        holder = [user for user in users if user.username == each.adviser]
        skilled = [user for user in users if each.skill.value in (user.skills or ())]
        managers = [user for user in users if user.role == Role.MANAGER.value]
        if each.occasion is Occasion.ESCALATED:
            holder = managers
        for user in holder or skilled or managers:
            found.setdefault(user.email, []).append(each)
    return found


def _in_the_queue(session: Session) -> list[Late]:
    since = sa.func.coalesce(
        Conversation.waiting_since, Conversation.updated_at, type_=Conversation.updated_at.type
    )
    query = sa.select(
        Conversation.id, Conversation.skill, since, Conversation.reason, Conversation.alerted_at
    ).where(Conversation.state == Owner.QUEUE.value, Conversation.is_elsewhere.is_(False))
    return [
        Late(Occasion.WAITING, Skill(skill or Skill.SALES), began, id_, reason=reason, told=_told(at, began))
        for id_, skill, began, reason, at in session.execute(query.order_by(Conversation.id))
    ]


def _without_an_answer(session: Session, conversation_id: str | None = None) -> list[Late]:
    """Conversations in which an adviser has not answered: since the take, or the first message after their last."""
    taken = (
        sa.select(Handoff.conversation_id, sa.func.max(Handoff.taken_at).label("at"))
        .where(Handoff.status == "taken")
        .group_by(Handoff.conversation_id)
        .subquery()
    )
    since = sa.func.coalesce(taken.c.at, Conversation.updated_at, type_=Conversation.updated_at.type)
    query = (
        sa.select(Conversation, since)
        .outerjoin(taken, taken.c.conversation_id == Conversation.id)
        .where(Conversation.state == Owner.ADVISER.value)
        .order_by(Conversation.id)
    )
    if conversation_id is not None:
        query = query.where(Conversation.id == conversation_id)
    found = []
    for row, began in session.execute(query).all():
        silent = _silent_since(session, row, began)
        if silent is not None:
            skill, told = Skill(row.skill or Skill.SALES), _told(row.alerted_at, silent)
            found.append(
                Late(Occasion.UNANSWERED, skill, silent, row.id, None, row.reason, row.adviser, None, told)
            )
    return found


def _silent_since(session: Session, row: _Row, taken_at: datetime) -> datetime | None:
    theirs = sa.select(Message.seq, Message.created_at).where(
        Message.conversation_id == row.id, Message.internal.is_(False)
    )
    answer = session.execute(
        theirs.where(Message.author == Author.STAFF.value, Message.created_at >= taken_at)
        .order_by(Message.seq.desc())
        .limit(1)
    ).first()
    if answer is None and row.reason != HandoffReason.TAKEN.value:
        return taken_at  # somebody asked for a person, who has said nothing yet
    after = Message.created_at >= taken_at if answer is None else Message.seq > answer.seq
    question = theirs.where(Message.author == Author.CUSTOMER.value, after).order_by(Message.seq).limit(1)
    first = session.execute(question).first()
    return None if first is None else first.created_at


def _overdue(session: Session, now: datetime) -> list[Late]:
    query = sa.select(Case).where(Case.status == CaseStatus.OPEN.value, Case.due_at <= now)
    cases = session.scalars(query.order_by(Case.due_at, Case.id))
    return [
        _late_case(session, case, Occasion.OVERDUE, case.due_at)
        for case in cases
        if not case.details.get("withdrawn")
    ]


def _late_case(session: Session, case: _Row, occasion: Occasion, since: datetime) -> Late:
    kind = CaseKind(case.kind)
    visit = session.get(Appointment, case.details.get("visit") or "")
    about = skill_of_case(kind, case.details)
    if visit is not None:
        about = Skill.SALES if visit.kind == "test_drive" else Skill.SERVICE
    told = occasion is Occasion.OVERDUE and _told(case.alerted_at, since)
    conversation_id = case.conversation_id or None
    return Late(occasion, about, since, conversation_id, case.id, kind.value, case.adviser, case.phone, told)


def _told(alerted_at: datetime | None, since: datetime) -> bool:
    return alerted_at is not None and alerted_at >= since


def _has_adviser(session: Session, conversation_id: str | None) -> bool:
    row = session.get(Conversation, conversation_id) if conversation_id else None
    return row is not None and row.state == Owner.ADVISER.value
