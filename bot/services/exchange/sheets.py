"""Tables that a dealer's system writes: CSV, or the first sheet of an Excel workbook. Nothing in them is trusted."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from pathlib import PurePath
from typing import Any
from xml.etree.ElementTree import ParseError

from openpyxl import Workbook, load_workbook
from openpyxl.styles import Font
from openpyxl.utils.exceptions import InvalidFileException

from bot.domain.errors import ImportRefused, InvalidInput
from bot.services.content.workbook_reader import container_problem
from bot.services.exchange.csv_files import CsvRow, csv_bytes, plain_cell, read_csv, rows_of
from bot.services.texts import is_storable

MOST_ROWS = 50_000
_AS_TEXT = "@"


def read_table(name: str, data: bytes, headers: Mapping[str, str], required: Collection[str]) -> list[CsvRow]:
    """The rows of a .csv or .xlsx that are not blank, every cell as text; days as 2026-11-28.

    ``headers``: every way to write a column, by its folded text. Raises ``ImportRefused`` for a file that is no such
    table, ``InvalidInput`` for one that ends otherwise.
    """
    kind = _kind(name)
    if kind == ".csv":
        rows = read_csv(name, data, headers, required)
    else:
        rows = rows_of(name, _cells_of_workbook(name, data), headers, required)
    if len(rows) > MOST_ROWS:
        raise ImportRefused(name, (f"超过 {MOST_ROWS} 行，请分成几个文件",))
    return rows


def table_bytes(
    name: str, columns: Sequence[str], rows: Iterable[Mapping[str, str]], text: Collection[str] = ()
) -> bytes:
    """The same the other way round, by the ending of ``name``. Raises ``InvalidInput``."""
    if _kind(name) == ".csv":
        return csv_bytes(columns, rows, text)
    book = Workbook()
    sheet: Any = book.active
    for column, title in enumerate(columns, start=1):
        sheet.cell(1, column, title).font = Font(bold=True)
    for number, row in enumerate(rows, start=2):
        for column, title in enumerate(columns, start=1):
            _write(sheet.cell(number, column), row.get(title, ""))
    sheet.freeze_panes = "A2"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _kind(name: str) -> str:
    kind = PurePath(name).suffix.lower()
    if kind not in (".csv", ".xlsx"):
        raise InvalidInput(f"{PurePath(name).name} must end with .csv or .xlsx")
    return kind


def _write(cell: Any, text: str) -> None:
    """A text as a text: a telephone is no number, "=1+1" no formula."""
    cell.number_format = _AS_TEXT
    if text:
        cell.value, cell.data_type, cell.quotePrefix = text, "s", text[0] in "=+-@"


def _cells_of_workbook(name: str, data: bytes) -> list[list[str]]:
    problem = container_problem(data)
    if problem:
        raise ImportRefused(name, (problem,))
    try:
        book = load_workbook(io.BytesIO(data), data_only=False, keep_links=False)
    except (InvalidFileException, ParseError, zipfile.BadZipFile, ValueError, KeyError, TypeError, OSError):
        raise ImportRefused(name, ("文件不是有效的 Excel 工作簿（.xlsx），或者已经损坏",)) from None
    except Exception as error:  # openpyxl has no base for its errors: whatever a broken file makes it raise
        words = f"文件无法读取（{type(error).__name__}），请用 Excel 另存为 .xlsx 再试"
        raise ImportRefused(name, (words,)) from error
    # Not sheet.iter_rows, which makes a cell for every place up to the last one.
    filled = [sheet for sheet in book.worksheets if any(c.value is not None for c in sheet._cells.values())]
    return _table(name, filled[0]) if filled else []


def _table(name: str, sheet: Any) -> list[list[str]]:
    cells = {place: cell for place, cell in sheet._cells.items() if cell.value not in (None, "")}
    rows, columns = (max(place[axis] for place in cells) for axis in (0, 1))
    if rows > MOST_ROWS + 1 or columns > len(cells):
        raise ImportRefused(name, (f"表格太大，最多 {MOST_ROWS} 行",))
    faults: list[str] = []
    table = [[""] * columns for _ in range(rows)]
    for (row, column), cell in sorted(cells.items()):
        try:
            table[row - 1][column - 1] = _text(cell)
        except ValueError as error:
            faults.append(f"第 {row} 行：{cell.coordinate} {error}")
    if faults:
        raise ImportRefused(name, tuple(faults))
    return table


def _text(cell: Any) -> str:
    """Raises ``ValueError`` with the reason in Chinese."""
    value = cell.value
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, int | float):
        return str(int(value)) if value == int(value) else str(value)
    text = plain_cell(str(value))
    if cell.data_type == "e" or (cell.data_type == "f" and text.startswith("=")):
        raise ValueError("是公式或错误值，请改成文字或数字")
    if not is_storable(text):
        raise ValueError("有不能保存的字符")
    return text
