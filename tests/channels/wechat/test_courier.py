"""What the courier sends, to whom and when (``reference/wechat.md``, points 9, 11, 12, 13 and 16)."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot import clock
from bot.channels.wechat import courier as courier_module
from bot.domain.conversation import Author
from bot.domain.wechat.pieces import BETWEEN
from bot.notify.wechat.client import WeChatError
from bot.services.uploads import keep_file
from bot.services.wakeups import STAFF, Wakeups
from bot.services.wechat import contacts, ledger
from bot.services.wechat.ledger import TemplateMessage
from bot.store import wechat_tables
from bot.store.database import Database
from tests.channels.wechat.post import FakeApi, courier_of, customer_now, running, work
from tests.database import KINDS, open_database, sqlite_database
from tests.services.wechat.customers import ACCOUNTS

PICTURE = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR rest"


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = sqlite_database(tmp_path)
    yield database
    database.close()


@pytest.fixture(params=KINDS)
def either(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """Of both kinds, for what several couriers do at once."""
    database = open_database(request.param, tmp_path)
    yield database
    database.close()


async def test_what_waited_while_the_server_was_down_goes_out_at_the_start(database: Database) -> None:
    customer, api = customer_now(database), FakeApi()
    customer.gets("您好")
    customer.gets("请说")

    courier = courier_of(database, api)
    async with running(courier):
        await work(courier)

    assert api.texts(customer.openid) == [f"您好{BETWEEN}请说"]
    assert customer.conversation.delivered_seq == 3


async def test_news_wake_the_courier_without_a_sweep(database: Database) -> None:
    api, wakeups = FakeApi(), Wakeups()
    courier = courier_of(database, api, wakeups=wakeups)
    async with running(courier):
        await work(courier)
        customer = customer_now(database)
        customer.gets("您好", author=Author.STAFF)
        with wakeups.listening(STAFF) as staff:
            wakeups.bring_news(customer.id)
            await courier.settled()
            assert await staff.wait(5)

    assert api.texts(customer.openid) == ["您好"]


async def test_conversations_of_other_channels_are_asked_for_once(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(contacts, "is_ours", lambda _, id_: bool(asked.append(id_)))
    courier = courier_of(database, FakeApi())
    async with running(courier):
        for _ in range(3):
            courier.wake("web-1")
            await courier.settled()

    assert asked == ["web-1"]


async def test_point_13_choices_go_out_as_a_menu_with_opaque_ids(database: Database) -> None:
    customer, api = customer_now(database), FakeApi()
    customer.gets("哪家店？", "城东店", "城西店")
    courier = courier_of(database, api)
    async with running(courier):
        await work(courier)

    ((_, openid, message),) = api.calls
    choices = [{"id": "2.1", "content": "城东店"}, {"id": "2.2", "content": "城西店"}]
    assert openid == customer.openid
    assert message == {"msgtype": "msgmenu", "msgmenu": {"head_content": "哪家店？", "list": choices}}


async def test_point_13_a_menu_that_the_platform_refuses_goes_out_numbered(database: Database) -> None:
    customer, api = customer_now(database), FakeApi(WeChatError(40008))
    customer.gets("哪家店？", "城东店")
    courier = courier_of(database, api)
    async with running(courier):
        await work(courier)

    assert api.texts(customer.openid) == ["哪家店？\n1. 城东店\n回复数字即可选择"]
    assert customer.left == 4


async def test_a_picture_of_the_staff_is_uploaded_and_sent(database: Database, tmp_path: Path) -> None:
    customer, api = customer_now(database), FakeApi()
    kept = keep_file(database, tmp_path, PICTURE, "车.png", clock.now(), "lin")
    customer.gets("", author=Author.STAFF, custom={"attachment": kept.as_json()})
    courier = courier_of(database, api, tmp_path)
    async with running(courier):
        await work(courier)

    assert [call[:2] for call in api.calls] == [("upload", "image/png"), ("send", customer.openid)]
    assert api.calls[1][2] == {"msgtype": "image", "image": {"media_id": "MEDIA"}}


@pytest.mark.parametrize("is_there", [True, False])
async def test_a_picture_that_cannot_go_as_such_is_a_link(
    database: Database, tmp_path: Path, is_there: bool
) -> None:
    customer, api = customer_now(database), FakeApi(*[WeChatError(40005)] * is_there)
    kept = keep_file(database, tmp_path, PICTURE, "车.png", clock.now(), "lin")
    customer.gets("", author=Author.STAFF, custom={"attachment": kept.as_json()})
    if not is_there:
        (tmp_path / kept.token).unlink()
    courier = courier_of(database, api, tmp_path)
    async with running(courier):
        await work(courier)

    assert api.texts(customer.openid) == [f"车.png\nhttps://x/files/{kept.token}/file.png"]


async def test_a_document_is_a_link(database: Database) -> None:
    customer, api = customer_now(database), FakeApi()
    file = {"url": "/files/abc/file.pdf", "name": "报价.pdf", "type": "application/pdf", "size": 3}
    customer.gets("请看", author=Author.STAFF, custom={"attachment": file})
    courier = courier_of(database, api)
    async with running(courier):
        await work(courier)

    assert api.texts(customer.openid) == ["请看\n报价.pdf\nhttps://x/files/abc/file.pdf"]


async def test_point_12_several_couriers_send_each_line_once_and_in_order(either: Database) -> None:
    """Never two messages to one customer at once, different customers at the same time."""
    database = either
    customers = [customer_now(database) for _ in range(6)]
    for customer in customers:
        for number in range(4):
            customer.gets(f"{number}", author=Author.STAFF if number % 2 else Author.BOT)
    api = FakeApi(seconds=0.02)
    couriers = [courier_of(database, api) for _ in range(3)]
    async with running(*couriers):
        while ledger.due_contacts(database, ACCOUNTS, clock.now()):
            await work(*couriers)

    assert [api.texts(customer.openid) for customer in customers] == [list("0123")] * 6
    assert not api.overlapped
    assert 1 < api.most_at_once <= courier_module.AT_ONCE


async def test_not_more_customers_at_once_than_allowed(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(courier_module, "AT_ONCE", 2)
    customers = [customer_now(database) for _ in range(5)]
    for customer in customers:
        customer.gets("您好")
    api = FakeApi(seconds=0.02)
    courier = courier_of(database, api)
    async with running(courier):
        await work(courier)

    assert len(api.shown) == 5
    assert api.most_at_once <= 2


async def test_point_11_an_exhausted_quota_is_told_and_delivered_with_the_next_message(
    database: Database,
) -> None:
    customer, api = customer_now(database), FakeApi(WeChatError(45047))
    customer.gets("您好", author=Author.STAFF)
    wakeups = Wakeups()
    courier = courier_of(database, api, wakeups=wakeups)
    async with running(courier):
        with wakeups.listening(STAFF) as staff:
            await work(courier)
            assert await staff.wait(5)
        assert customer.notes() == ["微信额度已用完：1 条消息等客户再次发言后送出"]
        await work(courier)
        assert len(api.calls) == 1, "never again before the customer writes"
        customer.later(seconds=1)
        customer.writes("喂")
        courier.wake(customer.id)
        await courier.settled()

    assert api.texts(customer.openid) == ["您好"]


async def test_point_11_lines_that_the_ledger_holds_back_are_told_too(database: Database) -> None:
    customer, api, wakeups = customer_now(database), FakeApi(), Wakeups()
    customer.later(hours=-49)
    with database.transaction() as session:
        session.get(type(customer.row), ("main", customer.openid)).message_at = customer.now
    customer.gets("您好", author=Author.STAFF)
    courier = courier_of(database, api, wakeups=wakeups)
    with wakeups.listening(STAFF) as staff:
        async with running(courier):
            await work(courier)
        assert await staff.wait(5)

    assert (api.calls, customer.row.blocked) == ([], contacts.QUOTA)


async def test_what_fails_for_a_moment_comes_a_little_later_by_itself(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a sweep: a timer of its own."""
    monkeypatch.setattr(WeChatError, "retry_after", lambda *_: courier_module.timedelta(seconds=0))
    customer, api = customer_now(database), FakeApi(WeChatError(-1))
    customer.gets("您好")
    courier = courier_of(database, api)
    async with running(courier):
        await work(courier)
        assert api.shown == []
        for _ in range(200):
            if api.shown:
                break
            await asyncio.sleep(0.05)

    assert api.texts(customer.openid) == ["您好"]
    assert customer.left == 4


async def test_point_09_without_permission_nothing_is_lost_and_the_account_is_known_for_it(
    database: Database,
) -> None:
    customer, api = customer_now(database), FakeApi(WeChatError(48001))
    customer.gets("您好")
    courier = courier_of(database, api)
    async with running(courier):
        await work(courier)

    assert (customer.row.sent_seq, customer.row.blocked) == (1, contacts.PERMISSION)
    assert not contacts.may_send(database, customer.account, customer.id, clock.now())


async def test_a_client_that_breaks_stops_neither_the_others_nor_the_courier(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    broken, fine = customer_now(database), customer_now(database)
    for customer in (broken, fine):
        customer.gets("您好")

    class Breaking(FakeApi):
        async def _call(self, name: str, whom: str, what: object) -> None:
            if whom == broken.openid:
                raise RuntimeError("out of order")

    api = Breaking()
    courier = courier_of(database, api)
    async with running(courier):
        await work(courier)

    assert api.texts(fine.openid) == ["您好"]
    assert broken.row.attempts == 1
    assert broken.id in caplog.text


async def test_a_send_without_an_end_is_given_up_before_its_lease_ends(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(courier_module, "SEND_SECONDS", 0.05)
    customer, api = customer_now(database), FakeApi(seconds=60)
    customer.gets("您好")
    courier = courier_of(database, api)
    async with running(courier):
        await work(courier)

    assert (customer.row.sender, customer.row.attempts, customer.left) == (None, 1, 4)
    assert courier_module.ledger.LEASE.total_seconds() > 25


async def test_notices_outside_of_the_window_are_template_messages(database: Database) -> None:
    customer, api = customer_now(database), FakeApi()
    with database.transaction() as session:
        session.get(type(customer.row), ("main", customer.openid)).message_at = None
    seq = customer.gets("明天试驾", custom={"notice": "reminder_24h"})
    courier = courier_of(
        database,
        api,
        template_for=lambda account, line: TemplateMessage("T1", {"time": "明天"}, "https://x/v"),
    )
    async with running(courier):
        await work(courier)

    ((_, _, sent),) = api.calls
    assert sent == ("T1", {"time": "明天"}, "https://x/v", f"{customer.id[:20]}-{seq}")
    with database.reading() as session:
        assert session.get(wechat_tables.WeChatTemplate, ("main", "4711")) is not None


async def test_point_16_neither_openids_nor_words_are_in_the_logs(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    errors = [WeChatError(code) for code in (-1, 45015, 48001, 45002, 43004, 40001)]
    customers = [customer_now(database) for _ in errors]
    for customer in customers:
        customer.gets("我的秘密")
    courier = courier_of(database, FakeApi(*errors))
    async with running(courier):
        await work(courier)
        await courier.typing("main", customers[0].openid)

    logged = "\n".join(record.getMessage() for record in caplog.records if record.name.startswith("bot."))
    assert customers[0].id in logged
    assert not any(customer.openid in logged for customer in customers)
    assert "秘密" not in logged


async def test_a_stopped_courier_lets_what_it_sends_arrive_and_begins_nothing(database: Database) -> None:
    customer, api = customer_now(database), FakeApi(seconds=0.2)
    customer.gets("一")
    customer.gets("二", author=Author.STAFF)
    courier = courier_of(database, api)
    await courier.start()
    while not api.sending:
        await asyncio.sleep(0.01)
    await courier.stop()
    courier.wake(customer.id)

    assert api.texts(customer.openid) == ["一"]
    assert (customer.row.sent_seq, customer.row.sender) == (2, None)
