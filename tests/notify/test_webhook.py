"""Signed events to a real HTTP server, and every way in which it can fail."""

from __future__ import annotations

import hashlib
import hmac
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from bot.clock import TIME_ZONE
from bot.domain.errors import DeliveryFailed
from bot.notify.webhook import WebhookSender

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=TIME_ZONE)
SECRET = "a-secret-of-the-dealer"
EVENT = {"event": "booked", "visit": {"name": "王小明", "code": "KHM374"}}


class Receiver(HTTPServer):
    """Remembers the requests and answers ``status`` and ``body``, after ``seconds``."""

    def __init__(self, status: int = 200, seconds: float = 0, location: str = "", body: bytes = b"") -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.status, self.seconds, self.location, self.body = status, seconds, location, body
        self.requests: list[tuple[dict[str, str], bytes]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/hook?token=1"


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.requests.append(({**self.headers, ":path": self.path}, body))
        time.sleep(self.server.seconds)
        self.send_response(self.server.status)
        if self.server.location:
            self.send_header("Location", self.server.location)
        self.end_headers()
        self.wfile.write(self.server.body)

    do_GET = do_POST  # noqa: N815

    def log_message(self, *_: Any) -> None:
        """The test's output stays quiet."""


@contextmanager
def receiving(receiver: Receiver) -> Iterator[Receiver]:
    thread = threading.Thread(target=receiver.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield receiver
    finally:
        receiver.shutdown()
        thread.join()
        receiver.server_close()


def send(url: str, seconds: float = 2) -> None:
    WebhookSender(url, SECRET, seconds).send("v1/booked/0/webhook", EVENT, NOW)


def failure(url: str, seconds: float = 2) -> DeliveryFailed:
    with pytest.raises(DeliveryFailed) as raised:
        send(url, seconds)
    return raised.value


def test_the_event_its_id_and_its_signature() -> None:
    with receiving(Receiver(204)) as receiver:
        send(receiver.url)

    ((headers, body),) = receiver.requests
    assert json.loads(body) == {"id": "v1/booked/0/webhook", **EVENT}
    assert "王小明".encode() in body
    assert headers[":path"] == "/hook?token=1"
    assert headers["X-Zhanting-Delivery"] == "v1/booked/0/webhook"
    assert headers["X-Zhanting-Timestamp"] == "1795312800" == str(int(NOW.timestamp()))
    signed = f"{headers['X-Zhanting-Timestamp']}.".encode() + body
    expected = hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest()
    assert headers["X-Zhanting-Signature"] == f"sha256={expected}"
    assert headers["Content-Type"] == "application/json; charset=utf-8"


def test_the_same_event_again_has_the_same_id() -> None:
    with receiving(Receiver()) as receiver:
        send(receiver.url)
        send(receiver.url)

    assert len({headers["X-Zhanting-Delivery"] for headers, _ in receiver.requests}) == 1


@pytest.mark.parametrize(
    ("status", "final"), [(400, False), (404, False), (410, True), (429, False), (500, False)]
)
def test_another_answer_is_a_failure(status: int, final: bool) -> None:
    with receiving(Receiver(status)) as receiver:
        problem = failure(receiver.url)

    assert (str(problem), problem.final) == (f"the webhook answered {status}", final)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_names_and_numbers_go_to_no_other_address(status: int) -> None:
    with receiving(Receiver()) as other, receiving(Receiver(status, location=other.url)) as receiver:
        problem = failure(receiver.url)

    assert str(problem) == f"the webhook answered {status}"
    assert other.requests == []


def test_a_receiver_that_says_nothing() -> None:
    with receiving(Receiver(seconds=1)) as receiver:
        problem = failure(receiver.url, seconds=0.2)

    assert not problem.final


def test_a_receiver_that_is_away_or_no_web_server() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    assert not failure(f"http://127.0.0.1:{port}/").final

    with socket.create_server(("127.0.0.1", 0)) as listening:

        def answer() -> None:
            connection, _ = listening.accept()
            connection.recv(10_000)
            connection.sendall(b"SSH-2.0-x\r\n")
            connection.close()

        thread = threading.Thread(target=answer)
        thread.start()
        problem = failure(f"http://127.0.0.1:{listening.getsockname()[1]}/")
        thread.join()
    assert not problem.final
