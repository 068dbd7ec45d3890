"""Engines and sessions. SQLite and PostgreSQL behave the same behind ``transaction``."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from bot.store.lazy_session import LazySession
from bot.store.prepared import UNKNOWN, prepare_statements

SQLITE_BUSY_SECONDS = 20
POOL, KEPT_OPEN = 30, 10
"""Connections of a process at the same time, and how many of them stay open when nobody needs them."""
FREE_SECONDS = 30.0
FRESH_SECONDS = 1.0
"""A connection that worked so lately is used without asking the server whether it is still there."""
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
        engine = sa.create_engine(
            url,
            future=True,
            hide_parameters=True,
            pool_size=min(pool, KEPT_OPEN),
            max_overflow=max(0, pool - KEPT_OPEN),
            pool_timeout=FREE_SECONDS,
            pool_use_lifo=True,  # few servers' processes, each with what it knows at hand, instead of all in turn
            connect_args=_limits(url),
        )
        sa.event.listen(engine, "connect", _note_use)
        sa.event.listen(engine, "checkin", _note_use)
        sa.event.listen(engine, "checkout", _ask_unless_fresh(engine))
        sa.event.listen(engine, "begin", _each_by_itself)
        if not _has_options(url):
            prepare_statements(engine)
        return engine
    engine = sa.create_engine(
        url,
        future=True,
        poolclass=sa.pool.QueuePool,  # closing the last connection would write the whole log back, at every turn
        pool_size=10,
        max_overflow=20,
        pool_use_lifo=True,  # pages that were read lately are at hand
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
        self._reader = self.engine.execution_options(for_reading=True)
        self._writers = threading.Lock() if url.startswith("sqlite") else None

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """A session whose work is committed at the end and rolled back on any error."""
        with self._one_by_one(), LazySession(self.engine) as session:
            yield session
            session.finish()
        for call in session.info.get(_COMMITTED, ()):
            call()

    @contextmanager
    def _one_by_one(self) -> Iterator[None]:
        """SQLite lets one writer in at a time; who waits there asks again and again, ever more seldom. Those of this
        process wait here. Whoever waits too long goes on, and is told by SQLite that it is busy."""
        has_lock = self._writers is not None and self._writers.acquire(timeout=SQLITE_BUSY_SECONDS)
        try:
            yield
        finally:
            if has_lock and self._writers is not None:
                self._writers.release()

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session for reading alone: SQLite takes no write lock for it."""
        with LazySession(self._reader) as session:
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
    # Connection, resources, operator's intervention; or a connection that forgot a statement, and is given up.
    return code is None or code[:2] in ("08", "53", "57") or code == UNKNOWN


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
        **({} if _has_options(url) else {"options": options}),
    }


def _has_options(url: str) -> bool:
    """Whether an address says itself what a connection is like, if only ``?options=``, as with a pooler between."""
    return "options" in parse_qs(urlsplit(url).query, keep_blank_values=True)


def _note_use(connection: Any, record: Any) -> None:
    """Just made, or given back."""
    record.info["used"] = time.monotonic()
    if connection is not None and connection.autocommit and not connection.closed:
        connection.autocommit = False


def _ask_unless_fresh(engine: Engine) -> Callable[..., None]:
    """As ``pool_pre_ping``, which asks every time: a way to the server and back for each session of a turn."""

    def ask(connection: Any, record: Any, _: object) -> None:
        is_fresh = time.monotonic() - record.info["used"] < FRESH_SECONDS
        if not is_fresh and not engine.dialect.do_ping(connection):
            raise sa.exc.InvalidatePoolError  # the pool makes them all anew

    return ask


def _each_by_itself(connection: Any) -> None:
    """Who only reads needs no BEGIN and no ROLLBACK in PostgreSQL: READ COMMITTED sees what is newest either way.

    By the attribute: psycopg2 tells the server nothing of it, but of every other change of the isolation level.
    """
    if connection.get_execution_options().get("for_reading"):
        connection.connection.dbapi_connection.autocommit = True


def _prepare_sqlite(connection: Any, record: object) -> None:
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def _begin_immediately(connection: Any) -> None:
    """By the driver: what SQLAlchemy does around a statement takes several times as long as this one."""
    for_reading = connection.get_execution_options().get("for_reading")
    words = "BEGIN" if for_reading else "BEGIN IMMEDIATE"
    try:
        connection.connection.dbapi_connection.execute(words)
    except sqlite3.OperationalError as error:
        raise sa.exc.OperationalError(words, None, error) from error
