"""The API side of the simulator: tokens, the quota, error codes, media, menu."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from tests.wechat_platform.accounts import PlatformAccount
from tests.wechat_platform.delivery import Way
from tests.wechat_platform.platform import Platform
from tests.wechat_platform.shown import Choice

pytestmark = pytest.mark.slow
NOWHERE = Way(cut=(0.01,))


@pytest.fixture
async def platform() -> AsyncIterator[Platform]:
    accounts = [PlatformAccount("main"), PlatformAccount("bare", may_send=False, kind="subscription")]
    async with Platform(accounts) as running:
        running.point_at("http://127.0.0.1:9")
        yield running


async def call(
    platform: Platform, path: str, body: dict[str, Any] | None = None, **query: str
) -> dict[str, Any]:
    async with httpx.AsyncClient(base_url=platform.url) as client:
        if body is None:
            answer = await client.get(f"/cgi-bin{path}", params=query)
        else:
            raw = json.dumps(body, ensure_ascii=False)
            answer = await client.post(f"/cgi-bin{path}", params=query, content=raw.encode())
    return dict(json.loads(answer.text))


async def token(platform: Platform, name: str = "main", force: bool = False) -> str:
    account = platform.accounts[name]
    body = {"grant_type": "client_credential", "appid": account.app_id, "secret": account.secret}
    return str((await call(platform, "/stable_token", {**body, "force_refresh": force}))["access_token"])


def text(openid: str, content: str = "您好") -> dict[str, Any]:
    return {"touser": openid, "msgtype": "text", "text": {"content": content}}


async def send(platform: Platform, access: str, openid: str, **more: Any) -> int:
    answer = await call(platform, "/message/custom/send", {**text(openid), **more}, access_token=access)
    return int(answer["errcode"])


async def test_five_after_a_message_three_after_a_click_and_none_later(platform: Platform) -> None:
    access, customer = await token(platform), platform.customer("o1")

    assert await send(platform, access, "o1") == 45015
    customer.text("你好", NOWHERE)
    assert [await send(platform, access, "o1") for _ in range(6)] == [0, 0, 0, 0, 0, 45047]
    customer.click(Choice("x", "是"), NOWHERE)
    assert [await send(platform, access, "o1") for _ in range(4)] == [0, 0, 0, 45047]
    customer.menu("key", NOWHERE)
    platform.clock.move_on(timedelta(minutes=1))
    assert await send(platform, access, "o1") == 45047
    customer.text("在吗", NOWHERE)
    assert await send(platform, access, "o1") == 0
    platform.clock.move_on(timedelta(hours=48))
    assert await send(platform, await token(platform), "o1") == 45015
    assert [each.via for each in customer.received].count("custom") == 9
    assert len(platform.api.sent()) == 9


async def test_tokens_are_stable_end_and_can_be_forced(platform: Platform) -> None:
    first = await token(platform)
    assert await token(platform) == first
    platform.clock.move_on(timedelta(seconds=7000))
    second = await token(platform)
    assert second != first
    platform.customer("o1").text("你好", NOWHERE)
    assert [await send(platform, each, "o1") for each in (first, second)] == [0, 0]
    platform.clock.move_on(timedelta(seconds=301))
    assert await send(platform, first, "o1") in (40001, 42001)
    third = await token(platform, force=True)
    assert [await send(platform, each, "o1") for each in (second, third, "")] == [40001, 0, 41001]


async def test_what_cannot_be_sent_has_the_platforms_code(platform: Platform) -> None:
    access, bare = await token(platform), await token(platform, "bare")
    platform.customer("o1").text("你好", NOWHERE)
    platform.customer("o2").unfollow(NOWHERE)
    platform.customer("o3", "bare").text("你好", NOWHERE)

    assert await send(platform, access, "o2") == 43004
    assert await send(platform, access, "nobody") == 40003
    assert await send(platform, bare, "o3") == 48001
    assert await send(platform, access, "o1", text={"content": "长" * 700}) == 45002
    assert await send(platform, access, "o1", msgtype="image", image={"media_id": "none"}) == 40007
    assert await send(platform, access, "o1", msgtype="dance") == 40008
    menu = {"head_content": "选", "list": [{"id": "1", "content": "甲"}, {"id": "1", "content": "乙"}]}
    assert await send(platform, access, "o1", msgtype="msgmenu", msgmenu=menu) == 40033


async def test_escaped_letters_reach_the_customer_as_they_are(platform: Platform) -> None:
    access, customer = await token(platform), platform.customer("o1")
    customer.text("hi", NOWHERE)
    async with httpx.AsyncClient(base_url=platform.url) as client:
        raw = json.dumps(text("o1"), ensure_ascii=True)
        await client.post(f"/cgi-bin/message/custom/send?access_token={access}", content=raw)

    assert [each.text for each in customer.received if each.via == "custom"] == ["\\u60a8\\u597d"]


async def test_a_msgmenu_is_clicked_and_typing_is_seen(platform: Platform) -> None:
    access, customer = await token(platform), platform.customer("o1")
    customer.text("hi", NOWHERE)
    typing = {"touser": "o1", "command": "Typing"}
    codes = [
        (await call(platform, "/message/custom/typing", typing, access_token=access))["errcode"] for _ in "ab"
    ]
    menu = {"head_content": "选", "list": [{"id": "q.1", "content": "甲"}], "tail_content": ""}
    assert await send(platform, access, "o1", msgtype="msgmenu", msgmenu=menu) == 0
    clicked = customer.click(customer.choice("甲"), NOWHERE)

    assert codes == [0, 45081]
    assert (clicked.fields["Content"], clicked.fields["bizmsgmenuid"]) == ("甲", "q.1")


async def test_faults_come_when_planned(platform: Platform) -> None:
    access = await token(platform)
    platform.customer("o1").text("hi", NOWHERE)
    platform.faults.plan("/custom/send", -1, times=2, after=1)
    platform.faults.plan("/custom/send", "cut", after=4)

    assert [await send(platform, access, "o1") for _ in range(3)] == [0, -1, -1]
    assert await send(platform, access, "o1") == 0
    with pytest.raises(httpx.TransportError):
        await send(platform, access, "o1")
    assert [each.via for each in platform.customer("o1").received].count("custom") == 3
    assert [call.code for call in platform.api.calls][1:] == [0, -1, -1, 0, "cut"]


async def test_menu_media_codes_and_templates(platform: Platform) -> None:
    access, customer = await token(platform), platform.customer("o1")
    menu = {"button": [{"type": "click", "name": "试驾", "key": "book_test_drive"}]}
    long = {"button": [{"type": "click", "name": "名字太长了的按钮", "key": "k"}]}
    query = {"access_token": access}

    assert (await call(platform, "/menu/get", **query))["errcode"] == 46003
    assert (await call(platform, "/menu/create", long, **query))["errcode"] == 40018
    assert (await call(platform, "/menu/create", menu, **query))["errcode"] == 0
    assert (await call(platform, "/menu/get", **query))["menu"] == menu
    code = {"action_name": "QR_LIMIT_STR_SCENE", "action_info": {"scene": {"scene_str": "store=east"}}}
    assert (await call(platform, "/qrcode/create", code, **query))["url"]
    async with httpx.AsyncClient(base_url=platform.url) as client:
        kept = await client.post(
            "/cgi-bin/media/upload", params={**query, "type": "image"}, files={"media": ("a.jpg", b"picture")}
        )
        media_id = (
            kept.json()["media_id"]
            if "json" in kept.headers["content-type"]
            else json.loads(kept.text)["media_id"]
        )
        got = await client.get("/cgi-bin/media/get", params={**query, "media_id": media_id})
    assert got.content == b"picture"
    template = {
        "touser": "o1",
        "template_id": "T1",
        "data": {"thing1": {"value": "试驾"}},
        "client_msg_id": "7",
    }
    sent = [await call(platform, "/message/template/send", template, **query) for _ in "ab"]
    assert sent[0]["msgid"] == sent[1]["msgid"]
    assert [each.text for each in customer.received if each.via == "template"] == ["试驾"]
    await asyncio.sleep(0.1)
    assert customer.deliveries[-1].fields["Event"] == "TEMPLATESENDJOBFINISH"
