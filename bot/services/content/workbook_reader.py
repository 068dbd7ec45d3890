"""Reads the staff's workbook. Nothing in it is trusted: all that is wrong is listed with sheet and row, in Chinese."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from xml.etree.ElementTree import ParseError

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from bot.domain.versions import Status
from bot.services.content.diff import ARROW, STATUS_WORDS, button_data
from bot.services.content.exchange import ImportRow
from bot.services.content.fields import moment_of
from bot.services.content.workbook import ANSWERS, COLUMNS, HELP, OPTIONAL, QUESTIONS

LARGEST_FILE = 5 * 1024 * 1024
LARGEST_UNPACKED = 20 * 1024 * 1024
MOST_PARTS = 500
MOST_ROWS = 20_000
_OLD_OR_LOCKED = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_WRONG_KINDS = {
    "n": "是数字，应为文本",
    "b": "是逻辑值，应为文本",
    "d": "是日期，应为文本",
    "f": "是公式，应为文本",
    "e": "是错误值",
}


@dataclass
class _Reading:
    """What was found so far."""

    rows: dict[str, ImportRow] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    def fault(self, sheet: str, row: int | None, reason: str) -> None:
        self.faults.append(place(sheet, row) + f"：{reason}")


def read_workbook(data: bytes) -> tuple[list[ImportRow], list[str]]:
    """The rows, and all faults of form; with a fault the rows are not to be used."""
    reading = _Reading()
    problem = container_problem(data)
    if problem:
        return [], [problem]
    try:
        book = load_workbook(io.BytesIO(data), data_only=False, keep_links=False)
    except (InvalidFileException, ParseError, zipfile.BadZipFile, ValueError, KeyError, TypeError, OSError):
        return [], ["文件不是有效的 Excel 工作簿（.xlsx），或者已经损坏"]
    except Exception as error:  # openpyxl has no base for its errors: whatever a broken file makes it raise
        return [], [f"文件无法读取（{type(error).__name__}），请用 Excel 另存为 .xlsx 再试"]
    for name in book.sheetnames:
        if name not in (ANSWERS, QUESTIONS, HELP):
            reading.fault(name, None, f"不认识这个工作表，只能有“{ANSWERS}”“{QUESTIONS}”“{HELP}”")
    if ANSWERS not in book.sheetnames:
        reading.faults.append(f"缺少工作表“{ANSWERS}”")
    for name, read in ((ANSWERS, _read_answers), (QUESTIONS, _read_questions)):
        if name in book.sheetnames:
            read(reading, book[name])
    if not reading.rows and not reading.faults:
        reading.faults.append("工作簿是空的，没有可以导入的内容")
    return list(reading.rows.values()), reading.faults


def place(sheet: str, row: int | None = None) -> str:
    """ "工作表“问答”第 7 行" """
    return f"工作表“{sheet}”" + (f"第 {row} 行" if row else "")


def container_problem(data: bytes) -> str | None:
    """What keeps the file from being opened at all: size, password, or that it is something else."""
    if not data:
        return "文件是空的"
    if len(data) > LARGEST_FILE:
        return f"文件超过 {LARGEST_FILE // 1024 // 1024} MB，太大了"
    if data.startswith(_OLD_OR_LOCKED):
        if "EncryptedPackage".encode("utf-16-le") in data:
            return "文件有密码保护，请先取消密码再导入"
        return "文件是旧的 .xls 格式或有密码保护，请另存为没有密码的 .xlsx"
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return _archive_problem(archive)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, ValueError, zlib.error):
        return "文件不是 Excel 工作簿（.xlsx）"


def _archive_problem(archive: zipfile.ZipFile) -> str | None:
    parts = archive.infolist()
    if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > LARGEST_UNPACKED:
        return "文件解压后太大，拒绝导入"
    if any(part.flag_bits & 1 for part in parts):
        return "文件有密码保护，请先取消密码再导入"
    if "[Content_Types].xml" not in archive.namelist():
        return "文件不是 Excel 工作簿（.xlsx）"
    for part in parts:
        with archive.open(part) as opened:
            beginning = opened.read(4096).replace(b"\0", b"")
        if b"<!DOCTYPE" in beginning or b"<!ENTITY" in beginning:
            return "文件里有不允许的 XML 声明，拒绝导入"
    return None


def _read_answers(reading: _Reading, sheet: Any) -> None:
    for number, cells in _table(reading, sheet):
        before = len(reading.faults)
        texts = {name: _text(reading, sheet, number, name, cells.get(name)) for name in COLUMNS[ANSWERS][:6]}
        id_ = (texts["id"] or "").strip()
        if not id_ and "id" not in cells:
            reading.fault(sheet.title, number, "缺少 id")
        if not id_:
            continue
        if id_ in reading.rows:
            reading.fault(sheet.title, number, f"id “{id_}”与{reading.rows[id_].place}重复")
            continue
        fields: dict[str, Any] = {"title": (texts["标题"] or "").strip(), "answer": texts["答案"] or ""}
        if (texts["分类"] or "").strip():
            fields["category"] = (texts["分类"] or "").strip()
        fields["buttons"] = _buttons(reading, sheet, number, texts["按钮"] or "")
        validity = {
            "valid_from": _moment(reading, sheet, number, "生效", cells.get("生效")),
            "valid_until": _moment(reading, sheet, number, "失效", cells.get("失效")),
        }
        status = _status(reading, sheet, number, texts["状态"] or "")
        version = _version(reading, sheet, number, cells.get("版本"))
        readable = len(reading.faults) == before
        row = ImportRow(place(sheet.title, number), id_, fields, validity, status, readable, version)
        reading.rows[id_] = row


def _read_questions(reading: _Reading, sheet: Any) -> None:
    """The questions of each id, in the order of the rows; an id that no row names keeps its own."""
    questions: dict[str, dict[str, int]] = {}
    for number, cells in _table(reading, sheet):
        before = len(reading.faults)
        id_ = (_text(reading, sheet, number, "id", cells.get("id")) or "").strip()
        question = (_text(reading, sheet, number, "问法", cells.get("问法")) or "").strip()
        if not id_ or not question:
            if len(reading.faults) == before:
                reading.fault(sheet.title, number, "缺少 id" if not id_ else "问法是空的")
            continue
        known = questions.setdefault(id_, {})
        if question in known:
            reading.fault(sheet.title, number, f"问法与第 {known[question]} 行重复")
        known.setdefault(question, number)
    for id_, asked in questions.items():
        row = reading.rows.get(id_)
        if row is None:
            first = min(asked.values())
            row = reading.rows[id_] = ImportRow(place(sheet.title, first), id_, {}, {}, None)
        row.fields["questions"] = list(asked)


def _table(reading: _Reading, sheet: Any) -> Iterator[tuple[int, dict[str, Any]]]:
    """The rows below the header that have anything in them, as cells by column."""
    filled: dict[int, dict[int, Any]] = {}
    # Not sheet.iter_rows: it makes a cell for every place up to the last one, and a format on the last row of the
    # sheet would make seventeen thousand million of them.
    for (row, column), cell in sheet._cells.items():
        if cell.value is not None and (not isinstance(cell.value, str) or cell.value.strip()):
            filled.setdefault(row, {})[column] = cell
    for merged in sheet.merged_cells.ranges:
        reading.fault(sheet.title, merged.min_row, f"有合并的单元格（{merged.coord}），请取消合并")
    names = _header(reading, sheet, filled.pop(1, {}))
    if names is None:
        return
    if len(filled) > MOST_ROWS:
        reading.fault(sheet.title, None, f"超过 {MOST_ROWS} 行，太多了")
        return
    for number in sorted(filled):
        stray = sorted(set(filled[number]) - set(names))
        if stray:
            reading.fault(sheet.title, number, f"第 {stray[0]} 列没有表头，却有内容")
        yield number, {names[column]: cell for column, cell in filled[number].items() if column in names}


def _header(reading: _Reading, sheet: Any, cells: dict[int, Any]) -> dict[int, str] | None:
    """The columns by number; None where one is missing."""
    names: dict[int, str] = {}
    for column, cell in sorted(cells.items()):
        name = str(cell.value).strip()
        if name not in COLUMNS[sheet.title]:
            reading.fault(sheet.title, 1, f"不认识“{name}”这一列")
        elif name in names.values():
            reading.fault(sheet.title, 1, f"“{name}”这一列出现了两次")
        else:
            names[column] = name
    missing = [name for name in COLUMNS[sheet.title] if name not in {*names.values(), *OPTIONAL}]
    if missing:
        reading.fault(sheet.title, 1, f"缺少列：{'、'.join(missing)}")
    return None if missing else names


def _text(reading: _Reading, sheet: Any, number: int, column: str, cell: Any) -> str | None:
    """A cell's text with line ends as we store them; None with a fault for anything else than a text."""
    if cell is None:
        return None
    if cell.data_type not in ("s", "inlineStr") or not isinstance(cell.value, str):
        reason = _WRONG_KINDS.get("f" if cell.data_type == "f" else cell.data_type, "不是文本")
        reading.fault(sheet.title, number, f"“{column}”{reason}")
        return None
    return re.sub(r"_x000D_|\r", "", cell.value)


def _moment(reading: _Reading, sheet: Any, number: int, column: str, cell: Any) -> datetime | None:
    if cell is None:
        return None
    value = cell.value
    if cell.data_type != "f" and not isinstance(value, bool | int | float | time | timedelta):
        try:
            return moment_of(value if isinstance(value, datetime | date) else str(value))
        except ValueError:
            pass
    reading.fault(sheet.title, number, f"“{column}”要写成 2026-12-01 09:00 这样的时间")
    return None


def _version(reading: _Reading, sheet: Any, number: int, cell: Any) -> int | None:
    """The number that was exported, as a text or as a number; None for an empty cell."""
    if cell is None:
        return None
    text = str(cell.value).strip()
    if cell.data_type in ("s", "inlineStr", "n") and re.fullmatch(r"[0-9]{1,9}", text):
        return int(text)
    reading.fault(sheet.title, number, "“版本”要是导出时的版本号（整数），或者留空")
    return None


def _status(reading: _Reading, sheet: Any, number: int, text: str) -> Status:
    for status, words in STATUS_WORDS.items():
        if text.strip() in (words, status.value):
            return status
    if text.strip():
        words = "、".join(STATUS_WORDS.values())
        reading.fault(sheet.title, number, f"状态“{text.strip()}”不对，只能是{words}")
    return Status.APPROVED


def _buttons(reading: _Reading, sheet: Any, number: int, text: str) -> list[dict[str, Any]]:
    buttons = []
    for line in filter(str.strip, text.split("\n")):
        button = button_data(line)
        if button is None:
            reading.fault(sheet.title, number, f"按钮“{line.strip()}”要写成“按钮文字 {ARROW} 去处”")
        else:
            buttons.append(button)
    return buttons
