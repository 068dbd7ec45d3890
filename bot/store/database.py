"""Engines and sessions. SQLite and PostgreSQL behave the same behind ``transaction``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

SQLITE_BUSY_SECONDS = 20
POOL, KEPT_OPEN = 30, 10
"""Connections of a process at the same time, and how many of them stay open when nobody needs them."""
FREE_SECONDS = 30.0
CONNECT_SECONDS, STATEMENT_SECONDS, IDLE_SECONDS = 5, 30, 60
SILENT_SECONDS = 30
"""After so long without a sign of a server whose machine is gone, a connection is given up."""
_COMMITTED = "after commit"


def make_engine(url: str, pool: int = POOL) -> Engine:
    """An engine with our SQLite behaviour: WAL, foreign keys, and ``BEGIN IMMEDIATE`` for writers.

    pysqlite begins lazily, so that select-then-write fails at once under many writers
    (``reference/booking.md``, point 2); hence its own begin is switched off and ours issued.
    """
    if not url.startswith("sqlite"):
        return sa.create_engine(
            url,
            future=True,
            hide_parameters=True,
            pool_size=min(pool, KEPT_OPEN),
            max_overflow=max(0, pool - KEPT_OPEN),
            pool_timeout=FREE_SECONDS,
            pool_pre_ping=True,
            connect_args=_limits(url),
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

    def __init__(self, url: str, pool: int = POOL) -> None:
        """``pool``: the most connections to a PostgreSQL."""
        self.url = url
        self.engine = make_engine(url, pool)
        reading = {"sqlite_read_only": True} if url.startswith("sqlite") else {}
        self._reader = self.engine.execution_options(**reading)

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
        with Session(self._reader, future=True, expire_on_commit=False) as session:
            yield session

    def close(self) -> None:
        self.engine.dispose()


def after_commit(session: Session, call: Callable[[], None]) -> None:
    """Call this once the transaction of a ``Database`` has been committed; never where it is rolled back."""
    session.info.setdefault(_COMMITTED, []).append(call)


def is_away(error: BaseException) -> bool:
    """Whether this says that the database cannot be reached or is too busy: the same may succeed a little later."""
    if isinstance(error, sa.exc.TimeoutError):
        return True
    if not isinstance(error, sa.exc.OperationalError | sa.exc.InterfaceError):
        return False
    code = getattr(error.orig, "pgcode", None)  # none where no answer came: the connection is what failed
    return code is None or code[:2] in ("08", "53", "57")  # connection, resources, operator's intervention


@contextmanager
def without_time_limit(connection: Any) -> Iterator[None]:
    """For work that may take long, such as a migration: PostgreSQL would break it off."""
    if connection.dialect.name != "postgresql":
        yield
        return
    connection.exec_driver_sql("SET statement_timeout = 0")
    connection.exec_driver_sql("SET idle_in_transaction_session_timeout = 0")
    connection.commit()
    try:
        yield
    finally:
        connection.invalidate()  # with its settings


def _limits(url: str) -> dict[str, Any]:
    """Time-outs, for libpq in seconds, for PostgreSQL in milliseconds; an address may have ``options`` of its own."""
    options = (
        f"-c statement_timeout={STATEMENT_SECONDS * 1000}"
        f" -c idle_in_transaction_session_timeout={IDLE_SECONDS * 1000}"
    )
    return {
        "connect_timeout": CONNECT_SECONDS,
        "keepalives_idle": SILENT_SECONDS // 3,
        "keepalives_interval": SILENT_SECONDS // 6,
        "keepalives_count": 4,
        "tcp_user_timeout": SILENT_SECONDS * 1000,
        **({} if "options" in sa.engine.make_url(url).query else {"options": options}),
    }


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
