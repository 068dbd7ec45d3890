"""Closures of the Chinese calendar as dates."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from bot.clock import TIME_ZONE
from bot.domain.dealership import Closure, Department
from bot.services.calendar import closure_dates, closure_on, store_calendar
from tests.dealership import demo_dealership

SPRING_FESTIVAL = Closure("春节", days=3, lunar="01-01")


@pytest.mark.parametrize(
    ("year", "first"),
    [
        (2026, date(2026, 2, 17)),
        (2027, date(2027, 2, 6)),
        (2028, date(2028, 1, 26)),
        (2030, date(2030, 2, 3)),
    ],
)
def test_the_spring_festival_closes_its_first_three_days(year: int, first: date) -> None:
    days = {day for day in closure_dates((SPRING_FESTIVAL,), (year,)) if day.year == year}
    assert days == {first, first.replace(day=first.day + 1), first.replace(day=first.day + 2)}


def test_the_last_day_of_the_chinese_year_lies_in_the_next_calendar_year() -> None:
    """腊月 of 2025 (蛇年) has 29 days: its last day is 2026-02-16, the day before the festival."""
    eve = Closure("除夕", lunar="12-30")
    assert date(2026, 2, 16) in closure_dates((eve,), (2026,))


def test_a_closure_on_a_date_has_its_days() -> None:
    fair = Closure("盘点", days=2, date=date(2026, 12, 31))
    assert closure_dates((fair,), (2026,)) == {date(2026, 12, 31), date(2027, 1, 1)}


def test_a_store_calendar_knows_the_festival_of_next_year() -> None:
    now = datetime(2026, 12, 31, 12, tzinfo=TIME_ZONE)
    calendar = store_calendar(demo_dealership(), "east", Department.SERVICE, now)
    closed = [day for day in range(1, 15) if not calendar.is_open(date(2027, 2, day))]
    assert closed == [6, 7, 8]


@pytest.mark.parametrize(
    ("day", "name"),
    [
        (date(2027, 2, 5), None),
        (date(2027, 2, 6), "春节"),
        (date(2027, 2, 8), "春节"),
        (date(2027, 2, 9), None),
    ],
)
def test_a_closed_day_has_a_name(day: date, name: str | None) -> None:
    closure = closure_on(demo_dealership(), day)
    assert (closure.name if closure else None) == name


@pytest.mark.parametrize(
    ("store", "department", "hours"),
    [
        ("east", Department.SHOWROOM, "09:00–18:00"),
        ("east", Department.SERVICE, "08:30–17:30"),
        ("west", Department.SHOWROOM, "09:00–18:00"),
        ("west", Department.SERVICE, None),
    ],
)
def test_hours_by_store_and_department_in_a_year_without_a_notice(
    store: str, department: Department, hours: str | None
) -> None:
    """2028-03-06 is a Monday: only the workshop in the west rests."""
    calendar = store_calendar(demo_dealership(), store, department, datetime(2028, 3, 1, tzinfo=TIME_ZONE))
    opening = calendar.opening(date(2028, 3, 6))
    assert (f"{opening.opens:%H:%M}–{opening.closes:%H:%M}" if opening else None) == hours
