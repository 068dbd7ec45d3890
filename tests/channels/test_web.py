"""The website's routes of a running server: sessions, history, sending, CORS."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.conftest import WIDGET_ORIGIN
from tests.server import RunningServer

pytestmark = pytest.mark.slow


def test_a_session_is_new_or_known(server: RunningServer) -> None:
    first = server.client.post("/web/session", json={}).json()
    known = server.client.post("/web/session", json={"token": first["token"]}).json()
    guessed = server.client.post("/web/session", json={"token": "guessed"}).json()

    assert len(first["token"]) >= 43
    assert known == first
    assert guessed["token"] not in ("guessed", first["token"])
    assert guessed["conversation"] != first["conversation"]
    assert (first["last_seq"], first["assistant"], first["brand"]) == (0, "小岚", "青岚汽车")


@pytest.mark.parametrize(
    "body", ['{"token": 5}', '{"token": "\\ud800"}', '{"token": "%s"}' % ("x" * 300), "[]", ""]
)
def test_a_bad_session_request_is_a_400(server: RunningServer, body: str) -> None:
    answer = server.client.post("/web/session", content=body, headers={"Content-Type": "application/json"})

    assert answer.status_code == 400


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer unknown", "Basic x", b"Bearer \xff\xfe"])
def test_without_a_session_everything_is_a_401(server: RunningServer, header: Any) -> None:
    headers = {} if header is None else {"Authorization": header}
    calls = [
        server.client.get("/web/messages", headers=headers),
        server.client.post("/web/messages", json={"text": "你好", "client_id": "a"}, headers=headers),
        server.client.get("/web/stream", headers=headers),
    ]

    assert [call.status_code for call in calls] == [401, 401, 401]


def test_sending_is_a_202_and_the_answer_comes_into_the_history(server: RunningServer) -> None:
    visitor = server.visitor()
    answer = visitor.send("你好", "a")
    messages = visitor.wait_for_answer()

    assert answer.status_code == 202
    assert answer.json() == {"seq": 1, "duplicate": False}
    assert [m["author"] for m in messages][:2] == ["customer", "bot"]
    assert messages[0]["client_id"] == "a"
    assert messages[0]["time"].startswith("2026-11-22T1")
    assert messages[0]["time"].endswith("+08:00")
    assert visitor.messages(after=1) == messages[1:]


def test_sending_again_changes_nothing(server: RunningServer) -> None:
    visitor = server.visitor()
    with ThreadPoolExecutor(6) as pool:
        answers = [a.json() for a in pool.map(lambda _: visitor.send("我想试驾", "same"), range(6))]
    before = visitor.wait_for_answer()

    assert {answer["seq"] for answer in answers} == {1}
    assert [answer["duplicate"] for answer in answers].count(False) == 1
    assert visitor.send("我想试驾", "same").json() == {"seq": 1, "duplicate": True}
    assert visitor.messages() == before


def test_a_button_is_clicked_with_title_and_payload(server: RunningServer) -> None:
    visitor = server.visitor()
    visitor.send("你好", "a")
    offered = [button for message in visitor.wait_for_answer() for button in message["buttons"]]
    visitor.send(offered[0]["title"], "b", payload=offered[0]["payload"])
    visitor.wait_for_answer()

    shown = [m["text"] for m in visitor.messages() if m["author"] == "customer"]
    assert shown == ["你好", offered[0]["title"]]


@pytest.mark.parametrize(
    "body",
    [
        {"text": "你好"},
        {"text": "你好", "client_id": ""},
        {"text": "你好", "client_id": 7},
        {"text": "你好", "client_id": "x" * 121},
        {"text": "你好", "client_id": "a\0b"},
        {"text": 7, "client_id": "a"},
        {"text": "x" * 20_001, "client_id": "a"},
        {"text": "你好", "client_id": "a", "payload": ["/greet"]},
    ],
)
def test_a_bad_message_is_a_400(server: RunningServer, body: dict[str, Any]) -> None:
    visitor = server.visitor()
    answer = server.client.post("/web/messages", json=body, headers=visitor.headers)

    assert answer.status_code == 400
    assert visitor.messages() == []


@pytest.mark.parametrize("text", ["", "😀", "试" * 10_000, "你\0好\ud800", "<b>你好</b>"])
def test_strange_messages_get_an_answer(server: RunningServer, text: str) -> None:
    visitor = server.visitor()
    assert visitor.send(text, "a").status_code == 202
    assert visitor.wait_for_answer()[-1]["author"] == "bot"


@pytest.mark.parametrize("query", ["after=-1", "after=x", "after=²", "after=99999999999999999", "limit=1e3"])
def test_a_bad_number_is_a_400(server: RunningServer, query: str) -> None:
    answer = server.client.get(f"/web/messages?{query}", headers=server.visitor().headers)

    assert answer.status_code == 400


@pytest.mark.parametrize("last", ["x", "-1", "9" * 30, "1.5"])
def test_a_bad_last_event_id_is_a_400(server: RunningServer, last: str) -> None:
    headers = {**server.visitor().headers, "Last-Event-ID": last}

    assert server.client.get("/web/stream", headers=headers).status_code == 400


@pytest.mark.parametrize("path", ["/web/session", "/web/messages", "/web/stream"])
def test_a_page_of_a_named_origin_may_call(server: RunningServer, path: str) -> None:
    asked = {"Origin": WIDGET_ORIGIN, "Access-Control-Request-Method": "POST"}
    preflight = server.client.options(path, headers=asked)

    assert preflight.status_code == 204
    assert preflight.headers["access-control-allow-origin"] == WIDGET_ORIGIN
    assert "authorization" in preflight.headers["access-control-allow-headers"]
    refused = server.client.get(path, headers={"Origin": WIDGET_ORIGIN})
    assert refused.headers["access-control-allow-origin"] == WIDGET_ORIGIN
    assert refused.headers["vary"] == "Origin"


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "https://shop.example.evil", ""])
def test_a_page_of_another_origin_may_not(server: RunningServer, origin: str) -> None:
    for answer in (
        server.client.options("/web/session", headers={"Origin": origin}),
        server.client.post("/web/session", json={}, headers={"Origin": origin}),
        server.client.get("/web/messages", headers={"Origin": origin}),
    ):
        assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize("path", ["/api/staff/cases", "/webhooks/rest/webhook", "/health", "/"])
def test_only_the_widgets_routes_are_shared(server: RunningServer, path: str) -> None:
    answer = server.client.get(path, headers={"Origin": WIDGET_ORIGIN})

    assert "access-control-allow-origin" not in answer.headers


def test_every_answer_has_the_security_headers(server: RunningServer) -> None:
    for path in ("/", "/health", "/nowhere", "/web/messages", "/api/openapi.json"):
        assert server.client.get(path).headers["x-content-type-options"] == "nosniff"
    assert "default-src 'self'" in server.client.get("/").headers["content-security-policy"]
