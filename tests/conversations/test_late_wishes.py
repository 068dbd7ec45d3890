"""Moving or cancelling within two hours of the visit: a person, who knows which visit and what is wanted."""

from __future__ import annotations

import pytest

from tests.conversations.harness import Customer
from tests.conversations.stations import FOUND

CANCEL = {"code": "KHM374", "wish": "cancel", "start": "2026-11-28T10:00:00+08:00"}


@pytest.fixture
def owner(customer: Customer) -> Customer:
    """A customer whose test drive is on Saturday at ten, and who writes at half past eight."""
    customer.assistant.books("2026-11-28T10:00")
    customer.at("2026-11-28T08:30")
    return customer


async def test_a_late_cancellation_goes_to_a_person(owner: Customer) -> None:
    await owner.says("我要取消预约")
    await owner.says(FOUND, "不到 2 小时", "0500-8800-1001")
    await owner.clicks("转人工顾问", "已经为您转接")
    assert owner.is_queued("late_change").summary["facts"]["late_wish"] == CANCEL


async def test_a_late_move_goes_to_a_person_with_the_new_time(owner: Customer) -> None:
    await owner.says("预约KHM374改到明天下午两点，手机号13700001111", "不到 2 小时")
    await owner.says("好的", "已经为您转接")
    wish = owner.is_queued("late_change").summary["facts"]["late_wish"]
    assert wish == {**CANCEL, "wish": "change", "new_start": "2026-11-29T14:00:00+08:00"}


async def test_nobody_is_on_duty(owner: Customer) -> None:
    """A call-back with the same record; the visit at nine stands."""
    owner.at("2026-11-27T10:00")
    owner.assistant.books("2026-11-28T09:00", model="s3", code="ABC234", phone="13700002222")
    owner.at("2026-11-28T08:10")
    await owner.says("取消预约ABC234，手机号13700002222", "不到 2 小时")
    await owner.clicks("转人工顾问", "08:30")
    case = owner.has_case("callback")
    assert case.details["reason"] == "late_change"
    assert case.details["facts"]["late_wish"]["code"] == "ABC234"


async def test_declined(owner: Customer) -> None:
    await owner.says("我要取消预约")
    await owner.says(FOUND, "不到 2 小时")
    await owner.clicks("不用了", "随时")
    await owner.says("转人工", "已经为您转接")
    owner.is_queued("asked_for_a_person")
