"""The REST channel of a running server: as in stock Rasa, each message once, and nothing that breaks it."""

from __future__ import annotations

import json
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import Any

import httpx
import pytest

from bot.api.description import describe
from tests.conftest import REST_TOKEN
from tests.server import RunningServer

pytestmark = pytest.mark.slow
HOOK = "/webhooks/rest/webhook"
_numbers = count(1)


@pytest.fixture
def sender() -> str:
    return f"sender-{next(_numbers)}"


def test_answers_as_stock_rasa_does(server: RunningServer, sender: str) -> None:
    replies = server.rest(sender, "你好")

    assert {reply["recipient_id"] for reply in replies} == {sender}
    assert all(reply["text"] for reply in replies)
    assert all({"title", "payload"} == set(button) for r in replies for button in r.get("buttons", []))
    assert all(set(reply) <= {"recipient_id", "text", "buttons", "custom"} for reply in replies)
    assert server.client.get("/webhooks/rest/").json() == {"status": "ok"}


def test_a_resend_gets_the_stored_answer(server: RunningServer, sender: str) -> None:
    first = server.rest(sender, "你们几点开门", "id-1")
    again = server.rest(sender, "你们几点开门", "id-1")

    assert again == first
    assert len(_transcript(server, sender)) == 1 + len(first)


def test_resends_at_the_same_time_are_one_message(server: RunningServer, sender: str) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: server.rest(sender, "我想预约试驾", "id-1"), range(8)))

    assert all(answer == answers[0] for answer in answers)
    assert len(_transcript(server, sender)) == 1 + len(answers[0])


def test_the_same_id_of_another_sender_is_another_message(server: RunningServer, sender: str) -> None:
    server.rest(sender, "你好", "id-1")

    assert server.rest(f"{sender}-b", "谢谢", "id-1") != server.rest(sender, "你好", "id-1")


def test_a_confirmation_sent_many_times_books_once(server: RunningServer, sender: str) -> None:
    server.rest(sender, "我想周六上午十点去城东店试驾X5,我叫李雷,电话13900001111")
    offered = server.rest(sender, "我有驾照,满一年了")
    for _ in range(4):
        if any("确认" in button["title"] for reply in offered for button in reply.get("buttons", [])):
            break
        offered = server.rest(sender, offered[-1]["buttons"][0]["title"])
    confirm = next(b for reply in offered for b in reply.get("buttons", []) if "确认" in b["title"])
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: server.rest(sender, confirm["payload"], "confirm"), range(6)))

    booked = server.client.get(
        "/api/staff/appointments", params={"phone": "13900001111"}, headers=server.staff()
    ).json()
    assert len(booked) == 1
    assert booked[0]["kind"] == "test_drive"
    assert all(answer == answers[0] for answer in answers)
    assert booked[0]["code"] in answers[0][0]["text"]


KIND_ANSWERS: dict[str, Any] = {
    "empty": "",
    "blanks": " \n\t ",
    "null": None,
    "emoji": "😀👍🏻👨‍👩‍👧",
    "long": "试" * 10_000,
    "very long": "驾" * 100_000,
    "html": "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "control characters": "你\x00好\x07\x1b[31m\u200b\u202e",
    "lone surrogates": "\ud800你好\udfff",
    "slashes": "////",
    "a command": '/book_test_drive{"drive_phone":"13800000000"}',
    "restart": "/restart",
    "format": "{brand} %s ${x} {{7*7}}",
    "sql": "'; DROP TABLE messages; --",
}


@pytest.mark.parametrize("text", KIND_ANSWERS.values(), ids=KIND_ANSWERS.keys())
def test_strange_messages_get_a_kind_answer(server: RunningServer, sender: str, text: str | None) -> None:
    answer = _post(server, json.dumps({"sender": sender, "message": text}))

    assert answer.status_code == 200
    assert all("{" not in reply["text"] and "抱歉,系统" not in reply["text"] for reply in answer.json())
    assert answer.json()
    assert server.rest(sender, "你好")


BAD_BODIES: dict[str, str | bytes] = {
    "nothing": "",
    "half": '{"sender": "a", "mess',
    "no object": '["sender"]',
    "not UTF-8": b'{"sender": "a", "message": "\xff\xfe"}',
    "deep": "[" * 100_000,
    "deep inside": '{"sender": "a", "message": ' + "[" * 5_000 + "]" * 5_000 + "}",
    "no sender": '{"message": "你好"}',
    "sender is a number": '{"sender": 7, "message": "你好"}',
    "sender is a list": '{"sender": ["a"], "message": "你好"}',
    "sender is empty": '{"sender": " ", "message": "你好"}',
    "sender is too long": '{"sender": "%s", "message": "你好"}' % ("x" * 256),
    "sender with NUL": '{"sender": "a\\u0000b", "message": "你好"}',
    "sender with a lone surrogate": '{"sender": "\\ud800", "message": "你好"}',
    "message is an object": '{"sender": "a", "message": {"text": "你好"}}',
    "message is a number": '{"sender": "a", "message": 1}',
    "id is a number": '{"sender": "a", "message": "你好", "message_id": 5}',
    "id is too long": '{"sender": "a", "message": "你好", "message_id": "%s"}' % ("x" * 121),
    "id with a lone surrogate": '{"sender": "a", "message": "你好", "message_id": "\\udc00"}',
    "a huge number": '{"sender": %s}' % ("1" * 500_000),
    "message far too long": json.dumps({"sender": "a", "message": "x" * 300_000}),
}


@pytest.mark.parametrize("body", BAD_BODIES.values(), ids=BAD_BODIES.keys())
def test_a_bad_body_is_a_400(server: RunningServer, body: str | bytes) -> None:
    _assert_refused(_post(server, body), 400)


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", None])
def test_a_wrong_content_type_is_a_400(server: RunningServer, content_type: str | None) -> None:
    headers = {"Content-Type": content_type} if content_type else {}
    answer = server.client.post(HOOK, content=b'{"sender": "a", "message": "hi"}', headers=headers)

    _assert_refused(answer, 400)


def test_a_body_beyond_the_limit_is_a_413(server: RunningServer) -> None:
    _assert_refused(_post(server, json.dumps({"sender": "a", "message": "x" * 2_000_000})), 413)


@pytest.mark.parametrize("path", ["/api/staff/customers", HOOK])
def test_an_address_beyond_the_limit_is_a_413_that_says_so(server: RunningServer, path: str) -> None:
    answer = server.client.get(path, params={"limit": "1" * 9_000})

    _assert_refused(answer, 413)
    assert answer.json() == {"error": "address and headers too long"}
    assert "413" in describe()["paths"]["/api/staff/customers"]["get"]["responses"]


def test_unknown_routes_and_methods(server: RunningServer) -> None:
    _assert_refused(server.client.get("/nowhere"), 404)
    _assert_refused(server.client.post("/webhooks/rest/nowhere"), 404)
    _assert_refused(server.client.get(HOOK), 405)
    _assert_refused(server.client.delete("/health"), 405)


BROKEN_REQUESTS = {
    "no HTTP": b"garbage\r\n\r\n",
    "address not UTF-8": b"GET /\xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n",
    "address with NUL": b"GET /web/static/%00 HTTP/1.1\r\nHost: x\r\n\r\n",
    "length is a word": b"POST /webhooks/rest/webhook HTTP/1.1\r\nContent-Length: ten\r\n\r\n",
    "length is negative": b"POST /webhooks/rest/webhook HTTP/1.1\r\nContent-Length: -5\r\n\r\n{}",
    "two lengths": b"POST / HTTP/1.1\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
    "unknown encoding": b"POST /webhooks/rest/webhook HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n{}",
    "bad chunk": b"POST /webhooks/rest/webhook HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    "long header": b"GET / HTTP/1.1\r\nX: " + b"a" * 20_000 + b"\r\n\r\n",
    "out of the folder": b"GET /web/static/../../settings.py HTTP/1.1\r\nConnection: close\r\n\r\n",
    "out, escaped": b"GET /web/static/%2e%2e/%2e%2e/settings.py HTTP/1.1\r\nConnection: close\r\n\r\n",
}


@pytest.mark.parametrize("request_bytes", BROKEN_REQUESTS.values(), ids=BROKEN_REQUESTS.keys())
def test_broken_http_is_refused_and_harms_nobody(server: RunningServer, request_bytes: bytes) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=5) as connection:
        connection.sendall(request_bytes)
        status_line = connection.recv(4096).partition(b"\r\n")[0]

    assert status_line.split()[1][:1] == b"4"
    assert server.client.get("/health", timeout=2).status_code == 200


def test_a_long_message_keeps_nobody_waiting(server: RunningServer, sender: str) -> None:
    server.rest(sender, "你好")
    with ThreadPoolExecutor(4) as pool:
        long = [pool.submit(server.rest, f"{sender}-{n}", "试驾" * 5_000) for n in range(3)]
        started = time.monotonic()
        server.client.get("/health").raise_for_status()
        server.rest(sender, "谢谢")
        waited = time.monotonic() - started

    assert all("1000" in replies.result()[0]["text"] for replies in long)
    assert waited < 5


def test_a_client_that_leaves_does_not_stop_its_turn(server: RunningServer, sender: str) -> None:
    body = json.dumps({"sender": sender, "message": "你们店在哪里"}).encode()
    head = f"POST {HOOK} HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        connection.sendall(head.encode() + body)
        time.sleep(0.02)
    deadline = time.monotonic() + 15
    while time.monotonic() < deadline and len(_transcript(server, sender)) < 2:
        time.sleep(0.1)

    assert [m["author"] for m in _transcript(server, sender)][:2] == ["customer", "bot"]


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Real-IP"])
@pytest.mark.parametrize("value", ["203.0.113.9", ""])
def test_through_a_proxy_it_needs_the_token(
    server: RunningServer, sender: str, header: str, value: str
) -> None:
    body = {"sender": sender, "message": "你好"}
    for token in (None, "Bearer wrong", f"Basic {REST_TOKEN}", b"Bearer \xff\xfe"):
        headers: Any = {header: value, **({"Authorization": token} if token else {})}
        _assert_refused(server.client.post(HOOK, json=body, headers=headers), 401)

    good = {header: value, "Authorization": f"Bearer {REST_TOKEN}"}
    assert server.client.post(HOOK, json=body, headers=good).status_code == 200


def _post(server: RunningServer, body: str | bytes) -> httpx.Response:
    return server.client.post(HOOK, content=body, headers={"Content-Type": "application/json"})


def _assert_refused(answer: httpx.Response, status: int) -> None:
    assert answer.status_code == status, answer.text
    assert set(answer.json()) == {"error"}
    assert "Traceback" not in answer.text


def _transcript(server: RunningServer, sender: str) -> list[dict[str, Any]]:
    headers = server.staff()
    conversations = server.client.get("/api/staff/conversations", headers=headers).json()
    ids = [c["id"] for c in conversations if c["sender"] == sender and c["channel"] == "rest"]
    if not ids:
        return []
    found: list[dict[str, Any]] = server.client.get(
        f"/api/staff/conversations/{ids[0]}/messages", headers=headers
    ).json()
    return found
