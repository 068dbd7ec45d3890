"""What a consultant sees of a WeChat customer's quota, from the customer's message to the one that waits."""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.browser.axe import grave_issues
from tests.browser.conftest import CLOCK, ROOT, _free_port, _wait_until_ready
from tests.browser.console import PASSWORD, StaffApi
from tests.browser.desk import Desk

TOKEN = "composertoken"
_numbers = itertools.count(1)


@dataclass
class WeChat:
    """Our server with an account, and a platform that takes everything; ``sent``: what customers were sent."""

    url: str
    began: float
    sent: list[dict[str, Any]] = field(default_factory=list)

    def says(self, openid: str, text: str) -> None:
        """A customer's message, as the platform delivers it in plain mode."""
        now = int(datetime.fromisoformat(CLOCK).timestamp() + time.monotonic() - self.began)
        nonce = f"n{next(_numbers)}"
        digest = hashlib.sha1("".join(sorted((TOKEN, str(now), nonce))).encode()).hexdigest()
        fields = {"ToUserName": "gh_1", "FromUserName": openid, "CreateTime": now, "MsgType": "text"}
        fields |= {"Content": text, "MsgId": 1000 + next(_numbers)}
        body = "".join(f"<{name}>{value}</{name}>" for name, value in fields.items())
        query = {"signature": digest, "timestamp": str(now), "nonce": nonce}
        answer = httpx.post(f"{self.url}/wechat/main", params=query, content=f"<xml>{body}</xml>", timeout=10)
        assert answer.status_code == 200, answer.text

    def texts(self) -> list[str]:
        return [message["text"]["content"] for message in self.sent if message.get("msgtype") == "text"]


@pytest.fixture(scope="module")
def wechat(chromium_path: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[WeChat]:
    home, port = tmp_path_factory.mktemp("home"), _free_port()
    found = WeChat(f"http://127.0.0.1:{port}", 0.0)
    platform = ThreadingHTTPServer(("127.0.0.1", 0), _handler(found.sent))
    threading.Thread(target=platform.serve_forever, daemon=True).start()
    account = {"APP_ID": "wx0123456789abcdef", "TOKEN": TOKEN, "MODE": "plain", "SECRET": "a-long-secret"}
    environment = {
        **os.environ,
        "PORT": str(port),
        "ZHANTING_HOME": str(home),
        "ZHANTING_ADMIN_PASSWORD": PASSWORD,
        "ZHANTING_CLOCK": CLOCK,
        "ZHANTING_WECHAT_ACCOUNTS": "main",
        "ZHANTING_WECHAT_API": f"http://127.0.0.1:{platform.server_port}",
        **{f"ZHANTING_WECHAT_MAIN_{name}": value for name, value in account.items()},
    }
    log = home / "server.log"
    found.began = time.monotonic()
    with log.open("wb") as output:
        command = [sys.executable, "-m", "bot", "serve"]
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=output, stderr=subprocess.STDOUT
        )
    try:
        _wait_until_ready(process, found.url, log)
        yield found
    finally:
        process.terminate()
        process.wait(20)
        platform.shutdown()


def _handler(sent: list[dict[str, Any]]) -> type[BaseHTTPRequestHandler]:
    class Platform(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            answer: dict[str, Any] = {"errcode": 0, "errmsg": "ok"}
            if self.path.startswith("/cgi-bin/stable_token"):
                answer = {"access_token": "T", "expires_in": 7200}
            elif self.path.startswith("/cgi-bin/message/custom/send"):
                sent.append(body)
            content = json.dumps(answer).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    return Platform


def test_the_composer_tells_what_is_left_and_what_waits(page: Page, wechat: WeChat) -> None:
    staff, desk = StaffApi(wechat.url), Desk(page, wechat.url)
    wechat.says("o-composer", "你好")
    [id_] = [row["id"] for row in staff.get("conversations") if row["channel"] == "wechat"]
    desk.sign_in("admin", PASSWORD)
    desk.open(id_)
    quota = page.locator(".composer .quota")
    expect(quota).to_have_text(re.compile(r"^微信还可发送 4 条（至 周二 10:0\d）$"))
    desk.take()  # tells the customer so
    expect(quota).to_have_text(re.compile(r"^微信还可发送 3 条（至 周二 10:0\d）$"))

    for number in (1, 2, 3):
        left = 3 - number
        desk.say(f"第{number}条")
        expect(desk.texts.last).to_have_text(f"第{number}条")
        expect(page.locator(".message.staff .reach").last).to_have_text("已送达")
        if left:
            expect(quota).to_have_text(re.compile(rf"^微信还可发送 {left} 条（至 周二 10:0\d）$"))
    expect(quota).to_have_text("额度已用完：回复等客户再次发言后送出")

    desk.say("等着的那条")
    expect(quota).to_have_text("额度已用完：1 条消息等客户再次发言后送出")
    expect(page.locator(".message.staff .reach").last).to_have_text("等待送出")
    expect(desk.texts.last).to_have_text("微信额度已用完：1 条消息等客户再次发言后送出")
    assert "等着的那条" not in "".join(wechat.texts())
    assert grave_issues(page) == []

    wechat.says("o-composer", "还在吗")
    expect(quota).to_contain_text("微信还可发送")
    expect(page.locator(".message.staff .reach").last).to_have_text("已送达")


def test_other_channels_have_no_quota(page: Page, wechat: WeChat) -> None:
    staff, desk = StaffApi(wechat.url), Desk(page, wechat.url)
    staff.says("composer-rest", "你好")
    [id_] = [row["id"] for row in staff.get("conversations") if row["sender"] == "composer-rest"]
    desk.sign_in("admin", PASSWORD)
    desk.open(id_)

    expect(page.locator(".composer textarea")).to_be_visible()
    expect(page.locator(".composer .quota")).to_be_hidden()
