"""CSV that survives Excel: UTF-8 with a byte order mark, numbers kept as text, and no cell that runs as a formula.

Excel takes a cell that begins with =, +, - or @ for a formula (CWE-1236): such a cell is written with an apostrophe
before it, which reading takes away again. Cells that are "text" end with a tab, so that Excel leaves long
numbers alone; reading takes blanks off every cell. Files that Excel saved in China are often GB 18030, with
commas, semicolons or tabs between the cells.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from bot.domain.errors import ImportRefused
from bot.services.texts import is_storable

SURPLUS = "_surplus"
"""Stands among the cells of a row that has more of them than the header."""
LARGEST_FILE = 20 * 1024 * 1024
_GUARDED = re.compile(r"'*[=+\-@]")
_NEGATIVE = re.compile(r"-\d+(?:\.\d+)?", re.ASCII)
_UNGUARDED = re.compile(r"'(?='*[=+\-@])")


@dataclass(frozen=True)
class CsvRow:
    """A row by column name; ``number`` is the line of the sheet, as Excel counts it (the header is 1).

    ``is_too_long``: it has more cells than the header.
    """

    number: int
    cells: Mapping[str, str]
    is_too_long: bool = False


def csv_bytes(columns: Sequence[str], rows: Iterable[Mapping[str, str]], text: Collection[str] = ()) -> bytes:
    """A file for Excel; the columns in ``text`` hold numbers that are none, such as telephones."""
    return b"\xef\xbb\xbf" + csv_text(columns, rows, text).encode()


def csv_text(columns: Sequence[str], rows: Iterable[Mapping[str, str]], text: Collection[str] = ()) -> str:
    """The same without the byte order mark, for a pipe."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([_cell(row.get(name, ""), name in text) for name in columns])
    return out.getvalue()


def read_csv(name: str, data: bytes, headers: Mapping[str, str], required: Collection[str]) -> list[CsvRow]:
    """The rows that are not blank. ``headers``: every way to write a column, by its folded text.

    Raises ``ImportRefused`` for a file that is no such table.
    """
    text = _decoded(name, data)
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=False)
    try:
        table = [[plain_cell(cell) for cell in line] for line in lines]
    except csv.Error as error:
        raise ImportRefused(name, (f"文件不是有效的 CSV（{error}）",)) from error
    return rows_of(name, table, headers, required)


def rows_of(
    name: str, table: Sequence[Sequence[str]], headers: Mapping[str, str], required: Collection[str]
) -> list[CsvRow]:
    """The rows below the header that are not blank. Raises ``ImportRefused``."""
    columns = _columns(name, table[0] if table else [], headers, required)
    return [
        CsvRow(number, dict(zip(columns, line, strict=False)), any(line[len(columns) :]))
        for number, line in enumerate(table[1:], start=2)
        if any(line)
    ]


def _cell(value: str, is_text: bool) -> str:
    """One line; a guard before what Excel would run. A number less than zero is none of that."""
    plain = " ".join(value.split())
    runs = _GUARDED.match(plain) and not _NEGATIVE.fullmatch(plain)
    guarded = f"'{plain}" if runs else plain
    return f"{guarded}\t" if is_text and plain else guarded


def plain_cell(cell: str) -> str:
    """What a cell says, without what kept it as it is."""
    stripped = cell.strip().removeprefix("\ufeff")
    formula = re.fullmatch(r'="([^"]*)"', stripped)  # another way to keep a number as text
    return (
        formula[1] if formula else _UNGUARDED.sub("", stripped, count=1) if stripped[:1] == "'" else stripped
    )


def _decoded(name: str, data: bytes) -> str:
    if len(data) > LARGEST_FILE:
        raise ImportRefused(name, (f"文件超过 {LARGEST_FILE // 1024 // 1024} MB，太大了",))
    for encoding in ("utf-8-sig", "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if is_storable(text):
            return text
    raise ImportRefused(name, ("文件不是文本：请在 Excel 里另存为“CSV UTF-8”",))


def _delimiter(text: str) -> str:
    header = text.partition("\n")[0]
    return max(",;\t", key=header.count)


def _columns(
    name: str, header: Sequence[str], headers: Mapping[str, str], required: Collection[str]
) -> list[str]:
    known = [headers.get(" ".join(cell.split()).lower(), "") for cell in header]
    faults = [
        f"第 1 行：不认识“{cell}”这一列"
        for cell, column in zip(header, known, strict=True)
        if cell and not column
    ]
    faults += [
        f"第 1 行：“{column}”这一列出现了两次" for column in {*known} - {""} if known.count(column) > 1
    ]
    faults += [
        f"第 1 行：缺少“{_spoken(column, headers)}”这一列" for column in required if column not in known
    ]
    if faults:
        raise ImportRefused(name, tuple(faults))
    return known


def _spoken(column: str, headers: Mapping[str, str]) -> str:
    """A column as the header may name it: "kind（类型）"."""
    words = [word for word, meant in headers.items() if meant == column and not word.isascii()]
    return f"{column}（{words[0]}）" if words else column
