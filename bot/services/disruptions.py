"""A resource drops out: what it does to the visits that have it, and what happens when it is back.

An outage claims its ticks as a visit does, so that nobody can book into it. It is the one use case that takes what
others have; while it does, nobody else books, holds or moves (``bot.store.outages.enter``).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import uuid4

from sqlalchemy.orm import Session

from bot.domain.booking import Slot, VisitKind, VisitStatus
from bot.domain.dealership import Dealership, ResourceKind
from bot.domain.disruption import Period, checked_period, joined_reasons, union
from bot.domain.errors import InvalidOutage, NotFound
from bot.domain.ticks import ticks_between
from bot.services import audit, reminders
from bot.services.audit import Actor
from bot.services.availability import local
from bot.services.callbacks import soon
from bot.services.cases import close_visit_case, open_visit_case
from bot.services.claiming import transact
from bot.services.replacing import equal_place, new_times_of, put_in_place, swap_places
from bot.services.visits import BookedVisit, view_of
from bot.services.waitlist import serve_waitlist
from bot.store import bookings, outages
from bot.store.bookings import Row
from bot.store.database import Database
from bot.store.tables import Outage

CASE_REASON = "visit_needs_new_time"


@dataclass(frozen=True)
class OutageView:
    """A resource that cannot be used from ``start`` to ``end``; ``ended_at`` is set when it came back earlier."""

    id: str
    resource: str
    resource_name: str
    start: datetime
    end: datetime
    reason: str
    created_by: str
    created_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True)
class Disruption:
    """What an outage did.

    ``moved`` kept their time with other resources. ``to_rebook`` need a new one; ``new_times`` are what each was
    offered, by the visit's id. ``on_site``: the customer is in the house already, and staff help there.
    ``already_out``: the resource was out of use for all of this time before, so that nothing changed.
    """

    outage: OutageView
    moved: tuple[BookedVisit, ...]
    to_rebook: tuple[BookedVisit, ...]
    on_site: tuple[BookedVisit, ...] = ()
    new_times: dict[str, tuple[Slot, ...]] = field(default_factory=dict)
    already_out: bool = False


@dataclass(frozen=True)
class Recovery:
    """What the end of an outage gave back: visits that had lost their time and have it again, by start."""

    outage: OutageView
    restored: tuple[BookedVisit, ...]


def begin_outage(
    database: Database,
    dealership: Dealership,
    now: datetime,
    resource: str,
    start: datetime,
    end: datetime,
    reason: str,
    by: str,
    after: Dealership | None = None,
    actor: Actor | None = None,
) -> Disruption:
    """Take a resource out of use, and find every visit that has it another one, or its customer new times.

    An outage of the same resource that it touches is prolonged by it. ``by`` is who says so, ``actor``
    the same for the audit log. ``after``: the dealership
    whose times are offered, where the resource goes for good. Raises InvalidOutage.
    """
    if resource not in {known.id for known in dealership.resources}:
        raise InvalidOutage(f"unknown resource {resource!r}", f"没有“{resource}”这个资源。")
    period = checked_period(now, local(start), local(end))

    def work(session: Session) -> Disruption:
        already_out = _is_out(session, resource, period)
        row = _write_outage(session, resource, period, reason, by, now)
        hit = _take(session, row)
        done = _settle(session, dealership, after or dealership, now, row, hit)
        _note_change(session, actor, "outage.begun", row, now)
        return replace(done, already_out=already_out)

    return transact(database, work, alone=True)


def end_outage(
    database: Database,
    dealership: Dealership,
    now: datetime,
    outage_id: str,
    ended_at: datetime | None = None,
    actor: Actor | None = None,
) -> Recovery:
    """Lift an outage now, or let it end at a later ``ended_at``; again is no error. Raises NotFound.

    Visits that still wait for a new time get their old one back if it is free again, and their customers are told.
    What is left is offered to whoever waits for it.
    """

    def work(session: Session) -> Recovery:
        row = outages.outage_of_id(session, outage_id)
        if row is None:
            raise NotFound(f"no outage {outage_id}")
        _note_change(session, actor, "outage.ended", row, now)
        if row.ended_at is not None or not _shorten(session, row, now, local(ended_at or now)):
            return Recovery(_outage_view(dealership, row), ())
        restored = [
            visit
            for visit in outages.visits_without_time(session, now)
            if _restore(session, dealership, now, visit)
        ]
        restored.sort(key=lambda visit: (visit.start, visit.code))
        return Recovery(
            _outage_view(dealership, row), tuple(view_of(dealership, visit) for visit in restored)
        )

    recovery = transact(database, work, alone=True)
    serve_waitlist(database, dealership, now)
    return recovery


def _note_change(session: Session, actor: Actor | None, action: str, row: Row, now: datetime) -> None:
    if actor is not None:
        audit.note(session, actor, action, now, row.id, details={"resource": row.resource})


def list_outages(
    database: Database, dealership: Dealership, now: datetime, everything: bool = False
) -> tuple[OutageView, ...]:
    """Outages that go on or are to come, by start; with ``everything`` those that are over, too."""
    with database.reading() as session:
        rows = outages.outages(session, None if everything else now)
        return tuple(_outage_view(dealership, row) for row in rows)


def new_times(
    database: Database, dealership: Dealership, now: datetime, visit: BookedVisit
) -> tuple[Slot, ...]:
    """Up to three free times for a visit that needs a new one, nearest to its old one first."""
    with database.reading() as session:
        return new_times_of(session, dealership, now, [visit])[visit.id]


def affected_by_removal(
    database: Database, dealership: Dealership, now: datetime
) -> dict[str, tuple[BookedVisit, ...]]:
    """Visits to come that have a resource which ``dealership`` does not know (any more), by the resource's id."""
    known = {resource.id for resource in dealership.resources}
    with database.reading() as session:
        claims = outages.claims_after(session, ticks_between(now, now).start)
        lost = [(resource, visit) for resource, visit in claims if resource not in known]
        rows = {row.id: row for row in outages.visits_of_ids(session, {visit for _, visit in lost})}
        found: dict[str, list[BookedVisit]] = {}
        for resource, visit in lost:
            if visit in rows:
                found.setdefault(resource, []).append(view_of(dealership, rows[visit]))
    return {resource: tuple(sorted(v, key=lambda visit: visit.start)) for resource, v in found.items()}


def _is_out(session: Session, resource: str, period: Period) -> bool:
    """Whether one outage covers all of the period already."""
    known = outages.current_outages(session, resource, period.start, period.end)
    return any(row.start <= period.start and period.end <= row.end for row in known)


def _write_outage(
    session: Session, resource: str, period: Period, reason: str, by: str, now: datetime
) -> Row:
    """A new row, or the first of those that the period touches, which then stands for all of them."""
    known = outages.current_outages(session, resource, period.start, period.end)
    whole = union([period, *(Period(row.start, row.end) for row in known)])
    if known:
        row, others = known[0], known[1:]
        row.reason = joined_reasons([*(other.reason for other in known), reason])
        for other in others:
            outages.free_outage(session, other.id)
            session.delete(other)
    else:
        row = Outage(
            id=uuid4().hex, resource=resource, reason=joined_reasons([reason]), created_by=by, created_at=now
        )
        session.add(row)
    row.start, row.end = local(whole.start), local(whole.end)
    session.flush()
    return row


def _take(session: Session, outage: Row) -> list[Row]:
    """Claim every tick of the outage, and give the visits that had one of them. Holds end without a word."""
    ticks = ticks_between(outage.start, outage.end)
    owners = outages.owners_of(session, outage.resource, ticks)
    outages.delete_holds(session, [owner.hold_id for owner in owners if owner.hold_id])
    outages.free_resource(session, outage.resource, ticks)
    outages.claim_for_outage(session, outage.resource, ticks, outage.id)
    return outages.visits_of_ids(session, [owner.appointment_id for owner in owners if owner.appointment_id])


def _settle(
    session: Session, dealership: Dealership, after: Dealership, now: datetime, outage: Row, hit: list[Row]
) -> Disruption:
    """Another resource at the same time for each visit that was hit, else an offer of new times (of ``after``).

    The visits had one resource, so that no two of them are at the same time or compete for another.
    """
    moved: list[Row] = []
    lost: list[Row] = []
    on_site: list[Row] = []
    for row in hit:
        changed = _keep_time(session, dealership, now, row, outage.resource)
        if changed:
            moved += changed
        else:
            (on_site if _is_here(row, now) else lost).append(row)
    for row in moved:
        _tell_of_adviser(session, dealership, now, row, outage.resource)
    for row in on_site:
        _do_without(session, row, outage.resource, now)
    for row in lost:
        _lose_time(session, row, now)
    session.flush()
    offers = new_times_of(session, after, now, lost)
    hours = dealership.profile.consultants_online
    for row in lost:
        reminders.disrupted(session, dealership, row, now, offers[row.id])
        open_visit_case(session, row, now, CASE_REASON, soon(hours, local(now), local(row.start)))

    def views(rows: list[Row]) -> tuple[BookedVisit, ...]:
        return tuple(view_of(dealership, row) for row in rows)

    view = _outage_view(dealership, outage)
    return Disruption(view, views(list(dict.fromkeys(moved))), views(lost), views(on_site), offers)


def _keep_time(session: Session, dealership: Dealership, now: datetime, row: Row, resource: str) -> list[Row]:
    """The rows that have other resources now: the visit itself, and another one that made room for it. Empty: none."""
    placement = equal_place(session, dealership, now, row)
    if placement is not None:
        put_in_place(row, placement, now)
        return [row]
    return swap_places(session, dealership, now, row, resource)


def _tell_of_adviser(
    session: Session, dealership: Dealership, now: datetime, row: Row, resource: str
) -> None:
    """A customer who was promised the adviser who drops out hears who comes instead."""
    if row.adviser != resource or row.kind != VisitKind.TEST_DRIVE or row.adviser in row.resources:
        return
    names = {r.id: r.name for r in dealership.resources if r.kind is ResourceKind.SALES_ADVISER}
    other = next((names[name] for name in row.resources if name in names), "")
    reminders.adviser_changed(session, dealership, row, now, names.get(resource, ""), other)


def _is_here(row: Row, now: datetime) -> bool:
    """Whether the customer is in the house: checked in, or the visit has begun."""
    return row.status == VisitStatus.CHECKED_IN or row.start <= now


def _do_without(session: Session, row: Row, resource: str, now: datetime) -> None:
    outages.free_resource_of(session, row.id, resource)
    row.resources = [name for name in row.resources if name != resource]
    row.updated_at = now


def _lose_time(session: Session, row: Row, now: datetime) -> None:
    bookings.free_all_claims(session, row.id)
    row.resources, row.needs_new_time, row.promised_at = [], True, None
    row.sequence += 1
    row.updated_at = now


def _shorten(session: Session, outage: Row, now: datetime, ended_at: datetime) -> bool:
    """Free what the outage no longer needs; False if it ends no earlier than before."""
    if ended_at >= outage.end:
        return False
    if ended_at <= max(now, outage.start):
        outage.ended_at = now
        outages.free_outage(session, outage.id)
    else:
        rest = range(ticks_between(outage.start, ended_at).stop, ticks_between(ended_at, outage.end).stop)
        outage.end = ended_at
        outages.free_resource(session, outage.resource, rest)
    session.flush()
    return True


def _restore(session: Session, dealership: Dealership, now: datetime, row: Row) -> bool:
    """Give a visit its old time back, if that is free again, and tell its customer."""
    placement = equal_place(session, dealership, now, row)
    if placement is None:
        return False
    put_in_place(row, placement, now)
    row.needs_new_time = False
    row.sequence += 1
    reminders.restored(session, dealership, row, now)
    close_visit_case(session, row, now)
    return True


def _outage_view(dealership: Dealership, row: Row) -> OutageView:
    names = {resource.id: resource.name for resource in dealership.resources}
    return OutageView(
        row.id,
        row.resource,
        names.get(row.resource, row.resource),
        row.start,
        row.end,
        row.reason,
        row.created_by,
        row.created_at,
        row.ended_at,
    )
