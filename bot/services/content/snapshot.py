"""The content as the program reads it: one immutable snapshot, rebuilt when its revision changes."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from bot.domain import dealership as d
from bot.domain.lifecycle import Schedule
from bot.domain.replies import FaqEntry, Template
from bot.services.content.files import KINDS, FileEntry, Policy, parse, read_dealership_files
from bot.services.content.variables import dealership_variables
from bot.store.database import Database
from bot.store.tables import ContentEntry, ContentRevision


@dataclass(frozen=True)
class Content:
    """Everything approved: the dealership, its schedule, the FAQ and the reply templates."""

    dealership: d.Dealership
    schedule: Schedule
    faq: Mapping[str, FaqEntry]
    templates: Mapping[str, Template]
    versions: Mapping[str, int]
    variables: Mapping[str, str]


class ContentStore:
    """Hands out the current snapshot; asks the database for the revision alone when nothing changed."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._content: Content | None = None

    def current(self) -> Content:
        with self._lock, self._database.reading() as session:
            revision = session.scalar(sa.select(ContentRevision.number)) or 0
            if self._content is None or self._content.dealership.revision != revision:
                rows = session.scalars(
                    sa.select(ContentEntry)
                    .where(ContentEntry.status == "approved")
                    .order_by(ContentEntry.kind, ContentEntry.file, ContentEntry.position)
                )
                self._content = build_content(
                    [(row.kind, row.id, row.data, row.version) for row in rows], revision
                )
            return self._content


def build_content(rows: Iterable[tuple[str, str, dict[str, Any], int]], revision: int) -> Content:
    """Parse rows of (kind, id, data, version) into a snapshot."""
    parsed: dict[str, dict[str, Any]] = {kind: {} for kind in KINDS}
    versions: dict[str, int] = {}
    for kind, id_, data, version in rows:
        parsed[kind][id_] = parse(KINDS[kind], data, f"database {kind}", id_)
        versions[f"{kind}/{id_}"] = version
    dealership = _dealership(parsed, revision)
    return Content(
        dealership=dealership,
        schedule=parsed["lifecycle"]["lifecycle"],
        faq=parsed["faq"],
        templates=parsed["template"],
        versions=versions,
        variables=dealership_variables(dealership, parsed["lifecycle"]["lifecycle"]),
    )


def read_dealership(folder: Path) -> d.Dealership:
    """The dealership straight from its files, without a database (training, tests)."""
    return _dealership(_parse_files(read_dealership_files(folder)), revision=0)


def _parse_files(entries: Iterable[FileEntry]) -> dict[str, dict[str, Any]]:
    parsed: dict[str, dict[str, Any]] = {kind: {} for kind in KINDS}
    for entry in entries:
        parsed[entry.kind][entry.id] = parse(KINDS[entry.kind], entry.data, entry.file, entry.id)
    return parsed


def _dealership(parsed: Mapping[str, Mapping[str, Any]], revision: int) -> d.Dealership:
    policies: Iterable[Policy] = parsed["policy"].values()
    return d.Dealership(
        revision=revision,
        profile=parsed["profile"]["profile"],
        rules=parsed["rules"]["rules"],
        stores=tuple(parsed["store"].values()),
        models=tuple(parsed["model"].values()),
        services=tuple(parsed["service"].values()),
        resources=tuple(parsed["resource"].values()),
        closures=tuple(parsed["closure"].values()),
        policies={policy.id: policy.text for policy in policies},
    )
