"""Rows of versions: how one comes about, and what it does to the entry. Callers hold a transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.domain.versions import Status, Version
from bot.store.tables import ContentEntry, ContentRevision, ContentVersion

FILE = "file"
"""The author of what came from a content file."""


def bump_revision(session: Session) -> None:
    """Tell every process that content changed. One statement: two changes at once must count twice."""
    counted = session.execute(
        sa.update(ContentRevision)
        .where(ContentRevision.id == 1)
        .values(number=ContentRevision.number + 1)
        .execution_options(synchronize_session=False)
    )
    if counted.rowcount == 0:
        session.add(ContentRevision(id=1, number=1))


def version_of(row: ContentVersion) -> Version:
    """A row as a value."""
    return Version(
        number=row.version,
        data=row.data,
        status=Status(row.status),
        author=row.author,
        created_at=row.created_at,
        approved_by=row.approved_by,
        approved_at=row.approved_at,
        note=row.note,
        valid_from=row.valid_from,
        valid_until=row.valid_until,
    )


def rows_of(session: Session, entry: ContentEntry) -> list[ContentVersion]:
    """All versions of an entry, the newest first."""
    return list(
        session.scalars(
            sa.select(ContentVersion)
            .where(ContentVersion.kind == entry.kind, ContentVersion.id == entry.id)
            .order_by(ContentVersion.version.desc())
        )
    )


def next_number(session: Session, entry: ContentEntry) -> int:
    """The number of the entry's next version."""
    newest = session.scalar(
        sa.select(sa.func.max(ContentVersion.version)).where(
            ContentVersion.kind == entry.kind, ContentVersion.id == entry.id
        )
    )
    return (newest or 0) + 1


def add_version(
    session: Session,
    entry: ContentEntry,
    data: Mapping[str, Any],
    status: Status,
    author: str,
    now: datetime,
    **more: Any,
) -> ContentVersion:
    """A new row with the next number; ``more`` are its other columns."""
    row = ContentVersion(
        kind=entry.kind,
        id=entry.id,
        version=next_number(session, entry),
        data=dict(data),
        status=status.value,
        author=author,
        created_at=now,
        **more,
    )
    session.add(row)
    session.flush()
    return row


def add_draft(
    session: Session, entry: ContentEntry, data: Mapping[str, Any], author: str, now: datetime, **more: Any
) -> ContentVersion:
    """A draft in the place of the author's earlier ones."""
    withdraw_drafts(session, entry, author)
    return add_version(session, entry, data, Status.DRAFT, author, now, **more)


def withdraw_drafts(session: Session, entry: ContentEntry, author: str) -> None:
    """The author's drafts of the entry wait no longer."""
    for row in rows_of(session, entry):
        if row.status == Status.DRAFT and row.author == author:
            row.status = Status.RETIRED.value


def publish(
    session: Session,
    entry: ContentEntry,
    data: Mapping[str, Any],
    author: str,
    approved_by: str,
    now: datetime,
    **more: Any,
) -> ContentVersion:
    """A new approved version."""
    approved = {"approved_by": approved_by, "approved_at": now}
    row = add_version(session, entry, data, Status.APPROVED, author, now, **approved, **more)
    take_effect(session, entry, row, now)
    return row


def take_effect(session: Session, entry: ContentEntry, row: ContentVersion, now: datetime) -> None:
    """An approved version becomes the entry's lasting one, unless it has a validity of its own.

    Drafts with the same words wait no longer.
    """
    version = version_of(row)
    if not version.is_temporary:
        withdraw_temporary(session, entry, now)
        entry.data, entry.version, entry.status = row.data, row.version, Status.APPROVED.value
    entry.updated_at = now
    for other in rows_of(session, entry):
        if other.status == Status.DRAFT and other.data == row.data:
            other.status = Status.RETIRED.value


def retire(session: Session, entry: ContentEntry, author: str, now: datetime, **more: Any) -> None:
    """The entry says nothing any more, now or later; the mark is a version too."""
    row = add_version(
        session, entry, entry.data, Status.RETIRED, author, now, approved_by=author, approved_at=now, **more
    )
    withdraw_temporary(session, entry, now, planned_too=True)
    entry.status, entry.version, entry.updated_at = Status.RETIRED.value, row.version, now


def withdraw_temporary(
    session: Session, entry: ContentEntry, now: datetime, planned_too: bool = False
) -> None:
    """Versions with a validity that are in force count no longer, nor the planned ones where these are meant too."""
    for row in rows_of(session, entry):
        version = version_of(row)
        counts = version.status is Status.APPROVED and version.is_temporary and not version.is_over(now)
        if counts and (planned_too or version.has_begun(now)):
            row.status = Status.RETIRED.value


def temporary_versions(session: Session, kind: str | None = None) -> dict[tuple[str, str], list[Version]]:
    """Approved versions with a validity, by kind and id."""
    query = sa.select(ContentVersion).where(
        ContentVersion.status == Status.APPROVED.value,
        sa.or_(ContentVersion.valid_from.is_not(None), ContentVersion.valid_until.is_not(None)),
    )
    found: dict[tuple[str, str], list[Version]] = {}
    rows: Iterable[ContentVersion] = session.scalars(
        query if kind is None else query.where(ContentVersion.kind == kind)
    )
    for row in rows:
        found.setdefault((row.kind, row.id), []).append(version_of(row))
    return found
