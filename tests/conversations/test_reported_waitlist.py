"""The waitlist as testers found it: old buttons, a licence that nobody asked for, no in plain words, a slot held already."""

from __future__ import annotations

import pytest

from bot.store.tables import Hold, WaitlistEntry
from tests.conversations.harness import Customer
from tests.conversations.notices import hears
from tests.conversations.stations import CONTACT, Click
from tests.conversations.test_waitlist import TAKEN, comes_free, entry, taken, waits

OTHER = "李娜 13911112222"


async def is_offered(customer: Customer) -> None:
    comes_free(customer, await waits(customer))
    hears(customer, "您等的位置有了", "周六 11月28日 14:00")


async def test_an_old_button_books_nothing_else(customer: Customer) -> None:
    await is_offered(customer)
    old = customer.reply
    await customer.clicks("不要了，继续等", "让给下一位")
    hears(customer, "您等的位置有了")
    offered = entry(customer).offered_start
    customer.reply = old
    reply = await customer.clicks("要这个时间", "已经不在了", f"{offered:%H:%M}", "要吗")
    customer.has_booked_nothing()
    assert reply.buttons == ["要这个时间", "不要了，继续等", "退出候补"]
    await customer.clicks("要这个时间", "约好了", f"{offered:%H:%M}")
    customer.reply = old
    await customer.clicks("要这个时间", "已经不在了", "已经约好", f"{offered:%H:%M}", "预约码")
    assert len(customer.bookings()) == 1


async def test_an_old_no_declines_nothing_else(customer: Customer) -> None:
    await is_offered(customer)
    old = customer.reply
    await customer.clicks("不要了，继续等")
    hears(customer, "您等的位置有了")
    customer.reply = old
    await customer.clicks("不要了，继续等", "已经不在了", "要吗")
    assert entry(customer).state == "offered"


async def test_the_licence_is_asked_before_waiting(customer: Customer) -> None:
    taken(customer)
    await customer.says(TAKEN, "被约走")
    await customer.clicks("有空位通知我", "姓名和手机号")
    await customer.says(CONTACT, "驾照", never=("已帮您候补",))
    await customer.says("我还没考驾照", "顾问开车", never=("已帮您候补",))
    assert customer.rows(WaitlistEntry) == []
    assert customer.form is None


async def test_the_licence_is_lacking_after_all(customer: Customer) -> None:
    await waits(customer)
    await customer.says("我还没考驾照", "已为您取消候补", "顾问开车")
    assert entry(customer).state == "left"


async def test_what_is_accepted_is_confirmed_like_any_booking(customer: Customer) -> None:
    await is_offered(customer)
    await customer.clicks("要这个时间", "约好了", "预约码", "张伟 带好驾驶证", "加入日历")


async def test_another_driver_is_asked_for_the_licence(customer: Customer) -> None:
    for step in ("我想周六上午十点去城东店试驾X5和X7", CONTACT, Click("符合"), Click("确认预约")):
        await (customer.clicks(step) if isinstance(step, Click) else customer.says(step))
    await customer.says("再约X7", "青岚 X7", "张伟")
    await customer.says("12月6号上午十点", "确认预约吗", "张伟")
    await customer.says(OTHER, "驾照")
    await customer.clicks("符合", "确认预约吗", "李娜")


@pytest.mark.parametrize("words", ["不要这个时间了", "不要了", "算了不要", "算了，不要这个时间了"])
async def test_no_in_words_after_something_else_was_said(customer: Customer, words: str) -> None:
    await is_offered(customer)
    await customer.says("你好")
    await customer.says(words, "让给下一位", "继续为您候补")
    assert entry(customer).state == "waiting"
    assert customer.assistant.rows(Hold) == []


async def test_leaving_for_another_day(customer: Customer) -> None:
    await waits(customer)
    reply = await customer.says("取消候补吧 我周五来也行", "已为您取消候补", "周五 11月27日")
    assert entry(customer).state == "left"
    assert (customer.slot("drive_model"), customer.slot("drive_phone")) == ("x5", "13812345678")
    await customer.clicks(reply.buttons[0], "确认预约吗")


async def test_leaving_is_not_joining(customer: Customer) -> None:
    await waits(customer)
    await customer.says("取消候补吧", "已为您取消候补")
    assert entry(customer).state == "left"


async def test_silence_is_told(customer: Customer) -> None:
    await is_offered(customer)
    customer.at("2026-11-22T11:01")
    hears(customer, "周六 11月28日 14:00", "保留时间到了", "还给您排着", "您等的位置有了")
    assert f"{entry(customer).offered_start:%d %H:%M}" == "28 14:00"


async def test_nobody_waits_for_what_is_held(customer: Customer) -> None:
    await customer.says("我想周六上午十点去城东店试驾X5", "姓名和手机号")
    await customer.says("有空位通知我", "已经为您留着", "不用候补", "姓名和手机号")
    assert customer.rows(WaitlistEntry) == []
    assert len(customer.rows(Hold)) == 1
