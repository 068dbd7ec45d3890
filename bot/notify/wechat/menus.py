"""The menu in the platform's words (menu/create), and whether what it has is ours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bot.domain.wechat.content import MenuButton, MenuColumn


def as_platform_menu(menu: Sequence[MenuColumn]) -> dict[str, Any]:
    """``{"button": […]}`` for ``WeChatClient.create_menu``."""
    return {"button": [_column(column) for column in menu]}


def is_same_menu(one: Mapping[str, Any] | None, other: Mapping[str, Any] | None) -> bool:
    """Whether two menus look and do the same; the platform gives fields back that nobody sent."""
    return _essence((one or {}).get("button")) == _essence((other or {}).get("button"))


def _column(column: MenuColumn) -> dict[str, Any]:
    if column.buttons:
        return {"name": column.name, "sub_button": [_button(button) for button in column.buttons]}
    return _button(column)


def _button(button: MenuButton | MenuColumn) -> dict[str, Any]:
    if button.url is not None:
        return {"type": "view", "name": button.name, "url": button.url}
    return {"type": "click", "name": button.name, "key": button.key}


def _essence(buttons: Any) -> list[Any]:
    return [
        (*(each.get(name) for name in ("name", "type", "key", "url")), _essence(each.get("sub_button")))
        for each in buttons or ()
    ]
