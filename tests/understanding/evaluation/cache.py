"""Where results that take long are kept: outside git, by a hash of what they are made from."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.understanding.evaluation.rows import ROOT


def cache_folder() -> Path:
    """In the installation's home (`ZHANTING_HOME`, else ./var)."""
    home = os.environ.get("ZHANTING_HOME", "").strip()
    folder = (Path(home).expanduser() if home else ROOT / "var") / "eval-cache"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def cached(path: Path, make: Callable[[], Any]) -> Any:
    """The JSON at `path`, made where it is missing."""
    if not path.exists():
        made = json.dumps(make(), ensure_ascii=False)
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(f".{os.getpid()}")
        unfinished.write_text(made, "utf-8")
        unfinished.replace(path)
    return json.loads(path.read_text("utf-8"))
