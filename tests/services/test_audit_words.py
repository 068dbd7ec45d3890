"""The audit log in Chinese: nothing that the program writes there is left without words."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.services.audit_words import action_words, actor_words, details_words

ROOT = Path(__file__).resolve().parents[2]
WRITERS = {"note", "note_now", "note_change", "_note_change", "_noted", "_note", "_log"}
ACTION = re.compile(r"[a-z]+\.[a-z_]+")


def written_actions() -> set[str]:
    """The texts like "customer.revealed" in calls that write into the log."""
    return {
        action
        for path in (ROOT / "bot").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and _writes(node)
        for action in _texts(node)
    }


def _writes(call: ast.Call) -> bool:
    """A call of a writer, or of a thread that is handed one."""
    return any(_name(node) in WRITERS for node in (call.func, *call.args))


def _name(node: ast.expr) -> str:
    return getattr(node, "attr", getattr(node, "id", ""))


def _texts(call: ast.Call) -> Iterator[str]:
    for node in call.args:
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and ACTION.fullmatch(node.value):
            yield node.value


def test_everything_that_is_written_has_words() -> None:
    actions = written_actions()

    assert {"customer.revealed", "session.refused", "user.created", "outage.begun"} <= actions
    assert [action for action in sorted(actions) if action_words(action) == action] == []


@pytest.mark.parametrize(
    ("action", "words"),
    [
        ("session.begun", "登录"),
        ("outage.begun", "停用：开始"),
        ("leads.seen", "线索：查看"),
        ("appointment.moved", "预约：改时间"),
        ("something.new", "something.new"),
        ("customer.sung_to", "customer.sung_to"),
    ],
)
def test_an_action_in_words(action: str, words: str) -> None:
    assert action_words(action) == words


def test_details_in_words() -> None:
    details = {"role": "service_adviser", "skills": ["sales", "complaint"], "email": None, "version": 3}

    assert details_words(details) == "角色 服务顾问；技能 销售、投诉；邮箱 空；版本 3"
    assert actor_words("system", {}) == "系统"
    assert actor_words("linxiao", {"linxiao": "林晓"}) == "林晓"
    assert actor_words("gone", {}) == "gone"
