"""``python -m bot outbox`` as somebody at the terminal meets it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot import clock
from bot.__main__ import main
from bot.domain.errors import DeliveryFailed
from bot.services.visits import Contact
from bot.store.database import Database
from tests.installations import filled_database
from tests.services.bookings import NOW, THREE, TWO, book
from tests.services.reminded import Post, at, send

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Run]:
    """An installation with a confirmation that failed and an event that waits."""
    filled, _ = filled_database(tmp_path)
    filled.close()
    Path(filled.url.removeprefix("sqlite:///")).rename(tmp_path / "zhanting.db")
    database = Database(f"sqlite:///{tmp_path / 'zhanting.db'}")
    at(NOW)
    book(database, make_code=lambda: "KHM374")
    gone = DeliveryFailed("the webhook answered 410", final=True, words="接收推送的系统回复了 410")
    send(database, Post([], [], [gone], listens=True))
    database.close()
    monkeypatch.setenv("ZHANTING_HOME", str(tmp_path))
    monkeypatch.setenv("ZHANTING_CLOCK", NOW.isoformat())
    monkeypatch.setattr("bot.commands.outbox_list.prepare", lambda *_, **__: None)
    for name in ("stdin", "stdout", "stderr"):
        monkeypatch.setattr(f"sys.{name}.reconfigure", lambda **_: None, raising=False)

    def run(*arguments: str) -> tuple[int, str, str]:
        code = main(["outbox", *arguments])
        said = capsys.readouterr()
        return code, said.out, said.err

    yield run
    clock.clock.set(None)


def test_what_failed_is_listed_with_its_visit_and_the_reason(run: Run) -> None:
    code, out, err = run("list")

    assert (code, err) == (0, "")
    assert re.search(
        r"^1 +新预约 +系统推送 +失败 +2026-11-22 10:00 +1 +KHM374 +接收推送的系统回复了 410$", out, re.M
    )
    assert out.endswith("共 1 条\n")


def test_it_is_sent_again(run: Run) -> None:
    assert run("retry", "1")[:2] == (0, "1 条失败的消息将马上重新发送\n")
    assert "待发送" in run("list", "--state", "pending")[1]
    code, _, err = run("retry", "1")
    assert (code, err) == (1, "zhanting: message 1 has not failed\n")
    assert run("retry", "--all")[1].startswith("0 条")


def test_what_failed_comes_first_then_what_is_due_soonest(run: Run, tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'zhanting.db'}")
    for start in (THREE, TWO - timedelta(days=1)):
        book(database, start, contact=Contact("李", "13812345670", "li@example.com"))
    database.close()

    failed, *waiting, _ = run("list")[1].splitlines()[2:]
    assert "失败" in failed
    times = re.findall(r"2026-11-\d\d \d\d:\d\d", "\n".join(waiting))
    assert times == sorted(times)
    assert len(times) == 10


def test_other_states(run: Run) -> None:
    assert run("list", "--state", "dropped")[1].endswith("共 0 条\n")
    assert re.search("新线索 +系统推送 +已发送", run("list", "--state", "sent")[1])
    assert run("list", "--state", "all")[1].endswith("共 2 条\n")
