"""``rasa run actions``: the actions in a process of their own, for those who use Rasa's stock commands."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 120
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of an action server that found no database and made its own."""
    home = tmp_path_factory.mktemp("home")
    port = _free_port()
    settings = {"ZHANTING_HOME": str(home), "RASA_TELEMETRY_ENABLED": "false"}
    log = home / "actions.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "rasa", "run", "actions", "--port", str(port)],
            cwd=ROOT,
            env={**os.environ, **settings},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait_until_ready(process, f"http://127.0.0.1:{port}", log)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(30)


def test_it_runs_an_action(url: str) -> None:
    answer = _call(url, "action_small_talk", "你好", "greet")

    assert [said["response"] for said in answer["responses"]] == ["utter_greet"]


def test_it_asks_the_database(url: str) -> None:
    answer = _call(url, "action_ask_test_drive_form_drive_model", "我想试驾", "book_test_drive")

    assert [button["title"] for button in answer["responses"][0]["buttons"]][:2] == ["青岚 S3", "青岚 S6"]


def test_an_unknown_action_is_not_found(url: str) -> None:
    assert httpx.post(f"{url}/webhook", json=_request("action_unknown", "", "")).status_code == 404


def _call(url: str, action: str, text: str, intent: str) -> Any:
    response = httpx.post(f"{url}/webhook", json=_request(action, text, intent), timeout=60)
    assert response.status_code == 200, response.text
    return response.json()


def _request(action: str, text: str, intent: str) -> dict[str, Any]:
    """What Rasa sends to an action server."""
    message = {"text": text, "intent": {"name": intent}, "entities": []}
    tracker = {
        "sender_id": "somebody",
        "slots": {},
        "latest_message": message,
        "events": [],
        "active_loop": {},
        "paused": False,
    }
    return {"next_action": action, "sender_id": "somebody", "tracker": tracker, "domain": {}}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_ready(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if httpx.get(f"{url}/health", timeout=2).status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.3)
    pytest.fail(f"the action server did not become ready:\n{log.read_text(errors='replace')[-3000:]}")
