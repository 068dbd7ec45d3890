"""Signing in to the console."""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit

from sanic.request import Request
from sanic.response import HTTPResponse, redirect

from bot import clock
from bot.console.site import HOME, LOGIN, Site
from bot.domain.errors import NotAllowed, TooManyRequests
from bot.services import staff
from bot.services.texts import is_storable
from bot.services.throttle import LoginThrottle

LONGEST = 200
WRONG = "用户名或密码不对，请再试一次。"
TOO_MANY = "登录失败次数太多，请过几分钟再试。"


def add_session_pages(site: Site, throttle: LoginThrottle) -> None:
    """``/console/login``; leaving is ``POST /api/staff/logout``."""

    @site.blueprint.get(LOGIN)
    async def login_page(request: Request) -> HTTPResponse:
        return site.render(request, None, "login.html", problem="", username="", next=_next(request))

    @site.blueprint.post(LOGIN)
    async def login(request: Request) -> HTTPResponse:
        username, password = (_field(request, name) for name in ("username", "password"))
        if not _is_own_form(request):
            return _again(site, request, 403, "请从登录页面登录。", username)
        try:
            token = await asyncio.to_thread(
                staff.sign_in,
                site.database,
                throttle,
                username,
                password,
                clock.now(),
                staff.SESSION,
                request.ip,
            )
        except TooManyRequests:
            return _again(site, request, 429, TOO_MANY, username)
        except NotAllowed:
            return _again(site, request, 401, WRONG, username)
        response = redirect(_next(request))
        _set_cookie(site, response, token)
        return response


def _again(site: Site, request: Request, status: int, problem: str, username: str) -> HTTPResponse:
    return site.render(
        request, None, "login.html", status=status, problem=problem, username=username, next=_next(request)
    )


def _set_cookie(site: Site, response: HTTPResponse, token: str) -> None:
    response.cookies[site.cookie] = token
    cookie = response.cookies[site.cookie]
    cookie["httponly"], cookie["samesite"], cookie["path"] = True, "Strict", "/"
    cookie["max-age"] = staff.TOKEN_HOURS * 3600
    if site.secure:
        cookie["secure"] = True


def _is_own_form(request: Request) -> bool:
    """A login from another site would sign somebody in as a stranger."""
    origin = request.headers.get("origin")
    return origin in (None, "null") or urlsplit(origin).netloc == request.headers.get("host")


def _field(request: Request, name: str) -> str:
    value = str((request.form or {}).get(name) or "").strip()[:LONGEST]
    return value if is_storable(value) else ""


def _next(request: Request) -> str:
    """Where to go then: a page of the console and nowhere else."""
    wanted = str(request.args.get("next") or (request.form or {}).get("next") or HOME)
    inside = wanted == HOME or wanted.startswith(f"{HOME}/")
    return wanted if inside and wanted.isascii() and "\\" not in wanted and "//" not in wanted else HOME
