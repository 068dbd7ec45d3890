"""Other resources for a visit that is booked already, and new times when there are none. For ``disruptions``."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from bot.domain.alternatives import rank_alternatives
from bot.domain.booking import Need, Slot, VisitKind, VisitRequest, VisitStatus, bookable_window
from bot.domain.dealership import Dealership
from bot.domain.disruption import TIMES_OFFERED, share_out
from bot.domain.errors import InvalidInput, SlotTaken
from bot.services.availability import Wish, free_slots_in, local, make_offers
from bot.services.claiming import Placement, place
from bot.store import outages
from bot.store.bookings import Row


def equal_place(session: Session, dealership: Dealership, now: datetime, row: Row) -> Placement | None:
    """Claim what the visit needs at its own store and time, keeping what it has; None if something is not free."""
    request = VisitRequest(VisitKind(row.kind), row.store, row.model, tuple(row.items))
    try:
        offers = make_offers(dealership, now, request)
        return place(session, Wish(dealership, now, request, row.start), offers, appointment_id=row.id)
    except (SlotTaken, InvalidInput):  # the latter: its model or job is no longer in the content
        return None


def put_in_place(row: Row, placement: Placement, now: datetime) -> None:
    row.store, row.start, row.end = placement.slot.store, placement.slot.start, placement.slot.end
    row.resources, row.updated_at = list(placement.resources), now


def swap_places(
    session: Session, dealership: Dealership, now: datetime, row: Row, resource: str
) -> list[Row]:
    """Place a visit instead of others that could just as well have something else; the rows changed, or none.

    An electric car needs the only other bay for electric cars, where a petrol car stands that any bay would suit.
    """
    for need in _needs_of(dealership, now, row, resource):
        for candidate in need.candidates:
            blockers = _who_could_yield(session, candidate.id, need.ticks, now)
            if candidate.id == resource or not blockers:
                continue
            savepoint = session.begin_nested()
            placements = _place_instead(session, dealership, now, row, candidate.id, blockers)
            if placements is None:
                savepoint.rollback()
                continue
            savepoint.commit()
            for changed, placement in placements:
                put_in_place(changed, placement, now)
            return [changed for changed, _ in placements]
    return []


def new_times_of(
    session: Session, dealership: Dealership, now: datetime, visits: Sequence[Any]
) -> dict[str, tuple[Slot, ...]]:
    """Up to three free times for each visit (rows or views), nearest to its old one; different ones where possible."""
    pools: dict[VisitRequest, tuple[Slot, ...]] = {}
    ranked = []
    for visit in visits:
        kind = VisitKind(visit.kind)
        request = VisitRequest(kind, None, visit.model, tuple(visit.items))
        if request not in pools:
            pools[request] = _free_in_horizon(session, dealership, now, request)
        nearest = rank_alternatives(
            pools[request], visit.start, visit.store, TIMES_OFFERED * max(len(visits), 1)
        )
        rivals = visit.model if kind is VisitKind.TEST_DRIVE else None
        ranked.append([(kind, rivals, slot) for slot in nearest])
    shared = share_out(ranked)
    return {v.id: tuple(slot for _, _, slot in choices) for v, choices in zip(visits, shared, strict=True)}


def _free_in_horizon(
    session: Session, dealership: Dealership, now: datetime, request: VisitRequest
) -> tuple[Slot, ...]:
    from_, until = bookable_window(dealership.rules, request.kind, local(now))
    try:
        return tuple(free_slots_in(session, dealership, now, request, from_, until))
    except InvalidInput:
        return ()


def _needs_of(dealership: Dealership, now: datetime, row: Row, resource: str) -> list[Need]:
    """The needs of the visit that the resource served."""
    request = VisitRequest(VisitKind(row.kind), row.store, row.model, tuple(row.items))
    try:
        offers = make_offers(dealership, now, request)
    except InvalidInput:
        return []
    needs = [need for offer in offers for need in offer.plan(row.start).needs]
    return [need for need in needs if resource in {candidate.id for candidate in need.candidates}]


def _who_could_yield(session: Session, resource: str, ticks: range, now: datetime) -> list[Row]:
    """The visits to come that have the resource then; empty when a hold or an outage has it, or one has begun."""
    owners = outages.owners_of(session, resource, ticks)
    rows = outages.visits_of_ids(session, [owner.appointment_id for owner in owners if owner.appointment_id])
    free_to_go = all(row.status == VisitStatus.CONFIRMED and row.start > now for row in rows)
    return rows if free_to_go and len(rows) == len(owners) else []


def _place_instead(
    session: Session, dealership: Dealership, now: datetime, row: Row, resource: str, blockers: list[Row]
) -> list[tuple[Row, Placement]] | None:
    for blocker in blockers:
        outages.free_resource_of(session, blocker.id, resource)
    placements = []
    for moved in (row, *blockers):
        placement = equal_place(session, dealership, now, moved)
        if placement is None:
            return None
        placements.append((moved, placement))
    return placements
