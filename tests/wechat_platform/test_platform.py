"""The simulator itself: a connector on wechatpy is its peer."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.wechat_platform.accounts import COMPATIBLE, PLAIN, SAFE, PlatformAccount
from tests.wechat_platform.delivery import Way
from tests.wechat_platform.envelope import Fields
from tests.wechat_platform.platform import Platform
from tests.wechat_platform.shown import OUT_OF_ORDER
from tests.wechat_platform.stub import stub_of

pytestmark = pytest.mark.slow
QUICK = (0.3, 0.3, 0.3)


async def echo(message: Any) -> str:
    return f"听到：{message.content.replace(']]>', '')}"  # wechatpy would not split it


async def nothing(message: Any) -> str:
    return ""


@pytest.mark.parametrize("mode", [PLAIN, COMPATIBLE, SAFE])
async def test_a_text_and_its_passive_reply_in_every_mode(mode: str) -> None:
    account = PlatformAccount("main", mode=mode)
    async with Platform([account]) as platform, stub_of(account, echo) as stub:
        customer = platform.customer("openid-1")
        delivery = customer.text("a]]>b <你好> & 😀")
        await customer.done()

    assert stub.heard[0].content == "a]]>b <你好> & 😀"
    assert stub.heard[0].id == int(delivery.fields["MsgId"])
    assert [(each.via, each.text) for each in customer.received] == [("passive", "听到：ab <你好> & 😀")]


@pytest.mark.parametrize("mode", [PLAIN, SAFE])
async def test_the_account_is_verified(mode: str) -> None:
    account = PlatformAccount("main", mode=mode)
    async with Platform([account]) as platform, stub_of(account, nothing):
        status, text, echoed = await platform.verify()

    assert (status, text) == (200, echoed)


async def test_every_kind_is_what_wechatpy_knows() -> None:
    account = PlatformAccount("main")
    async with Platform([account]) as platform, stub_of(account, nothing) as stub:
        someone = platform.customer("openid-1")
        for act in (
            lambda: someone.image(b"\xff\xd8picture"),
            lambda: someone.voice("我想试驾"),
            lambda: someone.voice(),
            lambda: someone.video(),
            lambda: someone.location(31.2, 121.4, "人民广场"),
            lambda: someone.link("标题", "https://cars.example/x"),
            lambda: someone.follow(),
            lambda: someone.follow("store=east"),
            lambda: someone.scan("store=east"),
            lambda: someone.menu("book_test_drive"),
            lambda: someone.view("https://cars.example"),
            lambda: someone.reports_location(31.2, 121.4),
            lambda: someone.template_done(7),
            lambda: someone.unfollow(),
        ):
            act()
            await someone.done()
        heard = stub.heard

    assert [message.type if message.type != "event" else message.event for message in heard] == [
        *("image", "voice", "voice", "video", "location", "link"),
        *("subscribe", "subscribe_scan", "scan", "click", "view", "location", "templatesendjobfinish"),
        "unsubscribe",
    ]
    assert heard[1].recognition == "我想试驾"
    assert (heard[7].scene_id, heard[8].scene_id) == ("store=east", "store=east")
    assert not any(each.kind == "fault" for each in someone.received)


async def test_cut_and_redelivered_with_the_same_id_until_there_is_an_answer() -> None:
    account, tries = PlatformAccount("main"), []

    async def slow_twice(message: Any) -> str:
        tries.append(message.id)
        if len(tries) < 3:
            await asyncio.sleep(1)
        return "好的"

    async with Platform([account]) as platform, stub_of(account, slow_twice):
        customer = platform.customer("openid-1")
        delivery = customer.text("你好", Way(cut=QUICK))
        await customer.done()

    assert delivery.outcomes == ["cut", "cut", "passive"]
    assert len(set(tries)) == 1
    assert customer.texts == ["好的"]


@pytest.mark.parametrize(
    "body", [b"ok", b"<xml>", b"{}", b"success\n", b"<xml><MsgType>text</MsgType></xml>"]
)
async def test_a_bad_answer_shows_the_customer_an_error(body: bytes) -> None:
    account = PlatformAccount("main")

    async def bad(message: Any) -> bytes:
        return body

    async with Platform([account]) as platform, stub_of(account, bad):
        customer = platform.customer("openid-1")
        delivery = customer.text("你好")
        await customer.done()

    assert delivery.outcomes == ["bad"]
    assert customer.texts == [OUT_OF_ORDER]


async def test_a_double_gets_no_second_reply_on_the_screen() -> None:
    account = PlatformAccount("main")
    async with Platform([account]) as platform, stub_of(account, echo) as stub:
        customer = platform.customer("openid-1")
        delivery = customer.text("你好", Way(again=(0.0, 0.1)))
        await customer.done()

    assert len(stub.heard) == 3
    assert customer.texts == ["听到：你好"]
    assert [reply["Content"] for reply in delivery.extra_replies] == ["听到：你好"] * 2


async def test_a_message_that_waits_is_overtaken_and_ids_collide_between_users() -> None:
    account = PlatformAccount("main")
    async with Platform([account]) as platform, stub_of(account, echo) as stub:
        one, other = platform.customer("openid-1"), platform.customer("openid-2")
        one.text("先", Way(wait=0.2), msgid=7)
        one.text("后")
        other.text("别人", msgid=7)
        await one.done()
        await other.done()

    assert [message.content for message in stub.heard if message.source == "openid-1"] == ["后", "先"]
    assert other.texts == ["听到：别人"]


async def test_a_forged_signature_and_a_stale_time() -> None:
    account = PlatformAccount("main")
    async with Platform([account]) as platform, stub_of(account, echo):
        customer = platform.customer("openid-1")
        forged = customer.text("你好", Way(is_forged=True))
        await customer.done()
        stale = customer.text("你好", Way(shift=-3600))
        await customer.done()

    assert forged.outcomes == ["refused"]
    assert abs(int(stale.request().query["timestamp"]) - platform.clock.now() + 3600) < 5


async def test_an_answer_in_another_mode_or_to_somebody_else_is_bad() -> None:
    account = PlatformAccount("main")

    async def plain(message: Any) -> bytes:
        fields: Fields = {"ToUserName": message.source, "FromUserName": message.target, "MsgType": "text"}
        inner = "".join(f"<{name}>{value}</{name}>" for name, value in fields.items())
        return f"<xml>{inner}<CreateTime>1</CreateTime><Content>x</Content></xml>".encode()

    async with Platform([account]) as platform, stub_of(account, plain):
        customer = platform.customer("openid-1")
        delivery = customer.text("你好")
        await customer.done()

    assert delivery.attempts[0].why == "not encrypted in safe mode"
