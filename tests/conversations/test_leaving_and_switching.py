"""Leaving a booking, going over to another one, and booking twice: nothing of the one stays in the other."""

from __future__ import annotations

import pytest

from bot.store.tables import Appointment, Claim, Hold
from tests.conversations.harness import Customer
from tests.conversations.stations import BOOKING_STATIONS, CONTACT, DRIVE, STATIONS, VISIT, Station


@pytest.mark.parametrize("station", BOOKING_STATIONS.values(), ids=BOOKING_STATIONS)
async def test_never_mind(customer: Customer, station: Station) -> None:
    """Nothing is kept: the slot is free again and a new booking asks everything again."""
    await station.reach(customer)
    await customer.says("算了不约了", "停下")
    assert customer.form is None
    assert customer.filled("drive_", "visit_") == {}
    assert customer.rows(Hold) == []
    assert customer.assistant.rows(Claim) == []
    customer.has_booked_nothing()
    await customer.says("我想试驾", "哪一款")


@pytest.mark.parametrize("said", ["不约了", "取消", "先不约了，谢谢", "我不想试驾了", "取消预约"])
async def test_ways_to_leave(customer: Customer, said: str) -> None:
    await customer.says(DRIVE, "姓名和手机号")
    await customer.says(said, "停下")
    assert customer.form is None
    assert customer.rows(Hold) == []


@pytest.mark.parametrize("said", ["算了，还是去吧", "还是来吧", "那还是去一趟吧", "还是约吧", "继续"])
async def test_coming_back_to_a_test_drive(customer: Customer, said: str) -> None:
    await customer.says(DRIVE, "姓名和手机号")
    await customer.says("算了不约了", "停下")
    await customer.says(said, "接着刚才的办", "姓名和手机号")


@pytest.mark.parametrize("said", ["还是不约吧", "算了，还是别去了吧"])
async def test_leaving_twice(customer: Customer, said: str) -> None:
    await customer.says(DRIVE, "姓名和手机号")
    await customer.says("算了不约了", "停下")
    await customer.says(said, never=("接着刚才的办",))
    assert customer.form is None


async def test_the_button_at_the_confirmation(customer: Customer) -> None:
    await STATIONS["test drive: confirmation"].reach(customer)
    await customer.clicks("不约了", "停下")
    customer.has_booked_nothing()
    assert customer.form is None


@pytest.mark.parametrize("name", [n for n in STATIONS if n.startswith(("booking", "own car"))])
async def test_leaving_other_dialogues(customer: Customer, name: str) -> None:
    await STATIONS[name].reach(customer)
    await customer.says("算了，不用了")
    assert customer.form is None
    assert customer.filled("booking_", "car_") == {}
    assert [b.status for b in customer.assistant.rows(Appointment)] in ([], ["confirmed"])


async def test_leaving_a_rescue_keeps_the_case(customer: Customer) -> None:
    await STATIONS["rescue: place"].reach(customer)
    await customer.says("算了，不用了")
    assert customer.form is None
    customer.has_case("rescue", status="open")


async def test_nothing_to_leave(customer: Customer) -> None:
    await customer.says("算了不约了", "取消预约")
    customer.belongs_to_bot()


async def test_a_second_booking_right_after_the_first(customer: Customer) -> None:
    await STATIONS["test drive: confirmation"].reach(customer)
    await customer.clicks("确认预约", "预约码")
    assert customer.filled("drive_") == {}
    await customer.says("我再约一个试驾", "哪一款")
    assert customer.filled("drive_") == {}
    await customer.says("E5", "哪家门店")
    await customer.says("城西店", "什么时候")
    await customer.says("11月29日下午两点", "姓名和手机号")
    await customer.clicks("还用 张伟 138****5678", "驾照")
    await customer.clicks("符合", "确认预约吗", "青岚 E5", "城西店", "张伟", "周日 11月29日 14:00")
    await customer.clicks("确认预约", "预约码")
    customer.has_booked(
        2, model="e5", store="west", start="2026-11-29T14:00", name="张伟", phone="13812345678"
    )


async def test_a_second_booking_for_somebody_else(customer: Customer) -> None:
    await STATIONS["test drive: confirmation"].reach(customer)
    await customer.clicks("确认预约", "预约码")
    await customer.says("帮我朋友也约一个，11月29日下午两点城东店试驾S3", "姓名和手机号")
    await customer.says("李四 13900001111", "驾照")
    await customer.clicks("符合", "李四")
    await customer.clicks("确认预约", "预约码")
    customer.has_booked(2, model="s3", name="李四", phone="13900001111")


async def test_service_right_after_a_test_drive(customer: Customer) -> None:
    await STATIONS["test drive: confirmation"].reach(customer)
    await customer.clicks("确认预约", "预约码")
    await customer.says("再约个保养", "车型和车牌")
    assert (
        customer.filled("drive_", "visit_model", "visit_store", "visit_time", "visit_name", "visit_phone")
        == {}
    )


async def test_from_test_drive_to_service_and_back(customer: Customer) -> None:
    """What was said about the test drive is still known when the customer comes back to it."""
    await customer.says(DRIVE, "姓名和手机号")
    await customer.says("等一下，我先约个保养", "车型和车牌")
    assert customer.form == "service_visit_form"
    assert customer.filled("visit_model", "visit_store", "visit_time") == {}
    await customer.says("X5 浙A12345", "多少公里")
    await customer.says("还是先约试驾吧", "姓名和手机号")
    assert customer.form == "test_drive_form"
    await customer.says(CONTACT, "驾照")
    await customer.clicks("符合", "确认预约吗", "青岚 X5", "周六 11月28日 10:00", "城东店")
    await customer.clicks("确认预约", "预约码")
    customer.has_booked(kind="test_drive", model="x5", start="2026-11-28T10:00")
    assert customer.form is None


async def test_from_service_to_test_drive_and_back(customer: Customer) -> None:
    for step in ("我要给X5预约保养", "浙A12345", "12000公里"):
        await customer.says(step)
    customer.was_asked("visit_store", "哪家门店")
    await customer.says("我想先约个试驾", "哪一款")
    assert customer.filled("drive_") == {}
    await customer.says("还是先约保养吧", "哪家门店")
    assert customer.form == "service_visit_form"
    await customer.says("城东店，周三上午十点", "姓名和手机号")
    await customer.says(CONTACT, "确认预约吗", "12,000 公里")
    await customer.clicks("确认预约", "预约码")
    customer.has_booked(kind="service", plate="浙A12345")


async def test_from_test_drive_to_service(customer: Customer) -> None:
    await customer.says("我想试驾X7", "什么时候")
    await customer.says("算了，先给我的S3约个保养", "车牌")
    assert customer.slot("visit_model") == "s3"
    for step in ("浙A12345", "12000公里", "城东店", VISIT, CONTACT):
        await customer.says(step)
    await customer.clicks("确认预约", "预约码")
    customer.has_booked(kind="service", model="s3", store="east")
    assert customer.form is None


async def test_a_booking_after_a_switch_knows_nothing_of_the_first(customer: Customer) -> None:
    await customer.says("我想试驾X7", "什么时候")
    await customer.says("我要预约保养", "车型和车牌")
    await customer.says("算了不约了", "停下")
    await customer.says("我想试驾", "哪一款")
    assert customer.filled("drive_", "visit_") == {}


async def test_from_a_booking_to_the_own_car_and_on(customer: Customer) -> None:
    await customer.says("我要预约保养", "车型和车牌")
    await customer.says("对了，我的车还在保修期吗", "手机号和车牌")
    await customer.says("13800000001 浙A·D1001", "整车质保期内")
    await customer.says("那我想试驾X7", "什么时候")
    assert customer.form == "test_drive_form"


async def test_from_a_test_drive_to_an_existing_booking(customer: Customer) -> None:
    customer.assistant.books("2026-11-28T10:00")
    await customer.says("我想试驾X5", "哪家门店")
    await customer.says("先帮我查一下之前的预约", "预约码")
    await customer.says("KHM374 13700001111", "周六 11月28日 10:00")
    customer.has_booked_nothing()


async def test_a_breakdown_comes_first(customer: Customer) -> None:
    await customer.says(DRIVE, "姓名和手机号")
    await customer.says("不好，我的车抛锚了", "安全第一", "400-000-1188", "什么位置")
    assert customer.form == "rescue_form"


async def test_goodbye_in_the_middle(customer: Customer) -> None:
    await customer.says(DRIVE, "姓名和手机号")
    await customer.says("再见", "没有完成")
    customer.has_booked_nothing()
