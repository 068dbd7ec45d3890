"""``python -m bot staff``: the accounts of the staff at the terminal."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path

import pytest

from bot.domain.errors import NotAllowed
from bot.services.staff import log_in
from bot.store.database import Database
from tests.commands.terminal import Run
from tests.server import CLOCK

ADD = ("staff", "add", "linxiao", "--name", "林晓", "--role", "consultant", "--resource", "east-adviser-1")
NOW = datetime.fromisoformat(CLOCK)


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.commands.staff_accounts.prepare", lambda *_, **__: None)


def signs_in(home: Path, password: str) -> bool:
    database = Database(f"sqlite:///{home / 'zhanting.db'}")
    try:
        return bool(log_in(database, "linxiao", password, NOW))
    except NotAllowed:
        return False
    finally:
        database.close()


def told_password(out: str) -> str:
    found = re.search(r"密码：(\S+)", out)
    assert found, out
    return found[1]


def test_somebody_is_added_switched_off_and_on_and_gets_a_new_password(run: Run, tmp_path: Path) -> None:
    code, out, err = run(*ADD, "--skill", "sales", "--skill", "complaint", "--store", "east")
    assert (code, err) == (0, "")
    first = told_password(out)
    assert signs_in(tmp_path, first)

    assert "已停用" in run("staff", "off", "linxiao")[1]
    assert not signs_in(tmp_path, first)
    assert "已停用" in run("staff", "list")[1]
    assert "已启用" in run("staff", "on", "linxiao")[1]
    second = told_password(run("staff", "password", "linxiao")[1])
    assert [signs_in(tmp_path, password) for password in (first, second)] == [False, True]

    listed = run("staff", "list")[1]
    assert re.search(r"linxiao\s+林晓\s+销售顾问\s+销售、投诉\s+east\s+east-adviser-1", listed)
    assert "共 1 人" in listed


def test_what_cannot_be_is_told_in_one_line(run: Run) -> None:
    run(*ADD)
    for arguments, words in (
        (ADD, "已经有人用了"),
        (("staff", "add", "X", "--name", "某", "--role", "manager", "--store", "moon"), "没有这家门店"),
        (("staff", "off", "nobody"), "no such user"),
        (("staff", "password", "nobody"), "no such user"),
    ):
        code, out, err = run(*arguments)
        assert (code, out) == (1, "")
        assert words in err
        assert err.count("\n") == 1
