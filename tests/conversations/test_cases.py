"""Breakdown and complaint: care first, a record at once, a person afterwards."""

from __future__ import annotations

import pytest

from bot.store.staff_tables import Case, Handoff
from tests.conversations.harness import Customer
from tests.conversations.stations import STATIONS

NIGHT = "2026-11-22T22:00"


async def test_a_breakdown(customer: Customer) -> None:
    reply = await customer.says("我的车抛锚了", "安全第一", "400-000-1188", "什么位置")
    assert reply.text.index("安全第一") < reply.text.index("400-000-1188") < reply.text.index("什么位置")
    customer.has_case("rescue")  # from the first word: who leaves now is not lost
    await customer.says("绕城高速往机场方向，迎宾收费站前面一点", "手机号")
    customer.has_case("rescue")
    await customer.says("13812345678", "已经登记救援", "迎宾收费站", "138****5678", "已经为您转接")
    case = customer.has_case("rescue", phone="13812345678", status="open")
    assert "迎宾收费站" in case.details["place"]
    handoff = customer.is_queued("rescue")
    assert handoff.summary["case"] == case.id
    assert customer.form is None
    assert customer.filled("rescue_") == {}


@pytest.mark.parametrize(
    "said", ["车打不着火了", "我在高速上车坏了", "爆胎了，走不了了", "需要拖车救援", "出事故了，车动不了"]
)
async def test_ways_to_break_down(customer: Customer, said: str) -> None:
    await customer.says(said, "安全第一", "400-000-1188")
    customer.has_case("rescue")


async def test_a_breakdown_told_at_once(customer: Customer) -> None:
    await customer.says("我的车在学府路16号门口抛锚了，电话13812345678", "安全第一", "已经登记救援", "学府路")
    case = customer.has_case("rescue", phone="13812345678")
    assert "学府路" in case.details["place"]
    customer.is_queued("rescue")


async def test_a_breakdown_at_night(customer: Customer) -> None:
    """No queue when nobody is on duty: the rescue line answers around the clock."""
    customer.at(NIGHT)
    await customer.says("我的车抛锚了", "400-000-1188")
    await customer.says("学府路和迎宾大道路口", "手机号")
    await customer.says("13812345678", "已经登记救援", "400-000-1188", never=("转接",))
    customer.has_case("rescue", phone="13812345678")
    customer.belongs_to_bot()
    assert customer.rows(Handoff) == []
    await customer.says("停车免费吗")
    customer.was_told("store.parking")


async def test_a_breakdown_without_a_phone(customer: Customer) -> None:
    await customer.says("我的车抛锚了")
    await customer.says("学府路和迎宾大道路口", "手机号")
    await customer.says("不方便留", "已经登记救援", "400-000-1188")
    customer.has_case("rescue", phone=None)


async def test_a_breakdown_told_twice_is_one_case(customer: Customer) -> None:
    await customer.says("我的车抛锚了", "什么位置")
    await customer.says("快点来救援啊，车抛锚了", "什么位置")
    await customer.says("学府路和迎宾大道路口", "手机号")
    await customer.says("13812345678", "已经登记救援")
    customer.has_case("rescue", phone="13812345678")


async def test_a_wrong_phone(customer: Customer) -> None:
    await STATIONS["rescue: phone"].reach(customer)
    await customer.says("1381234567", "少了 1 位", "手机号")
    await customer.says("13812345678", "已经登记救援")
    case = customer.has_case("rescue", phone="13812345678")
    assert case.details["place"] == "学府路和迎宾大道路口"


async def test_the_place_is_corrected(customer: Customer) -> None:
    await STATIONS["rescue: phone"].reach(customer)
    await customer.says("位置说错了，在迎宾大道88号门口", "手机号")
    await customer.says("13812345678", "已经登记救援", "迎宾大道88号")


async def test_a_complaint(customer: Customer) -> None:
    await customer.says("我要投诉", "抱歉", "发生了什么")
    customer.has_case("complaint")
    await customer.says("昨天在城东店保养，等了三个小时没人管，态度还很差", "手机号")
    await customer.says("13812345678", "48 小时", "周二 11月24日 10:00", "138****5678", "已经为您转接")
    case = customer.has_case("complaint", phone="13812345678", due_at="2026-11-24T10:00", status="open")
    assert case.details["text"] == "昨天在城东店保养，等了三个小时没人管，态度还很差"
    customer.is_queued("complaint")
    assert customer.filled("complaint_") == {}


async def test_a_complaint_told_at_once(customer: Customer) -> None:
    await customer.says("我要投诉城东店，昨天保养等了三个小时没人管", "抱歉", "手机号", never=("发生了什么",))
    await customer.says("13812345678", "48 小时")
    case = customer.has_case("complaint", phone="13812345678")
    assert "三个小时没人管" in case.details["text"]


async def test_a_complaint_at_night(customer: Customer) -> None:
    customer.at(NIGHT)
    await customer.says("我要投诉", "抱歉")
    await customer.says("昨天在城东店保养，等了三个小时没人管", "手机号")
    await customer.says("13812345678", "48 小时", "周二 11月24日 22:00", never=("转接",))
    customer.has_case("complaint", phone="13812345678")
    customer.belongs_to_bot()


async def test_a_complaint_without_a_phone(customer: Customer) -> None:
    await STATIONS["complaint: phone"].reach(customer)
    await customer.says("不想留电话", "已经登记投诉", "48 小时")
    customer.has_case("complaint", phone=None)


async def test_more_words_of_a_complaint(customer: Customer) -> None:
    await STATIONS["complaint: phone"].reach(customer)
    await customer.says("而且那个顾问还骂人", "手机号")
    await customer.says("13812345678", "48 小时")
    text = customer.has_case("complaint").details["text"]
    assert "三个小时" in text
    assert "骂人" in text


async def test_an_angry_complaint_is_not_abuse(customer: Customer) -> None:
    await customer.says("我要投诉", "发生了什么")
    await customer.says("你们就是一群骗子，修了三次都没修好", "手机号")
    assert "修了三次" in customer.has_case("complaint").details["text"]


async def test_leaving_a_complaint_keeps_it(customer: Customer) -> None:
    await STATIONS["complaint: phone"].reach(customer)
    await customer.says("算了不说了")
    assert customer.form is None
    assert "三个小时" in customer.has_case("complaint", status="open").details["text"]


async def test_a_person_in_the_middle_of_a_complaint(customer: Customer) -> None:
    await STATIONS["complaint: phone"].reach(customer)
    await customer.says("我要跟真人说", "已经为您转接")
    handoffs = customer.rows(Handoff)
    assert len(handoffs) == 1
    assert customer.owner == "queued"
    assert len(customer.rows(Case)) == 1


async def test_a_second_complaint_later(customer: Customer) -> None:
    customer.at(NIGHT)
    for _ in range(2):
        await customer.says("我要投诉", "发生了什么")
        await customer.says("昨天在城东店保养，等了三个小时没人管", "手机号")
        await customer.says("13812345678", "48 小时")
    assert len(customer.rows(Case, kind="complaint")) == 2
