"""Charts for the pages, as SVG: what is shown, and the process that draws it.

Matplotlib draws (``bot.console.drawing``), in a process of its own: a server that has loaded it keeps 30 MB more for
good. That process starts with the first chart, and ends with the server or when nobody looks at charts any more.
"""

from __future__ import annotations

import json
import logging
import select
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from markupsafe import Markup

ROOT = Path(__file__).resolve().parents[2]
LONGEST = 20.0
"""Seconds for the charts of a page; the first ever on a machine looks for its fonts."""
NOT_DRAWN = Markup('<p class="empty">图表暂时画不出来，请看数字。</p>')
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Bars:
    """Lines of a bar each, the first on top; ``seconds`` are drawn in front of them, shares of the same."""

    title: str
    values: Sequence[tuple[str, float]]
    seconds: Sequence[float] = ()


@dataclass(frozen=True)
class Line:
    """A line over periods; where nothing happened (None) it has a gap. ``target`` is drawn across."""

    title: str
    values: Sequence[tuple[str, float | None]]
    target: float | None = None


@dataclass(frozen=True)
class Heat:
    """A field of squares, the darker the more; columns are hours. ``description`` tells it in words."""

    title: str
    rows: Sequence[tuple[str, Sequence[int]]]
    description: str


Chart = Bars | Line | Heat


class Painter:
    """Has charts drawn. Safe to use from several threads, one page at a time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None

    def draw(self, charts: Mapping[str, Chart]) -> dict[str, Markup]:
        """Each chart as SVG, by its name; words in its place when drawing fails, which is logged."""
        wanted = json.dumps([{"kind": type(chart).__name__, **asdict(chart)} for chart in charts.values()])
        with self._lock:
            try:
                drawn = self._ask(wanted)
            except (OSError, ValueError):
                self._end()
                log.exception("charts could not be drawn")
                return dict.fromkeys(charts, NOT_DRAWN)
        return {name: Markup(svg) for name, svg in zip(charts, drawn, strict=True)}

    def _ask(self, wanted: str) -> list[str]:
        """Raises ``OSError`` or ``ValueError`` when there is no answer."""
        answer = self._said(wanted) if self._process else ""
        if not answer:  # none yet, or it ended for want of work just now
            self._end()
            self._process = _started()
            answer = self._said(wanted)
        drawn: list[str] = json.loads(answer)
        return drawn

    def _said(self, wanted: str) -> str:
        """A line; "" when the process has ended."""
        process: Any = self._process
        try:
            process.stdin.write(wanted + "\n")
            process.stdin.flush()
        except BrokenPipeError:
            return ""
        if not select.select([process.stdout], [], [], LONGEST)[0]:
            raise TimeoutError("the charts take too long")
        return str(process.stdout.readline())

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.communicate()


def _started() -> subprocess.Popen[str]:
    """In a session of its own: Ctrl+C at the server is not meant for it, it ends when its input does."""
    return subprocess.Popen(
        [sys.executable, "-m", "bot.console.drawing"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        encoding="utf-8",
        start_new_session=True,
    )


PAINTER = Painter()
