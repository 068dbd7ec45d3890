"""Random bookings, holds, moves, cancellations, disruptions, waits and clock jumps against a small model of the book.

After every step the claims in the database are what the model's visits, live holds and outages need; every refusal
has the model's reason, and every offer of the waitlist is the one that the first in line is to get. ``make proof`` runs ten times as much, with other random numbers each time.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from bot.store import bookings, waitlist
from bot.store.database import Database
from tests.database import sqlite_database
from tests.proof import FULL, size
from tests.services.book_machine import Book

pytestmark = pytest.mark.slow


def test_the_engine_agrees_with_the_model(database: Database) -> None:
    fast = database.engine.dialect.name == "sqlite"
    compare_on(database, size(30, 300) if fast else size(8, 80))


def compare_on(database: Database, examples: int, phases: tuple[Phase, ...] = tuple(Phase)) -> None:
    machine: Any = type("BookOnDatabase", (Book,), {"database": database})
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        machine,
        settings=settings(
            max_examples=examples,
            phases=phases,
            stateful_step_count=size(25, 50),
            derandomize=not FULL,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_control_the_model_notices_a_cancellation_that_keeps_its_claims(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bookings, "free_all_claims", lambda *_: None)
    database = sqlite_database(tmp_path)
    with pytest.raises(AssertionError):
        compare_on(database, 200, (Phase.generate,))
    database.close()


def test_control_the_model_notices_that_the_last_in_line_is_served_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_line = waitlist.in_line
    monkeypatch.setattr(waitlist, "in_line", lambda *arguments: in_line(*arguments)[::-1])
    database = sqlite_database(tmp_path)
    with pytest.raises(AssertionError):
        compare_on(database, 200, (Phase.generate,))
    database.close()
