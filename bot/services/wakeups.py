"""Tells open streams of this process that a conversation has something new. Rows are the truth; this only wakes."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager


class Listener:
    """One open stream: waits for news of its conversation."""

    def __init__(self) -> None:
        self._news = asyncio.Event()
        self.typing = False

    def notify(self, typing: bool) -> None:
        self.typing = typing
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
    """The listeners of every conversation that somebody watches."""

    def __init__(self) -> None:
        self._listeners: dict[str, set[Listener]] = {}

    @contextmanager
    def listening(self, conversation_id: str) -> Iterator[Listener]:
        listener = Listener()
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
        for listener in self._listeners.get(conversation_id, ()):
            listener.notify(typing)
