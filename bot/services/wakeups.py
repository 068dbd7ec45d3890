"""Tells open streams, here and in other processes, that a conversation has something new. Rows are the truth; this only
wakes."""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

from bot.services import metrics

STAFF = "staff"
"""What the console's streams listen to: anything new, in any conversation or about the staff."""
WRITING_SECONDS = 6.0
"""Somebody who has not pressed a key for so long writes no longer."""
TYPING_SECONDS = 30.0
"""So long the bot of another process is believed to type without a word from there: it may have been killed."""
LOOK_SECONDS = 3.0
"""A stream that others cannot wake looks at the rows so often."""
NEWS = "news"


class Relay(Protocol):
    """What carries news to the other processes and back."""

    @property
    def is_heard(self) -> bool:
        """Whether what others say arrives here."""

    def tell(self, channel: str, text: str, about: str = "") -> None: ...

    def on(self, channel: str, handler: Callable[[str], None]) -> None: ...

    def on_change(self, watcher: Callable[[], None]) -> None: ...


class Listener:
    """One open stream: waits for news of its conversation."""

    def __init__(self, wakeups: Wakeups, conversation_id: str) -> None:
        self._news = asyncio.Event()
        self._wakeups, self._conversation_id = wakeups, conversation_id
        self.closed = False

    @property
    def typing(self) -> bool:
        """Whether the bot answers just now."""
        return self._wakeups.bot_types(self._conversation_id)

    def notify(self) -> None:
        self._news.set()

    def close(self) -> None:
        self.closed = True
        self._news.set()

    async def wait(self, seconds: float) -> bool:
        """True when there is news, False after ``seconds`` of silence, or sooner while others cannot be heard."""
        try:
            await asyncio.wait_for(self._news.wait(), self._wakeups.patience(seconds))
        except asyncio.TimeoutError:
            return False
        self._news.clear()
        return True


class Wakeups:
    """The listeners of every conversation that somebody watches, and who is being answered."""

    def __init__(self, relay: Relay | None = None) -> None:
        """``relay``: the way to other processes; without one this process is alone."""
        self._relay, self._id = relay, uuid.uuid4().hex
        self._typing_elsewhere: dict[str, dict[str, float]] = {}
        if relay is not None:
            relay.on(NEWS, self._hear)
            relay.on_change(self._wake_all)
        self._listeners: dict[str, set[Listener]] = {}
        self._typing: set[str] = set()
        self._writers: dict[tuple[str, str], tuple[str, float]] = {}
        self._watchers: list[Callable[[str], None]] = []
        self._closed = False

    @contextmanager
    def listening(self, conversation_id: str) -> Iterator[Listener]:
        listener = Listener(self, conversation_id)
        listener.closed = self._closed
        self._listeners.setdefault(conversation_id, set()).add(listener)
        side = "staff" if conversation_id == STAFF else "customers"
        try:
            with metrics.STREAMS.labels(side).track_inprogress():
                yield listener
        finally:
            listeners = self._listeners[conversation_id]
            listeners.discard(listener)
            if not listeners:
                del self._listeners[conversation_id]

    def on_news(self, watcher: Callable[[str], None]) -> None:
        """Call ``watcher`` with each conversation that may have new rows from this process; it must not block."""
        self._watchers.append(watcher)

    def notify(self, conversation_id: str, typing: bool = False) -> None:
        """There are new rows, or the bot began (``typing``) to answer."""
        (self._typing.add if typing else self._typing.discard)(conversation_id)
        self._pass_on("typing", conversation_id, on=typing)
        self._news_here(conversation_id)

    def staff_news(self) -> None:
        """Something changed that only staff see: the queue, who is there, a note."""
        self._pass_on("staff", STAFF)
        self._wake(STAFF)

    def bring_news(self, conversation_id: str) -> None:
        """There are new rows that no turn brought, as a reminder; whether the bot types stays as it is."""
        self._pass_on("news", conversation_id)
        self._news_here(conversation_id)

    def writes(self, conversation_id: str, side: str, name: str = "", on: bool = True) -> None:
        """A person of a side ("customer" or "staff") writes just now, or has stopped. Lost with the process."""
        if self._note_writer(conversation_id, side, name, on):
            self._pass_on("writes", conversation_id, side, name, on=on)
            self._news_here(conversation_id)

    def _note_writer(self, conversation_id: str, side: str, name: str, on: bool) -> bool:
        """False where nobody was known to write, and nobody does."""
        key = (conversation_id, side)
        if not on:
            return self._writers.pop(key, None) is not None
        self._writers = {k: v for k, v in self._writers.items() if v[1] > time.monotonic()}
        self._writers[key] = (name, time.monotonic() + WRITING_SECONDS)
        return True

    def _news_here(self, conversation_id: str) -> None:
        self._wake(conversation_id, STAFF)
        for watcher in self._watchers:
            watcher(conversation_id)

    def _wake(self, *watched: str) -> None:
        for each in watched:
            for listener in self._listeners.get(each, ()):
                listener.notify()

    def _wake_all(self) -> None:
        """Something may have been missed."""
        self._wake(*self._listeners)

    def _pass_on(self, *news: str, on: bool | None = None) -> None:
        """``on``: whether it begins or ends; where both happen at once, others hear of the end alone."""
        if self._relay is not None:
            line = [self._id, *news, *([] if on is None else [on])]
            self._relay.tell(NEWS, json.dumps(line), about="\n".join(news))

    def _hear(self, text: str) -> None:
        """News from a process; those from here are known."""
        sender, kind, conversation_id, *more = json.loads(text)
        if sender == self._id:
            return
        if kind == "typing":
            self._types_elsewhere(conversation_id, sender, *more)
        elif kind == "writes":
            self._note_writer(conversation_id, *more)
        self._wake(conversation_id, *([STAFF] if conversation_id != STAFF else []))

    def _types_elsewhere(self, conversation_id: str, process: str, on: bool) -> None:
        now = time.monotonic()
        if on:
            self._typing_elsewhere = {
                k: v for k, v in self._typing_elsewhere.items() if max(v.values()) > now
            }
            self._typing_elsewhere.setdefault(conversation_id, {})[process] = now + TYPING_SECONDS
        elif process in (there := self._typing_elsewhere.get(conversation_id, {})):
            there.pop(process)
            if not there:
                del self._typing_elsewhere[conversation_id]

    def patience(self, seconds: float) -> float:
        """How long a stream may wait for news before it looks at the rows."""
        is_deaf = self._relay is not None and not self._relay.is_heard
        return min(seconds, LOOK_SECONDS) if is_deaf else seconds

    def writer(self, conversation_id: str, side: str) -> tuple[str, float] | None:
        """Who of a side writes just now, and for how many seconds more that counts."""
        name, until = self._writers.get((conversation_id, side), ("", 0.0))
        left = until - time.monotonic()
        return (name, left) if left > 0 else None

    def bot_types(self, conversation_id: str) -> bool:
        """Whether the bot answers just now, in whichever process."""
        elsewhere = self._typing_elsewhere.get(conversation_id, {}).values()
        return conversation_id in self._typing or any(until > time.monotonic() for until in elsewhere)

    def listeners(self) -> int:
        """How many streams are open."""
        return sum(map(len, self._listeners.values()))

    def close(self) -> None:
        """The process stops: every stream ends now, and a later one at once."""
        self._closed = True
        for listeners in self._listeners.values():
            for listener in listeners:
                listener.close()
