"""Opening contacts: whether the owner may be told now, which way, and the rows that make it happen."""

from __future__ import annotations

import uuid
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.domain.outreach import DELIVERY, Contact
from bot.domain.reminders import decent_hour
from bot.services.availability import local
from bot.services.consents import Purpose
from bot.services.content.snapshot import Content
from bot.services.outreach.around import Around
from bot.services.outreach.contacts import KIND, SERVICES, open_call, wanted_by
from bot.store import outbox
from bot.store.inserts import insert_unless_taken
from bot.store.lifecycle_tables import Outreach

STILL_SENT = timedelta(days=7)
"""What could not be sent for so long is not sent any more."""
_Row = Any


@dataclass
class Report:
    """What a run opened, by moment and way; ``held``: why others were not told, by reason."""

    opened: Counter[tuple[str, str]] = field(default_factory=Counter)
    held: Counter[str] = field(default_factory=Counter)
    cars: int = 0

    @property
    def total(self) -> int:
        return sum(self.opened.values())


@dataclass(frozen=True)
class Way:
    """How somebody is told: ``channel`` is wechat, web, email or call; ``obstacle``: why not so now."""

    channel: str
    conversation_id: str | None = None
    obstacle: str | None = None


@dataclass(frozen=True)
class Plan:
    """A contact that is to be opened; ``details`` are the words of its templates."""

    vehicle: _Row
    customer: _Row
    contact: Contact
    way: Way
    details: dict[str, Any]


def held_back(
    content: Content, vehicle: _Row, customer: _Row, contact: Contact, around: Around, today: date
) -> str | None:
    """Why the owner is not told now; None where they may be. The day of delivery was agreed with them, and calls do not
    count for the cap of messages."""
    rules = content.outreach
    if contact.moment == DELIVERY:
        return None
    is_marketing = contact.moment in rules.marketing
    of_month = around.this_month[customer.id, True], around.this_month[customer.id, False]
    coming = around.jobs_of(vehicle.plate, customer.phone)
    is_service = contact.moment in SERVICES or contact.moment.startswith("service_")
    reasons = {
        "no_consent": not around.allows(customer.phone, purpose_of(content, contact)),
        "quiet": customer.id in around.refused
        or (is_marketing and customer.id in around.refused_marketing)
        or bool(customer.quiet_until and customer.quiet_until >= today),
        "complaint": customer.phone in around.complaining,
        "visit_booked": is_service and wanted_by(contact.moment, coming, content.dealership.maintenance),
        "cap": contact.moment not in rules.calls
        and (sum(of_month) >= rules.per_month or (is_marketing and of_month[0] >= rules.marketing_per_month)),
    }
    return next((name for name, holds in reasons.items() if holds), None)


def purpose_of(content: Content, contact: Contact) -> Purpose:
    """What the customer must have agreed to."""
    return Purpose.MARKETING if contact.moment in content.outreach.marketing else Purpose.SERVICE_CONTACT


def way_of(content: Content, customer: _Row, contact: Contact, around: Around) -> Way:
    """By what reaches the customer; who talks with a person is told later, and nobody is called to be greeted."""
    if contact.moment in content.outreach.calls:
        return Way("call")
    ways = around.ways.get(customer.id)
    if ways:
        channel, conversation_id, has_person = ways[0]
        return Way(channel, conversation_id, "with_a_person" if has_person else None)
    if customer.email:
        return Way("email")
    return Way("call", obstacle="unreachable" if contact.moment in content.outreach.never_called else None)


def open_plans(
    session: Session, content: Content, plans: list[Plan], now: datetime, today: date, report: Report
) -> None:
    """Insert the contacts; what another process opened meanwhile is its own."""
    if not plans:
        return
    rows = [_row(plan, now) for plan in plans]
    session.execute(insert_unless_taken(session, Outreach), rows)
    mine = set(session.scalars(sa.select(Outreach.id).where(Outreach.id.in_([row["id"] for row in rows]))))
    messages = []
    for plan, row in zip(plans, rows, strict=True):
        if row["id"] not in mine:
            continue
        report.opened[plan.contact.moment, plan.way.channel] += 1
        if plan.way.channel == "call":
            _call(session, content, row["id"], plan, now, today)
        else:
            messages.append(_message(content, row["id"], plan, now, today))
    outbox.add(session, messages)


def _row(plan: Plan, now: datetime) -> dict[str, Any]:
    contact = plan.contact
    return {
        "id": uuid.uuid4().hex,
        "plate": plan.vehicle.plate,
        "customer_id": plan.customer.id,
        "moment": contact.moment,
        "occasion": contact.occasion,
        "state": "planned",
        "channel": plan.way.channel,
        "reason": contact.reason,
        "due_on": contact.on,
        "store": plan.vehicle.store,
        "details": plan.details,
        "conversation_id": plan.way.conversation_id,
        "opened_at": now,
        "updated_at": now,
    }


def _call(session: Session, content: Content, id_: str, plan: Plan, now: datetime, today: date) -> None:
    """On the day itself for a delivery, else within a few days."""
    hours = content.dealership.profile.consultants_online
    days = 0 if plan.contact.moment == DELIVERY else content.outreach.call_days
    due = datetime.combine(today + timedelta(days=days), hours.closes, local(now).tzinfo)
    open_call(session, session.get(Outreach, id_), now, due)


def _message(content: Content, id_: str, plan: Plan, now: datetime, today: date) -> dict[str, Any]:
    hours = content.dealership.profile.consultants_online
    due = decent_hour(local(now), hours.opens, hours.closes)
    channel = "email" if plan.way.channel == "email" else "chat"
    return {
        "key": f"{id_}/{KIND}/{channel}",
        "kind": KIND,
        "channel": channel,
        "conversation_id": plan.way.conversation_id,
        "address": plan.customer.email if channel == "email" else None,
        "data": {
            "outreach": id_,
            "until": (due + STILL_SENT).isoformat(),
            "purpose": purpose_of(content, plan.contact).value,
        },
        "due_at": due,
        "created_at": now,
    }
