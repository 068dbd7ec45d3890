"""When customers are reminded, and when a failed message is tried again."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from bot.clock import TIME_ZONE
from bot.domain.reminders import ATTEMPTS, next_attempt, reminders_of

START = datetime(2026, 11, 28, 14, 0, tzinfo=TIME_ZONE)


@pytest.mark.parametrize(
    ("hours_before", "reminded"),
    [
        (72, [24, 2]),
        (27, [24, 2]),  # the first one comes three hours after the booking
        (26.9, [2]),  # too soon after it
        (24, [2]),
        (2.5, [2]),  # the last one is never too soon
        (2, []),
        (1, []),
    ],
)
def test_reminders_that_are_past_or_follow_the_booking_at_once_are_left_out(
    hours_before: float, reminded: list[int]
) -> None:
    now = START - timedelta(hours=hours_before)
    assert [reminder.hours for reminder in reminders_of((24, 2), START, now)] == reminded


def test_a_reminder_makes_sense_until_the_next_one() -> None:
    day_before, hours_before = reminders_of((2, 24, 2), START, START - timedelta(days=9))

    assert (day_before.kind, day_before.due, day_before.until) == (
        "reminder_24",
        START - timedelta(days=1),
        START - timedelta(hours=2),
    )
    assert (hours_before.kind, hours_before.until) == ("reminder_2", START)


def test_no_hours_no_reminders() -> None:
    assert reminders_of((), START, START - timedelta(days=9)) == ()


def test_the_pauses_grow_and_end() -> None:
    pauses = [next_attempt(attempts, START) for attempts in range(1, ATTEMPTS)]

    assert [(at - START).total_seconds() / 60 for at in pauses if at] == [1, 4, 16, 64, 256]
    assert next_attempt(ATTEMPTS, START) is None
