"""Codes with which customers bring others: told to who has shown who they are, noted for who comes with one."""

from __future__ import annotations

import re
from typing import Any

import pytest

from bot import clock
from bot.domain.referrals import SIGNS
from bot.services import referrals
from bot.store.lifecycle_tables import ReferralUse
from bot.store.staff_tables import Lead
from bot.store.tables import Conversation
from bot.store.tables import Customer as CustomerRow
from tests.conversations.harness import Customer
from tests.conversations.stations import CONTACT

OWNER, PLATE = "13800000001", "浙A·D1001"
"""A demo customer."""
PHONE = "13812345678"


def code(customer: Customer) -> str:
    """The demo customer's."""
    return referrals.code_of(customer.assistant.installation.database, OWNER, clock.now()).code


def link(customer: Customer, phone: str = OWNER) -> None:
    """As a one-time code in WeChat does."""
    [row] = customer.assistant.rows(CustomerRow, phone=phone)
    with customer.assistant.installation.database.transaction() as session:
        session.get(Conversation, customer.conversation_id).customer_id = row.id


def use(customer: Customer) -> Any:
    [row] = customer.assistant.rows(ReferralUse)
    return row


@pytest.mark.parametrize(
    "said", ["我的推荐码是多少", "给我生成一个推荐码", "我想推荐我弟买车，给个码", "推薦碼給我一個"]
)
async def test_phone_and_plate(customer: Customer, said: str) -> None:
    await customer.says(said, "登记的手机号和车牌")
    reply = await customer.says(f"{OWNER} {PLATE}", "您的推荐码是", code(customer), "以门店当日方案为准")
    assert re.search(f"[{SIGNS}]{{6}}", reply.text)
    await customer.says("推荐码再发一遍", code(customer))


async def test_one_after_the_other(customer: Customer) -> None:
    await customer.says("我的推荐码", "手机号和车牌")
    await customer.says(PLATE, "手机号")
    await customer.says("你们几点开门")
    customer.was_told("store.hours")
    customer.was_asked("referral_phone", "手机号")
    await customer.says(OWNER, code(customer))


async def test_who_is_linked_is_not_asked(customer: Customer) -> None:
    await customer.says("你好")
    link(customer)
    await customer.says("我的推荐码是多少", code(customer))


@pytest.mark.parametrize("said", [f"{OWNER} 浙A·D1002", f"13899999999 {PLATE}"])
async def test_nobody_elses(customer: Customer, said: str) -> None:
    await customer.says("我的推荐码是多少", "手机号和车牌")
    await customer.says(said, "没有查到", never=(code(customer),))
    assert customer.form is None


@pytest.mark.parametrize("said", ["没有车", "还没上牌", "不要了", "算了"])
async def test_without_a_car(customer: Customer, said: str) -> None:
    await customer.says("我的推荐码是多少", "手机号和车牌")
    await customer.says(said, never=(code(customer),))
    assert customer.form is None


async def test_before_the_number_is_known(customer: Customer) -> None:
    mine = code(customer)
    await customer.says(f"朋友推荐来的，推荐码{mine}", "记下了", mine)
    assert (use(customer).phone, use(customer).conversation_id) == (None, customer.conversation_id)
    await customer.says("我想周六上午十点去城东店试驾X5", "姓名和手机号")
    await customer.says(CONTACT)
    await customer.clicks("符合")
    await customer.clicks("确认预约", "预约码")
    [lead] = customer.assistant.rows(Lead)
    assert (use(customer).phone, use(customer).lead_id) == (lead.phone, lead.id)
    assert f"老客户推荐（推荐码 {mine}）" in lead.note
    [row] = customer.assistant.rows(CustomerRow, phone=lead.phone)
    assert row.referred_by == mine


async def test_along_with_a_booking(customer: Customer) -> None:
    mine = code(customer)
    await customer.says(
        f"我想周六上午十点去城东店试驾X5，朋友推荐的，推荐码{mine.lower()}", "记下了", "姓名和手机号"
    )
    await customer.says(CONTACT)
    await customer.clicks("符合")
    await customer.clicks("确认预约", "预约码")
    assert use(customer).lead_id is not None


async def test_in_the_middle_of_a_booking(customer: Customer) -> None:
    mine = code(customer)
    await customer.says("我想周六上午十点去城东店试驾X5", "姓名和手机号")
    await customer.says(f"我有推荐码 {mine}", "记下了")
    customer.was_asked("drive_phone", "姓名和手机号")
    await customer.says(f"{CONTACT} 推荐码{mine}", "已登记")
    customer.was_asked("drive_licence", "驾照")


async def test_the_code_is_asked_for(customer: Customer) -> None:
    mine = code(customer)
    await customer.says("我有朋友的推荐码", "发给我")
    await customer.says(f"{mine[:3]} {mine[3:].lower()}", "记下了", mine)


async def test_a_slip_is_no_other_customers_code(customer: Customer) -> None:
    mine = code(customer)
    wrong = next(mine[:2] + sign + mine[3:] for sign in SIGNS if sign != mine[2])
    await customer.says(f"推荐码是 {wrong}", "没有查到", "核对")
    assert customer.assistant.rows(ReferralUse) == []
    await customer.says(mine, "记下了", mine)


@pytest.mark.parametrize("said", ["EHF7X9", "X5K7M2", " k7s3pq ", "E5X7S6", "ABC D23"])
async def test_a_code_that_was_asked_for_is_one_whatever_its_signs_look_like(
    customer: Customer, said: str
) -> None:
    await customer.says("推荐码是 EHA7X8", "没有查到")
    await customer.says(said, "没有查到")


async def test_ones_own(customer: Customer) -> None:
    await customer.says("你好")
    link(customer)
    await customer.says(f"推荐码 {code(customer)}", "您自己的推荐码")
    assert customer.assistant.rows(ReferralUse) == []


async def test_an_owner_is_not_new(customer: Customer) -> None:
    await customer.says("你好")
    link(customer, "13800000002")
    await customer.says(f"推荐码 {code(customer)}", "已经是我们的车主")
    assert customer.assistant.rows(ReferralUse) == []


async def test_ones_own_by_the_number_of_the_booking(customer: Customer) -> None:
    mine = code(customer)
    await customer.says(f"推荐码 {mine}", "记下了")
    await customer.says("我想周六上午十点去城东店试驾X5", "姓名和手机号")
    await customer.says(f"张伟 {OWNER}")
    await customer.clicks("符合")
    await customer.clicks("确认预约", "预约码")
    assert customer.assistant.rows(ReferralUse) == []


async def test_how_many_came(customer: Customer) -> None:
    database = customer.assistant.installation.database
    referrals.note_code(database, code(customer), "c", PHONE, clock.now())
    await customer.says("你好")
    link(customer)
    await customer.says("我的推荐码有人用过吗", "1 位朋友用过")


@pytest.mark.parametrize("said", ["推荐朋友有什么奖励", "老带新有礼品吗"])
async def test_what_one_gets_for_it(customer: Customer, said: str) -> None:
    await customer.says(said)
    customer.was_told("member.referral")


@pytest.mark.parametrize("said", ["朋友推荐我来的，有推荐码", "有推荐码", "我有朋友的推荐码"])
async def test_a_code_is_asked_for(customer: Customer, said: str) -> None:
    await customer.says(said, "发给我")
    assert customer.form is None


async def test_a_friends_code_instead_of_ones_own(customer: Customer) -> None:
    await customer.says("我的推荐码", "手机号和车牌")
    await customer.says("不对，我有朋友的推荐码", "发给我", never=("车牌",))
    assert customer.form is None


async def test_how_it_works(customer: Customer) -> None:
    await customer.says("推荐码怎么用")
    customer.was_told("member.referral")


async def test_after_a_booking(customer: Customer) -> None:
    await customer.says("我想周六上午十点去城东店试驾X5", "姓名和手机号")
    await customer.says(CONTACT)
    await customer.clicks("符合")
    await customer.clicks("确认预约", "预约码")
    await customer.says(f"对了，我是朋友推荐的，推荐码{code(customer)}", "已登记")
    [lead] = customer.assistant.rows(Lead)
    assert use(customer).lead_id == lead.id
    assert "老客户推荐" in lead.note


async def test_an_old_customer_asks_for_their_own_code(customer: Customer) -> None:
    await customer.says("我是老客户，13800000001 浙A·D1001，我的推荐码是多少", "您的推荐码是")
