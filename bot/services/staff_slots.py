"""Free times as staff see them: without the customers' notice, in whole days, with the reason where there are none."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from bot.domain.booking import Refusal, Slot, VisitRequest, bookable_window, furthest
from bot.domain.dealership import Dealership
from bot.domain.errors import BookingRefused
from bot.services.availability import check_slot, free_slots, local, make_offers, would_be_free
from bot.store.database import Database

_MANY = 100_000


@dataclass(frozen=True)
class StaffSlots:
    """Free slots by time; ``is_cut``: later days have more. ``reason`` is set where there are none."""

    slots: tuple[Slot, ...]
    is_cut: bool = False
    reason: Refusal | None = None


def slots_for_staff(
    database: Database,
    dealership: Dealership,
    now: datetime,
    request: VisitRequest,
    from_: datetime,
    until: datetime,
    limit: int,
) -> StaffSlots:
    """Free slots from ``from_`` on and before ``until``; the day that reaches ``limit`` is the last, and is whole."""
    dealership = _without_notice(dealership)
    found = free_slots(database, dealership, now, request, from_, until, _MANY)
    if not found:
        return StaffSlots((), reason=_why_none(database, dealership, now, request, from_, until))
    last = local(found[min(max(limit, 1), len(found)) - 1].start).date()
    kept = tuple(slot for slot in found if local(slot.start).date() <= last)
    return StaffSlots(kept, len(kept) < len(found))


def _without_notice(dealership: Dealership) -> Dealership:
    rules = dealership.rules
    drive, service = replace(rules.test_drive, notice_hours=0), replace(rules.service, notice_hours=0)
    return replace(dealership, rules=replace(rules, test_drive=drive, service=service))


def _why_none(
    database: Database,
    dealership: Dealership,
    now: datetime,
    request: VisitRequest,
    from_: datetime,
    until: datetime,
) -> Refusal:
    offers = make_offers(dealership, now, request)
    missing = [offer.missing for offer in offers if offer.missing is not None]
    if len(missing) == len(offers):
        return furthest(missing)
    if until <= now:
        return Refusal.PAST
    if from_ >= bookable_window(dealership.rules, request.kind, local(now))[1]:
        return Refusal.TOO_FAR
    slot = next(would_be_free(dealership, now, request, from_, until), None)
    if slot is None:
        opening = [
            o.calendar.opening(day) for o in offers for day in _days(local(max(from_, now)), local(until))
        ]
        return Refusal.OUTSIDE_HOURS if any(opening) else Refusal.CLOSED_DAY
    try:
        check_slot(database, dealership, now, replace(request, store=slot.store), slot.start)
    except BookingRefused as refused:
        return Refusal(refused.reason)
    return Refusal.OUTSIDE_HOURS  # came free this moment


def _days(from_: datetime, until: datetime) -> list[date]:
    count = (until - timedelta(microseconds=1)).date() - from_.date()
    return [from_.date() + timedelta(days=number) for number in range(count.days + 1)]
