"""How far a car has been driven, between the days on which somebody read its odometer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

LOOKED_BACK = timedelta(days=540)
"""Older readings say little about how the car is driven now, where there are younger ones."""
LONGEST_STEP = timedelta(days=365)
"""Nobody is estimated further than a year behind the last reading."""
MOST_PER_DAY = 300.0
"""km; a taxi drives less."""
LEAP, LEAP_PER_DAY = 20_000, 1_500
"""km; more than both together is a slip: one digit too many. Owners may correct what was written down too low."""


@dataclass(frozen=True)
class Reading:
    """The odometer showed ``km`` on the local date ``on``."""

    on: date
    km: int


@dataclass(frozen=True)
class Mileage:
    """The mileage in km on a day; ``estimated``: driven on from the last reading at ``per_day`` km."""

    km: int
    estimated: bool
    per_day: float


def consistent(readings: Sequence[Reading]) -> tuple[Reading, ...]:
    """The readings that fit together, the oldest first: from the newest back, none above the one after it."""
    kept: list[Reading] = []
    for reading in sorted(readings, key=lambda each: (each.on, each.km), reverse=True):
        if not kept or reading.km <= kept[-1].km:
            kept.append(reading)
    return tuple(reversed(kept))


def believed(readings: Sequence[Reading]) -> tuple[Reading, ...]:
    """``consistent``, without a newest one that two or more before it show to be a slip (93,000 after 9,300)."""
    known = consistent(tuple(set(readings)))
    before = consistent([reading for reading in set(readings) if known and reading != known[-1]])
    if len(before) < 2:
        return known
    leap = known[-1].km - before[-1].km
    days = max((known[-1].on - before[-1].on).days, 1)
    return before if leap > LEAP + LEAP_PER_DAY * days else known


def estimate(delivered: date, readings: Sequence[Reading], today: date) -> Mileage | None:
    """The mileage on ``today`` by the history; None where nobody ever read it.

    The pace is that between the last reading and the oldest one of the last year and a half, else from delivery.
    """
    known = believed([reading for reading in readings if reading.on <= today])
    if not known:
        return None
    last = known[-1]
    recent = [
        reading for reading in known[:-1] if last.on - reading.on <= LOOKED_BACK and reading.on < last.on
    ]
    first = recent[0] if recent else Reading(min(delivered, last.on), 0)
    days = (last.on - first.on).days
    per_day = min((last.km - first.km) / days, MOST_PER_DAY) if days > 0 else 0.0
    since = min(today - last.on, LONGEST_STEP).days
    return Mileage(last.km + round(per_day * since), since > 0 and per_day > 0, per_day)
