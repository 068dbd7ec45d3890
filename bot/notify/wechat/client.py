"""The platform's API for one account. Each call ends within seconds, with what was asked for or a ``WeChatError``.

Nothing is repeated but for a new access token, once: whether and when to try again is the caller's decision.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar
from urllib.parse import quote

import aiohttp

from bot.domain.wechat.account import Account
from bot.domain.wechat.faults import Fault
from bot.notify.wechat.calls import CONNECT_SECONDS, TOTAL_SECONDS, Caller, open_session
from bot.notify.wechat.errors import NO_ANSWER, WeChatError

__all__ = ["FetchToken", "GrantedToken", "Tokens", "WeChatClient", "WeChatError", "open_session"]
T = TypeVar("T")
LARGEST_FILE = 10 * 1024 * 1024
UPLOADED = {"image/png": "png", "image/jpeg": "jpg", "image/gif": "gif"}
"""The kinds of image that the platform takes, with the ending that it wants in the file's name."""
PICTURE_OF_CODE = "https://mp.weixin.qq.com/cgi-bin/showqrcode?ticket="
LONGEST_SCENE = 64
INVALID_MEDIA_TYPE, INVALID_MEDIA_SIZE, NO_MENU = 40004, 40006, 46003


@dataclass(frozen=True)
class GrantedToken:
    """An access token as the platform gave it, and for how many seconds."""

    value: str
    seconds: int

    def __repr__(self) -> str:
        return f"GrantedToken(seconds={self.seconds})"


FetchToken = Callable[[bool], Awaitable[GrantedToken]]
"""Asks the platform for the token; True for another one than it has given out."""


class Tokens(Protocol):
    """Where the account's token is kept (``bot.services.wechat.tokens.SharedTokens``)."""

    async def current(self, fetch: FetchToken) -> str:
        """The token that counts. Raises ``WeChatError``."""

    async def renewed(self, refused: str, fetch: FetchToken) -> str:
        """The token after ``refused``, which the platform did not take. Raises ``WeChatError``."""


class WeChatClient:
    """``base``: ``Settings.wechat_api``. ``seconds``: to connect, and in all."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        base: str,
        account: Account,
        tokens: Tokens,
        seconds: tuple[float, float] = (CONNECT_SECONDS, TOTAL_SECONDS),
    ) -> None:
        self._account, self._tokens = account, tokens
        self._caller = Caller(session, base, account.name, seconds)

    async def send(self, openid: str, message: Mapping[str, Any]) -> None:
        """A customer-service message, such as ``{"msgtype": "text", "text": {"content": "您好"}}``.

        Never repeated here: after an ``uncertain`` error the customer may have it.
        """
        await self._post("/cgi-bin/message/custom/send", {"touser": openid, **message})

    async def typing(self, openid: str, on: bool = True) -> None:
        """对方正在输入: the customer sees it for some 15 seconds, or until the next message."""
        command = "Typing" if on else "CancelTyping"
        await self._post("/cgi-bin/message/custom/typing", {"touser": openid, "command": command})

    async def send_template(
        self,
        openid: str,
        template_id: str,
        data: Mapping[str, str],
        url: str | None = None,
        client_msg_id: str | None = None,
    ) -> str:
        """A template message; gives its msgid. ``data``: the words by field.

        ``client_msg_id``: the same one is not sent twice within the platform's day (up to 32 characters).
        """
        body: dict[str, Any] = {
            "touser": openid,
            "template_id": template_id,
            "data": {name: {"value": words} for name, words in data.items()},
        }
        body |= {"url": url} if url else {}
        body |= {"client_msg_id": client_msg_id} if client_msg_id else {}
        said = await self._post("/cgi-bin/message/template/send", body)
        return str(said.get("msgid", ""))

    async def upload_image(self, image: Path | bytes, kind: str = "image/jpeg") -> str:
        """Hand in a picture for three days; gives its media id. ``kind``: its media type."""
        content = image if isinstance(image, bytes) else await asyncio.to_thread(image.read_bytes)
        if kind not in UPLOADED:
            raise WeChatError(INVALID_MEDIA_TYPE, problem=f"WeChat takes no {kind}")
        if len(content) > LARGEST_FILE:
            raise WeChatError(INVALID_MEDIA_SIZE, problem=f"WeChat takes no {len(content)} bytes")

        async def upload(token: str) -> dict[str, Any]:
            form = aiohttp.FormData()  # can be sent once
            form.add_field("media", content, filename=f"image.{UPLOADED[kind]}", content_type=kind)
            query = {"access_token": token, "type": "image"}
            return await self._caller.upload("/cgi-bin/media/upload", query, form)

        return _text(await self._authorized(upload), "media_id")

    async def download(self, media_id: str) -> bytes:
        """A file that a customer sent, up to 10 MB; the platform keeps it for three days."""

        async def fetch(token: str) -> bytes:
            query = {"access_token": token, "media_id": media_id}
            return (await self._caller.fetch("/cgi-bin/media/get", query, LARGEST_FILE)).body

        return await self._authorized(fetch)

    async def create_menu(self, menu: Mapping[str, Any]) -> None:
        """Put ``{"button": […]}`` at the bottom of the chat; customers see it within minutes."""
        await self._post("/cgi-bin/menu/create", menu)

    async def delete_menu(self) -> None:
        await self._get("/cgi-bin/menu/delete")

    async def menu(self) -> dict[str, Any] | None:
        """The menu as the platform has it, ``{"button": […]}``; None where there is none."""
        try:
            said = await self._get("/cgi-bin/menu/get")
        except WeChatError as error:
            if error.code == NO_MENU:
                return None
            raise
        menu = said.get("menu")
        return menu if isinstance(menu, dict) else None

    async def create_scene_code(self, scene: str) -> str:
        """A QR code without an end whose scan brings ``scene`` (1 to 64 bytes); gives the address of its picture."""
        if not 1 <= len(scene.encode()) <= LONGEST_SCENE:
            raise WeChatError(NO_ANSWER, Fault.PAYLOAD, problem=f"a scene has 1 to {LONGEST_SCENE} bytes")
        body = {"action_name": "QR_LIMIT_STR_SCENE", "action_info": {"scene": {"scene_str": scene}}}
        said = await self._post("/cgi-bin/qrcode/create", body)
        return PICTURE_OF_CODE + quote(_text(said, "ticket"), safe="")

    async def fetch_token(self, force: bool = False) -> GrantedToken:
        """Ask the platform itself. Without ``force`` it gives the token that it has given before.

        Raises ``WeChatError``: app id, secret or address of this machine are not those of the account.
        """
        if self._account.secret is None:
            raise WeChatError(NO_ANSWER, Fault.NO_PERMISSION, problem="the account has no secret")
        body = {
            "grant_type": "client_credential",
            "appid": self._account.app_id,
            "secret": self._account.secret,
            "force_refresh": force,
        }
        try:
            said = await self._caller.post("/cgi-bin/stable_token", body)
        except WeChatError as error:
            if error.fault is Fault.TOKEN:  # here it means the secret (全局返回码, 40001)
                error.fault = Fault.NO_PERMISSION
            raise
        seconds = said.get("expires_in")
        if not isinstance(seconds, int) or seconds <= 0:
            raise WeChatError(NO_ANSWER, problem="WeChat gave a token without an end")
        return GrantedToken(_text(said, "access_token"), seconds)

    async def _post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        return await self._authorized(lambda token: self._caller.post(path, body, token))

    async def _get(self, path: str) -> dict[str, Any]:
        return await self._authorized(lambda token: self._caller.get(path, token))

    async def _authorized(self, call: Callable[[str], Awaitable[T]]) -> T:
        """``call`` with the token; once more with another one where the platform does not take it."""
        token = await self._tokens.current(self.fetch_token)
        try:
            return await call(token)
        except WeChatError as error:
            if error.fault is not Fault.TOKEN:
                raise
            fresh = await self._tokens.renewed(token, self.fetch_token)
            if fresh == token:
                raise
        return await call(fresh)


def _text(said: Mapping[str, Any], name: str) -> str:
    value = said.get(name)
    if not isinstance(value, str) or not value:
        raise WeChatError(NO_ANSWER, Fault.BACK_OFF, True, f"WeChat gave no {name}")
    return value
