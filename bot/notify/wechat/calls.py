"""One HTTP call of the platform's API: time-outs, a bounded answer, its error code.

The access token stands in the address, as the platform wants it: so nothing here tells or logs an address, nor an
exception of aiohttp, whose words may have one. No redirect is followed.
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp

from bot.domain.wechat.faults import Fault
from bot.notify.wechat.errors import NO_ANSWER, WeChatError

logger = logging.getLogger(__name__)
CONNECT_SECONDS, TOTAL_SECONDS = 3.0, 8.0
LONGEST_ANSWER = 1024 * 1024
_JSON = {"Content-Type": "application/json; charset=utf-8"}
_NEVER_SENT = (
    aiohttp.ClientConnectorError,
    aiohttp.ClientConnectorCertificateError,
    aiohttp.ServerTimeoutError,
)
"""Without a time-out for reading alone, aiohttp's ``ServerTimeoutError`` is that of connecting."""
_NUMBER = re.compile(r"-?[0-9]{1,9}")
_SUPPORT_ID = re.compile(r"\brid: ?([0-9a-fA-F-]{8,40})")
_ADDRESS = re.compile(r"\binvalid ip ([0-9a-fA-F.:]{3,45})")


@dataclass(frozen=True)
class Answer:
    """What came back with status 200. ``kind``: the media type."""

    kind: str
    body: bytes


class Caller:
    """Calls below one base address, for one account; ``seconds``: to connect, and in all."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        base: str,
        account: str,
        seconds: tuple[float, float] = (CONNECT_SECONDS, TOTAL_SECONDS),
    ) -> None:
        self._session, self._base, self._account = session, base.rstrip("/"), account
        self._timeout = aiohttp.ClientTimeout(sock_connect=seconds[0], total=seconds[1])

    async def post(self, path: str, body: Mapping[str, Any], token: str | None = None) -> dict[str, Any]:
        """POST JSON; gives the answer's JSON. Raises ``WeChatError``."""
        data = json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
        return await self._json("POST", path, _query(token), data=data, headers=_JSON)

    async def get(self, path: str, token: str) -> dict[str, Any]:
        """GET; gives the answer's JSON. Raises ``WeChatError``."""
        return await self._json("GET", path, _query(token))

    async def upload(self, path: str, query: Mapping[str, str], form: aiohttp.FormData) -> dict[str, Any]:
        """POST a multipart form; gives the answer's JSON. Raises ``WeChatError``."""
        return await self._json("POST", path, query, data=form)

    async def fetch(self, path: str, query: Mapping[str, str], longest: int) -> Answer:
        """GET a file of at most ``longest`` bytes; an answer in JSON is a refusal. Raises ``WeChatError``."""
        started = time.monotonic()
        code = NO_ANSWER
        try:
            answer = await self._request("GET", path, query, longest, {}, Fault.PAYLOAD)
            if _is_no_file(answer):
                _checked(answer.body)
                raise WeChatError(NO_ANSWER, Fault.PAYLOAD, problem="WeChat sent no file")
            code = 0
            return answer
        except WeChatError as error:
            code = error.code
            raise
        finally:
            self._log("GET", path, code, started)

    async def _json(self, method: str, path: str, query: Mapping[str, str], **sent: Any) -> dict[str, Any]:
        started = time.monotonic()
        code = NO_ANSWER
        try:
            answer = await self._request(method, path, query, LONGEST_ANSWER, sent, Fault.BACK_OFF)
            said = _checked(answer.body)
            code = _code(said)
            return said
        except WeChatError as error:
            code = error.code
            raise
        finally:
            self._log(method, path, code, started)

    async def _request(
        self,
        method: str,
        path: str,
        query: Mapping[str, str],
        longest: int,
        sent: Mapping[str, Any],
        too_long: Fault,
    ) -> Answer:
        try:
            async with self._session.request(
                method,
                self._base + path,
                params=query,
                timeout=self._timeout,
                allow_redirects=False,
                **sent,
            ) as response:
                body = await _read(response, longest, too_long)
                if response.status != 200 and not _is_refusal(body):
                    raise _no_answer(f"WeChat answered with status {response.status}")
                return Answer(response.content_type, body)
        except _NEVER_SENT as error:
            raise _no_answer(f"WeChat cannot be reached ({type(error).__name__})", False) from None
        except (aiohttp.ClientError, asyncio.TimeoutError, OSError) as error:
            raise _no_answer(f"WeChat did not answer ({type(error).__name__})") from None

    def _log(self, method: str, path: str, code: int, started: float) -> None:
        milliseconds = round((time.monotonic() - started) * 1000)
        level = logging.INFO if code == 0 else logging.WARNING
        said = "no answer" if code == NO_ANSWER else code
        logger.log(level, "%s %s for %s: %s in %d ms", method, path, self._account, said, milliseconds)


def open_session() -> aiohttp.ClientSession:
    """A session for the API; to be made and closed in the loop that uses it.

    Each call has its connection: on a kept one that the platform closes just then, nobody could tell whether a
    message was sent.
    """
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(force_close=True), cookie_jar=aiohttp.DummyCookieJar()
    )


def _query(token: str | None) -> dict[str, str]:
    return {} if token is None else {"access_token": token}


async def _read(response: aiohttp.ClientResponse, longest: int, too_long: Fault) -> bytes:
    body = bytearray()
    async for chunk in response.content.iter_chunked(64 * 1024):
        body += chunk
        if len(body) > longest:
            raise WeChatError(NO_ANSWER, too_long, True, f"WeChat sent more than {longest} bytes")
    return bytes(body)


def _is_no_file(answer: Answer) -> bool:
    """Refusals come as JSON, whatever media type they are given; so does a video, as an address elsewhere."""
    return answer.kind.startswith("text/") or "json" in answer.kind or answer.body.lstrip()[:1] == b"{"


def _is_refusal(body: bytes) -> bool:
    """Whether the platform itself says no: a gateway's error page has no code."""
    try:
        return _code(_parsed(body)) != 0
    except WeChatError:
        return False


def _checked(body: bytes) -> dict[str, Any]:
    said = _parsed(body)
    error = WeChatError(_code(said))
    if error.fault is Fault.IGNORE:
        return said
    words = str(said.get("errmsg", ""))
    raise WeChatError(
        error.code, address=_found(_ADDRESS, words), rid=_found(_SUPPORT_ID, words) if words else None
    )


def _parsed(body: bytes) -> dict[str, Any]:
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, dict):
        raise _no_answer("WeChat answered with something else than JSON")
    return said


def _code(said: Mapping[str, Any]) -> int:
    code = said.get("errcode", 0)
    if isinstance(code, str) and _NUMBER.fullmatch(code):
        return int(code)
    if not isinstance(code, int):
        raise _no_answer("WeChat answered with a code that is no number")
    return code


def _found(pattern: re.Pattern[str], text: str) -> str | None:
    match = pattern.search(text)
    return match[1] if match else None


def _no_answer(problem: str, uncertain: bool = True) -> WeChatError:
    return WeChatError(NO_ANSWER, Fault.BACK_OFF, uncertain, problem)
