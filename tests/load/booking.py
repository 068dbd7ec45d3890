"""How fast booking is: ``python -m tests.load.booking`` (``make load``) measures and writes ``docs/booking.md``.

Availability of a workshop of 50 resources over 30 days, on SQLite and PostgreSQL, with ten times the bookings each
time; refusals with their alternatives; and bookings per second with one writer and with eight.
"""

from __future__ import annotations

import gc
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from pathlib import Path
from statistics import median

import sqlalchemy as sa

from bot.domain.dealership import Dealership
from bot.domain.errors import BookingRefused
from bot.services import availability, booking
from bot.services.visits import Contact
from bot.store.database import Database
from tests.database import postgres_database, sqlite_database
from tests.load.garage import DAYS, NOW, SERVICE, fill, garage
from tests.load.page import write_section

ROUNDS = 40
BOOKINGS = 160
BOOKS = ((20, 180), (200, 1800), (2000, 18000), (2000, 0))
"""(to come, past): the same calendar ten and a hundred times as full, and the fullest one without its past."""


@dataclass(frozen=True)
class Timing:
    """Milliseconds of one sort of question, and the statements that one of them takes."""

    middle: float
    slowest: float  # 95 of 100 are faster
    statements: int


@dataclass(frozen=True)
class Measured:
    kind: str
    to_come: int
    past: int
    month: Timing
    week: Timing
    refusal: Timing


def main() -> None:
    lines: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        for kind in ("SQLite", "PostgreSQL"):
            rows = [measure(kind, Path(folder), *book) for book in BOOKS]
            speeds = {threads: throughput(kind, Path(folder), threads) for threads in (1, 8)}
            lines += [*_table(kind, rows), *_ratios(rows), *_speeds(speeds), ""]
    write_section("benchmark", "\n".join(lines).strip())
    sys.stdout.write("\n".join(lines))


def measure(kind: str, folder: Path, to_come: int, past: int) -> Measured:
    """Fill a new database and ask it each question forty times."""
    dealership, database = garage(), open_new(kind, folder)
    fill(database, to_come, past)
    questions = [
        timed(database, lambda: free_month(database, dealership)),
        timed(database, lambda: free_month(database, dealership, days=7)),
        timed(database, lambda: refused(database, dealership)),
    ]
    database.close()
    return Measured(kind, to_come, past, *questions)


def open_new(kind: str, folder: Path) -> Database:
    return sqlite_database(folder) if kind == "SQLite" else postgres_database()


def free_month(database: Database, dealership: Dealership, days: int = DAYS) -> int:
    """Every free start of all 50 resources from today on."""
    until = NOW + timedelta(days=days + 1)
    return len(availability.free_slots(database, dealership, NOW, SERVICE, NOW, until, 10**6))


def refused(database: Database, dealership: Dealership) -> None:
    """A time off the grid: refused with three alternatives."""
    start = NOW.replace(hour=10, minute=15) + timedelta(days=7)
    with suppress(BookingRefused):
        availability.check_slot(database, dealership, NOW, SERVICE, start)


def timed(database: Database, question: Callable[[], object]) -> Timing:
    with counted(database) as statements:
        question()
    taken = []
    gc.disable()
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        question()
        taken.append((time.perf_counter() - begun) * 1000)
        gc.collect(0)
    gc.enable()
    return Timing(median(taken), sorted(taken)[int(ROUNDS * 0.95)], len(statements))


@contextmanager
def counted(database: Database) -> Iterator[list[str]]:
    """The statements that are sent meanwhile; beginning a transaction does not count."""
    statements: list[str] = []

    def note(connection: object, cursor: object, statement: str, *rest: object) -> None:
        if not statement.startswith(("BEGIN", "PRAGMA")):
            statements.append(statement)

    sa.event.listen(database.engine, "before_cursor_execute", note)
    yield statements
    sa.event.remove(database.engine, "before_cursor_execute", note)


def throughput(kind: str, folder: Path, threads: int) -> float:
    """Bookings per second into a calendar with 2,000 visits, each at its own time as customers wish for them."""
    dealership, database = garage(), open_new(kind, folder)
    fill(database, 2000)
    free = availability.free_slots(database, dealership, NOW, SERVICE, NOW, NOW + timedelta(days=DAYS), 10**6)
    wanted, numbers = free[:: max(1, len(free) // BOOKINGS)][:BOOKINGS], count()

    def book(place: int) -> None:
        slot, contact = wanted[place], Contact("客户", f"138{next(numbers):08}")
        booking.book(database, dealership, NOW, None, SERVICE, slot.start, contact)

    begun = time.perf_counter()
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(book, range(len(wanted))))
    taken = time.perf_counter() - begun
    database.close()
    return len(wanted) / taken


def _table(kind: str, rows: list[Measured]) -> list[str]:
    head = [
        f"**{kind}**: median (95th percentile), milliseconds",
        "",
        "| visits to come | past | 30 days, all 50 resources | 7 days | refusal with alternatives | statements |",
        "|---:|---:|---:|---:|---:|---:|",
    ]
    return head + [
        f"| {row.to_come:,} | {row.past:,} | {_shown(row.month)} | {_shown(row.week)} | {_shown(row.refusal)} "
        f"| {row.month.statements}, {row.week.statements}, {row.refusal.statements} |"
        for row in rows
    ]


def _shown(timing: Timing) -> str:
    return f"{timing.middle:.1f} ({timing.slowest:.1f})"


def _ratios(rows: list[Measured]) -> list[str]:
    months = {(row.to_come, row.past): row.month.middle for row in rows}
    history = months[2000, 18000] / months[2000, 0]
    small, usual = months[200, 1800] / months[20, 180], months[2000, 18000] / months[200, 1800]
    return [
        "",
        f"Ten times the data: × {history:.2f} when it lies in the past (2,000 → 20,000 visits in all, the same month "
        f"ahead), × {small:.2f} and × {usual:.2f} when the month that is searched is itself ten times as full "
        "(20 → 200 → 2,000 visits in it).",
    ]


def _speeds(speeds: dict[int, float]) -> list[str]:
    each = ", ".join(
        f"{speed:.0f} with {threads} thread{'s' if threads > 1 else ''}" for threads, speed in speeds.items()
    )
    return ["", f"Bookings per second into 2,000 visits: {each}."]


if __name__ == "__main__":
    main()
