"""Point 3: plain, compatible and safe mode by setting; answered as asked; keys that are being changed."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import pytest
import xmltodict

from bot.domain.wechat.account import Account, Mode
from tests.channels.wechat.application import ACCOUNTS, Application, Customer, account_of, running
from tests.installations import filled_database
from tests.wechat_platform.accounts import PlatformAccount
from tests.wechat_platform.envelope import Request, query_of, reply_in, request_of, xml_of

pytestmark = pytest.mark.slow
MAIN, OPEN, BOTH = ACCOUNTS[0], ACCOUNTS[1], ACCOUNTS[2]


def as_sent(customer: Customer, mode: str) -> Request:
    """A message as the platform would send it in another mode than the account is set to."""
    account = replace(customer.account, mode=mode)
    return request_of(account, customer.fields("text", "你好"), int(time.time()), customer.openid)


async def tried(application: Application, account: str, mode: str) -> tuple[int, bytes]:
    customer = application.customer(account)
    answer = await customer.post(as_sent(customer, mode))
    return answer.status_code, answer.content


async def test_point_03_safe_mode_takes_what_is_encrypted_alone(tmp_path: Any) -> None:
    async with running(filled_database(tmp_path)) as application:
        assert await tried(application, "main", "plain") == (403, b"")
        assert (await tried(application, "main", "safe"))[0] == 200
        assert (await tried(application, "main", "compatible"))[0] == 200


async def test_point_03_plain_mode_takes_what_is_not_encrypted_alone(tmp_path: Any) -> None:
    async with running(filled_database(tmp_path)) as application:
        assert (await tried(application, "open", "plain"))[0] == 200
        assert await tried(application, "open", "safe") == (403, b"")
        assert await tried(application, "open", "compatible") == (403, b"")


async def test_point_03_compatible_mode_takes_both(tmp_path: Any) -> None:
    async with running(filled_database(tmp_path)) as application:
        for mode in ("plain", "safe", "compatible"):
            assert (await tried(application, "both", mode))[0] == 200


@pytest.mark.parametrize(
    ("account", "mode", "is_encrypted"),
    [
        ("main", "safe", True),
        ("both", "compatible", True),
        ("both", "plain", False),
        ("open", "plain", False),
    ],
)
async def test_point_03_the_answer_comes_as_the_request_did(
    tmp_path: Any, account: str, mode: str, is_encrypted: bool
) -> None:
    async with running(filled_database(tmp_path)) as application:
        customer = application.customer(account)
        answer = await customer.post(as_sent(customer, mode))

    body = xmltodict.parse(answer.content)["xml"]
    assert ("Encrypt" in body) is is_encrypted
    assert ("Content" in body) is not is_encrypted
    fields = reply_in(replace(customer.account, mode=mode), answer.content, customer.openid)
    assert fields
    assert fields["Content"] == "echo 你好"


async def test_point_03_in_compatible_mode_the_encrypted_part_counts(tmp_path: Any) -> None:
    """The plain part beside it is what nobody signed."""
    async with running(filled_database(tmp_path)) as application:
        customer = application.customer("both")
        request = as_sent(customer, "compatible")
        body = request.body.replace("你好".encode(), "转账".encode())
        assert body != request.body
        await customer.post(Request(request.query, body))

        assert customer.said()[0] == ("customer", "你好")


async def test_point_03_in_compatible_mode_a_wrong_cipher_is_no_plain_message(tmp_path: Any) -> None:
    async with running(filled_database(tmp_path)) as application:
        customer = application.customer("both")
        fields = {**customer.fields("text", "你好"), "Encrypt": "AAAA"}
        query = query_of(customer.account, int(time.time()))

        assert (await customer.post(Request(query, xml_of(fields).encode()))).status_code == 403


async def test_the_key_before_still_opens_and_closes(tmp_path: Any) -> None:
    """While the dealer changes the key, the platform uses the old one for a while."""
    new = replace(MAIN)
    new.__class__ = type("Changed", (PlatformAccount,), {"aes_key": OPEN.aes_key})
    settings = (account_of(new, previous=(MAIN.aes_key,)),)
    async with running(filled_database(tmp_path), accounts=settings) as application:
        old, changed = application.customer(), Customer(application, new, "o-changed")

        assert await old.write("旧") == "echo 旧"
        assert await changed.write("新") == "echo 新"


async def test_a_key_that_was_dropped_opens_nothing(tmp_path: Any) -> None:
    settings: tuple[Account, ...] = (replace(account_of(MAIN), aes_keys=(OPEN.aes_key,)),)
    async with running(filled_database(tmp_path), accounts=settings) as application:
        assert await tried(application, "main", "safe") == (403, b"")


async def test_an_acknowledgement_is_never_encrypted(tmp_path: Any) -> None:
    async with running(filled_database(tmp_path)) as application:
        customer = application.customer()
        request = customer.request(customer.fields("event", Event="VIEW", EventKey="https://shop.example"))
        answer = await customer.post(request)

    assert answer.content == b"success"
    assert answer.headers["content-type"].startswith("text/plain")
    assert account_of(MAIN).mode is Mode.SAFE
