"""The waiting line: who is served next, how long it takes, who gets a conversation, and leases that end.

Served first are rescues, then complaints, then low scores, then customers who lost their adviser, then all others;
among equals whoever waits longest. A place counts those before in this order who wait for the same skill.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.domain.conversation import Change, HandoffReason, Owner, Party, PassedOn, skill_of, urgency
from bot.domain.dealership import OnlineHours
from bot.domain.handoff import Assignment, HandoffRules, LeaseState, lease_state
from bot.domain.staff import Candidate, Permission, Presence, Role, Skill, choose, may
from bot.services import audit
from bot.services.audit import SYSTEM, Actor
from bot.services.content.snapshot import Content
from bot.services.conversations import locked
from bot.services.handing_over import OPEN, Move, give, note_line, put_back, say_away
from bot.services.waiting_times import on_duty, pace_of, still_to_wait
from bot.store.database import Database
from bot.store.staff_tables import Handoff, User
from bot.store.tables import Appointment, Conversation, Customer

logger = logging.getLogger(__name__)
Told = Callable[[str], None]
_AGAIN = tuple(how.value for how in (PassedOn.LOST_LEASE, PassedOn.TRANSFERRED))


@dataclass(frozen=True)
class Waiting:
    """A conversation in the line. ``returned``: it was with an adviser before."""

    conversation_id: str
    skill: Skill
    reason: str | None
    since: datetime
    returned: bool = False

    @property
    def order(self) -> tuple[int, datetime, str]:
        return urgency(self.reason, self.returned), self.since, self.conversation_id


def waiting_list(database: Database) -> list[Waiting]:
    """Everybody who waits, in the order in which they are served."""
    with database.reading() as session:
        return _waiting(session)


def place_in_queue(
    database: Database,
    conversation_id: str,
    reason: HandoffReason | str = HandoffReason.ASKED,
    summary: dict[str, Any] | None = None,
) -> int:
    """The customer's place, 1 being next; for a conversation not waiting yet, the place that it would get."""
    with database.reading() as session:
        return _place(session, conversation_id, HandoffReason(reason), summary)


def expected_minutes(
    database: Database,
    conversation_id: str,
    now: datetime,
    hours: OnlineHours,
    skill: Skill | None = None,
    place: int = 1,
) -> int | None:
    """How much longer it probably takes, by how fast the line for the same skill moved lately, and the place in it.

    ``skill`` and ``place`` are for a conversation that does not wait yet. None where nobody can know: too few were
    measured, it is too long to be told, or nobody is on duty by then.
    """
    with database.reading() as session:
        waiting = _waiting(session)
        own = next((each for each in waiting if each.conversation_id == conversation_id), None)
        wanted = own.skill if own else skill or Skill.SALES
        same = [each for each in waiting if each.skill is wanted]
        pace = pace_of(session, wanted, hours, now)
    if pace is None:
        return None
    since = max(min((each.since for each in same), default=now), pace.last_taken)
    return still_to_wait(pace, same.index(own) + 1 if own else place, on_duty(hours, since, now), hours, now)


def serve_queue(database: Database, content: Content, now: datetime, told: Told = lambda _: None) -> int:
    """End leases whose time is over and give out what waits; gives the number of changes. Any process may run it."""
    changed = [*_end_leases(database, content, now), *assign_waiting(database, content, now)]
    for conversation_id in changed:
        told(conversation_id)
    return len(changed)


def assign_waiting(database: Database, content: Content, now: datetime) -> list[str]:
    """Give waiting conversations to whoever is free, in order; gives the ids of those that were given."""
    rules = content.dealership.handoff
    if rules.assignment is Assignment.BY_HAND:
        return []
    with database.reading() as session:
        waiting, free = _waiting(session), _candidates(session, rules, now)
    if not any(each.conversations < each.limit for each in free):
        return []
    return [each.conversation_id for each in waiting if _assign(database, content, each, now)]


def candidates(database: Database, rules: HandoffRules, now: datetime) -> list[Candidate]:
    """Everybody who is online, with what they have to do."""
    with database.reading() as session:
        return _candidates(session, rules, now)


def _assign(database: Database, content: Content, waiting: Waiting, now: datetime) -> bool:
    """The choice is made anew under the locks: another process may have been faster."""
    rules = content.dealership.handoff
    with database.reading() as session:
        if _chosen(session, rules, waiting, now) is None:
            return False
    with database.transaction() as session:
        row = locked(session, waiting.conversation_id)
        chosen = _chosen(session, rules, waiting, now) if row.state == Owner.QUEUE.value else None
        if chosen is None:
            return False
        user = session.get(User, chosen.username, with_for_update=True)
        if user is None or _load(session).get(chosen.username, 0) >= chosen.limit:
            return False  # full since a moment ago; the next round finds somebody else
        give(session, row, Move(Change.ASSIGN, Party.SYSTEM, now, content), user, has_console=True)
        note_line(session, row, f"系统把会话分给了 {user.name or user.username}", now)
        audit.note(session, Actor(SYSTEM), "conversation.assigned", now, None, row.id, {"to": user.username})
        return True


def _chosen(session: Session, rules: HandoffRules, waiting: Waiting, now: datetime) -> Candidate | None:
    row = session.get(Conversation, waiting.conversation_id)
    scored = _scored_low(session, waiting.conversation_id)
    able = [each for each in _candidates(session, rules, now) if each.username not in scored]
    return choose(able, waiting.skill, _own_adviser(session, row, waiting.skill))


def _scored_low(session: Session, conversation_id: str) -> set[str]:
    """Whom the customer is not content with: somebody else looks at it, or picks it by hand."""
    query = sa.select(Handoff.summary).where(
        Handoff.conversation_id == conversation_id,
        Handoff.status == OPEN,
        Handoff.reason == HandoffReason.LOW_SCORE.value,
    )
    return {str(known["scored"]) for known in session.scalars(query) if known.get("scored")}


def _own_adviser(session: Session, row: Any, skill: Skill) -> str | None:
    """Who looks after the customer: by their record, by what they booked here, or who talked with them last.

    Not for a complaint, and not for what somebody has just passed on: another one is wanted then.
    """
    if row is None or skill is Skill.COMPLAINT or _was_passed_on(session, row):
        return None
    known = session.get(Customer, row.customer_id) if row.customer_id else None
    phone = sa.select(Appointment.phone).where(Appointment.conversation_id == row.id)
    booked = session.scalars(phone.order_by(Appointment.created_at.desc())).first()
    if known is None and booked:
        known = session.scalars(sa.select(Customer).where(Customer.phone == booked)).first()
    if known is not None and known.adviser:
        return str(known.adviser)
    last = session.get(User, row.adviser) if row.adviser else None
    return str(last.username) if last is not None and skill.value in (last.skills or ()) else None


def _was_passed_on(session: Session, row: Conversation) -> bool:
    ended = Handoff.outcome == PassedOn.TRANSFERRED.value
    query = sa.select(Handoff.id).where(
        Handoff.conversation_id == row.id, ended, Handoff.ended_at == row.waiting_since
    )
    return session.scalars(query).first() is not None


def _candidates(session: Session, rules: HandoffRules, now: datetime) -> list[Candidate]:
    query = sa.select(User).where(
        User.is_active.is_(True), User.presence == Presence.ONLINE.value, User.seen_until > now
    )
    load = _load(session)
    return [
        Candidate(
            user.username,
            tuple(map(Skill, user.skills or ())),
            load.get(user.username, 0),
            rules.conversation_limit if user.conversation_limit is None else user.conversation_limit,
            user.idle_since or user.created_at,
            user.resource,
        )
        for user in session.scalars(query.order_by(User.username))
        if may(Role(user.role), Permission.CONVERSE)
    ]


def _load(session: Session) -> dict[str, int]:
    query = (
        sa.select(Conversation.adviser, sa.func.count())
        .where(Conversation.state == Owner.ADVISER.value)
        .group_by(Conversation.adviser)
    )
    return {username: int(number) for username, number in session.execute(query)}


def _end_leases(database: Database, content: Content, now: datetime) -> list[str]:
    query = sa.select(Conversation.id).where(
        Conversation.state == Owner.ADVISER.value,
        sa.or_(Conversation.lease_until.is_(None), Conversation.lease_until <= now),
        sa.or_(Conversation.grace_until.is_(None), Conversation.grace_until <= now),
    )
    with database.reading() as session:
        over = list(session.scalars(query.order_by(Conversation.id)))
    return [each for each in over if _end_lease(database, content, each, now)]


def _end_lease(database: Database, content: Content, conversation_id: str, now: datetime) -> bool:
    """Begin the grace time, or put the conversation back; False if it is held after all."""
    rules = content.dealership.handoff
    with database.transaction() as session:
        row = locked(session, conversation_id)
        state = lease_state(row.lease_until, row.grace_until, now)
        if row.state != Owner.ADVISER.value or state in (LeaseState.HELD, LeaseState.IN_GRACE):
            return False
        if state is LeaseState.LAPSED:
            row.grace_until = now + timedelta(seconds=rules.grace_seconds)
            return True
        user = session.get(User, row.adviser) if row.adviser else None
        move = Move(Change.LOSE, Party.SYSTEM, now, content)
        lost_by = row.adviser
        put_back(session, row, move)
        audit.note(session, Actor(SYSTEM), "conversation.lost", now, None, row.id, {"from": lost_by})
        note_line(session, row, f"{_called(user, row.adviser)} 断线太久，会话回到排队", now)
        session.flush()
        say_away(session, row, move, _place(session, row.id))
    logger.info("conversation %s went back to the queue: the lease was lost", conversation_id)
    return True


def _called(user: Any, username: str | None) -> str:
    return str((user.name if user is not None else None) or username or "顾问")


def _waiting(session: Session) -> list[Waiting]:
    again = sa.exists().where(
        Handoff.conversation_id == Conversation.id,
        Handoff.ended_at == Conversation.waiting_since,
        Handoff.outcome.in_(_AGAIN),
    )
    query = sa.select(
        Conversation.id,
        Conversation.skill,
        Conversation.reason,
        sa.func.coalesce(
            Conversation.waiting_since, Conversation.updated_at, type_=Conversation.updated_at.type
        ),
        again,
    ).where(Conversation.state == Owner.QUEUE.value, Conversation.is_elsewhere.is_(False))
    found = [
        Waiting(id_, Skill(skill or Skill.SALES), reason, since, bool(returned))
        for id_, skill, reason, since, returned in session.execute(query)
    ]
    return sorted(found, key=lambda each: each.order)


def _place(
    session: Session,
    conversation_id: str,
    reason: HandoffReason = HandoffReason.ASKED,
    summary: dict[str, Any] | None = None,
) -> int:
    waiting = _waiting(session)
    own = next((each for each in waiting if each.conversation_id == conversation_id), None)
    if own is None:
        same = [each for each in waiting if each.skill is skill_of(reason, summary)]
        return 1 + sum(urgency(each.reason, each.returned) <= urgency(reason.value, False) for each in same)
    same = [each for each in waiting if each.skill is own.skill]
    return same.index(own) + 1
