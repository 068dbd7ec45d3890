"""The lifecycle schedule and its rules, against the tables of the manual (``reference/lifecycle.md``)."""

from __future__ import annotations

import dataclasses
from collections import Counter
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.dealership import Powertrain
from bot.domain.lifecycle import (
    Due,
    Lead,
    Limit,
    MomentKind,
    VehicleState,
    job_of_visit,
    moments,
    next_service,
    schedule_problems,
    stage_of,
    warranty,
)
from tests.lifecycle import TERMS, electric, petrol, schedule

D = date
JOBS = {"first_service", "regular_service", "major_service", "ev_service"}
FIRST, REGULAR, MAJOR = "first_service", "regular_service", "major_service"
TODAY = D(2026, 11, 22)


# --- the content

MANUAL = """
1 delivery 交车日 new_car periodic
2 follow_up_call 购车 N+1.5 月回访 new_car periodic
3 first_service_invitation 首保邀约 new_car periodic
4 care_salon 爱车养护沙龙 new_car random
5 first_service 首次保养 early_warranty periodic
6 service_10k 1 万公里定期保养 early_warranty periodic
7 service_15k 1.5 万公里定期保养 early_warranty periodic
8 service_20k 2 万公里定期保养 early_warranty periodic
9 service_40k 4 万公里定期保养 early_warranty periodic
10 seasonal_campaign 四季服务活动 early_warranty random
11 theme_event 主题客户活动 early_warranty random
12 holiday_greeting 客户节日祝福及提醒 early_warranty periodic
13 complaint 客户抱怨处理 early_warranty random
14 rescue 车辆维修救援 early_warranty random
15 warranty_claim 保修期内索赔 early_warranty random
16 warranty_end_check 保修到期前检测 late_warranty periodic
17 service_60k 6 万公里定期保养 late_warranty periodic
18 service_80k 8 万公里定期保养 out_of_warranty periodic
19 out_of_warranty_fault 保修外车辆故障 out_of_warranty random
20 trade_in 二手车置换 trade_up random
"""


def test_twenty_moments_in_the_manuals_order() -> None:
    lines = [f"{m.number} {m.id} {m.name} {m.stage} {m.kind.value}" for m in schedule().moments]
    assert lines == MANUAL.split("\n")[1:-1]
    assert list(Counter(m.stage for m in schedule().moments).values()) == [4, 11, 2, 2, 1]


def test_five_stages() -> None:
    assert [(s.id, s.name, s.until.months, s.until.km, s.vehicle) for s in schedule().stages] == [
        ("new_car", "新车体验期", 3, 5_000, "磨合"),
        ("early_warranty", "保内初期", 24, 40_000, "极致"),
        ("late_warranty", "保内后期", 36, 60_000, "良好"),
        ("out_of_warranty", "保修外期", 60, 100_000, "稳定"),
        ("trade_up", "换车升级期", 120, 200_000, "偶尔罢工"),
    ]
    assert [s.feelings for s in schedule().stages] == [("激动兴奋",), ("爱惜车辆",), (), (), ()]
    assert all(s.customer_cares and s.dealer_cares for s in schedule().stages)


def test_standard_maintenance() -> None:
    rows = [(i.id, i.first_km, i.every_km, i.cars.value) for i in schedule().maintenance]
    assert rows == [
        ("lift_inspection", 5_000, 5_000, "all"),
        ("engine_oil", 5_000, 5_000, "engine"),
        ("air_filter", 20_000, 20_000, "engine"),
        ("cabin_filter", 20_000, 20_000, "all"),
        ("restart_check", 5_000, 5_000, "all"),
    ]


def test_invitations_go_out_as_the_reference_says() -> None:
    leads = {m.id: m.lead for m in schedule().moments}
    services = [m for m in leads if m.startswith("service_")]
    assert {leads[m] for m in ("first_service_invitation", *services)} == {Lead(30, 500)}
    assert schedule().next_service.lead == Lead(30, 500)
    assert leads["warranty_end_check"] == Lead(60, 2_000)


def test_every_flow_is_written_for_its_moment() -> None:
    for part in ("information", "relationship", "marketing"):
        assert len({getattr(m.flows, part) for m in schedule().moments}) == 20, part
    for moment in schedule().moments:
        flows = moment.flows
        words = (flows.information.told, flows.information.recorded, flows.relationship.care, flows.marketing)
        assert all(len(part) >= 1 for part in words), moment.id
        assert flows.relationship.speaker, moment.id
        assert flows.relationship.tone, moment.id


def test_the_schedule_has_no_problems() -> None:
    assert schedule_problems(schedule(), JOBS) == ()


@pytest.mark.parametrize(
    ("moment", "changes", "field"),
    [
        (4, {"opened_by": ()}, "moments.first_service.opened_by"),
        (0, {"stage": "old"}, "moments.delivery.stage"),
        (0, {"due": None}, "moments.delivery.due"),
        (5, {"due": Due()}, "moments.service_10k.due"),
        (5, {"due": Due(service_km=7_000)}, "moments.service_10k.due.service_km"),
        (5, {"due": Due(stage="old")}, "moments.service_10k.due.stage"),
        (5, {"id": "delivery"}, "moments"),
        (5, {"number": 7}, "moments"),
    ],
)
def test_a_contradiction_is_named(moment: int, changes: dict[str, object], field: str) -> None:
    wrong = list(schedule().moments)
    kind = {"kind": MomentKind.RANDOM} if "opened_by" in changes else {}
    wrong[moment] = dataclasses.replace(wrong[moment], **kind, **changes)  # type: ignore[arg-type]
    problems = schedule_problems(dataclasses.replace(schedule(), moments=tuple(wrong)), JOBS)
    assert [name for name, _ in problems] == [field]


def test_jobs_and_stages_are_checked() -> None:
    assert [f for f, _ in schedule_problems(schedule(), JOBS - {"ev_service"})] == [
        "next_service.jobs.electric"
    ]
    swapped = (schedule().stages[1], schedule().stages[0], *schedule().stages[2:])
    wrong = dataclasses.replace(schedule(), stages=swapped)
    assert [f for f, _ in schedule_problems(wrong, JOBS)] == ["stages.new_car.until"]


# --- stages


@pytest.mark.parametrize(
    ("today", "km", "stage"),
    [
        (D(2024, 1, 15), 0, "new_car"),
        (D(2024, 4, 15), 5_000, "new_car"),  # both upper limits are inclusive
        (D(2024, 4, 16), 5_000, "early_warranty"),
        (D(2024, 4, 15), 5_001, "early_warranty"),  # the later of the two
        (D(2026, 1, 15), 40_000, "early_warranty"),
        (D(2026, 1, 16), 100, "late_warranty"),
        (D(2024, 2, 15), 40_001, "late_warranty"),
        (D(2027, 1, 15), 60_000, "late_warranty"),
        (D(2027, 1, 16), 60_000, "out_of_warranty"),
        (D(2027, 1, 15), 60_001, "out_of_warranty"),
        (D(2029, 1, 15), 100_000, "out_of_warranty"),
        (D(2029, 1, 16), 100_000, "trade_up"),
        (D(2029, 1, 15), 100_001, "trade_up"),
        (D(2034, 1, 16), 10, "trade_up"),  # beyond the last row
        (D(2024, 2, 1), 200_001, "trade_up"),
        (D(2024, 4, 15), None, "new_car"),
        (D(2026, 1, 16), None, "late_warranty"),  # age alone
        (D(2024, 1, 1), 0, "new_car"),  # ordered, not yet delivered
    ],
)
def test_stage(today: D, km: int | None, stage: str) -> None:
    assert stage_of(schedule(), petrol(D(2024, 1, 15), km), today).id == stage


def test_a_visit_younger_than_the_mileage_on_record_counts() -> None:
    assert (
        stage_of(schedule(), petrol(D(2026, 1, 1), 39_000, D(2026, 5, 1), 40_100), D(2026, 5, 2)).id
        == "late_warranty"
    )
    assert (
        stage_of(schedule(), petrol(D(2026, 1, 1), None, None, 40_100), D(2026, 5, 2)).id == "late_warranty"
    )


# --- the next service

NEW = D(2026, 1, 31)  # three months later is 30 April: the calendar has no 31st


@pytest.mark.parametrize(
    ("vehicle", "today", "expected"),
    [
        # the first service: 5,000 km or 3 months after delivery; on the limits nothing has passed
        (petrol(NEW, 4_999), D(2026, 4, 29), (5_000, D(2026, 4, 30), FIRST, None)),
        (petrol(NEW, 5_000), D(2026, 4, 30), (5_000, D(2026, 4, 30), FIRST, None)),
        (petrol(NEW, 5_001), D(2026, 4, 30), (5_000, D(2026, 4, 30), FIRST, Limit.MILEAGE)),
        (petrol(NEW, 5_000), D(2026, 5, 1), (5_000, D(2026, 4, 30), FIRST, Limit.DATE)),
        (petrol(NEW, 5_001), D(2026, 5, 1), (5_000, D(2026, 4, 30), FIRST, Limit.BOTH)),
        (petrol(NEW, 7_499), D(2026, 3, 1), (5_000, D(2026, 4, 30), FIRST, Limit.MILEAGE)),
        # no visit on record and nearer to 10,000: the multiples count from delivery, in km and half-years
        (petrol(NEW, 7_500), D(2026, 3, 1), (10_000, D(2026, 7, 31), REGULAR, None)),
        (petrol(NEW, 10_000), D(2026, 7, 31), (10_000, D(2026, 7, 31), REGULAR, None)),
        (petrol(NEW, 10_001), D(2026, 8, 1), (15_000, D(2027, 1, 31), REGULAR, None)),
        (petrol(D(2024, 5, 20), 32_000), TODAY, (35_000, D(2027, 5, 20), REGULAR, None)),
        (petrol(D(2024, 5, 20), 38_000), TODAY, (40_000, D(2027, 5, 20), MAJOR, None)),
        # 4,000 km in two years: by its mileage still before the first service, late by its age
        (petrol(D(2024, 11, 20), 4_000), TODAY, (5_000, D(2025, 2, 20), FIRST, Limit.DATE)),
        # a visit counts for the nearest multiple (half-way for the higher), the next is the following one
        (petrol(NEW, 8_000, D(2026, 4, 1), 4_200), D(2026, 9, 1), (10_000, D(2026, 10, 1), REGULAR, None)),
        (petrol(NEW, 8_000, D(2026, 4, 1), 7_499), D(2026, 9, 1), (10_000, D(2026, 10, 1), REGULAR, None)),
        (petrol(NEW, 8_000, D(2026, 4, 1), 7_500), D(2026, 9, 1), (15_000, D(2026, 10, 1), REGULAR, None)),
        (petrol(NEW, 15_100, D(2026, 4, 1), 14_800), D(2026, 5, 1), (20_000, D(2026, 10, 1), MAJOR, None)),
        # a visit with little mileage is still the first service: it is not given twice
        (petrol(NEW, 2_100, D(2026, 4, 20), 2_000), D(2026, 5, 1), (10_000, D(2026, 10, 20), REGULAR, None)),
        # both limits after a visit, one before, on and one after
        (petrol(NEW, 9_999, D(2026, 8, 31), 5_100), D(2027, 2, 27), (10_000, D(2027, 2, 28), REGULAR, None)),
        (petrol(NEW, 10_000, D(2026, 8, 31), 5_100), D(2027, 2, 28), (10_000, D(2027, 2, 28), REGULAR, None)),
        (
            petrol(NEW, 10_001, D(2026, 8, 31), 5_100),
            D(2027, 2, 28),
            (10_000, D(2027, 2, 28), REGULAR, Limit.MILEAGE),
        ),
        (
            petrol(NEW, 10_000, D(2026, 8, 31), 5_100),
            D(2027, 3, 1),
            (10_000, D(2027, 2, 28), REGULAR, Limit.DATE),
        ),
        # half of a visit on record
        (petrol(NEW, 8_000, D(2026, 4, 1)), D(2026, 9, 1), (10_000, D(2026, 10, 1), REGULAR, None)),
        (petrol(NEW, 8_000, None, 5_200), D(2026, 9, 1), (10_000, D(2027, 1, 31), REGULAR, None)),
        # nobody said the mileage: the first service for half a year, then half-years from delivery
        (petrol(NEW), D(2026, 4, 30), (5_000, D(2026, 4, 30), FIRST, None)),
        (petrol(NEW), D(2026, 7, 31), (5_000, D(2026, 4, 30), FIRST, Limit.DATE)),
        (petrol(NEW), D(2026, 8, 1), (10_000, D(2027, 1, 31), REGULAR, None)),
        # leap day: half a year before and three months after 29 February
        (petrol(D(2024, 2, 29), 100), D(2024, 5, 29), (5_000, D(2024, 5, 29), FIRST, None)),
        (
            petrol(D(2023, 5, 1), 12_000, D(2023, 8, 31), 5_000),
            D(2024, 2, 29),
            (10_000, D(2024, 2, 29), REGULAR, Limit.MILEAGE),
        ),
    ],
)
def test_next_service(vehicle: VehicleState, today: D, expected: tuple[int, D, str, Limit | None]) -> None:
    service = next_service(schedule(), vehicle, today)
    assert (service.km, service.on, service.job, service.overdue_by) == expected
    assert service.overdue is (expected[3] is not None)
    assert service.first is service.free is (service.km == 5_000)
    assert service.days_left == (service.on - today).days
    assert service.km_left == (None if vehicle.mileage is None else service.km - vehicle.mileage)


def test_electric_cars_have_one_job_and_the_first_is_free() -> None:
    first = next_service(schedule(), electric(NEW, 3_000), D(2026, 3, 1))
    third = next_service(schedule(), electric(NEW, 16_000, D(2026, 8, 1), 15_000), D(2026, 9, 1))
    assert (first.job, first.km, first.free) == ("ev_service", 5_000, True)
    assert (third.job, third.km, third.free) == ("ev_service", 20_000, False)
    assert [item.id for item in third.items] == ["lift_inspection", "cabin_filter", "restart_check"]


@pytest.mark.parametrize(
    ("last_km", "items"),
    [
        (10_000, ["lift_inspection", "engine_oil", "restart_check"]),
        (15_000, ["lift_inspection", "engine_oil", "air_filter", "cabin_filter", "restart_check"]),
        (20_000, ["lift_inspection", "engine_oil", "restart_check"]),
        (35_000, ["lift_inspection", "engine_oil", "air_filter", "cabin_filter", "restart_check"]),
    ],
)
def test_items_of_the_next_service(last_km: int, items: list[str]) -> None:
    service = next_service(schedule(), petrol(NEW, last_km, D(2026, 8, 1), last_km), D(2026, 9, 1))
    assert [item.id for item in service.items] == items


@pytest.mark.parametrize(
    ("km", "job"),
    [
        (0, FIRST),
        (7_499, FIRST),
        (7_500, REGULAR),
        (17_499, REGULAR),
        (17_500, MAJOR),
        (22_499, MAJOR),
        (22_500, REGULAR),
        (61_000, MAJOR),
        (None, REGULAR),
    ],
)
def test_the_job_of_a_visit_when_only_the_mileage_is_known(km: int | None, job: str) -> None:
    assert job_of_visit(schedule(), Powertrain.PETROL, km) == job
    assert job_of_visit(schedule(), Powertrain.ELECTRIC, km) == "ev_service"


def test_km_that_follow_from_age_alone_are_marked() -> None:
    assert next_service(schedule(), petrol(NEW), D(2026, 8, 1)).km_estimated
    assert not next_service(schedule(), petrol(NEW), D(2026, 4, 1)).km_estimated
    assert not next_service(schedule(), petrol(NEW, None, None, 5_100), D(2026, 8, 1)).km_estimated


@pytest.mark.parametrize(
    ("km", "nearer"),
    [(1_685, Limit.DATE), (1_686, Limit.MILEAGE), (0, Limit.DATE), (None, Limit.DATE)],
)
def test_the_nearer_limit_by_average_distance(km: int | None, nearer: Limit) -> None:
    """30 of the 89 days until 30 April are over: on course for 5,000 km are 5,000 × 30 / 89 = 1,685.4."""
    assert next_service(schedule(), petrol(NEW, km), NEW + timedelta(days=30)).nearer is nearer


@pytest.mark.parametrize(
    ("km", "today", "invite"),
    [
        (4_499, D(2026, 3, 30), False),
        (4_500, D(2026, 3, 30), True),
        (4_499, D(2026, 3, 31), True),  # 30 days before 30 April
        (5_200, D(2026, 3, 1), True),  # overdue
    ],
)
def test_the_invitation_goes_out_ahead(km: int, today: D, invite: bool) -> None:
    assert next_service(schedule(), petrol(NEW, km), today).invite is invite


# --- the warranty


@pytest.mark.parametrize(
    ("delivered", "km", "today", "ended_by"),
    [
        (D(2023, 12, 20), 59_999, D(2026, 12, 19), None),
        (D(2023, 12, 20), 60_000, D(2026, 12, 20), None),  # the last day and the last km are inside
        (D(2023, 12, 20), 60_001, D(2026, 12, 20), Limit.MILEAGE),
        (D(2023, 12, 20), 60_000, D(2026, 12, 21), Limit.DATE),
        (D(2023, 12, 20), 60_001, D(2026, 12, 21), Limit.BOTH),
        (D(2023, 12, 20), None, D(2026, 12, 20), None),
        (D(2023, 12, 20), None, D(2026, 12, 21), Limit.DATE),
        (D(2024, 2, 29), 10, D(2027, 2, 28), None),  # no 29 February three years later
        (D(2024, 2, 29), 10, D(2027, 3, 1), Limit.DATE),
        (D(2025, 8, 31), 10, D(2028, 8, 31), None),
    ],
)
def test_warranty(delivered: D, km: int | None, today: D, ended_by: Limit | None) -> None:
    status = warranty(TERMS, petrol(delivered, km), today)
    assert (status.ended_by, status.in_warranty) == (ended_by, ended_by is None)
    assert status.days_left == (status.ends_on - today).days
    assert status.km_left == (None if km is None else 60_000 - km)
    assert status.battery is None


@pytest.mark.parametrize(
    ("delivered", "km", "today", "car", "battery"),
    [
        (D(2020, 2, 29), 150_000, D(2028, 2, 29), Limit.BOTH, None),  # eight years after a leap day is one
        (D(2020, 2, 29), 150_000, D(2028, 3, 1), Limit.BOTH, Limit.DATE),
        (D(2020, 2, 29), 150_001, D(2028, 2, 29), Limit.BOTH, Limit.MILEAGE),
        (D(2025, 11, 20), 19_400, TODAY, None, None),
        (D(2025, 11, 20), 60_001, TODAY, Limit.MILEAGE, None),
    ],
)
def test_battery_warranty(delivered: D, km: int, today: D, car: Limit | None, battery: Limit | None) -> None:
    status = warranty(TERMS, electric(delivered, km), today)
    assert status.battery is not None
    assert (status.ended_by, status.battery.ended_by) == (car, battery)
    assert status.battery.km_left == 150_000 - km


@pytest.mark.parametrize(("km", "nearer"), [(20_054, Limit.DATE), (20_056, Limit.MILEAGE)])
def test_the_limit_that_ends_the_warranty(km: int, nearer: Limit) -> None:
    """366 of 1,095 days are over: on course for 60,000 km are 60,000 × 366 / 1,095 = 20,054.8."""
    assert warranty(TERMS, petrol(D(2025, 1, 1), km), D(2026, 1, 2)).nearer is nearer


# --- whatever the car

CARS = st.builds(
    VehicleState,
    st.sampled_from([Powertrain.PETROL, Powertrain.ELECTRIC]),
    st.dates(D(2000, 1, 1), D(2027, 1, 1)),
    st.none() | st.integers(0, 2_000_000),
    st.none() | st.dates(D(2000, 1, 1), D(2027, 1, 1)),
    st.none() | st.integers(0, 2_000_000),
)


@given(CARS, st.dates(D(2000, 1, 1), D(2040, 1, 1)))
def test_every_car_has_an_answer(vehicle: VehicleState, today: D) -> None:
    service = next_service(schedule(), vehicle, today)
    assert service.km % 5_000 == 0
    assert service.km >= 5_000
    assert len(moments(schedule(), TERMS, vehicle, today)) == 20
    if service.first:
        assert not vehicle.serviced
    elif not vehicle.serviced:
        assert not service.overdue  # without a visit on record only the first service can be late
    warranty(TERMS, vehicle, today)


@given(CARS, st.dates(D(2000, 1, 1), D(2040, 1, 1)), st.integers(0, 5_000))
def test_a_car_never_returns_to_an_earlier_stage(vehicle: VehicleState, today: D, days: int) -> None:
    ids = [stage.id for stage in schedule().stages]
    now, then = (stage_of(schedule(), vehicle, day).id for day in (today, today + timedelta(days=days)))
    assert ids.index(now) <= ids.index(then)
