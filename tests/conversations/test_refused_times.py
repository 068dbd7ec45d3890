"""Times that are not possible: the reason is said, and the three nearest possible ones are buttons."""

from __future__ import annotations

import pytest

from bot.store.tables import Hold
from tests.conversations.harness import Customer
from tests.conversations.stations import CONTACT

REFUSED_DRIVES = [
    ("昨天上午十点", "已经过去"),
    ("今天上午九点", "已经过去"),
    ("今天上午十点半", "提前 1 小时"),
    ("12月30日上午十点", "30 天以内"),
    ("周六上午十点十五", "整点或半点"),
    ("周六晚上八点", "营业时间"),
    ("周六早上七点", "营业时间"),
    ("周六下午五点半", "下班前来不及"),
]


@pytest.mark.parametrize(("time", "reason"), REFUSED_DRIVES)
async def test_a_test_drive_that_is_not_possible(customer: Customer, time: str, reason: str) -> None:
    reply = await customer.says(f"我想{time}去城东店试驾X5", reason)
    assert len(reply.buttons) == 3, customer.told("not three alternatives")
    customer.was_asked("drive_time", reason)
    assert customer.slot("drive_time") is None
    assert customer.rows(Hold) == []
    await customer.clicks(reply.buttons[0], "姓名和手机号")


@pytest.mark.parametrize(("time", "reason"), REFUSED_DRIVES)
async def test_as_an_answer(customer: Customer, time: str, reason: str) -> None:
    await customer.says("我想去城东店试驾X5", "什么时候")
    reply = await customer.says(time, reason)
    assert len(reply.buttons) == 3, customer.told("not three alternatives")


async def test_a_car_that_is_out(customer: Customer) -> None:
    customer.assistant.books("2026-11-28T10:00", model="x5", store="east")
    reply = await customer.says("我想周六上午十点去城东店试驾X5", "被约走")
    assert set(reply.buttons) == {
        "周六 11月28日 09:00 城东店",
        "周六 11月28日 10:00 城西店",
        "周六 11月28日 10:00 城东店 换 青岚 X7",
        "有空位通知我",
    }
    await customer.clicks("09:00", "姓名和手机号")
    await customer.says(CONTACT, "驾照")
    await customer.clicks("符合", "确认预约吗", "周六 11月28日 09:00", "城东店")
    await customer.clicks("确认预约", "预约码")
    customer.has_booked(model="x5", store="east", start="2026-11-28T09:00")


async def test_the_other_store_as_an_alternative(customer: Customer) -> None:
    customer.assistant.books("2026-11-28T10:00", model="x5", store="east")
    await customer.says("我想周六上午十点去城东店试驾X5", "被约走")
    await customer.clicks("城西店", "姓名和手机号")
    await customer.says(CONTACT, "驾照")
    await customer.clicks("符合", "确认预约吗", "周六 11月28日 10:00", "城西店")
    await customer.clicks("确认预约", "预约码")
    customer.has_booked(model="x5", store="west", start="2026-11-28T10:00")


async def test_a_part_of_the_time_is_taken(customer: Customer) -> None:
    """A drive at ten and the preparation of the car reach into half past ten."""
    customer.assistant.books("2026-11-28T10:00", model="x5", store="east")
    await customer.says("我想周六上午十点半去城东店试驾X5", "被约走")


async def test_bays_that_are_full(customer: Customer) -> None:
    for number in range(2):
        customer.assistant.books("2026-11-25T10:00", "s3", "west", ("regular_service",), f"KHM37{number + 2}")
    reply = await customer.says("周三上午十点去城西店给X5做常规保养，浙A12345，12000公里", "约满")
    assert len(reply.buttons) == 4
    assert reply.buttons[-1] == "有空位通知我"
    await customer.clicks("11:00", "姓名和手机号")


async def test_a_day_on_which_the_workshop_is_closed(customer: Customer) -> None:
    reply = await customer.says(
        "11月30日上午十点去城西店给X5做常规保养，浙A12345，12000公里", "周一", "不营业"
    )
    assert len(reply.buttons) == 3
    await customer.clicks("城东店", "姓名和手机号")
    assert customer.slot("visit_store") == "east"


@pytest.mark.parametrize(
    ("said", "reason"),
    [("11月30日", "不营业"), ("周三晚上", "营业时间"), ("12月30号", "30 天以内"), ("昨天下午", "已经过去")],
)
async def test_a_day_or_a_part_of_one_that_is_not_possible(
    customer: Customer, said: str, reason: str
) -> None:
    """A vague wish gets the same reason and alternatives as an exact one."""
    await customer.says("去城西店给X5做常规保养，浙A12345，12000公里", "什么时候")
    reply = await customer.says(said, reason)
    assert len(reply.buttons) == 3
    await customer.clicks(reply.buttons[0], "姓名和手机号")


async def test_service_needs_two_hours(customer: Customer) -> None:
    await customer.says("今天上午十一点半去城东店给X5做常规保养，浙A12345，12000公里", "提前 2 小时")


async def test_another_impossible_time_after_the_first(customer: Customer) -> None:
    await customer.says("我想周六晚上八点去城东店试驾X5", "营业时间")
    await customer.says("那11月29日晚上九点呢", "营业时间", "11月29日")
    await customer.says("那就11月29日下午两点", "姓名和手机号")
    assert customer.slot("drive_time") == "2026-11-29T14:00:00+08:00"


async def test_taken_while_the_customer_thinks(customer: Customer) -> None:
    """The hold ends after ten minutes; somebody else may then be faster, even at the last click."""
    await customer.says("我想周六上午十点去城东店试驾X5", "姓名和手机号")
    await customer.says(CONTACT, "驾照")
    await customer.clicks("符合", "确认预约吗")
    customer.at("2026-11-22T10:15")
    customer.assistant.books("2026-11-28T10:00", model="x5", store="east")
    reply = await customer.clicks("确认预约", "刚刚被约走了")
    assert len(reply.buttons) == 4
    assert customer.bookings() == []
    await customer.clicks("09:00", "确认预约吗", "09:00", "张伟")
    await customer.clicks("确认预约", "预约码")
    customer.has_booked(start="2026-11-28T09:00", phone="13812345678")


async def test_two_customers_and_one_car(customer: Customer) -> None:
    """What one customer is being asked about is held against the other."""
    other = customer.assistant.customer()
    await customer.says("我想周六上午十点去城东店试驾X5", "姓名和手机号")
    await other.says("我想周六上午十点去城东店试驾X5", "正在被别人考虑")
    await customer.says("算了不约了")
    await other.says("还是周六上午十点", "姓名和手机号")


async def test_a_vague_time_is_narrowed_down(customer: Customer) -> None:
    await customer.says("我想去城东店试驾X5", "什么时候")
    reply = await customer.says("周六下午", "有空")
    assert all("周六 11月28日 1" in title for title in reply.buttons), reply.buttons
    await customer.clicks(reply.buttons[0], "姓名和手机号")


async def test_an_ambiguous_hour_is_taken_inside_the_opening_hours(customer: Customer) -> None:
    await customer.says("我想去城东店试驾X5", "什么时候")
    await customer.says("周六三点", "姓名和手机号")
    assert customer.slot("drive_time") == "2026-11-28T15:00:00+08:00"


async def test_the_first_days_of_the_spring_festival(customer: Customer) -> None:
    customer.at("2027-01-25T10:00")
    await customer.says("2月6日上午十点去城东店试驾X5", "不营业")
