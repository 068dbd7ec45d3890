"""SQLite lets one writer in at a time: those of one process wait for each other, and not for the clock."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.store import database as module
from bot.store.database import Database
from tests.database import sqlite_database


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = sqlite_database(tmp_path)
    with database.transaction() as session:
        session.execute(sa.text("CREATE TABLE counted (number int)"))
        session.execute(sa.text("INSERT INTO counted VALUES (0)"))
    yield database
    database.close()


def counted(database: Database) -> int:
    with database.reading() as session:
        return int(session.scalar(sa.text("SELECT number FROM counted")))


def test_many_writers_at_once_lose_nothing(database: Database) -> None:
    def count() -> None:
        for _ in range(20):
            with database.transaction() as session:
                number = session.scalar(sa.text("SELECT number FROM counted"))
                session.execute(sa.text("UPDATE counted SET number = :next"), {"next": number + 1})

    threads = [threading.Thread(target=count) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counted(database) == 8 * 20


def test_a_writer_that_fails_lets_the_next_one_in(database: Database) -> None:
    def fail() -> None:
        with database.transaction() as session:
            session.execute(sa.text("UPDATE counted SET number = 7"))
            raise RuntimeError("on second thoughts")

    for _ in range(3):
        with pytest.raises(RuntimeError):
            fail()
    with database.transaction() as session:
        session.execute(sa.text("UPDATE counted SET number = number + 1"))
    assert counted(database) == 1


def test_a_reader_waits_for_no_writer(database: Database) -> None:
    with database.transaction() as session:
        session.execute(sa.text("UPDATE counted SET number = 7"))
        assert counted(database) == 0
    assert counted(database) == 7


def test_who_waits_too_long_is_told_that_the_database_is_busy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SQLITE_BUSY_SECONDS", 0.05)
    database = sqlite_database(tmp_path)
    with database.transaction() as session:
        session.execute(sa.text("CREATE TABLE counted (number int)"))
        with pytest.raises(sa.exc.OperationalError) as busy, database.transaction() as other:
            other.execute(sa.text("CREATE TABLE too (number int)"))
        assert module.is_away(busy.value)
    database.close()
