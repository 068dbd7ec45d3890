"""What is answered to an invitation to an event, to the reminder, and to the news that there are places."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from bot import clock
from bot.services import events
from bot.services.consents import Purpose, say
from bot.services.outreach.event_invitations import invite_to_events
from bot.store.lifecycle_tables import EventSignup, Outreach
from bot.store.tables import Conversation, Vehicle
from bot.store.tables import Customer as CustomerRow
from tests.conversations.harness import Customer, Reply
from tests.conversations.notices import hears
from tests.conversations.test_events import SALON, signed_up

PHONE, PLATE = "13812345678", "浙AD9001"


async def invited(customer: Customer) -> Reply:
    """The owner of a new X5, who has agreed to hear of events and has written before."""
    await customer.says("你好")
    installation = customer.assistant.installation
    with installation.database.transaction() as session:
        session.add(CustomerRow(id="c", phone=PHONE, name="王小明", created_at=clock.now()))
        session.flush()
        car = {"model": "x5", "delivered": date(2026, 9, 1), "mileage": 2_000}
        session.add(Vehicle(plate=PLATE, customer_id="c", mileage_on=date(2026, 11, 20), store="east", **car))
        say(session, Purpose.MARKETING, True, "dialogue", clock.now(), PHONE)
        talk: Any = session.get(Conversation, customer.conversation_id)
        talk.channel, talk.customer_id = "web", "c"
    invite_to_events(installation.database, installation.content.current(), clock.now())
    with installation.database.transaction() as session:
        session.get(Conversation, customer.conversation_id).channel = "test"
    return hears(customer, "新车主爱车养护沙龙", "周六 12月5日 14:00", "城东店")


def state(customer: Customer) -> str:
    [row] = customer.assistant.rows(Outreach, plate=PLATE)
    return str(row.state)


def signup(customer: Customer) -> Any:
    [row] = customer.assistant.rows(EventSignup, phone=PHONE)
    return row


@pytest.mark.parametrize("said", ["好的报名两个人", "我参加，两位", "报名，我和我老婆", "好的，两个人"])
async def test_a_yes_with_a_number(customer: Customer, said: str) -> None:
    await invited(customer)
    await customer.says(said, "已为您报名", "2 位", "138****5678")
    assert (signup(customer).event, signup(customer).people) == (SALON, 2)
    assert state(customer) == "booked"


@pytest.mark.parametrize("said", ["好的", "报名", "可以", "我去", "我想参加"])
async def test_a_yes(customer: Customer, said: str) -> None:
    await invited(customer)
    await customer.says(said, "几位")
    await customer.clicks("1 位", "已为您报名")
    assert state(customer) == "booked"


@pytest.mark.parametrize(
    "said", ["不去", "不去了", "不参加了", "没空", "不感兴趣", "这次不去了，谢谢", "去不了"]
)
async def test_a_no(customer: Customer, said: str) -> None:
    await invited(customer)
    await customer.says(said, "这次就不打扰您了")
    assert state(customer) == "refused"
    assert customer.assistant.rows(EventSignup) == []


async def test_the_buttons(customer: Customer) -> None:
    told = await invited(customer)
    await customer.clicks("这次不去", "这次就不打扰您了")
    customer.reply = told
    await customer.clicks("我要报名", "几位")
    await customer.says("三个人", "已为您报名", "3 位")
    assert state(customer) == "booked"


async def test_no_more_of_these(customer: Customer) -> None:
    await invited(customer)
    await customer.says("别再给我发活动消息了", "不再给您发活动")


async def test_a_question_about_it(customer: Customer) -> None:
    await invited(customer)
    await customer.says("参加活动能带家人吗")
    await customer.says("那报名，三个人", "已为您报名")


async def test_moving_up_and_not_coming(customer: Customer) -> None:
    installation = customer.assistant.installation
    event = installation.content.current().events[SALON]
    others = [
        events.sign_up(installation.database, event, clock.now(), f"139{n:08}", 2).id for n in range(10)
    ]
    await customer.says("我要报名养护沙龙，两个人", "手机号")
    await customer.says(f"张伟 {PHONE}", "候补")
    events.cancel(installation.database, event, others[0], clock.now())
    hears(customer, "有名额了", "2 位")
    await customer.says("我有事去不了了", "已为您取消报名")
    assert signup(customer).status == "cancelled"


async def test_a_reminder_and_not_coming(customer: Customer) -> None:
    await signed_up(customer)
    customer.at("2026-12-04T15:00")
    hears(customer, "提醒您", "2 位")
    await customer.clicks("来不了", "已为您取消报名")
    assert signup(customer).status == "cancelled"


async def test_a_reminder_and_a_yes(customer: Customer) -> None:
    await signed_up(customer)
    customer.at("2026-12-04T15:00")
    hears(customer, "提醒您")
    await customer.says("好的，一定到", never=("没有听懂",))
    assert signup(customer).status == "signed_up"
