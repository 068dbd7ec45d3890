"""Where a car stands at each key moment. Pure functions; ``today`` is the dealer's local date."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum

from bot.domain.dealership import Warranty
from bot.domain.lifecycle.rules import (
    Limit,
    NextService,
    VehicleState,
    after,
    after_span,
    lead_begun,
    next_service,
    passed_limit,
    sooner_limit,
    stage_of,
    warranty,
)
from bot.domain.lifecycle.schedule import Boundary, KeyMoment, Schedule, Span


class MomentState(str, Enum):
    PAST = "past"
    DUE = "due"
    COMING = "coming"
    OPENED_BY_EVENT = "opened_by_event"


@dataclass(frozen=True)
class MomentStatus:
    """A key moment of one car: it falls due on ``on`` or at ``km``, and opens its lead ahead of them.

    ``reason`` is the limit that opened it, or will open it first (km by the average distance per day); None
    where an event opens it, its day is not known, or it passed by a visit rather than by a limit.
    """

    moment: KeyMoment
    state: MomentState
    on: date | None = None
    km: int | None = None
    opens_on: date | None = None
    opens_km: int | None = None
    reason: Limit | None = None


def moments(
    schedule: Schedule,
    terms: Warranty,
    vehicle: VehicleState,
    today: date,
    occasions: Sequence[date] = (),
    service: NextService | None = None,
) -> tuple[MomentStatus, ...]:
    """The status of every key moment, in the schedule's order.

    ``terms`` is the dealer's warranty; ``occasions`` are the public holidays and the customer's birthdays
    that the caller knows; ``service``: the next one, where the caller has worked it out already.
    """
    due = service or next_service(schedule, vehicle, today)
    car = _Car(schedule, terms, vehicle, today, tuple(sorted(occasions)), due)
    return tuple(_status(car, moment) for moment in schedule.moments)


@dataclass(frozen=True)
class _Car:
    schedule: Schedule
    terms: Warranty
    vehicle: VehicleState
    today: date
    occasions: tuple[date, ...]
    service: NextService


def _status(car: _Car, moment: KeyMoment) -> MomentStatus:
    due = moment.due
    if due is None:
        return MomentStatus(moment, MomentState.OPENED_BY_EVENT)
    if due.after is not None:
        return _after(car, moment, due.after)
    if due.service_km is not None:
        return _service(car, moment, due.service_km)
    if due.before is not None:
        return _before(car, moment, due.before)
    if due.stage is not None:
        return _stage(car, moment, due.stage)
    return _occasion(car, moment)


def _after(car: _Car, moment: KeyMoment, span: Span) -> MomentStatus:
    return _on_day(car, moment, after_span(car.vehicle.delivered, span))


def _occasion(car: _Car, moment: KeyMoment) -> MomentStatus:
    lasting = timedelta(days=moment.open_days)
    day = next((day for day in car.occasions if day + lasting >= car.today), None)
    return MomentStatus(moment, MomentState.COMING) if day is None else _on_day(car, moment, day)


def _on_day(car: _Car, moment: KeyMoment, on: date) -> MomentStatus:
    opens = on - timedelta(days=moment.lead.days)
    state = MomentState.DUE if car.today >= opens else MomentState.COMING
    if car.today > on + timedelta(days=moment.open_days):
        state = MomentState.PAST
    return MomentStatus(moment, state, on=on, opens_on=opens, reason=Limit.DATE)


def _service(car: _Car, moment: KeyMoment, km: int) -> MomentStatus:
    """A named service is open when it is the next one: then it shares its limits, overdue or not."""
    if km == car.service.km:
        return _window(car, moment, car.service.on, km)
    if km > car.service.km:
        opens = km - moment.lead.km
        return MomentStatus(moment, MomentState.COMING, km=km, opens_km=opens, reason=Limit.MILEAGE)
    reached = (car.vehicle.known_km or 0) >= km
    return MomentStatus(moment, MomentState.PAST, km=km, reason=Limit.MILEAGE if reached else None)


def _before(car: _Car, moment: KeyMoment, boundary: Boundary) -> MomentStatus:
    """Open from the lead until one of the limits has passed; the first service also passes with a visit."""
    if boundary is Boundary.WARRANTY_END:
        cover = warranty(car.terms, car.vehicle, car.today)
        on, km, over = cover.ends_on, cover.km_limit, not cover.in_warranty
    else:
        rule = car.schedule.next_service
        on, km = after(car.vehicle.delivered, rule.first_months), rule.first_km
        over = not car.service.first or car.service.overdue
    if not over:
        return _window(car, moment, on, km)
    reason = None if passed_limit(car.vehicle, car.today, on, km) is None else _reason(car, on, km)
    return MomentStatus(moment, MomentState.PAST, on=on, km=km, reason=reason)


def _stage(car: _Car, moment: KeyMoment, stage_id: str) -> MomentStatus:
    """Opens by itself when the car enters the stage, and by its event at any time before."""
    ids = [stage.id for stage in car.schedule.stages]
    entered = ids.index(stage_of(car.schedule, car.vehicle, car.today).id) - ids.index(stage_id)
    if ids[0] == stage_id:
        on, km = car.vehicle.delivered, 0
    else:
        until = car.schedule.stages[ids.index(stage_id) - 1].until
        on, km = after(car.vehicle.delivered, until.months), until.km
    state = MomentState.PAST if entered > 0 else MomentState.DUE
    if entered < 0:
        state = MomentState.OPENED_BY_EVENT if moment.opened_by else MomentState.COMING
    return MomentStatus(moment, state, on, km, on, km, reason=None if entered < 0 else _reason(car, on, km))


def _window(car: _Car, moment: KeyMoment, on: date, km: int) -> MomentStatus:
    opens_on, opens_km = on - timedelta(days=moment.lead.days), km - moment.lead.km
    begun = lead_begun(car.vehicle, car.today, moment.lead, on, km)
    state = MomentState.DUE if begun else MomentState.COMING
    return MomentStatus(moment, state, on, km, opens_on, opens_km, _reason(car, opens_on, opens_km))


def _reason(car: _Car, on: date, km: int) -> Limit:
    return sooner_limit(car.vehicle, car.today, on, km)
