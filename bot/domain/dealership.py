"""What a dealer is made of: stores, models, workshop jobs, resources and booking rules.

Values only; they are read from ``dealership/*.yml`` or the database by ``bot.services.content``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time
from enum import Enum

from bot.domain.handoff import HandoffRules
from bot.domain.surveys import SurveyRules
from bot.domain.wechat.content import WeChatContent


class Powertrain(str, Enum):
    PETROL = "petrol"
    ELECTRIC = "electric"


class Department(str, Enum):
    """A part of a store with hours of its own."""

    SHOWROOM = "showroom"
    SERVICE = "service"


class ResourceKind(str, Enum):
    TEST_CAR = "test_car"
    SALES_ADVISER = "sales_adviser"
    BAY = "bay"
    TECHNICIAN = "technician"


@dataclass(frozen=True)
class Hours:
    """Local opening hours; ``closed_weekdays`` counts 1 (Monday) to 7 (Sunday)."""

    opens: time
    closes: time
    closed_weekdays: tuple[int, ...] = ()


@dataclass(frozen=True)
class StoreHours:
    showroom: Hours
    service: Hours

    def of(self, department: Department) -> Hours:
        return self.showroom if department is Department.SHOWROOM else self.service


@dataclass(frozen=True)
class Store:
    """``latitude`` and ``longitude`` in degrees as Chinese maps give them (GCJ-02)."""

    id: str
    name: str
    address: str
    sales_phone: str
    service_phone: str
    hours: StoreHours
    aliases: tuple[str, ...] = ()
    latitude: float | None = None
    longitude: float | None = None


@dataclass(frozen=True)
class Model:
    """A model on sale; prices are guide prices in 万元."""

    id: str
    name: str
    kind: str
    body: str
    powertrain: Powertrain
    engine: str
    price_from: float
    price_to: float
    seats: tuple[int, ...] = (5,)
    range_km: tuple[int, ...] = ()
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True)
class ServiceJob:
    """A workshop job: minutes of work and its price "from" in 元 (0 is free).

    ``minutes_by`` and ``price_by`` say where a car differs, by model id or powertrain; ``powertrain``: done on such
    cars alone.
    """

    id: str
    name: str
    minutes: int
    price: int
    detail: str = ""
    note: str = ""
    powertrain: Powertrain | None = None
    aliases: tuple[str, ...] = ()
    minutes_by: Mapping[str, int] = field(default_factory=dict, hash=False)
    price_by: Mapping[str, int] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class Resource:
    """Something that one visit at a time can use. ``electric`` is EV equipment or an EV certificate."""

    id: str
    store: str
    kind: ResourceKind
    name: str
    model: str | None = None
    electric: bool = False


@dataclass(frozen=True)
class TestDriveRules:
    __test__ = False  # not a test class, whatever pytest makes of the name

    minutes: int
    preparation_minutes: int
    notice_hours: int
    last_start: time
    min_age: int
    max_age: int
    licence_months: int


@dataclass(frozen=True)
class ServiceRules:
    notice_hours: int


@dataclass(frozen=True)
class WaitlistRules:
    """An offer from the waitlist is made between these local times and waits ``reply_minutes`` for an answer."""

    reply_minutes: int
    offers_from: time
    offers_until: time


@dataclass(frozen=True)
class BookingRules:
    """``reminder_hours``: how long before a visit its customer is reminded of it."""

    slot_minutes: int
    horizon_days: int
    change_notice_hours: int
    hold_minutes: int
    no_show_limit: int
    reminder_hours: tuple[int, ...]
    waitlist: WaitlistRules
    test_drive: TestDriveRules
    service: ServiceRules


@dataclass(frozen=True)
class Warranty:
    months: int
    km: int
    ev_years: int
    ev_km: int


@dataclass(frozen=True)
class OnlineHours:
    opens: time
    closes: time


@dataclass(frozen=True)
class Profile:
    brand: str
    assistant: str
    city: str
    time_zone: str
    accent_color: str
    rescue_line: str
    consultants_online: OnlineHours
    parking: str
    warranty: Warranty
    complaint_hours: int


@dataclass(frozen=True)
class Closure:
    """A closure that begins on a day of the Chinese calendar (``lunar`` "MM-DD") or on a given date."""

    name: str
    days: int = 1
    lunar: str | None = None
    date: date | None = None


@dataclass(frozen=True)
class Holiday:
    """Days of the public notice that differ from the week: a day off, or a working Saturday or Sunday (调休).

    Wanted only for a year that the maintained calendar does not know yet, and then for the whole year.
    """

    date: date
    name: str
    off: bool = True
    days: int = 1


@dataclass(frozen=True)
class Dealership:
    """Everything that is known about the dealer at one revision of the content.

    ``maintenance``: the jobs of the lifecycle schedule's services.
    """

    revision: int
    profile: Profile
    rules: BookingRules
    stores: tuple[Store, ...]
    models: tuple[Model, ...]
    services: tuple[ServiceJob, ...]
    resources: tuple[Resource, ...]
    closures: tuple[Closure, ...] = ()
    holidays: tuple[Holiday, ...] = ()
    policies: dict[str, str] = field(default_factory=dict)
    handoff: HandoffRules = field(default_factory=HandoffRules)
    wechat: WeChatContent = field(default_factory=WeChatContent)
    surveys: SurveyRules = field(default_factory=SurveyRules)
    maintenance: frozenset[str] = frozenset()

    def store(self, store_id: str) -> Store:
        return next(store for store in self.stores if store.id == store_id)

    def model(self, model_id: str) -> Model:
        return next(model for model in self.models if model.id == model_id)

    def service(self, service_id: str) -> ServiceJob:
        return next(job for job in self.services if job.id == service_id)

    def stores_with_test_car(self, model_id: str) -> tuple[Store, ...]:
        ids = {r.store for r in self.resources if r.kind is ResourceKind.TEST_CAR and r.model == model_id}
        return tuple(store for store in self.stores if store.id in ids)

    def test_car_models(self, store_id: str | None = None) -> tuple[Model, ...]:
        ids = {
            r.model for r in self.resources if r.kind is ResourceKind.TEST_CAR and store_id in (None, r.store)
        }
        return tuple(model for model in self.models if model.id in ids)
