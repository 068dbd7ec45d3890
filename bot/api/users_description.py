"""The OpenAPI description of the accounts of the staff and of the audit log."""

from __future__ import annotations

from typing import Any

from bot.api.schemas import (
    FLAG,
    NULLABLE,
    NUMBER,
    TEXT,
    TEXTS,
    TIME,
    array,
    enum_of,
    operation,
    query,
    record,
    ref,
)
from bot.domain.staff import Permission, Presence, Role, Skill

_LIMIT = {**NUMBER, "nullable": True, "description": "how many conversations are given to them at a time"}
_FIELDS = {
    "name": TEXT,
    "role": enum_of(Role),
    "email": NULLABLE,
    "resource": {**NULLABLE, "description": "the sales adviser or technician that this person is"},
    "stores": {**TEXTS, "description": "ids; none for all"},
    "skills": array(enum_of(Skill)),
    "conversation_limit": _LIMIT,
}
_OPTIONAL = tuple(_FIELDS)
_WRONG = "a field cannot be used; faults says why by field"
_FORBIDDEN = "only an administrator may"
_POWER = "the last administrator, or one's own account"
_NAME = "the user name"
_MUST_CHANGE = "the console asks for another one at the first sign-in; true for a random one, else false"


def user_paths() -> dict[str, Any]:
    """The paths below ``/api/staff/users`` and ``/api/staff/me``, and ``/api/staff/audit``."""
    base, me = "/api/staff/users", "/api/staff/me"
    password = {**TEXT, "description": "at least 10 characters"}
    created = record("password", user=ref("User"), password={**NULLABLE, "description": "told once"})
    new = record("password", "must_change_password", *_OPTIONAL[2:], username=TEXT)
    new["properties"] |= {**_FIELDS, "password": {**password, "description": "a random one without"}}
    new["properties"]["must_change_password"] = {**FLAG, "description": _MUST_CHANGE}
    new["required"] = ["username", "name", "role"]
    changes = record(*_OPTIONAL, "active", **_FIELDS, active=FLAG)
    one = f"{base}/{{username}}"
    return {
        base: {
            "get": operation("Everybody with presence.", array(ref("User")), s403=_FORBIDDEN),
            "post": operation(
                "A new account with a password that is told once.",
                created,
                body=new,
                s400=_WRONG,
                s403=_FORBIDDEN,
                s409="the user name is taken",
            ),
        },
        one: {
            "patch": _named(
                operation(
                    "Change an account, switch it off or on; off ends its sessions.",
                    ref("User"),
                    body=changes,
                    id_=_NAME,
                    s400=_WRONG,
                    s403=_FORBIDDEN,
                    s409=_POWER,
                )
            )
        },
        f"{one}/password": {
            "post": _named(
                operation(
                    "A new random password, told once; ends their sessions.",
                    record(password=TEXT),
                    id_=_NAME,
                    s403=_FORBIDDEN,
                )
            )
        },
        me: {"get": operation("Who calls, and what they may.", ref("Me"))},
        f"{me}/password": {
            "post": operation(
                "Change one's own password; ends one's other sessions.",
                record(),
                body=record(old=TEXT, new=password),
                s400=_WRONG,
                s429="too many wrong passwords",
            )
        },
        f"{me}/sign-out-everywhere": {
            "post": operation("End all of one's sessions and tokens, this one too.", record(ended=NUMBER))
        },
        "/api/staff/audit": {
            "get": operation(
                "The audit log, newest first.",
                array(ref("AuditLine")),
                query("username", TEXT),
                query("action", TEXT, "as customer.revealed, or how it begins"),
                query("conversation", TEXT, "the id of a conversation"),
                query("before", NUMBER, "the id of the last line of the page before"),
                query("limit", NUMBER, "at most 500; 100 otherwise"),
                s403="only a manager or administrator may",
            )
        },
    }


def user_schemas() -> dict[str, Any]:
    """``User``, ``Me`` and ``AuditLine``."""
    user = {
        "username": TEXT,
        **_FIELDS,
        "active": FLAG,
        "presence": enum_of(Presence),
        "conversations": {**NUMBER, "description": "how many are with them now"},
        "created_at": TIME,
    }
    return {
        "User": record(**user),
        "Me": record(**user, permissions=array(enum_of(Permission))),
        "AuditLine": record(
            id=NUMBER,
            at=TIME,
            username=TEXT,
            action=TEXT,
            subject=NULLABLE,
            conversation_id=NULLABLE,
            details={"type": "object"},
            address=NULLABLE,
        ),
    }


def _named(described: dict[str, Any]) -> dict[str, Any]:
    """The id in the path is a user name."""
    path, *rest = described["parameters"]
    return {**described, "parameters": [{**path, "name": "username"}, *rest]}
