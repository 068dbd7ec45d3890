"""Which cars are alike, and how alternatives of different sorts are ranked."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.domain.alternatives import Alternative, like_cars, rank_alternatives
from bot.domain.booking import Slot
from tests.dealership import demo_dealership

TWO = datetime(2026, 11, 28, 14, 0, tzinfo=ZoneInfo("Asia/Shanghai"))


@pytest.mark.parametrize(
    ("model", "alike"),
    [
        ("x5", ["x7", "e5", "s6", "s3"]),
        ("x7", ["x5", "e5", "s6", "s3"]),
        ("s3", ["s6", "x5", "x7"]),
        ("e5", ["x7", "x5"]),
        (None, []),
    ],
)
def test_cars_of_the_same_body_or_powertrain(model: str | None, alike: list[str]) -> None:
    assert [found.id for found in like_cars(demo_dealership(), model)] == alike


def slot(text: str) -> Slot:
    """ "east +30", "east 0 x7", "west 0 by-3": minutes from two o'clock, another car or adviser."""
    store, minutes, *means = text.split()
    start = TWO + timedelta(minutes=int(minutes))
    if not means:
        return Slot(store, start, start)
    car, adviser = (None, means[0]) if means[0].startswith("by") else (means[0], None)
    return Alternative(store, start, start, car, adviser)


@pytest.mark.parametrize(
    ("free", "expected"),
    [
        pytest.param(
            ["east -30", "east 30", "east 0 x7", "west 0"],
            ["east -30", "west 0", "east 0 x7"],
            id="one of each sort",
        ),
        pytest.param(
            ["east -30", "east 30", "east 60", "east 0 x7"],
            ["east -30", "east 30", "east 0 x7"],
            id="no other store",
        ),
        pytest.param(
            ["east 30", "east 0 by-3", "west 0 by-7"],
            ["east 0 by-3", "east 30", "west 0 by-7"],
            id="a colleague before half an hour of waiting",
        ),
        pytest.param(
            ["east 300", "west 120", "east 0 x7"],
            ["east 0 x7", "west 120", "east 300"],
            id="far times last, and yet offered",
        ),
    ],
)
def test_sorts_of_alternatives(free: list[str], expected: list[str]) -> None:
    for order in (free, free[::-1]):
        ranked = rank_alternatives(map(slot, order), TWO, "east")
        assert ranked == tuple(map(slot, expected))
