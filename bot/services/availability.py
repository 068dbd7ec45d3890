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
from bot.domain.alternatives import as_alternative, other_means, rank_alternatives
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
)
from bot.domain.booking import free_slots as find_free_slots
from bot.domain.dealership import Dealership
from bot.domain.errors import BookingRefused, InvalidInput
from bot.domain.ticks import ticks_between
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
    ``as_wished``: no other car or adviser is an alternative.
    """

    dealership: Dealership
    now: datetime
    request: VisitRequest
    start: datetime
    mine: Owner = NOBODY
    current: Slot | None = None
    by_staff: bool = False
    phone: str | None = None
    as_wished: bool = False


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


def is_only_held(
    database: Database, dealership: Dealership, now: datetime, request: VisitRequest, start: datetime
) -> bool:
    """Whether a slot that is taken would be free without those who hold it and have not booked yet."""
    wish = Wish(dealership, now, request, local(start))
    offers, _ = _sort_out(wish)
    ticks = ticks_of(offers, wish.start)
    with database.reading() as session:
        busy = bookings.busy_ticks(session, resources_of(offers), ticks, now, with_holds=False)
    return any(check_resources(offer.plan(wish.start), busy) is None for offer in offers)


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
    mine = Owner(holder=conversation_id)
    with database.reading() as session:
        return tuple(islice(free_slots_in(session, dealership, now, request, from_, until, mine), limit))


def free_slots_in(
    session: Session,
    dealership: Dealership,
    now: datetime,
    request: VisitRequest,
    from_: datetime,
    until: datetime,
    mine: Owner = NOBODY,
) -> Iterator[Slot]:
    """``free_slots`` inside a transaction; what ``mine`` has is free. One statement, and then slot after slot."""
    wish = Wish(dealership, now, request, local(from_), mine)
    return _free_slots(session, wish, make_offers(dealership, now, request), wish.start, local(until))


def would_be_free(
    dealership: Dealership, now: datetime, request: VisitRequest, from_: datetime, until: datetime
) -> Iterator[Slot]:
    """The slots of a stretch of time if nobody had booked anything; none where the rules allow none at all."""
    wish = Wish(dealership, now, request, local(from_))
    from_, until = _bookable(wish, wish.start, local(until))
    if from_ >= until:
        return iter(())
    return find_free_slots(dealership.rules, make_offers(dealership, now, request), now, {}, from_, until)


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
    from_, until = _bookable(wish, from_, until)
    if from_ >= until:
        return iter(())
    busy = _busy_of(session, offers, _ticks_within(offers, from_, until), wish)
    return find_free_slots(wish.dealership.rules, offers, wish.now, busy, from_, until)


def _bookable(wish: Wish, from_: datetime, until: datetime) -> tuple[datetime, datetime]:
    """The part of a stretch of time that lies within notice and horizon; empty ones end before they begin."""
    earliest, end = bookable_window(wish.dealership.rules, wish.request.kind, local(wish.now))
    return max(from_, earliest), min(until, end)


def _ticks_within(offers: tuple[Offer, ...], from_: datetime, until: datetime) -> range:
    return range(ticks_between(from_, until).start, ticks_of(offers, until).stop)


def _alternatives(session: Session, wish: Wish) -> tuple[Slot, ...]:
    """Around the wish first; in the whole horizon only if too little is free there."""
    wanted, others = _wanted_anywhere(wish), _with_other_means(wish)
    earliest, end = bookable_window(wish.dealership.rules, wish.request.kind, local(wish.now))
    near = min(max(wish.start, earliest), end)
    slots: list[Slot] = []
    for from_, until in ((near - ALTERNATIVE_DAYS, near + ALTERNATIVE_DAYS), (earliest, end)):
        found = _alternatives_within(session, wish, wanted, others, *_bookable(wish, from_, until))
        slots = [slot for slot in found if slot != wish.current]
        if len(slots) >= ALTERNATIVES:
            break
    return rank_alternatives(slots, wish.start, wish.request.store, ALTERNATIVES)


Choice = tuple[VisitRequest, Offer]
"""A request, as wished or with other means, and what one store can do for it."""


def _wanted_anywhere(wish: Wish) -> tuple[Choice, ...]:
    """What is wished for at every store; with whoever is free where the adviser who is wished for does not work."""
    request = replace(wish.request, store=None)
    anybody = replace(request, adviser=None)
    pairs = zip(
        make_offers(wish.dealership, wish.now, request),
        make_offers(wish.dealership, wish.now, anybody),
        strict=True,
    )
    return tuple(
        (anybody, other) if offer.missing is Refusal.ADVISER_ELSEWHERE else (request, offer)
        for offer, other in pairs
    )


def _with_other_means(wish: Wish) -> tuple[Choice, ...]:
    """Another adviser or car at the wished time; none for a visit that is moved, which keeps its car."""
    if wish.current is not None or wish.as_wished:
        return ()
    requests = tuple(other_means(wish.dealership, wish.request))
    offers = ((request, make_offers(wish.dealership, wish.now, request)) for request in requests)
    return tuple(
        (request, offer)
        for request, found in offers
        for offer in found
        if check_time(wish.dealership.rules, offer, wish.now, wish.start) is None
    )


def _alternatives_within(
    session: Session,
    wish: Wish,
    wanted: tuple[Choice, ...],
    others: tuple[Choice, ...],
    from_: datetime,
    until: datetime,
) -> Iterator[Slot]:
    """Every free slot of a stretch of time, and for each store the likest one with other means; one statement."""
    if from_ >= until:
        return
    offers = tuple(offer for _, offer in (*wanted, *others))
    busy = _busy_of(session, offers, _ticks_within(offers, from_, until), wish)
    rules, by_store = wish.dealership.rules, {offer.store: (request, offer) for request, offer in wanted}
    for slot in find_free_slots(rules, tuple(offer for _, offer in wanted), wish.now, busy, from_, until):
        yield as_alternative(wish.request, *by_store[slot.store], slot, busy)
    served: set[str] = set()
    for request, offer in others:
        plan = offer.plan(wish.start)
        if from_ <= wish.start < until and offer.store not in served and check_resources(plan, busy) is None:
            served.add(offer.store)
            yield as_alternative(wish.request, request, offer, plan.slot, busy)
