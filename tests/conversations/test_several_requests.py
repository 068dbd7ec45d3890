"""Several requests in one message: questions are answered, one dialogue begins, and no other is forgotten."""

from __future__ import annotations

import pytest

from bot.store.staff_tables import Case
from tests.conversations.harness import Customer


async def test_a_test_drive_and_a_question(customer: Customer) -> None:
    await customer.says("想约周六试驾X5，顺便问下首付多少", "哪家门店")

    customer.was_told("price.down_payment")
    customer.was_asked("drive_store", "哪家门店")
    assert customer.slot("drive_model") == "x5"
    await customer.says("城东店", "周六")
    assert customer.form == "test_drive_form"


async def test_a_question_and_a_service_visit(customer: Customer) -> None:
    await customer.says("保养多少钱，能约明天上午吗")

    customer.was_told("service.price")
    assert customer.form == "service_visit_form"
    customer.was_asked("visit_model", "车型和车牌")


@pytest.mark.parametrize("said", ["你们几点开门？停车免费吗？", "你们几点开门，另外停车免费吗"])
async def test_two_questions(customer: Customer, said: str) -> None:
    await customer.says(said)

    customer.was_told("store.hours")
    customer.was_told("store.parking")


async def test_a_complaint_comes_first_and_the_other_is_named(customer: Customer) -> None:
    await customer.says("我要投诉，还有我的预约取消吧", "抱歉", "您还提到了取消预约", "发生了什么")

    assert "取消预约" in customer.reply.buttons
    assert customer.form == "complaint_form"
    await customer.says("昨天在城东店保养，等了三个小时没人管", "手机号")
    assert customer.slot("complaint_text") == "昨天在城东店保养，等了三个小时没人管"
    await customer.says("13812345678", "已经登记投诉")
    customer.has_case("complaint")
    customer.is_queued("complaint")


async def test_the_named_one_can_be_begun_at_once(customer: Customer) -> None:
    customer.assistant.books("2026-11-28T10:00")
    await customer.says("我要投诉，还有我的预约取消吧")
    await customer.clicks("取消预约", "预约码")

    assert customer.form == "existing_booking_form"


async def test_what_had_to_wait_is_offered_at_the_end(customer: Customer) -> None:
    customer.assistant.books("2026-11-25T10:00", jobs=("regular_service",), code="KHM374")
    await customer.says(
        "想约周六上午十点去城东店试驾X5，还有帮我取消之前的保养预约", "您还提到了取消预约", "姓名和手机号"
    )
    await customer.says("张伟 13812345678", "驾照")
    await customer.clicks("符合", "确认预约吗")
    await customer.clicks("确认预约", "预约码", "您刚才还提到了取消预约")
    customer.has_booked(model="x5", start="2026-11-28T10:00")
    await customer.says("好的", "预约码（")
    assert customer.slot("booking_purpose") == "cancel"
    await customer.says("KHM374 13700001111", "要取消")


async def test_what_had_to_wait_is_offered_when_the_first_is_left(customer: Customer) -> None:
    await customer.says("取消预约，还有帮我重新约个试驾", "您还提到了预约试驾", "预约码")
    await customer.says("算了", "停下", "您刚才还提到了预约试驾")
    await customer.says("好的", "哪一款")


async def test_what_had_to_wait_may_be_declined(customer: Customer) -> None:
    await customer.says("取消预约，还有帮我重新约个试驾")
    await customer.says("算了", "现在接着办吗")
    await customer.says("不用了")
    assert customer.form is None
    await customer.says("停车免费吗", never=("您刚才还提到",))


async def test_what_is_offered_anyway_is_not_offered_twice(customer: Customer) -> None:
    await customer.says("我的车还在保修期吗？顺便帮我约个保养", "您还提到了预约保养")
    await customer.says("X5，2025年5月提的车")
    await customer.says("8000公里", "约个时间", never=("您刚才还提到",))
    await customer.says("好的", "车牌")


async def test_in_an_emergency_nothing_else_is_spoken_of(customer: Customer) -> None:
    await customer.says("车抛锚了，还有保养多少钱", "双闪", "什么位置", never=("您还提到", "元"))

    assert [case.kind for case in customer.rows(Case)] == ["rescue"]


async def test_a_person_gets_all_of_it(customer: Customer) -> None:
    await customer.says("转人工，另外首付多少", "已经为您转接", never=("首付",))

    handoff = customer.is_queued("asked_for_a_person")
    assert handoff.summary["last_messages"] == ["转人工，另外首付多少"]


@pytest.mark.parametrize(
    ("said", "form"),
    [
        ("我想周六上午十点去城东店试驾X5，我叫张伟，电话13812345678", "test_drive_form"),
        ("我想试驾X5，周六上午有空吗？", "test_drive_form"),
        ("别取消，只是想换个时间，我约的保养", "existing_booking_form"),
        ("我要投诉！你们服务太差了，等了三个小时", "complaint_form"),
    ],
)
async def test_one_request_in_several_clauses(customer: Customer, said: str, form: str) -> None:
    await customer.says(said, never=("您还提到",))

    assert customer.form == form
    assert customer.slot("also_wanted") is None
