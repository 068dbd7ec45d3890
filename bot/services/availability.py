"""What is free: checking one slot, listing free ones, and alternatives to a refused one. Reads only.

A question costs one statement, however long the period and however many the stores; alternatives two at most.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice

from sqlalchemy.orm import Session

from bot.clock import TIME_ZONE
from bot.domain.booking import (
    Busy,
    Offer,
    Refusal,
    Slot,
    VisitRequest,
    bookable_window,
    check_resources,
    check_time,
    furthest,
    make_offer,
    rank_alternatives,
    ticks_between,
)
from bot.domain.booking import free_slots as find_free_slots
from bot.domain.dealership import Dealership
from bot.domain.errors import BookingRefused, InvalidInput
from bot.services.calendar import store_calendar
from bot.store import bookings
from bot.store.bookings import NOBODY, Owner
from bot.store.database import Database

ALTERNATIVES = 3
ALTERNATIVE_DAYS = timedelta(days=3)


@dataclass(frozen=True)
class Wish:
    """A visit wanted at ``start``; ``mine`` does not count as taken, ``current`` is no alternative.

    ``by_staff``: the notice beforehand does not count. ``phone`` tells whose own adviser is preferred.
    """

    dealership: Dealership
    now: datetime
    request: VisitRequest
    start: datetime
    mine: Owner = NOBODY
    current: Slot | None = None
    by_staff: bool = False
    phone: str | None = None


def check_slot(
    database: Database,
    dealership: Dealership,
    now: datetime,
    request: VisitRequest,
    start: datetime,
    conversation_id: str | None = None,
    appointment_id: str | None = None,
    current: Slot | None = None,
) -> None:
    """Nothing if the visit can be booked at ``start``; the conversation's own hold does not count as taken.

    Neither does the appointment that is to be moved, and its ``current`` slot is no alternative.

    Raises BookingRefused with the reason and up to three alternatives, InvalidInput for unknown ids.
    """
    wish = Wish(dealership, now, request, local(start), Owner(conversation_id, appointment_id), current)
    possible, refusals = _sort_out(wish)
    with database.reading() as session:
        busy = _busy_of(session, possible, ticks_of(possible, wish.start), wish)
        verdicts = [check_resources(offer.plan(wish.start), busy) for offer in possible]
        if None in verdicts:
            return
        refusals += [refusal for refusal in verdicts if refusal is not None]
        alternatives = _alternatives(session, wish)
    raise BookingRefused(furthest(refusals), alternatives)


def free_slots(
    database: Database,
    dealership: Dealership,
    now: datetime,
    request: VisitRequest,
    from_: datetime,
    until: datetime,
    limit: int,
    conversation_id: str | None = None,
) -> tuple[Slot, ...]:
    """The first ``limit`` free slots that start at ``from_`` or later and before ``until``, by time.

    At every store that can do it when ``request.store`` is None; never outside notice and horizon.
    """
    wish = Wish(dealership, now, request, local(from_), Owner(holder=conversation_id))
    offers = make_offers(dealership, now, request)
    with database.reading() as session:
        return tuple(islice(_free_slots(session, wish, offers, wish.start, local(until)), limit))


def alternatives_to(database: Database, wish: Wish) -> tuple[Slot, ...]:
    """Up to three free slots near a wish that was refused; ``rank_alternatives`` says which are near."""
    with database.reading() as session:
        return _alternatives(session, wish)


def possible_offers(wish: Wish) -> tuple[Offer, ...]:
    """The stores at which the rules allow the wish. Raises BookingRefused, without alternatives, if none."""
    possible, refusals = _sort_out(wish)
    if not possible:
        raise BookingRefused(furthest(refusals))
    return possible


def make_offers(dealership: Dealership, now: datetime, request: VisitRequest) -> tuple[Offer, ...]:
    """What the wanted store, or every one if none is named, can do for the request."""
    known = [store.id for store in dealership.stores]
    if request.store is not None and request.store not in known:
        raise InvalidInput(f"unknown store {request.store!r}")
    department = request.kind.department
    return tuple(
        make_offer(dealership, request, store, store_calendar(dealership, store, department, now))
        for store in known
        if request.store in (None, store)
    )


def resources_of(offers: tuple[Offer, ...]) -> list[str]:
    return [resource for offer in offers for resource in offer.resources()]


def ticks_of(offers: tuple[Offer, ...], start: datetime) -> range:
    """The ticks from ``start`` on that a visit at any of the offers may claim."""
    minutes = max((r.minutes for offer in offers for r in offer.requirements), default=0)
    return ticks_between(start, start + timedelta(minutes=minutes))


def local(time: datetime) -> datetime:
    """An aware time in the dealer's zone. Raises InvalidInput for a naive one."""
    if time.tzinfo is None:
        raise InvalidInput("a time needs a zone")
    return time.astimezone(TIME_ZONE)


def _sort_out(wish: Wish) -> tuple[tuple[Offer, ...], list[Refusal]]:
    """The offers that the rules allow at the wished time, and the refusals of the others."""
    rules = wish.dealership.rules
    offers = make_offers(wish.dealership, wish.now, wish.request)
    verdicts = [(offer, check_time(rules, offer, wish.now, wish.start, wish.by_staff)) for offer in offers]
    possible = tuple(offer for offer, refusal in verdicts if refusal is None)
    return possible, [refusal for _, refusal in verdicts if refusal is not None]


def _busy_of(session: Session, offers: tuple[Offer, ...], ticks: range, wish: Wish) -> Busy:
    return bookings.busy_ticks(session, resources_of(offers), ticks, wish.now, wish.mine)


def _free_slots(
    session: Session, wish: Wish, offers: tuple[Offer, ...], from_: datetime, until: datetime
) -> Iterator[Slot]:
    rules = wish.dealership.rules
    earliest, end = bookable_window(rules, wish.request.kind, local(wish.now))
    from_, until = max(from_, earliest), min(until, end)
    if from_ >= until:
        return iter(())
    ticks = range(ticks_between(from_, until).start, ticks_of(offers, until).stop)
    busy = _busy_of(session, offers, ticks, wish)
    return find_free_slots(rules, offers, wish.now, busy, from_, until)


def _alternatives(session: Session, wish: Wish) -> tuple[Slot, ...]:
    """Around the wish first; in the whole horizon only if too little is free there."""
    offers = make_offers(wish.dealership, wish.now, replace(wish.request, store=None))
    earliest, end = bookable_window(wish.dealership.rules, wish.request.kind, local(wish.now))
    near = min(max(wish.start, earliest), end)
    slots: list[Slot] = []
    for from_, until in ((near - ALTERNATIVE_DAYS, near + ALTERNATIVE_DAYS), (earliest, end)):
        found = _free_slots(session, wish, offers, from_, until)
        slots = [slot for slot in found if slot != wish.current]
        if len(slots) >= ALTERNATIVES:
            break
    return rank_alternatives(slots, wish.start, wish.request.store, ALTERNATIVES)
