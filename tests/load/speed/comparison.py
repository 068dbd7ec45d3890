"""Measures stock, ours, and both in turn under load; prints one table, and writes docs/performance.md."""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from tests.load.page import PERFORMANCE, write_section
from tests.load.speed.figures import WHOLE, Figures, Size, read_figures
from tests.load.speed.plot import draw
from tests.load.speed.project import StockProject
from tests.load.speed.report import notes, rows, table
from tests.load.speed.rounds import measure_loads, require_memory
from tests.load.speed.sides import machine, measure_ours, measure_stock
from tests.understanding.evaluation.cache import cache_folder

PLOT = PERFORMANCE.parent / "images" / "speed-turns.svg"
OVERHEAD_MINUTES = 25
"""Of a whole run with a trained stock model, beside the two mixed loads."""


def compare(stock_is_kept: bool, size: Size) -> None:
    """With kept figures of stock, ours alone is measured. Only a whole run writes the page."""
    project = None if stock_is_kept else StockProject()
    with tempfile.TemporaryDirectory(prefix="zhanting-speed-") as name:
        folder = Path(name)
        stock = _stock(project, folder / "stock", size)
        ours = measure_ours(folder / "ours", size, _tell, stock.questions)
        measure_loads(ours, stock, project, folder / "loads", _tell)
    if project:
        stock.save(_kept("stock", stock))
    ours.save(_kept("ours", ours))
    text = f"{table(rows(ours, stock))}\n\n{notes(ours, stock, stock_is_kept)}"
    sys.stdout.write(f"\n{text}\n")
    if size.turns >= WHOLE.turns:
        write_section(
            "speed", f"{text}\n\n![turn time over conversation length](images/{PLOT.name})", PERFORMANCE
        )
        draw(PLOT, ours.turns, stock.turns)


def _stock(project: StockProject | None, home: Path, size: Size) -> Figures:
    """Measured, or without a project the newest figures of this machine and size; raises SystemExit without any."""
    if project is None:
        found = sorted(_folder().glob(f"stock-*{_suffix(size)}.json"), key=lambda path: path.stat().st_mtime)
        for path in reversed(found):
            if read_figures(path).machine == machine():
                return read_figures(path)
        raise SystemExit("stock was never measured on this machine; run without STOCK=cached")
    require_memory()
    project.train(_tell)
    _tell(f"about {OVERHEAD_MINUTES + 2 * size.mixed_seconds / 60:.0f} min: stock, ours, both in turn")
    return measure_stock(project, home, size, _tell)


def _kept(side: str, figures: Figures) -> Path:
    return _folder() / f"{side}-{figures.data or 'now'}{_suffix(figures.size)}.json"


def _suffix(size: Size) -> str:
    return "-quick" if size.turns < WHOLE.turns else ""


def _folder() -> Path:
    folder = cache_folder() / "speed"
    folder.mkdir(exist_ok=True)
    return folder


def _tell(line: str) -> None:
    sys.stdout.write(f"{time.strftime('%H:%M:%S')} {line}\n")
    sys.stdout.flush()
