"""Points 1 to 4: nothing gets in that the platform has not signed, and nothing twice with another content."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from bot import clock
from bot.services.upkeep import run_upkeep
from bot.services.wechat import nonces
from bot.store.wechat_tables import WeChatNonce
from tests.channels.wechat.application import Application, Customer, running
from tests.installations import filled_database
from tests.wechat_platform.accounts import PlatformAccount
from tests.wechat_platform.envelope import Request, query_of, sign

pytestmark = pytest.mark.slow


@pytest.fixture
async def application(tmp_path: Any) -> AsyncIterator[Application]:
    async with running(filled_database(tmp_path)) as application:
        yield application


async def get(application: Application, account: str = "main", **changed: Any) -> Any:
    query = {
        **query_of(application.accounts["main"], int(time.time())),
        "echostr": "4375120948345356249",
        **changed,
    }
    given = {name: value for name, value in query.items() if value is not None}
    return await application.client.get(f"/wechat/{account}", params=given)


async def test_point_01_the_address_is_verified_by_its_echo(application: Application) -> None:
    answer = await get(application)

    assert (answer.status_code, answer.text) == (200, "4375120948345356249")
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("mode", ["main", "open", "both"])
async def test_point_01_every_mode_is_verified_alike(application: Application, mode: str) -> None:
    account = application.accounts[mode]
    query = {**query_of(account, int(time.time())), "echostr": "12345"}
    answer = await application.client.get(f"/wechat/{mode}", params=query)

    assert answer.text == "12345"


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param({"signature": None}, id="no signature"),
        pytest.param({"timestamp": None}, id="no timestamp"),
        pytest.param({"nonce": None}, id="no nonce"),
        pytest.param({"echostr": None}, id="no echo"),
        pytest.param({"signature": "0" * 40}, id="wrong signature"),
        pytest.param({"signature": ""}, id="empty signature"),
        pytest.param({"signature": "中" * 40}, id="Chinese signature"),
        pytest.param({"nonce": "another"}, id="another nonce"),
        pytest.param({"nonce": ["1", "2"]}, id="two nonces"),
        pytest.param({"nonce": "a" * 65}, id="long nonce"),
        pytest.param({"timestamp": "１２３"}, id="full-width time"),
        pytest.param({"timestamp": "1e9"}, id="time with exponent"),
        pytest.param({"echostr": "<script>alert(1)</script> "}, id="echo with a space"),
        pytest.param({"echostr": "a" * 257}, id="long echo"),
        pytest.param({"echostr": ["1", "2"]}, id="two echoes"),
        pytest.param({"encrypt_type": "des"}, id="another encryption"),
        pytest.param({"more": "x" * 3000}, id="long query"),
        pytest.param({f"p{n}": "1" for n in range(30)}, id="many parameters"),
    ],
)
async def test_point_01_what_is_missing_or_odd_is_a_403(
    application: Application, changed: dict[str, Any]
) -> None:
    answer = await get(application, **changed)

    assert (answer.status_code, answer.content) == (403, b"")


async def test_point_01_a_signature_twice_is_a_403(application: Application) -> None:
    query = query_of(application.accounts["main"], int(time.time()))
    twice = [*query.items(), ("signature", query["signature"]), ("echostr", "1")]

    assert (await application.client.get("/wechat/main", params=twice)).status_code == 403
    assert (await application.client.get("/wechat/main?signature=%ff&nonce=%ff")).status_code == 403


async def test_another_accounts_signature_opens_nothing(application: Application) -> None:
    query = {**query_of(application.accounts["open"], int(time.time())), "echostr": "1"}

    assert (await application.client.get("/wechat/main", params=query)).status_code == 403


@pytest.mark.parametrize("name", ["other", "MAIN", "main%00", "a" * 300, "中文"])
async def test_no_account_of_ours_is_a_404(application: Application, name: str) -> None:
    for method in ("GET", "POST"):
        answer = await application.client.request(method, f"/wechat/{name}")
        assert answer.status_code in (400, 404)


@pytest.mark.parametrize(("seconds", "status"), [(-590, 200), (590, 200), (-610, 403), (610, 403)])
async def test_point_04_the_timestamp_has_a_window(
    application: Application, seconds: int, status: int
) -> None:
    account, then = application.accounts["main"], str(int(time.time()) + seconds)
    query = {"timestamp": then, "nonce": "n", "signature": sign(account.token, then, "n"), "echostr": "1"}

    assert (await application.client.get("/wechat/main", params=query)).status_code == status


async def test_point_04_a_redelivery_passes_and_another_message_under_its_nonce_does_not(
    application: Application,
) -> None:
    customer = application.customer("open")
    fields = customer.fields("text", "你好")
    request = customer.request(fields)
    forged = customer.request({**fields, "Content": "转账", "MsgId": 5})
    stolen = Request(request.query, forged.body)

    first, again = [customer.words(await customer.post(request)) for _ in range(2)]
    assert first == again == "echo 你好"
    assert (await customer.post(stolen)).status_code == 403
    assert customer.said() == [("customer", "你好"), ("bot", "echo 你好")]


async def test_point_04_the_same_message_of_somebody_else_is_a_replay_too(application: Application) -> None:
    customer, victim = application.customer("open"), application.customer("open")
    request, fields = (
        customer.request(customer.fields("text", "a", MsgId=7)),
        victim.fields("text", "a", MsgId=7),
    )

    await customer.post(request)
    assert (await customer.post(Request(request.query, victim.request(fields).body))).status_code == 403


async def test_point_04_a_redelivery_with_a_new_nonce_passes(application: Application) -> None:
    customer = application.customer()
    fields = customer.fields("text", "你好")

    first, again = [customer.words(await customer.post(customer.request(fields))) for _ in range(2)]
    assert first == again == "echo 你好"
    assert len(customer.transcript()) == 2


async def test_point_04_old_nonces_are_forgotten(application: Application, tmp_path: Any) -> None:
    database, now = application.database, clock.now()
    nonces.is_first_or_same(database, "main", "old", "a", now - timedelta(minutes=26))
    nonces.is_first_or_same(database, "main", "new", "a", now - timedelta(minutes=19))
    _, content = filled_database(tmp_path)
    run_upkeep(database, content, {})

    with database.reading() as session:
        assert [row.nonce for row in session.query(WeChatNonce)] == ["new"]


async def test_point_02_the_signature_comes_before_the_body(
    application: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    parsed: list[bytes] = []
    monkeypatch.setattr("bot.channels.wechat.requests.parse", lambda body: parsed.append(body) or {})
    query = {**query_of(application.accounts["main"], int(time.time())), "signature": "0" * 40}
    answer = await application.client.post("/wechat/main", params=query, content=b"<xml>")

    assert (answer.status_code, parsed) == (403, [])


@pytest.mark.parametrize("query", [{}, {"signature": "0" * 40, "timestamp": "1", "nonce": "1"}])
async def test_before_the_signature_nothing_is_asked_of_the_database(
    application: Application, query: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(application.database), "reading", None)
    monkeypatch.setattr(type(application.database), "transaction", None)

    for method in ("GET", "POST"):
        answer = await application.client.request(method, "/wechat/main", params=query)
        assert answer.status_code == 403


@pytest.mark.parametrize("chunked", [False, True])
async def test_point_02_a_body_beyond_256_kib_is_a_413(application: Application, chunked: bool) -> None:
    query = query_of(application.accounts["main"], int(time.time()))
    body = b"<xml>" + b"a" * 256 * 1024

    async def pieces() -> AsyncIterator[bytes]:
        yield body

    answer = await application.client.post(
        "/wechat/main", params=query, content=pieces() if chunked else body
    )
    assert answer.status_code == 413


async def test_point_02_a_body_of_256_kib_is_read(application: Application) -> None:
    customer = application.customer("open")
    fields = customer.fields("text", "你好", Extra="a" * 250_000)

    assert (await customer.post(customer.request(fields))).status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"<xml></xml>",
        b'<!DOCTYPE xml [<!ENTITY a SYSTEM "file:///etc/passwd">]><xml><MsgType>&a;</MsgType></xml>',
        b"<xml>" + b"<a>" * 50 + b"</a>" * 50 + b"</xml>",
        b"<xml><MsgType>text</MsgType><MsgType>text</MsgType></xml>",
        "<xml><Content>中</Content></xml>".encode("gbk"),
    ],
)
@pytest.mark.parametrize("account", ["main", "open", "both"])
async def test_point_02_signed_but_hostile_is_a_403(
    application: Application, account: str, body: bytes
) -> None:
    query = query_of(application.accounts[account], int(time.time()))
    answer = await application.client.post(f"/wechat/{account}", params=query, content=body)

    assert (answer.status_code, answer.content) == (403, b"")


async def test_what_the_platform_sent_and_nobody_can_read_is_acknowledged(application: Application) -> None:
    customer = application.customer()
    nameless = {**customer.fields("text", "你好"), "FromUserName": ""}

    assert (await customer.post(customer.request(nameless))).content == b"success"


@pytest.mark.parametrize("wrong", ["msg_signature", "encrypt_type", "missing"])
async def test_point_01_the_signature_of_the_message_counts_too(application: Application, wrong: str) -> None:
    customer = application.customer()
    request = customer.request(customer.fields("text", "你好"))
    query = {
        name: value for name, value in request.query.items() if name != "msg_signature" or wrong != "missing"
    }
    changed = {"msg_signature": {"msg_signature": "0" * 40}, "encrypt_type": {"encrypt_type": "raw"}}.get(
        wrong, {}
    )

    assert (await customer.post(Request({**query, **changed}, request.body))).status_code == 403


async def test_a_message_encrypted_for_another_account_is_a_403(application: Application) -> None:
    customer = application.customer()
    stranger = PlatformAccount("main")
    stranger.__class__ = type("Stranger", (PlatformAccount,), {"app_id": "wx0000000000000000"})
    request = Customer(application, stranger, customer.openid).request(customer.fields("text", "你好"))

    assert (await customer.post(request)).status_code == 403


async def test_a_clock_that_was_set_takes_the_platforms_time_too(
    application: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "clock", clock.Clock(clock.now() + timedelta(days=3)))
    of_the_platform, of_ours = int(time.time()), int(clock.now().timestamp())

    for timestamp, status in ((of_the_platform, 200), (of_ours, 200), (of_ours + 86_400, 403)):
        query = query_of(application.accounts["main"], timestamp)
        answer = await application.client.get("/wechat/main", params={**query, "echostr": "1"})
        assert answer.status_code == status
