"""Tables in the terminal, with Chinese characters counted as two columns."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence

GAP = "  "


def table(header: Sequence[str], rows: Iterable[Sequence[str]], widest: int = 60) -> str:
    """Columns under their headers; a cell is one line of at most ``widest`` columns, cut with "…"."""
    lines = [[_cut(" ".join(cell.split()), widest) for cell in row] for row in (header, *rows)]
    widths = [max(width(line[column]) for line in lines) for column in range(len(header))]
    shown = [
        GAP.join(cell + " " * (wide - width(cell)) for cell, wide in zip(line, widths, strict=True)).rstrip()
        for line in lines
    ]
    return "\n".join([shown[0], GAP.join("-" * wide for wide in widths), *shown[1:]])


def width(text: str) -> int:
    """Columns that a text takes."""
    return sum(
        0 if unicodedata.combining(char) else 1 + (unicodedata.east_asian_width(char) in "WF")
        for char in text
    )


def _cut(text: str, widest: int) -> str:
    if width(text) <= widest:
        return text
    kept = ""
    for char in text:
        if width(kept + char) > widest - 1:
            break
        kept += char
    return f"{kept}…"
