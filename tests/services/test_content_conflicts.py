"""Old exports against newer edits: what a colleague changed since is not overwritten."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.domain.errors import ImportRefused
from bot.services.content import editing
from bot.services.content.yaml_exchange import yaml_bytes
from tests.installations import filled_database
from tests.services.test_content_exchange import ANSWERS, LI, NOW, Desk

CHANGED = "导出之后有人改过（现在是第 2 版，li）"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    database, store = filled_database(tmp_path)
    yield Desk(database, store)
    database.close()


def _cell(book: Any, id_: str, column: int) -> Any:
    [row] = [row for row in book[ANSWERS].iter_rows() if row[0].value == id_]
    return row[column]


def test_an_old_workbook_does_not_overwrite_a_newer_edit(desk: Desk) -> None:
    book = desk.workbook()
    desk.edit("store.hours", {"answer": "同事改的"})
    _cell(book, "store.parking", 3).value = "我改的"
    row = _cell(book, "store.hours", 3).row
    before = desk.versions()

    with pytest.raises(ImportRefused) as raised:
        desk.takes(book)
    assert len(raised.value.faults) == 1
    assert raised.value.faults[0].startswith(f"工作表“{ANSWERS}”第 {row} 行：{CHANGED}")
    assert desk.versions() == before
    _cell(book, "store.hours", 3).value = "同事改的"
    assert desk.takes(book).changed == ["store.parking"]
    assert desk.takes(book).changed == []


def test_neither_as_a_draft_nor_back_from_retirement(desk: Desk) -> None:
    book = desk.workbook()
    editing.retire(desk.database, "faq", "store.hours", LI, NOW)

    for draft in (False, True):
        with pytest.raises(ImportRefused, match="1 to mend"):
            desk.takes(book, draft=draft)
    _cell(book, "store.hours", 5).value = "已停用"
    assert desk.takes(book).retired == []


def test_what_was_edited_since_is_not_retired_by_an_old_workbook(desk: Desk) -> None:
    book = desk.workbook()
    desk.edit("store.hours", {"answer": "同事改的"})
    _cell(book, "store.hours", 5).value = "已停用"

    with pytest.raises(ImportRefused) as raised:
        desk.takes(book)
    assert CHANGED in raised.value.faults[0]


@pytest.mark.parametrize("version", [1, "1"])
def test_a_version_may_be_a_number(desk: Desk, version: Any) -> None:
    book = desk.workbook()
    cell = _cell(book, "store.hours", 8)
    cell.value = version
    _cell(book, "store.hours", 3).value = "新的"

    assert desk.takes(book).changed == ["store.hours"]


def test_a_workbook_without_versions_is_taken_as_it_is(desk: Desk) -> None:
    book = desk.workbook()
    desk.edit("store.hours", {"answer": "同事改的"})
    book[ANSWERS].delete_cols(9)

    assert desk.takes(book).changed == ["store.hours"]


@pytest.mark.parametrize(("kind", "id_"), [("faq", "store.hours"), ("template", "utter_thank")])
def test_an_old_yaml_file_does_not_overwrite_a_newer_edit(desk: Desk, kind: str, id_: str) -> None:
    data = yaml_bytes(kind, desk.entries(kind))
    change = editing.Change({"answer" if kind == "faq" else "text": "同事改的"})
    editing.edit(desk.database, desk.store.current(), kind, id_, change, LI, NOW)

    with pytest.raises(ImportRefused) as raised:
        desk.takes_yaml(data, kind)
    [fault] = raised.value.faults
    assert f"（{id_}）：{CHANGED}" in fault
    assert desk.takes_yaml(
        data.replace(b"\nversion:", b"\n#").replace(b"\n  version:", b"\n  #"), kind
    ).changed == [id_]
    with pytest.raises(ImportRefused, match="nothing was imported"):
        desk.takes_yaml(data.replace(b"version: 1", b"version: x", 1), kind)
