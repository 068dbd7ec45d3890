"""What customers say of a test drive, a service and a complaint: in one or two taps, or in words; who looks at a low one."""

from __future__ import annotations

from typing import Any

import pytest

from bot import clock
from bot.services import attendance
from bot.store.lifecycle_tables import Survey, Task
from tests.conversations.harness import Customer
from tests.conversations.notices import hears
from tests.conversations.people import adviser_of

PHONE = "13812345678"


async def served(customer: Customer, jobs: tuple[str, ...] = ("regular_service",)) -> None:
    """A visit has taken place, and the customer is asked about it an hour later."""
    await customer.says("你好")
    visit = adviser_of(customer).books("2026-11-28T10:00", PHONE, jobs)
    customer.at("2026-11-28T11:30")
    database = customer.assistant.installation.database
    attendance.complete(database, customer.dealership, clock.now(), visit.code)
    customer.at("2026-11-28T12:31")
    hears(customer, "已经完成")


def survey_of(customer: Customer) -> Any:
    [row] = customer.rows(Survey)
    return row


async def test_a_service_in_two_taps(customer: Customer) -> None:
    await served(customer)
    await customer.clicks("5分 很满意", "推荐给亲友")
    await customer.clicks("10 非常愿意", "收到您的评价")
    found = survey_of(customer)
    assert (found.kind, found.satisfaction, found.nps, found.phone) == ("service", 100, 10, PHONE)
    assert customer.rows(Task) == []


@pytest.mark.parametrize(
    ("said", "satisfaction"),
    [
        ("92", 92),
        ("92分", 92),
        ("八十五分", 85),
        ("满分", 100),
        ("100", 100),
        ("9分", 90),
        ("很满意", 100),
        ("给85吧", 85),
    ],
)
async def test_a_satisfaction_in_words(customer: Customer, said: str, satisfaction: int) -> None:
    await served(customer)
    await customer.says(said, "推荐给亲友")
    assert survey_of(customer).satisfaction == satisfaction


async def test_the_recommendation_in_words(customer: Customer) -> None:
    await served(customer)
    await customer.says("95", "推荐给亲友")
    await customer.says("9分吧", "收到您的评价")
    assert (survey_of(customer).satisfaction, survey_of(customer).nps) == (95, 9)


async def test_zero_is_an_answer(customer: Customer) -> None:
    await served(customer)
    await customer.says("5分", "推荐给亲友")
    await customer.says("0", "很抱歉")
    assert survey_of(customer).nps == 0


async def test_a_number_that_is_none(customer: Customer) -> None:
    await served(customer)
    await customer.says("95")
    await customer.says("50", "没看明白", "0 到 10")
    await customer.says("8", "收到您的评价")
    assert survey_of(customer).nps == 8


async def test_the_sheet_after_a_test_drive(customer: Customer) -> None:
    await served(customer, ())
    await customer.clicks("4分 满意", "顾问的讲解")
    await customer.says("5", "推荐给亲友")
    await customer.says("9", "收到您的评价")
    found = survey_of(customer)
    assert (found.kind, found.satisfaction, found.nps) == ("test_drive", 90, 9)
    assert found.answers == {"car": 4, "adviser": 5, "nps": 9}
    assert found.username == "lin"


async def test_a_low_one_opens_one_task_for_the_manager(customer: Customer) -> None:
    await served(customer)
    await customer.says("2分，等了三个小时", "很抱歉", "推荐给亲友")
    await customer.says("1", "收到")
    await customer.says("洗车也没洗干净", "会转给")
    found = survey_of(customer)
    assert (found.satisfaction, found.nps) == (40, 1)
    assert found.comment == "等了三个小时；洗车也没洗干净"
    [task] = customer.rows(Task)
    assert (task.kind, task.skill, task.phone, task.status) == ("low_score", "manager", PHONE, "open")
    customer.belongs_to_bot()


async def test_an_answer_is_kept_once(customer: Customer) -> None:
    await served(customer)
    pressed = customer.reply.choices[0]
    await customer.clicks("5分 很满意")
    await customer.sends(pressed["payload"], "已经收到过", title=pressed["title"])
    assert survey_of(customer).satisfaction == 100


@pytest.mark.parametrize("said", ["停车免费吗", "我想试驾", "5座的有吗"])
async def test_anything_else_goes_on(customer: Customer, said: str) -> None:
    await served(customer)
    await customer.says(said, never=("收到您的评价", "推荐给亲友", "没看明白"))
    assert survey_of(customer).answered_at is None


async def test_nobody_has_to_answer(customer: Customer) -> None:
    await served(customer)
    await customer.says("不评价了", never=("没看明白", "推荐给亲友"))
    assert survey_of(customer).answered_at is None
