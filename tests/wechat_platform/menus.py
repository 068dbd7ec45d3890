"""The rules of an account's menu (menu/create)."""

from __future__ import annotations

from typing import Any


def menu_fault(body: dict[str, Any]) -> int:
    """0, or the error code."""
    buttons = body.get("button")
    if not isinstance(buttons, list) or not 1 <= len(buttons) <= 3:
        return 40016
    return next((code for button in buttons if (code := _button_fault(button, 16))), 0)


def _button_fault(button: Any, longest_name: int) -> int:
    if not isinstance(button, dict) or not isinstance(button.get("name"), str):
        return 40017
    if not 1 <= len(button["name"].encode()) <= longest_name:
        return 40018
    below = button.get("sub_button")
    if below:
        if not isinstance(below, list) or len(below) > 5:
            return 40023
        return next((code for each in below if (code := _button_fault(each, 60))), 0)
    if button.get("type") == "click":
        return 0 if 1 <= len(str(button.get("key", "")).encode()) <= 128 else 40019
    if button.get("type") == "view":
        url = str(button.get("url", ""))
        return 0 if url.startswith(("http://", "https://")) and len(url.encode()) <= 1024 else 40020
    return 40017
