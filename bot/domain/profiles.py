"""What a customer's profile says beyond their words: segments, and when they may buy the next car. Pure functions."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from dateutil.relativedelta import relativedelta

from bot.domain.advice import AdviceRules, Needs

_SOONEST_RATE = 30
"""Days that a car must have been driven before its km say how many a day it does."""


@dataclass(frozen=True)
class OwnedCar:
    """A car on record: ``km`` on its odometer on ``km_on``; ``stage`` of the lifecycle."""

    delivered: date
    stage: str | None = None
    km: int | None = None
    km_on: date | None = None


def age_band(delivered: date, today: date, bands: Sequence[int]) -> str:
    """The band of a car's age in whole years: "0-1" is up to the end of the first year, "8+" beyond the last band."""
    years = relativedelta(today, delivered).years
    lower = 0
    for upper in bands:
        if years < upper:
            return f"{lower}-{upper}"
        lower = upper
    return f"{lower}+"


def segments(needs: Needs, cars: Collection[OwnedCar], today: date, rules: AdviceRules) -> tuple[str, ...]:
    """What they want a car for (``use:family``), how old their cars are (``age:3-5``), and their ``stage:…``."""
    found = [f"use:{use}" for use in needs.uses]
    found += [f"age:{age_band(car.delivered, today, rules.age_bands)}" for car in cars]
    found += [f"stage:{car.stage}" for car in cars if car.stage]
    return tuple(sorted(set(found)))


def expected_repurchase(
    needs: Needs, told_on: date, cars: Collection[OwnedCar], today: date, rules: AdviceRules
) -> date | None:
    """When the next car is expected to be bought: what the customer said, else by age and km of their newest car.

    The car is expected to be replaced ``months`` after its delivery, or when it reaches ``km`` at the pace so far,
    whichever comes first; a day that has passed is today. None where nothing is known. Ours (docs/advice.md).
    """
    if needs.buy_within is not None:
        return max(today, told_on + relativedelta(months=needs.buy_within))
    if not cars:
        return None
    newest = max(cars, key=lambda car: car.delivered)
    by_age = newest.delivered + relativedelta(months=rules.repurchase.months)
    by_km = _reaches(newest, rules.repurchase.km)
    return max(today, min(by_age, by_km) if by_km else by_age)


def _reaches(car: OwnedCar, km: int) -> date | None:
    """The day on which the odometer shows ``km``, at the pace since delivery."""
    if not car.km or car.km_on is None or (car.km_on - car.delivered).days < _SOONEST_RATE:
        return None
    if car.km >= km:
        return car.km_on
    days = (car.km_on - car.delivered).days * km / car.km
    try:
        return car.delivered + relativedelta(days=round(days))
    except OverflowError:
        return None
