"""The typing indicator and files: calls of the platform beside the messages (``reference/wechat.md``, point 9)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot import clock
from bot.domain.wechat.faults import Fault
from bot.notify.wechat.client import WeChatError
from bot.services.wakeups import STAFF, Wakeups
from bot.services.wechat import contacts
from bot.store.database import Database
from tests.channels.wechat.post import FakeApi, courier_of, customer_now, running, work
from tests.database import sqlite_database


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = sqlite_database(tmp_path)
    yield database
    database.close()


async def test_point_09_a_typing_indicator_that_may_not_be_shown_tells_of_the_account(
    database: Database,
) -> None:
    """Before the first slow answer is acknowledged and then held without a word."""
    customer, api, wakeups = customer_now(database), FakeApi(WeChatError(48001)), Wakeups()
    courier = courier_of(database, api, wakeups=wakeups)
    async with running(courier):
        with wakeups.listening(STAFF) as staff:
            await courier.typing("main", customer.openid)
            assert await staff.wait(5)
        assert not contacts.may_send(database, customer.account, customer.id, clock.now())
        customer.gets("您好")
        await work(courier)

    assert [name for name, _, _ in api.calls] == ["typing"]
    assert customer.notes() == ["公众号不能主动发送（微信错误 48001）：答复等客户再次发言后送出"]
    assert contacts.may_send(database, customer.account, customer.id, clock.now() + contacts.REFUSED_FOR)


@pytest.mark.parametrize("code", [45081, -1, 45047])
async def test_other_troubles_with_the_typing_indicator_say_nothing_of_the_account(
    database: Database, code: int
) -> None:
    customer = customer_now(database)
    courier = courier_of(database, FakeApi(WeChatError(code)))
    async with running(courier):
        await courier.typing("main", customer.openid)

    assert contacts.may_send(database, customer.account, customer.id, clock.now())
    assert customer.notes() == []


async def test_typing_never_raises_and_pictures_come_from_the_client(database: Database) -> None:
    api = FakeApi(WeChatError(45081))
    courier = courier_of(database, api)
    async with running(courier):
        await courier.typing("main", "o-1")
        await courier.typing("quiet", "o-1")
        assert await courier.download("main", "M1") == b"picture"
        with pytest.raises(WeChatError) as refused:
            await courier.download("quiet", "M1")

    assert refused.value.fault is Fault.NO_PERMISSION
