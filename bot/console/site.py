"""What every page of the console is built on: who may see it, its security headers, and how it is rendered."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

import jinja2
from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse, html, redirect

from bot import clock
from bot.domain.errors import NotAllowed, NotPermitted
from bot.domain.staff import Permission
from bot.domain.wechat.window import Limits
from bot.services.content.snapshot import ContentStore
from bot.services.staff import Staff, csrf_token
from bot.store.database import Database

HERE = Path(__file__).parent
STATIC = "/console/static"
SHARED_STATIC = "/web/static"
LOGIN = "/console/login"
HOME = "/console"
ACCOUNT = "/console/me"
Gate = Callable[..., Awaitable[Staff]]
Page = Callable[..., Awaitable[HTTPResponse]]
NAVIGATION = (
    ("/console", "对话", Permission.CONVERSE),
    ("/console/appointments", "预约", Permission.BOOK),
    ("/console/customers", "客户", Permission.SEE_CUSTOMERS),
    ("/console/cases", "工单", Permission.SEE_CUSTOMERS),
    ("/console/tasks", "任务", Permission.SEE_CUSTOMERS),
    ("/console/events", "活动", Permission.SEE_CUSTOMERS),
    ("/console/indicators", "指标", Permission.READ_INDICATORS),
    ("/console/faq", "问答", Permission.EDIT_CONTENT),
    ("/console/templates", "话术", Permission.EDIT_CONTENT),
    ("/console/unanswered", "未答问题", Permission.EDIT_CONTENT),
    ("/console/users", "人员", Permission.MANAGE_USERS),
    ("/console/outbox", "消息", Permission.READ_AUDIT),
    ("/console/audit", "审计", Permission.READ_AUDIT),
    ("/console/settings", "设置", Permission.EDIT_DEALERSHIP),
)
"""Address, name and permission of the pages in the menu."""


class Site:
    """The console of one installation. ``gate`` tells who calls (the server hands it in); ``cookie``: the session's."""

    def __init__(
        self,
        database: Database,
        content: ContentStore,
        gate: Gate,
        cookie: str,
        secure: bool,
        wechat_limits: Limits | None = None,
    ) -> None:
        self.database, self.content, self.gate = database, content, gate
        self.cookie, self.secure = cookie, secure
        self.wechat_limits = wechat_limits or Limits()
        self.blueprint = Blueprint("console")
        self.blueprint.static(STATIC, str(HERE / "static"), name="console_static", use_modified_since=True)

        @self.blueprint.on_response
        async def revalidate(request: Request, response: HTTPResponse) -> None:
            if request.path.startswith(STATIC):
                response.headers["Cache-Control"] = "no-cache"

    def page(
        self, path: str, permission: Permission, methods: tuple[str, ...] = ("GET",)
    ) -> Callable[[Page], Page]:
        """Register ``page(request, staff, …)`` at a path; nobody is sent to sign in, a role that may not gets 403,
        or from the home page the first one of its menu."""

        def register(page: Page) -> Page:
            async def guarded(request: Request, **values: Any) -> HTTPResponse:
                try:
                    staff = await self.gate(request, permission)
                except NotAllowed:
                    return redirect(f"{LOGIN}?next={quote(request.path)}")
                except NotPermitted:
                    staff = await self.gate(request)
                    if staff.must_choose_password:
                        return redirect(ACCOUNT)
                    if path == HOME and (menu := _menu(staff)):
                        return redirect(menu[0][0])
                    return self.render(request, staff, "not_permitted.html", status=403)
                return await page(request, staff, **values)

            name = f"{page.__module__.rpartition('.')[2]}_{page.__name__}"
            self.blueprint.add_route(guarded, path, methods=list(methods), name=name)
            return page

        return register

    def render(
        self, request: Request, staff: Staff | None, template: str, status: int = 200, **values: Any
    ) -> HTTPResponse:
        """A page from a template, with a policy that runs our own modules alone."""
        nonce = secrets.token_urlsafe(16)
        profile = self.content.current().dealership.profile
        menu = _menu(staff)
        text = (
            _templates()
            .get_template(template)
            .render(
                request_path=request.path,
                staff=staff,
                menu=menu,
                profile=profile,
                now=clock.now(),
                nonce=nonce,
                csrf=csrf_token(request.cookies.get(self.cookie) or "") if staff else "",
                static=STATIC,
                shared_static=SHARED_STATIC,
                Permission=Permission,
                **values,
            )
        )
        return html(text, status=status, headers={**_HEADERS, "Content-Security-Policy": policy(nonce)})


def _menu(staff: Staff | None) -> list[tuple[str, str]]:
    """Address and name of the pages that they may see."""
    return [
        (path, name)
        for path, name, needed in NAVIGATION
        if staff and staff.may(needed) and not staff.must_choose_password
    ]


def policy(nonce: str) -> str:
    """Scripts and styles of ours alone, inline ones with the nonce of this answer; no frame, no form outside."""
    return (
        f"default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'nonce-{nonce}'; "
        "img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; media-src 'self'; manifest-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )


_HEADERS = {
    "Cache-Control": "no-store",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
}


@cache
def _templates() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE / "templates"), autoescape=True, undefined=jinja2.StrictUndefined
    )
    environment.filters["day_time"] = _day_time
    return environment


def _day_time(moment: Any) -> str:
    """周六 11月28日 14:00."""
    return f"{'周一周二周三周四周五周六周日'[moment.weekday() * 2 :][:2]} {moment.month}月{moment.day}日 {moment:%H:%M}"
