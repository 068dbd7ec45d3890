"""The atomic claim: everything that a visit needs, or nothing.

Each resource is claimed by inserting one row per tick under a primary key. Who comes second fails on the
insert, whatever was read before; then the next suitable resource is tried, and in the end the slot is taken.
What the owner has already is kept where it fits; missing ticks are added first and needless ones given back
last, so that two visits that swap their times never wait for each other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TypeVar

from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session

from bot.domain.booking import (
    Busy,
    ClaimPlan,
    Need,
    Offer,
    Refusal,
    Slot,
    free_candidates,
    furthest,
    in_fair_order,
)
from bot.domain.errors import Conflict, SlotTaken
from bot.domain.ticks import ticks_between
from bot.services.availability import Wish, resources_of, ticks_of
from bot.store import bookings
from bot.store.database import Database
from bot.store.outages import enter
from bot.store.tables import Appointment

ATTEMPTS = 6
FAIR_DAYS = timedelta(days=3)
"""Advisers and technicians take turns by what they have to do from so long before a visit to so long after it."""
SERIALIZATION_FAILURE, DEADLOCK_DETECTED = "40001", "40P01"

T = TypeVar("T")
Held = Mapping[str, set[int]]


@dataclass(frozen=True)
class Placement:
    """Where a visit found its place, and with which resources (ids, in the order of its needs)."""

    slot: Slot
    resources: tuple[str, ...]


def transact(database: Database, work: Callable[[Session], T], alone: bool = False) -> T:
    """Run ``work`` in one transaction, again from the start when a rival was in its way.

    That is: the same code, request key, customer or hold was inserted meanwhile, or a deadlock was ended. ``alone``: no
    other such transaction runs at the same time (an outage, which takes what others have).
    """
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with database.transaction() as session:
                enter(session, alone)
                return work(session)
        except IntegrityError:
            if attempt == ATTEMPTS:
                raise
        except OperationalError as error:
            if getattr(error.orig, "pgcode", None) not in (SERIALIZATION_FAILURE, DEADLOCK_DETECTED):
                raise
    raise Conflict("too many rivals at once; try again")


def place(session: Session, wish: Wish, offers: tuple[Offer, ...], **owner: str) -> Placement:
    """Claim the wished slot at the first of ``offers`` that is free, for ``hold_id=`` or ``appointment_id=``.

    Raises SlotTaken, without alternatives, if there is none; the caller then rolls back.
    """
    resources, ticks = resources_of(offers), ticks_of(offers, wish.start)
    mine = replace(wish.mine, appointment_id=owner.get("appointment_id"))
    bookings.delete_expired_holds(session, resources, ticks, wish.now, mine)
    busy = bookings.busy_ticks(session, resources, ticks, wish.now, mine)
    held = bookings.claims_of(session, **owner)
    adviser = _wished_before(session, owner) or _own_adviser(session, wish)
    fair = _fair_order(session, wish, offers, adviser)
    refusals: list[Refusal] = []
    for offer in offers:
        plan = fair(offer.plan(wish.start))
        claimed = _claim_plan(session, plan, busy, held, adviser, owner)
        if not isinstance(claimed, Refusal):
            _free_the_rest(session, held, dict(zip(claimed, plan.needs, strict=True)), owner)
            return Placement(plan.slot, claimed)
        refusals.append(claimed)
    raise SlotTaken(furthest(refusals))


def _wished_before(session: Session, owner: dict[str, str]) -> str | None:
    """Who was asked for by name when the visit was booked: kept where that is possible."""
    visit = session.get(Appointment, owner["appointment_id"]) if "appointment_id" in owner else None
    return None if visit is None else visit.adviser


def _own_adviser(session: Session, wish: Wish) -> str | None:
    customer = bookings.customer_of_phone(session, wish.phone) if wish.phone else None
    return None if customer is None else customer.adviser


def _fair_order(
    session: Session, wish: Wish, offers: tuple[Offer, ...], adviser: str | None
) -> Callable[[ClaimPlan], ClaimPlan]:
    """Puts the candidates of a plan in the order in which they are taken: by what they do in the days around it."""
    ticks = ticks_between(wish.start - FAIR_DAYS, wish.start + FAIR_DAYS)
    loads = bookings.loads(session, resources_of(offers), ticks)

    def ordered(plan: ClaimPlan) -> ClaimPlan:
        needs = (replace(need, candidates=in_fair_order(need, loads, adviser)) for need in plan.needs)
        return replace(plan, needs=tuple(needs))

    return ordered


def _claim_plan(
    session: Session, plan: ClaimPlan, busy: Busy, held: Held, adviser: str | None, owner: dict[str, str]
) -> tuple[str, ...] | Refusal:
    claimed: list[tuple[str, list[int]]] = []
    for need in plan.needs:
        won = _claim_need(session, need, busy, held, adviser, owner)
        if won is None:
            for resource, ticks in claimed:
                bookings.free_claims(session, resource, ticks, **owner)
            return need.refusal
        claimed.append(won)
        resource, _ = won
        busy = {**busy, resource: {*busy.get(resource, ()), *need.ticks}}  # it serves one need at a time
    return tuple(resource for resource, _ in claimed)


def _claim_need(
    session: Session, need: Need, busy: Busy, held: Held, adviser: str | None, owner: dict[str, str]
) -> tuple[str, list[int]] | None:
    """A resource with the ticks that its owner did not have yet. The own adviser first, then what is held for the time,
    or for another, then the rest in the order of the need."""

    def rank(resource: str) -> tuple[bool, bool, bool]:
        mine = held.get(resource, set())
        return resource != adviser, not mine.issuperset(need.ticks), not mine

    for resource in sorted((r.id for r in free_candidates(need, busy)), key=rank):
        missing = [tick for tick in need.ticks if tick not in held.get(resource, ())]
        if bookings.try_claim(session, resource, missing, **owner):
            return resource, missing
    return None


def _free_the_rest(session: Session, held: Held, needs: dict[str, Need], owner: dict[str, str]) -> None:
    for resource, ticks in held.items():
        rest = ticks.difference(needs[resource].ticks) if resource in needs else ticks
        if rest:
            bookings.free_claims(session, resource, rest, **owner)
