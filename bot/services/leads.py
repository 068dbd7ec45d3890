"""Leads: people who may buy, and what came of it.

A telephone number has one open lead at most (an index keeps it): whatever else its owner wants continues that one.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.domain.booking import VisitKind
from bot.domain.conversation import HandoffReason, skill_of
from bot.domain.errors import NotFound, WrongState
from bot.domain.staff import Skill
from bot.services import audit, crm, profiles
from bot.services.audit import SYSTEM, Actor
from bot.services.referrals import BROUGHT, LONGEST_NOTE, settle
from bot.services.staff import require_user
from bot.store.bookings import customer_of_phone
from bot.store.database import Database
from bot.store.staff_tables import Lead, User
from bot.store.tables import Conversation, Customer


class LeadStatus(str, Enum):
    NEW = "new"
    CONTACTED = "contacted"
    WON = "won"
    LOST = "lost"


class LeadKind(str, Enum):
    """What made it one, the strongest first. ``PERSON``: asked for one about buying; ``ADVISER``: noted by staff."""

    TEST_DRIVE = "test_drive"
    PRICE = "price"
    PERSON = "person"
    CALLBACK = "callback"
    ADVISER = "adviser"


OPEN = (LeadStatus.NEW, LeadStatus.CONTACTED)
_SLOTS_OF_A_PHONE = ("known_phone", "drive_phone", "visit_phone", "car_phone")
_SLOTS_OF_A_NAME = ("known_name", "drive_name", "visit_name")
_SLOTS_OF_A_MODEL = ("drive_model", "model")
_INTEREST = ("drive_", "model", "budget")


@dataclass(frozen=True)
class LeadView:
    """A lead as staff see it. ``phone`` is not masked here; ``adviser`` is a username."""

    id: str
    kind: LeadKind
    status: LeadStatus
    phone: str
    name: str | None
    model: str | None
    note: str | None
    channel: str | None
    page: str | None
    conversation_id: str | None
    appointment_id: str | None
    adviser: str | None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True)
class LeadChange:
    """What is to be another; None stays. ``adviser`` "" is nobody."""

    status: LeadStatus | None = None
    adviser: str | None = None
    note: str | None = None


def list_leads(database: Database, status: LeadStatus | None = None, limit: int = 500) -> list[LeadView]:
    """The newest first."""
    query = sa.select(Lead).order_by(Lead.created_at.desc(), Lead.id).limit(limit)
    if status is not None:
        query = query.where(Lead.status == status.value)
    with database.reading() as session:
        return [lead_view(row) for row in session.scalars(query)]


def note_lead(
    database: Database,
    actor: Actor,
    now: datetime,
    phone: str,
    name: str | None = None,
    model: str | None = None,
    note: str | None = None,
    conversation_id: str | None = None,
) -> LeadView:
    """A lead that a member of the staff writes down and looks after; the open one of the number gets the note."""
    with database.transaction() as session:
        found = Found(
            LeadKind.ADVISER, phone, name, model, conversation_id, None, note, "staff", actor.username
        )
        return lead_view(open_lead(session, found, now, actor))


@dataclass(frozen=True)
class Found:
    """Why somebody may buy, and what is known of them. ``adviser`` is a username."""

    kind: LeadKind
    phone: str
    name: str | None = None
    model: str | None = None
    conversation_id: str | None = None
    appointment_id: str | None = None
    note: str | None = None
    channel: str | None = None
    adviser: str | None = None


def lead_of_visit(
    session: Session, visit: Any, now: datetime, by_staff: bool, adviser: str | None = None
) -> None:
    """A booked test drive (a row of appointments) is a lead, of the ``adviser`` who booked it."""
    if visit.kind == VisitKind.TEST_DRIVE.value:
        channel = "staff" if by_staff else None
        about = (visit.name, visit.model, visit.conversation_id, visit.id, None, channel, adviser)
        open_lead(session, Found(LeadKind.TEST_DRIVE, visit.phone, *about), now)


def lead_of_callback(session: Session, case: Any, skill: Skill, now: datetime) -> None:
    """Somebody to call back about buying (a complete row of cases) is a lead."""
    facts = case.details.get("facts") or {}
    if case.phone and skill is Skill.SALES:
        name = case.details.get("name") or _first(facts, _SLOTS_OF_A_NAME)
        model = _first(facts, _SLOTS_OF_A_MODEL)
        open_lead(
            session, Found(LeadKind.CALLBACK, case.phone, name, model, case.conversation_id or None), now
        )


def lead_of_handoff(
    session: Session, conversation_id: str, reason: HandoffReason, summary: Mapping[str, Any], now: datetime
) -> None:
    """Who asks about a price or a new car and whose number is known is a lead."""
    facts = summary.get("facts") or {}
    wants_to_buy = summary.get("skill") or any(name.startswith(_INTEREST) for name in facts)
    if skill_of(reason, summary) is not Skill.SALES or not (reason is HandoffReason.HAGGLING or wants_to_buy):
        return
    row = session.get(Conversation, conversation_id)
    customer = session.get(Customer, row.customer_id) if row is not None and row.customer_id else None
    phone = _first(facts, _SLOTS_OF_A_PHONE) or (customer.phone if customer is not None else None)
    if phone is None:
        return
    name = _first(facts, _SLOTS_OF_A_NAME) or (customer.name if customer is not None else None)
    kind = LeadKind.PRICE if reason is HandoffReason.HAGGLING or "budget" in facts else LeadKind.PERSON
    open_lead(session, Found(kind, phone, name, _first(facts, _SLOTS_OF_A_MODEL), conversation_id), now)


def open_lead(session: Session, found: Found, now: datetime, actor: Actor | None = None) -> Any:
    """The open lead of the number, continued, or a new one; the audit log keeps what it was before."""
    by = actor or Actor(SYSTEM)
    found = _with_needs(session, found, now)
    use: Any = settle(session, found.conversation_id, found.phone, now)
    if use is not None and use.lead_id is None:
        found = replace(found, note=_joined(found.note, BROUGHT.format(code=use.code)))
        lead = _open(session, found, now, by)
        use.lead_id = lead.id
        return lead
    return _open(session, found, now, by)


def _open(session: Session, found: Found, now: datetime, by: Actor) -> Any:
    known = _open_lead(session, found.phone)
    if known is None:
        try:
            with session.begin_nested():
                lead = _new(session, found, now)
                session.add(lead)
        except sa.exc.IntegrityError:  # another process got there first
            known = _open_lead(session, found.phone)
            if known is None:
                raise
        else:
            audit.note(session, by, "lead.created", now, lead.id, lead.conversation_id, {"kind": lead.kind})
            crm.lead_created(session, lead, now)
            return lead
    _continue(session, known, found, now, by)
    return known


def _with_needs(session: Session, found: Found, now: datetime) -> Found:
    """What they agreed to have kept of their needs stands in the note."""
    profiles.join(session, found.phone, found.conversation_id, now)
    needs = profiles.words_of(session, found.phone)
    note = f"{profiles.LEAD_LINE}{needs}" if needs else None
    return replace(found, note=_joined(found.note, note)) if note else found


def _open_lead(session: Session, phone: str) -> Lead | None:
    session.flush()
    is_open = Lead.status.in_([status.value for status in OPEN])
    return session.scalars(sa.select(Lead).where(Lead.phone == phone, is_open).with_for_update()).first()


def _new(session: Session, found: Found, now: datetime) -> Lead:
    row = session.get(Conversation, found.conversation_id) if found.conversation_id else None
    return Lead(
        id=uuid.uuid4().hex,
        kind=found.kind.value,
        status=LeadStatus.NEW.value,
        phone=found.phone,
        name=found.name,
        model=found.model,
        note=found.note,
        channel=found.channel or (row.channel if row is not None else None),
        page=row.page if row is not None else None,
        conversation_id=found.conversation_id,
        appointment_id=found.appointment_id,
        adviser=found.adviser or _own_adviser(session, found.phone),
        created_at=now,
        updated_at=now,
    )


def _continue(session: Session, lead: Lead, found: Found, now: datetime, by: Actor) -> None:
    """The strongest wish, the newest car and visit; where it came from first stays."""
    before = {name: getattr(lead, name) for name in ("kind", "model", "conversation_id", "appointment_id")}
    ranks = list(LeadKind)
    after = {
        "kind": min(LeadKind(lead.kind), found.kind, key=ranks.index).value,
        "name": lead.name or found.name,
        "model": found.model or lead.model,
        "note": _joined(lead.note, found.note),
        "conversation_id": found.conversation_id or lead.conversation_id,
        "appointment_id": found.appointment_id or lead.appointment_id,
        "adviser": lead.adviser or found.adviser,
    }
    if all(getattr(lead, name) == value for name, value in after.items()):
        return
    for name, value in after.items():
        setattr(lead, name, value)
    lead.updated_at = now
    details = {"by": found.kind.value, "before": {name: value for name, value in before.items() if value}}
    audit.note(session, by, "lead.continued", now, lead.id, lead.conversation_id, details)
    crm.lead_updated(session, lead, now)


def _joined(note: str | None, more: str | None) -> str | None:
    """The newest first; nothing is said twice."""
    if not more or (note and more in note):
        return note
    return f"{more}\n{note}"[:LONGEST_NOTE] if note else more


def _own_adviser(session: Session, phone: str) -> str | None:
    """The account of whoever looks after the customer."""
    customer: Any = customer_of_phone(session, phone)
    if customer is None or not customer.adviser:
        return None
    query = sa.select(User.username).where(User.resource == customer.adviser, User.is_active.is_(True))
    found = session.scalars(query.order_by(User.username)).first()
    return None if found is None else str(found)


def _first(facts: Mapping[str, Any], names: tuple[str, ...]) -> str | None:
    return next((str(facts[name]) for name in names if facts.get(name)), None)


def change_lead(
    database: Database, lead_id: str, change: LeadChange, actor: Actor, now: datetime
) -> LeadView:
    """Raises ``NotFound``, ``InvalidInput`` for an adviser that there is not, ``WrongState`` for a second open one."""
    with database.transaction() as session:
        lead = _locked(session, lead_id)
        if change.status is not None:
            _require_alone(session, lead, change.status)
            lead.status = change.status.value
        if change.adviser is not None:
            if change.adviser:
                require_user(session, change.adviser)
            lead.adviser = change.adviser or None
        if change.note is not None:
            lead.note = change.note or None
        lead.updated_at = now
        details = {"status": lead.status, "adviser": lead.adviser}
        audit.note(session, actor, "lead.changed", now, lead_id, lead.conversation_id, details)
        crm.lead_updated(session, lead, now)
        return lead_view(lead)


def lead_view(row: Any) -> LeadView:
    """A row of ``leads`` for everybody else."""
    return LeadView(
        row.id,
        LeadKind(row.kind),
        LeadStatus(row.status),
        row.phone,
        row.name,
        row.model,
        row.note,
        row.channel,
        row.page,
        row.conversation_id,
        row.appointment_id,
        row.adviser,
        row.created_at,
        row.updated_at,
    )


def _locked(session: Session, lead_id: str) -> Any:
    lead = session.scalars(sa.select(Lead).where(Lead.id == lead_id).with_for_update()).first()
    if lead is None:
        raise NotFound("no such lead")
    return lead


def _require_alone(session: Session, lead: Any, status: LeadStatus) -> None:
    if status in OPEN and LeadStatus(lead.status) not in OPEN and _open_lead(session, lead.phone) is not None:
        raise WrongState("the number has another open lead", "这个号码已经有一条进行中的线索。")
