"""``python -m bot serve`` as a process: an empty home, mistakes in one line, signals, and a sudden death."""

from __future__ import annotations

import re
import shutil
import signal
import socket
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from bot.settings import ROOT
from tests.database import new_postgres_url
from tests.server import RunningServer, free_port, run_bot, start_server

pytestmark = pytest.mark.slow


def test_an_empty_home_a_password_and_ctrl_c(tmp_path: Path) -> None:
    server = start_server(tmp_path / "home", ZHANTING_ADMIN_PASSWORD="")
    password = re.search(r"admin / (\S{16,})", server.out)
    assert password
    login = {"username": "admin", "password": password[1]}
    assert server.client.post("/api/staff/login", json=login).status_code == 200
    assert _stored_hash(server).startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    server.rest("wang", "你好")

    listening = _listen(server)
    started = time.monotonic()
    server.process.send_signal(signal.SIGINT)
    time.sleep(0.2)
    assert server.stop(signal.SIGINT) == 0  # a second Ctrl-C, as people do
    assert time.monotonic() - started < 5
    listening.join(5)
    assert not listening.is_alive()
    assert server.out.endswith("已停止 … stopped\n")
    assert "Traceback" not in server.err


def _stored_hash(server: RunningServer) -> str:
    with closing(sqlite3.connect(server.home / "zhanting.db")) as database:
        return str(database.execute("SELECT password_hash FROM users").fetchone()[0])


@pytest.mark.postgres
def test_killed_in_the_middle_of_a_turn_it_answers_after_the_next_start(tmp_path: Path) -> None:
    url = new_postgres_url()
    first = start_server(tmp_path / "home", DATABASE_URL=url)
    visitor = first.visitor()
    visitor.send("我想周六上午十点去城东店试驾X5,我叫李雷,电话13900005555", "a")
    offered = visitor.wait_for_answer()
    for number in range(5):
        buttons = [button for message in offered for button in message["buttons"]]
        confirm = [button for button in buttons if "确认" in button["title"]]
        if confirm:
            break
        visitor.send(buttons[-2]["title"], f"b-{number}", payload=buttons[-2]["payload"])
        offered = visitor.wait_for_answer()
    visitor.send(confirm[0]["title"], "confirm", payload=confirm[0]["payload"])
    first.stop(signal.SIGKILL)

    second = start_server(tmp_path / "home", DATABASE_URL=url)
    again = type(visitor)(second, visitor.token)
    assert again.send(confirm[0]["title"], "confirm").json()["duplicate"] is True
    last = again.wait_for_answer()
    booked = second.client.get(
        "/api/staff/appointments", params={"phone": "13900005555"}, headers=second.staff()
    ).json()
    assert [m["client_id"] for m in last].count("confirm") == 1
    assert len(booked) == 1
    assert booked[0]["code"] in last[-1]["text"]
    assert second.stop() == 0


def test_a_port_in_use(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        _assert_one_line(
            tmp_path,
            f"port {taken.getsockname()[1]} on 127.0.0.1 cannot be used",
            PORT=str(taken.getsockname()[1]),
        )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "http"),
        ("PORT", "70000"),
        ("DATABASE_URL", "mysql://localhost/x"),
        ("ZHANTING_CLOCK", "yesterday"),
        ("ZHANTING_RATE_LIMIT", "maybe"),
        ("ZHANTING_ADMIN_PASSWORD", "short"),
        ("ZHANTING_LOG_LEVEL", "LOUD"),
        ("ZHANTING_MAX_MESSAGE_LENGTH", "0"),
    ],
)
def test_a_setting_that_cannot_be_used(tmp_path: Path, name: str, value: str) -> None:
    _assert_one_line(tmp_path, f"{name}={value!r} cannot be used: ", **{name: value})


def test_a_database_that_cannot_be_written(tmp_path: Path) -> None:
    path = tmp_path / "read-only.db"
    sqlite3.connect(path).execute("CREATE TABLE t (a)").connection.close()

    _assert_one_line(
        tmp_path,
        "attempt to write a readonly database",
        DATABASE_URL=f"sqlite:///file:{path}?mode=ro&uri=true",
    )


def test_a_broken_content_file(tmp_path: Path) -> None:
    root = tmp_path / "checkout"
    for folder in ("bot", "actions", "dealership", "faq"):
        shutil.copytree(ROOT / folder, root / folder, ignore=shutil.ignore_patterns("__pycache__"))
    path = root / "dealership" / "stores.yml"
    path.write_text(path.read_text("utf-8").replace("name: 城东店", "title: 城东店", 1), "utf-8")

    _assert_one_line(tmp_path, "dealership/stores.yml: entry east, field ", root)


@pytest.fixture
def stopped_early(tmp_path: Path) -> Iterator[RunningServer]:
    server = start_server(tmp_path / "home", wait=False)
    yield server
    if server.process.poll() is None:
        server.process.kill()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("moment", ["imports", "listens", "is nearly ready"])
def test_stopped_while_it_starts_it_leaves_without_a_stack_trace(
    stopped_early: RunningServer, number: int, moment: str
) -> None:
    _wait_for(lambda: "启动助手" in stopped_early.out, stopped_early)
    if moment == "imports":
        time.sleep(1)
    else:
        _wait_for(lambda: _listens(stopped_early.port), stopped_early)
    if moment == "is nearly ready":
        time.sleep(0.1)  # its rehearsal of sentences

    assert stopped_early.stop(number) != 0 or "已停止" in stopped_early.out
    assert "Traceback" not in stopped_early.err


def _wait_for(happened: Callable[[], bool], server: RunningServer) -> None:
    while not happened() and server.process.poll() is None:
        time.sleep(0.005)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _listen(server: RunningServer) -> threading.Thread:
    """Keeps a stream open until the server ends it."""
    visitor = server.visitor()
    opened = threading.Event()

    def listen() -> None:
        with httpx.stream("GET", f"{server.url}/web/stream", headers=visitor.headers, timeout=30) as response:
            for _ in response.iter_lines():
                opened.set()

    thread = threading.Thread(target=listen, daemon=True)
    thread.start()
    assert opened.wait(5)
    return thread


def _assert_one_line(home: Path, expected: str, root: Path = ROOT, **more: str) -> None:
    """The command ends with exit code 1 and exactly one line that says why."""
    done = run_bot(home / "home", "serve", root=root, **{"PORT": str(free_port()), **more})

    assert done.returncode == 1
    assert expected in done.stderr
    assert done.stderr.startswith("zhanting: ")
    assert done.stderr.count("\n") == 1
