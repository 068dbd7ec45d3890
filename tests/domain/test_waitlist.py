"""Which slot suits whom, until when an offer waits, and what silence leads to."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from bot.clock import TIME_ZONE
from bot.domain.booking import Slot, VisitKind
from bot.domain.waitlist import (
    Declined,
    Preference,
    WaitState,
    around,
    every_week,
    may_offer,
    reply_deadline,
    state_after_silence,
    suitable,
    within,
)
from tests.dealership import demo_dealership

RULES = demo_dealership().rules


def at(text: str) -> datetime:
    return datetime.strptime(f"2026-{text}", "%Y-%m-%d %H:%M").replace(tzinfo=TIME_ZONE)


SATURDAY = (at("11-28 06:00"), at("11-28 12:00"))
SUNDAY = (at("11-29 06:00"), at("11-29 12:00"))


def fits(preference: Preference, *times: str) -> list[str]:
    return [time for time in times if preference.suits(at(time))]


def test_a_point_of_time_takes_an_hour_before_and_after() -> None:
    times = ("11-28 12:30", "11-28 13:00", "11-28 14:00", "11-28 15:00", "11-28 15:30", "11-29 14:00")
    assert fits(around(at("11-28 14:00")), *times) == ["11-28 13:00", "11-28 14:00", "11-28 15:00"]


def test_a_part_of_a_day_ends_before_its_end() -> None:
    times = ("11-28 09:00", "11-28 11:30", "11-28 12:00", "11-27 09:00")
    assert fits(within([SATURDAY]), *times) == ["11-28 09:00", "11-28 11:30"]


def test_the_mornings_of_a_weekend() -> None:
    times = ("11-28 09:00", "11-28 14:00", "11-29 11:30", "11-29 12:00", "12-05 09:00")
    assert fits(within([SATURDAY, SUNDAY]), *times) == ["11-28 09:00", "11-29 11:30"]


def test_whole_days_are_days_until_midnight() -> None:
    days = within([(at("11-28 00:00"), at("11-29 00:00")), (at("11-29 00:00"), at("11-30 00:00"))])
    assert (days.from_minute, days.until_minute) == (0, 1440)
    assert fits(days, "11-28 17:00", "11-29 00:00", "11-30 09:00") == ["11-28 17:00", "11-29 00:00"]


def test_any_weekend_morning_goes_on_in_later_weeks() -> None:
    weekly = every_week(within([SATURDAY, SUNDAY]), at("12-23 00:00"))
    times = ("11-28 09:00", "12-05 09:00", "12-06 11:30", "12-05 14:00", "12-07 09:00", "12-26 09:00")
    assert fits(weekly, *times) == ["11-28 09:00", "12-05 09:00", "12-06 11:30"]


def test_one_part_of_one_day_goes_on_in_later_weeks() -> None:
    weekly = every_week(within([SATURDAY]), at("12-23 00:00"))
    assert fits(weekly, "12-05 09:00", "12-05 12:00", "12-06 09:00") == ["12-05 09:00"]


def test_a_preference_needs_a_time() -> None:
    with pytest.raises(ValueError, match="stretch"):
        within([])


def test_slots_that_were_declined_are_left_out() -> None:
    slots = [
        Slot(store, at(time), at(time))
        for time in ("11-28 09:00", "11-28 09:30")
        for store in ("east", "west")
    ]
    found = suitable(slots, within([SATURDAY]), {("east", at("11-28 09:00")), ("west", at("11-28 09:30"))})
    assert [(slot.store, f"{slot.start:%H:%M}") for slot in found] == [("west", "09:00"), ("east", "09:30")]


def test_the_slot_nearest_to_the_wished_point_comes_first() -> None:
    slots = [
        Slot("east", at(f"11-28 {time}"), at("11-28 16:00")) for time in ("13:00", "13:30", "14:00", "14:30")
    ]
    found = suitable(slots, around(at("11-28 14:00")), ())
    assert [f"{slot.start:%H:%M}" for slot in found] == ["14:00", "13:30", "14:30", "13:00"]


@pytest.mark.parametrize(
    ("now", "allowed"),
    [("11-22 08:29", False), ("11-22 08:30", True), ("11-22 20:59", True), ("11-22 21:00", False)],
)
def test_nobody_is_disturbed_at_night(now: str, allowed: bool) -> None:
    assert may_offer(RULES, at(now)) is allowed


def test_an_offer_waits_an_hour_but_not_longer_than_the_visit_can_be_booked() -> None:
    now = at("11-28 10:00")
    drive = VisitKind.TEST_DRIVE
    assert reply_deadline(RULES, drive, now, at("11-28 14:00")) == at("11-28 11:00")
    assert reply_deadline(RULES, drive, now, at("11-28 11:30")) == at("11-28 10:30")
    assert reply_deadline(RULES, VisitKind.SERVICE, now, at("11-28 12:30")) == at("11-28 10:30")
    assert reply_deadline(RULES, drive, now + timedelta(minutes=21), at("11-28 11:30")) is None


def test_two_offers_without_an_answer_end_the_wait() -> None:
    assert state_after_silence([Declined.UNANSWERED, Declined.REFUSED, Declined.KNOWN]) is WaitState.WAITING
    assert state_after_silence([Declined.UNANSWERED, Declined.UNANSWERED]) is WaitState.LAPSED
