"""Times that leave something open: what fits is offered, what cannot be is said, and the customer is asked kindly."""

from __future__ import annotations

import pytest

from tests.conversations.harness import Customer

ASK = "我想去城东店试驾X5"


def days(buttons: list[str]) -> set[str]:
    """The days on the buttons: "周三 11月25日 09:00" → "11月25日"."""
    return {title.split()[1] for title in buttons}


@pytest.mark.parametrize("said", ["11月24号周三", "24号礼拜三吧", "周三24号"])
async def test_a_date_and_a_weekday_that_disagree(customer: Customer, said: str) -> None:
    await customer.says(ASK, "什么时候")
    reply = await customer.says(said, "周二 11月24日", "周三 11月25日", "对不上")
    assert days(reply.buttons) == {"11月24日", "11月25日"}
    customer.was_asked("drive_time", "对不上")
    await customer.says("周三", "周三 11月25日", "有空")


async def test_a_disagreement_keeps_the_hour(customer: Customer) -> None:
    reply = await customer.says("我想11月24号周三下午两点去城东店试驾X5", "周二 11月24日", "周三 11月25日")
    assert reply.buttons == ["周二 11月24日 14:00", "周三 11月25日 14:00"]
    await customer.says("是周三", "姓名和手机号")
    assert customer.slot("drive_time") == "2026-11-25T14:00:00+08:00"


@pytest.mark.parametrize("said", ["2月30号", "11月31号上午十点", "明天25点"])
async def test_a_time_that_does_not_exist(customer: Customer, said: str) -> None:
    await customer.says(ASK, "什么时候")
    reply = await customer.says(said, "日历上找不到", said)
    assert len(reply.buttons) == 6
    await customer.says("那就周六上午十点", "姓名和手机号")


async def test_the_end_of_the_month(customer: Customer) -> None:
    await customer.says(ASK, "什么时候")
    reply = await customer.says("月底吧", "11月25日", "11月30日", "有空")
    assert days(reply.buttons) == {"11月25日", "11月28日", "11月30日"}
    await customer.clicks(reply.buttons[-1], "姓名和手机号")


async def test_the_end_of_the_month_in_the_morning(customer: Customer) -> None:
    reply = await customer.says("月底哪天上午都行，我想去城东店试驾X5")
    assert len(reply.buttons) == 6
    assert all(title[-5:] < "12:00" for title in reply.buttons), reply.buttons


async def test_the_beginning_of_next_month(customer: Customer) -> None:
    await customer.says(ASK, "什么时候")
    reply = await customer.says("下个月初", "有空")
    assert days(reply.buttons) <= {f"12月{day}日" for day in range(1, 8)}


@pytest.mark.parametrize("said", ["越快越好", "尽快", "最近有空就去", "能多早就多早"])
async def test_as_soon_as_possible(customer: Customer, said: str) -> None:
    await customer.says(ASK, "什么时候")
    reply = await customer.says(said, "最早")
    assert reply.buttons[0] == "周日 11月22日 11:30"  # an hour's notice
    await customer.clicks(reply.buttons[0], "姓名和手机号")


async def test_as_soon_as_possible_said_up_front(customer: Customer) -> None:
    reply = await customer.says("想去城东店试驾X5，越快越好", "最早")
    assert reply.buttons[0] == "周日 11月22日 11:30"  # an hour's notice


async def test_two_days_that_both_suit(customer: Customer) -> None:
    await customer.says(ASK, "什么时候")
    reply = await customer.says("周六上午或者周日下午都行", "这些时间有空")
    assert days(reply.buttons) == {"11月28日", "11月29日"}
    assert all((title[-5:] < "12:00") is ("28日" in title) for title in reply.buttons), reply.buttons


async def test_two_hours_that_both_suit(customer: Customer) -> None:
    reply = await customer.says("周六十点或者十一点去城东店试驾X5", "这些时间有空")
    assert reply.buttons == ["周六 11月28日 10:00", "周六 11月28日 11:00"]


async def test_one_of_two_hours_is_free(customer: Customer) -> None:
    customer.assistant.books("2026-11-28T10:00", model="x5", store="east")
    reply = await customer.says("周六十点或者十一点去城东店试驾X5")
    assert reply.buttons == ["周六 11月28日 11:00"]


@pytest.mark.parametrize("said", ["昨天", "上个月5号", "上周六上午", "前天下午三点"])
async def test_a_time_in_the_past(customer: Customer, said: str) -> None:
    await customer.says(ASK, "什么时候")
    reply = await customer.says(said, "已经过去")
    assert len(reply.buttons) == 3


@pytest.mark.parametrize("said", ["春节", "元旦以后", "明年三月", "国庆前后", "1月5号下午三点"])
async def test_a_time_too_far_away(customer: Customer, said: str) -> None:
    await customer.says(ASK, "什么时候")
    reply = await customer.says(said, "太远")
    assert reply.buttons


@pytest.mark.parametrize("said", ["下周一", "下周一上午", "下周一或者下下周一"])
async def test_the_day_on_which_the_workshop_is_closed(customer: Customer, said: str) -> None:
    await customer.says("去城西店给X5做常规保养，浙A12345，12000公里", "什么时候")
    reply = await customer.says(said, "不营业")
    assert len(reply.buttons) == 3


async def test_the_mornings_of_a_weekend(customer: Customer) -> None:
    await customer.says(ASK, "什么时候")
    reply = await customer.says("周末上午", "有空")
    assert days(reply.buttons) == {"11月28日", "11月29日"}
    assert all(title[-5:] < "12:00" for title in reply.buttons), reply.buttons


async def test_until_an_hour(customer: Customer) -> None:
    await customer.says(ASK, "什么时候")
    reply = await customer.says("周六十二点之前", "有空")
    assert reply.buttons
    assert all("11月28日" in title and title[-5:] < "12:00" for title in reply.buttons), reply.buttons


async def test_before_a_day(customer: Customer) -> None:
    await customer.says(ASK, "什么时候")
    reply = await customer.says("周四之前都可以", "有空")
    assert days(reply.buttons) <= {"11月22日", "11月23日", "11月24日", "11月25日"}


async def test_cantonese(customer: Customer) -> None:
    await customer.says(ASK, "什么时候")
    await customer.says("聽日下晝三點", "姓名和手机号")
    assert customer.slot("drive_time") == "2026-11-23T15:00:00+08:00"
