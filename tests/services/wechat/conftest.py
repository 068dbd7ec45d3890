"""A database of each kind, fresh for each test or shared by those of a file in which every customer is somebody new."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.store import wechat_tables  # noqa: F401
from bot.store.database import Database
from tests.database import KINDS, open_database


@pytest.fixture(params=KINDS)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    database = open_database(request.param, tmp_path)
    yield database
    database.close()


@pytest.fixture(params=KINDS, scope="module")
def shared(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    folder: Path = tmp_path_factory.mktemp("wechat")
    database = open_database(request.param, folder)
    yield database
    database.close()
