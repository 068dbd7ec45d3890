"""FAQ answers and templates over the staff API of a running server: an edit is what the next customer gets."""

from __future__ import annotations

import itertools
import sqlite3
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.api.test_description import operations
from tests.server import PASSWORD, RunningServer, run_bot

pytestmark = pytest.mark.slow
TOPIC, QUESTION = "member.birthday", "过生日有礼物吗"
_numbers = itertools.count(1)


class Staff:
    """Somebody logged in."""

    def __init__(self, server: RunningServer, headers: dict[str, str]) -> None:
        self.server, self.headers = server, headers

    def call(self, method: str, path: str, body: Any = None, expected: int = 200, **query: str) -> Any:
        answer = self.server.client.request(
            method, f"/api/staff/{path}", json=body, params=query, headers=self.headers
        )
        assert answer.status_code == expected, answer.text[:300]
        return answer.json()

    def get(self, path: str, **query: str) -> Any:
        return self.call("GET", path, **query)

    def put(self, path: str, expected: int = 200, **body: Any) -> Any:
        return self.call("PUT", path, body, expected)

    def post(self, path: str, expected: int = 200, **body: Any) -> Any:
        return self.call("POST", path, body, expected)


@pytest.fixture
def manager(server: RunningServer) -> Staff:
    return Staff(server, server.staff())


@pytest.fixture
def assistant_of_sales(server: RunningServer) -> Staff:
    """Somebody who may not approve; the administrator's password is theirs too."""
    with sqlite3.connect(server.home / "zhanting.db") as connection:
        connection.execute(
            "INSERT OR IGNORE INTO users (username, password_hash, role, created_at)"
            " SELECT 'xiao', password_hash, 'consultant', created_at FROM users WHERE username = 'admin'"
        )
    connection.close()
    body = {"username": "xiao", "password": PASSWORD}
    token = server.client.post("/api/staff/login", json=body).json()["token"]
    return Staff(server, {"Authorization": f"Bearer {token}"})


def asked(server: RunningServer) -> tuple[str, dict[str, Any]]:
    """What a new customer is told, and the template that the transcript names."""
    sender = f"asks-about-content-{next(_numbers)}"
    replies = server.rest(sender, QUESTION)
    staff = Staff(server, server.staff())
    [mine] = [row for row in staff.get("conversations") if row["sender"] == sender]
    transcript = staff.get(f"conversations/{mine['id']}/messages")
    assert transcript[0]["template"] is None
    return replies[0]["text"], transcript[1]["template"]


def test_an_edit_is_what_the_next_customer_gets(server: RunningServer, manager: Staff) -> None:
    before, template = asked(server)
    version = manager.get(f"faq/{TOPIC}")["version"]
    assert template == {"id": f"faq/{TOPIC}", "version": version}

    edited = manager.put(f"faq/{TOPIC}", answer="生日当天到店有蛋糕。", version=version)
    assert (edited["status"], edited["author"], edited["draft"]) == ("approved", "admin", None)
    assert asked(server) == (
        "生日当天到店有蛋糕。",
        {"id": f"faq/{TOPIC}", "version": edited["version"]},
    )
    stale = manager.put(f"faq/{TOPIC}", 409, answer="另一个", version=version)
    assert "look at it again" in stale["error"]
    back = manager.post(f"faq/{TOPIC}/rollback", version=version)
    assert back["version"] == edited["version"] + 1
    assert asked(server)[0] == before


def test_a_draft_waits_for_somebody_who_may_approve(
    server: RunningServer, manager: Staff, assistant_of_sales: Staff
) -> None:
    before, _ = asked(server)
    drafted = assistant_of_sales.put(f"faq/{TOPIC}", answer="草稿里的话。")
    assert (drafted["draft"]["answer"], drafted["draft"]["author"]) == ("草稿里的话。", "xiao")
    assert asked(server)[0] == before
    for action in ("approve", "retire", "restore"):
        assistant_of_sales.post(f"faq/{TOPIC}/{action}", 403)

    number = drafted["draft"]["version"]
    approved = manager.post(f"faq/{TOPIC}/approve", version=number)
    assert (approved["author"], approved["version"]) == ("xiao", number)
    assert asked(server) == ("草稿里的话。", {"id": f"faq/{TOPIC}", "version": number})
    history = manager.get(f"faq/{TOPIC}/history")
    assert (history[0]["author"], history[0]["approved_by"]) == ("xiao", "admin")
    manager.post(f"faq/{TOPIC}/rollback", version=1)


def test_a_retired_topic_is_neither_said_nor_suggested(server: RunningServer, manager: Staff) -> None:
    before, _ = asked(server)
    retired = manager.post(f"faq/{TOPIC}/retire")
    assert retired["status"] == "retired"
    assert TOPIC not in [row["id"] for row in manager.get("faq/search", status="approved")]
    replies = server.rest(f"asks-about-content-{next(_numbers)}", QUESTION)
    assert before not in [reply["text"] for reply in replies]
    assert TOPIC not in str(replies)

    manager.post(f"faq/{TOPIC}/restore")
    assert asked(server)[0] == before


def test_an_answer_for_a_while(server: RunningServer, manager: Staff) -> None:
    before, _ = asked(server)
    tomorrow = (datetime.fromisoformat("2026-11-22T10:00:00+08:00") + timedelta(days=1)).isoformat()
    planned = manager.put(f"faq/{TOPIC}", answer="明天起的话。", valid_from=tomorrow)
    assert [version["valid_from"] for version in planned["planned"]] == [tomorrow]
    assert asked(server)[0] == before
    left = manager.post(f"faq/{TOPIC}/retire", version=planned["planned"][0]["version"])
    assert left["planned"] == []


def test_a_new_topic_is_found_by_its_words(server: RunningServer, manager: Staff) -> None:
    made = manager.put(
        "faq/store.piano",
        title="钢琴",
        answer="{brand}城东店有一架钢琴。",
        questions=["能弹琴吗"],
        buttons=[{"title": "地址", "topic": "store.address"}],
    )

    assert {"category": "store", "status": "approved", "version": 1}.items() <= made.items()
    assert made["buttons"] == [{"title": "地址", "topic": "store.address"}]
    assert made["warnings"] == []
    for words in ("弹琴", "钢琴 青岚", "store.piano"):
        assert [row["id"] for row in manager.get("faq/search", q=words)] == ["store.piano"]
    assert len(manager.get("faq/search", q="")) > 147
    manager.post("faq/store.piano/retire")


def test_warnings_and_force(manager: Staff) -> None:
    made = manager.put("faq/store.drum", title="鼓", answer="有。")
    assert ["没有问法" in words for words in made["warnings"]] == [True]
    draft = manager.put("faq/store.drum", answer="草稿。", draft=True)["draft"]["version"]
    manager.put("faq/store.drum", answer="更新的。")
    assert "was published after" in manager.post("faq/store.drum/approve", 409, version=draft)["error"]
    manager.post("faq/store.drum/approve", 400, version=draft, force="yes")
    assert manager.post("faq/store.drum/approve", version=draft, force=True)["answer"] == "草稿。"
    assert manager.post("faq/store.drum/retire")["warnings"] == []
    retired = manager.post("templates/utter_goodbye/retire")
    assert "utter_goodbye" in retired["warnings"][0]
    manager.post("templates/utter_goodbye/restore")


@pytest.mark.parametrize(
    ("body", "field", "words"),
    [
        ({"answer": "在 {nowhere}"}, "answer", "没有变量 {nowhere}"),
        ({"answer": 5}, "answer", "答案必须是文字"),
        ({"answer": ""}, "answer", "答案是空的"),
        ({"questions": "一句"}, "questions", "问法必须是一组文字"),
        ({"buttons": [{"title": "去", "topic": "no.where"}]}, "buttons.topic", "不存在"),
        ({"valid_until": "2020-01-01"}, "valid_until", "失效时间已经过了"),
        ({"valid_from": "tomorrow"}, "valid_from", "时间要写成"),
        ({"valid_from": 5}, "valid_from", "时间要写成"),
        ({"valid_from": "0206-12-01T09:00"}, "valid_from", "时间要写成"),
        ({"valid_from": "0001-01-01T00:00:00Z"}, "valid_from", "时间要写成"),
        ({"valid_until": "9999-12-31T23:00:00-08:00"}, "valid_until", "时间要写成"),
        ({"version": "1"}, "version", "版本必须是版本号"),
        ({"draft": "yes"}, "draft", "true"),
        ({"note": 5}, "note", "备注"),
        ({"status": "approved"}, "status", "没有“status”这个字段"),
    ],
)
def test_a_faulty_edit_is_told_in_two_languages(
    manager: Staff, body: dict[str, Any], field: str, words: str
) -> None:
    refused = manager.put(f"faq/{TOPIC}", 400, **body)

    assert refused["field"] == field
    assert words in refused["message"]
    assert refused["error"].isascii() or field in refused["error"]


def test_bad_bodies_and_ids(server: RunningServer, manager: Staff) -> None:
    for body in ("{", "[]", "5", "[" * 50_000, '"a"'):
        answer = server.client.put(
            f"/api/staff/faq/{TOPIC}",
            content=body,
            headers={**manager.headers, "Content-Type": "application/json"},
        )
        assert answer.status_code == 400, body[:20]
    assert manager.put("faq/Piano", 400, title="琴", answer="有")["field"] == "id"
    assert manager.put("faq/store.organ", 400, answer="有")["field"] == "title"
    manager.post(f"faq/{TOPIC}/rollback", 400)
    manager.post(f"faq/{TOPIC}/rollback", 404, version=99)
    manager.post(f"faq/{TOPIC}/rollback", 400, version=-1)
    manager.post(f"faq/{TOPIC}/approve", 409)
    manager.post(f"faq/{TOPIC}/approve", 400, whatever=1)
    for path in ("faq/no.where", "faq/no.where/history", "templates/utter_nope", "faq/%ff"):
        manager.call("GET", path, expected=404)
    manager.put("templates/utter_nope", 404, text="好")
    manager.post("faq/no.where/retire", 404)
    manager.call("GET", "faq/search", expected=400, q="\0")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        (method, path)
        for path, method, _ in operations()
        if path.startswith(("/api/staff/faq", "/api/staff/temp", "/api/staff/standard-replies/"))
    ],
)
def test_nothing_without_a_token(server: RunningServer, method: str, path: str) -> None:
    answer = server.client.request(method, path.replace("{id}", "store.hours"), json={})

    assert answer.status_code == 401


def test_a_template_has_words_for_a_channel(server: RunningServer, manager: Staff) -> None:
    edited = manager.put(
        "templates/utter_goodbye", text="再见。", channels={"rest": "再见，{brand}。", "wechat": "微信再见。"}
    )
    assert server.rest(f"says-goodbye-{next(_numbers)}", "再见")[0]["text"] == "再见，青岚汽车。"
    assert manager.get("templates/search", q="微信再见")[0]["id"] == "utter_goodbye"
    refused = manager.put("templates/utter_goodbye", 400, text="再见 {nobody}")
    assert refused["field"] == "text"
    assert manager.post("templates/utter_technical_problem/retire", 400)["field"] == "status"
    manager.post("templates/utter_goodbye/rollback", version=edited["version"] - 1)
    assert server.rest(f"says-goodbye-{next(_numbers)}", "再见")[0]["text"] != "再见，青岚汽车。"


def test_an_edit_by_a_command_is_live_in_the_running_server(server: RunningServer) -> None:
    before, _ = asked(server)
    done = run_bot(server.home, "faq", "edit", TOPIC, "--answer", "命令改的话。", "--author", "li")
    assert (done.returncode, done.stderr) == (0, "")
    told, template = asked(server)

    assert told == "命令改的话。"
    assert f"第 {template['version']} 版" in done.stdout
    done = run_bot(server.home, "faq", "rollback", TOPIC, "1")
    assert (done.returncode, done.stderr) == (0, "")
    assert asked(server)[0] == before
