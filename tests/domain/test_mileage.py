"""How far a car has been driven on a day, by what its odometer showed before."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from bot.domain.mileage import LONGEST_STEP, MOST_PER_DAY, Mileage, Reading, consistent, estimate

BORN = date(2026, 1, 1)


def day(number: int) -> date:
    return BORN + timedelta(days=number)


def at(number: int, km: int) -> Reading:
    return Reading(day(number), km)


@pytest.mark.parametrize(
    ("readings", "today", "expected"),
    [
        ((), 100, None),
        ((at(101, 3_000),), 100, None),  # of a day to come
        ((at(100, 3_000),), 100, Mileage(3_000, False, 30.0)),
        ((at(100, 3_000),), 101, Mileage(3_030, True, 30.0)),
        ((at(0, 12),), 50, Mileage(12, False, 0.0)),  # read on the day of delivery: no pace yet
        ((at(100, 3_000), at(200, 4_000)), 210, Mileage(4_100, True, 10.0)),
        ((at(200, 4_000), at(100, 3_000)), 210, Mileage(4_100, True, 10.0)),
        ((at(100, 30_000), at(200, 4_000)), 210, Mileage(4_200, True, 20.0)),  # 3 万 was a slip
        ((at(10, 100_000),), 20, Mileage(103_000, True, MOST_PER_DAY)),
        ((at(100, 3_000), at(100, 3_100)), 100, Mileage(3_100, False, 31.0)),
        ((at(10, 1_000), at(710, 8_000)), 720, Mileage(8_113, True, 8_000 / 710)),  # too old to tell the pace
        # a slip that is the newest: two that agree count more, one does not; a second of its kind confirms it
        ((at(100, 3_000), at(200, 6_000), at(210, 63_000)), 210, Mileage(6_300, True, 30.0)),
        ((at(200, 6_000), at(210, 63_000)), 210, Mileage(63_000, False, MOST_PER_DAY)),
        (
            (at(100, 3_000), at(200, 6_000), at(210, 63_000), at(220, 63_100)),
            220,
            Mileage(63_100, False, MOST_PER_DAY),
        ),
        ((at(100, 3_000), at(200, 6_000), at(210, 20_000)), 210, Mileage(20_000, False, 17_000 / 110)),
        ((at(100, 3_000), at(200, 6_000), at(210, 5_900)), 210, Mileage(5_900, False, 2_900 / 110)),
        ((at(100, 3_000),), 100 + 900, Mileage(3_000 + 30 * LONGEST_STEP.days, True, 30.0)),
    ],
)
def test_an_estimate(readings: tuple[Reading, ...], today: int, expected: Mileage | None) -> None:
    assert estimate(BORN, readings, day(today)) == expected


def test_an_odometer_never_goes_back() -> None:
    slips = [at(10, 500), at(20, 90_000), at(30, 1_500), at(40, 1_400), at(50, 2_000)]
    assert consistent(slips) == (at(10, 500), at(40, 1_400), at(50, 2_000))
