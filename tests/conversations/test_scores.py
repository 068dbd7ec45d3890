"""A score after a person has helped: buttons, words, a comment, and somebody who looks at a low one."""

from __future__ import annotations

from typing import Any

import pytest

from bot.services import scores
from bot.store.staff_tables import Case, Score
from tests.conversations.harness import Customer
from tests.conversations.people import Adviser, adviser_of


async def helped(customer: Customer) -> Adviser:
    """A person talked with the customer and gave the conversation back."""
    await customer.says("转人工")
    lin = adviser_of(customer)
    lin.takes()
    lin.says("您好，问题解决了吗")
    lin.releases()
    return lin


def score_of(customer: Customer) -> Any:
    [row] = customer.rows(Score)
    return row


async def test_the_question(customer: Customer) -> None:
    lin = await helped(customer)
    assert "刚才林晓的服务" in lin.heard[-1]
    assert [each["title"] for each in lin.buttons] == list(scores.TITLES.values())
    asked = score_of(customer)
    assert (asked.occasion, asked.username, asked.score) == ("handoff", "lin", None)


async def test_nobody_is_asked_whom_nobody_answered(customer: Customer) -> None:
    await customer.says("转人工")
    lin = adviser_of(customer)
    lin.takes()
    lin.releases()
    assert customer.rows(Score) == []


async def test_by_button(customer: Customer) -> None:
    lin = await helped(customer)
    await lin.is_scored(5, "5 分", "谢谢")
    assert score_of(customer).score == 5
    customer.belongs_to_bot()


@pytest.mark.parametrize(
    ("said", "score"),
    [
        ("5分", 5),
        ("5", 5),
        ("五分", 5),
        ("给你们打4分", 4),
        ("三星", 3),
        ("很满意", 5),
        ("满意", 4),
        ("一般吧", 3),
    ],
)
async def test_typed(customer: Customer, said: str, score: int) -> None:
    await helped(customer)
    await customer.says(said, f"{score} 分", "谢谢")
    assert score_of(customer).score == score


async def test_a_word_with_it_and_after_it(customer: Customer) -> None:
    await helped(customer)
    await customer.says("5分，讲得很清楚", "谢谢")
    await customer.says("就是等得有点久", "会转给")
    assert score_of(customer).comment == "讲得很清楚；就是等得有点久"
    await customer.says("停车免费吗")
    customer.was_told("store.parking")


@pytest.mark.parametrize("said", ["停车免费吗", "我想试驾", "转人工"])
async def test_anything_else_goes_on(customer: Customer, said: str) -> None:
    await helped(customer)
    await customer.says(said, never=("谢谢您的话", "评价"))
    assert score_of(customer).score is None


async def test_a_low_score_calls_a_person(customer: Customer) -> None:
    await helped(customer)
    await customer.says("2分", "很抱歉", "第 1 位")
    assert score_of(customer).score == 2
    handoff = customer.rows(Score) and customer.owner == "queued"
    assert handoff


async def test_a_low_score_at_night(customer: Customer) -> None:
    lin = await helped(customer)
    customer.at("2026-11-22T22:00")
    await lin.is_scored(1, "很抱歉", "11月23日） 08:30")
    await customer.says("说好十分钟回我，等了一个小时", "谢谢您的话")
    assert score_of(customer).comment == "说好十分钟回我，等了一个小时"
    [case] = customer.rows(Case)
    assert (case.kind, case.details["reason"], case.details["score"]) == ("callback", "low_score", 1)
    customer.belongs_to_bot()


async def test_once(customer: Customer) -> None:
    lin = await helped(customer)
    pressed = lin.buttons
    await lin.is_scored(4, "谢谢")
    await customer.sends(pressed[0]["payload"], "已经收到过", title=pressed[0]["title"])
    assert score_of(customer).score == 4


async def test_numbers_stay_numbers(customer: Customer) -> None:
    """Who books after having been asked answers the form."""
    await helped(customer)
    await customer.says("我想试驾", "哪一款")
    await customer.says("X5五座的", never=("谢谢", "评价"))
    assert score_of(customer).score is None


async def test_a_score_nobody_asked_for(customer: Customer) -> None:
    await customer.says("给你们打5分", "没有等您评价")
    assert customer.rows(Score) == []
