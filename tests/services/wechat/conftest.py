"""A database of each kind for each file of tests: every customer is somebody new."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.store import wechat_tables  # noqa: F401
from bot.store.database import Database
from tests.database import KINDS, open_database


@pytest.fixture(params=KINDS, scope="module")
def database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    folder: Path = tmp_path_factory.mktemp("wechat")
    database = open_database(request.param, folder)
    yield database
    database.close()
