"""Takes many entries at once, from a YAML file or a workbook: all of them in one transaction, or none."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.domain.errors import ImportRefused
from bot.domain.versions import Status
from bot.services.content import versions
from bot.services.content.checks import Fault, new_id_faults, validity_faults
from bot.services.content.editing import (
    FAQ,
    Change,
    Editor,
    apply_change,
    changing,
    entry_faults,
    known_topics,
    locked_entry,
    new_entry,
)
from bot.services.content.listing import Entry, entry_of
from bot.services.content.snapshot import Content
from bot.store.database import Database
from bot.store.tables import ContentEntry


@dataclass(frozen=True)
class ImportRow:
    """What a file says of one entry. ``place`` names where, in Chinese; ``status`` None: not said, as it is.

    ``is_readable`` False: a fault of form was reported already, and the rest is not looked at. ``version``: the one
    that was exported; None where the file does not tell.
    """

    place: str
    id: str
    fields: dict[str, Any]
    validity: Mapping[str, datetime | None]
    status: Status | None
    is_readable: bool = True
    version: int | None = None


@dataclass
class ImportReport:
    """What an import did, by id."""

    added: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    drafts: list[str] = field(default_factory=list)
    retired: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)


def import_rows(
    database: Database,
    content: Content,
    kind: str,
    name: str,
    found: tuple[list[ImportRow], list[str]],
    by: Editor,
    now: datetime,
    draft: bool = False,
) -> ImportReport:
    """Bring the entries to what the file ``name`` says; what it does not name stays, and a second time changes nothing.

    ``found``: its rows, and the faults of form that reading it met. Raises ``ImportRefused`` with every fault, and then
    nothing was changed. A row that would change what somebody else changed since its export is a fault.
    """
    rows, faults = found[0], list(found[1])
    report = ImportReport()
    with changing(database) as session:
        session.scalars(
            sa.select(ContentEntry.id)
            .where(ContentEntry.kind == kind)
            .order_by(ContentEntry.id)
            .with_for_update()
        ).all()
        topics = known_topics(session) | {row.id for row in rows if row.status is not Status.RETIRED}
        topics -= {row.id for row in rows if row.status is Status.RETIRED}
        work = _Import(session, content, kind, by, now, draft, topics, report)
        for row in rows:
            if row.is_readable:
                faults += [f"{row.place}：{fault.words}" for fault in work.take(row)]
        if faults:
            raise ImportRefused(name, tuple(sorted(faults, key=_place_in_file)))
    return report


@dataclass
class _Import:
    """One import inside its transaction."""

    session: Session
    content: Content
    kind: str
    by: Editor
    now: datetime
    draft: bool
    topics: Collection[str]
    report: ImportReport

    def take(self, row: ImportRow) -> list[Fault]:
        """Apply one row, or give all that is wrong with it."""
        stored = locked_entry(self.session, self.kind, row.id)
        faults = list(self._row_faults(stored, row))
        if stored is None and (self.kind != FAQ or not {"title", "answer"} <= row.fields.keys()):
            return faults
        before = entry_of(self.session, stored, self.now) if stored is not None else None
        known = before.data if before is not None else {"id": row.id, "category": row.id.partition(".")[0]}
        faults += entry_faults(
            self.kind, {**known, **row.fields, "id": row.id}, self.content, self.topics, known
        )
        if before is None or not _has_validity(before, row.validity):
            faults += validity_faults(
                row.validity.get("valid_from"), row.validity.get("valid_until"), self.now
            )
        if not faults and row.status is Status.RETIRED:
            assert stored is not None
            assert before is not None
            return self._retire(stored, before, row)
        return faults or self._apply(stored, row)

    def _row_faults(self, stored: ContentEntry | None, row: ImportRow) -> Iterable[Fault]:
        if stored is not None:
            return
        if self.kind != FAQ:
            yield Fault("id", "does not exist", f"没有“{row.id}”这个模板")
            return
        if row.status is None:
            yield Fault("id", "does not exist", f"主题“{row.id}”不存在")
            return
        yield from new_id_faults(row.id)
        if row.status is Status.RETIRED:
            yield Fault("status", "does not exist", f"主题“{row.id}”不存在，不能停用")
        for name, words in (("title", "标题是空的"), ("answer", "答案是空的")):
            if name not in row.fields:
                yield Fault(name, "is missing", words)

    def _apply(self, stored: ContentEntry | None, row: ImportRow) -> list[Fault]:
        is_new = stored is None
        if stored is None:
            stored = new_entry(self.kind, row.id, self.now)
            stored.data = {"id": row.id, "category": row.id.partition(".")[0]}
            self.session.add(stored)
            self.session.flush()
        before = entry_of(self.session, stored, self.now)
        draft = (
            self.draft or row.status is Status.DRAFT or (row.status is None and before.status is Status.DRAFT)
        )
        change = Change(row.fields, row.validity, note="导入", draft=draft)
        if row.status is None and before.status is Status.RETIRED:
            change = Change(
                row.fields, row.validity, note="导入", draft=True
            )  # questions alone do not bring it back
        made = apply_change(self.session, self.content, stored, change, self.by, self.now, self.topics)
        if made is None:
            self.report.unchanged.append(row.id)
        elif row.version is not None and row.version < before.version:
            return [_changed_since(before)]
        elif made.status == Status.DRAFT:
            self.report.drafts.append(row.id)
        else:
            (self.report.added if is_new else self.report.changed).append(row.id)
        return []

    def _retire(self, stored: ContentEntry, before: Entry, row: ImportRow) -> list[Fault]:
        after = {**before.data, **row.fields}
        is_same = {**before.data} == after
        is_done = is_same and before.status is Status.RETIRED
        if row.version is not None and row.version < before.version and not is_done:
            return [_changed_since(before)]
        if not is_same:
            words = "已停用的主题不能同时改内容：先把状态改成“已发布”"
            return [Fault("status", "changes a retired entry", words)]
        if is_done:
            self.report.unchanged.append(row.id)
            return []
        if self.draft or not self.by.may_approve:
            return [Fault("status", "cannot be a draft", "停用不能作为草稿导入")]
        stored.edited_by = self.by.name
        versions.retire(self.session, stored, self.by.name, self.now, note="导入")
        self.report.retired.append(row.id)
        return []


def _changed_since(before: Entry) -> Fault:
    words = f"导出之后有人改过（现在是第 {before.version} 版，{before.shown.author}）：请重新导出，在新的文件里再改"
    return Fault("version", f"is at version {before.version} now", words)


def _place_in_file(fault: str) -> tuple[bool, str, int]:
    """Faults of the whole file first, then those of a sheet by their row."""
    where, _, _ = fault.partition("：")
    number = re.search(r"第 (\d+) [行条]", where)
    return number is not None, where[: number.start()] if number else "", int(number[1]) if number else 0


def _has_validity(entry: Entry, validity: Mapping[str, datetime | None]) -> bool:
    """Whether a version has just this validity, so that it was looked at before."""
    return any(
        (version.valid_from, version.valid_until) == (validity.get("valid_from"), validity.get("valid_until"))
        for version in (entry.shown, *entry.planned)
    )
