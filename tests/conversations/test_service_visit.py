"""Booking a service visit: the car, its mileage, the jobs, store, time and contact."""

from __future__ import annotations

import pytest

from tests.conversations.harness import Customer
from tests.conversations.stations import CONTACT, SERVICE


async def test_from_nothing(customer: Customer) -> None:
    await customer.says("我要预约保养", "车型和车牌")
    await customer.says("X5 浙A12345", "多少公里")
    await customer.says("12000", "哪家门店", "常规保养", "60 分钟", "398")
    reply = await customer.clicks("城东店", "什么时候")
    await customer.clicks(reply.buttons[0], "姓名和手机号")
    await customer.says(CONTACT, "确认预约吗", "青岚 X5", "浙A·12345", "12,000 公里", "常规保养", "张伟")
    customer.has_booked_nothing()
    await customer.clicks("确认预约", "预约码", "0500-8800-1002")
    customer.has_booked(
        kind="service", model="x5", store="east", items=["regular_service"], plate="浙A12345", mileage=12000
    )
    assert customer.messages <= 8
    assert customer.filled("visit_") == {}


async def test_everything_up_front(customer: Customer) -> None:
    await customer.says(
        "周三上午十点去城东店给我的X5做常规保养，车牌浙A12345，开了12000公里，我叫张伟，电话13812345678",
        "确认预约吗",
        "周三 11月25日 10:00",
    )
    await customer.says("确认", "预约码")
    booked = customer.has_booked(
        kind="service", model="x5", store="east", plate="浙A12345", mileage=12000, start="2026-11-25T10:00"
    )
    assert (booked.items, booked.name, booked.phone) == (["regular_service"], "张伟", "13812345678")


async def test_a_known_car(customer: Customer) -> None:
    """Phone and plate together: model and mileage are known, and with them the job."""
    await customer.says("我要预约保养", "车型和车牌")
    await customer.says("13800000002 浙A·B2002", "认出来了", "青岚 S6", "38,600 公里", "大保养", "哪家门店")
    assert (customer.slot("visit_model"), customer.slot("visit_mileage")) == ("s6", 38600)
    await customer.says("城东店，周三上午十点", "怎么称呼", never=("手机号",))
    await customer.says("王强", "确认预约吗", "13800000002")
    await customer.clicks("确认预约", "预约码")
    customer.has_booked(
        model="s6", items=["major_service"], plate="浙AB2002", phone="13800000002", name="王强"
    )


async def test_a_known_car_with_news_of_its_mileage(customer: Customer) -> None:
    await customer.says("我要预约保养")
    await customer.says("13800000002 浙AB2002", "哪家门店")
    await customer.says("现在开到44000公里了", "哪家门店", "常规保养")
    assert (customer.slot("visit_mileage"), customer.slot("visit_jobs")) == (44000, ["regular_service"])


@pytest.mark.parametrize("identity", ["13800000001 浙A·B2002", "13911112222 浙A·B2002"])
async def test_somebody_elses_plate_reveals_nothing(customer: Customer, identity: str) -> None:
    await customer.says("我要预约保养", "车型和车牌")
    await customer.says(identity, "哪一款", never=("S6", "38,600", "认出来"))
    assert (customer.slot("visit_model"), customer.slot("visit_mileage")) == (None, None)


@pytest.mark.parametrize(
    ("said", "jobs", "minutes"),
    [
        ("保养和刹车检查，再洗一下空调", ["regular_service", "brake_check", "aircon_service"], 135),
        ("换季检测、电瓶检测", ["seasonal_check", "battery_check"], 60),
        ("发动机有异响，想检修一下", ["diagnosis"], 60),
        ("轮胎换位", ["tire_service"], 45),
        ("大保养加空调清洗", ["major_service", "aircon_service"], 135),
    ],
)
async def test_jobs(customer: Customer, said: str, jobs: list[str], minutes: int) -> None:
    """One or several in one visit, which lasts as long as all of them."""
    await customer.says(f"我想预约周三上午十点到城东店，X5 浙A12345，12000公里，{said}", "姓名和手机号")
    await customer.says(CONTACT, "确认预约吗")
    await customer.clicks("确认预约", "预约码")
    booked = customer.has_booked(kind="service", start="2026-11-25T10:00")
    assert sorted(booked.items) == sorted(jobs)
    assert (booked.end - booked.start).seconds == minutes * 60


async def test_one_more_job(customer: Customer) -> None:
    await customer.says(SERVICE)
    await customer.says("浙A12345")
    await customer.says("12000公里", "哪家门店")
    await customer.says("再加一个空调清洗", "空调清洗", "常规保养", "哪家门店")
    assert customer.slot("visit_jobs") == ["regular_service", "aircon_service"]


async def test_another_job_instead(customer: Customer) -> None:
    await customer.says("我想预约周三上午十点到城东店做轮胎换位，X5 浙A12345，12000公里", "姓名和手机号")
    await customer.says("不做轮胎了，换成空调清洗", "姓名和手机号")
    assert customer.slot("visit_jobs") == ["aircon_service"]
    assert customer.slot("visit_time") == "2026-11-25T10:00:00+08:00"


@pytest.mark.parametrize(
    ("car", "mileage", "job"),
    [
        ("X5", "4800公里", "first_service"),
        ("X5", "2万公里", "major_service"),
        ("S3", "三万五千公里", "regular_service"),
        ("E5", "15000公里", "ev_service"),
    ],
)
async def test_the_service_that_suits_the_car(customer: Customer, car: str, mileage: str, job: str) -> None:
    await customer.says(f"我要给{car}预约保养", "车牌")
    await customer.says("浙AD12345" if car == "E5" else "浙A12345", "多少公里")
    await customer.says(mileage, "哪家门店")
    assert customer.slot("visit_jobs") == [job]


async def test_an_electric_car_is_served_in_the_electric_bay(customer: Customer) -> None:
    await customer.says("周三上午十点去城西店给E5做保养，浙AD12345，15000公里", "姓名和手机号")
    await customer.says(CONTACT, "确认预约吗", "纯电车型保养")
    await customer.clicks("确认预约", "预约码")
    booked = customer.has_booked(model="e5", items=["ev_service"], store="west")
    resources = {r.id: r for r in customer.dealership.resources}
    assert all(resources[id_].electric for id_ in booked.resources)


@pytest.mark.parametrize("answer", ["没上牌", "还没上牌呢", "临牌"])
async def test_a_car_without_a_plate(customer: Customer, answer: str) -> None:
    await customer.says(SERVICE, "车牌")
    await customer.says(answer, "多少公里")
    assert customer.slot("visit_plate") == ""


@pytest.mark.parametrize("answer", ["不清楚", "没注意看", "忘了"])
async def test_a_mileage_that_nobody_knows(customer: Customer, answer: str) -> None:
    await customer.says(SERVICE)
    await customer.says("浙A12345", "多少公里")
    await customer.says(answer, "哪家门店")
    await customer.says("城东店，周三上午十点", "姓名和手机号")
    await customer.says(CONTACT, "确认预约吗")
    await customer.clicks("确认预约", "预约码")
    customer.has_booked(plate="浙A12345", mileage=None)


async def test_a_wrong_plate_is_named(customer: Customer) -> None:
    await customer.says(SERVICE)
    await customer.says("浙A123", "车牌")
    assert customer.slot("visit_plate") is None
    await customer.says("浙A12345", "多少公里")


@pytest.mark.parametrize("said", ["1万2", "一万二千公里", "12000km", "大概一万二"])
async def test_ways_to_say_a_mileage(customer: Customer, said: str) -> None:
    await customer.says(SERVICE)
    await customer.says("浙A12345", "多少公里")
    await customer.says(said, "哪家门店")
    assert customer.slot("visit_mileage") == 12000


async def test_a_visit_ends_before_closing(customer: Customer) -> None:
    """Half past five minus sixty minutes is the last start."""
    await customer.says("周三下午五点去城东店给X5做常规保养，浙A12345，12000公里", "下班前来不及")
    assert len(customer.reply.buttons) == 3
    await customer.clicks("周三 11月25日 16:30 城东店", "姓名和手机号")


async def test_what_the_jobs_are_is_asked(customer: Customer) -> None:
    await customer.says("我的X5要进厂，预约一下，浙A12345，12000公里", "哪些项目")
    assert "常规保养" in customer.reply.buttons
    assert "纯电车型保养" not in customer.reply.buttons
    await customer.says("刹车检查和四季检测", "哪家门店")


@pytest.mark.parametrize("said", ["交车三个月了", "去年5月买的", "上个月提的车", "车刚买三个月"])
async def test_how_old_the_car_is_stops_no_booking(customer: Customer, said: str) -> None:
    await customer.says("约首保", "车型和车牌")
    await customer.says("E5 没上牌", "多少公里")
    await customer.says(said, "明白", "多少公里", never=("没有听懂", "已经过去", "哪一款车"))
    await customer.says("3000公里", "哪家门店")
    await customer.says(said, "明白", "哪家门店", never=("没有听懂", "已经过去", "哪一款车"))
    await customer.clicks("城东店", "什么时候")
    assert customer.filled("visit_")["visit_model"] == "e5"


async def test_how_old_the_car_is_may_come_with_the_mileage(customer: Customer) -> None:
    await customer.says("约首保", "车型和车牌")
    await customer.says("E5 没上牌", "多少公里")
    await customer.says("三个月前买的，开了3000公里", "哪家门店", never=("已经过去",))
    assert customer.filled("visit_")["visit_mileage"] == 3000
