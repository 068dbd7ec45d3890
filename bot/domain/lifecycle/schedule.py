"""The lifecycle schedule as content: stages, key moments, standard maintenance, next-service rules.

Values only, read from ``dealership/lifecycle.yml``. Distances are km on the odometer, times calendar
months (and days) from the delivery date.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from enum import Enum


class MomentKind(str, Enum):
    """How the software opens a moment: by date or mileage, or by an event."""

    PERIODIC = "periodic"
    RANDOM = "random"


class Boundary(str, Enum):
    """A pair of limits (date, mileage) that a moment can precede."""

    FIRST_SERVICE = "first_service"
    WARRANTY_END = "warranty_end"


class Occasion(str, Enum):
    PUBLIC_HOLIDAY = "public_holiday"
    BIRTHDAY = "birthday"


class Event(str, Enum):
    """What opens a random moment."""

    DEALER_EVENT = "dealer_event"
    SEASON = "season"
    COMPLAINT = "complaint"
    BREAKDOWN = "breakdown"
    WARRANTY_FAULT = "warranty_fault"
    OUT_OF_WARRANTY_FAULT = "out_of_warranty_fault"
    TRADE_IN_REQUEST = "trade_in_request"


class Cars(str, Enum):
    """The cars that a maintenance item is for."""

    ALL = "all"
    ENGINE = "engine"


@dataclass(frozen=True)
class Limits:
    """Age in months and mileage in km; whichever is reached first decides."""

    months: int
    km: int


@dataclass(frozen=True)
class Span:
    """A time after delivery: the months are added first, then the days."""

    months: int = 0
    days: int = 0


@dataclass(frozen=True)
class Lead:
    """How far ahead of its limits something opens."""

    days: int = 0
    km: int = 0


@dataclass(frozen=True)
class Stage:
    """A stage of a car's life; ``until`` is inclusive."""

    id: str
    name: str
    until: Limits
    vehicle: str
    customer_cares: tuple[str, ...]
    dealer_cares: tuple[str, ...]
    feelings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Due:
    """When a moment falls due; exactly one field is set.

    ``service_km`` is the service of that multiple and takes the limits of the next-service rule;
    ``stage`` is the stage that the car reaches.
    """

    after: Span | None = None
    service_km: int | None = None
    before: Boundary | None = None
    occasions: tuple[Occasion, ...] = ()
    stage: str | None = None


@dataclass(frozen=True)
class Information:
    """信息流: what the customer is told, and what is recorded about customer and car."""

    told: tuple[str, ...]
    recorded: tuple[str, ...]


@dataclass(frozen=True)
class Relationship:
    """关系流: who speaks, in which tone, what care is shown."""

    speaker: str
    tone: str
    care: tuple[str, ...]


@dataclass(frozen=True)
class Flows:
    """The three flows of a moment; ``marketing`` (营销流) names the offer or next step that fits."""

    information: Information
    relationship: Relationship
    marketing: tuple[str, ...]


@dataclass(frozen=True)
class KeyMoment:
    """One of the manual's key moments.

    A moment opens ``lead`` ahead of its limits; one on a fixed day stays open for ``open_days`` after it.
    """

    number: int
    id: str
    name: str
    stage: str
    kind: MomentKind
    flows: Flows
    due: Due | None = None
    opened_by: tuple[Event, ...] = ()
    lead: Lead = Lead()
    open_days: int = 0


@dataclass(frozen=True)
class MaintenanceItem:
    """An item of the standard maintenance: first at ``first_km``, then every ``every_km``."""

    id: str
    name: str
    first_km: int
    every_km: int
    cars: Cars = Cars.ALL

    def due_at(self, km: int) -> bool:
        """Whether the item belongs to the service of that multiple."""
        return km >= self.first_km and (km - self.first_km) % self.every_km == 0


@dataclass(frozen=True)
class NextServiceJobs:
    """The ids of the workshop jobs that the next service can be."""

    first: str
    regular: str
    major: str
    electric: str

    @property
    def all(self) -> frozenset[str]:
        return frozenset((self.first, self.regular, self.major, self.electric))


@dataclass(frozen=True)
class NextServiceRule:
    """The limits of the first and the following services, and which job each one is."""

    first_km: int
    first_months: int
    interval_km: int
    interval_months: int
    major_every_km: int
    lead: Lead
    jobs: NextServiceJobs
    first_free: bool = True


@dataclass(frozen=True)
class Schedule:
    """The whole schedule; ``principle`` is the idea that ties the flows together."""

    principle: str
    stages: tuple[Stage, ...]
    maintenance: tuple[MaintenanceItem, ...]
    next_service: NextServiceRule
    moments: tuple[KeyMoment, ...]


def schedule_problems(schedule: Schedule, job_ids: Collection[str]) -> tuple[tuple[str, str], ...]:
    """What types cannot say: (field, problem) for each contradiction, none when the schedule is sound.

    ``job_ids`` are the workshop jobs that exist.
    """
    return (
        *_stage_problems(schedule.stages),
        *_service_problems(schedule, job_ids),
        *_moment_problems(schedule),
    )


def _stage_problems(stages: tuple[Stage, ...]) -> Iterator[tuple[str, str]]:
    if not stages:
        yield "stages", "at least one is needed"
    yield from _repeated("stages", [stage.id for stage in stages])
    for before, stage in itertools.pairwise(stages):
        if stage.until.months <= before.until.months or stage.until.km <= before.until.km:
            yield f"stages.{stage.id}.until", f"both limits must lie beyond those of {before.id!r}"


def _service_problems(schedule: Schedule, job_ids: Collection[str]) -> Iterator[tuple[str, str]]:
    rule = schedule.next_service
    for name in ("first_km", "first_months", "interval_km", "interval_months", "major_every_km"):
        if getattr(rule, name) <= 0:
            yield f"next_service.{name}", "must be more than 0"
    if rule.interval_km > 0 and rule.first_km % rule.interval_km:
        yield "next_service.first_km", "must be a multiple of interval_km"
    for name in ("first", "regular", "major", "electric"):
        if getattr(rule.jobs, name) not in job_ids:
            yield f"next_service.jobs.{name}", f"{getattr(rule.jobs, name)!r} does not exist"
    yield from _repeated("maintenance", [item.id for item in schedule.maintenance])
    for item in schedule.maintenance:
        if item.every_km <= 0:
            yield f"maintenance.{item.id}.every_km", "must be more than 0"


def _moment_problems(schedule: Schedule) -> Iterator[tuple[str, str]]:
    stages = {stage.id for stage in schedule.stages}
    yield from _repeated("moments", [moment.id for moment in schedule.moments])
    if [moment.number for moment in schedule.moments] != list(range(1, len(schedule.moments) + 1)):
        yield "moments", "must be numbered 1, 2, 3 … in order"
    for moment in schedule.moments:
        where = f"moments.{moment.id}"
        if moment.stage not in stages:
            yield f"{where}.stage", f"{moment.stage!r} does not exist"
        if moment.kind is MomentKind.RANDOM and not moment.opened_by:
            yield f"{where}.opened_by", "a random moment needs an event"
        if moment.kind is MomentKind.PERIODIC and moment.due is None:
            yield f"{where}.due", "a periodic moment needs to fall due"
        if moment.due is not None:
            yield from _due_problems(f"{where}.due", moment.due, schedule)


def _due_problems(where: str, due: Due, schedule: Schedule) -> Iterator[tuple[str, str]]:
    fields = (due.after, due.service_km, due.before, due.occasions or None, due.stage)
    if sum(field is not None for field in fields) != 1:
        yield where, "needs exactly one of after, service_km, before, occasions, stage"
    interval = schedule.next_service.interval_km
    if due.service_km is not None and interval > 0 and (due.service_km <= 0 or due.service_km % interval):
        yield f"{where}.service_km", f"must be a multiple of {interval}"
    if due.stage is not None and due.stage not in {stage.id for stage in schedule.stages}:
        yield f"{where}.stage", f"{due.stage!r} does not exist"


def _repeated(where: str, ids: list[str]) -> Iterator[tuple[str, str]]:
    for id_ in sorted({id_ for id_ in ids if ids.count(id_) > 1}):
        yield where, f"{id_!r} is there twice"
