"""Points 1, 2 and 8: whatever comes in, signed or not, gives a 403, 404, 413 or ``success``, and never breaks."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.channels.wechat.application import ACCOUNTS, Application, running
from tests.installations import filled_database
from tests.wechat_platform.accounts import PlatformAccount
from tests.wechat_platform.envelope import Request, query_of, reply_in, request_of, xml_of

pytestmark = pytest.mark.slow
NAMES = (
    "ToUserName",
    "FromUserName",
    "CreateTime",
    "MsgType",
    "MsgId",
    "Content",
    "Event",
    "EventKey",
    "MediaId",
)
KINDS = st.sampled_from(["text", "image", "voice", "location", "event", "link", "", "x"])
QUIET = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
TEXTS = st.text(st.characters(blacklist_categories=("Cs", "Cc")), max_size=30)


class Served:
    """The application in a thread with a loop of its own, for tests that cannot await."""

    def __init__(self, directory: Path) -> None:
        self._directory, self._loop, self._started = directory, asyncio.new_event_loop(), None
        self._thread = Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{self._do(self._start()).port}", timeout=60)

    async def _start(self) -> Application:
        self._started = running(filled_database(self._directory))
        return await self._started.__aenter__()

    def stop(self) -> None:
        self.client.close()
        self._do(self._started.__aexit__(None, None, None))
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def _do(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(60)

    def post(self, account: PlatformAccount, request: Request) -> httpx.Response:
        return self.client.post(f"/wechat/{account.name}", params=request.query, content=request.body)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    served = Served(tmp_path_factory.mktemp("fuzz"))
    yield served
    served.stop()


def holds(account: PlatformAccount, answer: httpx.Response, openid: str) -> None:
    """An answer of those that may be, which the platform can read."""
    assert answer.status_code in (200, 403, 413)
    assert answer.status_code == 200 or answer.content == b""
    if answer.status_code == 200:
        reply_in(account, answer.content, openid)


@given(
    query=st.dictionaries(
        st.sampled_from(["signature", "timestamp", "nonce", "echostr", "x"]), st.text(max_size=50)
    )
)
@QUIET
def test_point_01_any_query_is_a_403(served: Served, query: dict[str, str]) -> None:
    for method in ("GET", "POST"):
        assert served.client.request(method, "/wechat/main", params=_sendable(query)).status_code == 403


def _sendable(query: dict[str, str]) -> dict[str, bytes]:
    return {name: value.encode("utf-8", "replace") for name, value in query.items()}


@given(raw=st.text("%=&+;abcdef0123456789?/\\signature", max_size=80))
@QUIET
def test_point_01_any_raw_query_is_refused(served: Served, raw: str) -> None:
    answer = served.client.get(httpx.URL(f"{served.client.base_url}/wechat/main", query=raw.encode()))

    assert answer.status_code in (400, 403)


@given(
    body=st.one_of(st.binary(max_size=300), st.text("<>/xmla&;![]CDATA-?\"' ", max_size=120).map(str.encode))
)
@pytest.mark.parametrize("account", ACCOUNTS[:3], ids=lambda account: account.mode)
@QUIET
def test_point_02_any_body_under_a_right_signature(
    served: Served, account: PlatformAccount, body: bytes
) -> None:
    answer = served.post(account, Request(query_of(account, int(time.time())), body))

    assert answer.status_code == 403 or answer.content == b"success"


@given(fields=st.dictionaries(st.sampled_from(NAMES), st.one_of(TEXTS, st.integers(-5, 10**25))), kind=KINDS)
@pytest.mark.parametrize("account", ACCOUNTS[:3], ids=lambda account: account.mode)
@QUIET
def test_point_08_any_message_in_a_right_envelope(
    served: Served, account: PlatformAccount, fields: dict[str, Any], kind: str
) -> None:
    usual = {
        "ToUserName": account.original_id,
        "FromUserName": "o-fuzz",
        "CreateTime": int(time.time()),
        "MsgId": 1,
    }
    message = {**usual, "MsgType": kind, **fields, "ToUserName": account.original_id}
    openid = str(message["FromUserName"]).strip()

    holds(account, served.post(account, request_of(account, message, int(time.time()), openid)), openid)


@given(cipher=st.one_of(st.binary(max_size=200), st.text("ABCDabcd+/=", max_size=120).map(str.encode)))
@pytest.mark.parametrize("account", [ACCOUNTS[0], ACCOUNTS[2]], ids=lambda account: account.mode)
@QUIET
def test_point_02_any_cipher_in_a_right_envelope(
    served: Served, account: PlatformAccount, cipher: bytes
) -> None:
    query = {**query_of(account, int(time.time())), "encrypt_type": "aes", "msg_signature": "0" * 40}
    body = xml_of({"ToUserName": "gh", "Encrypt": cipher.decode("latin-1").replace("\0", "")})

    assert served.post(account, Request(query, body.encode())).status_code == 403


@given(name=st.text(max_size=30))
@QUIET
def test_any_name_of_no_account_is_a_404(served: Served, name: str) -> None:
    from urllib.parse import quote

    if name in {account.name for account in ACCOUNTS}:
        return
    quoted = quote(name.encode("utf-8", "replace"), safe="")
    assert served.client.get(f"/wechat/{quoted}").status_code in (400, 404, 405)
