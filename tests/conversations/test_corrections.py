"""Changes of mind, at any point and of anything."""

from __future__ import annotations

import pytest

from bot.store.tables import Hold
from tests.conversations.harness import Customer
from tests.conversations.stations import CONTACT, DRIVE, SERVICE, VISIT, Click


async def test_the_day_after_tomorrow_in_the_morning(customer: Customer) -> None:
    await customer.says(DRIVE, "姓名和手机号")
    reply = await customer.says("等等，时间换到后天上午", "有空")
    assert all("周二 11月24日" in title for title in reply.buttons)
    assert customer.slot("drive_time") is None
    await customer.clicks(reply.buttons[0], "姓名和手机号")
    await customer.says(CONTACT, "驾照")
    await customer.clicks("符合", "周二 11月24日")
    await customer.clicks("确认预约", "预约码")
    assert customer.has_booked(model="x5", store="east").start.day == 24


@pytest.mark.parametrize(
    ("said", "time"),
    [
        ("改到11月29日下午两点", "2026-11-29T14:00:00+08:00"),
        ("不对，是周四上午十点", "2026-11-26T10:00:00+08:00"),
        ("时间改成下午三点", "2026-11-28T15:00:00+08:00"),
        ("换成周五吧", "2026-11-27T10:00:00+08:00"),
        ("等等，时间换到后天上午十点半", "2026-11-24T10:30:00+08:00"),
    ],
)
@pytest.mark.parametrize("steps", [(), (CONTACT,), (CONTACT, "符合")], ids=["contact", "licence", "confirm"])
async def test_the_time(customer: Customer, steps: tuple[str, ...], said: str, time: str) -> None:
    """The form then goes on where it was."""
    await customer.says(DRIVE)
    for step in steps:
        await customer.says(step)
    asked = customer.asked
    await customer.says(said)
    assert customer.slot("drive_time") == time, customer.told(f"{customer.slot('drive_time')}")
    assert customer.asked == asked
    [hold] = customer.rows(Hold)
    assert hold.details["start"] == time


@pytest.mark.parametrize("steps", [(), (CONTACT,), (CONTACT, "符合")], ids=["contact", "licence", "confirm"])
async def test_the_model(customer: Customer, steps: tuple[str, ...]) -> None:
    await customer.says(DRIVE)
    for step in steps:
        await customer.says(step)
    asked = customer.asked
    await customer.says("不对，换成X7")
    assert (customer.slot("drive_model"), customer.slot("drive_store")) == ("x7", "east")
    assert customer.slot("drive_time") == "2026-11-28T10:00:00+08:00"
    assert customer.asked == asked
    assert customer.rows(Hold)[0].details["model"] == "x7"


async def test_a_model_that_the_store_has_not(customer: Customer) -> None:
    await customer.says("我想周六上午十点去城西店试驾X5", "姓名和手机号")
    await customer.says("不对，换成X7", "城西店暂时没有 青岚 X7", "城东店", "姓名和手机号")
    assert (customer.slot("drive_model"), customer.slot("drive_store")) == ("x7", "east")
    await customer.says(CONTACT)
    await customer.says("符合", "青岚 X7", "城东店", "周六 11月28日 10:00")


async def test_the_store(customer: Customer) -> None:
    await customer.says(DRIVE, "姓名和手机号")
    await customer.says("换成城西店", "姓名和手机号")
    assert (customer.slot("drive_store"), customer.slot("drive_time")) == (
        "west",
        "2026-11-28T10:00:00+08:00",
    )
    assert customer.rows(Hold)[0].details["store"] == "west"


async def test_a_store_without_the_car(customer: Customer) -> None:
    await customer.says("我想周六上午十点去试驾S6", "姓名和手机号")
    await customer.says("换成城西店", "城西店暂时没有 青岚 S6")
    assert customer.slot("drive_model") == "s6"
    assert customer.slot("drive_store") == "east"


async def test_the_store_where_the_time_is_taken(customer: Customer) -> None:
    customer.assistant.books("2026-11-28T10:00", model="x5", store="west")
    await customer.says(DRIVE, "姓名和手机号")
    reply = await customer.says("换成城西店", "被约走")
    assert len(reply.buttons) == 4


@pytest.mark.parametrize(
    ("said", "phone"),
    [
        ("手机号改成13900001111", "13900001111"),
        ("不对，手机号是13900001111", "13900001111"),
        ("电话写错了，13900001111", "13900001111"),
        ("手机号不是13812345678，是13900001111", "13900001111"),
    ],
)
@pytest.mark.parametrize("steps", [(CONTACT,), (CONTACT, "符合")], ids=["licence", "confirm"])
async def test_the_phone(customer: Customer, steps: tuple[str, ...], said: str, phone: str) -> None:
    await customer.says(DRIVE)
    for step in steps:
        await customer.says(step)
    asked = customer.asked
    await customer.says(said)
    assert (customer.slot("drive_phone"), customer.slot("drive_name")) == (phone, "张伟")
    assert customer.asked == asked


@pytest.mark.parametrize("said", ["名字改成李四", "名字写错了，叫李四", "不对，我叫李四"])
async def test_the_name(customer: Customer, said: str) -> None:
    await customer.says(DRIVE)
    await customer.says(CONTACT)
    await customer.says("符合", "确认预约吗")
    await customer.says(said, "确认预约吗", "李四")
    await customer.says("对", "预约码")
    customer.has_booked(name="李四", phone="13812345678")


@pytest.mark.parametrize(
    ("field", "question", "answer", "now"),
    [
        ("时间", "什么时候", "11月29日下午两点", "周日 11月29日 14:00"),
        ("门店", "哪家门店", "城西店", "城西店"),
        ("车型", "哪一款", "E5", "青岚 E5"),
        ("手机号", "手机号", "13900001111", "13900001111"),
        ("姓名", "怎么称呼", "李四", "李四"),
    ],
)
async def test_changes_at_the_confirmation(
    customer: Customer, field: str, question: str, answer: str, now: str
) -> None:
    await customer.says(DRIVE)
    await customer.says(CONTACT)
    await customer.clicks("符合", "确认预约吗")
    await customer.clicks("改一下", "要改哪一项")
    await customer.clicks(field, question)
    await customer.says(answer, "确认预约吗", now)
    await customer.clicks("确认预约", "预约码")
    customer.has_booked()


@pytest.mark.parametrize("said", ["不对", "不是", "等一下，要改", "改一下"])
async def test_a_no_at_the_confirmation_asks_what_to_change(customer: Customer, said: str) -> None:
    await customer.says(DRIVE)
    await customer.says(CONTACT)
    await customer.clicks("符合", "确认预约吗")
    await customer.says(said, "要改哪一项")
    await customer.says("换成周日上午十点", "确认预约吗", "周日 11月29日 10:00")
    await customer.clicks("确认预约", "预约码")
    customer.has_booked(start="2026-11-29T10:00")


async def test_a_no_with_the_new_time(customer: Customer) -> None:
    await customer.says(DRIVE)
    await customer.says(CONTACT)
    await customer.clicks("符合", "确认预约吗")
    await customer.says("不对，改成下午三点", "确认预约吗", "周六 11月28日 15:00")
    customer.has_booked_nothing()


async def test_a_yes_with_a_change_is_not_a_yes(customer: Customer) -> None:
    await customer.says(DRIVE)
    await customer.says(CONTACT)
    await customer.clicks("符合", "确认预约吗")
    await customer.says("好的，不过时间换成下午三点", "确认预约吗", "15:00")
    customer.has_booked_nothing()


async def test_two_changes_at_once(customer: Customer) -> None:
    await customer.says(DRIVE)
    await customer.says("换成E5，周五下午两点", "姓名和手机号")
    assert customer.slot("drive_model") == "e5"
    assert customer.slot("drive_time") == "2026-11-27T14:00:00+08:00"


async def test_a_change_to_a_time_that_is_taken_keeps_the_facts(customer: Customer) -> None:
    customer.assistant.books("2026-11-27T14:00", model="x5", store="east")
    await customer.says(DRIVE)
    await customer.says(CONTACT)
    await customer.clicks("符合", "确认预约吗")
    reply = await customer.says("改到周五下午两点", "被约走")
    assert len(reply.buttons) == 4
    await customer.says("那还是原来的周六上午十点吧", "确认预约吗", "周六 11月28日 10:00", "张伟")


async def test_an_earlier_button_is_a_correction(customer: Customer) -> None:
    await customer.says("我想试驾X5", "哪家门店")
    [west] = [c for c in customer.reply.choices if c["title"] == "城西店"]
    await customer.clicks("城东店", "什么时候")
    await customer.sends(west["payload"], "记下了", "时间还没定", title="城西店")
    assert customer.slot("drive_store") == "west"


async def test_the_model_before_the_store_is_known(customer: Customer) -> None:
    await customer.says("我想试驾X5", "哪家门店")
    await customer.says("还是看S3吧", "哪家门店")
    assert customer.slot("drive_model") == "s3"


@pytest.mark.parametrize(
    ("said", "slot", "value"),
    [
        ("车牌写错了，是浙A54321", "visit_plate", "浙A54321"),
        ("公里数不对，是22000公里", "visit_mileage", 22000),
        ("换成城西店", "visit_store", "west"),
        ("不是X5，是S3", "visit_model", "s3"),
        ("时间改到周四下午两点", "visit_time", "2026-11-26T14:00:00+08:00"),
        ("手机号改成13900001111", "visit_phone", "13900001111"),
        ("换成大保养", "visit_jobs", ["major_service"]),
    ],
)
async def test_a_service_visit(customer: Customer, said: str, slot: str, value: object) -> None:
    for step in (SERVICE, "浙A12345", "12000公里", "城东店", VISIT, CONTACT):
        await customer.says(step)
    customer.was_asked("visit_confirmed", "确认预约吗")
    await customer.says(said, "确认预约吗")
    assert customer.slot(slot) == value
    await customer.says("确认", "预约码")
    customer.has_booked(kind="service")


@pytest.mark.parametrize("field", ["时间", "门店", "项目", "车型", "车牌", "手机号"])
async def test_a_service_visit_at_the_confirmation(customer: Customer, field: str) -> None:
    answers = {"时间": "周四下午两点", "门店": "城西店", "项目": "刹车检查", "车型": "S3", "车牌": "浙A54321"}
    for step in (SERVICE, "浙A12345", "12000公里", "城东店", VISIT, CONTACT):
        await customer.says(step)
    await customer.clicks("改一下", "要改哪一项")
    await customer.clicks(field)
    await customer.says(answers.get(field, "13900001111"), "确认预约吗")
    await customer.clicks("确认预约", "预约码")
    customer.has_booked(kind="service")


async def test_what_a_button_brought_is_corrected_like_the_rest(customer: Customer) -> None:
    for step in ("我想试驾", Click("青岚 S3"), Click("城西店")):
        await (customer.clicks(step) if isinstance(step, Click) else customer.says(step))
    await customer.clicks(customer.reply.buttons[0], "姓名和手机号")
    await customer.says("换成X5", "姓名和手机号")
    assert customer.slot("drive_model") == "x5"
