"""Signing in to the staff API, and out of it or the console."""

from __future__ import annotations

import asyncio

from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse, json

from bot import clock
from bot.api.gate import COOKIE, Gate
from bot.api.parameters import storable
from bot.domain.errors import InvalidInput
from bot.services import staff
from bot.services.credentials import bearer_token
from bot.services.throttle import LoginThrottle
from bot.services.user_fields import LONGEST_PASSWORD
from bot.store.database import Database


def add_session_routes(blueprint: Blueprint, database: Database, gate: Gate, throttle: LoginThrottle) -> None:
    """``/staff/login`` and ``/staff/logout``."""

    @blueprint.post("/staff/login")
    async def login(request: Request) -> HTTPResponse:
        body = request.json if isinstance(request.json, dict) else {}
        username, password = body.get("username"), body.get("password")
        if not isinstance(username, str) or not isinstance(password, str):
            raise InvalidInput("username and password are needed")
        storable("username", username)
        storable("password", password)
        token = await asyncio.to_thread(
            staff.sign_in,
            database,
            throttle,
            username,
            password[:LONGEST_PASSWORD],
            clock.now(),
            address=request.ip,
        )
        return json({"token": token})

    @blueprint.post("/staff/logout")
    async def logout(request: Request) -> HTTPResponse:
        await gate(request)
        token = bearer_token(request.headers.get("authorization")) or request.cookies.get(COOKIE) or ""
        await asyncio.to_thread(staff.log_out, database, token)
        answer = json({})
        if request.cookies.get(COOKIE):
            del answer.cookies[COOKIE]
        return answer
