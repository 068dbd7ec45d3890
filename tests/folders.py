"""Where tests put what must not lie in pytest's own folder, and what runs that were killed left there."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from pathlib import Path

SYSTEM = Path(tempfile.gettempdir())
"""As it was before ``tests.conftest`` made the folder of the run the place for everything else."""


def postgres_folder() -> str:
    """For the data of a PostgreSQL server. It runs as a user of its own, from whom every new run of pytest hides its
    folders."""
    _remove_what_was_left()
    return tempfile.mkdtemp(prefix=f"zhanting-postgres-{os.getpid()}-", dir=SYSTEM)


def _remove_what_was_left() -> None:
    for folder in SYSTEM.glob("zhanting-postgres-*-*"):
        found = re.fullmatch(r"zhanting-postgres-(\d+)-.*", folder.name)
        if found and not Path(f"/proc/{found[1]}").exists() and Path("/proc/self").exists():
            shutil.rmtree(folder, ignore_errors=True)
