"""Checking, changing and cancelling a booking: with code and phone together, and nothing without."""

from __future__ import annotations

import pytest

from bot.store.tables import Appointment, Claim
from tests.conversations.harness import Customer
from tests.conversations.stations import FOUND

SECRETS = ("王芳", "11月28日", "X5", "城东店", "迎宾大道")


@pytest.fixture
def owner(customer: Customer) -> Customer:
    """A customer whose test drive of the X5 is on Saturday at ten: KHM374, 13700001111."""
    customer.assistant.books("2026-11-28T10:00")
    return customer


def booking(customer: Customer) -> Appointment:
    [row] = customer.assistant.rows(Appointment)
    return row


async def test_check(owner: Customer) -> None:
    await owner.says("查一下我的预约", "预约码", "手机号")
    await owner.says("KHM374", "手机号", never=SECRETS)
    await owner.says("13700001111", "预约", "KHM374", "试驾 青岚 X5", "周六 11月28日 10:00", "城东店")
    assert owner.reply.buttons == ["改时间", "取消预约"]
    assert owner.form is None
    assert owner.filled("booking_") == {}


@pytest.mark.parametrize("identity", [FOUND, "khm374 13700001111", "手机13700001111，预约码KHM 374"])
async def test_check_at_once(owner: Customer, identity: str) -> None:
    await owner.says("查一下我的预约")
    await owner.says(identity, "周六 11月28日 10:00")


async def test_check_in_one_message(owner: Customer) -> None:
    await owner.says("帮我查下预约KHM374，手机号13700001111", "周六 11月28日 10:00")


async def test_phone_first(owner: Customer) -> None:
    await owner.says("查一下我的预约", "预约码")
    await owner.says("13700001111", "预约码", never=SECRETS)
    await owner.says("KHM374", "周六 11月28日 10:00")


@pytest.mark.parametrize("identity", ["KHM374 13900009999", "ABC234 13700001111"])
async def test_somebody_elses_code(owner: Customer, identity: str) -> None:
    """A wrong phone and an unknown code look the same."""
    await owner.says("查一下我的预约")
    reply = await owner.says(identity, "没有找到", never=SECRETS)
    assert owner.form == "existing_booking_form"
    stranger = owner.assistant.customer()
    await stranger.says("查一下我的预约")
    assert (await stranger.says("XYZ999 13611112222")).text == reply.text


@pytest.mark.parametrize("wish", ["我要取消预约", "我要改预约时间"])
async def test_somebody_elses_booking_stays(owner: Customer, wish: str) -> None:
    await owner.says(wish)
    await owner.says("KHM374 13900009999", "没有找到", never=SECRETS)
    await owner.says("确认")
    assert booking(owner).status == "confirmed"
    assert booking(owner).start.isoformat() == "2026-11-28T10:00:00+08:00"


async def test_the_second_attempt(owner: Customer) -> None:
    await owner.says("查一下我的预约")
    await owner.says("KHM375 13700001111", "没有找到")
    await owner.says(FOUND, "周六 11月28日 10:00")


async def test_too_many_failures(owner: Customer) -> None:
    """Guessing ends, also in a new attempt of the same conversation, and even with the right code."""
    await owner.says("查一下我的预约")
    for number in range(4):
        await owner.says(f"KHM37{number + 5} 13700001111", "没有找到")
    await owner.says("KHM289 13700001111", "没有核对上")
    assert owner.form is None
    await owner.says("查一下我的预约")
    assert owner.form is None, owner.told("asked again")
    await owner.says(FOUND, never=SECRETS)
    await owner.says("转人工", "已经为您转接")
    owner.is_queued("asked_for_a_person")


async def test_an_unreadable_code(owner: Customer) -> None:
    await owner.says("查一下我的预约", "预约码")
    await owner.says("KH0371", "预约码")
    assert owner.form == "existing_booking_form"
    await owner.says(FOUND, "周六 11月28日 10:00")


async def test_cancel(owner: Customer) -> None:
    await owner.says("我要取消预约", "预约码")
    await owner.says(FOUND, "要取消", "周六 11月28日 10:00", "试驾 青岚 X5")
    assert booking(owner).status == "confirmed"
    await owner.clicks("确认取消", "已经取消")
    assert booking(owner).status == "cancelled"
    assert owner.assistant.rows(Claim) == []
    assert owner.form is None


async def test_not_cancelled_after_all(owner: Customer) -> None:
    await owner.says("我要取消预约")
    await owner.says(FOUND, "要取消")
    await owner.clicks("先不取消", "保持不变", "KHM374")
    assert booking(owner).status == "confirmed"


async def test_cancel_after_a_check(owner: Customer) -> None:
    """The booking has just been shown: it is not asked for again."""
    await owner.says("帮我查下预约KHM374，手机号13700001111", "周六 11月28日 10:00")
    await owner.clicks("取消预约", "要取消", "周六 11月28日 10:00")
    await owner.clicks("确认取消", "已经取消")
    assert booking(owner).status == "cancelled"


async def test_change(owner: Customer) -> None:
    before = booking(owner)
    await owner.says("我要改预约时间", "预约码")
    reply = await owner.says(FOUND, "现在约的是 周六 11月28日 10:00")
    assert reply.buttons
    await owner.says("11月29日下午两点", "周六 11月28日 10:00", "周日 11月29日 14:00", "对吗")
    assert booking(owner).start == before.start
    await owner.clicks("确认改期", "改好了", "周日 11月29日 14:00", "KHM374")
    after = booking(owner)
    assert (after.id, after.code) == (before.id, "KHM374")
    assert after.start.isoformat() == "2026-11-29T14:00:00+08:00"


async def test_change_in_one_message(owner: Customer) -> None:
    await owner.says("预约KHM374改到11月29日下午两点，手机号13700001111", "周日 11月29日 14:00", "对吗")
    await owner.says("对", "改好了")
    assert booking(owner).start.isoformat() == "2026-11-29T14:00:00+08:00"


async def test_change_with_a_button(owner: Customer) -> None:
    await owner.says("我要改预约时间")
    reply = await owner.says(FOUND, "现在约的是")
    await owner.clicks(reply.buttons[0], reply.buttons[0][:9], "对吗")


async def test_change_of_the_wish(owner: Customer) -> None:
    await owner.says("我要改预约时间")
    await owner.says(FOUND)
    await owner.says("11月29日下午两点", "对吗")
    await owner.says("还是下午四点吧", "周日 11月29日 16:00", "对吗")
    await owner.clicks("确认改期", "16:00")
    assert booking(owner).start.isoformat() == "2026-11-29T16:00:00+08:00"


async def test_change_of_the_store(owner: Customer) -> None:
    await owner.says("我要改预约时间")
    await owner.says(FOUND)
    await owner.says("11月29日下午两点，改到城西店", "周日 11月29日 14:00", "城西店", "对吗")
    await owner.clicks("确认改期", "城西店", "学府路")
    assert booking(owner).store == "west"


async def test_change_refused(owner: Customer) -> None:
    owner.assistant.books("2026-11-29T14:00", code="ABC234")
    await owner.says("我要改预约时间")
    await owner.says(FOUND)
    reply = await owner.says("11月29日下午两点", "被约走")
    assert len(reply.buttons) == 3
    await owner.clicks(reply.buttons[0], "对吗")
    await owner.clicks("确认改期", "改好了")


async def test_not_changed_after_all(owner: Customer) -> None:
    await owner.says("我要改预约时间")
    await owner.says(FOUND)
    await owner.says("11月29日下午两点", "对吗")
    await owner.clicks("先不改", "保持不变")
    assert booking(owner).start.isoformat() == "2026-11-28T10:00:00+08:00"


@pytest.mark.parametrize("wish", ["我要改预约时间", "我要取消预约"])
async def test_too_late(owner: Customer, wish: str) -> None:
    owner.at("2026-11-28T08:30")
    await owner.says(wish)
    await owner.says(FOUND, "不到 2 小时", "0500-8800-1001")
    assert booking(owner).status == "confirmed"
    assert owner.form is None
    await owner.clicks("转人工顾问", "已经为您转接")


async def test_just_in_time(owner: Customer) -> None:
    owner.at("2026-11-28T07:59")
    await owner.says("我要取消预约")
    await owner.says(FOUND, "要取消")
    await owner.clicks("确认取消", "已经取消")


async def test_a_cancelled_booking(owner: Customer) -> None:
    await owner.says("我要取消预约")
    await owner.says(FOUND)
    await owner.clicks("确认取消")
    for wish in ("查一下我的预约", "我要改预约时间"):
        await owner.says(wish)
        if owner.form:
            await owner.says(FOUND)
        assert "已经取消" in owner.reply, owner.told("not said to be cancelled")
        assert "现在约的是" not in owner.reply


async def test_a_booking_that_is_over(owner: Customer) -> None:
    owner.at("2026-11-29T10:00")
    await owner.says("我要取消预约")
    await owner.says(FOUND, never=("要取消", "不到 2 小时"))
    assert booking(owner).status == "confirmed"


async def test_the_own_booking_of_just_now(customer: Customer) -> None:
    for step in ("我想周六上午十点去城东店试驾X5", "张伟 13812345678", "符合"):
        await customer.says(step)
    code = (await customer.clicks("确认预约")).code
    await customer.says("不好意思，帮我取消刚才的预约")
    if customer.form:
        await customer.says(f"{code} 13812345678", "要取消")
    await customer.clicks("确认取消", "已经取消")
    assert customer.bookings() == []


async def test_a_service_visit(customer: Customer) -> None:
    customer.assistant.books("2026-11-25T10:00", "s3", "west", ("regular_service", "brake_check"))
    await customer.says("查一下我的预约")
    await customer.says(FOUND, "青岚 S3", "常规保养、刹车检查", "城西店", "周三 11月25日 10:00")
    await customer.clicks("改时间", "现在约的是")
    await customer.says("周一上午十点", "不营业")
    await customer.says("周四上午十点", "对吗")
    await customer.clicks("确认改期", "周四 11月26日 10:00", "城西店")
    row = booking(customer)
    assert (row.end - row.start).seconds == 90 * 60
