"""The rules of booking: refusals, what a visit needs, free slots, alternatives."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.domain.alternatives import rank_alternatives
from bot.domain.booking import (
    Busy,
    Offer,
    Refusal,
    Slot,
    VisitKind,
    VisitRequest,
    bookable_window,
    check_resources,
    check_time,
    free_candidates,
    free_slots,
    furthest,
    make_offer,
    may_change,
    ticks_between,
)
from bot.domain.calendar import StoreCalendar
from bot.domain.dealership import Dealership, ResourceKind
from bot.domain.errors import InvalidInput
from tests.dealership import demo_dealership

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 22, 10, 0, tzinfo=ZONE)  # a Sunday
CLOSED = date(2026, 12, 1)


def at(text: str) -> datetime:
    """A local time of 2026 from "11-28 14:00"."""
    return datetime.strptime(f"2026-{text}", "%Y-%m-%d %H:%M").replace(tzinfo=ZONE)


def offer_of(request: VisitRequest, store: str = "east", dealership: Dealership | None = None) -> Offer:
    dealership = dealership or demo_dealership()
    calendar = StoreCalendar.of(dealership.store(store), request.kind.department, frozenset({CLOSED}), ZONE)
    return make_offer(dealership, request, store, calendar)


def drive(model: str = "x5") -> VisitRequest:
    return VisitRequest(VisitKind.TEST_DRIVE, model=model)


def service(*jobs: str, model: str | None = "x5") -> VisitRequest:
    return VisitRequest(VisitKind.SERVICE, model=model, jobs=jobs or ("regular_service",))


def slot(store: str, start: str) -> Slot:
    return Slot(store, at(start), at(start) + timedelta(minutes=45))


@pytest.mark.parametrize(
    ("request_", "store", "start", "refusal"),
    [
        (drive(), "east", "11-28 14:00", None),
        (drive(), "east", "11-22 09:30", Refusal.PAST),
        (drive(), "east", "11-22 10:00", Refusal.TOO_SOON),
        (drive(), "east", "11-22 10:30", Refusal.TOO_SOON),
        (drive(), "east", "11-22 11:00", None),
        (service(), "east", "11-22 11:30", Refusal.TOO_SOON),
        (service(), "east", "11-22 12:00", None),
        (drive(), "east", "12-22 17:00", None),
        (drive(), "east", "12-23 09:00", Refusal.TOO_FAR),
        (drive(), "east", "12-01 14:00", Refusal.CLOSED_DAY),
        (service(), "west", "11-23 10:00", Refusal.CLOSED_DAY),
        (drive(), "west", "11-23 10:00", None),
        (service(), "east", "11-23 10:00", None),
        (drive(), "east", "11-28 08:30", Refusal.OUTSIDE_HOURS),
        (drive(), "east", "11-28 09:00", None),
        (drive(), "east", "11-28 18:00", Refusal.OUTSIDE_HOURS),
        (service(), "east", "11-28 08:00", Refusal.OUTSIDE_HOURS),
        (service(), "east", "11-28 08:30", None),
        (drive(), "east", "11-28 17:00", None),
        (drive(), "east", "11-28 17:30", Refusal.LAST_START),
        (service("regular_service"), "east", "11-28 16:30", None),
        (service("regular_service"), "east", "11-28 17:00", Refusal.LAST_START),
        (service("major_service"), "east", "11-28 16:00", None),
        (service("major_service"), "east", "11-28 16:30", Refusal.LAST_START),
        (service("major_service", "brake_check"), "east", "11-28 15:30", None),
        (service("major_service", "brake_check"), "east", "11-28 16:00", Refusal.LAST_START),
        (drive(), "east", "11-28 10:15", Refusal.NOT_ON_GRID),
        (service(), "east", "11-28 10:10", Refusal.NOT_ON_GRID),
        (drive("s6"), "west", "11-28 10:00", Refusal.NO_TEST_CAR),
        (drive("s6"), "west", "11-22 09:00", Refusal.NO_TEST_CAR),
    ],
)
def test_why_a_time_is_refused(
    request_: VisitRequest, store: str, start: str, refusal: Refusal | None
) -> None:
    assert check_time(demo_dealership().rules, offer_of(request_, store), NOW, at(start)) is refusal


def test_times_of_another_zone_are_read_in_the_dealers_zone() -> None:
    rules, offer = demo_dealership().rules, offer_of(drive())
    assert check_time(rules, offer, NOW.astimezone(ZoneInfo("UTC")), at("12-22 17:00")) is None
    assert check_time(rules, offer, NOW, at("11-28 09:00").astimezone(ZoneInfo("UTC"))) is None


def test_a_store_without_a_bay_for_electric_cars_says_so() -> None:
    demo = demo_dealership()
    plain = tuple(r for r in demo.resources if not (r.kind is ResourceKind.BAY and r.electric))
    offer = offer_of(service("ev_service", model="e5"), dealership=replace(demo, resources=plain))
    assert offer.missing is Refusal.NO_EQUIPMENT


@pytest.mark.parametrize(
    "request_",
    [
        drive("z9"),
        VisitRequest(VisitKind.TEST_DRIVE),
        service("car_wash"),
        VisitRequest(VisitKind.SERVICE, model="x5"),
        service("regular_service", model="z9"),
    ],
)
def test_unknown_ids_are_invalid(request_: VisitRequest) -> None:
    with pytest.raises(InvalidInput):
        offer_of(request_)


def test_the_minutes_of_all_jobs_are_added_and_a_job_counts_once() -> None:
    offer = offer_of(service("major_service", "brake_check", "tire_service", "brake_check"))
    assert offer.minutes == 90 + 30 + 45
    assert offer.plan(at("11-28 09:00")).slot.end == at("11-28 11:45")


def test_preparation_binds_the_car_and_not_the_adviser() -> None:
    car, adviser = offer_of(drive()).plan(at("11-28 14:00")).needs
    assert (len(car.ticks), len(adviser.ticks)) == (4, 3)
    assert car.ticks == ticks_between(at("11-28 14:00"), at("11-28 15:00"))


@pytest.mark.parametrize(
    ("start", "refusal"),
    [
        ("11-28 13:00", None),  # out until 13:45, prepared at 14:00
        ("11-28 13:30", Refusal.CAR_OUT),
        ("11-28 14:00", Refusal.CAR_OUT),
        ("11-28 14:30", Refusal.CAR_OUT),
        ("11-28 15:00", None),
    ],
)
def test_a_drive_overlaps_with_the_preparation_of_another(start: str, refusal: Refusal | None) -> None:
    offer = offer_of(drive())
    busy = busy_by(offer, "11-28 14:00", "east-car-x5")
    assert check_resources(offer.plan(at(start)), busy) is refusal


def busy_by(offer: Offer, start: str, *resources: str) -> Busy:
    """What is taken when another visit of the same kind has these resources."""
    ticks = max((need.ticks for need in offer.plan(at(start)).needs), key=len)
    return {resource: set(ticks) for resource in resources}


@pytest.mark.parametrize(
    ("request_", "taken", "refusal"),
    [
        (drive(), ["east-car-x5"], Refusal.CAR_OUT),
        (drive(), [f"east-adviser-{n}" for n in (1, 2, 3)], None),
        (drive(), [f"east-adviser-{n}" for n in (1, 2, 3, 4)], Refusal.ADVISERS_BUSY),
        (service(), [f"east-bay-{n}" for n in (1, 2, 3)], None),
        (service(), [f"east-bay-{n}" for n in (1, 2, 3, 4)], Refusal.BAY_FULL),
        (service(), [f"east-technician-{n}" for n in (1, 2, 3, 4)], Refusal.TECHNICIANS_BUSY),
        (service("ev_service", model="e5"), ["east-bay-4"], Refusal.BAY_FULL),
        (service("ev_service", model="e5"), ["east-technician-3"], None),
        (
            service("ev_service", model="e5"),
            ["east-technician-3", "east-technician-4"],
            Refusal.TECHNICIANS_BUSY,
        ),
    ],
)
def test_which_resource_is_missing(request_: VisitRequest, taken: list[str], refusal: Refusal | None) -> None:
    offer = offer_of(request_)
    busy = busy_by(offer, "11-28 14:00", *taken)
    assert check_resources(offer.plan(at("11-28 14:00")), busy) is refusal


@pytest.mark.parametrize(
    ("request_", "bays", "technicians"),
    [
        (service(), [1, 2, 3, 4], [1, 2, 3, 4]),
        (service(model=None), [1, 2, 3, 4], [1, 2, 3, 4]),
        (service("ev_service", model="e5"), [4], [3, 4]),
        (service("brake_check", model="e5"), [4], [3, 4]),
        (service("ev_service", model=None), [4], [3, 4]),
    ],
)
def test_the_least_equipped_resource_that_suffices_comes_first(
    request_: VisitRequest, bays: list[int], technicians: list[int]
) -> None:
    bay, technician = offer_of(request_).plan(at("11-28 14:00")).needs
    assert [r.id for r in free_candidates(bay, {})] == [f"east-bay-{n}" for n in bays]
    assert [r.id for r in free_candidates(technician, {})] == [f"east-technician-{n}" for n in technicians]


def test_equipment_comes_last_whatever_the_order_of_the_content() -> None:
    demo = demo_dealership()
    backwards = replace(demo, resources=tuple(reversed(demo.resources)))
    bay = offer_of(service(), dealership=backwards).plan(at("11-28 14:00")).needs[0]
    assert [r.id for r in bay.candidates] == ["east-bay-3", "east-bay-2", "east-bay-1", "east-bay-4"]


def test_ticks_cover_every_quarter_that_is_touched() -> None:
    whole = ticks_between(at("11-28 14:00"), at("11-28 15:00"))
    assert len(whole) == 4
    assert ticks_between(at("11-28 14:01"), at("11-28 14:59")) == whole
    assert ticks_between(at("11-28 13:45"), at("11-28 14:00")).stop == whole.start


def test_the_furthest_refusal_speaks_for_all_stores() -> None:
    assert furthest([Refusal.NO_TEST_CAR, Refusal.CAR_OUT, Refusal.CLOSED_DAY]) is Refusal.CAR_OUT


@pytest.mark.parametrize(
    ("now", "allowed"), [("11-28 12:00", True), ("11-28 12:01", False), ("11-29 09:00", False)]
)
def test_changes_end_two_hours_before(now: str, allowed: bool) -> None:
    assert may_change(demo_dealership().rules, at(now), at("11-28 14:00")) is allowed


def test_the_window_reaches_to_the_end_of_the_thirtieth_day() -> None:
    earliest, end = bookable_window(demo_dealership().rules, VisitKind.TEST_DRIVE, NOW)
    assert (earliest, end) == (at("11-22 11:00"), at("12-23 00:00"))


def test_free_slots_of_a_day_leave_out_what_is_taken() -> None:
    offer = offer_of(drive())
    busy = busy_by(offer, "11-28 14:00", "east-car-x5")
    found = free_slots(demo_dealership().rules, (offer,), NOW, busy, at("11-28 12:00"), at("11-28 16:00"))
    starts = [f"{s.start:%H:%M}" for s in found]
    assert starts == ["12:00", "12:30", "13:00", "15:00", "15:30"]


def test_free_slots_of_several_stores_are_ordered_by_time() -> None:
    offers = (offer_of(drive(), "east"), offer_of(drive(), "west"))
    found = free_slots(demo_dealership().rules, offers, NOW, {}, at("11-22 16:30"), at("11-23 09:30"))
    assert [(s.store, f"{s.start:%d %H:%M}") for s in found] == [
        ("east", "22 16:30"),
        ("west", "22 16:30"),
        ("east", "22 17:00"),
        ("west", "22 17:00"),
        ("east", "23 09:00"),
        ("west", "23 09:00"),
    ]


@pytest.mark.parametrize(
    ("wish", "store", "free", "expected"),
    [
        pytest.param(
            "11-28 14:00",
            "east",
            ["east 13:00", "east 13:30", "east 14:30", "east 15:00", "east 15:30"],
            ["east 13:30", "east 14:30", "east 13:00"],
            id="the nearest at the same store, of two equally near ones the earlier",
        ),
        pytest.param(
            "11-28 14:00",
            "east",
            ["east 13:30", "east 15:00", "west 14:00", "west 14:30"],
            ["east 13:30", "west 14:00", "east 15:00"],
            id="the other store at the same time before an hour of waiting",
        ),
        pytest.param(
            "11-28 14:00",
            "east",
            ["west 13:30", "west 14:00", "west 14:30", "east 17:00", "east 16:30"],
            ["west 14:00", "east 16:30", "east 17:00"],
            id="the other store once",
        ),
        pytest.param(
            "11-28 14:00",
            "east",
            ["west 13:30", "west 14:00", "west 14:30", "east 17:00"],
            ["west 14:00", "west 13:30", "east 17:00"],
            id="and again where the wanted one has too little",
        ),
        pytest.param(
            "11-28 10:15",
            "east",
            ["east 09:30", "east 10:00", "east 10:30", "east 11:00"],
            ["east 10:00", "east 10:30", "east 09:30"],
            id="the neighbours of a time that is not on the grid",
        ),
        pytest.param(
            "11-28 14:00",
            None,
            ["west 14:00", "east 14:30", "west 14:30"],
            ["west 14:00", "east 14:30", "west 14:30"],
            id="any store",
        ),
        pytest.param("11-28 14:00", "east", [], [], id="nothing free"),
    ],
)
def test_alternatives(wish: str, store: str | None, free: list[str], expected: list[str]) -> None:
    slots = [slot(name, f"11-28 {time}") for name, time in (text.split() for text in free)]
    for order in (slots, slots[::-1]):
        ranked = rank_alternatives(order, at(wish), store)
        assert [f"{s.store} {s.start:%H:%M}" for s in ranked] == expected
