"""Answers to the question for a score that are none, or come in two; and a number that a customer leaves."""

from __future__ import annotations

import pytest

from bot.services.messages import messages_after
from bot.store.staff_tables import Case
from tests.conversations.harness import Customer
from tests.conversations.test_scores import helped, score_of


@pytest.mark.parametrize("said", ["10分", "0", "好的"])
async def test_what_is_no_score_is_asked_again(customer: Customer, said: str) -> None:
    await helped(customer)
    await customer.says(said, "请打个分")
    assert score_of(customer).score is None
    await customer.says("4", "4 分", "谢谢")
    assert score_of(customer).score == 4


async def test_nobody_has_to_give_a_score(customer: Customer) -> None:
    await helped(customer)
    await customer.says("不打分", "好的", never=("请打个分",))
    assert score_of(customer).score is None


async def test_a_number_replaces_the_word_before_it(customer: Customer) -> None:
    await helped(customer)
    await customer.says("满意", "4 分")
    await customer.says("5", "5 分")
    assert score_of(customer).score == 5


async def test_the_transcript_keeps_what_was_typed(customer: Customer) -> None:
    await helped(customer)
    await customer.says("5", "5 分")
    database = customer.assistant.installation.database
    lines = messages_after(database, customer.conversation_id)
    assert [line.text for line in lines if line.author.value == "customer"][-1] == "5"


async def test_a_number_that_is_passed_on_becomes_a_call_back(customer: Customer) -> None:
    lin = await helped(customer)
    await lin.is_scored(5, "5 分")
    await customer.says("转人工，我手机13933339999 回头打我", "号码")
    [case] = customer.rows(Case)
    assert (case.kind, case.phone, case.status) == ("callback", "13933339999", "open")


@pytest.mark.parametrize("score", [None, "5分"])
async def test_a_number_to_call_needs_no_queue(customer: Customer, score: str | None) -> None:
    await helped(customer)
    if score:
        await customer.says(score)
    await customer.says("我手机13933339999 回头打我", "139****9999", never=("已经为您转接",))
    customer.has_case("callback", phone="13933339999", status="open")
    customer.belongs_to_bot()


async def test_a_number_to_call_after_a_low_score_goes_onto_its_record(customer: Customer) -> None:
    await helped(customer)
    customer.at("2026-11-22T22:00")
    await customer.says("2分", "很抱歉")
    await customer.says("我手机13933339999 回头打我", "139****9999")
    assert customer.has_case("callback", phone="13933339999").details["reason"] == "low_score"
