"""The address of each WeChat account: ``/wechat/<name>``, where the platform verifies it and delivers messages."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable

from sanic import Blueprint, Sanic
from sanic.request import Request
from sanic.response import HTTPResponse

from bot import clock
from bot.channels.wechat.crypto import Cipher
from bot.channels.wechat.inbound import BadMessage
from bot.channels.wechat.passive import SUCCESS, Sealing, sealed
from bot.channels.wechat.reception import Delivery, Reception, Surroundings
from bot.channels.wechat.requests import LARGEST_BODY, NotFromPlatform, Signed, opened, verified
from bot.domain.wechat.account import Account
from bot.services.wechat.nonces import is_first_or_same
from bot.store.database import Database

logger = logging.getLogger(__name__)
_ECHO = "the address was verified"


class _TooLarge(Exception):
    """More than the platform ever sends."""


def wechat_channel(accounts: Iterable[Account], around: Surroundings) -> Blueprint:
    """The routes of the accounts. Until a request is known to come from the platform nothing is parsed, stored or told:
    403, 404 for no account of ours, 413 for a body beyond ``LARGEST_BODY``."""
    blueprint = Blueprint("wechat", url_prefix="/wechat")
    reception = Reception(around)
    desks = {account.name: _Desk(account, around.database, reception) for account in accounts}

    @blueprint.listener("before_server_stop")
    async def stop(_: Sanic, __: asyncio.AbstractEventLoop) -> None:
        await reception.close()

    @blueprint.get("/<name>")
    async def verify(request: Request, name: str) -> HTTPResponse:
        desk = desks.get(name)
        return HTTPResponse(status=404) if desk is None else await desk.verify(request)

    @blueprint.post("/<name>", stream=True)
    async def deliver(request: Request, name: str) -> HTTPResponse:
        desk = desks.get(name)
        return HTTPResponse(status=404) if desk is None else await desk.deliver(request)

    return blueprint


class _Desk:
    """Where the requests to one account are checked."""

    def __init__(self, account: Account, database: Database, reception: Reception) -> None:
        self._account, self._database, self._reception = account, database, reception
        self._cipher = Cipher(account.app_id, account.aes_keys) if account.aes_keys else None

    async def verify(self, request: Request) -> HTTPResponse:
        """The platform asks whether this address is the account's."""
        try:
            signed = verified(self._account, request.query_string, clock.readings(), echo=True)
            await self._refuse_replay(signed, _ECHO)
        except NotFromPlatform as error:
            return self._refused(error)
        return HTTPResponse(signed.echo, content_type="text/plain; charset=utf-8")

    async def deliver(self, request: Request) -> HTTPResponse:
        began = asyncio.get_running_loop().time()
        try:
            signed = verified(self._account, request.query_string, clock.readings())
            message, sealing = opened(self._account, self._cipher, signed, await _body(request))
            delivery = Delivery(self._account, message, began)
            await asyncio.shield(self._reception.keep(self._begin(signed, delivery)))
        except NotFromPlatform as error:
            return self._refused(error)
        except _TooLarge:
            return HTTPResponse(status=413)
        except BadMessage as error:
            logger.warning(
                "WeChat account %s: acknowledged what cannot be read: %s", self._account.name, error
            )
            return _answer(SUCCESS, None)
        return _answer(await self._reception.answer(delivery), sealing)

    async def _begin(self, signed: Signed, delivery: Delivery) -> None:
        """From here on the message is handled, whether the platform waits or not. Raises ``NotFromPlatform``."""
        await self._refuse_replay(signed, f"{delivery.message.openid} {delivery.message.key}")
        self._reception.begin(delivery)

    async def _refuse_replay(self, signed: Signed, inside: str) -> None:
        """Raises ``NotFromPlatform``. Where the database is silent, storing the message waits for it."""
        nonce = f"{signed.timestamp}-{signed.nonce}"
        try:
            is_fine = await asyncio.to_thread(
                is_first_or_same, self._database, self._account.name, nonce, inside, clock.now()
            )
        except Exception:
            logger.exception("WeChat account %s: a request was not noted", self._account.name)
            return
        if not is_fine:
            raise NotFromPlatform("a replay with another message")

    def _refused(self, error: NotFromPlatform) -> HTTPResponse:
        logger.info("WeChat account %s: refused: %s", self._account.name, error)
        return HTTPResponse(status=403)


def _answer(body: bytes, sealing: Sealing | None) -> HTTPResponse:
    kind = "text/plain" if body == SUCCESS else "application/xml"
    return HTTPResponse(body=sealed(body, sealing), content_type=f"{kind}; charset=utf-8")


async def _body(request: Request) -> bytes:
    """Raises ``_TooLarge`` as soon as it is."""
    told = request.headers.get("content-length", "0")
    if int(told) > LARGEST_BODY:
        raise _TooLarge
    body = bytearray()
    while piece := await request.stream.read():
        body += piece
        if len(body) > LARGEST_BODY:
            raise _TooLarge
    return bytes(body)
