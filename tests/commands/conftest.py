"""A terminal on Sunday 2026-11-22 at 10:00."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot import clock
from tests.commands.terminal import Run, new_home, runner


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Run]:
    """A command in this process, on an installation of its own, on Sunday 2026-11-22 at 10:00."""
    yield runner(new_home(tmp_path), monkeypatch, capsys)
    clock.clock.set(None)


@pytest.fixture(scope="module")
def empty_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An installation that nobody changes."""
    return new_home(tmp_path_factory.mktemp("home"))


@pytest.fixture
def try_out(
    empty_home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Run]:
    yield runner(empty_home, monkeypatch, capsys)
    clock.clock.set(None)
