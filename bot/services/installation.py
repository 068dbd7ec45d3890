"""An installation: its database, migrated, filled and opened. Shared by the server, the commands and stock Rasa."""

from __future__ import annotations

import logging
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.util import CommandError

from bot import clock
from bot.domain.errors import SetupError
from bot.services.content.consistency import check_variables
from bot.services.content.entries import FileEntry
from bot.services.content.files import read_content
from bot.services.content.snapshot import Content, ContentStore, build_content
from bot.services.content.sync import SyncReport, sync_content
from bot.services.vehicles import fill_demo_customers
from bot.settings import ROOT, Settings, read_settings
from bot.store.database import Database, without_time_limit
from bot.store.tables import ContentRevision

logger = logging.getLogger(__name__)
SETUP_LOCK = 5005


@dataclass(frozen=True)
class Installation:
    """What the parts of the program share."""

    settings: Settings
    database: Database
    content: ContentStore


def open_installation(settings: Settings | None = None, root: Path = ROOT) -> Installation:
    """Create the home folder, migrate and fill the database; raises ``SetupError`` with one clear line."""
    settings = settings or read_settings()
    if settings.clock is not None:
        clock.clock.set(settings.clock)
    _make_home(settings.home)
    entries, _ = _checked_content(root)
    try:
        database = Database(settings.database_url, settings.database_pool)
        with _one_process_at_a_time(database):
            migrate(database, root)
            report = sync_content(database, entries, clock.now())
            fill_demo_customers(database, [e.data for e in entries if e.kind == "customer"], clock.now())
    except (sa.exc.SQLAlchemyError, sqlite3.Error, CommandError, ValueError) as error:
        raise SetupError(
            f"the database {_safe(settings.database_url)} cannot be used: {_first_line(error)}"
        ) from error
    _tell(report)
    return Installation(settings, database, ContentStore(database))


def open_content(settings: Settings) -> Installation:
    """The installation for a command that looks at or changes content: as the server left it, its files not read.

    A new one is filled first; raises ``SetupError`` as ``open_installation`` does.
    """
    if settings.clock is not None:
        clock.clock.set(settings.clock)
    if not settings.home.is_dir():
        return open_installation(settings)
    try:
        database = Database(settings.database_url, settings.database_pool)
        with _one_process_at_a_time(database):
            migrate(database)
        with database.reading() as session:
            is_filled = session.scalar(sa.select(ContentRevision.number)) is not None
    except (sa.exc.SQLAlchemyError, sqlite3.Error, CommandError, ValueError) as error:
        raise SetupError(
            f"the database {_safe(settings.database_url)} cannot be used: {_first_line(error)}"
        ) from error
    if not is_filled:
        database.close()
        return open_installation(settings)
    return Installation(settings, database, ContentStore(database))


def validate_content(root: Path = ROOT) -> Content:
    """Read and check every content file without a database; raises ``ContentError``."""
    return _checked_content(root)[1]


def _checked_content(root: Path) -> tuple[tuple[FileEntry, ...], Content]:
    entries = read_content(root)
    content = build_content([(e.kind, e.id, e.data, 1) for e in entries], revision=0)
    check_variables(entries, frozenset(content.variables))
    return entries, content


@contextmanager
def _one_process_at_a_time(database: Database) -> Iterator[None]:
    """PostgreSQL lets two processes create the same table and fails the second; SQLite has one writer anyway."""
    if database.engine.dialect.name != "postgresql":
        yield
        return
    with database.engine.connect() as connection, without_time_limit(connection):
        connection.execute(sa.select(sa.func.pg_advisory_lock(SETUP_LOCK)))
        try:
            yield
        finally:
            connection.execute(sa.select(sa.func.pg_advisory_unlock(SETUP_LOCK)))


def migrate(database: Database, root: Path = ROOT) -> None:
    """Bring the schema to the newest version."""
    config = Config()
    config.set_main_option("script_location", str(root / "bot" / "store" / "migrations"))
    with (
        database.engine.connect() as connection,
        without_time_limit(connection),
        _without_cascades(connection),
        connection.begin(),
    ):
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


@contextmanager
def _without_cascades(connection: Any) -> Iterator[None]:
    """SQLite changes a table by dropping its old form, which would take along what refers to it (claims of visits).

    The pragma does nothing inside a transaction (https://www.sqlite.org/lang_altertable.html, section 7).
    """
    if connection.dialect.name != "sqlite":
        yield
        return
    connection.connection.cursor().execute("PRAGMA foreign_keys=OFF")
    try:
        yield
    finally:
        connection.connection.cursor().execute("PRAGMA foreign_keys=ON")


def _make_home(home: Path) -> None:
    try:
        home.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SetupError(f"ZHANTING_HOME {home} cannot be created: {error.strerror}") from error
    if not os.access(home, os.W_OK):
        raise SetupError(f"ZHANTING_HOME {home} cannot be written")


def _tell(report: SyncReport) -> None:
    if report.added or report.updated:
        logger.info("content: %d entries added, %d updated", len(report.added), len(report.updated))
    for name in report.drafts:
        logger.warning("content: %s was edited here; the file's new version waits as a draft", name)
    for name in report.retired:
        logger.info("content: %s left its file and was retired", name)


def _first_line(error: Exception) -> str:
    return next(iter(str(getattr(error, "orig", None) or error).splitlines()), type(error).__name__)


def _safe(url: str) -> str:
    try:
        return sa.engine.make_url(url).render_as_string(hide_password=True)
    except (sa.exc.ArgumentError, ValueError):
        return "of DATABASE_URL"
