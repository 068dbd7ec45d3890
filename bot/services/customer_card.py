"""The card beside a conversation: who it is, their cars, bookings, cases, leads, scores and earlier conversations.

Every telephone number on it is masked.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.domain.booking import VisitStatus
from bot.domain.conversation import Owner
from bot.domain.errors import NotFound
from bot.domain.lifecycle import VehicleState
from bot.domain.mileage import Mileage
from bot.domain.waitlist import OPEN
from bot.services.availability import local
from bot.services.card_history import CardSurvey, CardTask, surveys_of, tasks_of
from bot.services.cases import CaseView, case_view
from bot.services.content.snapshot import Content
from bot.services.customers import Known, adviser_name, known_customer
from bot.services.handoff_facts import last_words, say_facts
from bot.services.leads import LeadView, lead_view
from bot.services.masking import mask_phone, mask_phones, mask_values
from bot.services.mileage import mileage_of, readings_of
from bot.services.profiles import ProfileView, profile_of
from bot.services.vehicles import LifecycleAnswer, lifecycle_answer
from bot.services.visits import BookedVisit, view_of
from bot.services.waitlist import WaitEntry, entry_view
from bot.store.database import Database
from bot.store.staff_tables import Case, Handoff, Lead, Score
from bot.store.tables import Appointment, Conversation, Customer, Vehicle, WaitlistEntry

MOST = 50
_Row = Any


@dataclass(frozen=True)
class CardCustomer:
    """``referred_by``: the code of who brought them.

    ``id`` is None for somebody who is not on record; ``by`` and ``message`` as in ``customers.Known``.
    """

    id: str | None
    name: str | None
    phone: str
    email: str | None
    adviser: str | None
    adviser_name: str | None
    by: str
    message: int | None = None
    referred_by: str | None = None


@dataclass(frozen=True)
class Source:
    """The conversation that the card is beside."""

    id: str
    channel: str
    page: str | None
    state: Owner
    skill: str | None
    reason: str | None
    created_at: datetime


@dataclass(frozen=True)
class CardVehicle:
    """A car; ``lifecycle`` is None for a model that the dealer no longer lists.

    ``estimated``: km today by its history, where nobody has just read it. ``left_on``: when it was sold or scrapped.
    """

    plate: str
    model: str
    model_name: str
    delivered: date
    mileage: int | None
    mileage_on: date | None
    last_service_on: date | None
    last_service_km: int | None
    lifecycle: LifecycleAnswer | None
    estimated: int | None
    vin: str | None
    store: str | None
    left_on: date | None


@dataclass(frozen=True)
class CardScore:
    occasion: str
    score: int | None
    comment: str | None
    at: datetime


@dataclass(frozen=True)
class EarlierConversation:
    """``outcome`` and ``note`` are those of its last handoff."""

    id: str
    channel: str
    state: Owner
    updated_at: datetime
    outcome: str | None
    note: str | None


@dataclass(frozen=True)
class Card:
    """``visits`` by start, the rest newest first. ``source`` is None for a customer's own page."""

    customer: CardCustomer | None
    source: Source | None
    facts: tuple[tuple[str, str], ...]
    last_words: tuple[str, ...]
    vehicles: tuple[CardVehicle, ...]
    visits: tuple[BookedVisit, ...]
    waitlist: tuple[WaitEntry, ...]
    cases: tuple[CaseView, ...]
    leads: tuple[LeadView, ...]
    profile: ProfileView | None
    scores: tuple[CardScore, ...]
    surveys: tuple[CardSurvey, ...]
    tasks: tuple[CardTask, ...]
    conversations: tuple[EarlierConversation, ...]

    def coming(self, now: datetime) -> tuple[BookedVisit, ...]:
        """Visits that somebody still has to do something for."""
        return tuple(visit for visit in self.visits if _is_coming(visit, now))

    def past(self, now: datetime) -> tuple[BookedVisit, ...]:
        """The others, the newest first."""
        return tuple(visit for visit in reversed(self.visits) if not _is_coming(visit, now))

    @property
    def subject(self) -> str:
        """What the audit log names: the customer, else the conversation."""
        if self.customer is not None and self.customer.id is not None:
            return self.customer.id
        return self.source.id if self.source is not None else ""


def card_of(database: Database, content: Content, conversation_id: str, now: datetime) -> Card:
    """The card of whoever writes in a conversation. Raises ``NotFound``."""
    with database.reading() as session:
        conversation: _Row = session.get(Conversation, conversation_id)
        if conversation is None:
            raise NotFound(f"no conversation {conversation_id}")
        return _card(session, content, now, known_customer(session, conversation), conversation)


def card_of_customer(database: Database, content: Content, customer_id: str, now: datetime) -> Card:
    """The same for a customer, without a conversation. Raises ``NotFound``."""
    with database.reading() as session:
        customer: _Row = session.get(Customer, customer_id)
        if customer is None:
            raise NotFound(f"no customer {customer_id}")
        return _card(session, content, now, Known(customer.phone, customer, "linked"), None)


def _card(
    session: Session, content: Content, now: datetime, known: Known | None, conversation: _Row | None
) -> Card:
    own = conversation.id if conversation is not None else None
    all_ids = _conversations_of(session, known) | ({own} if own else set())
    phone, customer = (known.phone, known.customer) if known else (None, None)
    handoff = _newest_handoff(session, own)
    visits = _visits(session, content, phone, own)
    return Card(
        customer=_customer(session, content, known, visits),
        source=_source(conversation),
        facts=say_facts(content.dealership, handoff.summary) if handoff else (),
        last_words=last_words(handoff.summary) if handoff else (),
        vehicles=_vehicles(session, content, customer, now),
        visits=visits,
        waitlist=_waitlist(session, phone, own),
        cases=tuple(masked_case(case_view(row)) for row in _either(session, Case, phone, all_ids)),
        leads=tuple(masked_lead(lead_view(row)) for row in _either(session, Lead, phone, all_ids)),
        profile=profile_of(session, content, phone, all_ids, now),
        scores=_scores(session, all_ids),
        surveys=surveys_of(session, phone, all_ids),
        tasks=tasks_of(session, phone, customer.id if customer is not None else None, all_ids),
        conversations=_earlier(session, all_ids - {own}),
    )


def _customer(
    session: Session, content: Content, known: Known | None, visits: tuple[BookedVisit, ...]
) -> CardCustomer | None:
    if known is None:
        return None
    row = known.customer
    named = [visit.name for visit in visits if visit.phone == mask_phone(known.phone)]
    return CardCustomer(
        id=row.id if row is not None else None,
        name=(row.name if row is not None else None) or next(reversed(named), None),
        phone=mask_phone(known.phone),
        email=row.email if row is not None else None,
        adviser=row.adviser if row is not None else None,
        adviser_name=adviser_name(session, content.dealership, row.adviser if row is not None else None),
        by=known.by,
        message=known.message,
        referred_by=row.referred_by if row is not None else None,
    )


def _source(row: _Row | None) -> Source | None:
    if row is None:
        return None
    return Source(row.id, row.channel, row.page, Owner(row.state), row.skill, row.reason, row.created_at)


def _vehicles(
    session: Session, content: Content, customer: _Row | None, now: datetime
) -> tuple[CardVehicle, ...]:
    if customer is None:
        return ()
    rows: list[_Row] = session.scalars(
        sa.select(Vehicle).where(Vehicle.customer_id == customer.id).order_by(Vehicle.plate)
    ).all()
    readings, today = readings_of(session, [row.plate for row in rows]), local(now).date()
    return tuple(
        _vehicle(content, row, today, mileage_of(row, readings.get(row.plate, ()), today)) for row in rows
    )


def _vehicle(content: Content, row: _Row, today: date, mileage: Mileage | None) -> CardVehicle:
    model = next((model for model in content.dealership.models if model.id == row.model), None)
    lifecycle = None
    if model is not None:
        state = VehicleState(
            model.powertrain, row.delivered, row.mileage, row.last_service_on, row.last_service_km
        )
        lifecycle = lifecycle_answer(content.dealership, content.schedule, state, today)
    return CardVehicle(
        row.plate,
        row.model,
        model.name if model else row.model,
        row.delivered,
        row.mileage,
        row.mileage_on,
        row.last_service_on,
        row.last_service_km,
        lifecycle,
        mileage.km if mileage is not None and mileage.estimated else None,
        row.vin,
        row.store,
        row.left_on,
    )


def _visits(
    session: Session, content: Content, phone: str | None, conversation_id: str | None
) -> tuple[BookedVisit, ...]:
    query = (
        sa.select(Appointment)
        .where(_mine(Appointment, phone, {conversation_id} if conversation_id else set()))
        .order_by(Appointment.start.desc(), Appointment.code)
        .limit(MOST)
    )
    views = [view_of(content.dealership, row) for row in session.scalars(query)]
    return tuple(replace(view, phone=mask_phone(view.phone)) for view in reversed(views))


def _is_coming(visit: BookedVisit, now: datetime) -> bool:
    """A visit of which nobody said whether the customer came is still to be dealt with for a day."""
    if visit.status is VisitStatus.CHECKED_IN:
        return True
    return visit.status is VisitStatus.CONFIRMED and (
        visit.needs_new_time or local(visit.end).date() >= local(now).date()
    )


def _waitlist(session: Session, phone: str | None, conversation_id: str | None) -> tuple[WaitEntry, ...]:
    query = sa.select(WaitlistEntry).where(
        _mine(WaitlistEntry, phone, {conversation_id} if conversation_id else set()),
        WaitlistEntry.state.in_([state.value for state in OPEN]),
    )
    rows = session.scalars(query.order_by(WaitlistEntry.created_at).limit(MOST))
    return tuple(replace(entry_view(row), phone=mask_phone(row.phone)) for row in rows)


def _either(session: Session, table: Any, phone: str | None, ids: set[str]) -> Iterable[_Row]:
    query = sa.select(table).where(_mine(table, phone, ids)).order_by(table.created_at.desc()).limit(MOST)
    return session.scalars(query).all()


def _mine(table: Any, phone: str | None, ids: set[str]) -> Any:
    of_conversation = table.conversation_id.in_(sorted(ids))
    return of_conversation if phone is None else sa.or_(table.phone == phone, of_conversation)


def masked_case(view: CaseView) -> CaseView:
    """The case without a readable telephone number."""
    phone = mask_phone(view.phone) if view.phone else None
    return replace(
        view, phone=phone, details=mask_values(view.details), note=mask_phones(view.note or "") or None
    )


def masked_lead(view: LeadView) -> LeadView:
    """The lead without a readable telephone number."""
    return replace(view, phone=mask_phone(view.phone), note=mask_phones(view.note or "") or None)


def _scores(session: Session, ids: set[str]) -> tuple[CardScore, ...]:
    query = sa.select(Score).where(Score.conversation_id.in_(sorted(ids)), Score.score.is_not(None))
    rows = session.scalars(query.order_by(Score.scored_at.desc()).limit(MOST))
    return tuple(
        CardScore(
            row.occasion, row.score, mask_phones(row.comment or "") or None, row.scored_at or row.asked_at
        )
        for row in rows
    )


def _conversations_of(session: Session, known: Known | None) -> set[str]:
    """Every conversation that is linked to the customer, or in which this number was given."""
    if known is None:
        return set()
    ids: set[str] = set()
    if known.customer is not None:
        linked = sa.select(Conversation.id).where(Conversation.customer_id == known.customer.id)
        ids |= set(session.scalars(linked))
    for table in (Appointment, Case, Lead, WaitlistEntry):
        ids |= set(session.scalars(sa.select(table.conversation_id).where(table.phone == known.phone)))
    others = sa.select(Conversation.id).where(
        Conversation.id.in_(sorted(filter(None, ids))),
        sa.or_(Conversation.customer_id.is_(None), _is_linked_to(known)),
    )
    return set(session.scalars(others))


def _is_linked_to(known: Known) -> Any:
    """A conversation that staff linked to somebody else is not this customer's, whatever number it names."""
    return sa.false() if known.customer is None else Conversation.customer_id == known.customer.id


def _earlier(session: Session, ids: set[str | None]) -> tuple[EarlierConversation, ...]:
    query = sa.select(Conversation).where(Conversation.id.in_(sorted(filter(None, ids))))
    rows = session.scalars(query.order_by(Conversation.updated_at.desc()).limit(MOST)).all()
    handoffs = _newest_handoffs(session, [row.id for row in rows])
    return tuple(
        EarlierConversation(
            row.id,
            row.channel,
            Owner(row.state),
            row.updated_at,
            last.outcome if last else None,
            mask_phones(last.note or "") or None if last else None,
        )
        for row in rows
        for last in (handoffs.get(row.id),)
    )


def _newest_handoff(session: Session, conversation_id: str | None) -> _Row | None:
    if conversation_id is None:
        return None
    return _newest_handoffs(session, [conversation_id]).get(conversation_id)


def _newest_handoffs(session: Session, ids: list[str]) -> dict[str, _Row]:
    """By conversation, in one statement."""
    query = sa.select(Handoff).where(Handoff.conversation_id.in_(ids)).order_by(Handoff.created_at)
    return {row.conversation_id: row for row in session.scalars(query)}
