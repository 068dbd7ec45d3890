"""How a sentence is understood, how an edit would look, and the audit of edits, over the staff API of a running server."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

import pytest

from tests.server import PASSWORD, RunningServer, run_bot

pytestmark = pytest.mark.slow
SENTENCES = ("周六下午三点想试驾", "几点关门", "我的电话13812345678", "/几点关门", "zxcv qpwo")


def call(
    server: RunningServer, headers: dict[str, str], method: str, path: str, expected: int = 200, **more: Any
) -> Any:
    answer = server.client.request(method, f"/api/staff/{path}", headers=headers, **more)
    assert answer.status_code == expected, answer.text
    return answer.json()


@pytest.fixture(scope="module")
def headers(server: RunningServer) -> dict[str, str]:
    return server.staff()


@pytest.fixture(scope="module")
def consultant(server: RunningServer) -> dict[str, str]:
    """Somebody who may not approve; the administrator's password is theirs too."""
    with sqlite3.connect(server.home / "zhanting.db") as connection:
        connection.execute(
            "INSERT OR IGNORE INTO users (username, password_hash, role, created_at)"
            " SELECT 'tries', password_hash, 'consultant', created_at FROM users WHERE username = 'admin'"
        )
    connection.close()
    body = {"username": "tries", "password": PASSWORD}
    token = server.client.post("/api/staff/login", json=body).json()["token"]
    return {"Authorization": f"Bearer {token}"}


def test_it_is_what_the_command_prints(
    server: RunningServer, headers: dict[str, str], consultant: dict[str, str]
) -> None:
    """Times aside, which are counted from now."""
    lines = "".join(json.dumps({"text": text}) + "\n" for text in SENTENCES)
    done = run_bot(server.home, "understand", text=lines)
    assert done.returncode == 0, done.stderr
    printed = [json.loads(line) for line in done.stdout.splitlines()]
    for text, expected, who in zip(SENTENCES, printed, [headers, consultant] * 3, strict=False):
        found = call(server, who, "POST", "understand", json={"text": text})
        assert found == expected


def test_nothing_is_stored(server: RunningServer, headers: dict[str, str]) -> None:
    before = call(server, headers, "GET", "unanswered")
    found = call(server, headers, "POST", "understand", json={"text": "vbnm trew hgfd"})
    assert found["decision"] == "fallback"
    assert call(server, headers, "GET", "unanswered") == before


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"text": ""},
        {"text": "  "},
        {"text": 5},
        {"text": "啊" * 501},
        {"text": "\0"},
        {"words": "你好"},
        [],
    ],
)
def test_a_body_that_cannot_be_used(server: RunningServer, headers: dict[str, str], body: Any) -> None:
    call(server, headers, "POST", "understand", 400, json=body)


def test_a_token_is_needed(server: RunningServer) -> None:
    call(server, {}, "POST", "understand", 401, json={"text": "你好"})
    call(server, {}, "POST", "faq/store.hours/preview", 401, json={})


def test_a_preview_stores_nothing(server: RunningServer, consultant: dict[str, str]) -> None:
    before = call(server, consultant, "GET", "faq/store.hours/history")
    change = {"answer": "{brand}每天都开。", "buttons": [{"title": "去{brand}", "topic": "store.address"}]}
    shown = call(server, consultant, "POST", "faq/store.hours/preview", json=change)

    assert shown["text"] == "青岚汽车每天都开。"
    assert shown["buttons"] == [{"title": "去青岚汽车", "payload": '/faq{"topic": "store.address"}'}]
    assert (shown["faults"], shown["warnings"], shown["suggested_id"]) == ([], [], None)
    assert call(server, consultant, "GET", "faq/store.hours/history") == before


def test_a_preview_tells_all_faults_and_warnings(server: RunningServer, headers: dict[str, str]) -> None:
    change = {
        "title": "",
        "answer": "在 {nowhere}",
        "buttons": [{"title": "去"}],
        "questions": ["几点关门"],
        "valid_until": "2020-01-01T00:00",
    }
    call(server, headers, "PUT", "faq/member.birthday", json={"questions": ["生日有什么"]})
    shown = call(server, headers, "POST", "faq/store.parking/preview", json=change)
    assert {fault["field"] for fault in shown["faults"]} == {"title", "answer", "buttons", "valid_until"}
    assert shown["text"] == "在 {nowhere}"
    shown = call(server, headers, "POST", "faq/store.parking/preview", json={"questions": ["生日有什么？"]})
    assert "member.birthday" in shown["warnings"][0]
    call(server, headers, "POST", "faq/member.birthday/rollback", json={"version": 1})


def test_a_new_topic_gets_an_id_that_is_free(server: RunningServer, headers: dict[str, str]) -> None:
    for title, category, expected in (
        ("钢琴", "store", "store.gang_qin"),
        ("WiFi 密码", "store", "store.wifi_mi_ma"),
        ("？？", "Store", "other.topic"),
    ):
        body = {"title": title, "category": category, "answer": "有。"}
        shown = call(server, headers, "POST", "faq/new/preview", json=body)
        assert shown["suggested_id"] == expected
    call(server, headers, "PUT", "faq/store.gang_qin", json={"title": "钢琴", "answer": "有。"})
    body = {"title": "钢琴", "category": "store", "answer": "有。"}
    shown = call(server, headers, "POST", "faq/new/preview", json=body)
    assert shown["suggested_id"] == "store.gang_qin_2"
    call(server, headers, "POST", "faq/store.gang_qin/retire", json={})
    call(server, headers, "POST", "templates/utter_nope/preview", 404, json={})


def test_what_ends_is_found(server: RunningServer, headers: dict[str, str]) -> None:
    body = {"answer": "本月有活动。", "valid_until": "2026-12-01T00:00"}
    version = call(server, headers, "PUT", "faq/price.discount", json=body)["version"]
    for status, listed in (("expiring", True), ("live", True), ("planned", False), ("retired", False)):
        found = call(server, headers, "GET", "faq/search", params={"status": status})
        assert ("price.discount" in [entry["id"] for entry in found]) is listed
    call(server, headers, "POST", "faq/price.discount/retire", json={"version": version})
    found = call(server, headers, "GET", "faq/search", params={"status": "expiring"})
    assert found == []


def test_what_a_consultant_teaches_twice_is_in_one_draft(
    server: RunningServer, headers: dict[str, str], consultant: dict[str, str]
) -> None:
    for number, words in enumerate(("dfgh ertu cvbn", "dfgh ertu cvbm")):
        server.rest(f"taught-twice-{number}", words)
    found = [row for row in call(server, headers, "GET", "unanswered") if row["text"].startswith("dfgh")]
    for row, question in zip(found, (None, "停哪里好"), strict=True):
        body = {"topic": "store.parking", **({"question": question} if question else {})}
        kept = call(server, consultant, "POST", f"unanswered/{row['id']}/resolve", json=body)
        assert kept["state"] == "open"
    draft = call(server, headers, "GET", "faq/store.parking")["draft"]
    assert draft["questions"][-2:] == [found[0]["text"], "停哪里好"]
    call(server, headers, "POST", "faq/store.parking/retire", json={"version": draft["version"]})


def test_edits_are_in_the_audit_log(server: RunningServer, headers: dict[str, str]) -> None:
    version = call(server, headers, "PUT", "faq/used.process", json={"title": "换车"})["version"]
    call(server, headers, "POST", "faq/used.process/rollback", json={"version": 1})
    lines = call(server, headers, "GET", "audit", params={"action": "content."})
    mine = [line for line in lines if line["subject"] == "faq/used.process"]
    assert [(line["action"], line["details"]["version"]) for line in mine] == [
        ("content.rolled_back", 1),
        ("content.edited", version),
    ]
