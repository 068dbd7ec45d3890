"""Questions of the FAQ, alone and in the middle of everything else."""

from __future__ import annotations

import pytest

from tests.conversations.harness import Customer
from tests.conversations.stations import BOOKING_STATIONS, STATIONS, Station


@pytest.mark.parametrize(
    ("question", "topic"),
    [
        ("停车免费吗", "store.parking"),
        ("X7油耗多少", "product.fuel_use"),
        ("你们店在哪里", "store.address"),
        ("你们几点关门", "store.hours"),
        ("试驾要多长时间", "drive.duration"),
        ("质保期是几年", "warranty.period"),
        ("E5充满电能跑多远", "product.ev_range"),
        ("首保免费吗", "service.first_free"),
        ("可以贷款吗", "price.loan"),
        ("旧车置换怎么弄", "used.process"),
    ],
)
async def test_alone(customer: Customer, question: str, topic: str) -> None:
    await customer.says(question)
    customer.was_told(topic)
    assert customer.form is None
    assert customer.filled("drive_", "visit_", "car_") == {}


async def test_a_suggested_question_is_a_button(customer: Customer) -> None:
    await customer.says("停车免费吗")
    await customer.clicks("营业时间")
    customer.was_told("store.hours")


async def test_what_is_not_clear_is_asked_back(customer: Customer) -> None:
    """Two or three topics to choose from, never a guess."""
    reply = await customer.says("电池")
    assert 2 <= len(reply.buttons) <= 3, customer.told("no choice")
    await customer.clicks(reply.buttons[0])
    assert customer.reply.text not in ("", reply.text)


@pytest.mark.parametrize("station", STATIONS.values(), ids=STATIONS)
async def test_in_the_middle(customer: Customer, station: Station) -> None:
    """The answer, then the form's question again; nothing that the question names becomes a fact."""
    await station.reach(customer)
    before = customer.filled("")
    for question, topic in (("停车免费吗", "store.parking"), ("X7油耗多少", "product.fuel_use")):
        await customer.says(question)
        customer.was_told(topic)
        station.is_where(customer)
        assert customer.filled("") == before, customer.told("a question became a fact")


@pytest.mark.parametrize("station", BOOKING_STATIONS.values(), ids=BOOKING_STATIONS)
async def test_in_the_middle_with_facts_of_the_form(customer: Customer, station: Station) -> None:
    """Questions that name a store, a day or a distance are questions all the same."""
    await station.reach(customer)
    before = customer.filled("")
    for question in ("城西店周一营业吗", "E5续航有多少公里"):
        await customer.says(question)
        station.is_where(customer)
        assert customer.filled("") == before, customer.told("a question became a fact")


async def test_a_topic_button_in_the_middle(customer: Customer) -> None:
    await customer.says("我想试驾", "哪一款")
    await customer.says("停车免费吗", "哪一款")
    await customer.clicks("营业时间", "哪一款")
    customer.was_told("store.hours")


async def test_the_answer_goes_on_after_the_question(customer: Customer) -> None:
    await customer.says("我想周六上午十点去城东店试驾X5", "姓名和手机号")
    await customer.says("试驾要带什么", "姓名和手机号")
    customer.was_told("drive.requirements")
    await customer.says("张伟 13812345678", "驾照")
    await customer.says("试驾收费吗", "驾照")
    await customer.clicks("符合", "确认预约吗")
    await customer.says("X7有七座吗", "确认预约吗")
    await customer.clicks("确认预约", "预约码")
    customer.has_booked(model="x5", store="east", start="2026-11-28T10:00", name="张伟")
