"""A small HTTP server in the place of the platform's API: it answers as told and remembers what it was asked."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from bot.domain.wechat.account import Account
from bot.notify.wechat.client import WeChatClient, open_session

SECRET, APP_ID, OPENID = "a-secret-of-the-test", "wx0123456789abcdef", "oABCD-customer-0001"
ACCOUNT = Account(name="main", app_id=APP_ID, token="token", secret=SECRET)
SEND = "/cgi-bin/message/custom/send"
TEXT = {"msgtype": "text", "text": {"content": "您好😀，周六见"}}
OK: dict[str, Any] = {"errcode": 0, "errmsg": "ok"}


@dataclass
class Asked:
    """One request: ``body`` is its JSON, or its raw bytes."""

    method: str
    path: str
    query: dict[str, str]
    body: Any
    raw: bytes
    headers: dict[str, str]


@dataclass
class Answering:
    """``answers``: what the next requests to a path get, JSON or a response; then ``usual``, or OK."""

    url: str = ""
    seconds: float = 0.0
    asked: list[Asked] = field(default_factory=list)
    answers: dict[str, deque[Any]] = field(default_factory=dict)
    usual: dict[str, Any] = field(default_factory=dict)
    tokens: int = 0

    def next(self, path: str, *answers: Any) -> None:
        self.answers.setdefault(path, deque()).extend(answers)

    def to(self, path: str) -> list[Asked]:
        return [each for each in self.asked if each.path == path]

    async def handle(self, request: web.Request) -> web.StreamResponse:
        raw = await request.read()
        self.asked.append(
            Asked(request.method, request.path, dict(request.query), _json(raw), raw, dict(request.headers))
        )
        await asyncio.sleep(self.seconds)
        waiting = self.answers.get(request.path)
        answer = waiting.popleft() if waiting else self.usual.get(request.path, OK)
        if answer is OK and request.path.endswith("/cgi-bin/stable_token"):
            answer = self._token(bool(_json(raw)["force_refresh"]))
        if callable(answer):  # a response can be sent once
            answer = answer()
        if isinstance(answer, web.StreamResponse):
            return answer
        if answer is None:  # the connection ends without an answer
            assert request.transport is not None
            request.transport.abort()
            return web.Response()
        return web.Response(body=json.dumps(answer).encode(), content_type="text/plain")

    def _token(self, force: bool) -> dict[str, Any]:
        """As the platform: the same one until another is forced."""
        self.tokens += force or not self.tokens
        return {"access_token": f"token-{self.tokens}-of-the-platform", "expires_in": 7200}


def _json(raw: bytes) -> Any:
    try:
        return json.loads(raw)
    except ValueError:
        return raw


@asynccontextmanager
async def answering() -> AsyncIterator[Answering]:
    """The server, on a free port of this machine."""
    api = Answering()
    app = web.Application(client_max_size=32 * 1024 * 1024)
    app.router.add_route("*", "/{path:.*}", api.handle)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    api.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield api
    finally:
        await runner.cleanup()


class OwnToken:
    """Tokens of a client that shares them with nobody."""

    def __init__(self) -> None:
        self.value: str | None = None

    async def current(self, fetch: Any) -> str:
        self.value = self.value or (await fetch(False)).value
        return self.value

    async def renewed(self, refused: str, fetch: Any) -> str:
        self.value = (await fetch(True)).value
        return self.value


@asynccontextmanager
async def talking(
    api: Answering, seconds: tuple[float, float] = (1, 2), tokens: Any = None, account: Account = ACCOUNT
) -> AsyncIterator[WeChatClient]:
    """A client of the server."""
    async with open_session() as session:
        yield WeChatClient(session, api.url, account, tokens or OwnToken(), seconds)


def every_call(client: WeChatClient) -> list[Callable[[], Awaitable[Any]]]:
    return [
        lambda: client.send(OPENID, TEXT),
        lambda: client.typing(OPENID, False),
        lambda: client.send_template(OPENID, "a-template", {"thing1": "试驾"}),
        lambda: client.upload_image(b"\x89PNG", "image/png"),
        lambda: client.download("a-media-id"),
        lambda: client.create_menu({"button": []}),
        client.delete_menu,
        client.menu,
        lambda: client.create_scene_code("store=east"),
        client.fetch_token,
    ]
