"""Client and tokens against the simulator, which was written from the platform's documents and not from the client."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.clock import TIME_ZONE
from bot.domain.wechat.account import Account
from bot.domain.wechat.faults import Fault
from bot.notify.wechat.client import WeChatClient, WeChatError, open_session
from bot.notify.wechat.menus import as_platform_menu, is_same_menu
from bot.services.installation import validate_content
from bot.services.wechat.tokens import SharedTokens
from bot.settings import read_settings
from tests.database import sqlite_database
from tests.wechat_platform.accounts import PlatformAccount
from tests.wechat_platform.customer import Customer
from tests.wechat_platform.delivery import Way
from tests.wechat_platform.platform import Platform

pytestmark = pytest.mark.slow
NOWHERE = Way(cut=(0.01,))
START = datetime(2026, 11, 22, 10, 0, tzinfo=TIME_ZONE)


def text(words: str = "您好") -> dict[str, object]:
    return {"msgtype": "text", "text": {"content": words}}


@dataclass
class World:
    platform: Platform
    client: WeChatClient
    bare: WeChatClient
    customer: Customer

    def later(self, **time: float) -> None:
        self.platform.clock.move_on(timedelta(**time))

    def texts(self) -> list[str]:
        return [each.text for each in self.customer.received if each.via == "custom"]

    def fetched(self) -> int:
        return self.platform.tokens["main"].fetched


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """One account that may send, one that may not, and a customer of each who has just written."""
    database = sqlite_database(tmp_path)
    accounts = [PlatformAccount("main"), PlatformAccount("bare", may_send=False, kind="subscription")]
    async with Platform(accounts, START) as platform, open_session() as session:
        platform.point_at("http://127.0.0.1:9")
        for name in ("main", "bare"):
            platform.customer("o1", name).text("你好", NOWHERE)

        def now() -> datetime:
            return datetime.fromtimestamp(platform.clock.now(), TIME_ZONE)

        def client(account: Account) -> WeChatClient:
            return WeChatClient(session, platform.url, account, SharedTokens(database, account, now))

        known = {account.name: account for account in read_settings(platform.settings()).wechat_accounts}
        bare = Account(name="bare", app_id=known["bare"].app_id, token="t", secret=accounts[1].secret)
        yield World(platform, client(known["main"]), client(bare), platform.customer("o1"))
    database.close()


async def refused(client: WeChatClient, openid: str = "o1") -> WeChatError:
    with pytest.raises(WeChatError) as raised:
        await client.send(openid, text())
    return raised.value


async def test_the_quota_is_the_platforms_last_word(world: World) -> None:
    for number in range(5):
        await world.client.send("o1", text(f"第{number}条"))
    problem = await refused(world.client)

    assert (problem.code, problem.fault) == (45047, Fault.NEVER)
    assert world.texts() == [f"第{number}条" for number in range(5)]
    world.later(hours=48)
    assert (await refused(world.client)).code == 45015


async def test_an_account_without_permission(world: World) -> None:
    problem = await refused(world.bare)

    assert (problem.code, problem.fault) == (48001, Fault.NO_PERMISSION)


async def test_a_customer_who_left(world: World) -> None:
    world.customer.unfollow(NOWHERE)

    assert (await refused(world.client)).fault is Fault.NEVER


async def test_a_day_of_messages_needs_a_token_every_two_hours(world: World) -> None:
    for _ in range(24):
        world.later(hours=1)
        world.customer.text("在吗", NOWHERE)
        await world.client.send("o1", text())

    assert len(world.texts()) == 24
    assert world.fetched() <= 24 / 2 + 1


async def test_a_token_that_somebody_else_ended_is_replaced(world: World) -> None:
    await world.client.send("o1", text("一"))
    world.platform.tokens["main"].forget()
    await world.client.send("o1", text("二"))

    assert world.texts() == ["一", "二"]
    assert (world.fetched(), world.platform.tokens["main"].forced) == (2, [])


async def test_a_lost_answer_is_uncertain_and_not_repeated(world: World) -> None:
    world.platform.faults.plan("/custom/send", "cut")

    problem = await refused(world.client)

    assert (problem.fault, problem.uncertain) == (Fault.BACK_OFF, True)
    assert world.texts() == ["您好"]


@pytest.mark.parametrize("fault", ["500", "html", -1, 45009])
async def test_the_platform_in_trouble(world: World, fault: str | int) -> None:
    world.platform.faults.plan("/custom/send", fault)

    assert (await refused(world.client)).fault is Fault.BACK_OFF
    assert world.texts() == []
    await world.client.send("o1", text())
    assert world.texts() == ["您好"]


async def test_words_and_choices_as_the_customer_sees_them(world: World) -> None:
    menu = {"head_content": "您想", "list": [{"id": "a.1", "content": "试驾 😀"}], "tail_content": ""}
    await world.client.send("o1", text("“您好” <b> & 😀"))
    await world.client.send("o1", {"msgtype": "msgmenu", "msgmenu": menu})

    assert world.texts()[0] == "“您好” <b> & 😀"
    assert world.customer.choice("试驾").id == "a.1"


async def test_typing_twice_is_no_error(world: World) -> None:
    await world.client.typing("o1", True)
    await world.client.typing("o1", True)


async def test_pictures_both_ways(world: World) -> None:
    picture = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 40
    media_id = await world.client.upload_image(picture, "image/jpeg")
    await world.client.send("o1", {"msgtype": "image", "image": {"media_id": media_id}})
    sent = world.customer.image(picture, NOWHERE)

    assert world.customer.received[-1].media_id == media_id
    assert await world.client.download(sent.fields["MediaId"]) == picture
    with pytest.raises(WeChatError) as raised:
        await world.client.download("no-such-file")
    assert (raised.value.code, raised.value.fault) == (40007, Fault.PAYLOAD)


async def test_the_demos_menu_is_taken(world: World) -> None:
    ours = as_platform_menu(validate_content().dealership.wechat.menu)

    assert await world.client.menu() is None
    await world.client.create_menu(ours)
    assert is_same_menu(await world.client.menu(), ours)
    await world.client.delete_menu()
    assert await world.client.menu() is None


async def test_a_template_message_goes_out_once(world: World) -> None:
    sent = [
        await world.client.send_template("o1", "T1", {"thing1": "X5 试驾"}, client_msg_id="outbox-1")
        for _ in range(2)
    ]

    assert sent[0] == sent[1]
    assert [each.text for each in world.customer.received if each.via == "template"] == ["X5 试驾"]


async def test_a_code_has_an_address(world: World) -> None:
    assert (await world.client.create_scene_code("store=east")).startswith(
        "https://mp.weixin.qq.com/cgi-bin/showqrcode"
    )
