"""What may be written into a staff account, checked; the words are for the person who fills in the form."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from bot.domain.dealership import Dealership, ResourceKind
from bot.domain.staff import Role, Skill
from bot.services.texts import is_email, is_storable

CHANGEABLE = ("name", "role", "email", "skills", "stores", "resource", "conversation_limit")
SHORTEST_PASSWORD = 10
LONGEST_PASSWORD = 200
LONGEST_NAME = 40
MOST_CONVERSATIONS = 50
PEOPLE = (ResourceKind.SALES_ADVISER, ResourceKind.TECHNICIAN)
"""The resources that are somebody."""
_USERNAME = re.compile(r"[a-z0-9][a-z0-9._-]{1,39}")


def username_faults(username: Any) -> dict[str, str]:
    """By field, empty when it may be one."""
    if isinstance(username, str) and _USERNAME.fullmatch(username):
        return {}
    return {"username": "用户名用 2 到 40 个小写字母或数字，中间可以有 . _ -"}


def password_faults(password: Any, username: str, field: str = "password") -> dict[str, str]:
    """By ``field``, empty when it may be one."""
    if not isinstance(password, str) or not is_storable(password) or len(password) < SHORTEST_PASSWORD:
        return {field: f"密码至少要 {SHORTEST_PASSWORD} 个字符"}
    if len(password) > LONGEST_PASSWORD:
        return {field: f"密码最多 {LONGEST_PASSWORD} 个字符"}
    if password.strip() != password:
        return {field: "密码的开头和结尾不能是空格"}
    if (
        username
        and username.lower() in password.lower()
        and len(password) < len(username) + SHORTEST_PASSWORD
    ):
        return {field: "密码不能只是用户名加几个字"}
    if len(set(password)) < 4:
        return {field: "密码太简单，请多用几种字符"}
    return {}


def checked_fields(
    fields: Mapping[str, Any], dealership: Dealership
) -> tuple[dict[str, Any], dict[str, str]]:
    """The columns of those of ``CHANGEABLE`` that are named, and what is wrong by field."""
    data: dict[str, Any] = {}
    faults = {name: "没有这一项" for name in fields if name not in CHANGEABLE}
    for name in CHANGEABLE:
        if name not in fields:
            continue
        try:
            data[name] = _CHECKS[name](fields[name], dealership)
        except ValueError as error:
            faults[name] = str(error)
    return data, faults


def _name(value: Any, _: Dealership) -> str:
    text = " ".join(value.split()) if isinstance(value, str) else ""
    if not 0 < len(text) <= LONGEST_NAME or not is_storable(text):
        raise ValueError(f"姓名要有 1 到 {LONGEST_NAME} 个字")
    return text


def _role(value: Any, _: Dealership) -> str:
    if value not in [role.value for role in Role]:
        raise ValueError("请选择角色")
    return str(value)


def _email(value: Any, _: Dealership) -> str | None:
    if value is None or value == "":
        return None
    if not isinstance(value, str) or not is_email(value.strip()):
        raise ValueError("邮箱要写成 name@example.com 这样")
    return value.strip()


def _skills(value: Any, _: Dealership) -> list[str]:
    return _choices(value, [skill.value for skill in Skill], "没有这项技能")


def _stores(value: Any, dealership: Dealership) -> list[str]:
    return _choices(value, [store.id for store in dealership.stores], "没有这家门店")


def _choices(value: Any, known: list[str], words: str) -> list[str]:
    if not isinstance(value, list) or any(item not in known for item in value):
        raise ValueError(words)
    return [item for item in known if item in value]


def _resource(value: Any, dealership: Dealership) -> str | None:
    if value is None or value == "":
        return None
    people = [resource.id for resource in dealership.resources if resource.kind in PEOPLE]
    if value not in people:
        raise ValueError("没有这位顾问或技师")
    return str(value)


def _limit(value: Any, _: Dealership) -> int | None:
    if value is None:
        return None
    if type(value) is not int or not 0 <= value <= MOST_CONVERSATIONS:
        raise ValueError(f"同时接待的对话数要是 0 到 {MOST_CONVERSATIONS} 的整数")
    return value


_CHECKS: dict[str, Callable[[Any, Dealership], Any]] = {
    "name": _name,
    "role": _role,
    "email": _email,
    "skills": _skills,
    "stores": _stores,
    "resource": _resource,
    "conversation_limit": _limit,
}
