"""Who calls, and may they: an API token in the header, or the console's session cookie with its CSRF token."""

from __future__ import annotations

import asyncio

from sanic.request import Request

from bot import clock
from bot.domain.errors import NotAllowed, NotPermitted
from bot.domain.staff import Permission
from bot.services.credentials import bearer_token, same_token
from bot.services.staff import SESSION, TOKEN, Staff, csrf_token, staff_of_token
from bot.store.database import Database

COOKIE = "zhanting_staff"
CSRF_HEADER = "X-CSRF-Token"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class Gate:
    """Called by every route with the permission that it needs; gives who calls."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def __call__(self, request: Request, permission: Permission = Permission.SIGNED_IN) -> Staff:
        """Raises ``NotAllowed`` (401) for nobody, ``NotPermitted`` (403) for a role that may not or a forged page."""
        staff = await self._caller(request)
        if staff.must_choose_password and permission is not Permission.SIGNED_IN:
            raise NotPermitted("the password has to be changed first")
        if not staff.may(permission):
            raise NotPermitted(f"{staff.role.value} may not {permission.value}")
        return staff

    async def _caller(self, request: Request) -> Staff:
        token, kind = bearer_token(request.headers.get("authorization")), TOKEN
        if not token:
            token, kind = request.cookies.get(COOKIE) or "", SESSION
        staff = await asyncio.to_thread(staff_of_token, self._database, token, clock.now(), kind, request.ip)
        if kind == SESSION and request.method not in SAFE_METHODS:
            given = request.headers.get(CSRF_HEADER) or ""
            if not same_token(given, csrf_token(token)):
                raise NotPermitted("the request lacks the page's token")
        if not isinstance(staff, Staff):
            raise NotAllowed("no valid token")
        return staff
