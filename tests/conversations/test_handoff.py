"""A person on request: a queue in working hours, an honest time at night, and always a way back."""

from __future__ import annotations

import pytest

from bot.store.staff_tables import Case, Handoff
from bot.store.tables import Hold
from tests.conversations.harness import Customer
from tests.conversations.stations import DRIVE, STATIONS, Station
from tests.services.owners import pass_by_hand

NIGHT = "2026-11-22T22:00"


@pytest.mark.parametrize("said", ["转人工", "我要找真人", "人工客服", "叫你们销售来跟我说"])
async def test_in_working_hours(customer: Customer, said: str) -> None:
    await customer.says(said, "已经为您转接", "第 1 位", "08:30", "20:00", "返回机器人")
    handoff = customer.is_queued("asked_for_a_person")
    assert handoff.summary["last_messages"] == [said]
    assert customer.rows(Case) == []


async def test_the_waiting_line(customer: Customer) -> None:
    """While a customer waits, every message is kept and answered with one line; Rasa is not asked."""
    await customer.says("转人工")
    await customer.says("我想问问X5的价格", "您的话已记下", "第 1 位", "返回机器人")
    assert len(customer.reply.texts) == 1
    await customer.says("我想试驾", "您的话已记下")
    customer.is_queued("asked_for_a_person")
    assert customer.form is None


async def test_places_in_the_queue(customer: Customer) -> None:
    other = customer.assistant.customer()
    await customer.says("转人工", "第 1 位")
    await other.says("转人工", "第 2 位")
    await customer.says("返回机器人")
    await other.says("还要多久", "第 1 位")


@pytest.mark.parametrize("said", ["返回机器人", "回到机器人", "不等了，还是问机器人吧"])
async def test_back_to_the_bot(customer: Customer, said: str) -> None:
    await customer.says("转人工")
    await customer.says(said, "回来了")
    customer.belongs_to_bot()
    assert [handoff.status for handoff in customer.rows(Handoff)] == ["withdrawn"]
    await customer.says("停车免费吗")
    customer.was_told("store.parking")
    await customer.says("转人工", "第 1 位")


async def test_back_with_the_button(customer: Customer) -> None:
    await customer.says("转人工")
    await customer.says("在吗", "您的话已记下")
    await customer.clicks("返回机器人", "回来了")
    customer.belongs_to_bot()


URGENT_FORMS = {"rescue_form": "rescue", "complaint_form": "complaint"}
STATIONS_BY_DAY = {name: station for name, station in STATIONS.items() if station.at is None}


@pytest.mark.parametrize("station", STATIONS_BY_DAY.values(), ids=STATIONS_BY_DAY)
async def test_in_the_middle(customer: Customer, station: Station) -> None:
    """The form ends; when the customer comes back, nothing is taken for an answer to its last question."""
    await station.reach(customer)
    await customer.says("转人工", "已经为您转接")
    customer.is_queued(URGENT_FORMS.get(station.form, "asked_for_a_person"))
    assert customer.form is None
    assert customer.rows(Hold) == []
    await customer.says("返回机器人", "回来了")
    assert customer.form is None


async def test_what_the_adviser_should_know(customer: Customer) -> None:
    await STATIONS["test drive: licence"].reach(customer)
    await customer.says("转人工", "已经为您转接")
    summary = customer.is_queued("asked_for_a_person").summary
    assert summary["facts"]["drive_model"] == "x5"
    assert summary["facts"]["drive_phone"] == "13812345678"
    assert DRIVE in summary["last_messages"]


async def test_a_booking_after_coming_back_asks_everything(customer: Customer) -> None:
    await STATIONS["test drive: licence"].reach(customer)
    await customer.says("转人工")
    await customer.says("返回机器人")
    await customer.says("我想试驾", "哪一款")
    assert customer.filled("drive_") == {}


async def test_with_an_adviser_the_bot_is_silent(customer: Customer) -> None:
    from bot.domain.conversation import Owner
    from bot.store.tables import Conversation

    await customer.says("转人工")
    with customer.assistant.installation.database.transaction() as session:
        row = session.get(Conversation, customer.conversation_id)
        pass_by_hand(row, Owner.ADVISER)
    await customer.is_ignored("你好，我想问问价格")
    await customer.is_ignored("返回机器人")


@pytest.mark.parametrize(
    ("now", "when", "due"),
    [
        (NIGHT, "明天（周一 11月23日） 08:30", "2026-11-23T08:30"),
        ("2026-11-22T20:00", "明天（周一 11月23日） 08:30", "2026-11-23T08:30"),
        ("2026-11-23T06:15", "今天（周一 11月23日） 08:30", "2026-11-23T08:30"),
    ],
)
async def test_when_nobody_is_on_duty(customer: Customer, now: str, when: str, due: str) -> None:
    """A call-back case with a time; the bot keeps the conversation."""
    customer.at(now)
    await customer.says("转人工", "不在线", when, "手机号", never=("已经为您转接",))
    customer.has_case("callback", due_at=due)
    await customer.says("13812345678", "138****5678", "08:30")
    customer.has_case("callback", phone="13812345678", due_at=due)
    customer.belongs_to_bot()
    assert customer.form is None
    await customer.says("停车免费吗")
    customer.was_told("store.parking")
    await customer.says("我想试驾", "哪一款")


@pytest.mark.parametrize("said", ["不留了", "不用了", "不方便"])
async def test_a_call_back_without_a_number(customer: Customer, said: str) -> None:
    customer.at(NIGHT)
    await customer.says("转人工", "手机号")
    await customer.says(said, "在这里回复您", "08:30")
    customer.has_case("callback", phone=None)
    assert customer.form is None


async def test_a_call_back_asked_for_twice_is_one_case(customer: Customer) -> None:
    customer.at(NIGHT)
    await customer.says("转人工", "手机号")
    await customer.says("我就要人工", "手机号")
    await customer.says("13812345678", "138****5678")
    customer.has_case("callback", phone="13812345678")


async def test_a_call_back_to_a_known_number(customer: Customer) -> None:
    """Who has just given a number is not asked for it."""
    customer.at(NIGHT)
    await STATIONS["test drive: licence"].reach(customer)
    await customer.says("转人工", "不在线", "138****5678", never=("方便留一个",))
    customer.has_case("callback", phone="13812345678")


async def test_another_wish_instead_of_a_number(customer: Customer) -> None:
    customer.at(NIGHT)
    await customer.says("转人工", "手机号")
    await customer.says("那我自己约吧，想试驾X5", "哪家门店")
    assert customer.form == "test_drive_form"
    customer.has_case("callback")


@pytest.mark.parametrize("now", ["2026-11-23T08:30", "2026-11-23T19:59"])
async def test_the_ends_of_the_working_day(customer: Customer, now: str) -> None:
    customer.at(now)
    await customer.says("转人工", "已经为您转接")


async def test_haggling_is_an_offer(customer: Customer) -> None:
    """No price is promised; only a yes queues."""
    await customer.says("便宜一万行不行，行我就定了", "顾问")
    customer.belongs_to_bot()
    await customer.says("好的", "已经为您转接")
    customer.is_queued("price_negotiation")


async def test_haggling_in_the_middle(customer: Customer) -> None:
    await customer.says("我想试驾", "哪一款")
    await customer.says("再便宜两万我就买", "不能替门店承诺")
    customer.belongs_to_bot()
    await customer.clicks("请顾问来谈", "已经为您转接")
    customer.is_queued("price_negotiation")


async def test_haggling_declined(customer: Customer) -> None:
    await customer.says("便宜一万行不行，行我就定了", "顾问")
    await customer.says("不用了")
    customer.belongs_to_bot()
    await customer.says("转人工", "已经为您转接")
    customer.is_queued("asked_for_a_person")
