"""A person is wanted: why, for whom, and what the customer may do while nobody is there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from bot.domain.handoff import HandoffRule, RuleAction
from bot.domain.staff import Skill
from bot.services import desk
from bot.store.staff_tables import Case, Handoff
from bot.store.tables import Conversation, Message
from tests.conversations.harness import Customer
from tests.conversations.people import adviser_of
from tests.conversations.stations import STATIONS

NIGHT = "2026-11-22T22:00"
CALL, CANCEL = "留电话回电", "取消等待"


# While waiting


async def test_a_call_instead_of_waiting(customer: Customer) -> None:
    """Sunday 10:00: the queue is left, a call is promised within the hour, other times are offered."""
    await customer.says("转人工", "已经为您转接")
    await customer.clicks(CALL, "回电话", "手机号")
    customer.belongs_to_bot()
    assert [handoff.status for handoff in customer.rows(Handoff)] == ["withdrawn"]
    await customer.says("13812345678", "11:00", "138****5678", "换个时间")
    case = customer.has_case("callback", phone="13812345678", due_at="2026-11-22T11:00")
    assert case.details["complete"]
    await customer.says("停车免费吗")
    customer.was_told("store.parking")


async def test_the_waiting_line_offers_the_same(customer: Customer) -> None:
    await customer.says("转人工")
    await customer.says("还在吗", "您的话已记下")
    assert customer.reply.buttons == ["返回机器人", CALL, CANCEL]
    await customer.clicks(CALL, "手机号")


async def test_waiting_is_cancelled(customer: Customer) -> None:
    await customer.says("转人工")
    await customer.clicks(CANCEL, "退出排队")
    customer.belongs_to_bot()
    assert customer.rows(Case) == []
    await customer.says("我想试驾", "哪一款")


async def test_a_number_that_is_known_is_not_asked_for(customer: Customer) -> None:
    await STATIONS["test drive: licence"].reach(customer)
    await customer.says("转人工")
    await customer.clicks(CALL, "138****5678", never=("方便留一个",))
    customer.has_case("callback", phone="13812345678")


async def test_the_wait_is_told_once_it_is_known(customer: Customer) -> None:
    """Five people waited for ten minutes before."""
    for number in range(5):
        other = customer.assistant.customer()
        customer.at(f"2026-11-22T1{number}:00")
        await other.says("转人工", never=("分钟",))
        customer.at(f"2026-11-22T1{number}:10")
        adviser_of(other, f"adviser-{number}").takes()
    customer.at("2026-11-22T15:30")
    await customer.says("转人工", "第 1 位", "大约 10 分钟")
    customer.at("2026-11-22T15:34")
    await customer.says("还要多久", "第 1 位", "大约还要 6 分钟")
    customer.at("2026-11-22T15:45")
    await customer.says("还要多久", "第 1 位", "大约还要 15 分钟")


# Out of hours


async def test_a_time_for_the_call_is_chosen(customer: Customer) -> None:
    customer.at(NIGHT)
    await customer.says("转人工，想问问贷款的事", "不在线", "手机号")
    await customer.says("13812345678", "明天（周一 11月23日） 08:30", "换个时间")
    assert customer.reply.buttons == [
        "明天（周一 11月23日） 09:00–10:00",
        "明天（周一 11月23日） 11:00–12:00",
        "明天（周一 11月23日） 14:00–15:00",
    ]
    await customer.clicks("11:00", "改到 明天（周一 11月23日） 11:00")
    case = customer.has_case("callback", due_at="2026-11-23T11:00", phone="13812345678")
    assert "转人工，想问问贷款的事" in case.details["last_messages"]
    customer.belongs_to_bot()


@pytest.mark.parametrize(
    ("said", "due"),
    [
        ("明天下午三点", "2026-11-23T15:00"),
        ("下午四点半吧", "2026-11-23T16:30"),
        ("周二上午", "2026-11-24T08:30"),
        ("回电改到后天下午2点", "2026-11-24T14:00"),
    ],
)
async def test_a_time_for_the_call_is_typed(customer: Customer, said: str, due: str) -> None:
    customer.at(NIGHT)
    await customer.says("转人工")
    await customer.says("13812345678", "换个时间")
    await customer.says(said, "改到")
    customer.has_case("callback", due_at=due)


async def test_number_and_time_together(customer: Customer) -> None:
    customer.at(NIGHT)
    await customer.says("转人工")
    await customer.says(
        "13812345678，明天下午三点打给我", "11月23日） 15:00", "138****5678", never=("换个时间",)
    )
    customer.has_case("callback", due_at="2026-11-23T15:00", phone="13812345678")


async def test_a_time_at_which_nobody_calls(customer: Customer) -> None:
    customer.at(NIGHT)
    await customer.says("转人工")
    await customer.says("13812345678")
    await customer.says("明天晚上十点", "不在线", "08:30–20:00")
    customer.has_case("callback", due_at="2026-11-23T08:30")
    await customer.says("那明天上午十点", "11月23日） 10:00")
    customer.has_case("callback", due_at="2026-11-23T10:00")


@pytest.mark.parametrize("said", ["好的", "不用了", "不用换"])
async def test_the_promised_time_stays(customer: Customer, said: str) -> None:
    customer.at(NIGHT)
    await customer.says("转人工")
    await customer.says("13812345678")
    await customer.says(said, "08:30", "联系您")
    customer.has_case("callback", due_at="2026-11-23T08:30")


async def test_changed_much_later(customer: Customer) -> None:
    customer.at(NIGHT)
    await customer.says("转人工")
    await customer.says("13812345678")
    await customer.says("停车免费吗")
    await customer.says("给我回电改到明天下午五点吧", "17:00")
    customer.has_case("callback", due_at="2026-11-23T17:00")
    await customer.says("不用给我打电话了", "不给您回电话")
    customer.has_case("callback", status="closed")


async def test_a_question_after_the_promise_is_answered(customer: Customer) -> None:
    customer.at(NIGHT)
    await customer.says("转人工")
    await customer.says("13812345678")
    await customer.says("明天营业吗", never=("改到",))
    customer.has_case("callback", due_at="2026-11-23T08:30")


# Why


@contextmanager
def ruled(customer: Customer, *rules: HandoffRule) -> Iterator[None]:
    """The dealer's rules are these."""
    store = customer.assistant.installation.content
    content = store.current()
    handoff = replace(content.dealership.handoff, rules=rules)
    changed = replace(content, dealership=replace(content.dealership, handoff=handoff))
    store.__dict__["current"] = lambda: changed
    try:
        yield
    finally:
        del store.__dict__["current"]


FLEET = HandoffRule("fleet", RuleAction.OFFER, Skill.SALES, "大客户", words=("团购", "大客户"))
LEGAL = HandoffRule("legal", RuleAction.QUEUE, Skill.COMPLAINT, "法律途径", words=("律师函",))


async def test_a_rule_offers_a_person(customer: Customer) -> None:
    with ruled(customer, FLEET):
        await customer.says("我们公司想团购十台车", "请顾问来谈")
        customer.belongs_to_bot()
        await customer.says("好的", "已经为您转接")
    summary = customer.is_queued("dealer_rule").summary
    assert (summary["skill"], summary["note"], summary["rule"]) == ("sales", "大客户", "fleet")


async def test_a_rule_offers_once(customer: Customer) -> None:
    with ruled(customer, FLEET):
        await customer.says("我们公司想团购十台车", "请顾问来谈")
        await customer.says("不用了")
        await customer.says("团购有什么政策", never=("请顾问来谈",))


async def test_a_rule_queues(customer: Customer) -> None:
    with ruled(customer, LEGAL):
        await customer.says("律师函寄到哪里", "请顾问来处理", "已经为您转接")
    handoff = customer.is_queued("dealer_rule")
    assert handoff.skill == "complaint"


async def test_a_rule_by_topic_answers_first(customer: Customer) -> None:
    rule = HandoffRule("loan", RuleAction.OFFER, topics=("store.parking",))
    with ruled(customer, rule):
        await customer.says("停车免费吗", "请顾问来谈")
        customer.was_told("store.parking")


async def test_a_rule_by_model_in_a_form(customer: Customer) -> None:
    """The form goes on after the offer."""
    rule = HandoffRule("electric", RuleAction.OFFER, words=("充电桩安装",))
    with ruled(customer, rule):
        await customer.says("我想试驾E5", "门店")
        await customer.says("充电桩安装怎么收费", "请顾问来谈", "门店")
    assert customer.form == "test_drive_form"


async def test_what_the_adviser_knows(customer: Customer) -> None:
    await customer.says("预算20万左右，想看看X7")
    await customer.says("转人工")
    facts = customer.is_queued("asked_for_a_person").summary["facts"]
    assert facts["budget"] == "20 万"
    assert "x7" in (facts.get("model"), facts.get("drive_model"))


async def test_what_the_adviser_knows_of_an_owner(customer: Customer) -> None:
    await customer.says("我的车该做什么保养了")
    await customer.says("13800000001 浙AD1001")
    await customer.says("转人工")
    facts = customer.is_queued("asked_for_a_person").summary["facts"]
    assert facts["stage"]


# Who


@pytest.mark.parametrize("said", ["我的顾问是谁", "谁是我的销售顾问", "我的专属顾问叫什么"])
async def test_nobody_knows_the_adviser_yet(customer: Customer, said: str) -> None:
    await customer.says(said, "还没有查到")
    await customer.says("停车免费吗")
    customer.was_told("store.parking")


async def test_the_adviser_of_the_test_drive(customer: Customer) -> None:
    await STATIONS["test drive: licence"].reach(customer)
    await customer.says("符合")
    await customer.says("确认预约")
    names = {r.name for r in customer.dealership.resources if r.kind.value == "sales_adviser"}
    reply = await customer.says("我的顾问是谁", "您的顾问是")
    assert any(name in reply.text for name in names)


# What was understood


async def test_understanding_is_kept_with_the_message(customer: Customer) -> None:
    await customer.says("停车免费吗")
    [message] = customer.assistant.rows(Message, conversation_id=customer.conversation_id, seq=1)
    kept = message.understanding
    assert (kept["intent"], kept["decision"], kept["faq"]["id"]) == ("faq", "answer", "store.parking")
    await customer.says("周六上午十点去城东店试驾X5")
    rows = customer.assistant.rows(Message, conversation_id=customer.conversation_id, author="customer")
    kept = rows[-1].understanding
    assert kept["intent"] == "book_test_drive"
    assert {"entity": "model", "value": "x5"} in kept["entities"]
    assert kept["time"].startswith("2026-11-28T10:00")


async def test_a_button_is_not_understood_but_pressed(customer: Customer) -> None:
    await customer.says("转人工")
    await customer.clicks(CANCEL)
    rows: list[Any] = customer.assistant.rows(
        Message, conversation_id=customer.conversation_id, author="customer"
    )
    assert rows[-1].understanding["intent"] == "back_to_bot"


async def test_a_closed_conversation_begins_again_with_the_bot(customer: Customer) -> None:
    await customer.says("转人工")
    lin = adviser_of(customer)
    lin.takes()
    lin.closes(desk.Outcome.SOLVED)
    await customer.says("停车免费吗")
    customer.was_told("store.parking")
    [row] = customer.assistant.rows(Conversation, id=customer.conversation_id)
    assert row.state == "bot"
