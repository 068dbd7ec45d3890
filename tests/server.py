"""A real ``python -m bot serve`` in a process of its own, for tests that use the public way in."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).resolve().parents[1]
HOOKS = Path(__file__).parent / "hooks"
CLOCK = "2026-11-22T10:00:00+08:00"  # a Sunday
PASSWORD = "correct-horse"
START_SECONDS = 300  # a first start migrates, fills and may train
OWN = ("PORT", "DATABASE_URL", "REDIS_URL", "WATCH_FILE", "PYTHONPATH")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def local_client(port: int, timeout: float) -> httpx.AsyncClient:
    """For an application in this process, without the certificates of the world (20 ms to read, for each client)."""
    return httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=timeout, verify=False)


def environment(home: Path, **more: str) -> dict[str, str]:
    """The environment of a command of ours: nothing of the caller's settings but where the models are."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name == "ZHANTING_MODELS" or not (name in OWN or name.startswith("ZHANTING_"))
    }
    return {**kept, "ZHANTING_HOME": str(home), "ZHANTING_CLOCK": CLOCK, **more}


def run_bot(
    home: Path, *arguments: str, text: str = "", root: Path = ROOT, **more: str
) -> subprocess.CompletedProcess[str]:
    """A command that ends by itself, in the checkout ``root``."""
    return subprocess.run(
        [sys.executable, "-m", "bot", *arguments],
        cwd=root,
        env=environment(home, **more),
        input=text,
        capture_output=True,
        encoding="utf-8",
        timeout=START_SECONDS,
    )


@dataclass
class RunningServer:
    """A started server; ``out`` and ``err`` are what it printed."""

    process: subprocess.Popen[bytes]
    home: Path
    port: int
    watched: Path
    clients: list[httpx.Client] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def out(self) -> str:
        return (self.home / "out.log").read_text("utf-8")

    @property
    def err(self) -> str:
        return (self.home / "err.log").read_text("utf-8")

    @property
    def client(self) -> httpx.Client:
        if not self.clients:
            self.clients.append(httpx.Client(base_url=self.url, timeout=30, verify=False))
        return self.clients[0]

    def rest(self, sender: str, message: str, message_id: str | None = None) -> list[dict[str, Any]]:
        """One message over REST; the replies."""
        body = {"sender": sender, "message": message, **({"message_id": message_id} if message_id else {})}
        answer = self.client.post("/webhooks/rest/webhook", json=body)
        assert answer.status_code == 200, answer.text
        return list(answer.json())

    def staff(self) -> dict[str, str]:
        """The headers of somebody logged in."""
        body = {"username": "admin", "password": PASSWORD}
        answer = self.client.post("/api/staff/login", json=body)
        assert answer.status_code == 200, answer.text
        return {"Authorization": f"Bearer {answer.json()['token']}"}

    def visitor(self) -> Visitor:
        """A new session of the website."""
        answer = self.client.post("/web/session", json={})
        assert answer.status_code == 200, answer.text
        return Visitor(self, answer.json()["token"])

    def stop(self, number: int = signal.SIGTERM, seconds: float = 20) -> int:
        """Send a signal and wait; gives the exit code."""
        self.process.send_signal(number)
        return self.wait(seconds)

    def wait(self, seconds: float = 20) -> int:
        try:
            return self.process.wait(seconds)
        finally:
            if self.process.poll() is None:
                self.process.kill()
            for client in self.clients:
                client.close()


@dataclass(frozen=True)
class Visitor:
    """A session of the website."""

    server: RunningServer
    token: str

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    def send(self, text: str, client_id: str, **more: Any) -> httpx.Response:
        body = {"text": text, "client_id": client_id, **more}
        headers = {**self.headers, "Content-Type": "application/json"}
        return self.server.client.post("/web/messages", content=json.dumps(body), headers=headers)

    def messages(self, after: int = 0) -> list[dict[str, Any]]:
        answer = self.server.client.get("/web/messages", params={"after": after}, headers=self.headers)
        assert answer.status_code == 200, answer.text
        return list(answer.json()["messages"])

    def wait_for_answer(self, seconds: float = 20) -> list[dict[str, Any]]:
        """The transcript once the bot had the last word."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            found = self.messages()
            if found and found[-1]["author"] != "customer":
                return found
            time.sleep(0.05)
        raise AssertionError(f"no answer: {json.dumps(found, ensure_ascii=False)}")


def start_server(
    home: Path, wait: bool = True, arguments: tuple[str, ...] = (), root: Path = ROOT, **more: str
) -> RunningServer:
    """Start a server of the checkout ``root`` on a free port; the caller stops it. ``more`` goes into its environment."""
    port, watched = free_port(), home / "watched.log"
    home.mkdir(parents=True, exist_ok=True)
    own = {"PORT": str(port), "ZHANTING_ADMIN_PASSWORD": PASSWORD, "PYTHONPATH": str(HOOKS)}
    with (home / "out.log").open("wb") as out, (home / "err.log").open("wb") as err:
        process = subprocess.Popen(
            [sys.executable, "-m", "bot", "serve", *arguments],
            cwd=root,
            env=environment(home, **{**own, "WATCH_FILE": str(watched), **more}),
            stdout=out,
            stderr=err,
            stdin=subprocess.DEVNULL,
            preexec_fn=_heed_interrupts,
        )
    server = RunningServer(process, home, port, watched)
    if wait:
        wait_until_ready(server)
    return server


def _heed_interrupts() -> None:
    """A shell's background job, such as a test run may be, hands down to its children that SIGINT is ignored."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def wait_until_ready(server: RunningServer) -> None:
    """Raises AssertionError with what the server printed."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.process.poll() is None:
        try:
            if httpx.get(f"{server.url}/health", timeout=2, verify=False).status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    server.process.kill()
    raise AssertionError(f"not ready:\n{server.out}\n{server.err[-4000:]}")
