"""Tells open streams of this process that a conversation has something new. Rows are the truth; this only wakes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager

STAFF = "staff"
"""What the console's streams listen to: anything new, in any conversation or about the staff."""
WRITING_SECONDS = 6.0
"""Somebody who has not pressed a key for so long writes no longer."""


class Listener:
    """One open stream: waits for news of its conversation."""

    def __init__(self, typing: bool = False) -> None:
        self._news = asyncio.Event()
        self.typing = typing
        self.closed = False

    def notify(self, typing: bool) -> None:
        self.typing = typing
        self._news.set()

    def close(self) -> None:
        self.closed = True
        self._news.set()

    async def wait(self, seconds: float) -> bool:
        """True when there is news, False after ``seconds`` of silence."""
        try:
            await asyncio.wait_for(self._news.wait(), seconds)
        except asyncio.TimeoutError:
            return False
        self._news.clear()
        return True


class Wakeups:
    """The listeners of every conversation that somebody watches, and who is being answered."""

    def __init__(self) -> None:
        self._listeners: dict[str, set[Listener]] = {}
        self._typing: set[str] = set()
        self._writers: dict[tuple[str, str], tuple[str, float]] = {}
        self._closed = False

    @contextmanager
    def listening(self, conversation_id: str) -> Iterator[Listener]:
        listener = Listener(conversation_id in self._typing)
        listener.closed = self._closed
        self._listeners.setdefault(conversation_id, set()).add(listener)
        try:
            yield listener
        finally:
            listeners = self._listeners[conversation_id]
            listeners.discard(listener)
            if not listeners:
                del self._listeners[conversation_id]

    def notify(self, conversation_id: str, typing: bool = False) -> None:
        """There are new rows, or the bot began (``typing``) to answer."""
        (self._typing.add if typing else self._typing.discard)(conversation_id)
        for listener in self._listeners.get(conversation_id, ()):
            listener.notify(typing)
        self.staff_news()

    def staff_news(self) -> None:
        """Something changed that only staff see: the queue, who is there, a note."""
        for listener in self._listeners.get(STAFF, ()):
            listener.notify(False)

    def bring_news(self, conversation_id: str) -> None:
        """There are new rows that no turn brought, as a reminder; whether the bot types stays as it is."""
        self.notify(conversation_id, typing=conversation_id in self._typing)

    def writes(self, conversation_id: str, side: str, name: str = "", on: bool = True) -> None:
        """A person of a side ("customer" or "staff") writes just now, or has stopped. Lost with the process."""
        key = (conversation_id, side)
        if on:
            self._writers = {k: v for k, v in self._writers.items() if v[1] > time.monotonic()}
            self._writers[key] = (name, time.monotonic() + WRITING_SECONDS)
        elif self._writers.pop(key, None) is None:
            return
        self.bring_news(conversation_id)

    def writer(self, conversation_id: str, side: str) -> tuple[str, float] | None:
        """Who of a side writes just now, and for how many seconds more that counts."""
        name, until = self._writers.get((conversation_id, side), ("", 0.0))
        left = until - time.monotonic()
        return (name, left) if left > 0 else None

    def bot_types(self, conversation_id: str) -> bool:
        """Whether the bot answers just now."""
        return conversation_id in self._typing

    def listeners(self) -> int:
        """How many streams are open."""
        return sum(map(len, self._listeners.values()))

    def close(self) -> None:
        """The process stops: every stream ends now, and a later one at once."""
        self._closed = True
        for listeners in self._listeners.values():
            for listener in listeners:
                listener.close()
