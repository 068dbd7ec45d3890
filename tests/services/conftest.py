"""Fixtures for rivals at the same moment: databases, the forced race window, and the controls without the key.

The race window is forced open: every rival has read that all is free before the first of them writes.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from bot.clock import TIME_ZONE
from bot.store import bookings
from bot.store.database import Database
from tests.database import KINDS, open_database
from tests.dealership import demo_dealership

AFTER_ALL_HOLDS = datetime(2026, 11, 23, 10, 0, tzinfo=TIME_ZONE)


@pytest.fixture(params=KINDS)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    database = open_database(request.param, tmp_path)
    yield database
    database.close()


@pytest.fixture
def read_first(database: Database, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """What a rival does before the start: read that all is free (holds are not seen), and believe it when it claims."""
    read, memory = bookings.busy_ticks, threading.local()

    def busy_ticks(*arguments: Any) -> dict[str, set[int]]:
        seen: dict[str, set[int]] | None = memory.__dict__.pop("seen", None)
        return read(*arguments) if seen is None else seen

    def prepare() -> None:
        resources = [resource.id for resource in demo_dealership().resources]
        with database.reading() as session:
            memory.seen = read(session, resources, range(10**6, 10**7), AFTER_ALL_HOLDS)

    monkeypatch.setattr(bookings, "busy_ticks", busy_ticks)
    return prepare


@pytest.fixture
def without_constraint(database: Database) -> None:
    """The claims as a table without its primary key; everything else is as it was."""
    with database.engine.begin() as connection:
        connection.execute(sa.text("DROP TABLE claims"))
        connection.execute(
            sa.text(
                "CREATE TABLE claims (resource VARCHAR(60), tick INTEGER, "
                "appointment_id VARCHAR(32), hold_id VARCHAR(32), outage_id VARCHAR(32))"
            )
        )
