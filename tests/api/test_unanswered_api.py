"""The unanswered list over the staff API of a running server."""

from __future__ import annotations

from typing import Any

import pytest

from tests.server import RunningServer

pytestmark = pytest.mark.slow
NONSENSE = "zxcv qpwo plmk"


@pytest.fixture(scope="module")
def headers(server: RunningServer) -> dict[str, str]:
    return server.staff()


def call(
    server: RunningServer,
    headers: dict[str, str],
    method: str,
    path: str = "",
    status: int = 200,
    **more: Any,
) -> Any:
    answer = server.client.request(method, f"/api/staff/unanswered{path}", headers=headers, **more)
    assert answer.status_code == status, answer.text
    return answer.json()


def test_from_the_customer_to_the_faq(server: RunningServer, headers: dict[str, str]) -> None:
    server.rest("speaks-in-riddles", NONSENSE)
    [found] = [row for row in call(server, headers, "GET") if NONSENSE in row["text"]]
    assert (found["kind"], found["state"], found["count"], found["seq"]) == ("fallback", "open", 1, 1)

    closed = call(server, headers, "POST", f"/{found['id']}/resolve", json={"topic": "store.parking"})
    assert (closed["state"], closed["resolved_by"]) == ("resolved", "admin")
    entry = server.client.get("/api/staff/faq/store.parking", headers=headers).json()
    assert entry["questions"][-1] == NONSENSE
    answer = server.rest("speaks-in-riddles-too", NONSENSE)[0]
    assert "停车位" in answer["text"]


def test_what_is_ignored_is_listed_apart(server: RunningServer, headers: dict[str, str]) -> None:
    server.rest("speaks-in-riddles-again", "lkjh poiu mnbv")
    [found] = [row for row in call(server, headers, "GET") if row["text"] == "lkjh poiu mnbv"]
    call(server, headers, "POST", f"/{found['id']}/resolve", json={"state": "ignored"})

    assert found["id"] not in [row["id"] for row in call(server, headers, "GET")]
    ignored = call(server, headers, "GET", params={"state": "ignored"})
    assert found["id"] in [row["id"] for row in ignored]


@pytest.mark.parametrize(
    "query", [{"state": "taken"}, {"since": "gestern"}, {"limit": "0"}, {"limit": "9999"}]
)
def test_a_query_that_cannot_be_used(
    server: RunningServer, headers: dict[str, str], query: dict[str, str]
) -> None:
    call(server, headers, "GET", status=400, params=query)


@pytest.mark.parametrize("body", [[], {"state": "open"}, {"topic": 5}, {"note": "\x00"}, {"by": "me"}])
def test_a_body_that_cannot_be_used(server: RunningServer, headers: dict[str, str], body: Any) -> None:
    call(server, headers, "POST", "/1/resolve", status=400, json=body)


@pytest.mark.parametrize("id_", ["999999", "99999999999999999999", "0"])
def test_what_does_not_exist(server: RunningServer, headers: dict[str, str], id_: str) -> None:
    call(server, headers, "POST", f"/{id_}/resolve", status=404)


def test_a_token_is_needed(server: RunningServer) -> None:
    call(server, {}, "GET", status=401)
    call(server, {}, "POST", "/1/resolve", status=401)
