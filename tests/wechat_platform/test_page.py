"""The simulator's page: what it asks the server for."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from tests.wechat_platform.accounts import PlatformAccount
from tests.wechat_platform.page import CUSTOMERS, Page
from tests.wechat_platform.platform import Platform
from tests.wechat_platform.stub import Stub, stub_of

pytestmark = pytest.mark.slow
LI_LEI = next(iter(CUSTOMERS))


async def answer(message: Any) -> str:
    return "您好"


@pytest.fixture
async def browser() -> AsyncIterator[tuple[httpx.AsyncClient, Stub, Platform]]:
    account = PlatformAccount("main")
    platform = Platform([account])
    Page(platform)
    async with platform, stub_of(account, answer) as stub, httpx.AsyncClient(base_url=platform.url) as client:
        yield client, stub, platform


async def test_each_act_of_the_page_reaches_the_connector(
    browser: tuple[httpx.AsyncClient, Stub, Platform],
) -> None:
    client, stub, platform = browser
    acts: list[dict[str, Any]] = [
        {"act": "follow"},
        {"act": "scan", "scene": "store=east"},
        {"act": "text", "text": "你好"},
        {"act": "click", "id": "1.1", "text": "试驾"},
        {"act": "menu", "key": "book_test_drive"},
        {"act": "view", "url": "https://cars.example"},
        {"act": "voice", "text": ""},
        {"act": "location", "latitude": "31.2", "longitude": "121.4", "label": "人民广场"},
        {"act": "unfollow"},
    ]
    for act in acts:
        done = await client.post("/sim/act", json={"openid": LI_LEI, "account": "main", **act})
        assert done.status_code == 200
        await platform.customer(LI_LEI).done()
    sent = await client.post("/sim/image", params={"openid": LI_LEI}, content=b"\xff\xd8picture")
    await platform.customer(LI_LEI).done()

    assert sent.status_code == 200
    assert [message.type if message.type != "event" else message.event for message in stub.heard] == [
        *("subscribe", "scan", "text", "text", "click", "view", "voice", "location", "unsubscribe", "image")
    ]
    state = (await client.get("/sim/state", params={"openid": LI_LEI})).json()
    assert [each["via"] for each in state["shown"]].count("passive") == len(acts) + 1
    assert state["deliveries"][-1]["tries"][0]["outcome"] == "passive"


async def test_the_page_is_there_and_the_quota_ages(
    browser: tuple[httpx.AsyncClient, Stub, Platform],
) -> None:
    client, _, platform = browser
    who = {"openid": LI_LEI, "account": "main"}
    await client.post("/sim/act", json={**who, "act": "text", "text": "你好"})
    await platform.customer(LI_LEI).done()
    left = [(await client.get("/sim/state", params=who)).json()["left"]]
    await client.post("/sim/age", json={**who, "seconds": 48 * 3600})
    left.append((await client.get("/sim/state", params=who)).json()["left"])

    assert left == [5, 0]
    for path in ("/", "/sim.js"):
        assert (await client.get(path)).status_code == 200


async def test_a_new_customer_is_nobody_of_an_earlier_run() -> None:
    """The assistant's database may know those; each run counts from the same number."""
    openids = set()
    for _ in range(2):
        platform = Platform([PlatformAccount("main")])
        Page(platform)
        async with platform, httpx.AsyncClient(base_url=platform.url) as client:
            openids.add((await client.post("/sim/customer", json={})).json()["openid"])
    assert len(openids) == 2
