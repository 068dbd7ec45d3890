"""The FAQ out and in again: YAML and workbook, and what a faulty workbook is told."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from openpyxl import Workbook, load_workbook

from bot.clock import TIME_ZONE
from bot.domain.errors import ImportRefused
from bot.services.content import editing, listing, workbook_reader
from bot.services.content.editing import Change, Editor
from bot.services.content.exchange import ImportReport, import_rows
from bot.services.content.listing import Entry
from bot.services.content.snapshot import ContentStore
from bot.services.content.workbook import workbook_bytes
from bot.services.content.workbook_reader import read_workbook
from bot.services.content.yaml_exchange import read_yaml_rows, yaml_bytes
from bot.store.database import Database
from bot.store.tables import ContentVersion
from tests.installations import filled_database

NOW = datetime(2026, 11, 22, 10, tzinfo=TIME_ZONE)
LI, XIAO = Editor("li", may_approve=True), Editor("xiao", may_approve=False)
ANSWERS, QUESTIONS = "问答", "问法"


class Desk:
    """An installation with all the content."""

    def __init__(self, database: Database, store: ContentStore) -> None:
        self.database, self.store = database, store

    def entries(self, kind: str = "faq") -> list[Entry]:
        return listing.all_entries(self.database, kind, NOW)

    def entry(self, id_: str) -> Entry:
        return listing.find_entry(self.database, "faq", id_, NOW)

    def edit(self, id_: str, fields: dict[str, Any], **more: Any) -> None:
        change = Change(fields, **more)
        editing.edit(self.database, self.store.current(), "faq", id_, change, LI, NOW)

    def workbook(self) -> Any:
        return load_workbook(io.BytesIO(workbook_bytes(self.entries(), self.store.current().variables)))

    def takes(self, book: Any, by: Editor = LI, draft: bool = False) -> ImportReport:
        data = book if isinstance(book, bytes) else saved(book)
        return import_rows(
            self.database, self.store.current(), "faq", "faq.xlsx", read_workbook(data), by, NOW, draft
        )

    def takes_yaml(self, data: bytes, kind: str = "faq") -> ImportReport:
        found = read_yaml_rows(kind, "faq.yml", data)
        return import_rows(self.database, self.store.current(), kind, "faq.yml", found, LI, NOW)

    def versions(self) -> int:
        with self.database.reading() as session:
            return int(session.scalar(sa.select(sa.func.count()).select_from(ContentVersion)))


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    database, store = filled_database(tmp_path)
    yield Desk(database, store)
    database.close()


def saved(book: Any) -> bytes:
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def small(answers: list[list[Any]], questions: list[list[Any]] | None = None) -> Any:
    """A workbook with these rows below the headers."""
    book = Workbook()
    book.remove(book.active)
    for name, rows in ((ANSWERS, answers), (QUESTIONS, questions or [])):
        sheet = book.create_sheet(name)
        sheet.append(list(workbook_reader.COLUMNS[name]))
        for row in rows:
            sheet.append(row)
    return book


def varied(desk: Desk) -> None:
    """Content in every state."""
    desk.edit(
        "store.phone", {"answer": "=1+1\n-减\n{store_phones}", "questions": ["@怎么打", "+86 怎么拨", "007"]}
    )
    desk.edit("store.parking", {"answer": "草稿"}, draft=True)
    desk.edit("store.new", {"title": "新", "answer": "只有草稿"}, draft=True)
    desk.edit(
        "store.address", {"answer": "临时"}, validity={"valid_until": NOW + timedelta(days=1, seconds=5)}
    )
    desk.edit("store.lounge", {"answer": "计划"}, validity={"valid_from": NOW + timedelta(days=1)})
    editing.retire(desk.database, "faq", "store.wechat", LI, NOW)


@pytest.mark.parametrize("draft", [False, True])
def test_a_workbook_out_and_in_again_changes_nothing(desk: Desk, draft: bool) -> None:
    varied(desk)
    before = desk.versions()

    report = desk.takes(desk.workbook(), draft=draft)
    assert len(report.unchanged) == len(desk.entries()) > 140
    assert desk.versions() == before


def test_yaml_out_and_in_again_changes_nothing(desk: Desk) -> None:
    varied(desk)
    before = desk.versions()

    for kind in ("faq", "template"):
        report = desk.takes_yaml(yaml_bytes(kind, desk.entries(kind)), kind)
        assert len(report.unchanged) == len(desk.entries(kind))
    assert desk.versions() == before


def test_the_workbook_is_made_to_be_filled_in(desk: Desk) -> None:
    varied(desk)
    book = desk.workbook()
    sheet = book[ANSWERS]
    cells = {row[0].value: row for row in sheet.iter_rows()}

    assert book.sheetnames == [ANSWERS, QUESTIONS, "说明"]
    assert [cell.value for cell in sheet[1]] == list(workbook_reader.COLUMNS[ANSWERS])
    assert sheet.freeze_panes == "B2"
    assert {str(rule.sqref)[0] for rule in sheet.data_validations.dataValidation} == {"B", "F"}
    answer = cells["store.phone"][3]
    assert (answer.data_type, answer.quotePrefix, answer.number_format) == ("s", True, "@")
    assert answer.alignment.wrap_text
    assert cells["store.new"][5].value == "草稿"
    assert cells["store.wechat"][5].value == "已停用"
    assert cells["store.address"][7].value == "2026-11-23 10:00:05"
    formulas = [c for s in book for row in s.iter_rows() for c in row if c.data_type == "f"]
    assert formulas == []


def test_an_import_is_live_and_the_second_changes_nothing(desk: Desk) -> None:
    book = small(
        [
            [
                "store.parking",
                "store",
                "停车",
                "随便停",
                "营业时间 -> store.hours\n预约试驾 → book_test_drive",
                "已发布",
            ],
            ["store.piano", None, "钢琴", "有钢琴。", "停车 -> store.parking"],
            ["store.cat", None, "猫", "有猫。", "钢琴 -> store.piano", "草稿"],
            ["store.wechat", "store", *_shown(desk, "store.wechat"), "已停用"],
            [
                "store.lounge",
                "store",
                "休息区",
                "元旦休息",
                None,
                "已发布",
                datetime(2027, 1, 1),
                "2027-01-03 09:00",
            ],
        ],
        [["store.parking", "能停多久"], ["store.parking", "收不收停车费"], ["store.phone", "号码多少"]],
    )
    lounge = desk.store.current().faq["store.lounge"].answer
    report = desk.takes(book)

    assert report.added == ["store.piano"]
    assert report.changed == ["store.parking", "store.lounge", "store.phone"]
    assert (report.drafts, report.retired) == (["store.cat"], ["store.wechat"])
    faq = desk.store.current().faq
    assert [(b.title, b.topic, b.intent) for b in faq["store.parking"].buttons] == [
        ("营业时间", "store.hours", None),
        ("预约试驾", None, "book_test_drive"),
    ]
    assert faq["store.parking"].questions == ("能停多久", "收不收停车费")
    assert faq["store.phone"].questions == ("号码多少",)
    assert faq["store.piano"].category == "store"
    assert faq["store.lounge"].answer == lounge
    assert not {"store.cat", "store.wechat"} & faq.keys()
    [planned] = desk.entry("store.lounge").planned
    assert (planned.data["answer"], planned.author, planned.note) == ("元旦休息", "li", "导入")
    before = desk.versions()
    assert len(desk.takes(book).unchanged) == 6
    assert desk.versions() == before


@pytest.mark.parametrize(("by", "draft"), [(XIAO, False), (LI, True)])
def test_drafts_are_not_live(desk: Desk, by: Editor, draft: bool) -> None:
    book = small([["store.parking", "store", "停车", "随便停"]])
    for expected in (["store.parking"], []):
        assert desk.takes(book, by, draft).drafts == expected

    assert desk.store.current().faq["store.parking"].answer != "随便停"
    drafts = desk.entry("store.parking").drafts
    assert [(d.author, d.data["answer"]) for d in drafts] == [(by.name, "随便停")]


def test_questions_that_are_not_mentioned_stay(desk: Desk) -> None:
    desk.edit("store.parking", {"questions": ["能停多久"]})
    desk.takes(small([["store.parking", "store", "停车", "随便停"]]))

    assert desk.store.current().faq["store.parking"].questions == ("能停多久",)


def _set(cell: str, value: Any, sheet: str = ANSWERS) -> Callable[[Any], None]:
    def change(book: Any) -> None:
        book[sheet][cell] = value

    return change


def _merge(book: Any) -> None:
    book[ANSWERS].merge_cells("C3:C4")


def _array(book: Any) -> None:
    from openpyxl.worksheet.formula import ArrayFormula

    book[ANSWERS]["D3"] = ArrayFormula("D3", "=SUM(1)")


FAULTS: dict[str, tuple[Callable[[Any], None], str]] = {
    "unknown sheet": (lambda book: book.create_sheet("价格"), "工作表“价格”：不认识这个工作表"),
    "missing sheet": (lambda book: book.remove(book[ANSWERS]), "缺少工作表“问答”"),
    "unknown column": (_set("I1", "备注"), "工作表“问答”第 1 行：不认识“备注”这一列"),
    "missing column": (_set("D1", None), "工作表“问答”第 1 行：缺少列：答案"),
    "column twice": (_set("C1", "答案"), "工作表“问答”第 1 行：“答案”这一列出现了两次"),
    "no header": (_set("K3", "什么"), "工作表“问答”第 3 行：第 11 列没有表头，却有内容"),
    "merged cells": (_merge, "工作表“问答”第 3 行：有合并的单元格（C3:C4）"),
    "number": (_set("C3", 2026), "工作表“问答”第 3 行：“标题”是数字，应为文本"),
    "date": (_set("D3", datetime(2026, 12, 1)), "工作表“问答”第 3 行：“答案”是日期，应为文本"),
    "truth": (_set("D3", True), "工作表“问答”第 3 行：“答案”是逻辑值，应为文本"),
    "formula": (_set("D3", "=1+1"), "工作表“问答”第 3 行：“答案”是公式，应为文本"),
    "array formula": (_array, "工作表“问答”第 3 行：“答案”是公式，应为文本"),
    "error value": (_set("D3", "#REF!"), "工作表“问答”第 3 行：“答案”是错误值"),
    "no id": (_set("A3", None), "工作表“问答”第 3 行：缺少 id"),
    "bad id": (_set("A3", "店 停车"), "工作表“问答”第 3 行：“店 停车”不能用作编号"),
    "id twice": (_set("A3", "store.hours"), "工作表“问答”第 3 行：id “store.hours”与工作表“问答”第 2 行重复"),
    "empty answer": (_set("D3", "  "), "工作表“问答”第 3 行：答案是空的"),
    "unknown variable": (_set("D3", "在 {nowhere}"), "工作表“问答”第 3 行：没有变量 {nowhere}"),
    "dangling button": (
        _set("E3", "去 -> no.where"),
        "工作表“问答”第 3 行：按钮“去”指向的主题“no.where”不存在",
    ),
    "button without target": (_set("E3", "去这里"), "工作表“问答”第 3 行：按钮“去这里”要写成"),
    "unknown status": (_set("F3", "上线"), "工作表“问答”第 3 行：状态“上线”不对"),
    "bad time": (_set("G3", "明天"), "工作表“问答”第 3 行：“生效”要写成"),
    "bad version": (_set("I3", "新"), "工作表“问答”第 3 行：“版本”要是导出时的版本号"),
    "number as time": (_set("G3", 45000), "工作表“问答”第 3 行：“生效”要写成"),
    "over already": (_set("H3", "2020-01-01"), "工作表“问答”第 3 行：失效时间已经过了"),
    "retired and changed": (_set("F3", "已停用"), "工作表“问答”第 3 行：已停用的主题不能同时改内容"),
    "question of nothing": (_set("A2", "no.where", QUESTIONS), "工作表“问法”第 2 行：主题“no.where”不存在"),
    "question as number": (_set("B2", 5, QUESTIONS), "工作表“问法”第 2 行：“问法”是数字，应为文本"),
    "empty question": (_set("B2", None, QUESTIONS), "工作表“问法”第 2 行：问法是空的"),
}


@pytest.mark.parametrize(("change", "fault"), FAULTS.values(), ids=FAULTS.keys())
def test_a_faulty_workbook_is_refused_with_its_place(
    desk: Desk, change: Callable[[Any], None], fault: str
) -> None:
    book = small(
        [["store.hours", "store", "营业时间", "新的"], ["store.parking", "store", "停车", "新的"]],
        [["store.hours", "几点开"]],
    )
    change(book)
    before = desk.versions()

    with pytest.raises(ImportRefused) as raised:
        desk.takes(book)
    assert [found for found in raised.value.faults if found.startswith(fault)], raised.value.faults
    assert desk.versions() == before
    assert desk.store.current().faq["store.hours"].answer != "新的"


def test_all_faults_are_listed_in_the_order_of_the_rows(desk: Desk) -> None:
    book = small(
        [
            ["store.hours", "store", "营业时间", "{nope} {nope2}", "去 -> no.where"],
            ["store.parking", "store", 5, "新的"],
            ["store.phone", "store", "", "", None, "?"],
        ]
    )
    with pytest.raises(ImportRefused) as raised:
        desk.takes(book)

    faults = raised.value.faults
    assert len(faults) == 5
    assert [fault.partition("行")[0][-2] for fault in faults] == ["2", "2", "2", "3", "4"]


def _zip(*parts: tuple[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts:
            archive.writestr(name, data)
    return stream.getvalue()


def _with_entities() -> bytes:
    source = io.BytesIO(saved(small([["store.hours", "store", "营业时间", "新的"]])))
    bomb = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>'
    with zipfile.ZipFile(source) as archive:
        parts = [(name, archive.read(name)) for name in archive.namelist()]
    return _zip(*((n, bomb + d.partition(b"?>")[2] if "sheet1" in n else d) for n, d in parts))


def _cut() -> bytes:
    data = saved(small([["store.hours", "store", "营业时间", "新的"]]))
    return data[: len(data) // 2]


LOCKED = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)
NO_WORKBOOKS: dict[str, tuple[Callable[[], bytes], str]] = {
    "nothing": (lambda: b"", "文件是空的"),
    "text": (lambda: "id,标题".encode(), "文件不是 Excel 工作簿"),
    "another archive": (lambda: _zip(("a.txt", b"a")), "文件不是 Excel 工作簿"),
    "broken": (_cut, "文件不是 Excel 工作簿"),
    "hollow": (lambda: _zip(("[Content_Types].xml", b"<Types/>")), "文件不是有效的 Excel 工作簿"),
    "password": (lambda: LOCKED + "EncryptedPackage".encode("utf-16-le"), "文件有密码保护"),
    "old format": (lambda: LOCKED, "文件是旧的 .xls 格式"),
    "too large": (lambda: b"PK" + bytes(workbook_reader.LARGEST_FILE), "文件超过 5 MB"),
    "bomb": (lambda: _zip(("xl/a.xml", bytes(30 * 1024 * 1024))), "文件解压后太大"),
    "entities": (_with_entities, "不允许的 XML 声明"),
    "no rows": (lambda: saved(small([])), "工作簿是空的"),
    "no sheets of ours": (lambda: saved(Workbook()), "不认识这个工作表"),
}


@pytest.mark.parametrize(("data", "fault"), NO_WORKBOOKS.values(), ids=NO_WORKBOOKS.keys())
def test_what_is_no_workbook_is_said_so(data: Callable[[], bytes], fault: str) -> None:
    rows, faults = read_workbook(data())

    assert rows == []
    assert [found for found in faults if fault in found], faults


def test_a_format_on_the_last_row_of_the_sheet_costs_nothing(desk: Desk) -> None:
    book = small([["store.hours", "store", "营业时间", "新的"]])
    book[ANSWERS]["XFD1048576"].number_format = "@"

    assert desk.takes(book).changed == ["store.hours"]


NO_YAML = {
    b"entries: [": "第 1 行不是有效的 YAML",
    b"\xff": "文件不是有效的 YAML",
    b"": "要有“entries:”",
    b"entries: []": "要有“entries:”",
    b"entries: [{title: a}]": "第 1 条：缺少 id",
    b"entries: [{id: a.b, title: a, answer: b}, {id: a.b}]": "第 2 条（a.b）：与第 1 条（a.b）重复",
    b"entries: [{id: a.b, title: 5, answer: b}]": "第 1 条（a.b）：标题必须是文字",
    b"entries: [{id: a.b, title: a, answer: '{x}'}]": "第 1 条（a.b）：没有变量 {x}",
    b"entries: [{id: a.b, title: a}]": "第 1 条（a.b）：答案是空的",
    b"entries: [{id: a.b, title: a, answer: b, status: open}]": "第 1 条（a.b）：status 只能是",
    b"entries: [{id: a.b, title: a, answer: b, valid_until: x}]": "第 1 条（a.b）：valid_until 要写成",
    b"entries: [{id: a.b, title: a, answer: b, price: 1}]": "第 1 条（a.b）：没有“price”这个字段",
}


@pytest.mark.parametrize(("data", "fault"), NO_YAML.items(), ids=range(len(NO_YAML)))
def test_a_faulty_yaml_file_is_refused_with_its_place(desk: Desk, data: bytes, fault: str) -> None:
    with pytest.raises(ImportRefused) as raised:
        desk.takes_yaml(data)

    assert [found for found in raised.value.faults if found.startswith(fault)], raised.value.faults


def _shown(desk: Desk, id_: str) -> tuple[str, str, str]:
    """Title, answer and buttons as the export has them."""
    rows = desk.workbook()[ANSWERS].iter_rows(values_only=True)
    [row] = [row for row in rows if row[0] == id_]
    return row[2], row[3], row[4]
