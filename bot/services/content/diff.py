"""Versions as text that people read, and what differs between two of them."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from typing import Any

from bot.domain.replies import BUTTON_INTENTS
from bot.domain.versions import Status, Version
from bot.services.content.fields import moment_text

STATUS_WORDS = {Status.APPROVED: "已发布", Status.DRAFT: "草稿", Status.RETIRED: "已停用"}
ARROW = "->"


def difference(old: Version, new: Version) -> str:
    """A unified diff of the readable forms; empty when nothing differs."""
    lines = difflib.unified_diff(
        list(readable(old)), list(readable(new)), name_of(old), name_of(new), lineterm="", n=2
    )
    return "\n".join(lines)


def name_of(version: Version) -> str:
    """ "第 3 版（草稿，li）" """
    return f"第 {version.number} 版（{STATUS_WORDS[version.status]}，{version.author}）"


def readable(version: Version) -> Iterator[str]:
    """One line per line of text, button and question."""
    data = version.data
    for field, name in (("title", "标题"), ("category", "分类")):
        if field in data:
            yield f"{name}：{data[field]}"
    yield "答案：" if "answer" in data else "文字："
    yield from _indented(str(data.get("answer", data.get("text", ""))))
    for channel, text in sorted(data.get("channels", {}).items()):
        yield f"渠道 {channel}："
        yield from _indented(text)
    for button in data.get("buttons", ()):
        yield f"按钮：{button_text(button)}"
    for question in data.get("questions", ()):
        yield f"问法：{question}"
    for moment, name in ((version.valid_from, "生效"), (version.valid_until, "失效")):
        if moment:
            yield f"{name}：{moment_text(moment)}"


def button_text(button: dict[str, Any]) -> str:
    """ "预约试驾 -> book_test_drive" """
    target = button.get("topic") or button.get("intent") or button.get("payload")
    return f"{button['title']} {ARROW} {target}"


def button_data(line: str) -> dict[str, Any] | None:
    """The opposite of ``button_text``; None where there is no arrow with something on both sides."""
    title, arrow, target = (part.strip() for part in line.replace("→", ARROW).rpartition(ARROW))
    if not arrow or not title or not target:
        return None
    empty: dict[str, Any] = {"intent": None, "topic": None, "payload": None}
    field = "payload" if target.startswith("/") else "intent" if target in BUTTON_INTENTS else "topic"
    return {"title": title, **empty, field: target}


def _indented(text: str) -> Iterator[str]:
    return (f"  {line}" for line in text.strip().split("\n"))
