"""People and events through the simulated platform: handoff both ways, the quota, what customers send and scan."""

from __future__ import annotations

import itertools

import pytest

from tests.wechat_platform.assistant import Station
from tests.wechat_platform.customer import Customer
from tests.wechat_platform.shown import OUT_OF_ORDER

PICTURE = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c626001000000ffff03000006"
    "0005d1b2ad3a0000000049454e44ae426082"
)
_numbers = itertools.count(1)


async def taken(station: Station, openid: str, account: str = "main") -> tuple[Customer, str]:
    """A customer whose conversation the administrator has taken, after everything was shown."""
    customer = station.platform.customer(openid, account)
    customer.text("转人工")
    await customer.done()
    conversation = station.conversation_of(customer)
    station.staff("POST", f"/conversations/{conversation}/take", {})
    await customer.until(station.has_everything)
    return customer, conversation


def replies(station: Station, conversation: str, text: str) -> None:
    body = {"text": text, "client_id": f"r{next(_numbers)}"}
    station.staff("POST", f"/conversations/{conversation}/reply", body)


async def test_point_15_an_adviser_and_a_customer_talk(station: Station) -> None:
    customer, conversation = await taken(station, "o-people-000000000000001")
    before = len(customer.received)
    replies(station, conversation, "您好，我是张顾问")
    await customer.sees("您好，我是张顾问", after=before)
    delivery = customer.text("你们几点开门")
    await customer.done()
    assert delivery.outcomes == ["acknowledged"]
    replies(station, conversation, "九点")
    await customer.sees("九点")
    station.staff("POST", f"/conversations/{conversation}/release", {})
    customer.text("你们几点开门")
    await customer.done()
    await customer.until(station.has_everything)

    station.sees_everything_once(customer)
    assert station.asked(customer) == ["转人工", "你们几点开门", "你们几点开门"]


async def test_point_11_what_the_quota_leaves_over_comes_when_the_customer_writes_again(
    station: Station,
) -> None:
    customer, conversation = await taken(station, "o-quota-0000000000000001")
    customer.text("在吗")
    await customer.done()
    for number in range(1, 6):
        replies(station, conversation, f"第{number}条")
        await customer.sees(f"第{number}条")
    for number in (6, 7):
        replies(station, conversation, f"第{number}条")
    opened = station.staff("GET", f"/conversations/{conversation}/messages")
    assert [row["text"] for row in opened][-2:] != []
    before = len(customer.received)
    assert customer.quota.left(station.platform.clock.now()) == 0
    customer.text("还在")
    await customer.done()
    await customer.sees("第7条", after=before)

    station.sees_everything_once(customer)
    codes = {call.code for call in station.platform.api.calls if call.openid == customer.openid}
    assert 45047 not in codes, "the assistant's own account of the quota was wrong"


async def test_the_platform_counts_otherwise_and_nothing_is_lost(station: Station) -> None:
    """Point 11: 45047 is never tried again; the line comes when the customer writes."""
    customer, conversation = await taken(station, "o-quota-0000000000000002")
    customer.text("在吗")
    await customer.done()
    customer.quota.permissions.clear()
    replies(station, conversation, "请问您要哪一款？")
    await customer.until(
        lambda me: (
            [call.code for call in station.platform.api.calls if call.openid == me.openid][-1:] == [45015]
        )
    )
    customer.text("X5")
    await customer.done()
    await customer.sees("请问您要哪一款？")

    station.sees_everything_once(customer)


async def test_point_15_the_platforms_own_desk_gets_the_customer(station: Station) -> None:
    customer = station.platform.customer("o-desk-00000000000000001", "desk")
    customer.text("转人工")
    await customer.done()
    handed_over = customer.text("有人吗")
    await customer.done()

    reply = handed_over.attempts[-1].reply or {}
    assert reply.get("MsgType") == "transfer_customer_service"
    assert OUT_OF_ORDER not in customer.texts


async def test_follow_unfollow_and_follow_again(station: Station) -> None:
    """Point 14: a greeting with the main choices; nothing is sent to who left."""
    customer = station.platform.customer("o-follows-00000000000001")
    customer.follow()
    await customer.done()
    await customer.until(lambda me: bool(me.choices))
    customer.click(customer.choice("试驾"))
    await customer.done()
    await customer.until(station.has_answers)
    customer.unfollow()
    await customer.done()
    codes = [call.code for call in station.platform.api.calls if call.openid == customer.openid]

    station.sees_everything_once(customer)
    assert 43004 not in codes
    assert OUT_OF_ORDER not in customer.texts


async def test_a_scanned_code_brings_the_store_along(station: Station) -> None:
    customer = station.platform.customer("o-scans-0000000000000001")
    customer.follow("store=east;model=x5;campaign=autumn")
    await customer.done()
    await customer.until(station.has_answers)

    assert any("城东店" in each.whole or "X5" in each.whole for each in customer.received), customer.texts


async def test_a_menu_click_starts_a_dialogue(station: Station) -> None:
    customer = station.platform.customer("o-menu-00000000000000001")
    customer.menu("book_test_drive")
    await customer.done()
    await customer.sees("哪一款")
    await customer.until(station.has_answers)

    station.sees_everything_once(customer)


@pytest.mark.parametrize(
    "kind", ["voice", "silent", "image", "video", "location", "link", "unknown", "view", "place"]
)
async def test_point_14_every_kind_is_handled(station: Station, kind: str) -> None:
    customer = station.platform.customer(f"o-kinds-{kind}-0000000001")
    acts = {
        "voice": lambda: customer.voice("你们几点开门"),
        "silent": lambda: customer.voice(),
        "image": lambda: customer.image(PICTURE),
        "video": lambda: customer.video(),
        "location": lambda: customer.location(30.66, 104.06, "天府广场"),
        "link": lambda: customer.link("一篇文章", "https://cars.example/x5"),
        "unknown": lambda: customer.unknown(),
        "view": lambda: customer.view("https://cars.example"),
        "place": lambda: customer.reports_location(30.66, 104.06),
    }
    delivery = acts[kind]()
    await customer.done()

    assert delivery.outcomes[-1] in ("passive", "acknowledged")
    if kind not in ("unknown", "view", "place"):
        await customer.until(station.has_answers)
        station.sees_everything_once(customer)
    assert OUT_OF_ORDER not in customer.texts
