"""What is looked at as a picture: the way from a question to a sale, complaints, when customers write, what contacts
come to, and what the bot could not answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.domain.cases import CaseKind
from bot.domain.conversation import Author
from bot.services.content.snapshot import Content
from bot.services.indicators.clauses import CAME, FIRST_HOUR, HourOfWeek, Scope, bought_since, flag
from bot.services.indicators.complaint_types import type_of_complaint
from bot.services.indicators.sources import not_withdrawn, said_in
from bot.store.lifecycle_tables import Outreach
from bot.store.staff_tables import Case
from bot.store.tables import Appointment, Conversation, Message, Unanswered

AGES = ((24, "24 小时内"), (48, "24–48 小时"), (168, "2–7 天"), (None, "7 天以上"))
"""Hours up to which a complaint counts for each line."""
NO_TOPIC = "other"
QUESTIONS = 10


@dataclass(frozen=True)
class Step:
    """How many online conversations of a channel or topic there were, and of them with a booking made in the period, a
    visit that came of it, and a purchase after that visit."""

    name: str
    consulted: int
    booked: int
    came: int
    bought: int


@dataclass(frozen=True)
class Contacts:
    """What the contacts about a moment came to; ``answered`` includes those that were booked."""

    moment: str
    sent: int
    answered: int
    booked: int


@dataclass(frozen=True)
class Overview:
    """What the pictures show.

    ``heat``: messages of customers and contacts with them, by weekday (Monday first) and hour. ``complaints_by_age``:
    name, how many of this age are open, how many were closed at it. The way to a sale, the messages and the questions
    are of all stores.
    """

    by_channel: tuple[Step, ...]
    by_topic: tuple[Step, ...]
    complaints_by_type: tuple[tuple[str, int], ...]
    complaints_by_age: tuple[tuple[str, int, int], ...]
    heat: tuple[tuple[int, ...], ...]
    contacts: tuple[Contacts, ...]
    questions: tuple[tuple[str, int], ...]

    @property
    def whole(self) -> Step:
        """All channels together."""
        return _sum("all", self.by_channel)


def overview(session: Session, content: Content, scope: Scope) -> Overview:
    """Aggregated in the database but for complaints, of which there are few."""
    complaints = _complaints(session, scope)
    return Overview(
        _by_channel(session, scope),
        _by_topic(session, content, scope),
        tuple(Counter(kind for kind, *_ in complaints).most_common()),
        _by_age(complaints, scope),
        _heat(session, scope),
        _contacts(session, scope),
        _questions(session, scope),
    )


def _flags(scope: Scope) -> tuple[Any, Any, Any]:
    """Of a conversation: booked, came, bought."""
    mine = sa.and_(Appointment.conversation_id == Conversation.id, scope.during(Appointment.created_at))
    came = sa.and_(mine, Appointment.status.in_(CAME))
    bought = sa.and_(came, bought_since(Appointment.phone, Appointment.start))
    booked, visited, sold = (flag(sa.exists().where(each)) for each in (mine, came, bought))
    return booked, visited, sold


def _steps(session: Session, name: Any, asked: Any) -> tuple[Step, ...]:
    query = (
        sa.select(
            name, sa.func.count(), *(sa.func.sum(asked.c[each]) for each in ("booked", "came", "bought"))
        )
        .group_by(name)
        .order_by(sa.func.count().desc(), name)
    )
    return tuple(Step(*row) for row in session.execute(query))


def _by_channel(session: Session, scope: Scope) -> tuple[Step, ...]:
    booked, came, bought = _flags(scope)
    asked = (
        sa.select(Conversation.channel, booked.label("booked"), came.label("came"), bought.label("bought"))
        .where(Conversation.updated_at >= scope.since, said_in(scope).exists())
        .subquery()
    )
    return _steps(session, asked.c.channel, asked)


def _by_topic(session: Session, content: Content, scope: Scope) -> tuple[Step, ...]:
    """A conversation counts for each topic that it touched: an intent, or for questions the kind of FAQ entry."""
    booked, came, bought = _flags(scope)
    id_ = Message.understanding[("faq", "id")].as_string()
    intent = Message.understanding["intent"].as_string()
    kinds = sorted({entry.partition(".")[0] for entry in content.faq})
    of_faq = sa.case(*((id_.like(f"{kind}.%"), f"faq.{kind}") for kind in kinds), else_=NO_TOPIC)
    topic = sa.case((intent == "faq", of_faq), else_=sa.func.coalesce(intent, NO_TOPIC))
    said = (
        sa.select(Conversation.id.label("id"), topic.label("topic"))
        .join(Message, Message.conversation_id == Conversation.id)
        .where(Conversation.updated_at >= scope.since, Message.author == Author.CUSTOMER.value)
        .where(scope.during(Message.created_at))
        .distinct()
        .subquery()
    )
    asked = (
        sa.select(said.c.topic, booked.label("booked"), came.label("came"), bought.label("bought"))
        .join(Conversation, Conversation.id == said.c.id)
        .subquery()
    )
    return _steps(session, asked.c.topic, asked)


def _complaints(session: Session, scope: Scope) -> list[tuple[str, Any, Any]]:
    query = sa.select(Case.details, Case.created_at, Case.closed_at).where(
        Case.kind == CaseKind.COMPLAINT.value,
        scope.during(Case.created_at),
        not_withdrawn(),
        scope.of_phone(Case.phone),
    )
    return [(type_of_complaint(row[0]), row[1], row[2]) for row in session.execute(query)]


def _by_age(complaints: Sequence[tuple[str, Any, Any]], scope: Scope) -> tuple[tuple[str, int, int], ...]:
    """Of each age: how many are open, and how many were closed."""
    open_ones, closed = Counter[str](), Counter[str]()
    for _, created, ended in complaints:
        (closed if ended else open_ones)[_age((ended or scope.now) - created)] += 1
    return tuple((name, open_ones[name], closed[name]) for _, name in AGES)


def _age(time: timedelta) -> str:
    return next(name for hours, name in AGES if hours is None or time <= timedelta(hours=hours))


def _heat(session: Session, scope: Scope) -> tuple[tuple[int, ...], ...]:
    messages = (
        sa.select(HourOfWeek(Message.created_at), sa.func.count())
        .join(Conversation, Conversation.id == Message.conversation_id)
        .where(Conversation.updated_at >= scope.since, Message.author == Author.CUSTOMER.value)
        .where(scope.during(Message.created_at))
        .group_by(sa.text("1"))
    )
    contacts = (
        sa.select(HourOfWeek(Outreach.sent_at), sa.func.count())
        .where(scope.during(Outreach.sent_at), scope.of_store(Outreach.store))
        .group_by(sa.text("1"))
    )
    counts = [[0] * 24 for _ in range(7)]
    for query in (messages, contacts):
        for hour, number in session.execute(query):
            weekday, of_day = divmod((int(hour) + FIRST_HOUR) % 168, 24)
            counts[weekday][of_day] += number
    return tuple(map(tuple, counts))


def _contacts(session: Session, scope: Scope) -> tuple[Contacts, ...]:
    answered = sa.or_(Outreach.answered_at.is_not(None), Outreach.state == "booked")
    query = (
        sa.select(
            Outreach.moment,
            sa.func.count(),
            sa.func.sum(flag(answered)),
            sa.func.sum(flag(Outreach.state == "booked")),
        )
        .where(scope.during(Outreach.sent_at), scope.of_store(Outreach.store))
        .group_by(Outreach.moment)
        .order_by(sa.func.count().desc(), Outreach.moment)
    )
    return tuple(Contacts(*row) for row in session.execute(query))


def _questions(session: Session, scope: Scope) -> tuple[tuple[str, int], ...]:
    """The most frequent ones that nobody answered yet; their words have no numbers and plates."""
    number = sa.func.count()
    query = (
        sa.select(sa.func.min(Unanswered.text), number)
        .where(Unanswered.state == "open", scope.during(Unanswered.created_at))
        .group_by(Unanswered.same_as)
        .order_by(number.desc(), sa.func.min(Unanswered.text))
        .limit(QUESTIONS)
    )
    return tuple((row[0], row[1]) for row in session.execute(query))


def _sum(name: str, steps: Sequence[Step]) -> Step:
    return Step(
        name,
        sum(step.consulted for step in steps),
        sum(step.booked for step in steps),
        sum(step.came for step in steps),
        sum(step.bought for step in steps),
    )
