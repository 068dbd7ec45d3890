"""``python -m bot privacy``: a copy for a customer who asks, and deleting them."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from tests.commands.terminal import Run, booked, runner

PHONE, OTHER = "13812345678", "13900001111"


@pytest.fixture
def run(empty_home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.setattr("bot.commands.personal_data.prepare", lambda *_, **__: None)
    return runner(empty_home, monkeypatch, capsys)


def test_a_copy(run: Run, tmp_path: Path) -> None:
    booked(run)
    out = tmp_path / "copy.zip"
    code, said, _ = run("privacy", "export", PHONE, "--out", str(out))

    assert (code, PHONE in said) == (0, False)
    assert "138****5678" in said
    with zipfile.ZipFile(out) as packed:
        data = json.loads(packed.read("data.json"))
    assert data["data"]["预约"][0]["phone"] == PHONE
    assert out.stat().st_mode & 0o077 == 0


def test_deleting(run: Run) -> None:
    booked(run, "--at", "2026-11-29 10:00", "--phone", OTHER)
    told = run("privacy", "delete", OTHER, "--dry-run")
    refused = run("privacy", "delete", OTHER)
    gone = run("privacy", "delete", OTHER, "--force")
    again = run("privacy", "delete", OTHER, "--force")

    assert (told[0], "预约 1" in told[1], "--force" in told[1]) == (0, True, True)
    assert (refused[0], "1 个未到店的预约" in refused[2]) == (1, True)
    assert (gone[0], "预约 1" in gone[1]) == (0, True)
    assert "没有 139****1111 的任何资料" in again[1]
    assert OTHER not in run("booking", "list")[1]


@pytest.mark.parametrize("phone", ["1381234567", "abc", "23812345678"])
def test_what_is_no_number(run: Run, phone: str) -> None:
    code, _, said = run("privacy", "delete", phone)
    assert (code, "11 digits" in said) == (1, True)
