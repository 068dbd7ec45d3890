"""Greeting, thanks, goodbye, small talk, abuse, out of scope, and what nobody understands."""

from __future__ import annotations

import pytest

from bot.store.staff_tables import Case
from tests.conversations.harness import Customer
from tests.conversations.stations import STATIONS, Station

NONSENSE = ("qwzx plmk vbnt", "zxcv qpwo", "啪嗒咻咻", "lkjh poiu", "噗噜噗噜", "wqeq asdz")


@pytest.mark.parametrize("said", ["你好", "您好", "在吗", "hi", "早上好", "有人吗"])
async def test_greeting(customer: Customer, said: str) -> None:
    reply = await customer.says(said, "小岚", "青岚汽车")
    assert "预约试驾" in reply.buttons


async def test_the_buttons_of_the_greeting(customer: Customer) -> None:
    await customer.says("你好")
    await customer.clicks("预约试驾", "哪一款")


@pytest.mark.parametrize("said", ["谢谢", "好的谢谢", "多谢啦"])
async def test_thanks(customer: Customer, said: str) -> None:
    await customer.says(said, "不客气")


@pytest.mark.parametrize(
    "said", ["知道了", "我知道了", "好的知道了", "明白了", "好的明白", "懂了", "了解了", "嗯嗯知道了"]
)
async def test_understood(customer: Customer, said: str) -> None:
    """Who has understood needs no help on the road, whether outside of a form or in one."""
    await customer.says(said, never=("安全第一",))
    await customer.says("我想周六上午十点去城东店试驾X5", "姓名和手机号")
    await customer.says(said, never=("安全第一",))
    assert customer.asked == "drive_phone"
    assert customer.rows(Case) == []


@pytest.mark.parametrize("said", ["再见", "拜拜", "没事了，拜拜"])
async def test_goodbye(customer: Customer, said: str) -> None:
    await customer.says(said, "再见")


@pytest.mark.parametrize("said", ["你是谁", "你叫什么名字", "你是机器人吗", "你是真人还是机器人"])
async def test_who_are_you(customer: Customer, said: str) -> None:
    await customer.says(said, "小岚")


@pytest.mark.parametrize("said", ["讲个笑话", "你吃饭了吗", "今天心情不好"])
async def test_small_talk(customer: Customer, said: str) -> None:
    reply = await customer.says(said)
    assert reply.buttons
    assert customer.form is None


@pytest.mark.parametrize("said", ["你个傻逼", "滚", "垃圾机器人"])
async def test_abuse(customer: Customer, said: str) -> None:
    await customer.says(said, "抱歉")
    customer.belongs_to_bot()


@pytest.mark.parametrize("said", ["帮我写一首诗", "今天股票会涨吗", "附近有什么好吃的", "帮我订张机票"])
async def test_out_of_scope(customer: Customer, said: str) -> None:
    await customer.says(said, "帮不上忙")
    customer.belongs_to_bot()


@pytest.mark.parametrize("station", STATIONS.values(), ids=STATIONS)
async def test_in_the_middle(customer: Customer, station: Station) -> None:
    """One short line, and the question again; a greeting is no place, no complaint and no name."""
    await station.reach(customer)
    before = customer.filled("")
    for said in ("你好", "谢谢", "讲个笑话", "😂😂"):
        await customer.says(said)
        station.is_where(customer)
        assert customer.filled("") == before, customer.told("small talk became a fact")


@pytest.mark.parametrize(
    "name", ["test drive: model", "service: mileage", "booking: code", "own car: identity"]
)
async def test_out_of_scope_in_the_middle(customer: Customer, name: str) -> None:
    await STATIONS[name].reach(customer)
    await customer.says("今天股票会涨吗", "帮不上忙")
    STATIONS[name].is_where(customer)


async def test_one_misunderstanding(customer: Customer) -> None:
    reply = await customer.says(NONSENSE[0], "没有听懂", never=("要我请人工",))
    assert "预约试驾" in reply.buttons
    await customer.says("我想试驾", "哪一款")


async def test_two_misunderstandings(customer: Customer) -> None:
    await customer.says(NONSENSE[0], "没有听懂")
    await customer.says(NONSENSE[1], "要我请人工顾问")
    customer.belongs_to_bot()
    await customer.says("好的", "已经为您转接")
    customer.is_queued("two_misunderstandings")


async def test_two_misunderstandings_and_the_button(customer: Customer) -> None:
    await customer.says(NONSENSE[0])
    await customer.says(NONSENSE[1], "要我请人工顾问")
    await customer.clicks("转人工顾问", "已经为您转接")
    customer.is_queued("two_misunderstandings")


async def test_two_misunderstandings_and_a_no(customer: Customer) -> None:
    await customer.says(NONSENSE[0])
    await customer.says(NONSENSE[1], "要我请人工顾问")
    await customer.clicks("不用了")
    customer.belongs_to_bot()
    await customer.says("停车免费吗")
    customer.was_told("store.parking")


async def test_two_misunderstandings_at_night(customer: Customer) -> None:
    customer.at("2026-11-22T22:00")
    await customer.says(NONSENSE[0])
    await customer.says(NONSENSE[1], "要我请人工顾问")
    await customer.says("好的", "08:30")
    customer.has_case("callback")
    customer.belongs_to_bot()


async def test_understanding_in_between_begins_anew(customer: Customer) -> None:
    await customer.says(NONSENSE[0], "没有听懂")
    await customer.says("停车免费吗")
    customer.was_told("store.parking")
    await customer.says(NONSENSE[1], "没有听懂", never=("要我请人工顾问",))


async def test_no_loop(customer: Customer) -> None:
    """However long it goes on, the same words never come twice in a row, and a person stays within reach."""
    last = ""
    for said in NONSENSE:
        reply = await customer.says(said)
        assert reply.text != last, customer.told("a loop")
        assert "转人工顾问" in reply.buttons or "哪一个" in reply.text
        last = reply.text


@pytest.mark.parametrize(
    "name", ["test drive: model", "test drive: time", "service: vehicle", "booking: code"]
)
async def test_two_misunderstandings_in_the_middle(customer: Customer, name: str) -> None:
    await STATIONS[name].reach(customer)
    await customer.says(NONSENSE[0], "没有听懂")
    STATIONS[name].is_where(customer)
    await customer.says(NONSENSE[1], "要我请人工顾问")
    await customer.says("好的", "已经为您转接")
    customer.is_queued("two_misunderstandings")
    assert customer.form is None


async def test_two_misunderstandings_in_the_middle_and_a_no(customer: Customer) -> None:
    await customer.says("我想试驾", "哪一款")
    await customer.says(NONSENSE[0], "没有听懂")
    await customer.says(NONSENSE[1], "要我请人工顾问")
    await customer.says("不用", "哪一款")
    await customer.says("X5", "哪家门店")


async def test_two_misunderstandings_in_the_middle_and_the_answer(customer: Customer) -> None:
    await customer.says("我想试驾", "哪一款")
    await customer.says(NONSENSE[0], "没有听懂")
    await customer.says(NONSENSE[1], "要我请人工顾问")
    await customer.says("X5", "哪家门店")


@pytest.mark.parametrize("said", ["好的", "嗯", "行"])
async def test_a_yes_to_nothing(customer: Customer, said: str) -> None:
    await customer.says(said)
    customer.belongs_to_bot()
    assert customer.form is None


async def test_a_fact_that_nobody_asked_for(customer: Customer) -> None:
    await customer.says("13812345678")
    customer.belongs_to_bot()
    assert customer.filled("drive_", "visit_", "car_", "booking_") == {}
