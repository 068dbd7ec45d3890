"""The whole application behind a port, in a thread, for tests that are not asynchronous themselves."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.api.whole import Whole, whole

SECONDS = 60


@contextmanager
def served(directory: Path, **environment: str) -> Iterator[Whole]:
    loop, holder, ready, ended = asyncio.new_event_loop(), [], threading.Event(), asyncio.Event()

    async def run() -> None:
        async with whole(directory, **environment) as running:
            holder.append(running)
            ready.set()
            await ended.wait()

    def serve() -> None:
        try:
            loop.run_until_complete(run())
        finally:
            ready.set()

    thread = threading.Thread(target=serve, name="served", daemon=True)
    thread.start()
    assert ready.wait(SECONDS)
    assert holder, "the application did not start"
    try:
        yield holder[0]
    finally:
        loop.call_soon_threadsafe(ended.set)
        thread.join(SECONDS)
        loop.close()
