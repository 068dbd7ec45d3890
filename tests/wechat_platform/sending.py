"""Customer-service messages as the platform takes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.wechat_platform.shown import Choice, Shown

LONGEST_TEXT = 2048
LONGEST_MENU = 10


def fault_of_message(body: dict[str, Any], media: Mapping[str, Any]) -> int:
    """0, or the error code of a message that cannot be sent."""
    kind = body.get("msgtype")
    part = body.get(str(kind))
    if kind not in ("text", "image", "msgmenu", "news", "link") or not isinstance(part, dict):
        return 40008
    if kind == "text":
        return _fault_of_text(part.get("content"))
    if kind == "image":
        return 0 if part.get("media_id") in media else 40007
    if kind == "msgmenu":
        return _fault_of_menu(part)
    return 0


def _fault_of_text(text: Any) -> int:
    if not isinstance(text, str) or not text:
        return 44004
    return 45002 if len(text.encode()) > LONGEST_TEXT else 0


def _fault_of_menu(part: dict[str, Any]) -> int:
    choices = part.get("list")
    if not isinstance(choices, list) or not 0 < len(choices) <= LONGEST_MENU:
        return 40033
    for choice in choices:
        if not isinstance(choice, dict) or not isinstance(choice.get("id"), str) or not choice.get("content"):
            return 40033
    if len({choice["id"] for choice in choices}) < len(choices):
        return 40033
    return _fault_of_text(part.get("head_content"))


def content_of(body: dict[str, Any], now: float) -> Shown:
    """What the customer sees of it."""
    kind = body["msgtype"]
    part = body[kind]
    if kind == "text":
        return Shown("text", part["content"], "custom", now)
    if kind == "image":
        return Shown("image", "", "custom", now, media_id=part["media_id"])
    if kind == "msgmenu":
        choices = tuple(Choice(each["id"], each["content"]) for each in part["list"])
        return Shown("menu", part["head_content"], "custom", now, choices, part.get("tail_content") or "")
    return Shown("news", str(part), "custom", now)
