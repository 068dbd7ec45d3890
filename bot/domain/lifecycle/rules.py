"""What the schedule says about one car today: its stage, its next service, its warranty.

Source of the rules: ``reference/lifecycle.md``, *Five stages* and *Next service*. Months count by the
calendar (a month after 31 January is the last day of February), limits are inclusive: on the day and at the
km nothing has passed yet. Pure functions; ``today`` is the dealer's local date.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum
from functools import lru_cache

from dateutil.relativedelta import relativedelta

from bot.domain.dealership import Powertrain, Warranty
from bot.domain.lifecycle.schedule import Cars, Lead, MaintenanceItem, NextServiceRule, Schedule, Span, Stage


class Limit(str, Enum):
    """Which of two limits: the date, the mileage, or both of them."""

    DATE = "date"
    MILEAGE = "mileage"
    BOTH = "both"


@dataclass(frozen=True)
class VehicleState:
    """What is known about a car: mileage in km, None where nobody said it; its last maintenance."""

    model_powertrain: Powertrain
    delivered: date
    mileage: int | None = None
    last_service_on: date | None = None
    last_service_km: int | None = None

    @property
    def known_km(self) -> int | None:
        """The odometer stands at this or more: a visit may be younger than the mileage on record."""
        known = [km for km in (self.mileage, self.last_service_km) if km is not None]
        return max(known, default=None)

    @property
    def serviced(self) -> bool:
        """Whether a visit is on record, if only by its date or its mileage."""
        return self.last_service_on is not None or self.last_service_km is not None


@dataclass(frozen=True)
class NextService:
    """The next service of a car: at ``km`` or on ``on``, whichever comes first.

    ``job`` is the id of a workshop job. ``km_left`` and ``days_left`` are negative once passed, ``km_left``
    is None without a mileage. ``nearer`` is the limit that comes first, by average distance per day.
    ``invite``: the lead of the invitation has begun. ``km_estimated``: nobody said the mileage, so ``km``
    (and with it job and items) follows from the age alone and should not be told as a fact.
    """

    km: int
    on: date
    job: str
    items: tuple[MaintenanceItem, ...]
    first: bool
    free: bool
    overdue_by: Limit | None
    nearer: Limit
    km_left: int | None
    days_left: int
    invite: bool
    km_estimated: bool

    @property
    def overdue(self) -> bool:
        return self.overdue_by is not None


@dataclass(frozen=True)
class WarrantyStatus:
    """A warranty: its last day and km (both inside it). ``ended_by`` names the limits that passed.

    ``nearer`` is the limit that ends it, by the car's average distance per day. ``days_left`` and ``km_left``
    are negative once passed; ``km_left`` is None without a mileage. ``battery`` is the warranty of an
    electric car's battery, motor and controller.
    """

    ends_on: date
    km_limit: int
    ended_by: Limit | None
    nearer: Limit
    days_left: int
    km_left: int | None
    battery: WarrantyStatus | None = None

    @property
    def in_warranty(self) -> bool:
        return self.ended_by is None


def stage_of(schedule: Schedule, vehicle: VehicleState, today: date) -> Stage:
    """The later of the stages by age and by mileage; a car beyond the last one stays in it."""
    last = len(schedule.stages) - 1
    ages = (i for i, s in enumerate(schedule.stages) if today <= after(vehicle.delivered, s.until.months))
    by_age = next(ages, last)
    km = vehicle.known_km or 0
    by_km = next((i for i, s in enumerate(schedule.stages) if km <= s.until.km), last)
    return schedule.stages[max(by_age, by_km)]


def next_service(schedule: Schedule, vehicle: VehicleState, today: date) -> NextService:
    """The service that comes next, overdue or not.

    After a visit: the multiple that follows the one nearest to the visit, or the interval after its date.
    Without a visit on record: the first service, until the car is nearer to the second (``_first_is_next``);
    from there on the multiples count from delivery: the next one in km and in months that has not passed.
    """
    rule = schedule.next_service
    first = _first_is_next(rule, vehicle, today)
    km, on = _first(rule, vehicle) if first else _later(rule, vehicle, today)
    return NextService(
        km=km,
        on=on,
        job=_job(rule, vehicle.model_powertrain, km, first),
        items=_items(schedule, vehicle, km),
        first=first,
        free=first and rule.first_free,
        overdue_by=passed_limit(vehicle, today, on, km),
        nearer=sooner_limit(vehicle, today, on, km),
        km_left=_km_left(vehicle, km),
        days_left=(on - today).days,
        invite=lead_begun(vehicle, today, rule.lead, on, km),
        km_estimated=vehicle.known_km is None and not first,
    )


def job_of_visit(schedule: Schedule, powertrain: Powertrain, km: int | None) -> str:
    """The job (its id) of a service at ``km``, by the multiple it counts for; regular where km is unknown."""
    rule = schedule.next_service
    if km is None:
        return rule.jobs.electric if powertrain is Powertrain.ELECTRIC else rule.jobs.regular
    counts_for = max(_nearest(rule, km), rule.first_km)
    return _job(rule, powertrain, counts_for, counts_for == rule.first_km)


def warranty(terms: Warranty, vehicle: VehicleState, today: date) -> WarrantyStatus:
    """The car's warranty under the dealer's terms, with that of the battery beside it for an electric car."""
    battery = None
    if vehicle.model_powertrain is Powertrain.ELECTRIC:
        battery = _warranty(vehicle, today, after(vehicle.delivered, 12 * terms.ev_years), terms.ev_km, None)
    return _warranty(vehicle, today, after(vehicle.delivered, terms.months), terms.km, battery)


@lru_cache(maxsize=1 << 16)
def after(start: date, months: int, days: int = 0) -> date:
    """Calendar months later (the last day of a shorter month), then days."""
    return start + relativedelta(months=months) + relativedelta(days=days)


def after_span(start: date, span: Span) -> date:
    return after(start, span.months, span.days)


def passed_limit(vehicle: VehicleState, today: date, on: date, km: int) -> Limit | None:
    """Which limits have passed; none on the day and at the km themselves."""
    late = today > on
    far = vehicle.known_km is not None and vehicle.known_km > km
    if late and far:
        return Limit.BOTH
    return Limit.DATE if late else Limit.MILEAGE if far else None


def sooner_limit(vehicle: VehicleState, today: date, on: date, km: int) -> Limit:
    """Which limit is reached first, the km by the average distance per day since delivery; else the date."""
    driven = vehicle.known_km
    if not driven:
        return Limit.DATE
    age = max((today - vehicle.delivered).days, 1)
    days_until_km = km * age / driven
    return Limit.MILEAGE if days_until_km < (on - vehicle.delivered).days else Limit.DATE


def lead_begun(vehicle: VehicleState, today: date, lead: Lead, on: date, km: int) -> bool:
    """Whether the car is within ``lead`` of one of its limits, or past it."""
    near = vehicle.known_km is not None and vehicle.known_km >= km - lead.km
    return near or today >= on - timedelta(days=lead.days)


def _first_is_next(rule: NextServiceRule, vehicle: VehicleState, today: date) -> bool:
    """No visit on record, and a visit today would still count for the first service.

    A little past its limits the first service is overdue. Far beyond them the car has surely been serviced
    somewhere (an owner who says delivery date and mileage): to call the first service overdue would be wrong.
    The line is where the second multiple becomes the nearer one; where nobody said the mileage, one interval
    after delivery.
    """
    if vehicle.serviced:
        return False
    if vehicle.known_km is not None:
        return _nearest(rule, vehicle.known_km) <= rule.first_km
    return today <= after(vehicle.delivered, max(rule.interval_months, rule.first_months))


def _first(rule: NextServiceRule, vehicle: VehicleState) -> tuple[int, date]:
    return rule.first_km, after(vehicle.delivered, rule.first_months)


def _later(rule: NextServiceRule, vehicle: VehicleState, today: date) -> tuple[int, date]:
    """The limits of any service but the first."""
    intervals = _intervals_by(rule, vehicle.delivered, today)
    if vehicle.last_service_on is None:
        on = after(vehicle.delivered, intervals * rule.interval_months)
    else:
        on = after(vehicle.last_service_on, rule.interval_months)
    return _later_km(rule, vehicle, intervals), on


def _later_km(rule: NextServiceRule, vehicle: VehicleState, intervals: int) -> int:
    if vehicle.last_service_km is not None:
        # A visit is at least the first service, however low its mileage (2,000 km after three months).
        return max(_nearest(rule, vehicle.last_service_km), rule.first_km) + rule.interval_km
    known = intervals * rule.interval_km if vehicle.known_km is None else vehicle.known_km
    return max(-(-known // rule.interval_km) * rule.interval_km, rule.first_km + rule.interval_km)


def _intervals_by(rule: NextServiceRule, delivered: date, today: date) -> int:
    """How many intervals after delivery the next one ends, today included."""
    age = relativedelta(today, delivered)
    count = max((12 * age.years + age.months) // rule.interval_months, 1)
    while after(delivered, count * rule.interval_months) < today:
        count += 1
    return count


def _nearest(rule: NextServiceRule, km: int) -> int:
    """The multiple that a visit at ``km`` counts for; half-way counts for the higher one."""
    return (2 * km + rule.interval_km) // (2 * rule.interval_km) * rule.interval_km


def _job(rule: NextServiceRule, powertrain: Powertrain, km: int, first: bool) -> str:
    if powertrain is Powertrain.ELECTRIC:
        return rule.jobs.electric
    if first:
        return rule.jobs.first
    return rule.jobs.regular if km % rule.major_every_km else rule.jobs.major


def _items(schedule: Schedule, vehicle: VehicleState, km: int) -> tuple[MaintenanceItem, ...]:
    engine = vehicle.model_powertrain is not Powertrain.ELECTRIC
    return tuple(i for i in schedule.maintenance if i.due_at(km) and (engine or i.cars is Cars.ALL))


def _warranty(
    vehicle: VehicleState, today: date, on: date, km: int, battery: WarrantyStatus | None
) -> WarrantyStatus:
    return WarrantyStatus(
        ends_on=on,
        km_limit=km,
        ended_by=passed_limit(vehicle, today, on, km),
        nearer=sooner_limit(vehicle, today, on, km),
        days_left=(on - today).days,
        km_left=_km_left(vehicle, km),
        battery=battery,
    )


def _km_left(vehicle: VehicleState, km: int) -> int | None:
    if vehicle.mileage is None or vehicle.known_km is None:
        return None
    return km - vehicle.known_km
