"""Engines and sessions. SQLite and PostgreSQL behave the same behind ``transaction``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

SQLITE_BUSY_SECONDS = 20
_COMMITTED = "after commit"


def make_engine(url: str) -> Engine:
    """An engine with our SQLite behaviour: WAL, foreign keys, and ``BEGIN IMMEDIATE`` for writers.

    pysqlite begins lazily, so that select-then-write fails at once under many writers
    (``reference/booking.md``, point 2); hence its own begin is switched off and ours issued.
    """
    if not url.startswith("sqlite"):
        return sa.create_engine(
            url, future=True, hide_parameters=True, pool_size=10, max_overflow=20, pool_pre_ping=True
        )
    engine = sa.create_engine(
        url,
        future=True,
        poolclass=sa.pool.QueuePool,  # closing the last connection would write the whole log back, at every turn
        pool_size=10,
        max_overflow=20,
        hide_parameters=True,  # a failed statement is logged without names and phone numbers
        connect_args={"timeout": SQLITE_BUSY_SECONDS, "check_same_thread": False},
    )
    sa.event.listen(engine, "connect", _prepare_sqlite)
    sa.event.listen(engine, "begin", _begin_immediately)
    return engine


class Database:
    """One database: an engine and its transactions."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.engine = make_engine(url)

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """A session whose work is committed at the end and rolled back on any error."""
        with Session(self.engine, future=True, expire_on_commit=False) as session:
            with session.begin():
                yield session
            for call in session.info.get(_COMMITTED, ()):
                call()

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session for reading alone: SQLite takes no write lock for it."""
        options = {"sqlite_read_only": True} if self.url.startswith("sqlite") else {}
        with Session(
            self.engine.execution_options(**options), future=True, expire_on_commit=False
        ) as session:
            yield session

    def close(self) -> None:
        self.engine.dispose()


def after_commit(session: Session, call: Callable[[], None]) -> None:
    """Call this once the transaction of a ``Database`` has been committed; never where it is rolled back."""
    session.info.setdefault(_COMMITTED, []).append(call)


def _prepare_sqlite(connection: Any, record: object) -> None:
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def _begin_immediately(connection: Any) -> None:
    read_only = connection.get_execution_options().get("sqlite_read_only")
    connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")
