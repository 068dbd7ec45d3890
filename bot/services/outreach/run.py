"""The daily run: which cars have something due, and who is told of it by which way.

Any process may run it at any time and again: a contact is opened by the insertion of its key, and by nobody twice.
Cars are looked at when something of theirs may have come due (``vehicles.look_again_on``), at least once a month.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.domain.mileage import Mileage
from bot.domain.outreach import GREETING, Contact, outlook
from bot.services.availability import local
from bot.services.content.snapshot import Content
from bot.services.greetings import greeting_days
from bot.services.mileage import mileage_of
from bot.services.outreach.around import Around, look_around
from bot.services.outreach.contacts import expire
from bot.services.outreach.opening import Plan, Report, Way, held_back, open_plans, way_of
from bot.services.outreach.words import details_of
from bot.services.vehicles import state_of_car
from bot.store.database import Database
from bot.store.tables import Customer, Vehicle

AT_ONCE = 500
_Row = Any


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
            report.opened.update((plan.contact.moment, plan.way.channel) for plan in plans)
        else:
            with database.transaction() as session:
                open_plans(session, content, plans, now, day, report)
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
) -> tuple[list[Plan], dict[date, list[str]]]:
    """What to open, and which cars are looked at again when."""
    plans: list[Plan] = []
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
) -> tuple[list[Plan], date]:
    mileage = mileage_of(vehicle, around.readings.get(vehicle.plate, ()), today)
    state = state_of_car(content.dealership, vehicle, mileage.km if mileage else None)
    days = greeting_days(today, customer.birthday)
    terms, per_day = content.dealership.profile.warranty, mileage.per_day if mileage else 0.0
    seen = outlook(content.schedule, terms, state, today, per_day, days)
    plans: list[Plan] = []
    look = seen.look_again_on
    for contact in seen.contacts:
        if (vehicle.plate, contact.moment, contact.occasion) in around.known:
            continue
        way = way_of(content, customer, contact, around)
        held = held_back(content, vehicle, customer, contact, around, today) or way.obstacle
        if held is not None:
            report.held[held] += 1
            look = min(look, _again(held, contact, customer, today))
            continue
        around.note(vehicle, customer, contact, way.channel, content.outreach)
        plans.append(_planned(content, vehicle, customer, state, mileage, contact, today, days, way))
    return plans, look


def _again(held: str, contact: Contact, customer: _Row, today: date) -> date:
    """When it may have become possible to tell what was held back; a greeting passes with its day."""
    if contact.moment == GREETING:
        return date.max
    if held == "cap":
        return (today.replace(day=1) + timedelta(days=31)).replace(day=1)
    if held == "quiet" and customer.quiet_until and customer.quiet_until >= today:
        return cast(date, customer.quiet_until + timedelta(days=1))
    return today + timedelta(days=7 if held == "no_consent" else 1)


def _planned(
    content: Content,
    vehicle: _Row,
    customer: _Row,
    state: Any,
    mileage: Mileage | None,
    contact: Contact,
    today: date,
    days: Mapping[date, str],
    way: Way,
) -> Plan:
    name = days.get(contact.on, "") if contact.on else ""
    details = details_of(content.dealership, content.schedule, vehicle, state, mileage, contact, today, name)
    return Plan(vehicle, customer, contact, way, details)


def _remember(session: Session, looks: dict[date, list[str]]) -> None:
    for day, plates in looks.items():
        for some in _slices(plates):
            session.execute(
                sa.update(Vehicle.__table__).where(Vehicle.plate.in_(some)).values(look_again_on=day)
            )


def _slices(plates: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(plates), AT_ONCE):
        yield plates[start : start + AT_ONCE]
