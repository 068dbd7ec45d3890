"""The application that ``python -m bot serve`` builds, in this process: everything of it but Rasa."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import httpx
from sanic import Sanic
from sanic.touchup.service import TouchUp

import bot.server
from bot import clock
from bot.api.gate import COOKIE
from bot.api.protocol import CheckedProtocol
from bot.domain.staff import Role
from bot.services import staff, users
from bot.services.audit import Actor
from bot.services.installation import Installation
from bot.services.staff import csrf_token
from bot.settings import read_settings
from bot.store.database import Database
from bot.understanding.live import use_content
from tests.installations import filled_database
from tests.server import PASSWORD, free_port, local_client
from tests.services.bookings import NOW
from tests.services.dialogues import Echo

STAFF_PASSWORD = "a-password-of-the-tests"


class Listening(Echo):
    """Understands every sentence as a greeting."""

    async def parse(self, text: str) -> dict[str, Any]:
        return {"text": text, "intent": {"name": "greet", "confidence": 0.9}, "entities": []}


@dataclass
class Whole:
    """A running installation; it is ``NOW``. ``client`` is nobody."""

    app: Sanic
    client: httpx.AsyncClient
    installation: Installation
    turns: Any

    @property
    def database(self) -> Database:
        return self.installation.database

    def token(self, username: str = "admin", kind: str = staff.TOKEN) -> str:
        password = PASSWORD if username == "admin" else STAFF_PASSWORD
        return staff.log_in(self.database, username, password, clock.now(), kind)

    def headers(self, username: str = "admin") -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token(username)}"}

    def session(self, username: str = "admin", csrf: bool = True) -> dict[str, str]:
        """The headers of a page of the console."""
        token = self.token(username, staff.SESSION)
        return {"Cookie": f"{COOKIE}={token}", **({"X-CSRF-Token": csrf_token(token)} if csrf else {})}

    def add_user(self, role: Role, username: str | None = None) -> str:
        username = username or f"test.{role.value}"
        fields = {"name": username.removeprefix("test."), "role": role.value}
        dealership = self.installation.content.current().dealership
        by = Actor("admin")
        users.create_user(self.database, dealership, username, fields, by, clock.now(), STAFF_PASSWORD)
        return username

    async def get(self, path: str, **query: Any) -> Any:
        """An answer of the staff API for the administrator."""
        answer = await self.client.get(f"/api/staff/{path}", params=query, headers=self.headers())
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def send(self, method: str, path: str, **body: Any) -> Any:
        answer = await self.client.request(method, f"/api/staff/{path}", json=body, headers=self.headers())
        assert answer.status_code == 200, (path, answer.text)
        return answer.json()


def build(directory: Path, **environment: str) -> tuple[Any, Installation]:
    """The server's parts on a filled database in ``directory``."""
    database, content = filled_database(directory)
    settings = read_settings({"ZHANTING_HOME": str(directory), **environment})
    installation = Installation(settings, database, content)
    Sanic._app_registry.pop("zhanting", None)  # Sanic knows one application of a name
    with patch.object(bot.server, "RasaDialogue", lambda *_: Listening()):
        return bot.server.build_server(installation, Path("no-model")), installation


@asynccontextmanager
async def whole(directory: Path, **environment: str) -> AsyncIterator[Whole]:
    """Listening on a port of this machine, without upkeep."""
    clock.clock.set(NOW)
    built, installation = build(directory, **environment)
    staff.ensure_admin(installation.database, PASSWORD, NOW)
    port = free_port()
    server = await built.app.create_server(
        "127.0.0.1", port, protocol=CheckedProtocol, return_asyncio_server=True, access_log=False
    )
    await server.startup()
    TouchUp._registry.clear()  # Sanic rewrites its own methods at a start and cannot do it twice in a process
    await server.start_serving()
    try:
        async with local_client(port, timeout=30) as client:
            yield Whole(built.app, client, installation, built.turns)
    finally:
        await built.turns.close()
        server.close()
        await server.wait_closed()
        clock.clock.set(None)
        use_content(None)
        installation.database.close()
        shutil.rmtree(directory / "uploads", ignore_errors=True)
