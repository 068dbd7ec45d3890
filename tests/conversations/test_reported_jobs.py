"""Reported by a tester: the jobs of a service visit, before it is booked and afterwards."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.conversations.harness import Customer
from tests.conversations.stations import CONTACT

CAR = "周三上午十点去城东店，X5 浙A12345，12000公里"
OIL, MAJOR, TYRES, AIRCON = "regular_service", "major_service", "tire_service", "aircon_service"


@pytest.fixture
async def at_summary(customer: Customer) -> Customer:
    """An oil change and the air conditioning, from 596 元, 105 minutes."""
    await customer.says(f"{CAR}，我想预约常规保养和空调清洗", "姓名和手机号")
    await customer.says(CONTACT, "共约 105 分钟，596 元起", "确认预约吗")
    return customer


@pytest.fixture
async def booked(at_summary: Customer) -> Customer:
    await at_summary.clicks("确认预约", "预约码")
    return at_summary


@pytest.mark.parametrize("again", ["空调清洗不做了", "不要空调清洗", "空调不要了"])
async def test_what_is_taken_out_twice_stays_out(at_summary: Customer, again: str) -> None:
    await at_summary.says("空调清洗不做了", "空调清洗这次不做了")
    await at_summary.says(again, "确认预约吗", "常规保养", never=("· 空调清洗",))
    assert at_summary.slot("visit_jobs") == [OIL]


@pytest.mark.parametrize("said", ["轮胎不做了", "不做轮胎换位"])
async def test_what_was_never_chosen_is_not_put_in_by_refusing_it(at_summary: Customer, said: str) -> None:
    await at_summary.says(said, "确认预约吗", never=("· 轮胎",))
    assert at_summary.slot("visit_jobs") == [OIL, AIRCON]


@pytest.mark.parametrize("said", ["空调不洗了", "空调不要洗了", "空调不要"])
async def test_one_less_in_short_words(at_summary: Customer, said: str) -> None:
    await at_summary.says(said, "空调清洗这次不做了", "398 元起", "确认预约吗")
    assert at_summary.slot("visit_jobs") == [OIL]


async def test_no_oil_change(at_summary: Customer) -> None:
    await at_summary.says("机油不换了", "常规保养这次不做了", "确认预约吗")
    assert at_summary.slot("visit_jobs") == [AIRCON]


async def test_the_last_job_taken_out_asks_for_others(at_summary: Customer) -> None:
    await at_summary.says("机油不换了", "确认预约吗")
    await at_summary.says("不要空调清洗", "想做哪些项目")


async def test_two_less_at_once(at_summary: Customer) -> None:
    await at_summary.says("把电瓶也查了", "电瓶检测", "确认预约吗")
    await at_summary.says("再加换季检测", "换季检测", "确认预约吗")
    await at_summary.says("电瓶和换季不要", "电瓶检测、换季检测这次不做了", "确认预约吗")
    assert at_summary.slot("visit_jobs") == [OIL, AIRCON]


@pytest.mark.parametrize(
    ("said", "job"),
    [("把刹车也查了", "brake_check"), ("加一个电瓶检测", "battery_check"), ("电瓶也要查", "battery_check")],
)
async def test_one_more_in_short_words(at_summary: Customer, said: str, job: str) -> None:
    await at_summary.says(said, "确认预约吗")
    assert at_summary.slot("visit_jobs") == [OIL, AIRCON, job]


async def test_one_for_another_leaves_the_rest(at_summary: Customer) -> None:
    await at_summary.says("把空调清洗换成刹车检查", "刹车检查", "确认预约吗", never=("· 空调清洗",))
    assert at_summary.slot("visit_jobs") == [OIL, "brake_check"]


async def test_a_mileage_adds_no_large_service(customer: Customer) -> None:
    await customer.says(
        "约保养，X5 浙AE1236，两万公里，12月2号上午10点城东，换机油和轮胎换位", "姓名和手机号"
    )
    await customer.says(CONTACT, "共约 105 分钟，498 元起", never=("大保养",))
    assert customer.slot("visit_jobs") == [OIL, TYRES]


async def test_a_large_service_is_a_suggestion_that_an_oil_change_replaces(customer: Customer) -> None:
    await customer.says("我要给S6约保养，浙AS7777", "多少公里")
    await customer.says("开了四万", "建议做“大保养”", "只做常规保养")
    await customer.says("换个机油就行", "常规保养", "398 元起", never=("大保养",))
    assert customer.slot("visit_jobs") == [OIL]


@pytest.mark.parametrize("said", ["顺便换机油", "换机油"])
async def test_an_oil_change_is_part_of_the_large_service(customer: Customer, said: str) -> None:
    await customer.says(f"{CAR}，我想预约大保养", "姓名和手机号")
    await customer.says(CONTACT, "798 元起")
    await customer.says(said, "大保养已经包含常规保养", "798 元起", never=("398",))
    assert customer.slot("visit_jobs") == [MAJOR]


async def test_both_named_at_once_are_charged_once(customer: Customer) -> None:
    await customer.says(f"{CAR}，我想预约大保养和常规保养", "大保养已经包含常规保养")
    assert customer.slot("visit_jobs") == [MAJOR]


async def test_the_first_service_holds_an_oil_change(customer: Customer) -> None:
    await customer.says("我要给X5预约保养，浙A12345，4000公里", "门店")
    await customer.says("首次保养和换机油都做", "首次保养已经包含常规保养")
    assert customer.slot("visit_jobs") == ["first_service"]


async def test_a_short_word_beside_a_job(customer: Customer) -> None:
    await customer.says(f"我要给X5预约大保养和空调，{CAR}", "姓名和手机号")
    assert customer.slot("visit_jobs") == [MAJOR, AIRCON]


async def test_brake_fluid_is_no_brake_check(at_summary: Customer) -> None:
    await at_summary.says("换刹车油", "“刹车油”不在线上可约的项目里", "故障检修", "确认预约吗")
    assert at_summary.slot("visit_jobs") == [OIL, AIRCON]
    await at_summary.says("加上故障检修", "· 故障检修", "确认预约吗")


@pytest.mark.parametrize(
    "said", ["一共多少钱", "总共多少钱 要多久", "要等多久", "一共多久能弄完", "多少钱", "这次保养一共多少钱"]
)
async def test_price_and_time_of_the_visit(at_summary: Customer, said: str) -> None:
    await at_summary.says(said, "一共约 105 分钟，596 元起", "确认预约吗", never=("落地", "提车", "哪一个"))


async def test_price_of_one_job(at_summary: Customer) -> None:
    await at_summary.says("换机油要多少钱", "常规保养（机油机滤），约 60 分钟，398 元起", never=("没有放进",))
    await at_summary.says("轮胎换位多少钱", "100 元起", "轮胎换位/更换还没有放进这次预约", "确认预约吗")
    assert at_summary.slot("visit_jobs") == [OIL, AIRCON]


async def test_what_a_service_costs_in_general_is_still_answered(at_summary: Customer) -> None:
    await at_summary.says("保养多少钱")
    at_summary.was_told("service.price")


@pytest.mark.parametrize("said", ["我不想做空调清洗了，帮我去掉", "空调清洗不做了", "不要空调清洗"])
async def test_one_less_after_booking(booked: Customer, said: str) -> None:
    row = booked.has_booked()
    await booked.says(said, "改好了", "到 11:00 左右", "398 元起", row.code, never=("取消",))
    assert booked.form is None
    changed = booked.has_booked(items=[OIL], code=row.code, start="2026-11-25T10:00")
    assert (changed.end - changed.start, changed.sequence) == (timedelta(minutes=60), 1)
    await booked.says("查一下我的预约", "常规保养", row.code, never=("空调清洗",))


@pytest.mark.parametrize("said", ["再加一个换季检测", "我还想加个换季检测", "换季检测也做一下"])
async def test_one_more_after_booking(booked: Customer, said: str) -> None:
    await booked.says(
        said, "改好了", "常规保养、空调清洗、换季检测", "到 12:15 左右", never=("车牌", "想什么时候")
    )
    booked.has_booked(items=[OIL, AIRCON, "seasonal_check"], start="2026-11-25T10:00")


async def test_again_after_booking_changes_nothing(booked: Customer) -> None:
    await booked.says("空调清洗不做了", "改好了")
    await booked.says("空调清洗不做了", "不用改", "常规保养")
    assert booked.has_booked(items=[OIL]).sequence == 1


async def test_one_more_that_does_not_fit_before_closing(customer: Customer) -> None:
    await customer.says("周三下午四点半去城东店给X5做常规保养，浙A12345，12000公里", "姓名和手机号")
    await customer.says(CONTACT, "确认预约吗")
    await customer.clicks("确认预约", "预约码")
    await customer.says("再加一个空调清洗", "没有足够的时间加做", "没有变", "顾问")
    assert customer.has_booked(items=[OIL]).sequence == 0


async def test_too_late_for_another_job(booked: Customer) -> None:
    booked.at("2026-11-25T09:30")
    await booked.says("再加一个换季检测", "线上不能改了", "请顾问")
    assert booked.has_booked(items=[OIL, AIRCON]).sequence == 0


async def test_another_visit_is_still_another_visit(booked: Customer) -> None:
    await booked.says("再约一个保养，轮胎换位")
    assert booked.form == "service_visit_form"
    assert booked.has_booked().sequence == 0


@pytest.mark.parametrize("said", ["空调清洗多久做一次", "刹车要不要检查", "轮胎换位要不要做"])
async def test_a_question_changes_nothing_after_booking(booked: Customer, said: str) -> None:
    await booked.says(said, never=("改好了",))
    assert booked.has_booked().sequence == 0
