"""Databases for tests: a fresh SQLite file, or a fresh database on a PostgreSQL server from its wheel."""

from __future__ import annotations

import atexit
import itertools
import os
import shutil
import tempfile
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from bot.store import staff_tables  # noqa: F401
from bot.store.database import Database
from bot.store.tables import Base

KINDS = ("sqlite", pytest.param("postgres", marks=pytest.mark.postgres))
_numbers = itertools.count(1)


def sqlite_database(directory: Path) -> Database:
    """A new file database with all tables in ``directory`` (``tmp_path``)."""
    return _with_tables(Database(f"sqlite:///{directory / f'test-{next(_numbers)}.db'}"))


def postgres_database() -> Database:
    """A new database with all tables on the server of this test run; close it when done."""
    return _with_tables(Database(new_postgres_url()))


def new_postgres_url() -> str:
    """The address of a new, empty database on the server of this test run."""
    name = f"test_{os.getpid()}_{next(_numbers)}"
    server = sa.create_engine(postgres_url(), future=True, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name}"))
    server.dispose()
    return postgres_url(name)


def postgres_url(name: str = "postgres") -> str:
    """The address of a database on the server, which is started once and stopped at the end of the run."""
    return str(_server().get_uri(name))


@lru_cache(maxsize=1)
def _server() -> Any:
    import pgserver  # not before it is needed: it looks for its binaries on import

    directory = tempfile.mkdtemp(prefix="zhanting-postgres-")
    server = pgserver.get_server(directory, cleanup_mode="stop")
    atexit.register(_stop, server, directory)
    return server


def _stop(server: Any, directory: str) -> None:
    server.cleanup()
    shutil.rmtree(directory, ignore_errors=True)


def _with_tables(database: Database) -> Database:
    Base.metadata.create_all(database.engine)
    return database


def open_database(kind: str, directory: Path) -> Database:
    """A fresh database of a ``kind`` of ``KINDS``, for fixtures with parameters."""
    return sqlite_database(directory) if kind == "sqlite" else postgres_database()
