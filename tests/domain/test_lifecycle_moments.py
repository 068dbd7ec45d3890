"""All twenty key moments of a car, and the demo customers on 22 November 2026 worked out by hand."""

from __future__ import annotations

from datetime import date

import pytest

from bot.domain.lifecycle import (
    Limit,
    MomentState,
    MomentStatus,
    VehicleState,
    moments,
    next_service,
    stage_of,
    warranty,
)
from tests.lifecycle import TERMS, electric, petrol, schedule

PAST, DUE, COMING, EVENT = MomentState.PAST, MomentState.DUE, MomentState.COMING, MomentState.OPENED_BY_EVENT
D = date
BY_DATE, BY_KM = Limit.DATE, Limit.MILEAGE
TODAY = D(2026, 11, 22)
NEW = D(2026, 1, 31)


def status(vehicle: VehicleState, moment: str, today: D, occasions: tuple[D, ...] = ()) -> MomentStatus:
    found = moments(schedule(), TERMS, vehicle, today, occasions)
    return next(status for status in found if status.moment.id == moment)


@pytest.mark.parametrize(
    ("moment", "vehicle", "today", "state", "reason"),
    [
        # 1: the delivery date
        ("delivery", petrol(NEW, 0), D(2026, 1, 30), COMING, BY_DATE),
        ("delivery", petrol(NEW, 0), D(2026, 1, 31), DUE, BY_DATE),
        ("delivery", petrol(NEW, 0), D(2026, 2, 1), PAST, BY_DATE),
        # 2: 31 January + one month (28 February) + 15 days = 15 March; open for 15 days
        ("follow_up_call", petrol(NEW, 900), D(2026, 3, 14), COMING, BY_DATE),
        ("follow_up_call", petrol(NEW, 900), D(2026, 3, 15), DUE, BY_DATE),
        ("follow_up_call", petrol(NEW, 900), D(2026, 3, 30), DUE, BY_DATE),
        ("follow_up_call", petrol(NEW, 900), D(2026, 3, 31), PAST, BY_DATE),
        # 3: from 30 days (31 March) or 500 km before the first service until one of its limits has passed
        ("first_service_invitation", petrol(NEW, 900), D(2026, 3, 30), COMING, BY_DATE),
        ("first_service_invitation", petrol(NEW, 900), D(2026, 3, 31), DUE, BY_DATE),
        ("first_service_invitation", petrol(NEW, 4_499), D(2026, 3, 1), COMING, BY_KM),
        ("first_service_invitation", petrol(NEW, 4_500), D(2026, 3, 1), DUE, BY_KM),
        ("first_service_invitation", petrol(NEW, 5_000), D(2026, 4, 30), DUE, BY_DATE),
        ("first_service_invitation", petrol(NEW, 900), D(2026, 5, 1), PAST, BY_DATE),
        ("first_service_invitation", petrol(NEW, 5_001), D(2026, 3, 1), PAST, BY_KM),
        ("first_service_invitation", petrol(NEW, 4_800, D(2026, 3, 1), 4_700), D(2026, 3, 2), PAST, None),
        # 4: an event in the dealer's calendar
        ("care_salon", petrol(NEW, 900), D(2026, 3, 1), EVENT, None),
        # 5: 3 months or 5,000 km; overdue it stays due until it is done
        ("first_service", petrol(NEW, 4_999), D(2026, 4, 29), COMING, BY_KM),
        ("first_service", petrol(NEW, 900), D(2026, 4, 30), DUE, BY_DATE),
        ("first_service", petrol(NEW, 5_000), D(2026, 3, 1), DUE, BY_KM),
        ("first_service", petrol(NEW, 900), D(2026, 9, 1), DUE, BY_DATE),
        # both limits on the same day
        ("first_service", petrol(NEW, 5_000), D(2026, 4, 30), DUE, BY_DATE),
        ("first_service", petrol(NEW, 5_200, D(2026, 3, 9), 5_100), D(2026, 3, 10), PAST, BY_KM),
        ("first_service", petrol(NEW, 2_200, D(2026, 4, 9), 2_100), D(2026, 4, 10), PAST, None),
        # 6: 500 km ahead of 10,000, or 30 days ahead of half a year after the visit
        ("service_10k", petrol(NEW, 3_000), D(2026, 3, 1), COMING, BY_KM),
        ("service_10k", petrol(NEW, 9_499, D(2026, 4, 1), 5_000), D(2026, 6, 1), COMING, BY_KM),
        ("service_10k", petrol(NEW, 9_500, D(2026, 4, 1), 5_000), D(2026, 6, 1), DUE, BY_KM),
        ("service_10k", petrol(NEW, 6_000, D(2026, 4, 1), 5_000), D(2026, 8, 31), COMING, BY_DATE),
        ("service_10k", petrol(NEW, 6_000, D(2026, 4, 1), 5_000), D(2026, 9, 1), DUE, BY_DATE),
        ("service_10k", petrol(NEW, 12_000, D(2026, 4, 1), 5_000), D(2026, 9, 1), DUE, BY_KM),
        ("service_10k", petrol(NEW, 9_600, D(2026, 8, 1), 9_500), D(2026, 8, 2), PAST, None),
        ("service_10k", petrol(NEW, 10_000, D(2026, 8, 1), 9_900), D(2026, 8, 2), PAST, BY_KM),
        ("service_10k", petrol(NEW, 10_200, D(2026, 8, 1), 10_100), D(2026, 8, 2), PAST, BY_KM),
        # 7, 8, 9: their multiples of 5,000 alone
        ("service_15k", petrol(NEW, 14_499, D(2026, 8, 1), 10_100), D(2026, 9, 1), COMING, BY_KM),
        ("service_15k", petrol(NEW, 14_500, D(2026, 8, 1), 10_100), D(2026, 9, 1), DUE, BY_KM),
        ("service_15k", petrol(NEW, 15_100, D(2026, 8, 1), 15_000), D(2026, 9, 1), PAST, BY_KM),
        ("service_20k", petrol(NEW, 19_499, D(2026, 8, 1), 15_000), D(2026, 9, 1), COMING, BY_KM),
        ("service_20k", petrol(NEW, 19_500, D(2026, 8, 1), 15_000), D(2026, 9, 1), DUE, BY_KM),
        # 15,000 first
        ("service_20k", petrol(NEW, 19_500, D(2026, 8, 1), 10_000), D(2026, 9, 1), COMING, BY_KM),
        ("service_20k", petrol(NEW, 20_600, D(2026, 8, 1), 20_500), D(2026, 9, 1), PAST, BY_KM),
        # 30,000 first
        ("service_40k", petrol(NEW, 30_000, D(2026, 8, 1), 25_000), D(2026, 9, 1), COMING, BY_KM),
        ("service_40k", petrol(NEW, 39_500, D(2026, 8, 1), 35_000), D(2026, 9, 1), DUE, BY_KM),
        ("service_40k", petrol(NEW, 41_000, D(2026, 8, 1), 40_000), D(2026, 9, 1), PAST, BY_KM),
        # 10, 11: each season, and events of the dealer
        ("seasonal_campaign", petrol(NEW, 900), D(2026, 3, 1), EVENT, None),
        ("theme_event", petrol(NEW, 900), D(2026, 3, 1), EVENT, None),
        # 12: no day known
        ("holiday_greeting", petrol(NEW, 900), D(2026, 3, 1), COMING, None),
        # 13, 14, 15: a complaint, a breakdown, a fault
        ("complaint", petrol(NEW, 900), D(2026, 3, 1), EVENT, None),
        ("rescue", petrol(NEW, 900), D(2026, 3, 1), EVENT, None),
        ("warranty_claim", petrol(NEW, 900), D(2026, 3, 1), EVENT, None),
        # 16: from 60 days (1 December 2028) or 2,000 km before 30 January 2029 or 60,000 km
        ("warranty_end_check", petrol(D(2026, 1, 30), 9_000), D(2028, 11, 30), COMING, BY_DATE),
        ("warranty_end_check", petrol(D(2026, 1, 30), 9_000), D(2028, 12, 1), DUE, BY_DATE),
        ("warranty_end_check", petrol(D(2026, 1, 30), 9_000), D(2029, 1, 30), DUE, BY_DATE),
        ("warranty_end_check", petrol(D(2026, 1, 30), 9_000), D(2029, 1, 31), PAST, BY_DATE),
        ("warranty_end_check", petrol(D(2026, 1, 30), 57_999), D(2027, 6, 1), COMING, BY_KM),
        ("warranty_end_check", petrol(D(2026, 1, 30), 58_000), D(2027, 6, 1), DUE, BY_KM),
        ("warranty_end_check", petrol(D(2026, 1, 30), 60_000), D(2027, 6, 1), DUE, BY_KM),
        ("warranty_end_check", petrol(D(2026, 1, 30), 60_001), D(2027, 6, 1), PAST, BY_KM),
        ("warranty_end_check", petrol(D(2026, 1, 30)), D(2028, 12, 1), DUE, BY_DATE),
        # 17, 18
        ("service_60k", petrol(NEW, 59_499, D(2026, 8, 1), 55_000), D(2026, 9, 1), COMING, BY_KM),
        ("service_60k", petrol(NEW, 59_500, D(2026, 8, 1), 55_000), D(2026, 9, 1), DUE, BY_KM),
        ("service_60k", petrol(NEW, 60_100, D(2026, 8, 1), 60_000), D(2026, 9, 1), PAST, BY_KM),
        ("service_80k", petrol(NEW, 79_499, D(2026, 8, 1), 75_000), D(2026, 9, 1), COMING, BY_KM),
        ("service_80k", petrol(NEW, 79_500, D(2026, 8, 1), 75_000), D(2026, 9, 1), DUE, BY_KM),
        ("service_80k", petrol(NEW, 80_100, D(2026, 8, 1), 80_000), D(2026, 9, 1), PAST, BY_KM),
        # 19: a fault after the warranty
        ("out_of_warranty_fault", petrol(NEW, 70_000), D(2026, 9, 1), EVENT, None),
        # 20: the stage begins after five years or 100,000 km; before that the customer asks
        ("trade_in", petrol(D(2024, 2, 29), 99_999), D(2029, 2, 28), EVENT, None),
        ("trade_in", petrol(D(2024, 2, 29), 9_000), D(2029, 3, 1), DUE, BY_DATE),
        ("trade_in", petrol(D(2024, 2, 29), 100_000), D(2026, 3, 1), EVENT, None),
        ("trade_in", petrol(D(2024, 2, 29), 100_001), D(2026, 3, 1), DUE, BY_KM),
        ("trade_in", petrol(D(2004, 2, 29), 300_000), D(2026, 3, 1), DUE, BY_DATE),
    ],
)
def test_moment(
    moment: str, vehicle: VehicleState, today: D, state: MomentState, reason: Limit | None
) -> None:
    found = status(vehicle, moment, today)
    assert (found.state, found.reason) == (state, reason)


def test_limits_of_the_moments() -> None:
    vehicle = petrol(NEW, 9_600, D(2026, 4, 1), 5_000)
    found = {
        s.moment.id: (s.on, s.km, s.opens_on, s.opens_km) for s in moments(schedule(), TERMS, vehicle, TODAY)
    }
    assert found["follow_up_call"] == (D(2026, 3, 15), None, D(2026, 3, 15), None)
    assert found["service_10k"] == (D(2026, 10, 1), 10_000, D(2026, 9, 1), 9_500)
    assert found["service_20k"] == (None, 20_000, None, 19_500)
    assert found["warranty_end_check"] == (D(2029, 1, 31), 60_000, D(2028, 12, 2), 58_000)
    assert found["trade_in"] == (D(2031, 1, 31), 100_000, D(2031, 1, 31), 100_000)
    assert found["complaint"] == (None, None, None, None)


@pytest.mark.parametrize(
    ("today", "state", "on"),
    [
        (D(2026, 12, 28), COMING, D(2027, 1, 1)),
        (D(2026, 12, 29), DUE, D(2027, 1, 1)),  # three days ahead
        (D(2027, 1, 1), DUE, D(2027, 1, 1)),
        (D(2027, 1, 2), COMING, D(2027, 2, 6)),
        (D(2027, 2, 7), COMING, None),
    ],
)
def test_greetings_go_out_on_the_days_that_the_caller_knows(
    today: D, state: MomentState, on: D | None
) -> None:
    found = status(petrol(NEW, 900), "holiday_greeting", today, (D(2027, 2, 6), D(2027, 1, 1)))
    assert (found.state, found.on) == (state, on)


# --- the demo customers on 2026-11-22, worked out from the tables of the manual


def test_customer_1_x5_before_the_first_service() -> None:
    """Delivered 2026-09-30, 3,900 km, no visit: 1 month and 23 days old."""
    vehicle = petrol(D(2026, 9, 30), 3_900)
    assert stage_of(schedule(), vehicle, TODAY).id == "new_car"
    # 5,000 km (1,100 left) or three months after delivery: 30 December (8 days of November + 30)
    service = next_service(schedule(), vehicle, TODAY)
    assert (service.job, service.km, service.on, service.free) == (
        "first_service",
        5_000,
        D(2026, 12, 30),
        True,
    )
    assert (service.km_left, service.days_left, service.overdue_by) == (1_100, 38, None)
    # 3,900 km in 53 days: the other 1,100 km take 15 days, less than 38
    assert service.nearer is BY_KM
    assert not service.invite  # 4,500 km and 30 November lie ahead
    cover = warranty(TERMS, vehicle, TODAY)
    assert (cover.in_warranty, cover.ends_on, cover.km_left) == (True, D(2029, 9, 30), 56_100)
    # 30 September + 1 month + 15 days = 14 November: the follow-up call is open
    assert open_moments(vehicle) == ["follow_up_call"]


def test_customer_2_s6_before_the_major_service() -> None:
    """Delivered 2024-12-05 (13 days short of two years), 38,600 km, visit on 2026-06-10 at 35,200 km."""
    vehicle = petrol(D(2024, 12, 5), 38_600, D(2026, 6, 10), 35_200)
    assert stage_of(schedule(), vehicle, TODAY).id == "early_warranty"
    # the visit counts for 35,000; 40,000 is a multiple of 20,000; six months after the visit is 10 December
    service = next_service(schedule(), vehicle, TODAY)
    assert (service.job, service.km, service.on, service.free) == (
        "major_service",
        40_000,
        D(2026, 12, 10),
        False,
    )
    assert (service.km_left, service.days_left, service.overdue_by) == (1_400, 18, None)
    # 38,600 km in 717 days are 54 a day: 1,400 km take 26 days, more than 18
    assert service.nearer is BY_DATE
    assert service.invite  # since 10 November
    cover = warranty(TERMS, vehicle, TODAY)
    assert (cover.in_warranty, cover.ends_on, cover.km_left) == (True, D(2027, 12, 5), 21_400)
    assert cover.nearer is BY_DATE  # at 54 km a day 21,400 km take 397 days, the date is 378 days away
    assert open_moments(vehicle) == ["service_40k"]


def test_customer_3_e5_overdue_by_both_limits() -> None:
    """Delivered 2025-11-20, 19,400 km, visit on 2026-05-18 at 10,300 km."""
    vehicle = electric(D(2025, 11, 20), 19_400, D(2026, 5, 18), 10_300)
    assert stage_of(schedule(), vehicle, TODAY).id == "early_warranty"
    # the visit counts for 10,000; 15,000 passed by 4,400 km; six months after the visit was 18 November
    service = next_service(schedule(), vehicle, TODAY)
    assert (service.job, service.km, service.on, service.free) == (
        "ev_service",
        15_000,
        D(2026, 11, 18),
        False,
    )
    assert (service.km_left, service.days_left, service.overdue_by) == (-4_400, -4, Limit.BOTH)
    assert [item.id for item in service.items] == ["lift_inspection", "restart_check"]
    cover = warranty(TERMS, vehicle, TODAY)
    assert (cover.in_warranty, cover.ends_on, cover.km_left) == (True, D(2028, 11, 20), 40_600)
    assert cover.battery is not None
    assert (cover.battery.in_warranty, cover.battery.ends_on) == (True, D(2033, 11, 20))
    assert cover.battery.km_left == 130_600
    assert open_moments(vehicle) == ["service_15k"]


def test_customer_4_x7_before_the_end_of_the_warranty() -> None:
    """Delivered 2023-12-20 (28 days short of three years), 57,800 km, visit on 2026-08-02 at 55,100 km."""
    vehicle = petrol(D(2023, 12, 20), 57_800, D(2026, 8, 2), 55_100)
    assert stage_of(schedule(), vehicle, TODAY).id == "late_warranty"
    # the visit counts for 55,000; six months after it is 2 February (8 + 31 + 31 + 2 days)
    service = next_service(schedule(), vehicle, TODAY)
    assert (service.job, service.km, service.on) == ("major_service", 60_000, D(2027, 2, 2))
    assert (service.km_left, service.days_left, service.overdue_by) == (2_200, 72, None)
    # 57,800 km in 1,068 days are 54 a day: 2,200 km take 41 days
    assert service.nearer is BY_KM
    cover = warranty(TERMS, vehicle, TODAY)
    assert (cover.in_warranty, cover.ends_on, cover.days_left, cover.km_left) == (
        True,
        D(2026, 12, 20),
        28,
        2_200,
    )
    assert cover.nearer is BY_DATE  # 28 days against 41
    # 60 days before 20 December is 21 October; the service opens at 59,500 km or on 3 January
    assert open_moments(vehicle) == ["warranty_end_check"]
    assert status(vehicle, "warranty_end_check", TODAY).reason is BY_DATE


def test_customer_5_s3_overdue_and_out_of_warranty() -> None:
    """Delivered 2019-06-15 (seven years), 118,000 km, visit on 2026-04-01 at 112,000 km."""
    vehicle = petrol(D(2019, 6, 15), 118_000, D(2026, 4, 1), 112_000)
    assert stage_of(schedule(), vehicle, TODAY).id == "trade_up"
    # the visit counts for 110,000; 115,000 (no multiple of 20,000) passed by 3,000 km, 1 October by 52 days
    service = next_service(schedule(), vehicle, TODAY)
    assert (service.job, service.km, service.on) == ("regular_service", 115_000, D(2026, 10, 1))
    assert (service.km_left, service.days_left, service.overdue_by) == (-3_000, -52, Limit.BOTH)
    cover = warranty(TERMS, vehicle, TODAY)
    assert (cover.in_warranty, cover.ends_on, cover.ended_by) == (False, D(2022, 6, 15), Limit.BOTH)
    assert open_moments(vehicle) == ["trade_in"]


def open_moments(vehicle: VehicleState) -> list[str]:
    return [s.moment.id for s in moments(schedule(), TERMS, vehicle, TODAY) if s.state is DUE]
