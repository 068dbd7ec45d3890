"""Work in threads for what every turn does: ``asyncio.to_thread`` may take longer to hand it over than it takes itself.

Elsewhere ``asyncio.to_thread`` is the plain way.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from contextlib import suppress
from contextvars import Context, copy_context
from queue import SimpleQueue
from typing import Any, TypeVar

THREADS = 6
"""As many pieces of work at a time: they wait for the database more than they work."""
T = TypeVar("T")
Work = tuple[Context, Callable[..., Any], tuple[Any, ...], "asyncio.Future[Any]", asyncio.AbstractEventLoop]


def in_thread(work: Callable[..., T], *given: Any) -> Awaitable[T]:
    """Like ``asyncio.to_thread``, begun at once: what the work gives or raises, in the caller's context.

    Who no longer waits does not end it.
    """
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()
    _threads.put((copy_context(), work, given, future, loop))
    return future


class _Threads:
    """Started with the first work, and ended with the process."""

    def __init__(self) -> None:
        self._waiting: SimpleQueue[Work] = SimpleQueue()
        self._starting = threading.Lock()
        self._has_started = False

    def put(self, work: Work) -> None:
        if not self._has_started:
            self._start()
        self._waiting.put(work)

    def _start(self) -> None:
        with self._starting:
            for number in range(0 if self._has_started else THREADS):
                threading.Thread(target=self._work, name=f"turns_{number}", daemon=True).start()
            self._has_started = True

    def _work(self) -> None:
        while True:
            _do(*self._waiting.get())


def _do(
    context: Context,
    work: Callable[..., Any],
    given: tuple[Any, ...],
    future: asyncio.Future[Any],
    loop: asyncio.AbstractEventLoop,
) -> None:
    tell: Callable[[asyncio.Future[Any], Any], None] = _give
    try:
        found = context.run(work, *given)
    except BaseException as error:
        tell, found = _fail, error
    with suppress(RuntimeError):  # the loop is closed: nobody waits
        loop.call_soon_threadsafe(tell, future, found)


def _give(future: asyncio.Future[Any], found: Any) -> None:
    if not future.done():
        future.set_result(found)


def _fail(future: asyncio.Future[Any], error: BaseException) -> None:
    if not future.done():
        future.set_exception(error)


_threads = _Threads()
