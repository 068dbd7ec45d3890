"""``serve --workers N``: one process that keeps N servers at the same port alive (docs/workers.md).

The parent knows no Rasa and answers nobody. A line (a socket pair) leads to each worker: the worker says on it that
it is ready, and its end at the parent tells the worker that the parent is gone.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from bot import clock
from bot.domain.errors import SetupError
from bot.settings import NAMES, Settings

logger = logging.getLogger(__name__)
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 30.0
HEALTHY_SECONDS = 60.0
"""Who has lived so long is replaced at once; who dies earlier keeps the next one waiting, twice as long each time."""
STOP_SECONDS = 15.0
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def require_shared_stores(settings: Settings, workers: int) -> None:
    """Raises ``SetupError`` where several processes would answer customers twice, or not hear of each other."""
    missing = []
    if not settings.database_url.startswith("postgresql"):
        missing.append("DATABASE_URL of a PostgreSQL")
    if settings.redis_url is None:
        missing.append("REDIS_URL")
    if missing:
        raise SetupError(
            f"--workers {workers} needs {' and '.join(missing)}: processes share rows and locks there (docs/workers.md)"
        )


def keep_workers(number: int, settings: Settings, ready: Callable[[], None]) -> None:
    """Start the workers and replace those that die, until a signal; ``ready``: once the first of them all answer.

    Raises ``SetupError`` where one cannot even start.
    """
    with _reserved_port(settings):
        asyncio.run(Workers(number, ready).run())


class Workers:
    """The worker processes, and the parent's ends of their lines."""

    def __init__(self, number: int, ready: Callable[[], None]) -> None:
        self._number, self._tell_ready = number, ready
        self._processes: dict[int, asyncio.subprocess.Process] = {}
        self._ready: set[int] = set()
        self._failed = False

    async def run(self) -> None:
        """Ends after a signal, with all of its processes."""
        self._stopping = asyncio.Event()
        loop = asyncio.get_running_loop()
        for each in SIGNALS:
            loop.add_signal_handler(each, self._stopping.set)
        keepers = [asyncio.create_task(self._keep(place)) for place in range(self._number)]
        await self._stopping.wait()
        self._send(signal.SIGTERM)
        _, late = await asyncio.wait(keepers, timeout=STOP_SECONDS)
        if late:
            self._send(signal.SIGKILL)
        await asyncio.gather(*keepers)
        if self._failed:
            raise SetupError("a worker could not start; the lines above say why")

    def _send(self, number: int) -> None:
        for process in self._processes.values():
            with suppress(ProcessLookupError):
                process.send_signal(number)

    async def _keep(self, place: int) -> None:
        """One place among the workers: whoever dies in it has a successor."""
        pause = FIRST_PAUSE
        while not self._stopping.is_set():
            began = time.monotonic()
            code = await self._live(place)
            if self._stopping.is_set():
                return
            if place not in self._ready:  # a second one would fail as the first did
                self._failed = True
                self._stopping.set()
                return
            lived = time.monotonic() - began
            pause = 0.0 if lived >= HEALTHY_SECONDS else min(max(2 * pause, FIRST_PAUSE), LONGEST_PAUSE)
            logger.error(
                "worker %d ended (%d) after %.0f s; another one in %.0f s", place, code, lived, pause
            )
            with suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), pause)

    async def _live(self, place: int) -> int:
        """Run one worker; gives its exit code, negative for the number of a signal."""
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        with ours, theirs:
            process = self._processes[place] = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "bot", "serve", "--worker-line", str(theirs.fileno())),
                pass_fds=(theirs.fileno(),),
                env=_environment(),
                stdin=asyncio.subprocess.DEVNULL,
                start_new_session=True,  # Ctrl-C reaches the parent alone, which passes it on once
            )
            theirs.close()
            if self._stopping.is_set():  # the signal came while this one was being started
                process.terminate()
            listening = asyncio.create_task(self._listen(place, ours))
            try:
                return await process.wait()
            finally:
                listening.cancel()
                await asyncio.gather(listening, return_exceptions=True)

    async def _listen(self, place: int, line: socket.socket) -> None:
        with suppress(OSError):
            if await asyncio.get_running_loop().sock_recv(line, 1):
                self._note_ready(place)

    def _note_ready(self, place: int) -> None:
        if place in self._ready:
            logger.info("worker %d is back", place)
            return
        self._ready.add(place)
        if len(self._ready) == self._number:
            self._tell_ready()


def hold_line(number: int) -> Callable[[], None]:
    """In a worker: end when the parent is gone, however it went. Gives what tells the parent that this one is ready."""
    os.set_inheritable(number, False)
    line = socket.socket(fileno=number)

    def watch() -> None:
        with suppress(OSError):
            line.recv(1)
        os.kill(os.getpid(), signal.SIGTERM)

    def ready() -> None:
        with suppress(OSError):
            line.send(b".")

    threading.Thread(target=watch, name="parent", daemon=True).start()
    return ready


def shared_socket(settings: Settings) -> socket.socket:
    """At the server's address, which others may have too: the kernel deals connections out among those who listen."""
    sock = socket.socket(socket.AF_INET6 if ":" in settings.host else socket.AF_INET)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    sock.bind((settings.host, settings.port))
    return sock


@contextmanager
def _reserved_port(settings: Settings) -> Iterator[None]:
    """Nobody else gets the port while every worker is down. A socket that does not listen is given no connection."""
    with shared_socket(settings):
        yield


def _environment() -> dict[str, str]:
    """A clock that was set goes on in a worker, which may start hours after its parent."""
    return (
        dict(os.environ) if clock.clock.is_real else {**os.environ, NAMES["clock"]: clock.now().isoformat()}
    )
