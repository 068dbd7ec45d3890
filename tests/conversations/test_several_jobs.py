"""Several jobs in one visit: one more, one less, and which of them suit the car."""

from __future__ import annotations

import pytest

from tests.conversations.harness import Customer
from tests.conversations.stations import CONTACT

CAR = "周三上午十点去城东店，X5 浙A12345，12000公里"
THREE = ["regular_service", "brake_check", "tire_service"]


@pytest.fixture
async def at_summary(customer: Customer) -> Customer:
    """Three jobs, 135 minutes, from 498 元."""
    await customer.says(f"{CAR}，我想预约保养、刹车检查和轮胎换位", "姓名和手机号")
    assert customer.slot("visit_jobs") == THREE
    await customer.says(CONTACT, "确认预约吗", "刹车检查", "约 30 分钟，免费", "共约 135 分钟，498 元起")
    return customer


async def booked(customer: Customer, minutes: int, *items: str) -> None:
    await customer.clicks("确认预约", "预约码")
    row = customer.has_booked(kind="service", start="2026-11-25T10:00", items=list(items))
    assert (row.end - row.start).seconds == minutes * 60


async def test_all_in_one_visit(at_summary: Customer) -> None:
    await booked(at_summary, 135, *THREE)


@pytest.mark.parametrize("said", ["再加个空调清洗", "空调也洗一下", "还要洗空调"])
async def test_one_more(at_summary: Customer, said: str) -> None:
    await at_summary.says(said, "空调清洗", "共约 180 分钟，696 元起", "确认预约吗")
    await booked(at_summary, 180, *THREE, "aircon_service")


@pytest.mark.parametrize("said", ["刹车不看了", "刹车检查不做了", "不做刹车检查了", "刹车那个去掉吧"])
async def test_one_less(at_summary: Customer, said: str) -> None:
    await at_summary.says(said, "刹车检查这次不做了", "共约 105 分钟", "确认预约吗", never=("免费",))
    await booked(at_summary, 105, "regular_service", "tire_service")


async def test_one_for_another(at_summary: Customer) -> None:
    await at_summary.says("刹车不看了，加个空调清洗", "刹车检查这次不做了", "共约 150 分钟", "确认预约吗")
    await booked(at_summary, 150, "regular_service", "tire_service", "aircon_service")


async def test_one_less_before_the_contact(customer: Customer) -> None:
    await customer.says(f"{CAR}，我想预约保养和刹车检查", "姓名和手机号")
    await customer.says("刹车不看了", "这次不做了", "姓名和手机号")
    assert customer.slot("visit_jobs") == ["regular_service"]


async def test_one_more_that_no_longer_fits_before_closing(customer: Customer) -> None:
    await customer.says("周三下午四点半去城东店给X5做常规保养，浙A12345，12000公里", "姓名和手机号")
    await customer.says("再加个空调清洗", "下班前来不及")
    assert customer.slot("visit_jobs") == ["regular_service", "aircon_service"]
    await customer.clicks("15:30 城东店", "姓名和手机号")


async def test_an_oil_change_for_an_electric_car(customer: Customer) -> None:
    await customer.says(
        "周三上午十点去城东店给E5换机油和检查刹车，浙AD12345，15000公里",
        "青岚 E5 是纯电车",
        "不用做“常规保养”",
        "按“纯电车型保养”安排",
    )
    assert customer.slot("visit_jobs") == ["ev_service", "brake_check"]
    await customer.says(CONTACT, "共约 75 分钟，268 元起", never=("不用做",))


async def test_the_electric_service_for_a_petrol_car(customer: Customer) -> None:
    await customer.says(f"{CAR}，做个电车保养", "青岚 X5 是燃油车", "按“常规保养”安排")
    assert customer.slot("visit_jobs") == ["regular_service"]


async def test_the_first_electric_service_is_free_beside_others(customer: Customer) -> None:
    await customer.says("周三上午十点去城东店给E5做保养和空调清洗，浙AD12345，4000公里", "姓名和手机号")
    await customer.says(CONTACT, "首次免费", "共约 90 分钟，198 元起")
