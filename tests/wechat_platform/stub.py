"""A connector of a few lines on wechatpy, against which the simulator itself is tested."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from wechatpy import create_reply, parse_message
from wechatpy.crypto import WeChatCrypto
from wechatpy.utils import check_signature

from tests.server import free_port
from tests.wechat_platform.accounts import PLAIN, PlatformAccount

Answer = Callable[[Any], Awaitable[str | bytes]]


@dataclass
class Stub:
    """``answer``: message → the text of a reply ("" acknowledges), or the raw body."""

    account: PlatformAccount
    answer: Answer
    heard: list[Any] = field(default_factory=list)
    url: str = ""

    async def get(self, request: web.Request) -> web.Response:
        query = request.query
        check_signature(self.account.token, query["signature"], query["timestamp"], query["nonce"])
        return web.Response(text=query["echostr"])

    async def post(self, request: web.Request) -> web.Response:
        query, body = request.query, await request.text()
        check_signature(self.account.token, query["signature"], query["timestamp"], query["nonce"])
        crypto = WeChatCrypto(self.account.token, self.account.aes_key, self.account.app_id)
        if self.account.mode != PLAIN:
            body = crypto.decrypt_message(body, query["msg_signature"], query["timestamp"], query["nonce"])
        message = parse_message(body)
        self.heard.append(message)
        said = await self.answer(message)
        if isinstance(said, bytes) or not said:
            return web.Response(body=said or b"success")
        xml = create_reply(said, message).render()
        if self.account.mode != PLAIN:
            xml = crypto.encrypt_message(xml, query["nonce"], query["timestamp"])
        return web.Response(text=xml, content_type="application/xml")


@asynccontextmanager
async def stub_of(account: PlatformAccount, answer: Answer) -> AsyncIterator[Stub]:
    """The connector, listening; the account points at it."""
    stub, port, app = Stub(account, answer), free_port(), web.Application()
    app.router.add_get("/wechat/{name}", stub.get)
    app.router.add_post("/wechat/{name}", stub.post)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    account.address = f"http://127.0.0.1:{port}/wechat/{account.name}"
    try:
        yield stub
    finally:
        await runner.cleanup()
        await asyncio.sleep(0)
