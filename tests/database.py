"""Databases for tests: a fresh SQLite file, or a fresh database on a PostgreSQL server from its wheel."""

from __future__ import annotations

import atexit
import itertools
import os
import shutil
import signal
import tempfile
from collections import deque
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from bot.store import staff_tables  # noqa: F401
from bot.store.database import Database
from bot.store.tables import Base
from tests.folders import postgres_folder

KINDS = ("sqlite", pytest.param("postgres", marks=pytest.mark.postgres))
KEPT = 40
"""How many databases of a server stay. Older ones are dropped, 8 MB each, but for those in use."""
_numbers = itertools.count(1)
_names: deque[str] = deque()


def sqlite_database(directory: Path) -> Database:
    """A new file database with all tables in ``directory`` (``tmp_path``)."""
    path = directory / f"test-{next(_numbers)}.db"
    shutil.copyfile(_sqlite_template(_table_names()), path)
    return Database(f"sqlite:///{path}")


def postgres_database() -> Database:
    """A new database with all tables on the server of this test run; close it when done."""
    return Database(new_postgres_url(_postgres_template(_table_names())))


def new_postgres_url(template: str = "template1") -> str:
    """The address of a new database on the server of this test run, empty or the copy of another one."""
    name = f"test_{os.getpid()}_{next(_numbers)}"
    with _administration().connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name} TEMPLATE {template}"))
        _names.append(name)
        if len(_names) > KEPT:
            _drop(connection, _names.popleft())
    return postgres_url(name)


def _drop(connection: Any, name: str) -> None:
    """Unless somebody is connected, as a server is that serves a whole file of tests."""
    with suppress(sa.exc.OperationalError, sa.exc.ProgrammingError):
        connection.execute(sa.text(f"DROP DATABASE {name}"))


def postgres_url(name: str = "postgres") -> str:
    """The address of a database on the server, which is started once and stopped at the end of the run."""
    return str(_server().get_uri(name))


@lru_cache(maxsize=1)
def _server() -> Any:
    import pgserver  # not before it is needed: it looks for its binaries on import

    directory = postgres_folder()
    server = pgserver.get_server(directory, cleanup_mode="stop")
    atexit.register(_stop, server, directory)
    return server


def _stop(server: Any, directory: str) -> None:
    """At once: writing hundreds of databases back that nobody reads again took a minute."""
    import psutil

    _administration().dispose()
    postmaster = psutil.Process(server.get_pid())
    postmaster.send_signal(signal.SIGQUIT)
    postmaster.wait(20)
    server.cleanup()
    shutil.rmtree(directory, ignore_errors=True)


@lru_cache(maxsize=1)
def _administration() -> Any:
    """Connections outside of the tests' databases. What the server writes need not outlive a power cut."""
    engine = sa.create_engine(postgres_url(), future=True, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(sa.text("ALTER SYSTEM SET fsync = off"))
        connection.execute(sa.text("SELECT pg_reload_conf()"))
    return engine


def _table_names() -> tuple[str, ...]:
    """Of the modules with tables that are imported by now; the templates are of these."""
    return tuple(Base.metadata.tables)


@lru_cache
def _sqlite_template(tables: tuple[str, ...]) -> Path:
    directory = Path(tempfile.mkdtemp(prefix="zhanting-tables-"))
    atexit.register(shutil.rmtree, directory, ignore_errors=True)
    _make_tables(f"sqlite:///{directory / 'tables.db'}")
    return directory / "tables.db"


@lru_cache
def _postgres_template(tables: tuple[str, ...]) -> str:
    url = new_postgres_url()
    _make_tables(url)
    name = str(sa.engine.make_url(url).database)
    _names.remove(name)  # it stays
    return name


def _make_tables(url: str) -> None:
    """Closed afterwards: SQLite takes its log into the file, PostgreSQL copies no database that is in use."""
    database = Database(url)
    Base.metadata.create_all(database.engine)
    database.close()


def open_database(kind: str, directory: Path) -> Database:
    """A fresh database of a ``kind`` of ``KINDS``, for fixtures with parameters."""
    return sqlite_database(directory) if kind == "sqlite" else postgres_database()
