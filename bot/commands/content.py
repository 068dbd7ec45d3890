"""``faq`` and ``replies``: look at, edit, approve, import and export what the assistant says.

A running server says the new words within a second. Who may run commands on this machine may approve.
"""

from __future__ import annotations

import re
import sys
from argparse import Namespace
from datetime import datetime
from pathlib import Path
from typing import Any

from bot import clock
from bot.commands.authors import author_of
from bot.commands.preparing import prepare, tell, tell_warnings
from bot.commands.tables import table
from bot.domain.errors import Conflict, InvalidInput, NotFound
from bot.domain.versions import Status, Version
from bot.services.content import editing, listing
from bot.services.content.diff import STATUS_WORDS, button_data, button_text, difference, readable
from bot.services.content.editing import FAQ, TEMPLATE, Change, Editor
from bot.services.content.fields import moment_of, moment_text
from bot.services.content.listing import Entry
from bot.services.content.warnings import edit_warnings, retire_warnings
from bot.services.installation import Installation, open_content
from bot.settings import read_settings

NOTHING = "none"


def faq(arguments: Namespace) -> int:
    """``python -m bot faq …``"""
    return _run(FAQ, arguments)


def replies(arguments: Namespace) -> int:
    """``python -m bot replies …``"""
    return _run(TEMPLATE, arguments)


def _run(kind: str, arguments: Namespace) -> int:
    settings = read_settings()
    prepare(settings, log_level="ERROR")
    installation = open_content(settings)
    try:
        getattr(_Command(installation, kind, arguments), f"do_{arguments.action}")()
    finally:
        installation.database.close()
    return 0


class _Command:
    """One command on one kind of content."""

    def __init__(self, installation: Installation, kind: str, arguments: Namespace) -> None:
        self.database, self.store = installation.database, installation.content
        self.kind, self.arguments = kind, arguments
        self.now = clock.now()

    def do_list(self) -> None:
        entries = listing.matching(
            listing.all_entries(self.database, self.kind, self.now),
            self.arguments.search,
            self.store.current().variables,
            self.arguments.status or "",
            getattr(self.arguments, "category", None) or "",
        )
        name = "标题" if self.kind == FAQ else "文字"
        rows = [
            (entry.id, str(entry.data.get("title") or entry.data.get("text", "")), *_state(entry))
            for entry in entries
        ]
        tell(table(("id", name, "状态", "版本", "作者", "时间", "备注"), rows))
        tell(f"共 {len(rows)} 条")

    def do_show(self) -> None:
        entry = self._entry()
        tell(f"{entry.id}  {'  '.join(filter(None, _state(entry)))}")
        tell("\n".join(readable(entry.shown)))
        for version in (*entry.planned, *entry.drafts):
            tell(f"\n{_heading(version)}")
            tell(difference(entry.shown, version) or "（文字没有变化）")

    def do_history(self) -> None:
        entry = self._entry()
        versions = listing.history(self.database, self.kind, entry.id)
        rows = [
            (
                str(version.number) + (" *" if entry.is_live and version.number == entry.version else ""),
                STATUS_WORDS[version.status],
                version.author,
                version.approved_by or "",
                moment_text(version.created_at.replace(second=0, microsecond=0)),
                _period(version),
                version.note or "",
            )
            for version in versions
        ]
        tell(table(("版本", "状态", "作者", "批准", "时间", "有效期", "备注"), rows))
        tell("* 现在使用的版本")

    def do_diff(self) -> None:
        old, new = self._compared()
        tell(difference(old, new) or f"第 {old.number} 版和第 {new.number} 版没有区别")

    def do_edit(self) -> None:
        given = self.arguments
        fields = self._edited_fields()
        validity = {
            name: _moment(name, text)
            for name, text in (("valid_from", given.valid_from), ("valid_until", given.valid_until))
            if text is not None
        }
        if not fields and not validity:
            raise InvalidInput("nothing to change: name at least one field (see --help)")
        change = Change(fields, validity, given.seen, given.note, given.draft)
        before = self._version_before()
        entry = editing.edit(
            self.database, self.store.current(), self.kind, given.id, change, self._editor(), self.now
        )
        self._tell_edited(entry, before)
        tell_warnings(edit_warnings(self.store.current(), entry))

    def do_approve(self) -> None:
        given = self.arguments
        self._tell(
            editing.approve(
                self.database,
                self.store.current(),
                self.kind,
                given.id,
                self._editor(),
                self.now,
                given.version,
                force=given.force,
            )
        )

    def do_rollback(self) -> None:
        given, content = self.arguments, self.store.current()
        self._tell(
            editing.roll_back(
                self.database, content, self.kind, given.id, given.version, self._editor(), self.now
            )
        )

    def do_retire(self) -> None:
        given = self.arguments
        entry = editing.retire(self.database, self.kind, given.id, self._editor(), self.now, given.version)
        self._tell(entry)
        tell_warnings(retire_warnings(entry))

    def do_restore(self) -> None:
        content = self.store.current()
        self._tell(
            editing.restore(self.database, content, self.kind, self.arguments.id, self._editor(), self.now)
        )

    def do_import(self) -> None:
        from bot.services.content.exchange import import_rows

        path = Path(self.arguments.file)
        found = self._rows(path, _read(path))
        report = import_rows(
            self.database,
            self.store.current(),
            self.kind,
            path.name,
            found,
            self._editor(),
            self.now,
            self.arguments.draft,
        )
        for name, ids in (
            ("新增", report.added),
            ("修改", report.changed),
            ("草稿", report.drafts),
            ("停用", report.retired),
        ):
            if ids:
                tell(f"{name} {len(ids)} 条：{'、'.join(ids)}")
        tell(f"没有变化 {len(report.unchanged)} 条")

    def do_export(self) -> None:
        path = Path(self.arguments.file)
        entries = listing.all_entries(self.database, self.kind, self.now)
        if self._is_workbook(path):
            from bot.services.content.workbook import workbook_bytes

            data = workbook_bytes(entries, self.store.current().variables)
        else:
            from bot.services.content.yaml_exchange import yaml_bytes

            data = yaml_bytes(self.kind, entries)
        try:
            path.write_bytes(data)
        except OSError as error:
            raise InvalidInput(f"{path} cannot be written: {error.strerror}") from error
        tell(f"已导出 {len(entries)} 条到 {path}")

    def _rows(self, path: Path, data: bytes) -> Any:
        if self._is_workbook(path):
            from bot.services.content.workbook_reader import read_workbook

            return read_workbook(data)
        from bot.services.content.yaml_exchange import read_yaml_rows

        return read_yaml_rows(self.kind, path.name, data)

    def _is_workbook(self, path: Path) -> bool:
        suffix = path.suffix.lower()
        if suffix == ".xlsx" and self.kind == FAQ:
            return True
        if suffix in (".yml", ".yaml"):
            return False
        raise InvalidInput(f"{path.name} must end with .yml" + (" or .xlsx" if self.kind == FAQ else ""))

    def _edited_fields(self) -> dict[str, Any]:
        given = self.arguments
        fields: dict[str, Any] = {}
        text = given.text if given.file is None else _text(Path(given.file))
        if text is not None:
            fields["answer" if self.kind == FAQ else "text"] = text
        for name in ("title", "category"):
            if getattr(given, name, None) is not None:
                fields[name] = getattr(given, name)
        if given.button is not None:
            fields["buttons"] = [_button(line) for line in given.button if line != NOTHING]
        if self.kind == FAQ and (given.question or given.remove_question):
            kept = [text for text in self._present("questions", []) if text not in given.remove_question]
            fields["questions"] = list(dict.fromkeys([*kept, *given.question]))
        if self.kind == TEMPLATE and given.channel:
            named = dict(_channel(text) for text in given.channel)
            channels = {**self._present("channels", {}), **named}
            fields["channels"] = {name: text for name, text in channels.items() if text}
        return fields

    def _present(self, field: str, empty: Any) -> Any:
        try:
            return self._entry().data.get(field) or empty
        except NotFound:
            return empty

    def _version_before(self) -> set[int]:
        try:
            entry = self._entry()
        except NotFound:
            return set()
        return {entry.version, *(version.number for version in (*entry.planned, *entry.drafts))}

    def _tell_edited(self, entry: Entry, before: set[int]) -> None:
        after = {version.number: version for version in (entry.shown, *entry.planned, *entry.drafts)}
        new = [version for number, version in after.items() if number not in before]
        if not new:
            tell(f"{entry.id} 没有变化，仍是第 {entry.version} 版")
        for version in new:
            tell(f"{entry.id}  {_heading(version)}")

    def _tell(self, entry: Entry) -> None:
        tell(f"{entry.id}  {'  '.join(filter(None, _state(entry)))}")

    def _compared(self) -> tuple[Version, Version]:
        entry = self._entry()
        versions = listing.history(self.database, self.kind, entry.id)
        numbers = self.arguments.versions
        if len(numbers) > 2:
            raise InvalidInput("diff takes at most two versions")
        if len(numbers) == 2:
            return listing.find_version(versions, numbers[0]), listing.find_version(versions, numbers[1])
        if numbers:
            return entry.shown, listing.find_version(versions, numbers[0])
        waiting = next(iter((*entry.drafts, *entry.planned)), None)
        if waiting is not None and waiting != entry.shown:
            return entry.shown, waiting
        earlier = [version for version in versions if version.number < entry.version]
        if not earlier:
            raise Conflict(f"{entry.id} has one version only: there is nothing to compare")
        return earlier[0], entry.shown

    def _entry(self) -> Entry:
        return listing.find_entry(self.database, self.kind, self.arguments.id, self.now)

    def _editor(self) -> Editor:
        return Editor(author_of(self.arguments), may_approve=True)


def _state(entry: Entry) -> tuple[str, ...]:
    """Status, version, author, time and remarks for a table."""
    remarks = [_period(entry.shown)]
    remarks += [
        f"草稿第 {draft.number} 版（{draft.author}）" for draft in entry.drafts if draft != entry.shown
    ]
    remarks += [
        f"第 {version.number} 版{_period(version)}" for version in entry.planned if version != entry.shown
    ]
    return (
        STATUS_WORDS[entry.status],
        str(entry.version),
        entry.shown.author,
        moment_text(entry.shown.created_at.replace(second=0, microsecond=0)),
        "；".join(filter(None, remarks)),
    )


def _heading(version: Version) -> str:
    words = {Status.APPROVED: "已发布", Status.DRAFT: "存为草稿"}.get(version.status, "已停用")
    return f"第 {version.number} 版 {words}（{version.author}）{_period(version)}"


def _period(version: Version) -> str:
    from_, until = moment_text(version.valid_from), moment_text(version.valid_until)
    return (f"从 {from_} " if from_ else "") + (f"到 {until}" if until else "")


def _moment(name: str, text: str) -> datetime | None:
    if text == NOTHING:
        return None
    try:
        return moment_of(text)
    except ValueError as error:
        option = f"--{name.replace('_', '-')}"
        raise InvalidInput(f"{option} must be a time like '2026-12-01 09:00', not {text!r}") from error


def _button(line: str) -> dict[str, Any]:
    button = button_data(line)
    if button is None:
        example = button_text({"title": "预约试驾", "intent": "book_test_drive"})
        raise InvalidInput(f"--button must be like '{example}', not {line!r}")
    return button


def _channel(text: str) -> tuple[str, str]:
    name, equals, words = text.partition("=")
    if not equals:
        raise InvalidInput(f"--channel must be like 'wechat=您好', not {text!r}")
    return name.strip(), words


def _read(path: Path) -> bytes:
    try:
        return sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read: {error.strerror}") from error


def _text(path: Path) -> str:
    try:
        return re.sub(r"\r\n?", "\n", _read(path).decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise InvalidInput(f"{path} is not UTF-8") from error
