"""A platform that writes down what it is sent, and fails as it is told to, for the tests of the courier."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from bot import clock
from bot.channels.wechat.courier import Api, Courier, Post
from bot.notify.wechat.client import WeChatError
from bot.services.wakeups import Wakeups
from bot.services.wechat.ledger import TemplateFor
from bot.store.database import Database
from tests.services.wechat.customers import ACCOUNTS, LIMITS, Customer


class FakeApi:
    """``failures``: what the next calls come to, before they begin to work; ``seconds``: how long each takes."""

    def __init__(self, *failures: WeChatError, seconds: float = 0) -> None:
        self.failures, self.seconds = list(failures), seconds
        self.shown: list[tuple[str, str]] = []
        self.calls: list[tuple[str, str, Any]] = []
        self.sending: set[str] = set()
        self.most_at_once = 0
        self.overlapped = False

    def texts(self, openid: str) -> list[str]:
        """What a customer saw."""
        return [text for to, text in self.shown if to == openid]

    async def send(self, openid: str, message: Mapping[str, Any]) -> None:
        self.overlapped |= openid in self.sending
        self.sending.add(openid)
        self.most_at_once = max(self.most_at_once, len(self.sending))
        try:
            await self._call("send", openid, message)
        finally:
            self.sending.discard(openid)
        kind = message["msgtype"]
        body = message[kind]
        words = {"text": "content", "msgmenu": "head_content", "image": "media_id"}[kind]
        self.shown.append((openid, body[words]))

    async def typing(self, openid: str, on: bool = True) -> None:
        await self._call("typing", openid, on)

    async def send_template(
        self,
        openid: str,
        template_id: str,
        data: Mapping[str, str],
        url: str | None = None,
        client_msg_id: str | None = None,
    ) -> str:
        await self._call("template", openid, (template_id, dict(data), url, client_msg_id))
        return "4711"

    async def upload_image(self, image: Path | bytes, kind: str = "image/jpeg") -> str:
        await self._call("upload", kind, image)
        return "MEDIA"

    async def download(self, media_id: str) -> bytes:
        await self._call("download", media_id, None)
        return b"picture"

    async def _call(self, name: str, whom: str, what: Any) -> None:
        self.calls.append((name, whom, what))
        await asyncio.sleep(self.seconds)
        if self.failures:
            raise self.failures.pop(0)


def customer_now(database: Database) -> Customer:
    """A customer who has just written."""
    customer = Customer(database, now=clock.now())
    customer.writes()
    return customer


def courier_of(
    database: Database,
    api: Api,
    folder: Path = Path(),
    template_for: TemplateFor = lambda account, line: None,
    wakeups: Wakeups | None = None,
) -> Courier:
    """A courier that has not started, and sweeps when it is told to alone after the first time."""

    async def connect() -> Mapping[str, Api]:
        return {"main": api}

    post = Post(database, ACCOUNTS, LIMITS, folder, "https://x", template_for)
    return Courier(post, wakeups or Wakeups(), connect, sweep_seconds=3600)


@asynccontextmanager
async def running(*couriers: Courier) -> AsyncIterator[None]:
    for courier in couriers:
        await courier.start()
    try:
        yield
    finally:
        for courier in couriers:
            await courier.stop()


async def work(*couriers: Courier) -> None:
    """Sweep once, until nothing goes out any more."""
    for courier in couriers:
        await courier.sweep()
    for courier in couriers:
        await courier.settled()
