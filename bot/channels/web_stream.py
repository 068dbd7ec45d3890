"""What a website visitor's stream says: new messages, who serves them, who writes."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

from bot.services.message_json import message_json
from bot.services.messages import messages_after
from bot.services.visitors import Visitor, attendant
from bot.services.wakeups import Listener, Wakeups
from bot.store.database import Database


async def send_rows(
    response: Any,
    database: Database,
    visitor: Visitor,
    after: int,
    wakeups: Wakeups,
    listener: Listener,
    heartbeat: float,
) -> None:
    """Send what is new, for as long as the client listens; a comment keeps a silent stream alive.

    ``adviser``: who serves the customer now; ``typing``: who writes, without a name it is the assistant.
    """
    id_, typing = visitor.conversation_id, _NOBODY
    adviser: str | None = "" if after else None  # who comes again may have missed that an adviser left
    last = _Last(response)
    await last.send(": connected\n\n")
    while not listener.closed:
        # Looked at before the rows: a message stands there before anybody types an answer to it.
        writer = wakeups.writer(id_, "staff")
        now = _typing(writer, listener)
        rows = await asyncio.to_thread(messages_after, database, id_, after)
        for row in rows:
            after = row.seq
            await last.send(_event("message", message_json(row), row.seq))
        if (name := await asyncio.to_thread(attendant, database, id_)) != adviser:
            adviser = name
            await last.send(_event("adviser", {"name": name}))
        if now != typing:
            typing = now
            await last.send(_event("typing", typing))
        if rows:
            continue
        left = max(0.0, heartbeat - last.silence)
        await listener.wait(min(left, writer[1] + 0.05) if writer else left)
        if last.silence >= heartbeat:
            await last.send(": still here\n\n")


class _Last:
    """Sends, and knows for how many seconds nothing was sent: news that change nothing here are no bytes."""

    def __init__(self, response: Any) -> None:
        self._response, self._at = response, time.monotonic()

    async def send(self, text: str) -> None:
        self._at = time.monotonic()
        await self._response.send(text)

    @property
    def silence(self) -> float:
        return time.monotonic() - self._at


_NOBODY = {"on": False}


def _typing(writer: tuple[str, float] | None, listener: Listener) -> dict[str, Any]:
    return {"on": True, "name": writer[0]} if writer else {"on": listener.typing}


def _event(name: str, data: dict[str, Any], id_: int | None = None) -> str:
    head = f"id: {id_}\n" if id_ is not None else ""
    return f"{head}event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"
