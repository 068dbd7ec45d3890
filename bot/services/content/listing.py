"""What staff see of an entry: the words that count, the drafts that wait, and everything that was before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.domain.errors import NotFound
from bot.domain.replies import VARIABLE
from bot.domain.versions import Status, Version, live_version
from bot.services.content.snapshot import as_declared
from bot.services.content.versions import FILE, rows_of, version_of
from bot.store.database import Database
from bot.store.tables import ContentEntry, ContentVersion

SEARCHED = ("title", "answer", "text", "category", "shortcut")


@dataclass(frozen=True)
class Entry:
    """An FAQ entry, template or standard reply with the version that counts now.

    ``status`` is draft while no version was ever approved, and ``data`` the newest draft's then; of a retired entry
    it is what was said last. ``planned``: approved versions whose time has not come. ``drafts``: the newest first.
    ``head`` is the number of the newest version that is no draft.
    """

    kind: str
    id: str
    status: Status
    shown: Version
    drafts: tuple[Version, ...]
    planned: tuple[Version, ...]
    head: int

    @property
    def data(self) -> Mapping[str, Any]:
        return self.shown.data

    @property
    def version(self) -> int:
        return self.shown.number

    @property
    def draft(self) -> Version | None:
        """The newest draft."""
        return self.drafts[0] if self.drafts else None

    @property
    def is_live(self) -> bool:
        """Whether customers get its words now."""
        return self.status is Status.APPROVED and self.shown not in self.planned


def all_entries(database: Database, kind: str, now: datetime) -> list[Entry]:
    """All entries of a kind ("faq", "template", "standard_reply") in the order of the files, retired ones too."""
    query = (
        sa.select(ContentEntry)
        .where(ContentEntry.kind == kind)
        .order_by(ContentEntry.file.is_(None), ContentEntry.file, ContentEntry.position, ContentEntry.id)
    )
    with database.reading() as session:
        versions = _open_versions(session, kind)
        return [_entry(row, versions.get(row.id, []), now) for row in session.scalars(query)]


def find_entry(database: Database, kind: str, id_: str, now: datetime) -> Entry:
    """One entry; raises ``NotFound``."""
    with database.reading() as session:
        row = session.get(ContentEntry, (kind, id_))
        if row is None:
            raise NotFound(f"no {kind} entry {id_}")
        return entry_of(session, row, now)


def entry_of(session: Session, row: ContentEntry, now: datetime) -> Entry:
    """The row with its versions."""
    return _entry(row, rows_of(session, row), now)


def history(database: Database, kind: str, id_: str) -> list[Version]:
    """Every version of an entry, the newest first; raises ``NotFound``."""
    with database.reading() as session:
        row = session.get(ContentEntry, (kind, id_))
        if row is None:
            raise NotFound(f"no {kind} entry {id_}")
        return [version_of(version) for version in rows_of(session, row)]


def find_version(versions: Iterable[Version], number: int) -> Version:
    """One version; raises ``NotFound``."""
    for version in versions:
        if version.number == number:
            return version
    raise NotFound(f"no version {number}")


def matching(
    entries: Iterable[Entry], words: str, variables: Mapping[str, str], status: str = "", category: str = ""
) -> list[Entry]:
    """Entries that have all the words (parted by spaces) in id, title, answer or questions, as a customer reads them.

    ``status`` also takes "live" (customers get it now), "expiring" (live, and its validity ends), "planned" and
    "waiting" (has a draft); an empty argument leaves nothing out.
    """
    wanted = words.casefold().split()
    return [
        entry
        for entry in entries
        if (not category or entry.data.get("category") == category)
        and (not status or status in _states(entry))
        and all(word in _readable(entry, variables) for word in wanted)
    ]


def _states(entry: Entry) -> set[str]:
    return {
        entry.status.value,
        *(["live"] if entry.is_live else []),
        *(["expiring"] if entry.is_live and entry.shown.valid_until else []),
        *(["planned"] if entry.planned else []),
        *(["waiting"] if entry.drafts else []),
    }


def _readable(entry: Entry, variables: Mapping[str, str]) -> str:
    texts = [entry.id, *(str(entry.data.get(name) or "") for name in SEARCHED)]
    texts += [*entry.data.get("questions", ()), *entry.data.get("channels", {}).values()]
    raw = "\n".join(texts)
    filled = VARIABLE.sub(lambda match: variables.get(match.group(1), match.group()), raw)
    return f"{raw}\n{filled}".casefold()


def _open_versions(session: Session, kind: str) -> dict[str, list[ContentVersion]]:
    """By id: what may still count or wait, which is little even after years; the newest first."""
    rows = session.scalars(
        sa.select(ContentVersion)
        .join(
            ContentEntry,
            sa.and_(ContentEntry.kind == ContentVersion.kind, ContentEntry.id == ContentVersion.id),
        )
        .where(
            ContentVersion.kind == kind,
            sa.or_(
                ContentVersion.version == ContentEntry.version,
                ContentVersion.status == Status.DRAFT.value,
                ContentVersion.valid_from.is_not(None),
                ContentVersion.valid_until.is_not(None),
            ),
        )
        .order_by(ContentVersion.version.desc())
    )
    found: dict[str, list[ContentVersion]] = {}
    for row in rows:
        found.setdefault(row.id, []).append(row)
    return found


def _entry(row: ContentEntry, rows: Iterable[ContentVersion], now: datetime) -> Entry:
    """``rows``: the entry's versions, the newest first; what can neither count nor wait may be missing."""
    versions = [version_of(version) for version in rows]
    drafts = tuple(version for version in versions if version.status is Status.DRAFT)
    approved = [version for version in versions if version.status is Status.APPROVED and version.is_temporary]
    planned = tuple(version for version in approved if not version.has_begun(now))
    last = next((version for version in versions if version.number == row.version), None)
    lasting = last if row.status == Status.APPROVED else None
    shown = live_version(lasting, approved, now) or last or next(iter((*planned, *drafts)), None)
    if shown is None:  # its only version is over or was withdrawn
        shown = Version(0, row.data, Status.RETIRED, row.edited_by or FILE, row.updated_at)
    return Entry(
        kind=row.kind,
        id=row.id,
        status=shown.status,
        shown=_declared(row, shown),
        drafts=tuple(_declared(row, draft) for draft in drafts),
        planned=tuple(_declared(row, version) for version in planned),
        head=max([row.version, *(version.number for version in approved)]),
    )


def _declared(row: ContentEntry, version: Version) -> Version:
    return Version(**{**vars(version), "data": as_declared(row, version.data)})
