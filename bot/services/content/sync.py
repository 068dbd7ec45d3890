"""Brings the database up to date with the content files (DESIGN.md, *File or console, who wins*)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.services.content.files import FileEntry
from bot.store.database import Database
from bot.store.tables import ContentEntry, ContentRevision


@dataclass
class SyncReport:
    """What the synchronisation did, by ``kind/id``."""

    added: list[str] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)
    drafts: list[str] = field(default_factory=list)
    retired: list[str] = field(default_factory=list)

    @property
    def changed(self) -> bool:
        return bool(self.added or self.updated or self.drafts or self.retired)


def sync_content(database: Database, entries: Iterable[FileEntry], now: datetime) -> SyncReport:
    """One transaction: entries never edited follow their file, edited ones keep their words and get a draft."""
    report = SyncReport()
    with database.transaction() as session:
        rows = {(row.kind, row.id): row for row in session.scalars(sa.select(ContentEntry))}
        for entry in entries:
            row = rows.pop((entry.kind, entry.id), None)
            _sync_entry(session, row, entry, now, report)
        for row in rows.values():
            _retire(row, now, report)
        if report.changed:
            bump_revision(session)
    return report


def bump_revision(session: Session) -> None:
    """Tell every process that content changed."""
    revision = session.get(ContentRevision, 1)
    if revision is None:
        session.add(ContentRevision(id=1, number=1))
    else:
        revision.number += 1


def _sync_entry(
    session: Session, row: ContentEntry | None, entry: FileEntry, now: datetime, report: SyncReport
) -> None:
    name = f"{entry.kind}/{entry.id}"
    if row is None:
        session.add(
            ContentEntry(
                kind=entry.kind,
                id=entry.id,
                position=entry.position,
                data=entry.data,
                file=entry.file,
                file_data=entry.data,
                updated_at=now,
            )
        )
        report.added.append(name)
        return
    row.position, row.file = entry.position, entry.file
    returned = row.status == "retired" and row.edited_by is None
    if row.file_data == entry.data and not returned:
        return
    row.file_data = entry.data
    if row.edited_by is not None and entry.data == row.data:
        row.draft = None  # the file now says what was written here
        return
    if row.edited_by is not None:
        row.draft = entry.data
        report.drafts.append(name)
        return
    row.data, row.status, row.version, row.updated_at = entry.data, "approved", row.version + 1, now
    report.updated.append(name)


def _retire(row: ContentEntry, now: datetime, report: SyncReport) -> None:
    if row.file is None or row.edited_by is not None or row.status == "retired":
        return
    row.status, row.updated_at = "retired", now
    report.retired.append(f"{row.kind}/{row.id}")
