"""Booking a test drive, from nothing and with everything said up front."""

from __future__ import annotations

from tests.conversations.harness import Customer


async def test_everything_up_front(customer: Customer) -> None:
    await customer.says("我想周六上午十点去城东店试驾X5", "姓名和手机号")
    await customer.says("张伟 13812345678", "驾照")
    await customer.clicks("符合", "确认预约吗", "周六 11月28日 10:00", "青岚 X5", "城东店", "张伟", "13812345678")
    customer.has_booked_nothing()
    reply = await customer.clicks("确认预约", "预约码", "周六 11月28日 10:00")
    booked = customer.has_booked(
        kind="test_drive", model="x5", store="east", start="2026-11-28T10:00", name="张伟", phone="13812345678"
    )
    assert booked.code == reply.code


async def test_from_nothing(customer: Customer) -> None:
    await customer.says("我想试驾", "哪一款")
    await customer.clicks("青岚 E5", "哪家门店")
    reply = await customer.clicks("城西店", "什么时候")
    assert reply.buttons
    await customer.clicks(reply.buttons[0], "姓名和手机号")
    await customer.says("李娜 13912345678", "驾照")
    await customer.clicks("符合", "确认预约吗")
    await customer.clicks("确认预约", "预约码")
    customer.has_booked(kind="test_drive", model="e5", store="west", name="李娜", phone="13912345678")
    assert customer.messages <= 8
