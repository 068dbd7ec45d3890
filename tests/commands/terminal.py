"""The commands as somebody at the terminal gives them, in this process, on an installation of their own."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.__main__ import main
from tests.installations import filled_database
from tests.server import CLOCK

Run = Callable[..., tuple[int, str, str]]
BOOK = ("booking", "book", "--kind", "test_drive", "--model", "x5", "--store", "east", "--name", "王小明")
TWO = ("--at", "2026-11-28 14:00", "--phone", "13812345678")


def new_home(home: Path) -> Path:
    database, _ = filled_database(home)
    database.close()
    Path(database.url.removeprefix("sqlite:///")).rename(home / "zhanting.db")
    return home


def runner(home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.setenv("ZHANTING_HOME", str(home))
    for module in ("bookings", "customer_files", "dealership_content", "reaching_out"):
        monkeypatch.setattr(f"bot.commands.{module}.prepare", lambda *_, **__: None)
    for name in ("stdin", "stdout", "stderr"):
        monkeypatch.setattr(f"sys.{name}.reconfigure", lambda **_: None, raising=False)

    def command(*arguments: str, now: str = CLOCK) -> tuple[int, str, str]:
        monkeypatch.setenv("ZHANTING_CLOCK", now)
        code = main(list(arguments))
        said = capsys.readouterr()
        return code, said.out, said.err

    return command


def booked(run: Run, *more: str) -> str:
    """Book, and give the code."""
    code, out, err = run(*BOOK, *(more or TWO))
    assert (code, err) == (0, "")
    found = re.search(r"预约码：(\w+)", out)
    assert found, out
    return found[1]
