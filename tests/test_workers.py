"""``python -m bot serve --workers 2``: a parent and two servers at one port, over PostgreSQL and Redis."""

from __future__ import annotations

import os
import re
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from tests.database import new_postgres_url
from tests.redis import RedisServer
from tests.server import RunningServer, free_port, run_bot, start_server

PATIENCE = 60.0
TRIES = 60


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    redis = RedisServer()
    shared = {"DATABASE_URL": new_postgres_url(), "REDIS_URL": redis.url, "ZHANTING_RATE_LIMIT": "off"}
    home = tmp_path_factory.mktemp("served") / "home"
    running = start_server(home, arguments=("--workers", "2"), ZHANTING_ADMIN_PASSWORD="", **shared)
    _until(lambda: "ready" in running.out)
    yield running
    if running.process.poll() is None:
        running.stop()
    redis.remove()


def _until(is_so: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def _pids(server: RunningServer) -> set[int]:
    """Of the workers that answer: each question comes over a connection of its own."""
    answers = [httpx.get(f"{server.url}/health", timeout=30) for _ in range(TRIES)]
    return {each.json()["worker"] for each in answers if each.status_code == 200}


@pytest.mark.slow
@pytest.mark.postgres
@pytest.mark.redis
class TestTwoWorkers:
    def test_both_answer_and_the_parent_tells_things_once(self, server: RunningServer) -> None:
        pids = _pids(server)

        assert len(pids) == 2
        assert server.process.pid not in pids
        assert len(re.findall(r"admin / \S{16,}", server.out)) == 1
        assert server.out.count("REST") == 1

    def test_one_that_is_killed_is_replaced_and_the_other_goes_on(self, server: RunningServer) -> None:
        before = _pids(server)
        killed = min(before)
        os.kill(killed, signal.SIGKILL)

        for number in range(10):  # nobody is refused while one is missing
            assert _say(server, f"meanwhile-{number}", "你们几点关门")
        _until(lambda: len(_pids(server)) == 2)
        assert killed not in _pids(server)
        assert before - {killed} < _pids(server)

    def test_they_end_with_their_parent(self, server: RunningServer) -> None:
        pids = _pids(server)

        assert server.stop(signal.SIGTERM) == 0
        assert server.out.endswith("已停止 … stopped\n")
        assert "Traceback" not in server.err
        _until(lambda: not any(_lives(pid) for pid in pids))


@pytest.mark.slow
@pytest.mark.postgres
@pytest.mark.redis
def test_they_end_when_the_parent_is_killed(tmp_path: Path) -> None:
    redis = RedisServer()
    home, shared = tmp_path / "home", {"DATABASE_URL": new_postgres_url(), "REDIS_URL": redis.url}
    server = start_server(home, arguments=("--workers", "2"), **shared)
    pids = _pids(server)
    server.stop(signal.SIGKILL)

    _until(lambda: not any(_lives(pid) for pid in pids))
    redis.remove()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("more", "named"),
    [
        ({}, "DATABASE_URL of a PostgreSQL and REDIS_URL"),
        ({"DATABASE_URL": "postgresql://localhost/none"}, "needs REDIS_URL:"),
        ({"REDIS_URL": "redis://localhost:1"}, "needs DATABASE_URL of a PostgreSQL:"),
    ],
)
def test_without_what_they_share_several_are_refused(
    tmp_path: Path, more: dict[str, str], named: str
) -> None:
    done = run_bot(tmp_path / "home", "serve", "--workers", "2", PORT=str(free_port()), **more)

    assert (done.returncode, done.stdout) == (1, "")
    assert len(done.stderr.splitlines()) == 1
    assert named in done.stderr


def test_a_number_that_is_none_is_refused(tmp_path: Path) -> None:
    done = run_bot(tmp_path / "home", "serve", "--workers", "0")

    assert done.returncode == 2
    assert "must be a number from 1 on" in done.stderr


def _say(server: RunningServer, sender: str, text: str) -> list[dict[str, str]]:
    """As a customer's program does: what was given to the dying worker is sent again; a refusal fails the test."""
    body = {"sender": sender, "message": text, "message_id": "1"}
    for _ in range(3):
        try:
            answer = httpx.post(f"{server.url}/webhooks/rest/webhook", json=body, timeout=30)
        except (httpx.ReadError, httpx.RemoteProtocolError):
            continue
        assert answer.status_code == 200
        return list(answer.json())
    raise AssertionError("no connection lasts")


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z" if Path("/proc").is_dir() else True
