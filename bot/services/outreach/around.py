"""What speaks for and against writing to the owners of some cars: read for many of them with a few statements."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.domain.booking import VisitStatus
from bot.domain.cases import CaseKind, CaseStatus
from bot.domain.conversation import Owner
from bot.domain.dealership import Dealership
from bot.domain.mileage import Reading
from bot.domain.outreach import Contact, OutreachRules
from bot.services.consents import ALLOWED_AT_FIRST, Purpose
from bot.services.mileage import readings_of
from bot.services.wechat.templates import template_for
from bot.store.lifecycle_tables import Consent, Outreach
from bot.store.staff_tables import Case
from bot.store.tables import Appointment, Conversation
from bot.store.wechat_tables import WeChatContact

WECHAT_WINDOW = timedelta(hours=47)
"""Of the 48 hours in which an account may write freely, the last is left to the courier."""
WEB_RECENT = timedelta(days=90)
"""Who has not come to the website for so long does not read what is written there."""
Key = tuple[str, str, str]


@dataclass
class Around:
    """By plate, customer or phone. ``known``: contacts that were opened (plate, moment, occasion); ``told``: the same
    by customer; ``coming``: the jobs of visits to come."""

    readings: dict[str, list[Reading]] = field(default_factory=dict)
    known: set[Key] = field(default_factory=set)
    told: set[Key] = field(default_factory=set)
    this_month: Counter[tuple[str, bool]] = field(default_factory=Counter)
    refused: set[str] = field(default_factory=set)
    refused_marketing: set[str] = field(default_factory=set)
    consents: dict[tuple[str, Purpose], bool] = field(default_factory=dict)
    complaining: set[str] = field(default_factory=set)
    coming: dict[str, set[str]] = field(default_factory=dict)
    ways: dict[str, list[tuple[str, str, bool]]] = field(default_factory=dict)

    def jobs_of(self, plate: str, phone: str) -> set[str]:
        """What a car comes in for; a visit without a plate may be for any of its customer's."""
        return self.coming.get(plate, set()) | self.coming.get(phone, set())

    def note(self, vehicle: Any, customer: Any, contact: Contact, channel: str, rules: OutreachRules) -> None:
        """A contact is going to be opened."""
        self.known.add((vehicle.plate, contact.moment, contact.occasion))
        self.told.add((customer.id, contact.moment, contact.occasion))
        if channel != "call":
            self.this_month[customer.id, contact.moment in rules.marketing] += 1

    def allows(self, phone: str, purpose: Purpose) -> bool:
        return self.consents.get((phone, purpose), purpose in ALLOWED_AT_FIRST)


def look_around(
    session: Session,
    dealership: Dealership,
    pairs: Sequence[tuple[Any, Any]],
    now: datetime,
    today: date,
    quiet: timedelta,
    marketing: Sequence[str],
) -> Around:
    """``pairs``: rows of vehicles with those of their customers."""
    plates = [vehicle.plate for vehicle, _ in pairs]
    customers = list({customer.id for _, customer in pairs})
    phones = list({customer.phone for _, customer in pairs})
    around = Around(readings=readings_of(session, plates))
    _read_contacts(session, around, customers, now, today, quiet, marketing)
    _read_consents(session, around, phones)
    complaints = sa.select(Case.phone).where(
        Case.kind == CaseKind.COMPLAINT.value, Case.status == CaseStatus.OPEN.value, Case.phone.in_(phones)
    )
    around.complaining = set(session.scalars(complaints))
    visits = sa.select(Appointment.phone, Appointment.plate, Appointment.items).where(
        Appointment.kind == "service",
        Appointment.end > now,
        Appointment.status.in_((VisitStatus.CONFIRMED.value, VisitStatus.CHECKED_IN.value)),
        sa.or_(Appointment.phone.in_(phones), Appointment.plate.in_(plates)),
    )
    for phone, plate, jobs in session.execute(visits):
        around.coming.setdefault(plate or phone, set()).update(jobs)
    _read_ways(session, around, dealership, customers, now)
    return around


def _read_contacts(
    session: Session,
    around: Around,
    customers: Sequence[str],
    now: datetime,
    today: date,
    quiet: timedelta,
    marketing: Sequence[str],
) -> None:
    columns = (Outreach.plate, Outreach.moment, Outreach.occasion, Outreach.customer_id, Outreach.state)
    query = sa.select(*columns, Outreach.channel, Outreach.opened_at, Outreach.answered_at).where(
        Outreach.customer_id.in_(list(customers))
    )
    for plate, moment, occasion, customer, state, channel, opened_at, answered_at in session.execute(query):
        around.known.add((plate, moment, occasion))
        around.told.add((customer, moment, occasion))
        if (
            channel != "call"
            and state != "unreached"
            and (opened_at.year, opened_at.month) == (today.year, today.month)
        ):
            around.this_month[customer, moment in marketing] += 1
        if state == "refused" and answered_at is not None and answered_at > now - quiet:
            (around.refused_marketing if moment in marketing else around.refused).add(customer)


def _read_consents(session: Session, around: Around, phones: Sequence[str]) -> None:
    query = (
        sa.select(Consent.phone, Consent.purpose, Consent.granted)
        .where(Consent.phone.in_(list(phones)))
        .order_by(Consent.at, Consent.id)
    )
    purposes = {purpose.value: purpose for purpose in Purpose}
    for phone, purpose, granted in session.execute(query):
        if purpose in purposes:
            around.consents[phone, purposes[purpose]] = bool(granted)


def _read_ways(
    session: Session, around: Around, dealership: Dealership, customers: Sequence[str], now: datetime
) -> None:
    """By customer: channel, conversation, and whether a person has it; WeChat first, then the newest."""
    query = (
        sa.select(Conversation, WeChatContact)
        .outerjoin(WeChatContact, WeChatContact.conversation_id == Conversation.id)
        .where(Conversation.customer_id.in_(list(customers)), Conversation.channel.in_(("wechat", "web")))
        .order_by(Conversation.channel.desc(), Conversation.updated_at.desc())
    )
    for talk, contact in session.execute(query):
        if talk.channel == "wechat" and not _hears_wechat(dealership, contact, now):
            continue
        if talk.channel == "web" and talk.updated_at < now - WEB_RECENT:
            continue
        has_person = talk.state not in (Owner.BOT.value, Owner.CLOSED.value)
        around.ways.setdefault(talk.customer_id, []).append((talk.channel, talk.id, has_person))


def _hears_wechat(dealership: Dealership, contact: Any, now: datetime) -> bool:
    if contact is None or not contact.is_following or contact.blocked:
        return False
    is_inside = contact.message_at is not None and contact.message_at > now - WECHAT_WINDOW
    return is_inside or template_for(dealership, contact.account, "outreach") is not None
