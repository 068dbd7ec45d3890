"""Starts ours and stock, each as its own users would, and tells how long that took and what memory they hold."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psutil

from tests.load.speed.project import StockProject
from tests.server import environment, free_port
from tests.understanding.evaluation.predictions import ONE_THREAD, QUIET
from tests.understanding.evaluation.rows import ROOT

PATIENCE_SECONDS = 600
MEGABYTE = 1024 * 1024
LEAST_WORKER_MB = 80
"""A process that answers is larger; a parent that only watches is smaller."""


@dataclass
class Running:
    """A started server. Memory is in MB, of each process that answers customers."""

    url: str
    ready_seconds: float
    process: subprocess.Popen[bytes]
    helpers: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def rss(self) -> list[float]:
        return [process.memory_info().rss / MEGABYTE for process in self._workers()]

    def pss(self) -> list[float]:
        """Memory shared by several processes counts in equal parts."""
        return [process.memory_full_info().pss / MEGABYTE for process in self._workers()]

    def action_server_rss(self) -> float:
        """0 where actions run in the server."""
        return sum(psutil.Process(helper.pid).memory_info().rss for helper in self.helpers) / MEGABYTE

    def stop(self) -> None:
        for process in (self.process, *self.helpers):
            process.terminate()
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _workers(self) -> list[psutil.Process]:
        main = psutil.Process(self.process.pid)
        large = [c for c in main.children(recursive=True) if c.memory_info().rss > LEAST_WORKER_MB * MEGABYTE]
        return large or [main]


@contextmanager
def stopped(running: Running) -> Iterator[Running]:
    """It runs within the block."""
    try:
        yield running
    finally:
        running.stop()


def start_ours(home: Path, workers: int = 1, **more: str) -> Running:
    """`python -m bot serve`; `more` goes into its environment. A first start in `home` fills the database, and may train."""
    port = free_port()
    home.mkdir(parents=True, exist_ok=True)
    settings = environment(home, PORT=str(port), ZHANTING_RATE_LIMIT="off", **more)
    arguments = ["-m", "bot", "serve", *(("--workers", str(workers)) if workers > 1 else ())]
    return _started(arguments, ROOT, settings, home / "ours.log", f"http://127.0.0.1:{port}", "/health")


@dataclass(frozen=True)
class StockWay:
    """A way to run stock: its processes, and where several of them keep trackers and locks."""

    name: str
    one_thread: bool = False
    workers: int = 1
    tracker_url: str = ""  # of PostgreSQL; else SQLite
    redis_port: int = 0


AS_INSTALLED = StockWay("1 worker")
ONE_THREADED = StockWay("1 worker, TensorFlow with one thread", one_thread=True)


def start_stock(project: StockProject, home: Path, way: StockWay = AS_INSTALLED) -> Running:
    """`rasa run actions`, and when that is up `rasa run`, whose start is the one measured."""
    home.mkdir(parents=True, exist_ok=True)
    actions, port = _start_actions(home), free_port()
    endpoints = home / "endpoints.yml"
    endpoints.write_text(_endpoints(actions.url, home, way), "utf-8")
    settings = {**environment(home), **QUIET, **(ONE_THREAD if way.one_thread else {})}
    settings["SANIC_WORKERS"] = str(way.workers)
    arguments = [
        "-m",
        "rasa",
        "run",
        "--interface",
        "127.0.0.1",
        "--port",
        str(port),
        "--model",
        str(project.model),
    ]
    arguments += ["--endpoints", str(endpoints), "--credentials", "credentials.yml"]
    url = f"http://127.0.0.1:{port}"
    try:
        running = _started(arguments, project.folder, settings, home / "rasa.log", url, "/")
    except BaseException:
        actions.stop()
        raise
    running.helpers.append(actions.process)
    return running


def _start_actions(home: Path) -> Running:
    port = free_port()
    settings = {**environment(home / "actions"), **QUIET}
    arguments = ["-m", "rasa", "run", "actions", "--actions", "actions", "--port", str(port)]
    return _started(arguments, ROOT, settings, home / "actions.log", f"http://127.0.0.1:{port}", "/health")


def _endpoints(actions_url: str, home: Path, way: StockWay) -> str:
    lines = ["action_endpoint:", f"  url: {actions_url}/webhook", "tracker_store:", "  type: SQL"]
    if way.tracker_url:
        lines += ["  dialect: postgresql", f'  url: "{way.tracker_url}"']
    else:
        lines += ["  dialect: sqlite", f"  db: {home / 'trackers.db'}"]
    if way.redis_port:
        lines += ["lock_store:", "  type: redis", "  url: localhost", f"  port: {way.redis_port}", "  db: 0"]
    return "\n".join(lines) + "\n"


def _started(
    arguments: Sequence[str], folder: Path, settings: Mapping[str, str], log: Path, url: str, ready: str
) -> Running:
    """Raises RuntimeError with the end of its log when it does not answer at `ready`."""
    begun = time.perf_counter()
    with log.open("ab") as out:
        process = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=folder,
            env=dict(settings),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
        )
    with httpx.Client(timeout=2, verify=False) as client:  # no certificates to read while the server starts
        while process.poll() is None and time.perf_counter() - begun < PATIENCE_SECONDS:
            with suppress(httpx.TransportError):
                if client.get(url + ready).status_code == 200:
                    return Running(url, time.perf_counter() - begun, process)
            time.sleep(0.05)
    process.kill()
    raise RuntimeError(f"not ready: {log.read_text('utf-8', 'replace')[-3000:]}")
