"""Indicators of the dealer: what is counted, in which period, against which target. Pure functions.

Source: the lifecycle manual's table *Dealer indicators*. How each is counted is told in docs/indicators.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum

from bot.domain.errors import InvalidInput

FIRST_YEAR, LAST_YEAR = 2000, 2099
MOST = 1_000_000
"""What somebody enters by hand is not more."""
_PERIOD = re.compile(r"(?P<year>\d{4})(?:-(?:Q(?P<quarter>[1-4])|(?P<month>0[1-9]|1[0-2])))?", re.ASCII)


class Grain(str, Enum):
    """How long a period is, the shortest first."""

    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"

    @property
    def months(self) -> int:
        return {"month": 1, "quarter": 3, "year": 12}[self.value]


class Unit(str, Enum):
    """``PERCENT`` of the cases counted; ``POINTS``: an average of 100; ``NPS``: promoters less detractors, -100 to 100;
    ``TIMES``: how often."""

    PERCENT = "percent"
    POINTS = "points"
    NPS = "nps"
    TIMES = "times"


@dataclass(frozen=True)
class Indicator:
    """One entry of ``dealership/indicators.yml``.

    ``target``: what should be reached at least, none where the store sets it; ``target_most``: what is usual at most.
    ``counts`` tells staff what is divided by what, and when it counts. ``by_hand``: nothing in the program knows it,
    somebody enters it. ``by_store``: whether it can be told for one store alone.
    """

    id: str
    name: str
    unit: Unit
    period: Grain
    counts: str
    target: float | None = None
    target_most: float | None = None
    by_hand: bool = False
    by_store: bool = True


COMPUTED = frozenset(
    {
        "referral_rate",
        "customer_events",
        "loyal_customers",
        "very_satisfied",
        "follow_up_calls",
        "service_invitations",
        "record_accuracy",
        "adviser_satisfaction",
        "complaints_in_time",
        "complaint_satisfaction",
        "rescues_in_time",
        "consult_to_test_drive",
        "test_drive_to_sale",
        "showroom_to_sale",
        "purchase_satisfaction",
        "service_satisfaction",
        "nps",
        "repeat_purchase",
    }
)
"""The ids that the program counts itself (``bot.services.indicators``)."""


def indicator_problems(indicator: Indicator) -> Iterator[tuple[str, str]]:
    """What is wrong with an entry, as field and reason."""
    if indicator.by_hand == (indicator.id in COMPUTED):
        yield "by_hand", "must be true for what the program cannot count, and for nothing else"
    for name in ("target", "target_most"):
        value = getattr(indicator, name)
        if value is not None and not -100 <= value <= MOST:
            yield name, "is out of range"
    if indicator.target_most is not None and (indicator.target or 0) > indicator.target_most:
        yield "target_most", "must not be less than the target"


@dataclass(frozen=True)
class Period:
    """A month, quarter or year of the dealer's calendar: "2026-11", "2026-Q4", "2026". ``end`` is the day after."""

    grain: Grain
    first: date

    @property
    def end(self) -> date:
        return _months_on(self.first, self.grain.months)

    @property
    def id(self) -> str:
        year, month = self.first.year, self.first.month
        if self.grain is Grain.MONTH:
            return f"{year}-{month:02}"
        return f"{year}-Q{(month + 2) // 3}" if self.grain is Grain.QUARTER else f"{year}"

    @property
    def name(self) -> str:
        """2026年11月, 2026年四季度, 2026年."""
        year, month = self.first.year, self.first.month
        if self.grain is Grain.MONTH:
            return f"{year}年{month}月"
        return f"{year}年{'一二三四'[(month - 1) // 3]}季度" if self.grain is Grain.QUARTER else f"{year}年"

    def before(self, steps: int = 1) -> Period:
        """The one so many steps earlier, later with a negative number."""
        return Period(self.grain, _months_on(self.first, -steps * self.grain.months))

    def within(self, grain: Grain) -> Period:
        """The period of ``grain`` in which this one lies; itself where that would be shorter."""
        return self if grain.months <= self.grain.months else period_of(self.first, grain)


def period_of(day: date, grain: Grain) -> Period:
    """The period in which a day lies."""
    month = (day.month - 1) // grain.months * grain.months + 1
    return Period(grain, date(day.year, month, 1))


def read_period(text: str) -> Period:
    """From its id. Raises ``InvalidInput``."""
    found = _PERIOD.fullmatch(text)
    if found is None or not FIRST_YEAR <= int(found["year"]) <= LAST_YEAR:
        raise InvalidInput("the period must be such as 2026-11, 2026-Q4 or 2026")
    year = int(found["year"])
    if found["month"]:
        return Period(Grain.MONTH, date(year, int(found["month"]), 1))
    if found["quarter"]:
        return Period(Grain.QUARTER, date(year, int(found["quarter"]) * 3 - 2, 1))
    return Period(Grain.YEAR, date(year, 1, 1))


def _months_on(first: date, months: int) -> date:
    number = first.year * 12 + first.month - 1 + months
    return date(number // 12, number % 12 + 1, 1)


def last_day(period: Period) -> date:
    return period.end - timedelta(days=1)


class Standing(str, Enum):
    """How a figure stands against its target; ``NONE``: no target, or nothing happened."""

    REACHED = "reached"
    MISSED = "missed"
    NONE = "none"


@dataclass(frozen=True)
class Counted:
    """What was counted: ``hits`` of ``cases`` for a share; for points their sum; promoters less detractors for the
    NPS; for times both are the number."""

    cases: int
    hits: float

    def value(self, unit: Unit) -> float | None:
        """The figure; None when nothing happened that could be counted."""
        if unit is Unit.TIMES:
            return float(self.cases)
        if not self.cases:
            return None
        return self.hits / self.cases * (1 if unit is Unit.POINTS else 100)


def standing(indicator: Indicator, value: float | None, grain: Grain) -> Standing:
    """More is better everywhere. How often something was done is compared for its own period alone."""
    if value is None or indicator.target is None:
        return Standing.NONE
    if indicator.unit is Unit.TIMES and grain is not indicator.period:
        return Standing.NONE
    return Standing.REACHED if value >= indicator.target else Standing.MISSED
