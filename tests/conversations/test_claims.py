"""A fault under warranty: recorded from the first word, once, with what the schedule says of the car."""

from __future__ import annotations

import pytest

from tests.conversations.harness import Customer


async def test_a_claim_is_recorded_with_number_and_words(customer: Customer) -> None:
    await customer.says("车还在保修期，空调坏了，给我免费修", "质保申请", "门店检测", "手机号")
    await customer.says("13812345678", "已经登记质保申请", "138****5678")
    case = customer.has_case("warranty_claim", phone="13812345678", status="open")
    assert "空调坏了" in case.details["text"]
    assert case.details["complete"] is True
    assert "预约检测" in customer.reply.buttons
    customer.belongs_to_bot()


async def test_what_is_broken_is_asked_for(customer: Customer) -> None:
    await customer.says("我要申请质保索赔", "哪里坏了")
    await customer.says("大屏老是死机，上个月开始的，X5，去年5月提的，2万公里", "手机号")
    await customer.says("保修几年", "36 个月", "手机号")
    await customer.says("不方便留电话", "在这里回复您")
    case = customer.has_case("warranty_claim", phone=None)
    assert "大屏老是死机" in case.details["text"]
    assert case.details["model"] == "x5"


async def test_a_car_on_record_needs_no_question(customer: Customer) -> None:
    await customer.says("13800000001 浙A·D1001 该做什么保养")
    await customer.says("中控屏黑屏了，还在质保期，给我登记索赔", "还在整车质保期内", "已经登记质保申请")
    case = customer.has_case("warranty_claim", phone="13800000001")
    assert case.details["plate"] == "浙AD1001"


async def test_a_warranty_that_is_over_opens_no_claim(customer: Customer) -> None:
    await customer.says("13800000005 浙A·A5005 还在保修期吗", "已经过了整车质保")
    await customer.says("发动机渗油，没过保，登记一下", "已经过了整车质保", "先检测、再报价")
    assert "预约检测" in customer.reply.buttons
    assert customer.form is None


async def test_who_leaves_is_not_lost(customer: Customer) -> None:
    await customer.says("我要申请质保索赔", "哪里坏了")
    await customer.says("算了", "已经记录")
    assert customer.form is None
    customer.has_case("warranty_claim", status="open")


async def test_the_same_again_is_the_same_case(customer: Customer) -> None:
    await customer.says("天窗漏水，我要索赔", "手机号")
    await customer.says("我要申请质保索赔", "手机号")
    await customer.says("13812345678", "已经登记")
    customer.has_case("warranty_claim", phone="13812345678")


@pytest.mark.parametrize("question", ["质保索赔怎么办理", "怎么索赔"])
async def test_a_question_is_answered_and_leads_on(customer: Customer, question: str) -> None:
    await customer.says(question, "质保索赔由门店办理")
    await customer.clicks("登记质保申请", "哪里坏了")
