"""Inviting to events: one contact for each customer who agreed and whose car the event is for."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

import sqlalchemy as sa

from bot.domain.events import DealerEvent
from bot.services import events
from bot.services.availability import local
from bot.services.consents import Purpose
from bot.services.content.snapshot import Content
from bot.services.event_audience import fits
from bot.services.mileage import mileage_of, readings_of
from bot.services.outreach.invitations import open_outreach
from bot.services.outreach.opening import Report
from bot.services.vehicles import state_of_car
from bot.services.wording import say_time
from bot.store.database import Database
from bot.store.lifecycle_tables import Consent, EventSignup, Outreach
from bot.store.tables import Customer, Vehicle

AT_ONCE = 500


def invite_to_events(
    database: Database, content: Content, now: datetime, store: str | None = None, dry_run: bool = False
) -> Report:
    """Invite to what begins within its ``invite_days``, is open and has places left.

    ``store``: the cars of one store. Only customers who have agreed to marketing at some time are looked at;
    ``open_outreach`` holds back who may not be told now. Who has signed up by themselves is not invited.
    """
    whole = Report()
    for event in _upcoming(database, content, now):
        plates = list(_plates(database, content, event, local(now).date(), store))
        details = {
            "title": event.name,
            "event": event.name,
            "time": say_time(local(event.start)),
            "store": content.dealership.store(event.store).name,
            "offer": event.description,
        }
        day = local(event.start).date()
        moment = event.moment.value
        report = open_outreach(database, content, now, moment, event.id, plates, details, day, dry_run)
        whole.opened.update(report.opened)
        whole.held.update(report.held)
        whole.cars += report.cars
    return whole


def _upcoming(database: Database, content: Content, now: datetime) -> Iterator[DealerEvent]:
    known = [
        event
        for event in events.open_events(content, now)
        if event.invite_days and event.start - timedelta(days=event.invite_days) <= now
    ]
    counts = events.attendances(database, {event.id: event for event in known})
    yield from (event for event in known if counts[event.id].left)


def _plates(
    database: Database, content: Content, event: DealerEvent, today: date, store: str | None
) -> Iterator[str]:
    """The cars that the event is for, of customers who have not heard of it."""
    models, after = {model.id for model in content.dealership.models}, ""
    while True:
        with database.reading() as session:
            rows = session.scalars(_cars(event, today, store, after)).all()
            readings = readings_of(session, [row.plate for row in rows])
        if not rows:
            return
        after = rows[-1].plate
        for row in rows:
            if row.model not in models:
                continue
            mileage = mileage_of(row, readings.get(row.plate, ()), today)
            state = state_of_car(content.dealership, row, mileage.km if mileage else None)
            if fits(content, event, row.model, state, today):
                yield row.plate


def _cars(event: DealerEvent, today: date, store: str | None, after: str) -> sa.sql.Select:
    agreed = sa.select(Consent.phone).where(
        Consent.purpose == Purpose.MARKETING.value, Consent.granted.is_(True), Consent.phone.is_not(None)
    )
    told = sa.select(Outreach.customer_id).where(
        Outreach.moment == event.moment.value, Outreach.occasion == event.id
    )
    signed_up = sa.select(EventSignup.phone).where(EventSignup.event == event.id)
    query = (
        sa.select(Vehicle)
        .join(Customer, Customer.id == Vehicle.customer_id)
        .where(
            Vehicle.plate > after,
            Vehicle.left_on.is_(None),
            Vehicle.delivered <= today,
            Customer.phone.in_(agreed),
            Customer.phone.not_in(signed_up),
            Customer.id.not_in(told),
        )
        .order_by(Vehicle.plate)
        .limit(AT_ONCE)
    )
    return query if store is None else query.where(Vehicle.store == store)
