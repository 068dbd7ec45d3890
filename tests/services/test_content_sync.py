"""Changed content files update the database and never overwrite what was edited there."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.clock import TIME_ZONE
from bot.services.content.files import read_content
from bot.services.content.snapshot import ContentStore
from bot.services.content.sync import SyncReport, sync_content
from bot.services.content.versions import bump_revision, publish
from bot.store.database import Database
from bot.store.tables import ContentEntry, ContentVersion
from tests.services.content_copy import appended, copied, edit, replaced

NOW = datetime(2026, 11, 22, 10, tzinfo=TIME_ZONE)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return copied(tmp_path)


def test_a_second_synchronisation_changes_nothing(root: Path, database: Database) -> None:
    assert sync(database, root).added
    before = rows(database)

    assert sync(database, root) == SyncReport()
    assert rows(database) == before


def test_an_unedited_entry_follows_its_file(root: Path, database: Database) -> None:
    sync(database, root)
    store = ContentStore(database)
    assert store.current().dealership.profile.assistant == "小岚"
    edit(root, "dealership/profile.yml", replaced("assistant: 小岚", "assistant: 小青"))

    assert sync(database, root) == SyncReport(updated=["profile/profile"])
    assert store.current().dealership.profile.assistant == "小青"
    assert row(database, "profile/profile").version == 2


def test_an_edited_entry_keeps_its_words_and_gets_the_file_as_a_draft(root: Path, database: Database) -> None:
    sync(database, root)
    edit_in_console(database, "profile/profile", assistant="小蓝")
    edit(root, "dealership/profile.yml", replaced("assistant: 小岚", "assistant: 小青"))

    assert sync(database, root) == SyncReport(drafts=["profile/profile"])
    assert ContentStore(database).current().dealership.profile.assistant == "小蓝"
    [draft] = drafts(database, "profile/profile")
    assert (draft.version, draft.author, draft.data["assistant"]) == (3, "file", "小青")
    assert sync(database, root) == SyncReport()


def test_a_draft_goes_when_the_file_says_the_same(root: Path, database: Database) -> None:
    sync(database, root)
    edit_in_console(database, "profile/profile", assistant="小蓝")
    edit(root, "dealership/profile.yml", replaced("assistant: 小岚", "assistant: 小青"))
    sync(database, root)
    edit(root, "dealership/profile.yml", replaced("assistant: 小青", "assistant: 小蓝"))

    assert sync(database, root) == SyncReport()
    assert drafts(database, "profile/profile") == []


def test_what_leaves_its_file_is_retired_and_comes_back(root: Path, database: Database) -> None:
    entry = "  - {name: 盘点, date: 2026-12-31}"
    edit(root, "dealership/calendar.yml", appended(entry))
    sync(database, root)
    edit(root, "dealership/calendar.yml", replaced(entry, ""))

    assert sync(database, root) == SyncReport(retired=["closure/盘点"])
    assert "盘点" not in {c.name for c in ContentStore(database).current().dealership.closures}
    assert sync(database, root) == SyncReport()
    edit(root, "dealership/calendar.yml", appended(entry))
    assert sync(database, root) == SyncReport(updated=["closure/盘点"])
    assert "盘点" in {c.name for c in ContentStore(database).current().dealership.closures}


def test_an_edited_entry_stays_when_it_leaves_its_file(root: Path, database: Database) -> None:
    entry = "  - {name: 盘点, date: 2026-12-31}"
    edit(root, "dealership/calendar.yml", appended(entry))
    sync(database, root)
    edit_in_console(database, "closure/盘点", days=2)
    edit(root, "dealership/calendar.yml", replaced(entry, ""))

    assert sync(database, root) == SyncReport()
    assert row(database, "closure/盘点").status == "approved"


def sync(database: Database, root: Path) -> SyncReport:
    return sync_content(database, read_content(root), NOW)


def rows(database: Database) -> list[tuple[str, str, int, str]]:
    with database.reading() as session:
        found = session.scalars(sa.select(ContentEntry).order_by(ContentEntry.kind, ContentEntry.id))
        return [(r.kind, r.id, r.version, r.status) for r in found]


def row(database: Database, name: str) -> ContentEntry:
    with database.reading() as session:
        found = session.get(ContentEntry, tuple(name.split("/", 1)))
        assert found is not None
        return found


def edit_in_console(database: Database, name: str, **fields: object) -> None:
    """What the staff console will do: new words, a new version, the author's name."""
    with database.transaction() as session:
        entry = session.get(ContentEntry, tuple(name.split("/", 1)))
        publish(session, entry, {**entry.data, **fields}, "li", "li", NOW)
        entry.edited_by = "li"
        bump_revision(session)


def drafts(database: Database, name: str) -> list[ContentVersion]:
    kind, id_ = name.split("/", 1)
    with database.reading() as session:
        query = sa.select(ContentVersion).filter_by(kind=kind, id=id_, status="draft")
        return list(session.scalars(query))
