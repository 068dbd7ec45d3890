"""A copy of the content files that a test may break or change."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from bot.settings import ROOT

Change = Callable[[str], str]


def copied(folder: Path) -> Path:
    """The content files again, in ``folder``."""
    for name in ("dealership", "faq"):
        shutil.copytree(ROOT / name, folder / name)
    return folder


def replaced(old: str, new: str) -> Change:
    def change(text: str) -> str:
        assert old in text, f"{old!r} is no longer in the file"
        return text.replace(old, new, 1)

    return change


def appended(more: str) -> Change:
    return lambda text: text.rstrip("\n") + "\n" + more + "\n"


def edit(root: Path, file: str, change: Change) -> None:
    path = root / file
    path.write_text(change(path.read_text("utf-8")), "utf-8")
