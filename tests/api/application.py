"""The staff API and the calendar files in this process, on a filled database, without Rasa."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
from sanic import Sanic
from sanic.touchup.service import TouchUp

from bot import clock
from bot.api.calendars import calendars
from bot.api.errors import install_error_handlers
from bot.api.gate import Gate
from bot.api.parts import Parts
from bot.api.protocol import CheckedProtocol, CheckedRequest
from bot.api.staff import staff_api
from bot.services.staff import ensure_admin, log_in
from bot.store.database import Database
from tests.installations import filled_database
from tests.server import PASSWORD, free_port, local_client
from tests.services.bookings import NOW

_numbers = itertools.count(1)
PHONE = "13812345678"
TWO = "2026-11-28T14:00:00+08:00"
THREE = "2026-11-28T15:00:00+08:00"
DRIVE = {"kind": "test_drive", "store": "east", "model": "x5"}
SERVICE = {"kind": "service", "store": "east", "model": "x5", "items": ["regular_service"]}


@dataclass
class Desk:
    """A member of the staff who is logged in."""

    client: httpx.AsyncClient
    database: Database
    headers: dict[str, str]

    async def call(self, method: str, path: str, expected: int = 200, **more: Any) -> Any:
        answer = await self.client.request(method, f"/api/staff/{path}", headers=self.headers, **more)
        assert answer.status_code == expected, answer.text
        return answer.json()

    def at(self, time: str) -> None:
        """Let the clock go on from a local time such as "2026-11-28T15:00", and log in anew."""
        clock.clock.set(datetime.fromisoformat(time))
        self.headers = _logged_in(self.database)

    async def get(self, path: str, expected: int = 200, **query: Any) -> Any:
        return await self.call("GET", path, expected, params=query)

    async def post(self, path: str, expected: int = 200, **body: Any) -> Any:
        return await self.call("POST", path, expected, json=body)

    async def patch(self, path: str, expected: int = 200, **body: Any) -> Any:
        return await self.call("PATCH", path, expected, json=body)

    async def delete(self, path: str, expected: int = 200) -> Any:
        return await self.call("DELETE", path, expected)

    async def books(self, expected: int = 200, **body: Any) -> Any:
        """A test drive, Saturday 28 November 14:00, unless ``body`` says otherwise."""
        wish = {**DRIVE, "start": TWO, "name": "王小明", "phone": PHONE, **body}
        return await self.post("appointments", expected, **wish)


def masked(row: dict[str, Any]) -> dict[str, Any]:
    """As it is shown to whom has not given the telephone number."""
    return {**row, "phone": f"{row['phone'][:3]}****{row['phone'][-4:]}"}


@asynccontextmanager
async def desk(directory: Path) -> AsyncIterator[Desk]:
    """The application, listening on a port of this machine; it is ``NOW``."""
    database, content = filled_database(directory)
    clock.clock.set(NOW)
    ensure_admin(database, PASSWORD, NOW)
    app = Sanic(f"desk-{next(_numbers)}", configure_logging=False, request_class=CheckedRequest)
    app.config.update(FALLBACK_ERROR_FORMAT="json")
    app.blueprint(staff_api(Parts(database, content, Gate(database), uploads=directory / "uploads")))
    app.blueprint(calendars(database, content))
    install_error_handlers(app, (), lambda name: None)
    port = free_port()
    server = await app.create_server(
        "127.0.0.1", port, protocol=CheckedProtocol, return_asyncio_server=True, access_log=False
    )
    await server.startup()
    TouchUp._registry.clear()  # Sanic rewrites its own methods at a start and cannot do it twice in a process
    await server.start_serving()
    try:
        async with local_client(port, timeout=10) as client:
            yield Desk(client, database, _logged_in(database))
    finally:
        server.close()
        await server.wait_closed()
        clock.clock.set(None)
        database.close()


def _logged_in(database: Database) -> dict[str, str]:
    return {"Authorization": f"Bearer {log_in(database, 'admin', PASSWORD, clock.now())}"}
