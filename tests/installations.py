"""Databases filled from the content files, each a copy of one that is made once."""

from __future__ import annotations

import atexit
import itertools
import shutil
import tempfile
from functools import lru_cache
from pathlib import Path

from bot.services.content.snapshot import ContentStore
from bot.services.installation import open_installation
from bot.settings import read_settings
from bot.store.database import Database

_numbers = itertools.count(1)


def filled_database(directory: Path) -> tuple[Database, ContentStore]:
    """A new SQLite database in ``directory`` with the demo dealership, and its content."""
    path = directory / f"filled-{next(_numbers)}.db"
    shutil.copy(_template(), path)
    database = Database(f"sqlite:///{path}")
    return database, ContentStore(database)


@lru_cache(maxsize=1)
def _template() -> Path:
    home = Path(tempfile.mkdtemp(prefix="zhanting-filled-"))
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    installation = open_installation(read_settings({"ZHANTING_HOME": str(home)}))
    installation.database.close()  # the last connection takes the write-ahead log into the file
    return home / "zhanting.db"
