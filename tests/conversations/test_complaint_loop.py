"""A complaint from the first word to the score for its handling: passed up twice, settled, and asked about."""

from __future__ import annotations

from bot import clock
from bot.services.audit import Actor
from bot.services.cases import close_case
from bot.services.escalation import escalate_cases
from bot.store.lifecycle_tables import Survey, Task
from bot.store.staff_tables import Case
from tests.conversations.harness import Customer
from tests.conversations.notices import hears, hears_nothing

PHONE = "13812345678"


def passed_up(customer: Customer) -> int:
    database = customer.assistant.installation.database
    return escalate_cases(database, customer.dealership, clock.now())


def settle(customer: Customer, case: str, outcome: str = "settled") -> None:
    database = customer.assistant.installation.database
    close_case(database, customer.dealership, case, outcome, "重新清洗并赔礼", Actor("li"), clock.now())


async def complains(customer: Customer) -> str:
    customer.at("2026-11-21T20:00")
    await customer.says("我要投诉", "发生了什么")
    await customer.says("昨天在城东店做保养，等了四个小时还把我座椅弄脏了", "手机号")
    await customer.says(PHONE, "登记投诉", "48")
    return str(customer.has_case("complaint", status="open", phone=PHONE).id)


async def test_until_closed_after_it_was_passed_up_twice(customer: Customer) -> None:
    case = await complains(customer)
    customer.at("2026-11-22T19:59")
    assert passed_up(customer) == 0
    customer.at("2026-11-22T20:05")
    assert passed_up(customer) == 1
    customer.at("2026-11-23T12:05")
    assert passed_up(customer) == 1
    levels = [task.title for task in customer.rows(Task, kind="escalation")]
    assert levels == ["投诉超过 24 小时未办结", "投诉超过 40 小时未办结"]

    customer.at("2026-11-23T14:00")
    settle(customer, case)
    [row] = customer.assistant.rows(Case, id=case)
    assert (row.status, row.outcome, row.escalation) == ("closed", "settled", 2)
    assert row.closed_at <= row.due_at
    assert customer.rows(Task, kind="escalation", status="open") == []
    assert passed_up(customer) == 0

    customer.at("2026-11-23T17:00")
    hears(customer, "反映的问题", "满意吗")
    await customer.says("2分", "很抱歉")
    [survey] = customer.assistant.rows(Survey, kind="complaint", subject=case)
    assert survey.answered_at is not None
    [low] = customer.rows(Task, kind="low_score")
    assert low.skill == "manager"
    await customer.says("处理得太慢了", "谢谢")
    [survey] = customer.assistant.rows(Survey, kind="complaint", subject=case)
    assert survey.comment == "处理得太慢了"


async def test_a_good_handling_needs_nobody(customer: Customer) -> None:
    case = await complains(customer)
    customer.at("2026-11-22T11:00")
    settle(customer, case, "compensated")
    customer.at("2026-11-22T14:00")
    hears(customer, "反映的问题", "满意吗")
    await customer.says("非常满意", "收到您的评价")
    assert customer.rows(Task) == []


async def test_what_is_closed_twice_is_asked_about_once(customer: Customer) -> None:
    case = await complains(customer)
    customer.at("2026-11-22T11:00")
    settle(customer, case)
    settle(customer, case)
    customer.at("2026-11-22T14:00")
    hears(customer, "满意吗")
    hears_nothing(customer)
    assert len(customer.assistant.rows(Survey, kind="complaint", subject=case)) == 1
