"""What the owner of a car is told on a day: one day and one km before, on and after each limit."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from bot.domain.lifecycle import VehicleState
from bot.domain.outreach import OutreachRules, outlook, rule_problems
from tests.lifecycle import TERMS, electric, petrol, schedule

D = date
NEW = D(2026, 1, 31)
MARCH, MAY = D(2026, 3, 1), D(2026, 5, 1)
FIRST, LATE, NONE = [("first_service_invitation", "")], [("first_service", "")], []
LEAP = D(2024, 2, 29)


def told(vehicle: VehicleState, today: D, **more: object) -> list[tuple[str, str]]:
    found = outlook(schedule(), TERMS, vehicle, today, **more)  # type: ignore[arg-type]
    return [(each.moment, each.occasion) for each in found.contacts]


@pytest.mark.parametrize(
    ("vehicle", "today", "expected"),
    [
        # the day of delivery alone
        (petrol(NEW, 0), D(2026, 1, 30), []),
        (petrol(NEW, 0), D(2026, 1, 31), [("delivery", "")]),
        (petrol(NEW, 0), D(2026, 2, 1), []),
        # one month (28 February) and 15 days after it, for 15 days
        (petrol(NEW, 900), D(2026, 3, 14), []),
        (petrol(NEW, 900), D(2026, 3, 15), [("follow_up_call", "")]),
        (petrol(NEW, 900), D(2026, 3, 30), [("follow_up_call", "")]),
        (petrol(LEAP, 900), D(2024, 4, 12), []),
        (petrol(LEAP, 900), D(2024, 4, 13), [("follow_up_call", "")]),
        # the first service: 30 days before 30 April, or 500 km before 5,000; late after either
        (petrol(NEW, 900), D(2026, 3, 31), FIRST),
        (petrol(NEW, 4_499), MARCH, NONE),
        (petrol(NEW, 4_500), MARCH, FIRST),
        (petrol(NEW, 5_000), MARCH, FIRST),
        (petrol(NEW, 5_001), MARCH, LATE),
        (petrol(NEW, 900), D(2026, 4, 30), FIRST),
        (petrol(NEW, 900), MAY, LATE),
        (petrol(NEW), D(2026, 4, 30), FIRST),  # nobody said the mileage
        (petrol(NEW), MAY, LATE),
        (petrol(LEAP), D(2024, 5, 29), FIRST),
        (petrol(LEAP), D(2024, 5, 30), LATE),
        (electric(NEW, 4_500), MARCH, FIRST),
        # the next ones: by km …
        (petrol(NEW, 9_499, D(2026, 4, 1), 5_000), MAY, []),
        (petrol(NEW, 9_500, D(2026, 4, 1), 5_000), MAY, [("service_10k", "10000")]),
        (petrol(NEW, 10_001, D(2026, 4, 1), 5_000), MAY, [("service_10k", "10000")]),
        (electric(NEW, 9_500, D(2026, 4, 1), 5_000), MAY, [("service_10k", "10000")]),
        (petrol(NEW, 24_500, D(2026, 4, 1), 20_000), MAY, [("standard_service", "25000")]),
        (petrol(NEW, 29_500, D(2026, 4, 1), 25_300), MAY, [("standard_service", "30000")]),
        (petrol(NEW, 39_500, D(2026, 4, 1), 35_300), MAY, [("service_40k", "40000")]),
        (petrol(D(2024, 1, 1), 79_500, D(2026, 4, 1), 75_000), MAY, [("service_80k", "80000")]),
        (petrol(D(2024, 1, 1), 84_500, D(2026, 4, 1), 80_000), MAY, [("standard_service", "85000")]),
        # … by the date: half a year after the visit (31 August has 30 September for it)
        (petrol(NEW, 6_000, D(2026, 4, 1), 5_000), D(2026, 8, 31), []),
        (petrol(NEW, 6_000, D(2026, 4, 1), 5_000), D(2026, 9, 1), [("service_10k", "10000")]),
        (petrol(NEW, 16_000, D(2026, 8, 31), 15_000), D(2027, 1, 28), []),
        (petrol(NEW, 16_000, D(2026, 8, 31), 15_000), D(2027, 1, 29), [("service_20k", "20000")]),
        # the warranty's end: 60 days before 36 months, or 2,000 km before 60,000
        (petrol(D(2023, 8, 1), 30_000, D(2026, 5, 20), 29_900), D(2026, 6, 1), []),
        (petrol(D(2023, 8, 1), 30_000, D(2026, 5, 20), 29_900), D(2026, 6, 2), [("warranty_end_check", "")]),
        (petrol(D(2023, 8, 1), 30_000, D(2026, 5, 20), 29_900), D(2026, 8, 1), [("warranty_end_check", "")]),
        (petrol(D(2023, 8, 1), 30_000, D(2026, 5, 20), 29_900), D(2026, 8, 2), []),
        (petrol(NEW, 57_999, MARCH, 55_000), D(2026, 4, 1), []),
        (petrol(NEW, 58_000, MARCH, 55_000), D(2026, 4, 1), [("warranty_end_check", "")]),
        (petrol(NEW, 60_001, MARCH, 60_000), D(2026, 4, 1), []),
        (electric(NEW, 58_000, MARCH, 55_000), D(2026, 4, 1), [("warranty_end_check", "")]),
        # the last stage: after five years or beyond 100,000 km
        (petrol(D(2021, 5, 1), 90_000, MARCH, 89_900), D(2026, 5, 1), []),
        (petrol(D(2021, 5, 1), 90_000, MARCH, 89_900), D(2026, 5, 2), [("trade_in", "")]),
        (petrol(D(2023, 1, 1), 100_000, MARCH, 99_900), MARCH, []),
        (petrol(D(2023, 1, 1), 100_001, MARCH, 99_900), MARCH, [("trade_in", "")]),
    ],
)
def test_what_is_due(vehicle: VehicleState, today: D, expected: list[tuple[str, str]]) -> None:
    assert told(vehicle, today) == expected


def test_a_greeting_comes_on_its_day_once_a_year() -> None:
    car, days = petrol(NEW, 6_000, D(2026, 4, 1), 5_000), {MAY: "劳动节", D(2027, 5, 1): "劳动节"}
    assert told(car, MAY - timedelta(days=1), occasions=days) == []
    assert told(car, MAY, occasions=days) == [("holiday_greeting", "2026-05-01")]
    assert told(car, MAY + timedelta(days=1), occasions=days) == []


def test_why_and_whether_it_is_late() -> None:
    [near] = outlook(schedule(), TERMS, petrol(NEW, 9_800, D(2026, 4, 1), 5_000), MAY).contacts
    assert (near.km, near.on, near.reason, near.overdue) == (10_000, D(2026, 10, 1), "mileage", False)
    [late] = outlook(schedule(), TERMS, petrol(NEW, 9_800, D(2026, 4, 1), 5_000), D(2026, 10, 2)).contacts
    assert (late.reason, late.overdue) == ("date", True)


@pytest.mark.parametrize(
    ("vehicle", "per_day", "again"),
    [
        (petrol(NEW, 900), 0.0, D(2026, 3, 15)),  # the call
        (petrol(NEW, 4_300), 20.0, D(2026, 3, 11)),  # 500 km before the first service
        (petrol(NEW, 6_000, D(2026, 2, 20), 5_900), 10.0, D(2026, 3, 15)),
        (petrol(D(2024, 1, 1), 31_000, D(2026, 2, 20), 30_000), 1.0, D(2026, 3, 31)),  # a month at the latest
    ],
)
def test_when_to_look_again(vehicle: VehicleState, per_day: float, again: D) -> None:
    assert outlook(schedule(), TERMS, vehicle, MARCH, per_day).look_again_on == again


def test_rules_that_cannot_be_meant() -> None:
    known = {moment.id for moment in schedule().moments}
    assert list(rule_problems(OutreachRules(), known)) == []
    wrong = OutreachRules(calls=("deliveries",), per_month=0, quiet_days=-1)
    assert [field for field, _ in rule_problems(wrong, known)] == ["calls", "per_month", "quiet_days"]
