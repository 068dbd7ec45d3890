"""The parts of ``docs/booking.md``, ``handoff.md``, ``lifecycle.md``, ``performance.md``, ``wechat.md`` and ``workers.md`` that programs write.

Each stands between two markers.
"""

from __future__ import annotations

import os
import platform
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "booking.md"
HANDOFF, WECHAT = PAGE.with_name("handoff.md"), PAGE.with_name("wechat.md")
LIFECYCLE = PAGE.with_name("lifecycle.md")
WORKERS, PERFORMANCE = PAGE.with_name("workers.md"), PAGE.with_name("performance.md")


def write_section(name: str, text: str, path: Path = PAGE) -> None:
    """Replace what stands between the markers of ``name``, with a note of the machine. Raises ValueError without them."""
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    page = path.read_text("utf-8")
    before, _, rest = page.partition(begin)
    _, found, after = rest.partition(end)
    if not found:
        raise ValueError(f"{path.name} has no markers for {name}")
    note = f"Measured on {os.cpu_count()} shared cores, Python {platform.python_version()}."
    path.write_text(f"{before}{begin}\n{note}\n\n{text}\n{end}{after}", "utf-8")
