"""Public holidays and 调休 in a year that the calendar library does not know: unknown, or as the dealer wrote them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from bot.domain.dealership import Holiday
from bot.understanding.live import use_content
from bot.understanding.time_expressions import parse_time
from bot.understanding.times.notices import use_notices
from tests.dealership import demo_dealership

NOTICE = (
    Holiday(date(2027, 10, 1), "国庆节", days=7),
    Holiday(date(2027, 10, 9), "国庆节调休", off=False),
)


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    yield
    use_content(None)
    use_notices(None)


def start_of(text: str, now: str = "2027-09-28T10:00:00+08:00") -> str | None:
    start = parse_time(text, datetime.fromisoformat(now), expects_time=True).start
    return f"{start:%m-%d %H:%M}" if start else None


def wrote(*holidays: Holiday) -> None:
    """The dealer's calendar.yml holds these."""
    content: Any = SimpleNamespace(dealership=replace(demo_dealership(), holidays=holidays))
    use_content(lambda: content)


@pytest.mark.parametrize("text", ["节后第一个工作日", "国庆后第一个工作日上午十点", "下个月第一个工作日"])
def test_without_a_notice_working_days_are_asked_back(text: str) -> None:
    assert start_of(text) is None


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("明天上午十点", "09-29 10:00"),
        ("下周六下午两点", "10-09 14:00"),
        ("国庆那天", "10-01 00:00"),
        ("农历九月初九", "10-08 00:00"),
    ],
)
def test_everything_else_goes_on_without_one(text: str, start: str) -> None:
    assert start_of(text) == start


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("节后第一个工作日", "10-08 00:00"),
        ("国庆后第一个工作日上午十点", "10-08 10:00"),
        ("下个月第一个工作日", "10-08 00:00"),
        ("国庆放假第三天", "10-03 00:00"),
    ],
)
def test_the_dealers_own_notice_completes_the_year(text: str, start: str) -> None:
    wrote(*NOTICE)
    assert start_of(text) == start


def test_a_working_saturday_counts() -> None:
    wrote(*NOTICE[:1])
    assert start_of("8号以后第一个工作日") == "10-11 00:00"
    wrote(*NOTICE)
    assert start_of("8号以后第一个工作日") == "10-09 00:00"


def test_the_library_prevails_where_it_knows_the_year() -> None:
    wrote(Holiday(date(2026, 9, 29), "not a holiday"))
    assert start_of("28号以后第一个工作日", "2026-09-27T10:00:00+08:00") == "09-29 00:00"
    assert start_of("国庆后第一个工作日", "2026-09-27T10:00:00+08:00") == "10-08 00:00"


def test_a_year_is_known_by_its_own_notice_alone() -> None:
    wrote(*NOTICE)
    assert start_of("元旦后第一个工作日", "2028-12-20T10:00:00+08:00") is None
