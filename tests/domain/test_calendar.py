"""Opening intervals: weekly hours, closed weekdays, closures."""

from __future__ import annotations

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from bot.domain.calendar import Opening, StoreCalendar
from bot.domain.dealership import Department, Hours
from tests.dealership import demo_dealership

ZONE = ZoneInfo("Asia/Shanghai")
MONDAY, SATURDAY = date(2026, 11, 23), date(2026, 11, 28)


def calendar_of(store: str, department: Department, closures: frozenset[date] = frozenset()) -> StoreCalendar:
    return StoreCalendar.of(demo_dealership().store(store), department, closures, ZONE)


@pytest.mark.parametrize(
    ("store", "department", "opens", "closes"),
    [
        ("east", Department.SHOWROOM, time(9), time(18)),
        ("east", Department.SERVICE, time(8, 30), time(17, 30)),
        ("west", Department.SHOWROOM, time(9), time(18)),
        ("west", Department.SERVICE, time(8, 30), time(17, 30)),
    ],
)
def test_each_department_has_its_hours(store: str, department: Department, opens: time, closes: time) -> None:
    opening = calendar_of(store, department).opening(SATURDAY)
    assert opening == Opening(
        datetime.combine(SATURDAY, opens, ZONE), datetime.combine(SATURDAY, closes, ZONE)
    )


def test_west_service_is_closed_on_mondays_and_nothing_else_is() -> None:
    closed = [
        (store, department)
        for store in ("east", "west")
        for department in Department
        if calendar_of(store, department).opening(MONDAY) is None
    ]
    assert closed == [("west", Department.SERVICE)]


def test_sunday_is_weekday_seven() -> None:
    hours = Hours(time(9), time(18), closed_weekdays=(7,))
    calendar = StoreCalendar(hours, frozenset(), ZONE)
    assert not calendar.is_open(date(2026, 11, 29))
    assert calendar.is_open(MONDAY)


def test_a_closure_closes_its_days_only() -> None:
    calendar = calendar_of("east", Department.SHOWROOM, frozenset({SATURDAY}))
    assert calendar.opening(SATURDAY) is None
    assert calendar.opening(date(2026, 11, 29)) is not None
