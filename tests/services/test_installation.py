"""Opening an installation: empty, again, on both databases, and what is wrong with it said in one line."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from bot.domain.errors import SetupError
from bot.services.installation import Installation, migrate, open_installation
from bot.settings import ROOT, read_settings
from bot.store.database import Database
from bot.store.tables import Base, ContentEntry, ContentRevision, ContentVersion, Customer, Vehicle
from tests.database import KINDS, new_postgres_url


def url_of(kind: str) -> dict[str, str]:
    return {} if kind == "sqlite" else {"DATABASE_URL": new_postgres_url()}


def opened(home: Path, **environment: str) -> Installation:
    return open_installation(read_settings({"ZHANTING_HOME": str(home), **environment}))


def counts(installation: Installation) -> list[int]:
    with installation.database.reading() as session:
        tables = (ContentEntry, Customer, Vehicle)
        rows = [session.scalar(sa.select(sa.func.count()).select_from(table)) for table in tables]
        return [*rows, session.scalar(sa.select(ContentRevision.number))]


@pytest.mark.parametrize("kind", KINDS)
def test_an_empty_home_is_filled_and_a_second_start_changes_nothing(tmp_path: Path, kind: str) -> None:
    address = url_of(kind)
    first = opened(tmp_path / "a" / "b", **address)
    filled = counts(first)
    second = opened(tmp_path / "a" / "b", **address)

    assert filled[0] > 200
    assert filled[1] == 5
    assert filled[3] == 1
    assert counts(second) == filled
    assert set(Base.metadata.tables) <= set(sa.inspect(first.database.engine).get_table_names())
    for installation in (first, second):
        installation.database.close()


@pytest.mark.parametrize("kind", KINDS)
def test_two_processes_may_start_on_an_empty_database_at_once(tmp_path: Path, kind: str) -> None:
    """In one process only the connections are two, as they are in two processes."""
    address = url_of(kind)
    settings = read_settings({"ZHANTING_HOME": str(tmp_path), **address})
    with ThreadPoolExecutor(2) as pool:
        both = list(pool.map(lambda _: open_installation(settings), range(2)))

    assert counts(both[0]) == counts(both[1])
    for installation in both:
        installation.database.close()


@pytest.mark.parametrize("kind", KINDS)
def test_content_from_before_it_had_versions(tmp_path: Path, kind: str) -> None:
    """What was live, and what waited as a draft, is there after the migration."""
    url = url_of(kind).get("DATABASE_URL", f"sqlite:///{tmp_path / 'zhanting.db'}")
    database = Database(url)
    _migrate_to(database, "0001")
    columns = "kind, id, position, data, file, file_data, draft, status, version, edited_by, updated_at"
    with database.engine.begin() as connection:
        for id_, draft, author in (("a.b", None, None), ("a.c", '{"n": 2}', "li")):
            values = {"id": id_, "draft": draft, "author": author, "now": datetime(2026, 11, 22)}
            connection.execute(
                sa.text(
                    f"INSERT INTO content_entries ({columns}) VALUES"
                    " ('faq', :id, 0, '{\"n\": 1}', 'f', '{}', :draft, 'approved', 3, :author, :now)"
                ),
                values,
            )
    migrate(database)

    with database.reading() as session:
        rows = session.scalars(sa.select(ContentVersion).order_by(ContentVersion.id, ContentVersion.version))
        found = [(row.id, row.version, row.status, row.author, row.data) for row in rows]
    assert found == [
        ("a.b", 3, "approved", "file", {"n": 1}),
        ("a.c", 3, "approved", "li", {"n": 1}),
        ("a.c", 4, "draft", "file", {"n": 2}),
    ]
    database.close()


def test_a_home_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    _assert_refused(tmp_path / "file" / "home", r"^ZHANTING_HOME .*home cannot be created: Not a directory")
    _assert_refused(tmp_path / "file", r"^ZHANTING_HOME .*file cannot be created: File exists")


def test_a_database_that_cannot_be_written(tmp_path: Path) -> None:
    path = tmp_path / "read-only.db"
    sqlite3.connect(path).execute("CREATE TABLE t (a)").connection.close()

    _assert_refused(
        tmp_path,
        r"^the database sqlite:.*read-only.db.* cannot be used: attempt to write a readonly database$",
        f"sqlite:///file:{path}?mode=ro&uri=true",
    )


def test_a_database_in_a_folder_that_does_not_exist(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/nowhere/zhanting.db"

    _assert_refused(tmp_path, r"nowhere/zhanting.db cannot be used: unable to open database file$", url)


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "notes.db").write_text("not a database " * 100)

    _assert_refused(tmp_path, "cannot be used: file is not a database$", f"sqlite:///{tmp_path}/notes.db")


def test_a_database_of_a_newer_version(tmp_path: Path) -> None:
    opened(tmp_path).database.close()
    with sqlite3.connect(tmp_path / "zhanting.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()

    _assert_refused(tmp_path, "cannot be used: Can't locate revision identified by '9999'$")


def test_a_server_that_is_not_there_and_the_password_stays_secret(tmp_path: Path) -> None:
    with pytest.raises(SetupError) as raised:
        opened(tmp_path, DATABASE_URL="postgresql://li:secret@127.0.0.1:1/shop")

    assert "postgresql://li:***@127.0.0.1:1/shop cannot be used: connection to server" in str(raised.value)
    assert "secret" not in str(raised.value)
    assert "\n" not in str(raised.value)


def test_an_address_that_is_none(tmp_path: Path) -> None:
    _assert_refused(
        tmp_path, "^the database of DATABASE_URL cannot be used: ", "postgresql://li:secret@host:port/x"
    )


def _migrate_to(database: Database, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(ROOT / "bot" / "store" / "migrations"))
    with database.engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


def _assert_refused(home: Path, message: str, url: str | None = None) -> None:
    with pytest.raises(SetupError, match=message) as raised:
        opened(home, **({"DATABASE_URL": url} if url else {}))
    assert "\n" not in str(raised.value)
    assert "secret" not in str(raised.value)
