"""A PostgreSQL server of one test's own, which can be stopped and started again, or frozen."""

from __future__ import annotations

import shutil
import signal
from typing import Any

from tests.folders import postgres_folder


class PostgresServer:
    def __init__(self) -> None:
        import pgserver  # not before it is needed: it looks for its binaries on import

        self._folder = postgres_folder()
        self._server: Any = pgserver.get_server(self._folder, cleanup_mode="stop")
        self.url = str(self._server.get_uri("postgres"))

    def stop(self) -> None:
        """At once, as a machine without power."""
        for process in self._processes():
            process.kill()
        self._postmaster().wait(20)

    def start(self) -> None:
        self._server.ensure_postgres_running()

    def freeze(self) -> None:
        """It holds its connections and says nothing any more."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def remove(self) -> None:
        self.thaw()
        self._server.cleanup()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _signal(self, number: int) -> None:
        for process in self._processes():
            process.send_signal(number)

    def _processes(self) -> list[Any]:
        """The postmaster, so that it starts no others, then its children."""
        first = self._postmaster()
        return [first, *first.children(recursive=True)]

    def _postmaster(self) -> Any:
        import psutil

        return psutil.Process(self._server.get_pid())
