"""Nothing leaves the machine, no TensorFlow is loaded, and the terminal and logs stay quiet."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.server import HOOKS, RunningServer, environment

pytestmark = pytest.mark.slow
PHONE = "13900004444"
TALK = (
    "你好",
    "你们几点开门",
    "我想周六上午十点试驾X5",
    f"我叫李雷,电话{PHONE}",
    "人工",
    "不用了,回到机器人",
    "😀",
    "再见",
)


@pytest.fixture(scope="module")
def used(server: RunningServer) -> RunningServer:
    """The server after a conversation, refused requests and a visit to every page."""
    for text in TALK:
        server.rest("talks-a-lot", text)
    for path in ("/", "/web/static/zhanting-chat.js", "/nowhere", "/web/static/nowhere.js", "/web/messages"):
        server.client.get(path)
    server.client.post("/webhooks/rest/webhook", content="{")
    server.client.post("/api/staff/login", json={"username": "admin", "password": "wrong"})
    server.staff()
    return server


def test_no_outgoing_connection_and_no_file_of_tensorflow(used: RunningServer) -> None:
    assert not used.watched.exists(), used.watched.read_text("utf-8")


def test_no_library_of_tensorflow_is_mapped(used: RunningServer) -> None:
    maps = Path(f"/proc/{used.process.pid}/maps")
    if not maps.exists():
        pytest.skip("needs /proc")

    assert [line for line in maps.read_text().splitlines() if re.search("tensorflow|keras", line)] == []


def test_the_terminal_shows_only_our_lines(used: RunningServer) -> None:
    shown = [line for line in used.out.splitlines() if line.strip()]

    assert [line for line in shown if not re.match(r"正在|展厅已就绪|  ", line)] == []
    assert used.url.replace("127.0.0.1", "localhost") in used.out


def test_the_log_has_no_warnings_of_libraries_no_stack_traces_and_no_phone_numbers(
    used: RunningServer,
) -> None:
    log = re.compile(r"^\d{4}-\d\d-\d\d [\d:,]+ (INFO|WARNING) bot\.")

    assert [line for line in used.err.splitlines() if not log.match(line)] == []
    assert not re.search(r"Traceback|Warning:|fatal:", used.out + used.err)
    assert PHONE not in used.out + used.err


@pytest.mark.parametrize(
    "script",
    [
        "import socket; socket.create_connection(('192.0.2.1', 9), 0.1)",
        "import socket; socket.getaddrinfo('telemetry.example', 443)",
        "import pathlib; open(pathlib.Path('site-packages/tensorflow/x.py'))",
    ],
)
def test_the_watch_sees_what_it_must_see(tmp_path: Path, script: str) -> None:
    """Else the tests above are green by mistake."""
    watched = tmp_path / "watched.log"
    subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, **environment(tmp_path), "PYTHONPATH": str(HOOKS), "WATCH_FILE": str(watched)},
        capture_output=True,
        timeout=60,
    )

    assert watched.exists()
