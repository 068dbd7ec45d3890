"""The daily run: which cars have something due, and who is told of it by which way.

Any process may run it at any time and again: a contact is opened by the insertion of its key, and by nobody twice.
Cars are looked at when something of theirs may have come due (``vehicles.look_again_on``), at least once a month.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from bot.domain.mileage import Mileage
from bot.domain.outreach import Contact, outlook
from bot.domain.reminders import decent_hour
from bot.services.availability import local
from bot.services.consents import Purpose
from bot.services.content.snapshot import Content
from bot.services.greetings import greeting_days
from bot.services.mileage import mileage_of
from bot.services.outreach.around import Around, look_around
from bot.services.outreach.contacts import KIND, SERVICES, expire, open_call
from bot.services.outreach.words import details_of
from bot.services.vehicles import state_of_car
from bot.store import outbox
from bot.store.database import Database
from bot.store.lifecycle_tables import Outreach
from bot.store.tables import Customer, Vehicle

AT_ONCE = 500
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
class _Plan:
    """A contact with its way: wechat, web, email or call."""

    vehicle: _Row
    customer: _Row
    contact: Contact
    way: str
    conversation_id: str | None
    details: dict[str, Any]


def run_outreach(
    database: Database,
    content: Content,
    now: datetime,
    today: date | None = None,
    store: str | None = None,
    dry_run: bool = False,
) -> Report:
    """Open what is due on ``today`` (the local date of ``now`` if not named); ``dry_run`` only tells."""
    day = today or local(now).date()
    report, after = Report(), ""
    if not dry_run:
        expire(database, now, content.outreach.expire_days)
    while True:
        with database.reading() as session:
            pairs = _cars(session, day, store, after)
            if not pairs:
                return report
            quiet, marketing = timedelta(days=content.outreach.quiet_days), content.outreach.marketing
            around = look_around(session, content.dealership, pairs, now, day, quiet, marketing)
        after = pairs[-1][0].plate
        plans, looks = _plan(content, pairs, around, day, report)
        if dry_run:
            report.opened.update((plan.contact.moment, plan.way) for plan in plans)
        else:
            with database.transaction() as session:
                _open(session, content, plans, now, day, report)
                _remember(session, looks)


def _cars(session: Session, today: date, store: str | None, after: str) -> list[tuple[_Row, _Row]]:
    due = sa.or_(Vehicle.look_again_on.is_(None), Vehicle.look_again_on <= today)
    query = (
        sa.select(Vehicle, Customer)
        .join(Customer, Customer.id == Vehicle.customer_id)
        .where(Vehicle.plate > after, Vehicle.left_on.is_(None), Vehicle.delivered <= today, due)
        .order_by(Vehicle.plate)
        .limit(AT_ONCE)
    )
    if store is not None:
        query = query.where(Vehicle.store == store)
    return [(vehicle, customer) for vehicle, customer in session.execute(query)]


def _plan(
    content: Content, pairs: list[tuple[_Row, _Row]], around: Around, today: date, report: Report
) -> tuple[list[_Plan], dict[date, list[str]]]:
    """What to open, and which cars are looked at again when."""
    plans: list[_Plan] = []
    looks: dict[date, list[str]] = {}
    models = {model.id for model in content.dealership.models}
    for vehicle, customer in pairs:
        if vehicle.model not in models:
            report.held["unknown_model"] += 1
            looks.setdefault(today + timedelta(days=7), []).append(vehicle.plate)
            continue
        report.cars += 1
        found, look = _of_car(content, vehicle, customer, around, today, report)
        plans += found
        looks.setdefault(look, []).append(vehicle.plate)
    return plans, looks


def _of_car(
    content: Content, vehicle: _Row, customer: _Row, around: Around, today: date, report: Report
) -> tuple[list[_Plan], date]:
    mileage = mileage_of(vehicle, around.readings.get(vehicle.plate, ()), today)
    state = state_of_car(content.dealership, vehicle, mileage.km if mileage else None)
    days = greeting_days(today, customer.birthday)
    terms, per_day = content.dealership.profile.warranty, mileage.per_day if mileage else 0.0
    seen = outlook(content.schedule, terms, state, today, per_day, days)
    plans: list[_Plan] = []
    look = seen.look_again_on
    for contact in seen.contacts:
        if (vehicle.plate, contact.moment, contact.occasion) in around.known:
            continue
        held = _held(content, vehicle, customer, contact, around, today)
        way, talk, has_person = _way(content, customer, contact, around)
        if held is None and has_person:
            held = "with_a_person"
        if held is not None:
            report.held[held] += 1
            look = today + timedelta(days=1)
            continue
        around.known.add((vehicle.plate, contact.moment, contact.occasion))
        if way != "call":
            around.this_month[customer.id, contact.moment in content.outreach.marketing] += 1
        plans.append(_planned(content, vehicle, customer, state, mileage, contact, today, days, (way, talk)))
    return plans, look


def _planned(
    content: Content,
    vehicle: _Row,
    customer: _Row,
    state: Any,
    mileage: Mileage | None,
    contact: Contact,
    today: date,
    days: Mapping[date, str],
    way: tuple[str, str | None],
) -> _Plan:
    name = days.get(contact.on, "") if contact.on else ""
    details = details_of(content.dealership, content.schedule, vehicle, state, mileage, contact, today, name)
    return _Plan(vehicle, customer, contact, way[0], way[1], details)


def _held(
    content: Content, vehicle: _Row, customer: _Row, contact: Contact, around: Around, today: date
) -> str | None:
    """Why the owner is not told now; None where they may be."""
    rules = content.outreach
    if contact.moment in rules.calls:
        return None
    is_marketing = contact.moment in rules.marketing
    purpose = Purpose.MARKETING if is_marketing else Purpose.SERVICE_CONTACT
    of_month = around.this_month[customer.id, True], around.this_month[customer.id, False]
    is_service = contact.moment in SERVICES or contact.moment.startswith("service_")
    reasons = {
        "no_consent": not around.allows(customer.phone, purpose),
        "quiet": customer.id in around.refused
        or bool(customer.quiet_until and customer.quiet_until >= today),
        "complaint": customer.phone in around.complaining,
        "visit_booked": is_service and bool({vehicle.plate, customer.phone} & around.coming),
        "cap": sum(of_month) >= rules.per_month
        or (is_marketing and of_month[0] >= rules.marketing_per_month),
    }
    return next((name for name, holds in reasons.items() if holds), None)


def _way(content: Content, customer: _Row, contact: Contact, around: Around) -> tuple[str, str | None, bool]:
    """Channel, conversation, and whether a person has it."""
    if contact.moment in content.outreach.calls:
        return "call", None, False
    ways = around.ways.get(customer.id)
    if ways:
        return ways[0]
    return ("email", None, False) if customer.email else ("call", None, False)


def _open(
    session: Session, content: Content, plans: list[_Plan], now: datetime, today: date, report: Report
) -> None:
    """Insert the contacts; what another process opened meanwhile is its own."""
    if not plans:
        return
    rows = [_row(plan, now) for plan in plans]
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    session.execute(insert(Outreach.__table__).on_conflict_do_nothing(), rows)
    mine = set(session.scalars(sa.select(Outreach.id).where(Outreach.id.in_([row["id"] for row in rows]))))
    messages = []
    for plan, row in zip(plans, rows, strict=True):
        if row["id"] not in mine:
            continue
        report.opened[plan.contact.moment, plan.way] += 1
        if plan.way == "call":
            _call(session, content, row["id"], plan, now, today)
        else:
            messages.append(_message(content, row["id"], plan, now, today))
    outbox.add(session, messages)


def _row(plan: _Plan, now: datetime) -> dict[str, Any]:
    contact = plan.contact
    return {
        "id": uuid.uuid4().hex,
        "plate": plan.vehicle.plate,
        "customer_id": plan.customer.id,
        "moment": contact.moment,
        "occasion": contact.occasion,
        "state": "planned",
        "channel": plan.way,
        "reason": contact.reason,
        "due_on": contact.on,
        "store": plan.vehicle.store,
        "details": plan.details,
        "conversation_id": plan.conversation_id,
        "opened_at": now,
        "updated_at": now,
    }


def _call(session: Session, content: Content, id_: str, plan: _Plan, now: datetime, today: date) -> None:
    """On the day itself for a delivery, else within a few days."""
    hours = content.dealership.profile.consultants_online
    days = 0 if plan.contact.moment == "delivery" else content.outreach.call_days
    due = datetime.combine(today + timedelta(days=days), hours.closes, local(now).tzinfo)
    open_call(session, session.get(Outreach, id_), now, due)


def _message(content: Content, id_: str, plan: _Plan, now: datetime, today: date) -> dict[str, Any]:
    hours = content.dealership.profile.consultants_online
    due = decent_hour(local(now), hours.opens, hours.closes)
    channel = "email" if plan.way == "email" else "chat"
    return {
        "key": f"{id_}/{KIND}/{channel}",
        "kind": KIND,
        "channel": channel,
        "conversation_id": plan.conversation_id,
        "address": plan.customer.email if channel == "email" else None,
        "data": {"outreach": id_, "until": (due + STILL_SENT).isoformat()},
        "due_at": due,
        "created_at": now,
    }


def _remember(session: Session, looks: dict[date, list[str]]) -> None:
    for day, plates in looks.items():
        for some in _slices(plates):
            session.execute(
                sa.update(Vehicle.__table__).where(Vehicle.plate.in_(some)).values(look_again_on=day)
            )


def _slices(plates: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(plates), AT_ONCE):
        yield plates[start : start + AT_ONCE]
