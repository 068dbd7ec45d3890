"""Points 10, 14 and 16: every kind of message and event, whatever its characters, and nothing of it in the logs."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.domain.conversation import Author
from bot.services import messages
from bot.services.uploads import find_file
from bot.services.wechat import passives
from tests.channels.wechat.application import JPEG, PATIENT, Application, broken, running
from tests.installations import filled_database

pytestmark = pytest.mark.slow


@pytest.fixture
async def application(tmp_path: Any) -> AsyncIterator[Application]:
    async with running(filled_database(tmp_path)) as application:
        yield application


@pytest.mark.parametrize(
    "text", ["]]>", "<b>&amp;</b>", "😀 表情[微笑]", "a]]]]><![CDATA[>b", "两\n行", '"\\u4e2d"']
)
@pytest.mark.parametrize("account", ["main", "open"])
async def test_point_10_any_characters_come_and_go_unharmed(
    application: Application, account: str, text: str
) -> None:
    assert await application.customer(account).write(text) == f"echo {text}"


@pytest.mark.parametrize("kind", ["voice", "video", "shortvideo", "location", "link", "file", "hologram"])
async def test_point_14_every_type_is_taken(application: Application, kind: str) -> None:
    customer = application.customer()
    answer = await customer.deliver(
        customer.fields(kind, MediaId="m", Title="t", Location_X="31", Location_Y="121")
    )

    assert answer
    assert customer.transcript()[0].author is Author.CUSTOMER


async def test_point_14_a_picture_is_kept(application: Application) -> None:
    customer = application.customer()
    application.courier.files["media"] = JPEG
    await customer.deliver(customer.fields("image", MediaId="media", PicUrl="http://pic.example/1"))
    line = customer.transcript()[0]
    token = line.custom["attachment"]["url"].split("/")[2]
    folder = Path(application.database.engine.url.database).parent / "uploads"

    assert line.custom["attachment"]["type"] == "image/jpeg"
    assert find_file(application.database, folder, token)[1].read_bytes() == JPEG


@pytest.mark.parametrize("file", [None, b"<html>no picture</html>", b""])
async def test_point_14_a_picture_that_cannot_be_fetched_leaves_its_line(
    application: Application, file: bytes | None
) -> None:
    customer = application.customer()
    if file is not None:
        application.courier.files["media"] = file
    await customer.deliver(customer.fields("image", MediaId="media", PicUrl="http://pic.example/1"))

    assert customer.said()[0] == ("customer", "［图片］")
    assert customer.transcript()[0].custom == {}
    assert "pic.example" not in str(customer.transcript())


async def test_point_14_a_picture_that_takes_too_long_delays_nothing(tmp_path: Any) -> None:
    async with running(filled_database(tmp_path), patience=replace(PATIENT, download=0.1)) as application:
        await _slow_picture(application)


async def _slow_picture(application: Application) -> None:
    customer = application.customer()
    application.courier.files["media"], application.courier.seconds = JPEG, 30.0
    answer = await customer.deliver(customer.fields("image", MediaId="media"))

    assert answer
    assert customer.transcript()[0].custom == {}


async def test_point_14_following_greets_and_unfollowing_ends_it(application: Application) -> None:
    customer = application.customer()
    greeting = await customer.deliver(
        customer.fields("event", Event="subscribe", EventKey="qrscene_store=east")
    )
    assert greeting
    assert application.dialogue.heard[-1][1] == "/greet"
    assert customer.contact().is_following

    leaving = customer.fields("event", Event="unsubscribe")
    assert await customer.deliver({**leaving, "CreateTime": leaving["CreateTime"] + 1}) is None
    assert not customer.contact().is_following
    assert len(customer.transcript()) == 2


@pytest.mark.parametrize(
    "event", ["VIEW", "LOCATION", "TEMPLATESENDJOBFINISH", "scancode_push", "some_new_event", ""]
)
async def test_point_14_an_event_without_words_is_acknowledged(application: Application, event: str) -> None:
    customer = application.customer()
    fields = customer.fields(
        "event", Event=event, EventKey="k", Latitude="1", Longitude="2", MsgID="5", Status="success"
    )

    assert await customer.deliver(fields) is None
    assert application.dialogue.heard == []


async def test_point_16_openids_tokens_and_secrets_are_not_in_the_logs(
    application: Application, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    for name in ("httpx", "httpcore"):
        logging.getLogger(name).setLevel(logging.WARNING)  # the test's own client
    customer, account = application.customer("mute"), application.accounts["mute"]
    await customer.write("你好")
    await customer.write("no meaning")
    with broken(passives, "take_passive"):
        await customer.write("失败")
    with broken(messages, "receive_in", times=1):
        await customer.write("数据库没了")
    await customer.deliver(customer.fields("image", MediaId="gone"))
    request = customer.request(customer.fields("text", "x"))
    request.query["msg_signature"] = "0" * 40
    assert (await customer.post(request)).status_code == 403
    application.dialogue.seconds = 0.6
    with pytest.raises(httpx.TimeoutException):
        await customer.deliver(customer.fields("text", "慢"), 0.3)
    await asyncio.sleep(0.8)

    logs = caplog.text
    assert "was not stored" in logs
    assert "refused" in logs
    for secret in (customer.openid, account.token, account.aes_key, account.secret, request.query["nonce"]):
        assert secret not in logs
