"""What owners answer when we write to them: a booking, not now, done elsewhere, another mileage, no more messages."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from bot import clock
from bot.services.outreach.run import run_outreach
from bot.store.lifecycle_tables import Consent, MileageReading, Outreach
from bot.store.tables import Appointment, Conversation, Vehicle
from bot.store.tables import Customer as CustomerRow
from tests.conversations.harness import Customer, Reply
from tests.conversations.notices import hears

PHONE, PLATE = "13812345678", "浙AD9001"


async def invited(customer: Customer, **car: Any) -> Reply:
    """The owner of an X5 near its 10,000 km, who has written before, is told of it."""
    await customer.says("你好")
    installation = customer.assistant.installation
    with installation.database.transaction() as session:
        session.add(CustomerRow(id="c", phone=PHONE, name="王小明", created_at=clock.now()))
        session.flush()
        values: dict[str, Any] = {
            "model": "x5",
            "delivered": date(2026, 3, 1),
            "mileage": 9_700,
            "mileage_on": date(2026, 11, 20),
            "last_service_on": date(2026, 7, 1),
            "last_service_km": 5_100,
            "store": "east",
        }
        session.add(Vehicle(plate=PLATE, customer_id="c", **values | car))
        talk: Any = session.get(Conversation, customer.conversation_id)
        talk.channel, talk.customer_id = "web", "c"
    run_outreach(installation.database, installation.content.current(), clock.now())
    with installation.database.transaction() as session:
        session.get(Conversation, customer.conversation_id).channel = "test"
    return hears(customer, "10,000 公里", "约个时间")


def contact(customer: Customer) -> Any:
    [row] = customer.assistant.rows(Outreach, plate=PLATE)
    return row


def car(customer: Customer) -> Any:
    [row] = customer.assistant.rows(Vehicle, plate=PLATE)
    return row


async def test_a_booking_with_nothing_left_but_the_time(customer: Customer) -> None:
    await invited(customer)
    reply = await customer.says("好的，帮我约周六", "11月28日")
    assert contact(customer).state == "answered"
    await customer.clicks(reply.buttons[0], "浙A·D9001", "常规保养", "王小明", PHONE, "确认预约吗")
    await customer.clicks("确认预约", "预约码")
    visit = customer.has_booked(kind="service", model="x5", store="east", plate=PLATE, phone=PHONE)
    row = contact(customer)
    assert (row.state, row.appointment_id) == ("booked", visit.id)


async def test_time_and_all_in_one_sentence(customer: Customer) -> None:
    await invited(customer)
    await customer.says("行，周六上午十点", "确认预约吗", "王小明")
    await customer.says("确认", "预约码")
    customer.has_booked(kind="service", start="2026-11-28T10:00", items=["regular_service"])
    assert contact(customer).state == "booked"


@pytest.mark.parametrize("said", ["好的", "可以", "嗯，帮我约", "要的"])
async def test_a_yes_asks_for_the_time(customer: Customer, said: str) -> None:
    await invited(customer)
    await customer.says(said)
    customer.was_asked("visit_time", "有空")
    assert customer.slot("visit_phone") == PHONE


async def test_the_button_books(customer: Customer) -> None:
    await invited(customer)
    await customer.clicks("帮我预约")
    customer.was_asked("visit_time", "有空")


@pytest.mark.parametrize("said", ["不需要", "不用了谢谢", "暂时不用", "先不做了", "最近没空，下次吧", "不约"])
async def test_a_refusal(customer: Customer, said: str) -> None:
    await invited(customer)
    await customer.says(said, "不打扰您了")
    assert contact(customer).state == "refused"
    assert customer.form is None


async def test_the_buttons_refuse_and_tell(customer: Customer) -> None:
    told = await invited(customer)
    await customer.clicks("暂时不需要", "不打扰您了")
    assert contact(customer).state == "refused"
    customer.reply = told
    await customer.clicks("已经做过了", "已经处理过了")
    customer.reply = told
    await customer.clicks("帮我预约")
    customer.was_asked("visit_time", "有空")


@pytest.mark.parametrize("said", ["已经在别处做了", "上周在路边店换过机油了", "我做过了", "在途虎做了"])
async def test_done_elsewhere(customer: Customer, said: str) -> None:
    await invited(customer)
    await customer.says(said, "记下")
    assert contact(customer).state == "done_elsewhere"


async def test_done_elsewhere_with_day_and_mileage(customer: Customer) -> None:
    await invited(customer)
    await customer.says("已经在外面做过了", "哪天做的")
    await customer.says("11月15号，9800公里", "11月15日", "9,800 公里")
    assert (car(customer).last_service_on, car(customer).last_service_km) == (date(2026, 11, 15), 9_800)
    assert contact(customer).state == "done_elsewhere"


async def test_a_mileage_changes_what_is_due(customer: Customer) -> None:
    await invited(customer)
    await customer.says("我现在才八千二", "8,200 公里", "里程")
    assert (car(customer).mileage, car(customer).mileage_on) == (8_200, date(2026, 11, 22))
    readings = customer.assistant.rows(MileageReading, plate=PLATE)
    assert (8_200, "customer") in [(each.km, each.source) for each in readings]
    assert contact(customer).state == "sent"


@pytest.mark.parametrize(
    "said", ["别再给我发了", "别再给我发消息了", "不要再发通知了", "TD", "退订", "以后不要发了"]
)
async def test_no_more_messages(customer: Customer, said: str) -> None:
    await invited(customer)
    await customer.says(said, "不再主动给您发")
    assert contact(customer).state == "refused"
    words = {
        (c.purpose, c.granted) for c in customer.assistant.rows(Consent, phone=PHONE) if c.purpose != "notice"
    }
    assert words == {("service_contact", False), ("marketing", False)}
    await customer.says("恢复提醒", "还会发在这里")
    later = [c.granted for c in customer.assistant.rows(Consent, phone=PHONE, purpose="service_contact")]
    assert later == [False, True]


async def test_no_more_offers(customer: Customer) -> None:
    await invited(customer)
    await customer.says("活动优惠的消息别再发给我了", "保养到期还会提醒您")
    assert {c.purpose for c in customer.assistant.rows(Consent, phone=PHONE, granted=False)} == {"marketing"}


@pytest.mark.parametrize(
    ("said", "fragment"),
    [
        ("你们几点关门", "售后时间"),
        ("我要投诉", "发生了什么"),
        ("我想试驾X7", "X7"),
        ("车坏在路上了", "位置"),
    ],
)
async def test_what_is_no_answer_stays_what_it_is(customer: Customer, said: str, fragment: str) -> None:
    await invited(customer)
    await customer.says(said, fragment)
    assert contact(customer).state == "sent"


async def test_a_yes_after_something_else_was_said_is_none(customer: Customer) -> None:
    await invited(customer)
    await customer.says("停车免费吗")
    await customer.says("好的")
    assert contact(customer).state == "sent"
    assert customer.form is None


async def test_a_mileage_once_the_car_is_known(customer: Customer) -> None:
    """By phone and plate, without any contact; the demo car of the schedule."""
    await customer.says("我的车该保养了吗，13800000002 浙A·B2002", "38,600 公里")
    await customer.says("我现在三万九千五了", "39,500 公里")
    [vehicle] = customer.assistant.rows(Vehicle, plate="浙AB2002")
    assert vehicle.mileage == 39_500
    await customer.says("不对，是38000", "38,000 公里", "打错")


async def test_an_old_mileage_is_estimated(customer: Customer) -> None:
    customer.at("2027-01-20T10:00")
    await customer.says("该保养了吗，13800000002 浙A·B2002", "约 ", "按以往里程估算")


async def test_nobody_elses_car_is_told(customer: Customer) -> None:
    """Without phone and plate, and without a link, a mileage tells nothing of a car on record."""
    reply = await customer.says("我现在三万二了")
    assert "浙" not in reply.text
    assert customer.assistant.rows(MileageReading) == []


async def test_a_visit_that_was_booked_here_may_be_cancelled(customer: Customer) -> None:
    await invited(customer)
    await customer.says("好的，周六上午十点", "确认预约吗")
    await customer.says("确认", "预约码")
    await customer.says("保养我已经在别的店做过了", "还有一个保养预约")
    await customer.clicks("取消预约", "取消")
    assert customer.assistant.rows(Appointment)
