"""The cases behind each indicator: one query each, from which both the figure and its list are taken.

Every query gives ``id``, ``at`` (when it counts), ``hit`` (1 where it is as it should be, else 0; for points and the
NPS the score), ``conversation_id`` and ``customer_id``. Each case is one row.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from bot.domain.booking import VisitKind, VisitStatus
from bot.domain.cases import WITHDRAWN, CaseKind
from bot.domain.conversation import Author
from bot.domain.events import SignupStatus
from bot.domain.surveys import STAR, SurveyKind
from bot.domain.tasks import TaskKind, TaskStatus
from bot.services.indicators.clauses import CAME, Scope, Seconds, bought_since, flag
from bot.services.leads import LeadKind
from bot.store.lifecycle_tables import EventSignup, Outreach, ReferralUse, Survey, Task
from bot.store.staff_tables import Case, Lead, Score
from bot.store.tables import Appointment, Conversation, Customer, Message, Vehicle

VERY_SATISFIED, SATISFIED = 90, 80
"""Of 100: very satisfied with anything; satisfied with how a complaint was handled (4 stars)."""
LOYAL_VISITS = 2
SERVICE_MOMENTS = ("first_service_invitation", "first_service", "standard_service", "warranty_end_check")
"""The contacts that invite to a service, beside those that begin with ``service_``."""
FOLLOW_UPS = (TaskKind.FOLLOW_UP_CALL, TaskKind.COMPLAINT_FOLLOW_UP, TaskKind.RESCUE_FOLLOW_UP)
NOT_REACHED = ("unreached", "wrong_number")
CALLS = (TaskKind.OUTREACH_CALL, TaskKind.FOLLOW_UP_CALL)
"""The tasks that may end with a wrong number."""
SALES_INTENTS = ("book_test_drive", "haggle", "recommend_model", "compare_models", "trade_in")
SALES_TOPICS = ("product", "price", "buy", "drive", "used")
"""What makes a conversation one about buying: these intents, and FAQ topics that begin so."""
_NOBODY = sa.null()
_NULL_TEXT = sa.cast(_NOBODY, sa.String)

Source = Callable[[Scope], Any]


def _rows(id_: Any, at: Any, hit: Any, conversation: Any = _NULL_TEXT, customer: Any = _NULL_TEXT) -> Any:
    return sa.select(
        sa.cast(id_, sa.String).label("id"),
        at.label("at"),
        hit.label("hit"),
        conversation.label("conversation_id"),
        customer.label("customer_id"),
    )


def _customer(phone: Any) -> Any:
    """The id of the customer with a number, if there is one."""
    return sa.select(Customer.id).where(Customer.phone == phone).scalar_subquery()


def referral_rate(scope: Scope) -> Any:
    brought = sa.exists().where(ReferralUse.phone == Lead.phone)
    return _rows(Lead.id, Lead.created_at, flag(brought), Lead.conversation_id, _customer(Lead.phone)).where(
        scope.during(Lead.created_at), scope.of_phone(Lead.phone)
    )


def customer_events(scope: Scope) -> Any:
    """Events at which somebody was. One that is no content any more counts when its attendance was noted, for all
    stores together."""
    known = [
        id_
        for id_, (store, start) in scope.events.items()
        if scope.since <= start < scope.until and scope.store in (None, store)
    ]
    gone = sa.and_(EventSignup.event.not_in(list(scope.events)), scope.store is None)
    at = sa.func.min(EventSignup.updated_at)
    return (
        _rows(EventSignup.event, at, sa.literal(1))
        .where(EventSignup.status == SignupStatus.ATTENDED.value)
        .where(sa.or_(EventSignup.event.in_(known), gone))
        .group_by(EventSignup.event)
        .having(sa.or_(EventSignup.event.in_(known), scope.during(at)))
    )


def loyal_customers(scope: Scope) -> Any:
    last = scope.until.date()
    visits = (
        sa.select(Appointment.phone, sa.func.count().label("times"))
        .where(Appointment.kind == VisitKind.SERVICE.value, Appointment.status == VisitStatus.COMPLETED.value)
        .where(scope.during(Appointment.start))
        .group_by(Appointment.phone)
        .subquery()
    )
    in_use = sa.exists().where(
        Vehicle.customer_id == Customer.id,
        Vehicle.delivered < last,
        sa.or_(Vehicle.left_on.is_(None), Vehicle.left_on >= last),
        scope.of_store(Vehicle.store),
    )
    return (
        _rows(Customer.id, Customer.created_at, flag(visits.c.times >= LOYAL_VISITS), customer=Customer.id)
        .select_from(Customer.__table__.outerjoin(visits, visits.c.phone == Customer.phone))
        .where(in_use)
    )


def very_satisfied(scope: Scope) -> Any:
    return _surveys(scope, Survey.satisfaction, flag(Survey.satisfaction >= VERY_SATISFIED))


def purchase_satisfaction(scope: Scope) -> Any:
    return _surveys(scope, Survey.satisfaction, Survey.satisfaction, SurveyKind.TEST_DRIVE)


def service_satisfaction(scope: Scope) -> Any:
    return _surveys(scope, Survey.satisfaction, Survey.satisfaction, SurveyKind.SERVICE)


def complaint_satisfaction(scope: Scope) -> Any:
    return _surveys(scope, Survey.satisfaction, flag(Survey.satisfaction >= SATISFIED), SurveyKind.COMPLAINT)


def nps(scope: Scope) -> Any:
    """``hit``: 1 for a promoter (9, 10), -1 for a detractor (0 to 6)."""
    return _surveys(scope, Survey.nps, sa.case((Survey.nps >= 9, 1), (Survey.nps <= 6, -1), else_=0))


def _surveys(scope: Scope, given: Any, hit: Any, kind: SurveyKind | None = None) -> Any:
    """Answered in the period; one that tells no store is where its customer is."""
    place = sa.or_(
        scope.of_store(Survey.store), sa.and_(Survey.store.is_(None), scope.of_phone(Survey.phone))
    )
    about = (Survey.conversation_id, _customer(Survey.phone))
    found = _rows(Survey.id, Survey.answered_at, hit, *about).where(
        scope.during(Survey.answered_at), given.is_not(None), place
    )
    return found if kind is None else found.where(Survey.kind == kind.value)


def adviser_satisfaction(scope: Scope) -> Any:
    mine = sa.true() if scope.store is None else Score.username.in_(list(scope.usernames))
    return _rows(Score.id, Score.scored_at, Score.score * STAR, Score.conversation_id).where(
        scope.during(Score.scored_at), Score.score.is_not(None), mine
    )


def follow_up_calls(scope: Scope) -> Any:
    reached = sa.and_(Task.status == TaskStatus.DONE.value, Task.outcome.not_in(NOT_REACHED))
    return _tasks(scope, Task.due_at, flag(reached), FOLLOW_UPS).where(
        Task.status != TaskStatus.CANCELLED.value,
        sa.or_(Task.status == TaskStatus.DONE.value, Task.due_at <= scope.now),
    )


def record_accuracy(scope: Scope) -> Any:
    return _tasks(scope, Task.closed_at, flag(Task.outcome != "wrong_number"), CALLS).where(
        Task.status == TaskStatus.DONE.value
    )


def _tasks(scope: Scope, at: Any, hit: Any, kinds: tuple[TaskKind, ...]) -> Any:
    place = sa.or_(scope.of_store(Task.store), sa.and_(Task.store.is_(None), scope.of_phone(Task.phone)))
    return _rows(Task.id, at, hit, Task.conversation_id, Task.customer_id).where(
        scope.during(at), Task.kind.in_([kind.value for kind in kinds]), place
    )


def service_invitations(scope: Scope) -> Any:
    invites = sa.or_(Outreach.moment.in_(SERVICE_MOMENTS), Outreach.moment.like("service\\_%", escape="\\"))
    return _rows(
        Outreach.id,
        Outreach.sent_at,
        flag(Outreach.state == "booked"),
        Outreach.conversation_id,
        Outreach.customer_id,
    ).where(scope.during(Outreach.sent_at), invites, scope.of_store(Outreach.store))


def complaints_in_time(scope: Scope) -> Any:
    in_time = sa.and_(Case.closed_at.is_not(None), Case.closed_at <= Case.due_at)
    known = sa.or_(Case.closed_at.is_not(None), Case.due_at <= scope.now)
    return _cases(scope, CaseKind.COMPLAINT, in_time).where(known)


def rescues_in_time(scope: Scope) -> Any:
    allowed = scope.rescue_minutes * 60
    in_time = sa.and_(
        Case.answered_at.is_not(None), Seconds(Case.answered_at) - Seconds(Case.created_at) <= allowed
    )
    return _cases(scope, CaseKind.RESCUE, in_time)


def _cases(scope: Scope, kind: CaseKind, in_time: Any) -> Any:
    """Those that the customer did not take back."""
    return _rows(Case.id, Case.created_at, flag(in_time), Case.conversation_id, _customer(Case.phone)).where(
        Case.kind == kind.value, scope.during(Case.created_at), not_withdrawn(), scope.of_phone(Case.phone)
    )


def not_withdrawn() -> Any:
    said = sa.cast(Case.details["withdrawn"].as_string(), sa.String)  # SQLite gives 1, PostgreSQL "true"
    return sa.and_(
        sa.func.coalesce(Case.outcome, "") != WITHDRAWN, sa.func.coalesce(said, "0").not_in(("1", "true"))
    )


def test_drive_to_sale(scope: Scope) -> Any:
    return _rows(
        Appointment.id,
        Appointment.start,
        flag(bought_since(Appointment.phone, Appointment.start)),
        Appointment.conversation_id,
        _customer(Appointment.phone),
    ).where(_drives(scope))


def showroom_to_sale(scope: Scope) -> Any:
    """A telephone number counts once, from when it first came in the period."""
    noted = sa.select(Lead.phone, Lead.created_at.label("came")).where(
        Lead.kind == LeadKind.ADVISER.value, scope.during(Lead.created_at), scope.of_phone(Lead.phone)
    )
    drives = sa.select(Appointment.phone, Appointment.start.label("came")).where(_drives(scope))
    every = sa.union_all(noted, drives).subquery()
    first = (
        sa.select(every.c.phone, sa.func.min(every.c.came).label("came")).group_by(every.c.phone).subquery()
    )
    customer = _customer(first.c.phone)
    visit = (
        sa.select(sa.func.min(sa.func.coalesce(Lead.id, "")))
        .where(Lead.phone == first.c.phone)
        .scalar_subquery()
    )
    id_ = sa.func.coalesce(customer, visit, "")
    return _rows(id_, first.c.came, flag(bought_since(first.c.phone, first.c.came)), customer=customer)


def _drives(scope: Scope) -> Any:
    return sa.and_(
        Appointment.kind == VisitKind.TEST_DRIVE.value,
        Appointment.status.in_(CAME),
        scope.during(Appointment.start),
        scope.of_store(Appointment.store),
    )


def consult_to_test_drive(scope: Scope) -> Any:
    booked = sa.exists().where(
        Appointment.conversation_id == Conversation.id,
        Appointment.kind == VisitKind.TEST_DRIVE.value,
        scope.during(Appointment.created_at),
    )
    asked = said_in(scope).where(about_buying()).exists()
    return _rows(
        Conversation.id, Conversation.updated_at, flag(booked), Conversation.id, Conversation.customer_id
    ).where(Conversation.updated_at >= scope.since, asked)


def said_in(scope: Scope) -> Any:
    """What the customer of a conversation of the query around wrote in the period."""
    return sa.select(Message.seq).where(
        Message.conversation_id == Conversation.id,
        Message.author == Author.CUSTOMER.value,
        scope.during(Message.created_at),
    )


def about_buying() -> Any:
    """Whether a message was understood as one about buying."""
    topic = Message.understanding[("faq", "id")].as_string()
    return sa.or_(
        Message.understanding["intent"].as_string().in_(SALES_INTENTS),
        *(topic.like(f"{name}.%") for name in SALES_TOPICS),
    )


def repeat_purchase(scope: Scope) -> Any:
    earlier = sa.orm.aliased(Vehicle)
    again = sa.exists().where(
        earlier.customer_id == Vehicle.customer_id, earlier.delivered < Vehicle.delivered
    )
    customer = sa.select(Customer.created_at).where(Customer.id == Vehicle.customer_id).scalar_subquery()
    return _rows(
        Vehicle.customer_id + sa.literal("/") + Vehicle.plate,
        customer,
        flag(again),
        customer=Vehicle.customer_id,
    ).where(
        Vehicle.delivered >= scope.since.date(),
        Vehicle.delivered < scope.until.date(),
        scope.of_store(Vehicle.store),
    )


SOURCES: dict[str, Source] = {
    each.__name__: each
    for each in (
        referral_rate,
        customer_events,
        loyal_customers,
        very_satisfied,
        follow_up_calls,
        service_invitations,
        record_accuracy,
        adviser_satisfaction,
        complaints_in_time,
        complaint_satisfaction,
        rescues_in_time,
        consult_to_test_drive,
        test_drive_to_sale,
        showroom_to_sale,
        purchase_satisfaction,
        service_satisfaction,
        nps,
        repeat_purchase,
    )
}
"""By the id of the indicator."""
