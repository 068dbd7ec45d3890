"""One contact: how it goes out, what is answered, and that it led to a booking."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.domain.errors import NotFound
from bot.domain.outreach import WARRANTY_CHECK, OutreachRules
from bot.domain.tasks import TaskKind
from bot.services.task_lists import user_of_adviser
from bot.services.tasks import cancel_tasks, open_task
from bot.store.database import Database
from bot.store.lifecycle_tables import Outreach
from bot.store.tables import Customer

KIND = "outreach"
"""Of its rows in the outbox, and of the notice in a chat."""
OPEN = ("planned", "sent", "answered")
LISTENED = timedelta(days=30)
"""So long an answer in words may mean the contact, and a booking counts as its result."""
SERVICES = ("first_service_invitation", "first_service", "standard_service", "warranty_end_check")


@dataclass(frozen=True)
class OutreachView:
    """A contact as everybody else sees it; ``details`` are the words of its templates and what is booked."""

    id: str
    plate: str
    customer_id: str
    moment: str
    occasion: str
    state: str
    channel: str | None
    store: str | None
    due_on: date | None
    details: dict[str, Any]
    conversation_id: str | None
    appointment_id: str | None
    opened_at: datetime
    sent_at: datetime | None
    answered_at: datetime | None

    @property
    def is_of_service(self) -> bool:
        return self.moment in SERVICES or self.moment.startswith("service_")


def of_conversation(database: Database, conversation_id: str, now: datetime) -> OutreachView | None:
    """The newest contact in a conversation that waits for a reply."""
    query = (
        sa.select(Outreach)
        .where(
            Outreach.conversation_id == conversation_id,
            Outreach.state == "sent",
            Outreach.sent_at > now - LISTENED,
        )
        .order_by(Outreach.sent_at.desc())
        .limit(1)
    )
    with database.reading() as session:
        row = session.scalars(query).first()
        return None if row is None else view(row)


def find(database: Database, id_: str, conversation_id: str) -> OutreachView:
    """A contact that went into this conversation; raises ``NotFound``."""
    with database.reading() as session:
        row = session.get(Outreach, id_)
        if row is None or row.conversation_id != conversation_id:
            raise NotFound("no such contact")
        return view(row)


def answer(database: Database, id_: str, state: str, now: datetime) -> bool:
    """Keep what the customer said: answered, refused or done_elsewhere. False where that is known already."""
    with database.transaction() as session:
        done = session.execute(
            sa.update(Outreach.__table__)
            .where(Outreach.id == id_, Outreach.state.in_(OPEN), Outreach.state != state)
            .values(state=state, answered_at=now, updated_at=now)
        )
        if done.rowcount and state != "answered":
            cancel_tasks(session, now, outreach_id=id_)
        return bool(done.rowcount)


def booked(session: Session, visit: Any, maintenance: Collection[str], now: datetime) -> None:
    """A service visit (a row of appointments) was booked: what invited to its jobs is done.

    ``maintenance``: the jobs of the schedule's services. A visit without a plate is that of the car invited last.
    """
    owners = sa.select(Customer.id).where(Customer.phone == visit.phone)
    theirs = [Outreach.customer_id.in_(owners)]
    if visit.plate:
        theirs.append(Outreach.plate == visit.plate)
    query = sa.select(Outreach).where(
        sa.or_(*theirs),
        Outreach.state.in_((*OPEN, "reached")),
        Outreach.opened_at > now - LISTENED,
        sa.or_(Outreach.moment.in_(SERVICES), Outreach.moment.startswith("service_")),
    )
    invited = [
        row for row in session.scalars(query.order_by(Outreach.opened_at.desc())) if _is_for(row, visit)
    ]
    for row in invited:
        if row.plate != (visit.plate or invited[0].plate) or not wanted_by(
            row.moment, visit.items, maintenance
        ):
            continue
        row.state, row.appointment_id, row.updated_at = "booked", visit.id, now
        row.answered_at = row.answered_at or now
        cancel_tasks(session, now, outreach_id=row.id)


def _is_for(row: Any, visit: Any) -> bool:
    return not visit.model or row.details.get("model") in (None, visit.model)


def wanted_by(moment: str, jobs: Iterable[str], maintenance: Collection[str]) -> bool:
    """Whether a visit with these jobs is what the moment asks for."""
    return WARRANTY_CHECK in jobs if moment == WARRANTY_CHECK else not set(maintenance).isdisjoint(jobs)


def signed_up(
    session: Session, event_id: str, phone: str, conversation_id: str | None, now: datetime
) -> None:
    """Who was invited to an event has signed up: the invitation led to it (in the transaction of the sign-up)."""
    mine = [Outreach.customer_id.in_(sa.select(Customer.id).where(Customer.phone == phone))]
    if conversation_id:
        mine.append(Outreach.conversation_id == conversation_id)
    session.execute(
        sa.update(Outreach.__table__)
        .where(
            Outreach.occasion == event_id,
            sa.or_(*mine),
            Outreach.state.in_((*OPEN, "reached", "refused")),
        )
        .values(state="booked", answered_at=sa.func.coalesce(Outreach.answered_at, now), updated_at=now)
    )


def mark_sent(session: Session, row: Any, channel: str, now: datetime, today: date) -> None:
    """It has gone out (a row of outreach) on this channel."""
    if row.state == "planned":
        row.state, row.channel, row.sent_at, row.sent_on, row.updated_at = "sent", channel, now, today, now


def call_instead(session: Session, row: Any, now: datetime, rules: OutreachRules) -> None:
    """Nothing reaches the customer: their adviser calls, where somebody is called for this."""
    row.updated_at = now
    if row.moment in rules.never_called:
        row.state = "unreached"
        return
    row.channel = "call"
    open_call(session, row, now, now + timedelta(days=rules.call_days))


def open_call(session: Session, row: Any, now: datetime, due_at: datetime) -> None:
    """A task for the customer's own adviser, else for whoever does service; with the moment's script."""
    customer = session.get(Customer, row.customer_id)
    kinds = {
        "delivery": TaskKind.DELIVERY_DAY,
        "follow_up_call": TaskKind.FOLLOW_UP_CALL,
        "trade_in": TaskKind.TRADE_IN,
    }
    kind = kinds.get(row.moment, TaskKind.OUTREACH_CALL)
    open_task(
        session,
        kind,
        f"{kind.value}/{row.id}",
        f"{row.details.get('title', '')}：{row.details.get('car', '')}",
        due_at,
        now,
        customer_id=row.customer_id,
        phone=customer.phone if customer else None,
        plate=row.plate,
        store=row.store,
        outreach_id=row.id,
        assignee=user_of_adviser(session, customer.adviser if customer else None),
        skill="service" if kind is TaskKind.OUTREACH_CALL else "sales",
        script="first_service_invitation" if row.moment == "first_service" else row.moment,
        details={
            name: row.details[name] for name in ("job", "km", "on", "items", "price") if row.details.get(name)
        },
    )


def expire(database: Database, now: datetime, days: int) -> int:
    """End what nobody answered for so long; gives how many."""
    with database.transaction() as session:
        done = session.execute(
            sa.update(Outreach.__table__)
            .where(sa.or_(*(sa.and_(*each) for each in _too_old(now - timedelta(days=days)))))
            .values(state="expired", updated_at=now)
        )
        return int(done.rowcount)


def _too_old(before: datetime) -> Iterable[tuple[Any, ...]]:
    """Told and not answered; or a message that never went out. A call waits for who makes it."""
    yield Outreach.state == "sent", Outreach.sent_at <= before
    yield Outreach.state == "planned", Outreach.channel != "call", Outreach.opened_at <= before


def view(row: Any) -> OutreachView:
    return OutreachView(**{name: getattr(row, name) for name in OutreachView.__dataclass_fields__})
