"""How the platform brings one message to the assistant: it waits 5 seconds, cuts the connection, and tries again."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import aiohttp

from tests.wechat_platform.accounts import PlatformAccount
from tests.wechat_platform.envelope import BadReply, Fields, Request, reply_in, request_of

DEADLINE, ATTEMPTS = 5.0, 3


@dataclass(frozen=True)
class Way:
    """What the network does to a message.

    ``cut``: seconds after which each attempt's connection is cut. ``again``: seconds after which the whole message comes
    once more although it was answered, for each entry. ``wait``: seconds before the first attempt, so that a later
    message overtakes. ``shift``: seconds by which the signed timestamp is off. ``is_forged``: a wrong signature.
    """

    cut: tuple[float, ...] = (DEADLINE,) * ATTEMPTS
    again: tuple[float, ...] = ()
    wait: float = 0.0
    shift: int = 0
    is_forged: bool = False

    def impatient(self, seconds: float) -> Way:
        """The first connection is cut early, and the message comes again."""
        return replace(self, cut=(seconds, *self.cut[1:]))


@dataclass(frozen=True)
class Attempt:
    """``outcome``: acknowledged, passive, bad, refused (a status of 400 and more), cut, unreachable."""

    outcome: str
    seconds: float
    status: int = 0
    body: bytes = b""
    why: str = ""
    reply: Fields | None = None

    @property
    def is_answer(self) -> bool:
        return self.outcome not in ("cut", "unreachable")


@dataclass
class Delivery:
    """One message or event on its way; ``shown`` is set once its passive reply is on the customer's screen."""

    account: PlatformAccount
    openid: str
    fields: Fields
    way: Way
    now: Callable[[], float]
    attempts: list[Attempt] = field(default_factory=list)
    is_answered: bool = False
    extra_replies: list[Fields] = field(default_factory=list)
    timeline: list[float] = field(default_factory=list)

    @property
    def key(self) -> str:
        return str(self.fields.get("MsgId") or f"{self.fields['CreateTime']}{self.fields.get('Event')}")

    @property
    def outcomes(self) -> list[str]:
        return [attempt.outcome for attempt in self.attempts]

    def request(self) -> Request:
        """A new one for each attempt: the platform signs each with a nonce of its own."""
        made = request_of(self.account, self.fields, int(self.now()) + self.way.shift, self.openid)
        if self.way.is_forged:
            wrong = {name: "0" * 40 for name in made.query if name.endswith("signature")}
            made = Request({**made.query, **wrong}, made.body)
        return made

    async def run(self, session: aiohttp.ClientSession) -> Attempt:
        """Try until there is an answer; the last attempt."""
        await asyncio.sleep(self.way.wait)
        for cut in self.way.cut:
            attempt = await self._try(session, cut)
            self.attempts.append(attempt)
            if attempt.is_answer:
                break
        return attempt

    async def _try(self, session: aiohttp.ClientSession, cut: float) -> Attempt:
        made, begun = self.request(), time.monotonic()
        self.timeline.append(begun)
        try:
            async with session.post(
                self.account.next_address(),
                params=made.query,
                data=made.body,
                headers={"Content-Type": "text/xml"},
                timeout=aiohttp.ClientTimeout(total=cut, ceil_threshold=600),  # aiohttp would round up
            ) as answer:
                body = await answer.read()
                return self._read(answer.status, body, time.monotonic() - begun)
        except asyncio.TimeoutError:
            return Attempt("cut", time.monotonic() - begun)
        except aiohttp.ClientError as error:
            await asyncio.sleep(max(0.0, cut - (time.monotonic() - begun)))
            return Attempt("unreachable", time.monotonic() - begun, why=type(error).__name__)

    def _read(self, status: int, body: bytes, seconds: float) -> Attempt:
        if status != 200:
            return Attempt("refused", seconds, status, body)
        try:
            reply = reply_in(self.account, body, self.openid)
        except BadReply as error:
            return Attempt("bad", seconds, status, body, str(error))
        return Attempt("passive" if reply else "acknowledged", seconds, status, body, reply=reply)
