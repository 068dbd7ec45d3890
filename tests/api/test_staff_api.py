"""The staff API of a running server: nothing without a token, lists and their filters."""

from __future__ import annotations

from typing import Any

import pytest

from tests.server import PASSWORD, RunningServer

pytestmark = pytest.mark.slow
LISTS = ("appointments", "conversations", "conversations/any/messages", "cases")
PHONE = "13900002222"


@pytest.fixture(scope="module")
def headers(server: RunningServer) -> dict[str, str]:
    return server.staff()


@pytest.fixture(scope="module")
def appointment(server: RunningServer, headers: dict[str, str]) -> dict[str, Any]:
    """A test drive booked over REST, Saturday 28 November 15:00."""
    sender = "booked-for-the-staff-api"
    offered = server.rest(sender, f"我想周六下午三点去城东店试驾X5,我叫韩梅,电话{PHONE}")
    for _ in range(5):
        buttons = [button for reply in offered for button in reply.get("buttons", [])]
        offered = server.rest(sender, buttons[0]["payload"])
        if found := _get(server, headers, "appointments", phone=PHONE):
            return dict(found[0])
    raise AssertionError(offered)


@pytest.mark.parametrize(
    "body", [{"username": "admin", "password": "wrong"}, {"username": "x", "password": PASSWORD}]
)
def test_a_wrong_login_is_a_401_that_does_not_say_why(server: RunningServer, body: dict[str, str]) -> None:
    answer = server.client.post("/api/staff/login", json=body)

    assert answer.status_code == 401
    assert answer.json() == {"error": "username or password is wrong"}


@pytest.mark.parametrize(
    "body",
    [
        "",
        "{",
        "[]",
        '"admin"',
        "[" * 50_000,
        '{"username": "admin"}',
        '{"username": "admin", "password": 5}',
        '{"username": ["admin"], "password": "x"}',
        '{"username": "\\ud800", "password": "x"}',
        '{"username": "admin", "password": "\\u0000"}',
    ],
)
def test_a_bad_login_is_a_400(server: RunningServer, body: str) -> None:
    answer = server.client.post(
        "/api/staff/login", content=body, headers={"Content-Type": "application/json"}
    )

    assert answer.status_code == 400


@pytest.mark.parametrize("path", [*LISTS, "unknown", "faq/search"])
@pytest.mark.parametrize("header", [None, "Bearer", "Bearer wrong", "Basic YWRtaW46eA==", b"Bearer \xff"])
def test_every_route_needs_a_token(server: RunningServer, path: str, header: Any) -> None:
    headers = {} if header is None else {"Authorization": header}

    assert server.client.get(f"/api/staff/{path}", headers=headers).status_code == 401


def test_the_scheme_is_needed_in_any_case(server: RunningServer, headers: dict[str, str]) -> None:
    token = headers["Authorization"].removeprefix("Bearer ")

    assert server.client.get("/api/staff/cases", headers={"Authorization": token}).status_code == 401
    assert (
        server.client.get("/api/staff/cases", headers={"Authorization": f"bearer {token}"}).status_code == 200
    )


def test_an_appointment(appointment: dict[str, Any]) -> None:
    expected = {
        "kind": "test_drive",
        "store": "east",
        "model": "x5",
        "items": [],
        "start": "2026-11-28T15:00:00+08:00",
        "end": "2026-11-28T15:45:00+08:00",
        "status": "confirmed",
        "name": "韩梅",
        "phone": PHONE,
    }

    assert {name: appointment[name] for name in expected} == expected
    assert appointment["conversation_id"]
    assert not set(appointment["code"]) & set("0O1IL")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        (f"phone={PHONE}", True),
        ("phone=13900009999", False),
        ("from=2026-11-28T15:00:00%2B08:00", True),
        ("from=2026-11-28T15:00:00+08:00", True),
        ("from=2026-11-28T07:00:00Z", True),
        ("from=2026-11-28T15:00:01+08:00", False),
        ("from=2026-11-28", True),
        ("to=2026-11-28", True),
        ("to=2026-11-27", False),
        ("from=2026-11-28&to=2026-11-28", True),
        ("from=2026-11-29&to=2026-11-28", False),
        ("phone=&from=&to=", True),
    ],
)
def test_appointments_are_filtered(
    server: RunningServer, headers: dict[str, str], appointment: dict[str, Any], query: str, found: bool
) -> None:
    listed = server.client.get(f"/api/staff/appointments?{query}", headers=headers).json()

    assert (appointment["id"] in [row["id"] for row in listed]) is found


@pytest.mark.parametrize(
    "query",
    [
        "appointments?from=tomorrow",
        "appointments?to=2026-13-01",
        "appointments?from=0001-01-01",
        "appointments?to=9999-12-31",
        "appointments?from=0001-01-01T00:00:00%2B23:00",
        "appointments?phone=%00",
        "conversations?state=open",
        "cases?kind=handoff",
    ],
)
def test_a_bad_parameter_is_a_400(server: RunningServer, headers: dict[str, str], query: str) -> None:
    answer = server.client.get(f"/api/staff/{query}", headers=headers)

    assert answer.status_code == 400
    assert set(answer.json()) == {"error"}


def test_conversations_by_state_and_their_messages(server: RunningServer, headers: dict[str, str]) -> None:
    server.rest("waits-for-a-person", "转人工")
    waiting = _get(server, headers, "conversations", state="queued")
    mine = [row for row in waiting if row["sender"] == "waits-for-a-person"]

    assert [(row["channel"], row["state"]) for row in mine] == [("rest", "queued")]
    assert mine[0] in _get(server, headers, "conversations")
    assert mine[0]["id"] not in [row["id"] for row in _get(server, headers, "conversations", state="bot")]
    transcript = _get(server, headers, f"conversations/{mine[0]['id']}/messages")
    assert [(m["seq"], m["author"]) for m in transcript][:2] == [(1, "customer"), (2, "bot")]
    assert set(transcript[0]) == {
        "seq",
        "author",
        "text",
        "buttons",
        "custom",
        "client_id",
        "time",
        "template",
        "name",
        "username",
        "internal",
        "understanding",
    }


def test_cases_by_kind(server: RunningServer, headers: dict[str, str]) -> None:
    for text in ("我的车抛锚了", "在迎宾大道88号门口", "13900003333"):
        server.rest("broken-down", text)
    cases = _get(server, headers, "cases", kind="rescue")

    assert "139****3333" in [case["phone"] for case in cases]
    assert {case["kind"] for case in cases} == {"rescue"}
    assert cases[0] in _get(server, headers, "cases")
    assert _get(server, headers, "cases", kind="warranty_claim") == []


def test_what_does_not_exist_is_a_404(server: RunningServer, headers: dict[str, str]) -> None:
    for path in ("conversations/nope/messages", "conversations/%ff/messages", "nothing", "appointments/1"):
        assert server.client.get(f"/api/staff/{path}", headers=headers).status_code == 404


def _get(server: RunningServer, headers: dict[str, str], path: str, **query: str) -> list[dict[str, Any]]:
    answer = server.client.get(f"/api/staff/{path}", params=query, headers=headers)
    assert answer.status_code == 200, answer.text
    rows: list[dict[str, Any]] = answer.json()
    return rows
