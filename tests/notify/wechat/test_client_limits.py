"""What holds for every call of the API client: time-outs, and nothing secret in logs and errors."""

from __future__ import annotations

import json
import logging
import traceback
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from bot.domain.wechat.faults import Fault
from bot.notify.wechat.client import WeChatClient, WeChatError, open_session
from tests.notify.wechat.answering import (
    ACCOUNT,
    OK,
    OPENID,
    SECRET,
    SEND,
    TEXT,
    Answering,
    OwnToken,
    every_call,
    talking,
)


async def test_who_does_not_answer_is_left(api: Answering) -> None:
    async with talking(api) as client:
        await client.fetch_token()
    async with open_session() as session:
        tokens = OwnToken()
        tokens.value = "known"
        client = WeChatClient(session, api.url, ACCOUNT, tokens, (0.5, 0.2))
        api.seconds = 0.6
        with pytest.raises(WeChatError) as raised:
            await client.send(OPENID, TEXT)

    assert (raised.value.fault, raised.value.uncertain) == (Fault.BACK_OFF, True)
    assert len(api.to(SEND)) == 1


async def test_every_call_has_a_time_out(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Any] = []

    async with open_session() as session:
        monkeypatch.setattr(session, "_request", _recording(seen))
        client = WeChatClient(session, "http://127.0.0.1:9", ACCOUNT, OwnToken())
        for call in every_call(client):
            with pytest.raises(WeChatError):
                await call()

    assert len(seen) == len(every_call(client))
    assert {(each.sock_connect, each.total) for each in seen} == {(3.0, 8.0)}


def _recording(seen: list[Any]) -> Callable[..., Awaitable[Any]]:
    async def request(*_: Any, timeout: Any, **__: Any) -> Any:
        seen.append(timeout)
        raise OSError

    return request


@pytest.mark.parametrize(
    "answer", [OK, {"errcode": 45047, "errmsg": OPENID}, None, lambda: web.Response(status=502)]
)
async def test_point_16_nothing_secret_is_logged(
    api: Answering, caplog: pytest.LogCaptureFixture, answer: Any
) -> None:
    """Whatever comes back, for every call: method, path, account, code and milliseconds alone."""
    caplog.set_level(logging.DEBUG)
    async with talking(api) as client:
        await client.fetch_token()
        for call in every_call(client):
            for path in (
                "message/custom/send",
                "message/custom/typing",
                "message/template/send",
                "media/upload",
            ):
                api.usual[f"/cgi-bin/{path}"] = answer
            for path in ("media/get", "menu/create", "menu/delete", "menu/get", "qrcode/create"):
                api.usual[f"/cgi-bin/{path}"] = answer
            try:
                await call()
            except WeChatError as error:
                _assert_harmless(f"{error} {error!r} {error.__cause__}")

    ours = [record for record in caplog.records if record.name.startswith("bot.")]
    assert len(ours) >= len(every_call(client))
    for record in caplog.records:
        _assert_harmless(record.getMessage() + json.dumps(str(record.exc_info)))
    assert any(SEND in record.getMessage() and "for main:" in record.getMessage() for record in ours)


@pytest.mark.parametrize("kind", [aiohttp.ServerTimeoutError, aiohttp.ClientPayloadError, aiohttp.InvalidURL])
async def test_point_16_an_exception_that_has_the_address_is_not_repeated(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, kind: type[Exception]
) -> None:
    """aiohttp says: Connection timeout to host https://…?access_token=…"""
    tokens = OwnToken()
    tokens.value = "token-1-of-the-platform"

    async def request(method: str, url: str, params: dict[str, str], **_: Any) -> Any:
        raise kind(f"{url}?access_token={params['access_token']}")

    async with open_session() as session:
        monkeypatch.setattr(session, "_request", request)
        with pytest.raises(WeChatError) as raised:
            await WeChatClient(session, "https://api.example", ACCOUNT, tokens).send(OPENID, TEXT)

    shown = "".join(traceback.format_exception(raised.value))
    _assert_harmless(shown)
    _assert_harmless(caplog.text)
    assert kind.__name__ in str(raised.value)


def _assert_harmless(text: str) -> None:
    for secret in (SECRET, OPENID, "of-the-platform", "a-media-id", "access_token"):
        assert secret not in text


async def test_point_16_a_token_is_not_shown_by_its_value(api: Answering) -> None:
    async with talking(api) as client:
        granted = await client.fetch_token()

    assert "of-the-platform" not in f"{granted!r} {granted}"
