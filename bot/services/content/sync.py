"""Brings the database up to date with the content files (DESIGN.md, *File or console, who wins*)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.domain.errors import ContentError
from bot.domain.versions import Status
from bot.services.content.entries import KINDS, FileEntry, parse, plain
from bot.services.content.versions import (
    FILE,
    add_draft,
    bump_revision,
    publish,
    retire,
    withdraw_drafts,
)
from bot.store.database import Database
from bot.store.tables import ContentEntry, ContentVersion


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
        rows = {(row.kind, row.id): row for row in session.scalars(_all_locked())}
        known = [(rows.pop((entry.kind, entry.id), None), entry) for entry in entries]
        _add(session, [entry for row, entry in known if row is None], now, report)
        for row, entry in known:
            if row is not None:
                _sync_entry(session, row, entry, now, report)
        for row in rows.values():
            _retire(session, row, now, report)
        if report.changed:
            bump_revision(session)
    return report


def _all_locked() -> Any:
    """Always in the same order, so that two who lock many never wait for each other."""
    return sa.select(ContentEntry).order_by(ContentEntry.kind, ContentEntry.id).with_for_update()


def _add(session: Session, entries: list[FileEntry], now: datetime, report: SyncReport) -> None:
    for entry in entries:
        row = ContentEntry(
            kind=entry.kind,
            id=entry.id,
            position=entry.position,
            data=entry.data,
            file=entry.file,
            file_data=entry.data,
            updated_at=now,
        )
        session.add(row)
        report.added.append(f"{entry.kind}/{entry.id}")
    session.flush()  # the entries have to be there before their versions
    session.add_all(_first_version(entry, now) for entry in entries)


def _first_version(entry: FileEntry, now: datetime) -> ContentVersion:
    return ContentVersion(
        kind=entry.kind,
        id=entry.id,
        version=1,
        data=entry.data,
        status=Status.APPROVED.value,
        author=FILE,
        approved_by=FILE,
        created_at=now,
        approved_at=now,
    )


def _sync_entry(
    session: Session, row: ContentEntry, entry: FileEntry, now: datetime, report: SyncReport
) -> None:
    name = f"{entry.kind}/{entry.id}"
    row.position, row.file = entry.position, entry.file
    returned = row.status == Status.RETIRED and row.edited_by is None
    same = _says_the_same(row, entry.data)
    row.file_data = entry.data
    if same and not returned:
        return
    if row.edited_by is None:
        publish(session, row, entry.data, FILE, FILE, now)
        report.updated.append(name)
    elif entry.data == row.data:
        withdraw_drafts(session, row, FILE)  # the file now says what was written here
    else:
        add_draft(session, row, entry.data, FILE, now)
        report.drafts.append(name)


def _says_the_same(row: ContentEntry, data: dict[str, Any]) -> bool:
    """Whether the file's entry is what it was; one stored before a field was added differs in that alone."""
    if row.file_data is None or row.file_data == data:
        return row.file_data == data
    try:
        return bool(plain(parse(KINDS[row.kind], row.file_data)) == data)
    except ContentError:
        return False


def _retire(session: Session, row: ContentEntry, now: datetime, report: SyncReport) -> None:
    if row.file is None or row.edited_by is not None or row.status == Status.RETIRED:
        return
    retire(session, row, FILE, now)
    report.retired.append(f"{row.kind}/{row.id}")
