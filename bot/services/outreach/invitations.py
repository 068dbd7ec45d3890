"""Contacts that somebody opens: an invitation to an event, a campaign. The rules are those of the daily run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.domain.outreach import Contact
from bot.services.availability import local
from bot.services.content.snapshot import Content
from bot.services.outreach.around import Around, look_around
from bot.services.outreach.opening import Plan, Report, held_back, open_plans, way_of
from bot.services.outreach.words import details_of
from bot.services.vehicles import state_of_car
from bot.store.database import Database
from bot.store.tables import Customer, Vehicle

AT_ONCE = 500


def open_outreach(
    database: Database,
    content: Content,
    now: datetime,
    moment: str,
    occasion: str,
    plates: Iterable[str],
    details: Mapping[str, Any],
    on: date | None = None,
    dry_run: bool = False,
) -> Report:
    """Tell the owners of these cars of something, each customer once for this ``occasion`` (the id of an event).

    ``moment`` is one of the schedule; ``details`` are what its template needs beyond the car (for an event: event,
    time, store, offer); ``on``: its day. Who may not be told now is counted in ``held`` and told by a later call with
    the same arguments. With ``dry_run`` nothing is opened.
    """
    report, contact = Report(), Contact(moment, occasion, on)
    wanted = sorted(set(plates))
    for start in range(0, len(wanted), AT_ONCE):
        with database.reading() as session:
            plans = _plans(session, content, now, wanted[start : start + AT_ONCE], contact, details, report)
        if dry_run:
            report.opened.update((moment, plan.way.channel) for plan in plans)
            continue
        with database.transaction() as session:
            open_plans(session, content, plans, now, local(now).date(), report)
    return report


def _plans(
    session: Session,
    content: Content,
    now: datetime,
    plates: list[str],
    contact: Contact,
    details: Mapping[str, Any],
    report: Report,
) -> list[Plan]:
    today, rules = local(now).date(), content.outreach
    query = (
        sa.select(Vehicle, Customer)
        .join(Customer, Customer.id == Vehicle.customer_id)
        .where(Vehicle.plate.in_(plates), Vehicle.left_on.is_(None))
        .order_by(Vehicle.plate)
    )
    pairs = [(vehicle, customer) for vehicle, customer in session.execute(query)]
    quiet = timedelta(days=rules.quiet_days)
    around = look_around(session, content.dealership, pairs, now, today, quiet, rules.marketing)
    report.cars += len(pairs)
    found = (
        _plan(content, vehicle, customer, contact, around, details, today, report)
        for vehicle, customer in pairs
    )
    return [plan for plan in found if plan is not None]


def _plan(
    content: Content,
    vehicle: Any,
    customer: Any,
    contact: Contact,
    around: Around,
    details: Mapping[str, Any],
    today: date,
    report: Report,
) -> Plan | None:
    if (customer.id, contact.moment, contact.occasion) in around.told:
        return None
    if vehicle.model not in {model.id for model in content.dealership.models}:
        report.held["unknown_model"] += 1
        return None
    way = way_of(content, customer, contact, around)
    held = held_back(content, vehicle, customer, contact, around, today) or way.obstacle
    if held is not None:
        report.held[held] += 1
        return None
    around.note(vehicle, customer, contact, way.channel, content.outreach)
    dealership, state = content.dealership, state_of_car(content.dealership, vehicle, None)
    words = details_of(dealership, content.schedule, vehicle, state, None, contact, today)
    return Plan(vehicle, customer, contact, way, {**words, **details})
