"""The platform's API: what the assistant may ask for, with the platform's answers and error codes."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aiohttp import web

from tests.wechat_platform.accounts import PlatformAccount
from tests.wechat_platform.menus import menu_fault
from tests.wechat_platform.sending import content_of, fault_of_message

if TYPE_CHECKING:
    from tests.wechat_platform.platform import Platform

HANG_SECONDS = 60.0
TYPING_SECONDS = 15.0
PERMITTED = ("/message/custom/send", "/message/custom/typing")
MESSAGES = {0: "ok", -1: "system error", 40001: "invalid credential, access_token is invalid or not latest"}


class Refused(Exception):
    """An error code of the platform."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Call:
    """One call, as the platform wrote it down. ``body`` is the raw body of JSON calls."""

    path: str
    account: str
    openid: str
    body: str
    code: int | str
    at: float
    begun: float
    ended: float


Handler = Callable[[PlatformAccount, web.Request, dict[str, Any]], Awaitable[dict[str, Any] | web.Response]]


class Api:
    """The calls under ``/cgi-bin``."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self.calls: list[Call] = []
        self._templates: dict[str, int] = {}

    def add_to(self, app: web.Application) -> None:
        post: dict[str, Handler] = {
            "/cgi-bin/message/custom/send": self._send,
            "/cgi-bin/message/custom/typing": self._typing,
            "/cgi-bin/message/template/send": self._template,
            "/cgi-bin/menu/create": self._create_menu,
            "/cgi-bin/qrcode/create": self._create_code,
        }
        get: dict[str, Handler] = {
            "/cgi-bin/menu/get": self._get_menu,
            "/cgi-bin/menu/delete": self._delete_menu,
            "/cgi-bin/media/get": self._download,
        }
        app.router.add_post("/cgi-bin/stable_token", self._with_faults(self._stable_token))
        app.router.add_post("/cgi-bin/media/upload", self._with_faults(self._with_token(self._upload, False)))
        for path, handler in post.items():
            app.router.add_post(path, self._with_faults(self._with_token(handler, True)))
        for path, handler in get.items():
            app.router.add_get(path, self._with_faults(self._with_token(handler, False)))

    def sent(self, path: str = "/message/custom/send") -> list[Call]:
        """The calls of a path that went through."""
        return [call for call in self.calls if call.path.endswith(path) and call.code == 0]

    def _with_faults(self, handler: Callable[[web.Request], Awaitable[Any]]) -> Any:
        async def answer(request: web.Request) -> web.StreamResponse:
            begun, raw = time.monotonic(), ""
            if (
                request.content_type == "application/json"
                or request.path.endswith("stable_token")
                or (request.method == "POST" and not request.content_type.startswith("multipart/"))
            ):
                raw = await request.text()
            openid = str((_json(raw) or {}).get("touser", ""))
            fault = self._platform.faults.take(request.path, openid)
            code: int | str = 0
            try:
                if self._platform.slow_api:
                    await asyncio.sleep(self._platform.slow_api)
                if fault is not None and fault != "cut":
                    code = fault
                    return await _go_wrong(fault)
                done = await handler(request)
                if fault == "cut":
                    code = "cut"
                    request.transport.abort()  # type: ignore[union-attr]
                if isinstance(done, web.StreamResponse):
                    return done
                return _answer({"errcode": 0, "errmsg": "ok", **done})
            except Refused as refused:
                code = refused.code
                return _answer(_error(refused.code))
            finally:
                name = self._platform.account_of_token(request.query.get("access_token", ""))
                now = self._platform.clock.now()
                self.calls.append(Call(request.path, name, openid, raw, code, now, begun, time.monotonic()))

        return answer

    def _with_token(self, handler: Handler, is_json: bool) -> Callable[[web.Request], Awaitable[Any]]:
        async def answer(request: web.Request) -> Any:
            account = self._signed_in(request)
            if request.path.endswith(PERMITTED) and not account.may_send:
                raise Refused(48001)
            if not is_json:
                return await handler(account, request, {})
            body = _json(_as_shown(await request.text()))
            if body is None:
                raise Refused(47001)
            return await handler(account, request, body)

        return answer

    def _signed_in(self, request: web.Request) -> PlatformAccount:
        token, now = request.query.get("access_token", ""), self._platform.clock.now()
        if not token:
            raise Refused(41001)
        for account in self._platform.accounts.values():
            if token.startswith(f"token-{account.name}-"):
                code = self._platform.tokens[account.name].check(token, now)
                if code:
                    raise Refused(code)
                return account
        raise Refused(40001)

    async def _stable_token(self, request: web.Request) -> dict[str, Any]:
        body = _json(await request.text()) or {}
        if body.get("grant_type") != "client_credential":
            raise Refused(40002)
        found = [each for each in self._platform.accounts.values() if each.app_id == body.get("appid")]
        if not found:
            raise Refused(40013)
        if found[0].secret != body.get("secret"):
            raise Refused(40125)
        name = found[0].name
        try:
            token, seconds = self._platform.tokens[name].hand_out(
                name, body.get("force_refresh") is True, self._platform.clock.now()
            )
        except ValueError:
            raise Refused(45009) from None
        return {"access_token": token, "expires_in": seconds}

    async def _send(
        self, account: PlatformAccount, request: web.Request, body: dict[str, Any]
    ) -> dict[str, Any]:
        customer = self._receiver(account, body)
        code = fault_of_message(body, self._platform.media.files)
        if code:
            raise Refused(code)
        now = self._platform.clock.now()
        code = customer.quota.spend(now)
        if code:
            raise Refused(code)
        asyncio.get_running_loop().call_soon(customer.show, content_of(body, now))  # the call is noted first
        return {}

    async def _typing(
        self, account: PlatformAccount, request: web.Request, body: dict[str, Any]
    ) -> dict[str, Any]:
        customer, now = self._receiver(account, body), self._platform.clock.now()
        command = body.get("command")
        if command not in ("Typing", "CancelTyping"):
            raise Refused(45072)
        if command == "CancelTyping":
            customer.typing_until = 0.0
        elif not customer.shown or now - customer.shown[-1].at > 30:
            raise Refused(45080)
        elif customer.typing_until > now:
            raise Refused(45081)
        else:
            customer.typing_until = now + TYPING_SECONDS
        customer.news()
        return {}

    async def _template(
        self, account: PlatformAccount, request: web.Request, body: dict[str, Any]
    ) -> dict[str, Any]:
        if account.kind != "service":
            raise Refused(48001)
        customer = self._receiver(account, body)
        if account.templates and body.get("template_id") not in account.templates:
            raise Refused(40037)
        data = body.get("data")
        if not isinstance(data, dict) or not all(
            isinstance(each, dict) and "value" in each for each in data.values()
        ):
            raise Refused(47003)
        given = str(body.get("client_msg_id") or "")
        if given and given in self._templates:
            return {"msgid": self._templates[given]}
        msgid = self._platform.next_msgid()
        if given:
            self._templates[given] = msgid
        customer.show_template(body)
        self._platform.report_template(customer, msgid)
        return {"msgid": msgid}

    def _receiver(self, account: PlatformAccount, body: dict[str, Any]) -> Any:
        customer = self._platform.customers.get((account.name, str(body.get("touser", ""))))
        if customer is None:
            raise Refused(40003)
        if not customer.follows:
            raise Refused(43004)
        return customer

    async def _create_menu(
        self, account: PlatformAccount, request: web.Request, body: dict[str, Any]
    ) -> dict[str, Any]:
        code = menu_fault(body)
        if code:
            raise Refused(code)
        account.menu = body
        return {}

    async def _get_menu(self, account: PlatformAccount, *_: Any) -> dict[str, Any]:
        if account.menu is None:
            raise Refused(46003)
        return {"menu": account.menu}

    async def _delete_menu(self, account: PlatformAccount, *_: Any) -> dict[str, Any]:
        account.menu = None
        return {}

    async def _create_code(
        self, account: PlatformAccount, request: web.Request, body: dict[str, Any]
    ) -> dict[str, Any]:
        scene = body.get("action_info", {}).get("scene", {})
        value = str(scene.get("scene_str") or scene.get("scene_id") or "")
        if not 1 <= len(value) <= 64:
            raise Refused(40053)
        ticket = self._platform.codes.ticket_of(value)
        return {"ticket": ticket, "url": f"{self._platform.url}/q/{ticket}"}

    async def _upload(self, account: PlatformAccount, request: web.Request, _: Any) -> dict[str, Any]:
        part = None
        if request.content_type.startswith("multipart/"):
            part = await (await request.multipart()).next()
        if part is None or getattr(part, "name", None) != "media" or not getattr(part, "filename", None):
            raise Refused(41005)
        kind = request.query.get("type", "")
        if kind not in ("image", "voice", "video", "thumb"):
            raise Refused(40004)
        content = bytes(await part.read())  # type: ignore[union-attr]
        if len(content) > 10 * 1024 * 1024:
            raise Refused(40009)
        media_id = self._platform.media.keep(content, part.headers.get("Content-Type", "image/jpeg"))
        return {"type": kind, "media_id": media_id, "created_at": int(self._platform.clock.now())}

    async def _download(self, account: PlatformAccount, request: web.Request, _: Any) -> web.Response:
        found = self._platform.media.files.get(request.query.get("media_id", ""))
        if found is None:
            raise Refused(40007)
        headers = {"Content-Disposition": 'attachment; filename="media.jpg"'}
        return web.Response(body=found[0], content_type=found[1], headers=headers)


async def _go_wrong(fault: int | str) -> web.Response:
    if isinstance(fault, int):
        return _answer(_error(fault))
    if fault == "hang":
        await asyncio.sleep(HANG_SECONDS)
    if fault == "html":
        return web.Response(text="<html>502 Bad Gateway</html>", content_type="text/html")
    return web.Response(status=500, text="error")


def _answer(body: dict[str, Any]) -> web.Response:
    """The platform calls its JSON text/plain."""
    return web.Response(text=json.dumps(body, ensure_ascii=False), content_type="text/plain", charset="utf-8")


def _error(code: int) -> dict[str, Any]:
    return {"errcode": code, "errmsg": f"{MESSAGES.get(code, 'error')} rid: 0-0-0"}


def _json(text: str) -> dict[str, Any] | None:
    try:
        found = json.loads(text)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _as_shown(text: str) -> str:
    r"""The platform does not read ``\u4f60``: the customer would see these letters."""
    return re.sub(r"\\u([0-9a-fA-F]{4})", r"\\\\u\1", text)
