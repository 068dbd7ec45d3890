"""The web and REST channels in this process, around a dialogue without Rasa."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from sanic import Sanic
from sanic.touchup.service import TouchUp

from bot.api.errors import install_error_handlers
from bot.api.files import files
from bot.api.protocol import CheckedProtocol, CheckedRequest
from bot.channels.rest import rest_channel
from bot.channels.web import web_channel
from bot.services.content.snapshot import ContentStore
from bot.services.throttle import Flood
from bot.services.turns import Turns
from bot.services.wakeups import Wakeups
from bot.store.database import Database
from tests.server import free_port, local_client
from tests.services.dialogues import Echo

_numbers = itertools.count(1)
HEARTBEAT = 0.3
REST_TOKEN = "a-token-of-the-test"


@dataclass
class Event:
    """One server-sent event; a comment has the name "comment"."""

    name: str
    id: str | None
    data: str


@dataclass
class Application:
    client: httpx.AsyncClient
    database: Database
    turns: Turns
    wakeups: Wakeups
    dialogue: Echo

    async def visitor(self) -> dict[str, str]:
        """The headers of a new visitor."""
        answer = await self.client.post("/web/session", json={})
        return {"Authorization": f"Bearer {answer.json()['token']}"}

    async def send(self, visitor: dict[str, str], text: str, client_id: str, **more: Any) -> httpx.Response:
        body = {"text": text, "client_id": client_id}
        return await self.client.post("/web/messages", json=body, headers={**visitor, **more})

    @asynccontextmanager
    async def stream(self, visitor: dict[str, str], after: int = 0) -> AsyncIterator[AsyncIterator[Event]]:
        headers = {**visitor, "Last-Event-ID": str(after)}
        async with self.client.stream("GET", "/web/stream", headers=headers, timeout=10) as response:
            assert response.status_code == 200
            assert response.headers["content-type"].startswith("text/event-stream")
            yield events(response)


async def events(response: httpx.Response) -> AsyncIterator[Event]:
    """The events of a stream, comments included."""
    event = Event("comment", None, "")
    async for line in response.aiter_lines():
        name, _, value = line.partition(": ")
        if name == "id":
            event.id = value
        elif name == "event":
            event.name = value
        elif name in ("data", ""):
            event.data += value
        if not line:
            yield event
            event = Event("comment", None, "")


async def take(stream: AsyncIterator[Event], number: int, name: str = "message") -> list[Event]:
    """The next events of a name."""
    found: list[Event] = []
    while len(found) < number:
        event = await asyncio.wait_for(anext(stream), 8)
        if event.name == name:
            found.append(event)
    return found


@asynccontextmanager
async def running(
    filled: tuple[Database, ContentStore],
    dialogue: Echo,
    flood: Flood | None = None,
    proxies: int | None = None,
    response_timeout: float = 60,
) -> AsyncIterator[Application]:
    """The application, listening on a port of this machine."""
    wakeups, flood = Wakeups(), flood or Flood(visitor=30, address=120)
    turns = Turns(filled[0], filled[1], dialogue, wakeups, 1000)
    app = Sanic(f"test-{next(_numbers)}", configure_logging=False, request_class=CheckedRequest)
    app.config.update(RESPONSE_TIMEOUT=response_timeout, FALLBACK_ERROR_FORMAT="json", PROXIES_COUNT=proxies)
    app.blueprint(rest_channel(turns, REST_TOKEN, flood))
    uploads = Path(filled[0].engine.url.database).parent / "uploads"
    app.blueprint(web_channel(filled[0], filled[1], turns, wakeups, flood, uploads, heartbeat=HEARTBEAT))
    app.blueprint(files(filled[0], uploads))
    content = filled[1].current()
    install_error_handlers(app, ("https://shop.example",), lambda name: content.templates[name].text)
    port = free_port()
    server = await app.create_server(
        "127.0.0.1", port, protocol=CheckedProtocol, return_asyncio_server=True, access_log=False
    )
    await server.startup()
    TouchUp._registry.clear()  # Sanic rewrites its own methods at a start and cannot do it twice in a process
    await server.start_serving()
    try:
        async with local_client(port, timeout=60) as client:
            yield Application(client, filled[0], turns, wakeups, dialogue)
    finally:
        wakeups.close()
        await turns.close()
        server.close()
        await server.wait_closed()
