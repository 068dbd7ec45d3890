"""The accounts of the staff in the staff API, and one's own."""

from __future__ import annotations

import asyncio
from typing import Any

from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse, json

from bot import clock
from bot.api.gate import COOKIE
from bot.api.parameters import body_of, id_of_path, iso, storable
from bot.api.parts import Parts
from bot.domain.dealership import Dealership
from bot.domain.errors import InvalidInput
from bot.domain.staff import Permission
from bot.services import users
from bot.services.credentials import bearer_token, token_hash
from bot.services.user_fields import CHANGEABLE, LONGEST_PASSWORD
from bot.services.users import UserView


def add_user_routes(blueprint: Blueprint, parts: Parts) -> None:
    """The routes below ``/staff/users`` and ``/staff/me``."""
    _add_accounts(blueprint, parts)
    _add_own_account(blueprint, parts)


def _add_accounts(blueprint: Blueprint, parts: Parts) -> None:
    database, gate = parts.database, parts.gate

    @blueprint.get("/staff/users")
    async def all_users(request: Request) -> HTTPResponse:
        await gate(request, Permission.MANAGE_USERS)
        found = await asyncio.to_thread(users.list_users, database, clock.now())
        return json([user_json(user) for user in found])

    @blueprint.post("/staff/users")
    async def create_user(request: Request) -> HTTPResponse:
        staff = await gate(request, Permission.MANAGE_USERS)
        fields = body_of(request, "username", "password", "must_change_password", *CHANGEABLE)
        username, password = fields.pop("username", ""), fields.pop("password", None)
        must_change = _switch(fields, "must_change_password")
        arguments = (username, fields, staff.actor, clock.now(), password, must_change)
        dealership = await _dealership(parts)
        user, chosen = await asyncio.to_thread(users.create_user, database, dealership, *arguments)
        parts.wakeups.staff_news()
        return json({"user": user_json(user), "password": None if password else chosen})

    @blueprint.patch("/staff/users/<username:str>")
    async def change_user(request: Request, username: str) -> HTTPResponse:
        staff = await gate(request, Permission.MANAGE_USERS)
        changes, name = body_of(request, "active", *CHANGEABLE), id_of_path(username)
        dealership = await _dealership(parts)
        user = await asyncio.to_thread(
            users.change_user, database, dealership, name, changes, staff.actor, clock.now()
        )
        parts.wakeups.staff_news()
        return json(user_json(user))

    @blueprint.post("/staff/users/<username:str>/password")
    async def reset_password(request: Request, username: str) -> HTTPResponse:
        staff = await gate(request, Permission.MANAGE_USERS)
        body_of(request)
        name = id_of_path(username)
        if name == staff.username:
            raise InvalidInput("one's own password is changed with POST /me/password")
        password = await asyncio.to_thread(users.reset_password, database, name, staff.actor, clock.now())
        return json({"password": password})


def _add_own_account(blueprint: Blueprint, parts: Parts) -> None:
    database, gate = parts.database, parts.gate

    @blueprint.get("/staff/me")
    async def me(request: Request) -> HTTPResponse:
        staff = await gate(request)
        user = await asyncio.to_thread(users.find_user, database, staff.username, clock.now())
        permissions = [permission.value for permission in Permission if staff.may(permission)]
        return json({**user_json(user), "permissions": permissions})

    @blueprint.post("/staff/me/password")
    async def change_password(request: Request) -> HTTPResponse:
        staff = await gate(request)
        body = body_of(request, "old", "new")
        old, new = (_password(body, name) for name in ("old", "new"))
        parts.throttle.attempt(request.ip, staff.username)
        keep = token_hash(_token(request))
        await asyncio.to_thread(users.change_own_password, database, staff.actor, old, new, clock.now(), keep)
        parts.throttle.succeeded(request.ip, staff.username)
        return json({})

    @blueprint.post("/staff/me/sign-out-everywhere")
    async def sign_out_everywhere(request: Request) -> HTTPResponse:
        staff = await gate(request)
        body_of(request)
        ended = await asyncio.to_thread(users.sign_out_everywhere, database, staff.actor, clock.now())
        answer = json({"ended": ended})
        if request.cookies.get(COOKIE):
            del answer.cookies[COOKIE]
        return answer


def user_json(user: UserView) -> dict[str, Any]:
    """An account without anything secret."""
    return {
        "username": user.username,
        "name": user.name,
        "role": user.role.value,
        "email": user.email,
        "resource": user.resource,
        "stores": list(user.stores),
        "skills": [skill.value for skill in user.skills],
        "conversation_limit": user.conversation_limit,
        "active": user.is_active,
        "presence": user.presence.value,
        "conversations": user.conversations,
        "created_at": iso(user.created_at),
    }


def _switch(fields: dict[str, Any], name: str) -> bool | None:
    """True or false, taken out of the fields; None where it is not there."""
    value = fields.pop(name, None)
    if value is not None and not isinstance(value, bool):
        raise InvalidInput(f"{name} must be true or false")
    return value


def _password(body: dict[str, Any], name: str) -> str:
    password = body.get(name)
    if not isinstance(password, str) or len(password) > LONGEST_PASSWORD:
        raise InvalidInput(f"{name} must be a text of at most {LONGEST_PASSWORD} characters")
    storable(name, password)
    return password


def _token(request: Request) -> str:
    return bearer_token(request.headers.get("authorization")) or request.cookies.get(COOKIE) or ""


async def _dealership(parts: Parts) -> Dealership:
    dealership: Dealership = (await asyncio.to_thread(parts.content.current)).dealership
    return dealership
