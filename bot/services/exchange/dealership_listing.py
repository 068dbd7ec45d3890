"""What the dealership is made of now: every entry with its version, and the plain data for a file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bot.domain.versions import Status
from bot.services.content.entries import KINDS, parse, plain
from bot.services.content.snapshot import live_rows
from bot.services.content.versions import temporary_versions
from bot.services.exchange.dealership_files import OF_KIND, SECTIONS
from bot.store.database import Database
from bot.store.tables import ContentEntry, ContentVersion


@dataclass(frozen=True)
class DealershipEntry:
    """One entry with the version that counts; ``drafts`` are its file's newer versions, which wait."""

    kind: str
    id: str
    data: Mapping[str, Any]
    status: Status
    version: int
    author: str
    updated_at: datetime
    drafts: tuple[int, ...]


def dealership_entries(database: Database) -> list[DealershipEntry]:
    """Every entry by section and then in order, retired ones included; two statements."""
    order = {section.kind: number for number, section in enumerate(SECTIONS)}
    with database.reading() as session:
        versions: dict[tuple[str, str], list[ContentVersion]] = {}
        for version in session.scalars(_of_dealership(ContentVersion).order_by(ContentVersion.version)):
            versions.setdefault((version.kind, version.id), []).append(version)
        rows = session.scalars(
            _of_dealership(ContentEntry).order_by(
                ContentEntry.file.is_(None), ContentEntry.position, ContentEntry.id
            )
        )
        entries = [_entry(row, versions.get((row.kind, row.id), [])) for row in rows]
    return sorted(entries, key=lambda entry: order[entry.kind])


def exported(database: Database, now: datetime) -> dict[str, list[dict[str, Any]]]:
    """The plain data that counts now, by kind and in order."""
    found: dict[str, list[dict[str, Any]]] = {section.kind: [] for section in SECTIONS}
    with database.reading() as session:
        for kind, id_, data, _ in live_rows(session, temporary_versions(session), now):
            if kind in found:
                found[kind].append(normal_data(kind, id_, data))
    return found


def normal_data(kind: str, id_: str, data: Mapping[str, Any]) -> dict[str, Any]:
    """Stored data with the fields that were added to its kind since."""
    normal: dict[str, Any] = plain(parse(KINDS[kind], dict(data), f"database {kind}", id_))
    return normal


def _of_dealership(table: Any) -> Any:
    return sa.select(table).where(table.kind.in_(list(OF_KIND)))


def _entry(row: ContentEntry, versions: list[ContentVersion]) -> DealershipEntry:
    counting = next((version for version in versions if version.version == row.version), None)
    return DealershipEntry(
        kind=row.kind,
        id=row.id,
        data=row.data,
        status=Status(row.status),
        version=row.version,
        author=counting.author if counting is not None else "",
        updated_at=row.updated_at,
        drafts=tuple(version.version for version in versions if version.status == Status.DRAFT.value),
    )
