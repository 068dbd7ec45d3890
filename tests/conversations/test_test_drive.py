"""Booking a test drive, from nothing and with everything said up front."""

from __future__ import annotations

import re

import pytest

from bot.store.tables import Hold
from tests.conversations.harness import Customer
from tests.conversations.stations import CONTACT, DRIVE, STATIONS


async def test_from_nothing(customer: Customer) -> None:
    await customer.says("我想试驾", "哪一款")
    await customer.clicks("青岚 E5", "哪家门店")
    reply = await customer.clicks("城西店", "什么时候")
    await customer.clicks(reply.buttons[0], "姓名和手机号")
    await customer.says("李娜 13912345678", "驾照")
    await customer.clicks("符合", "确认预约吗", "青岚 E5", "城西店", "李娜", "13912345678")
    customer.has_booked_nothing()
    await customer.clicks("确认预约", "预约码")
    customer.has_booked(kind="test_drive", model="e5", store="west", name="李娜", phone="13912345678")
    assert customer.messages <= 8
    assert customer.filled("drive_") == {}


async def test_from_nothing_in_own_words(customer: Customer) -> None:
    await customer.says("我想约个试驾", "哪一款")
    await customer.says("七座的", "什么时候")  # only one store has the X7
    await customer.says("周六下午", "有空")
    await customer.says("三点", "姓名和手机号")
    await customer.says("我叫欧阳娜娜，电话13912345678", "驾照")
    await customer.says("有，拿了五年了", "确认预约吗", "周六 11月28日 15:00", "青岚 X7", "城东店")
    await customer.says("没问题", "预约码")
    customer.has_booked(model="x7", store="east", start="2026-11-28T15:00", name="欧阳娜娜")
    assert customer.messages <= 8


@pytest.mark.parametrize("asked", ["E5冬天续航会缩水吗", "青岚E5多少钱"])
@pytest.mark.parametrize("wish", ["那试驾一下", "我想试驾", "这车我想试试", "约个试驾吧"])
async def test_the_model_that_was_asked_about(customer: Customer, asked: str, wish: str) -> None:
    await customer.says(asked)
    await customer.says("你们几点关门")
    await customer.says(wish, "为您约青岚 E5的试驾", "别的车型", "哪家门店", never=("哪一款",))
    await customer.says("还是试X7吧", "青岚 X7")
    assert customer.filled("drive_model") == {"drive_model": "x7"}


@pytest.mark.parametrize("wish", ["我想试驾别的车", "能试驾哪些车", "都想试驾一下"])
async def test_another_model_than_the_one_asked_about(customer: Customer, wish: str) -> None:
    await customer.says("E5冬天续航会缩水吗")
    await customer.says(wish, never=("为您约青岚 E5",))


@pytest.mark.parametrize("told", ["X5保养一次多少钱", "我的X5有点异响", "X5质保几年", "我开的是X5，能置换吗"])
async def test_the_car_that_somebody_has_is_not_the_one_to_drive(customer: Customer, told: str) -> None:
    await customer.says(told)
    await customer.says("我想试驾", never=("为您约",))


async def test_two_models_asked_about_are_a_choice(customer: Customer) -> None:
    await customer.says("E5和X5哪个续航长")
    await customer.says("我想试驾", "哪一款", never=("为您约",))


async def test_a_model_booked_already_is_not_meant_again(customer: Customer) -> None:
    await STATIONS["test drive: confirmation"].reach(customer)
    await customer.clicks("确认预约", "预约码")
    model = customer.has_booked(kind="test_drive").model
    name = customer.dealership.model(model).name
    await customer.says(f"{name}冬天续航会缩水吗")
    await customer.says("我想试驾", never=(f"为您约{name}",))


@pytest.mark.parametrize("said", ["随便", "都行", "还没想好", "还没定", "你们帮我选吧", "哪款都可以"])
async def test_who_has_not_chosen_a_model_is_helped(customer: Customer, said: str) -> None:
    await customer.says("我想试驾", "哪一款")
    await customer.says(said, "没关系", "预算和用途", "哪一款", never=("没有听懂",))
    await customer.clicks("青岚 E5", "哪家门店")


@pytest.mark.parametrize("chosen", ["第二个", "试驾第二个"])
@pytest.mark.parametrize("told", ["预算15万，家用", "家用带娃，预算15万", "推荐一款15万左右家用的"])
async def test_who_has_not_chosen_a_model_may_ask_for_advice(
    customer: Customer, told: str, chosen: str
) -> None:
    await customer.says("我想试驾", "哪一款")
    await customer.says("没想好", "没关系", "预算和用途")
    reply = await customer.says(told, "按您说的", "1. 青岚", "2. 青岚", "哪一款")
    second = re.findall(r"2\. (青岚 \w+)", reply.text)[0]
    assert reply.buttons[1] == second
    await customer.says(chosen)
    model = customer.filled("drive_")["drive_model"]
    assert second == f"青岚 {model.upper()}"


@pytest.mark.parametrize("agrees", ["好", "好的", "可以的", "确认", "就这个吧", "嗯嗯"])
async def test_a_yes_takes_the_only_time_there_is(customer: Customer, agrees: str) -> None:
    await customer.says("我想去城东店试驾X5", "什么时候")
    reply = await customer.says("今天上午", "选哪一个")
    assert len(reply.buttons) == 1
    await customer.says(agrees, "已为您保留", "姓名和手机号")


async def test_a_yes_takes_none_of_several_times(customer: Customer) -> None:
    await customer.says("我想去城东店试驾X5", "什么时候")
    reply = await customer.says("周六上午", "选哪一个")
    assert len(reply.buttons) > 1
    await customer.says("好的", "选哪一个", never=("已为您保留",))


async def test_everything_up_front(customer: Customer) -> None:
    await customer.says(DRIVE, "姓名和手机号")
    assert len(customer.rows(Hold)) == 1
    await customer.says(CONTACT, "驾照")
    await customer.clicks(
        "符合", "确认预约吗", "周六 11月28日 10:00", "青岚 X5", "城东店", "张伟", "13812345678"
    )
    customer.has_booked_nothing()
    reply = await customer.clicks(
        "确认预约", "预约码", "周六 11月28日 10:00", "迎宾大道 88 号", "0500-8800-1001"
    )
    booked = customer.has_booked(
        kind="test_drive",
        model="x5",
        store="east",
        start="2026-11-28T10:00",
        name="张伟",
        phone="13812345678",
    )
    assert booked.code == reply.code
    assert booked.end.strftime("%H:%M") == "10:45"


async def test_contact_up_front(customer: Customer) -> None:
    await customer.says("我叫张伟，13812345678，想周六上午十点到城东店试驾X5，驾照五年了", "确认预约吗")
    await customer.says("确认", "预约码")
    customer.has_booked(model="x5", store="east", start="2026-11-28T10:00", name="张伟", phone="13812345678")


async def test_the_store_up_front_limits_the_models(customer: Customer) -> None:
    reply = await customer.says("我想去城西店试驾", "哪一款")
    assert reply.buttons == ["青岚 S3", "青岚 X5", "青岚 E5"]


async def test_only_stores_with_the_car_are_offered(customer: Customer) -> None:
    await customer.says("我想试驾S6", "什么时候", never=("哪家门店",))
    assert customer.slot("drive_store") == "east"


async def test_the_next_free_times_are_buttons(customer: Customer) -> None:
    reply = await customer.says("我想去城东店试驾X5", "什么时候")
    assert 3 <= len(reply.buttons) <= 6
    await customer.clicks(reply.buttons[-1], "姓名和手机号")


@pytest.mark.parametrize(
    ("first", "question", "second"),
    [("张伟", "手机号", "13812345678"), ("13812345678", "怎么称呼", "张伟")],
)
async def test_name_and_phone_one_after_the_other(
    customer: Customer, first: str, question: str, second: str
) -> None:
    await customer.says(DRIVE, "姓名和手机号")
    await customer.says(first, question)
    await customer.says(second, "驾照")
    assert (customer.slot("drive_name"), customer.slot("drive_phone")) == ("张伟", "13812345678")


@pytest.mark.parametrize(
    "phone", ["138 1234 5678", "138-1234-5678", "+86 13812345678", "１３８１２３４５６７８"]
)
async def test_ways_to_write_a_phone(customer: Customer, phone: str) -> None:
    await customer.says(DRIVE, "姓名和手机号")
    await customer.says(f"张伟 {phone}", "驾照")
    assert customer.slot("drive_phone") == "13812345678"


@pytest.mark.parametrize(
    ("phone", "problem"),
    [("1381234567", "少了 1 位"), ("138123456789", "多了 1 位"), ("23812345678", "不像是手机号")],
)
async def test_a_wrong_phone_is_named(customer: Customer, phone: str, problem: str) -> None:
    await customer.says(DRIVE, "姓名和手机号")
    await customer.says(f"张伟 {phone}", problem, "手机号")
    assert customer.slot("drive_phone") is None
    await customer.says("13812345678", "驾照")


@pytest.mark.parametrize("answer", ["符合", "有的", "有驾照，三年了", "是的", "满一年了"])
async def test_with_a_licence(customer: Customer, answer: str) -> None:
    await customer.says(DRIVE)
    await customer.says(CONTACT, "驾照")
    await customer.says(answer, "确认预约吗")


@pytest.mark.parametrize(
    "answer", ["不符合", "我没有驾照", "驾照才拿了半年", "没有", "还没考驾照", "刚拿本三个月"]
)
async def test_without_a_licence(customer: Customer, answer: str) -> None:
    await customer.says(DRIVE)
    await customer.says(CONTACT, "驾照")
    await customer.says(answer, "顾问", never=("确认预约吗",))
    customer.has_booked_nothing()
    assert customer.rows(Hold) == []
    assert customer.filled("drive_") == {}
    await customer.clicks("请顾问安排", "已经为您转接")
    customer.is_queued("asked_for_a_person")


async def test_without_a_licence_and_without_a_person(customer: Customer) -> None:
    await customer.says(DRIVE)
    await customer.says(CONTACT, "驾照")
    await customer.clicks("不符合", "顾问")
    await customer.clicks("不用了")
    customer.belongs_to_bot()
    assert customer.form is None


async def test_nothing_is_booked_without_a_yes(customer: Customer) -> None:
    await customer.says(DRIVE)
    await customer.says(CONTACT)
    await customer.clicks("符合", "确认预约吗")
    await customer.says("我再想想")
    customer.has_booked_nothing()


async def test_a_typed_title_is_the_button(customer: Customer) -> None:
    await customer.says("我想试驾", "哪一款")
    await customer.says("青岚 S3", "哪家门店")
    await customer.says("城西店", "什么时候")
    assert customer.slot("drive_store") == "west"


async def test_any_store_will_do(customer: Customer) -> None:
    await customer.says("我想试驾X5", "哪家门店")
    await customer.says("哪家都行", "什么时候")
    assert customer.slot("drive_store") in ("east", "west")


async def test_any_time_will_do(customer: Customer) -> None:
    await customer.says("我想去城东店试驾X5", "什么时候")
    reply = await customer.says("都可以，你们定", "点一个")
    assert reply.buttons


async def test_late_in_the_evening(customer: Customer) -> None:
    customer.at("2026-11-22T23:40")
    reply = await customer.says("我想去城东店试驾X5", "什么时候")
    assert "11月23日" in reply.buttons[0]
    await customer.says("明天上午十点", "姓名和手机号")
    await customer.says(CONTACT, "驾照")
    await customer.clicks("符合", "周一 11月23日 10:00")
    await customer.clicks("确认预约", "预约码")
    customer.has_booked(start="2026-11-23T10:00")


async def test_after_midnight(customer: Customer) -> None:
    customer.at("2026-11-23T00:20")
    await customer.says("今天下午三点想去城东店试驾X5", "姓名和手机号")
    assert customer.slot("drive_time") == "2026-11-23T15:00:00+08:00"
