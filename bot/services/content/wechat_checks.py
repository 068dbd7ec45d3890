"""What the platform would refuse of ``dealership/wechat.yml``, said before it is sent.

The menu: https://developers.weixin.qq.com/doc/offiaccount/Custom_Menus/Creating_Custom-Defined_Menu.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from bot.services.content.checks import Fault

MOST_COLUMNS, MOST_BUTTONS = 3, 5
LONGEST_COLUMN, LONGEST_BUTTON, LONGEST_KEY, LONGEST_URL = 16, 60, 128, 1024
"""Bytes of UTF-8."""
_KEY = re.compile(r"[a-z][a-z0-9_.]*")


def menu_faults(menu: Sequence[Mapping[str, Any]]) -> Iterator[Fault]:
    """Everything that is wrong with a menu. ``menu``: plain data of ``MenuColumn``."""
    if len(menu) > MOST_COLUMNS:
        yield Fault("menu", f"more than {MOST_COLUMNS} columns", f"菜单最多 {MOST_COLUMNS} 列")
    for column in menu:
        field = f"menu.{column['name']}"
        yield from _name_faults(field, column["name"], LONGEST_COLUMN)
        if not column["buttons"]:
            yield from _target_faults(field, column)
            continue
        if column["key"] is not None or column["url"] is not None:
            words = f"菜单“{column['name']}”有子菜单，不能再写 key 或 url"
            yield Fault(field, "has buttons, so neither key nor url", words)
        if len(column["buttons"]) > MOST_BUTTONS:
            words = f"菜单“{column['name']}”最多 {MOST_BUTTONS} 个按钮"
            yield Fault(field, f"more than {MOST_BUTTONS} buttons", words)
        for button in column["buttons"]:
            yield from _name_faults(f"{field}.{button['name']}", button["name"], LONGEST_BUTTON)
            yield from _target_faults(f"{field}.{button['name']}", button)


def _name_faults(field: str, name: str, longest: int) -> Iterator[Fault]:
    if not name.strip() or "\n" in name:
        yield Fault(field, "a button needs a name of one line", "按钮要有一行的名称")
    if _size(name) > longest:
        words = f"按钮“{name}”太长：最多 {longest} 字节（{longest // 3} 个汉字）"
        yield Fault(f"{field}.name", f"{name!r} has more than {longest} bytes", words)


def _target_faults(field: str, button: Mapping[str, Any]) -> Iterator[Fault]:
    key, url, name = button["key"], button["url"], button["name"]
    if (key is None) == (url is None):
        yield Fault(field, "needs either key or url", f"按钮“{name}”要写 key 或 url，只写一个")
    if key is not None and (not _KEY.fullmatch(key) or _size(key) > LONGEST_KEY):
        words = f"按钮“{name}”的 key 只能用小写字母、数字、_ 和 .，最多 {LONGEST_KEY} 字节"
        yield Fault(f"{field}.key", f"{key!r} is no key such as book_test_drive", words)
    if url is not None and not _is_page(url):
        words = f"按钮“{name}”的 url 要以 https:// 开头，最多 {LONGEST_URL} 字节"
        yield Fault(f"{field}.url", f"{url!r} is no address such as https://cars.example/", words)


def _is_page(url: str) -> bool:
    try:
        address = urlsplit(url)
        is_web = address.scheme == "https" and bool(address.hostname)
    except ValueError:
        return False
    return is_web and _size(url) <= LONGEST_URL and not re.search(r"\s", url)


def _size(text: str) -> int:
    return len(text.encode("utf-8", "replace"))
