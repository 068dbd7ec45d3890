"""The API client against a real HTTP server: what it sends, and every way in which a call can come to nothing."""

from __future__ import annotations

import asyncio
import socket
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from bot.domain.wechat.faults import Fault
from bot.notify.wechat import calls
from bot.notify.wechat.client import LARGEST_FILE, WeChatClient, WeChatError, open_session
from bot.notify.wechat.errors import NO_ANSWER
from tests.notify.wechat.answering import (
    ACCOUNT,
    APP_ID,
    OK,
    OPENID,
    SECRET,
    SEND,
    TEXT,
    Answering,
    OwnToken,
    talking,
)

TOKEN = "/cgi-bin/stable_token"
MEDIA = "/cgi-bin/media/get"


async def failure(api: Answering, seconds: tuple[float, float] = (1, 2)) -> WeChatError:
    """What comes of sending a text."""
    async with talking(api, seconds) as client:
        with pytest.raises(WeChatError) as raised:
            await client.send(OPENID, TEXT)
    return raised.value


async def test_a_message_goes_out_as_utf_8_without_escapes(api: Answering) -> None:
    async with talking(api) as client:
        await client.send(OPENID, TEXT)

    (asked,) = api.to(SEND)
    assert asked.query == {"access_token": "token-1-of-the-platform"}
    assert asked.body == {"touser": OPENID, **TEXT}
    assert "您好😀" in asked.raw.decode("utf-8")
    assert b"\\u" not in asked.raw
    assert asked.headers["Content-Type"] == "application/json; charset=utf-8"


async def test_the_secret_stands_in_the_body_alone(api: Answering) -> None:
    async with talking(api) as client:
        await client.send(OPENID, TEXT)

    (asked,) = api.to(TOKEN)
    assert (asked.method, asked.query) == ("POST", {})
    assert asked.body == {
        "grant_type": "client_credential",
        "appid": APP_ID,
        "secret": SECRET,
        "force_refresh": False,
    }
    assert SECRET not in str(asked.headers)


@pytest.mark.parametrize("code", [40001, 40014, 42001])
async def test_a_token_that_is_refused_is_renewed_once_and_the_call_repeated(
    api: Answering, code: int
) -> None:
    api.next(SEND, {"errcode": code, "errmsg": "invalid credential"})

    async with talking(api) as client:
        await client.send(OPENID, TEXT)

    assert [asked.query["access_token"] for asked in api.to(SEND)] == [
        "token-1-of-the-platform",
        "token-2-of-the-platform",
    ]


async def test_a_token_that_is_always_refused_is_two_calls_and_an_error(api: Answering) -> None:
    """wechatpy's issue #629 called itself without end."""
    api.usual[SEND] = {"errcode": 40001, "errmsg": "invalid credential"}

    problem = await failure(api)

    assert (problem.code, problem.fault, len(api.to(SEND))) == (40001, Fault.TOKEN, 2)


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        (45015, Fault.NEVER),
        (45047, Fault.NEVER),
        (43004, Fault.NEVER),
        (45002, Fault.PAYLOAD),
        (45098, Fault.PAYLOAD),
        (40033, Fault.PAYLOAD),
        (47001, Fault.PAYLOAD),
        (45009, Fault.BACK_OFF),
        (45011, Fault.BACK_OFF),
        (-1, Fault.BACK_OFF),
        (99999, Fault.BACK_OFF),
        (48001, Fault.NO_PERMISSION),
        (40164, Fault.NO_PERMISSION),
    ],
)
async def test_what_the_platform_refuses_is_not_repeated(api: Answering, code: int, fault: Fault) -> None:
    api.usual[SEND] = {"errcode": code, "errmsg": f"no, {OPENID} rid: 6397e9df-300dd594-2a66aff9"}

    problem = await failure(api)

    assert (problem.code, problem.fault, problem.uncertain) == (code, fault, False)
    assert problem.rid == "6397e9df-300dd594-2a66aff9"
    assert str(problem) == f"WeChat refused it: {code} (rid {problem.rid})"
    assert len(api.to(SEND)) == 1


@pytest.mark.parametrize("code", [45080, 45081])
async def test_a_code_that_means_nothing_is_no_error(api: Answering, code: int) -> None:
    api.next("/cgi-bin/message/custom/typing", {"errcode": code, "errmsg": "command count out of limit"})

    async with talking(api) as client:
        await client.typing(OPENID, True)

    (asked,) = api.to("/cgi-bin/message/custom/typing")
    assert asked.body == {"touser": OPENID, "command": "Typing"}


@pytest.mark.parametrize(
    "answer",
    [
        web.Response(status=502, text="<html>bad gateway</html>", content_type="text/html"),
        web.Response(status=500, text='{"errcode": 0}'),
        web.Response(status=302, headers={"Location": "https://elsewhere.example/"}),
        web.Response(status=404),
        web.Response(text="<html>", content_type="text/html"),
        web.Response(text=""),
        web.Response(text="[1]"),
        web.Response(text='{"errcode": "no number"}'),
        web.Response(text="[" * 100_000),
        None,
    ],
    ids=lambda answer: "dropped" if answer is None else f"{answer.status}-{(answer.text or '')[:14]}",
)
async def test_what_is_no_answer_may_have_been_done(api: Answering, answer: Any) -> None:
    """The client cannot know, so the message is not sent again here."""
    api.next(SEND, answer)

    problem = await failure(api)

    assert (problem.code, problem.fault, problem.uncertain) == (NO_ANSWER, Fault.BACK_OFF, True)
    assert len(api.to(SEND)) == 1


async def test_an_error_in_an_odd_status_is_read_all_the_same(api: Answering) -> None:
    api.next(SEND, web.Response(status=412, text='{"errcode": 45047}'))

    assert (await failure(api)).fault is Fault.NEVER


async def test_an_answer_without_end_is_cut_off(api: Answering) -> None:
    api.next(SEND, web.Response(body=b" " * (calls.LONGEST_ANSWER + 1)))

    problem = await failure(api)

    assert (problem.fault, problem.uncertain) == (Fault.BACK_OFF, True), (
        "later in the same form: it may be a menu"
    )


async def test_a_file_without_end_is_not_asked_for_again(
    api: Answering, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.notify.wechat.client.LARGEST_FILE", 10)
    api.next(MEDIA, web.Response(body=b"GIF89a" * 2, content_type="image/gif"))
    async with talking(api) as client:
        with pytest.raises(WeChatError) as raised:
            await client.download("M")

    assert raised.value.fault is Fault.PAYLOAD


async def test_a_code_in_quotation_marks_is_a_code(api: Answering, caplog: pytest.LogCaptureFixture) -> None:
    api.next(SEND, {"errcode": "0"}, {"errcode": "45047"}, {"errcode": "-1"})
    async with talking(api) as client:
        await client.send(OPENID, TEXT)

    assert not [record for record in caplog.records if record.levelname == "WARNING"]
    assert [(problem := await failure(api)).code, problem.fault] == [45047, Fault.NEVER]
    assert [(problem := await failure(api)).code, problem.fault] == [-1, Fault.BACK_OFF]


async def test_who_cannot_be_reached_has_not_got_it() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

        problem = await failure(Answering(f"http://127.0.0.1:{port}"))

    assert (problem.fault, problem.uncertain) == (Fault.BACK_OFF, False)


async def test_a_template_message(api: Answering) -> None:
    api.next("/cgi-bin/message/template/send", {**OK, "msgid": 200228332})

    async with talking(api) as client:
        data = {"thing1": "X5 试驾", "time2": "2026年11月28日 14:00"}
        msgid = await client.send_template(OPENID, "T-1", data, "https://cars.example/v/1", "outbox-17")

    (asked,) = api.to("/cgi-bin/message/template/send")
    assert msgid == "200228332"
    assert asked.body == {
        "touser": OPENID,
        "template_id": "T-1",
        "data": {"thing1": {"value": "X5 试驾"}, "time2": {"value": "2026年11月28日 14:00"}},
        "url": "https://cars.example/v/1",
        "client_msg_id": "outbox-17",
    }


@pytest.mark.parametrize("from_file", [True, False])
async def test_a_picture_is_handed_in(api: Answering, tmp_path: Path, from_file: bool) -> None:
    picture = b"\x89PNG\r\n\x1a\n" + b"0" * 500
    path = tmp_path / "一.png"
    path.write_bytes(picture)
    upload = "/cgi-bin/media/upload"
    api.next(upload, {"errcode": 42001}, {"type": "image", "media_id": "M-1", "created_at": 1})

    async with talking(api) as client:
        media_id = await client.upload_image(path if from_file else picture, "image/png")

    first, second = api.to(upload)
    assert media_id == "M-1"
    assert second.query == {"access_token": "token-2-of-the-platform", "type": "image"}
    assert second.headers["Content-Type"].startswith("multipart/form-data")
    assert b'name="media"; filename="image.png"' in second.raw
    assert picture in second.raw
    assert picture in first.raw


@pytest.mark.parametrize(
    ("picture", "kind"), [(b"RIFF", "image/webp"), (b"0" * (LARGEST_FILE + 1), "image/png")]
)
async def test_a_picture_that_the_platform_would_not_take(api: Answering, picture: bytes, kind: str) -> None:
    async with talking(api) as client:
        with pytest.raises(WeChatError) as raised:
            await client.upload_image(picture, kind)

    assert (raised.value.fault, api.asked) == (Fault.PAYLOAD, [])


async def test_a_file_of_a_customer(api: Answering) -> None:
    api.next(MEDIA, web.Response(body=b"\xff\xd8\xff picture", content_type="image/jpeg"))

    async with talking(api) as client:
        assert await client.download("M-2") == b"\xff\xd8\xff picture"

    (asked,) = api.to(MEDIA)
    assert asked.query == {"access_token": "token-1-of-the-platform", "media_id": "M-2"}


@pytest.mark.parametrize(
    ("answer", "code", "fault"),
    [
        ({"errcode": 40007, "errmsg": "invalid media_id"}, 40007, Fault.PAYLOAD),
        (web.Response(body=b'{"errcode": 40007}', content_type="image/jpeg"), 40007, Fault.PAYLOAD),
        ({"video_url": "http://elsewhere.example/"}, NO_ANSWER, Fault.PAYLOAD),
        (web.Response(body=b"0" * (LARGEST_FILE + 1), content_type="image/jpeg"), NO_ANSWER, Fault.PAYLOAD),
        (
            web.Response(status=302, headers={"Location": "http://elsewhere.example/"}),
            NO_ANSWER,
            Fault.BACK_OFF,
        ),
    ],
    ids=["no such file", "refused as a picture", "a video elsewhere", "too large", "elsewhere"],
)
async def test_a_file_that_does_not_come(api: Answering, answer: Any, code: int, fault: Fault) -> None:
    api.next(MEDIA, answer)

    async with talking(api) as client:
        with pytest.raises(WeChatError) as raised:
            await client.download("M-2")

    assert (raised.value.code, raised.value.fault, len(api.to(MEDIA))) == (code, fault, 1)


async def test_a_file_is_fetched_again_with_a_new_token(api: Answering) -> None:
    api.next(MEDIA, {"errcode": 40001}, web.Response(body=b"GIF89a", content_type="image/gif"))

    async with talking(api) as client:
        assert await client.download("M-2") == b"GIF89a"


async def test_the_menu(api: Answering) -> None:
    menu = {"button": [{"type": "click", "name": "预约", "key": "book_test_drive"}]}
    api.next("/cgi-bin/menu/get", {"errcode": 46003, "errmsg": "menu no exist"}, {"menu": menu})

    async with talking(api) as client:
        assert await client.menu() is None
        await client.create_menu(menu)
        assert await client.menu() == menu
        await client.delete_menu()

    (created,), (deleted,) = api.to("/cgi-bin/menu/create"), api.to("/cgi-bin/menu/delete")
    assert (created.body, deleted.method) == (menu, "GET")


async def test_a_code_to_scan(api: Answering) -> None:
    api.next("/cgi-bin/qrcode/create", {"ticket": "gQH4/+==", "url": "http://weixin.qq.com/q/02"})

    async with talking(api) as client:
        address = await client.create_scene_code("store=east;model=s6")

    (asked,) = api.to("/cgi-bin/qrcode/create")
    assert address == "https://mp.weixin.qq.com/cgi-bin/showqrcode?ticket=gQH4%2F%2B%3D%3D"
    assert asked.body == {
        "action_name": "QR_LIMIT_STR_SCENE",
        "action_info": {"scene": {"scene_str": "store=east;model=s6"}},
    }


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        ({"errcode": 40001, "errmsg": "invalid credential"}, Fault.NO_PERMISSION),
        ({"errcode": 40125, "errmsg": "invalid appsecret"}, Fault.NO_PERMISSION),
        ({"errcode": -1}, Fault.BACK_OFF),
        ({"access_token": "t"}, Fault.BACK_OFF),
        ({"expires_in": 7200}, Fault.BACK_OFF),
    ],
)
async def test_without_a_token_nothing_is_sent(api: Answering, answer: Any, fault: Fault) -> None:
    api.next(TOKEN, answer)

    problem = await failure(api)

    assert (problem.fault, len(api.asked)) == (fault, 1)


async def test_the_address_that_is_not_in_the_list_is_told(api: Answering) -> None:
    words = "invalid ip 203.0.113.7 ipv6 ::ffff:203.0.113.7, not in whitelist rid: 64f0-aa11bb22-cc"
    api.next(TOKEN, {"errcode": 40164, "errmsg": words})

    assert (await failure(api)).address == "203.0.113.7"


async def test_an_account_without_a_secret_asks_nobody(api: Answering) -> None:
    async with talking(api, account=replace(ACCOUNT, secret=None, may_send=False)) as client:
        with pytest.raises(WeChatError) as raised:
            await client.send(OPENID, TEXT)

    assert (raised.value.fault, api.asked) == (Fault.NO_PERMISSION, [])


async def test_a_base_with_a_path(api: Answering) -> None:
    async with open_session() as session:
        await WeChatClient(session, f"{api.url}/wx/", ACCOUNT, OwnToken()).send(OPENID, TEXT)

    assert [asked.path for asked in api.asked] == ["/wx/cgi-bin/stable_token", f"/wx{SEND}"]


async def test_calls_run_beside_each_other(api: Answering) -> None:
    async with talking(api) as client:
        await client.fetch_token()
        await asyncio.gather(*(client.send(f"{OPENID}-{number}", TEXT) for number in range(20)))

    assert len(api.to(SEND)) == 20
