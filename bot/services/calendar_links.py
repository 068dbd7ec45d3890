"""The addresses of calendar files: what is behind a token, and the feeds of the dealer's resources."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from bot.domain.dealership import Dealership, Resource
from bot.domain.errors import NotFound
from bot.services import audit
from bot.services.audit import Actor
from bot.services.calendar_files import OutOfUse
from bot.services.claiming import transact
from bot.services.visits import BookedVisit, view_of
from bot.store import calendars
from bot.store.bookings import Row
from bot.store.database import Database
from bot.store.tables import new_token

FEED_BEFORE, FEED_AFTER = timedelta(days=30), timedelta(days=60)


@dataclass(frozen=True)
class Feed:
    """What one resource does from 30 days ago to 60 days ahead, by start; cancelled visits are included."""

    resource: Resource
    visits: tuple[BookedVisit, ...]
    outages: tuple[OutOfUse, ...]


@dataclass(frozen=True)
class FeedAddress:
    resource: Resource
    path: str


def visit_of_token(database: Database, dealership: Dealership, token: str) -> BookedVisit:
    """The visit whose calendar file has this address. Raises NotFound."""
    with database.reading() as session:
        row = calendars.appointment_of_token(session, token)
        if row is None:
            raise NotFound("no such calendar")
        return view_of(dealership, row)


def feed_of_token(database: Database, dealership: Dealership, now: datetime, token: str) -> Feed:
    """Three statements, however many the visits. Raises NotFound, also for a resource that is no more."""
    with database.reading() as session:
        row = calendars.feed_of_token(session, token)
        known = {resource.id: resource for resource in dealership.resources}
        if row is None or row.resource not in known:
            raise NotFound("no such calendar")
        from_, to = now - FEED_BEFORE, now + FEED_AFTER
        visits = calendars.appointments_of_resource(session, row.resource, from_, to)
        outages = map(_out_of_use, calendars.outages_of_resource(session, row.resource, from_, to))
        return Feed(
            known[row.resource],
            tuple(view_of(dealership, visit) for visit in visits),
            tuple(outage for outage in outages if outage.start < outage.end),
        )


def feed_addresses(database: Database, dealership: Dealership, now: datetime) -> tuple[FeedAddress, ...]:
    """Every resource with the address of its feed; one that has none yet gets it."""
    with database.reading() as session:
        tokens = calendars.feed_tokens(session)
    if any(resource.id not in tokens for resource in dealership.resources):
        tokens = transact(database, lambda session: _with_new_feeds(session, dealership, now))
    return tuple(FeedAddress(r, feed_path(tokens[r.id])) for r in dealership.resources)


def renew_feed(
    database: Database,
    dealership: Dealership,
    now: datetime,
    resource_id: str,
    actor: Actor | None = None,
) -> FeedAddress:
    """A new address for the feed of a resource; the old one is dead. Raises NotFound for an unknown resource."""
    resource = next((found for found in dealership.resources if found.id == resource_id), None)
    if resource is None:
        raise NotFound("no such resource")
    token = new_token()

    def work(session: Session) -> None:
        calendars.delete_feeds(session, [resource_id])
        calendars.add_feeds(session, {resource_id: token}, now)
        if actor is not None:
            audit.note(session, actor, "resource.feed_renewed", now, resource_id)

    transact(database, work)
    return FeedAddress(resource, feed_path(token))


def feed_path(token: str) -> str:
    return f"/calendar/feeds/{token}.ics"


def _out_of_use(row: Row) -> OutOfUse:
    """Up to its end or to when it was ended; one that was called off before it began has no time at all."""
    end = row.end if row.ended_at is None else min(row.end, row.ended_at)
    return OutOfUse(row.id, row.start, end, row.ended_at or row.created_at)


def _with_new_feeds(session: Session, dealership: Dealership, now: datetime) -> dict[str, str]:
    tokens = calendars.feed_tokens(session)
    new = {resource.id: new_token() for resource in dealership.resources if resource.id not in tokens}
    if new:
        calendars.add_feeds(session, new, now)
    return {**tokens, **new}
