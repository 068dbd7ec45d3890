"""The rules of booking: what a visit needs, why a time is refused, and which are free.

Time is counted in ticks of 15 minutes since the epoch. A visit claims every tick that it touches, so that a
partial overlap is an overlap (``reference/booking.md``, *What ours does*, point 1).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import Enum

from bot.domain.calendar import StoreCalendar
from bot.domain.dealership import (
    BookingRules,
    Dealership,
    Department,
    Resource,
    ResourceKind,
)
from bot.domain.errors import InvalidInput
from bot.domain.ticks import EPOCH, TICK, Ticks, ticks_between
from bot.domain.workshop import jobs_of, needs_electric, suit_one_car, unsuitable_jobs, visit_minutes

Busy = Mapping[str, AbstractSet[int]]
"""The taken ticks of each resource; a resource without any may be missing."""


class VisitKind(str, Enum):
    TEST_DRIVE = "test_drive"
    SERVICE = "service"

    @property
    def department(self) -> Department:
        return Department.SHOWROOM if self is VisitKind.TEST_DRIVE else Department.SERVICE


class VisitStatus(str, Enum):
    CONFIRMED = "confirmed"
    CANCELLED = "cancelled"
    CHECKED_IN = "checked_in"
    COMPLETED = "completed"
    NO_SHOW = "no_show"


class Refusal(str, Enum):
    """Why a visit is not possible at a time, in the order in which we look."""

    NO_TEST_CAR = "no_test_car"
    NO_EQUIPMENT = "no_equipment"
    WRONG_POWERTRAIN = "wrong_powertrain"
    ADVISER_ELSEWHERE = "adviser_elsewhere"
    PAST = "past"
    TOO_SOON = "too_soon"
    TOO_FAR = "too_far"
    CLOSED_DAY = "closed_day"
    OUTSIDE_HOURS = "outside_hours"
    LAST_START = "last_start"
    NOT_ON_GRID = "not_on_grid"
    CAR_OUT = "car_out"
    ADVISERS_BUSY = "advisers_busy"
    BAY_FULL = "bay_full"
    TECHNICIANS_BUSY = "technicians_busy"
    ADVISER_BUSY = "adviser_busy"


@dataclass(frozen=True)
class VisitRequest:
    """What is wanted: ``store`` None is any store, ``model`` None an unknown petrol car (service only).

    ``adviser`` is the id of the sales adviser or technician who is wished for; None is whoever is free.
    """

    kind: VisitKind
    store: str | None = None
    model: str | None = None
    jobs: tuple[str, ...] = ()
    adviser: str | None = None


@dataclass(frozen=True)
class Slot:
    """A place in a store's calendar; ``end`` is when the customer is done."""

    store: str
    start: datetime
    end: datetime


@dataclass(frozen=True)
class Need:
    """One resource that a visit takes for ``ticks``: any of ``candidates``, the first that is free."""

    candidates: tuple[Resource, ...]
    ticks: range
    refusal: Refusal


@dataclass(frozen=True)
class ClaimPlan:
    """Everything that one visit claims at once."""

    slot: Slot
    needs: tuple[Need, ...]


@dataclass(frozen=True)
class Requirement:
    """One resource that a visit needs for ``minutes`` from its start; the least equipped comes first."""

    candidates: tuple[Resource, ...]
    minutes: int
    refusal: Refusal


@dataclass(frozen=True)
class Offer:
    """What one store can do for one request; ``missing`` is set when it can never do it."""

    store: str
    kind: VisitKind
    minutes: int
    calendar: StoreCalendar
    requirements: tuple[Requirement, ...]
    missing: Refusal | None = None

    def plan(self, start: datetime) -> ClaimPlan:
        needs = tuple(
            Need(r.candidates, ticks_between(start, start + timedelta(minutes=r.minutes)), r.refusal)
            for r in self.requirements
        )
        return ClaimPlan(Slot(self.store, start, start + timedelta(minutes=self.minutes)), needs)

    def resources(self) -> tuple[str, ...]:
        return tuple(candidate.id for r in self.requirements for candidate in r.candidates)


def make_offer(dealership: Dealership, request: VisitRequest, store: str, calendar: StoreCalendar) -> Offer:
    """What ``store`` can do for ``request``. Raises InvalidInput for an unknown model or job."""
    if request.kind is VisitKind.TEST_DRIVE:
        return _test_drive_offer(dealership, request, store, calendar)
    return _service_offer(dealership, request, store, calendar)


def check_time(
    rules: BookingRules, offer: Offer, now: datetime, start: datetime, by_staff: bool = False
) -> Refusal | None:
    """Why a start is against the rules, whoever else has booked; None if it is not.

    Staff may book without the notice that customers have to give.
    """
    return (
        offer.missing
        or _check_distance(rules, offer, now, start, by_staff)
        or _check_hours(rules, offer, start.astimezone(offer.calendar.zone))
    )


def check_resources(plan: ClaimPlan, busy: Busy) -> Refusal | None:
    """Which resource is taken, or None if one of every kind is free."""
    return next((need.refusal for need in plan.needs if not free_candidates(need, busy)), None)


def free_candidates(need: Need, busy: Busy) -> tuple[Resource, ...]:
    """The resources that are free for the whole need, in the order in which they are taken."""
    return tuple(r for r in need.candidates if busy.get(r.id, frozenset()).isdisjoint(need.ticks))


def in_fair_order(need: Need, loads: Mapping[str, int], own_adviser: str | None) -> tuple[Resource, ...]:
    """The candidates as they are taken: the customer's own adviser, then the least equipped, then who has least to do.

    ``loads``: the ticks that each has around the visit. Cars and bays have no turn to take and keep their order.
    """
    people = (ResourceKind.SALES_ADVISER, ResourceKind.TECHNICIAN)

    def rank(resource: Resource) -> tuple[bool, bool, int]:
        load = loads.get(resource.id, 0) if resource.kind in people else 0
        return resource.id != own_adviser, resource.electric, load

    return tuple(sorted(need.candidates, key=rank))


def furthest(refusals: Iterable[Refusal]) -> Refusal:
    """The refusal of the store that came closest to a yes."""
    order = list(Refusal)
    return max(refusals, key=order.index)


def bookable_window(rules: BookingRules, kind: VisitKind, now: datetime) -> tuple[datetime, datetime]:
    """The first moment at which such a visit may start, and the end of the last day of the horizon."""
    last_day = now.date() + timedelta(days=rules.horizon_days)
    end = datetime.combine(last_day + timedelta(days=1), datetime.min.time(), now.tzinfo)
    return now + timedelta(hours=notice_hours(rules, kind)), end


def notice_hours(rules: BookingRules, kind: VisitKind) -> int:
    return (rules.test_drive if kind is VisitKind.TEST_DRIVE else rules.service).notice_hours


def may_change(rules: BookingRules, now: datetime, start: datetime) -> bool:
    """Whether the customer may still move or cancel a visit that starts at ``start``."""
    return start - now >= timedelta(hours=rules.change_notice_hours)


def free_slots(
    rules: BookingRules,
    offers: tuple[Offer, ...],
    now: datetime,
    busy: Busy,
    from_: datetime,
    until: datetime,
) -> Iterator[Slot]:
    """Free slots that start from ``from_`` on and before ``until``, by time and then by order of stores."""
    searches = [(offer, _Blocked(offer, busy, ticks_between(from_, from_).start)) for offer in offers]
    for day in _days(from_, until):
        starts = (
            (start, number)
            for number, (offer, _) in enumerate(searches)
            for start in _starts_of_day(rules, offer, now, day)
        )
        for start, number in sorted(starts):
            offer, blocked = searches[number]
            if from_ <= start < until and not blocked.at(start):
                yield Slot(offer.store, start, start + timedelta(minutes=offer.minutes))


class _Blocked:
    """At which starts one of an offer's requirements has nobody left, looked up in one number.

    The same as ``check_resources`` start by start, from the tick ``first`` on.
    """

    def __init__(self, offer: Offer, busy: Busy, first: int) -> None:
        self._first = first
        self._needs = [
            ([Ticks.of(busy.get(r.id, frozenset()), first) for r in need.candidates], need.minutes)
            for need in offer.requirements
        ]
        self._by_offset: dict[timedelta, int] = {}

    def at(self, start: datetime) -> bool:
        tick, offset = divmod(start - EPOCH, TICK)
        if offset not in self._by_offset:
            self._by_offset[offset] = self._starts(offset)
        return bool(self._by_offset[offset] >> (tick - self._first) & 1)

    def _starts(self, offset: timedelta) -> int:
        """Bit n: a start at ``offset`` after the tick ``first`` + n is blocked."""
        blocked = 0
        for candidates, minutes in self._needs:
            length = -((-offset - timedelta(minutes=minutes)) // TICK)
            everybody = -1
            for taken in candidates:
                everybody &= taken.starts_that_meet(length)
            blocked |= everybody
        return blocked


def _check_distance(
    rules: BookingRules, offer: Offer, now: datetime, start: datetime, by_staff: bool
) -> Refusal | None:
    if start < now:
        return Refusal.PAST
    earliest, end = bookable_window(rules, offer.kind, now.astimezone(offer.calendar.zone))
    if start < earliest and not by_staff:
        return Refusal.TOO_SOON
    return Refusal.TOO_FAR if start >= end else None


def _check_hours(rules: BookingRules, offer: Offer, start: datetime) -> Refusal | None:
    opening = offer.calendar.opening(start.date())
    if opening is None:
        return Refusal.CLOSED_DAY
    if not opening.opens <= start < opening.closes:
        return Refusal.OUTSIDE_HOURS
    if start + timedelta(minutes=offer.minutes) > opening.closes or _after_last_start(rules, offer, start):
        return Refusal.LAST_START
    on_grid = (start - opening.opens) % timedelta(minutes=rules.slot_minutes) == timedelta()
    return None if on_grid else Refusal.NOT_ON_GRID


def _after_last_start(rules: BookingRules, offer: Offer, start: datetime) -> bool:
    return offer.kind is VisitKind.TEST_DRIVE and start.time() > rules.test_drive.last_start


def _starts_of_day(rules: BookingRules, offer: Offer, now: datetime, day: date) -> Iterator[datetime]:
    """The starts of a day that the rules allow: those of the grid for which ``check_time`` has no refusal."""
    opening = None if offer.missing else offer.calendar.opening(day)
    if opening is None:
        return
    earliest, end = bookable_window(rules, offer.kind, now.astimezone(offer.calendar.zone))
    earliest, last = max(now, earliest), opening.closes - timedelta(minutes=offer.minutes)
    start, step = opening.opens, timedelta(minutes=rules.slot_minutes)
    while start <= last and start < opening.closes:
        if earliest <= start < end and not _after_last_start(rules, offer, start):
            yield start
        start += step


def _days(from_: datetime, until: datetime) -> Iterator[date]:
    day = from_.date()
    while day <= until.date():
        yield day
        day += timedelta(days=1)


def _test_drive_offer(
    dealership: Dealership, request: VisitRequest, store: str, calendar: StoreCalendar
) -> Offer:
    if request.model is None or all(model.id != request.model for model in dealership.models):
        raise InvalidInput(f"a test drive needs a known model, not {request.model!r}")
    rules = dealership.rules.test_drive
    cars = tuple(r for r in _of_kind(dealership, store, ResourceKind.TEST_CAR) if r.model == request.model)
    advisers = _of_kind(dealership, store, ResourceKind.SALES_ADVISER)
    requirements = (
        Requirement(cars, rules.minutes + rules.preparation_minutes, Refusal.CAR_OUT),
        _wished_for(dealership, request, Requirement(advisers, rules.minutes, Refusal.ADVISERS_BUSY)),
    )
    missing = _missing(requirements[1]) if cars else Refusal.NO_TEST_CAR
    return Offer(store, request.kind, rules.minutes, calendar, requirements, missing)


def _service_offer(
    dealership: Dealership, request: VisitRequest, store: str, calendar: StoreCalendar
) -> Offer:
    jobs = jobs_of(dealership, request.jobs)
    minutes = visit_minutes(dealership, jobs, request.model)
    electric = needs_electric(dealership, jobs, request.model)
    bays = _suitable(dealership, store, ResourceKind.BAY, electric)
    technicians = _suitable(dealership, store, ResourceKind.TECHNICIAN, electric)
    requirements = (
        Requirement(bays, minutes, Refusal.BAY_FULL),
        _wished_for(dealership, request, Requirement(technicians, minutes, Refusal.TECHNICIANS_BUSY)),
    )
    missing = _missing(requirements[1]) if bays and technicians else Refusal.NO_EQUIPMENT
    if unsuitable_jobs(dealership, jobs, request.model) or not suit_one_car(jobs):
        missing = Refusal.WRONG_POWERTRAIN
    return Offer(store, request.kind, minutes, calendar, requirements, missing)


def _wished_for(dealership: Dealership, request: VisitRequest, people: Requirement) -> Requirement:
    """The people of a requirement, or the one who is wished for alone. Raises InvalidInput for an unknown one."""
    if request.adviser is None:
        return people
    if all(resource.id != request.adviser for resource in dealership.resources):
        raise InvalidInput(f"unknown adviser {request.adviser!r}")
    wished = tuple(r for r in people.candidates if r.id == request.adviser)
    return Requirement(wished, people.minutes, Refusal.ADVISER_BUSY)


def _missing(people: Requirement) -> Refusal | None:
    nobody = people.refusal is Refusal.ADVISER_BUSY and not people.candidates
    return Refusal.ADVISER_ELSEWHERE if nobody else None


def _of_kind(dealership: Dealership, store: str, kind: ResourceKind) -> tuple[Resource, ...]:
    """The store's resources of a kind, the least equipped first, otherwise in the order of the content."""
    found = [r for r in dealership.resources if r.store == store and r.kind is kind]
    return tuple(sorted(found, key=lambda resource: resource.electric))


def _suitable(dealership: Dealership, store: str, kind: ResourceKind, electric: bool) -> tuple[Resource, ...]:
    return tuple(r for r in _of_kind(dealership, store, kind) if r.electric or not electric)
