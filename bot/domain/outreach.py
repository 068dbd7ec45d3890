"""When the dealer writes to the owner of a car of its own accord, and about what. Pure functions.

One contact for each car and moment; ``occasion`` tells the repetitions of a moment apart. The named services and the
standard maintenance between them are one row of invitations: each multiple of the schedule is invited to once.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from math import ceil

from bot.domain.dealership import Warranty
from bot.domain.lifecycle import (
    Lead,
    MomentState,
    MomentStatus,
    NextService,
    Schedule,
    VehicleState,
    moments,
    next_service,
)
from bot.domain.lifecycle.schedule import Boundary

DELIVERY = "delivery"
FIRST_INVITATION, FIRST_SERVICE = "first_service_invitation", "first_service"
STANDARD_SERVICE = "standard_service"
"""The maintenance between the named services (2.5 万, 3 万 …)."""
WARRANTY_CHECK, GREETING = "warranty_end_check", "holiday_greeting"


@dataclass(frozen=True)
class OutreachRules:
    """``dealership/outreach.yml``. ``calls``: moments with a person, opened as tasks; ``marketing``: those that need
    the customer's consent; ``never_called``: those for which nobody is called whom no message reaches.

    At most ``per_month`` messages to a customer in a calendar month, ``marketing_per_month`` of them marketing. After a
    refusal nobody writes for ``quiet_days``. A contact without an answer ends after ``expire_days``. A call is due
    within ``call_days``.
    """

    enabled: bool = True
    calls: tuple[str, ...] = ("delivery", "follow_up_call", "trade_in")
    marketing: tuple[str, ...] = (GREETING, "care_salon", "seasonal_campaign", "theme_event")
    never_called: tuple[str, ...] = (GREETING,)
    per_month: int = 3
    marketing_per_month: int = 1
    quiet_days: int = 60
    expire_days: int = 30
    call_days: int = 3


def rule_problems(rules: OutreachRules, moments: Collection[str]) -> Iterator[tuple[str, str]]:
    """What is wrong with the rules, as field and reason. ``moments``: the ids of the schedule."""
    for name in ("calls", "marketing", "never_called"):
        for moment in getattr(rules, name):
            if moment not in moments:
                yield name, f"{moment!r} is no moment of the schedule"
    for name in ("per_month", "marketing_per_month", "expire_days", "call_days"):
        if getattr(rules, name) < 1:
            yield name, "must be at least 1"
    if rules.quiet_days < 0:
        yield "quiet_days", "must not be negative"


@dataclass(frozen=True)
class Contact:
    """Something to tell the owner of a car. ``reason``: date, mileage or both, None where an event or a day opened it.

    ``km`` and ``on`` are the limits; ``overdue``: one of them has passed.
    """

    moment: str
    occasion: str
    on: date | None = None
    km: int | None = None
    reason: str | None = None
    overdue: bool = False
    service: NextService | None = None


@dataclass(frozen=True)
class Outlook:
    """What is due for a car, and the first day on which more may be."""

    contacts: tuple[Contact, ...]
    look_again_on: date


def outlook(
    schedule: Schedule,
    terms: Warranty,
    vehicle: VehicleState,
    today: date,
    per_day: float = 0.0,
    occasions: Mapping[date, str] | None = None,
    look_again_days: int = 30,
) -> Outlook:
    """What to tell the owner on ``today``. ``per_day``: how many km the car is driven; ``occasions``: names of days to
    greet on."""
    service = next_service(schedule, vehicle, today)
    states = moments(schedule, terms, vehicle, today, tuple(occasions or ()), service)
    contacts = [*_of_service(schedule, service), *_of_moments(states, today)]
    lead = schedule.next_service.lead
    openings = _openings(states, service, lead, vehicle, today, per_day)
    latest = today + timedelta(days=look_again_days)
    return Outlook(tuple(contacts), max(today + timedelta(days=1), min([*openings, latest])))


def _of_service(schedule: Schedule, service: NextService) -> list[Contact]:
    """The first service is invited to, and once more when its limit has passed; the others once each."""
    if not service.invite:
        return []
    reason = (service.overdue_by or service.nearer).value
    limits = {
        "on": service.on,
        "km": service.km,
        "reason": reason,
        "overdue": service.overdue,
        "service": service,
    }
    if service.first:
        invitation = Contact(FIRST_INVITATION, "", **limits)  # type: ignore[arg-type]
        late = [Contact(FIRST_SERVICE, "", **limits)] if service.overdue else []  # type: ignore[arg-type]
        return late or [invitation]
    named = (m.id for m in schedule.moments if m.due is not None and m.due.service_km == service.km)
    return [Contact(next(named, STANDARD_SERVICE), str(service.km), **limits)]  # type: ignore[arg-type]


def _of_moments(states: tuple[MomentStatus, ...], today: date) -> list[Contact]:
    return [
        Contact(
            state.moment.id,
            state.on.isoformat() if state.moment.id == GREETING and state.on else "",
            state.on,
            state.km,
            state.reason.value if state.reason else None,
        )
        for state in states
        if state.state is MomentState.DUE and not _is_of_service(state) and _has_come(state, today)
    ]


def _has_come(state: MomentStatus, today: date) -> bool:
    """A greeting comes on its day; a service that was not visited passes by itself."""
    return state.moment.id != GREETING or state.on == today


def _is_of_service(state: MomentStatus) -> bool:
    due = state.moment.due
    return due is not None and (due.service_km is not None or due.before is Boundary.FIRST_SERVICE)


def _openings(
    states: tuple[MomentStatus, ...],
    service: NextService,
    lead: Lead,
    vehicle: VehicleState,
    today: date,
    per_day: float,
) -> list[date]:
    """The days after today on which something begins by its date, or by the mileage at the present pace; limits are
    inclusive, so that the day after one counts too."""
    days = [state.opens_on for state in states] + [state.on for state in states]
    days += [service.on - timedelta(days=lead.days), service.on]
    found = [day + timedelta(days=more) for day in days if day is not None for more in (0, 1)]
    kms = [state.opens_km for state in states] + [service.km - lead.km, service.km]
    known = vehicle.known_km
    if known is not None and per_day > 0:
        left = [km + more - known for km in kms if km is not None for more in (0, 1)]
        found += [today + timedelta(days=max(1, ceil(km / per_day))) for km in left if km > 0]
    return [day for day in found if day > today]
