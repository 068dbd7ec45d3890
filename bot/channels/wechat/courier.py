"""Sends the lines that wait for WeChat customers: one message at a time to each, some customers at once.

The rows say what waits (``bot.services.wechat.ledger``), in every process alike. News of a conversation wake the
courier; a sweep every few seconds finds what nobody told of: after a restart, from other processes, after a failure.
"""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Protocol

from bot import clock
from bot.domain.errors import NotFound
from bot.domain.wechat.account import Account
from bot.domain.wechat.faults import Fault
from bot.domain.wechat.pieces import Form, Piece, as_text
from bot.domain.wechat.window import Limits
from bot.notify.wechat.client import WeChatError
from bot.notify.wechat.errors import NO_ANSWER
from bot.services import metrics
from bot.services.uploads import find_file
from bot.services.wakeups import Wakeups
from bot.services.wechat import contacts, failures, ledger
from bot.services.wechat.ledger import Claimed, TemplateFor, TemplateMessage
from bot.store.database import Database

logger = logging.getLogger(__name__)
SWEEP_SECONDS = 3.0
SWEEP_SHARE = 20
"""A sweep takes no more of the time than one part in so many, however many customers there are."""
AT_ONCE = 16
"""Customers who are sent to at the same time; the platform's own limit is far above."""
SEND_SECONDS = ledger.LEASE.total_seconds() - 5
SOON = 60.0
"""What is due later than in so many seconds is left to the sweep."""
STOP_SECONDS = 3.0
REMEMBERED = 10_000


class Api(Protocol):
    """What is called of ``bot.notify.wechat.client.WeChatClient``. Everything raises ``WeChatError``."""

    async def send(self, openid: str, message: Mapping[str, Any]) -> None: ...

    async def typing(self, openid: str, on: bool = True) -> None: ...

    async def send_template(
        self,
        openid: str,
        template_id: str,
        data: Mapping[str, str],
        url: str | None = None,
        client_msg_id: str | None = None,
    ) -> str: ...

    async def upload_image(self, image: Path | bytes, kind: str = "image/jpeg") -> str: ...

    async def download(self, media_id: str) -> bytes: ...


@dataclass(frozen=True)
class Post:
    """What the courier works with. ``uploads``: the folder of files; ``public_url``: what links begin with."""

    database: Database
    accounts: Mapping[str, Account]
    limits: Limits
    uploads: Path
    public_url: str = ""
    template_for: TemplateFor = lambda account, line: None


class Courier:
    """The sender of one process. ``connect`` gives the accounts' clients by name, when it starts."""

    def __init__(
        self,
        post: Post,
        wakeups: Wakeups,
        connect: Callable[[], Awaitable[Mapping[str, Api]]],
        sweep_seconds: float = SWEEP_SECONDS,
    ) -> None:
        self._post, self._wakeups, self._connect = post, wakeups, connect
        self._sweep_seconds = sweep_seconds
        self._clients: Mapping[str, Api] = {}
        self._running: dict[str, asyncio.Task[None]] = {}
        self._again: set[str] = set()
        self._later: dict[str, asyncio.TimerHandle] = {}
        self._ours: dict[str, bool] = {}
        self._places = asyncio.Semaphore(AT_ONCE)
        self._sweeping: asyncio.Task[None] | None = None
        self._stopped = True

    async def start(self) -> None:
        """In the server's loop. What waits since the last run goes out first."""
        self._places = asyncio.Semaphore(AT_ONCE)  # belongs to the loop that is running now
        self._clients = await self._connect()
        self._stopped = False
        self._wakeups.on_news(self.wake)
        self._sweeping = asyncio.get_running_loop().create_task(self._sweep_for_ever())

    async def stop(self) -> None:
        """Let what is being sent arrive; the rest waits for the next start."""
        self._stopped = True
        for timer in self._later.values():
            timer.cancel()
        if self._sweeping is not None:
            self._sweeping.cancel()
        tasks = list(self._running.values())
        if tasks:
            await asyncio.wait(tasks, timeout=STOP_SECONDS)
        for task in tasks:
            task.cancel()

    def wake(self, conversation_id: str) -> None:
        """There may be something to send; called in the loop."""
        if self._stopped or self._ours.get(conversation_id) is False:
            return
        if conversation_id in self._running:
            self._again.add(conversation_id)
            return
        task = asyncio.get_running_loop().create_task(self._serve(conversation_id))
        self._running[conversation_id] = task
        task.add_done_callback(lambda done: self._ended(conversation_id, done))

    async def typing(self, account: str, openid: str, on: bool = True) -> None:
        """The customer sees that somebody types; that it cannot be shown is no trouble, unless nothing can be sent."""
        client = self._clients.get(account)
        if client is None:
            return
        try:
            await client.typing(openid, on)
        except WeChatError as error:
            logger.info("typing was not shown on account %s: %s", account, error)
            if error.fault is Fault.NO_PERMISSION:
                await self._refused(account, openid, error)

    async def _refused(self, account: str, openid: str, error: WeChatError) -> None:
        database, code = self._post.database, error.code
        if await asyncio.to_thread(failures.refused, database, account, openid, code, clock.now()):
            self._wakeups.staff_news()

    async def download(self, account: str, media_id: str) -> bytes:
        """A file that a customer sent; raises ``WeChatError``."""
        client = self._clients.get(account)
        if client is None:
            raise WeChatError(
                NO_ANSWER, Fault.NO_PERMISSION, problem=f"account {account} cannot call the platform"
            )
        return await client.download(media_id)

    async def sweep(self) -> None:
        """Wake for everything that waits."""
        post = self._post
        for conversation_id in await asyncio.to_thread(
            ledger.due_contacts, post.database, post.accounts.keys(), clock.now()
        ):
            self.wake(conversation_id)

    async def settled(self) -> None:
        """Wait until nothing is being sent; what must wait for later does not count."""
        while self._running:
            await asyncio.wait(list(self._running.values()))
            await asyncio.sleep(0)  # their callbacks run

    async def _sweep_for_ever(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            began = loop.time()
            try:
                await self.sweep()
            except Exception:
                logger.exception("the lines that wait for WeChat customers were not looked for")
            await asyncio.sleep(max(self._sweep_seconds, SWEEP_SHARE * (loop.time() - began)))

    def _ended(self, conversation_id: str, task: asyncio.Task[None]) -> None:
        del self._running[conversation_id]
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.error("sending stopped in conversation %s", conversation_id, exc_info=error)
        elif conversation_id in self._again:
            self._again.discard(conversation_id)
            self.wake(conversation_id)

    async def _serve(self, conversation_id: str) -> None:
        """Send until nothing is left, or nothing may be sent."""
        async with self._places:
            if not await self._is_ours(conversation_id):
                return
            while not self._stopped:
                self._again.discard(conversation_id)
                claimed = await self._claim(conversation_id)
                if claimed is not None:
                    await self._deliver(claimed)
                elif conversation_id not in self._again:
                    break
        await self._look_later(conversation_id)

    async def _is_ours(self, conversation_id: str) -> bool:
        """What a conversation is never changes."""
        if conversation_id not in self._ours:
            if len(self._ours) >= REMEMBERED:
                self._ours.clear()
            self._ours[conversation_id] = await asyncio.to_thread(
                contacts.is_ours, self._post.database, conversation_id
            )
        return self._ours[conversation_id]

    async def _claim(self, conversation_id: str) -> Claimed | None:
        post, told = self._post, []
        claimed: Claimed | None = await asyncio.to_thread(
            ledger.claim,
            post.database,
            post.limits,
            post.accounts,
            conversation_id,
            clock.now(),
            uuid.uuid4().hex,
            post.public_url,
            post.template_for,
            lambda: told.append(True),
        )
        if told:
            self._wakeups.staff_news()
        return claimed

    async def _look_later(self, conversation_id: str) -> None:
        now = clock.now()
        at = await asyncio.to_thread(ledger.ready_at, self._post.database, conversation_id, now)
        seconds = (at - now).total_seconds() + 0.05 if at else SOON
        if seconds >= SOON or self._stopped:
            return
        if (timer := self._later.pop(conversation_id, None)) is not None:
            timer.cancel()
        loop = asyncio.get_running_loop()
        self._later[conversation_id] = loop.call_later(seconds, self._wake_later, conversation_id)

    def _wake_later(self, conversation_id: str) -> None:
        self._later.pop(conversation_id, None)
        self.wake(conversation_id)

    async def _deliver(self, claimed: Claimed) -> None:
        """Send one message and write down what became of it."""
        try:
            msgid = await asyncio.wait_for(self._send(claimed), SEND_SECONDS)
        except WeChatError as error:
            await self._failed(claimed, error)
        except asyncio.TimeoutError:
            await self._failed(claimed, WeChatError(NO_ANSWER, Fault.BACK_OFF, uncertain=True))
        except Exception:
            logger.exception("a message could not be sent in conversation %s", claimed.conversation_id)
            await self._failed(claimed, WeChatError(NO_ANSWER, Fault.BACK_OFF, uncertain=True))
        else:
            metrics.WECHAT_SENDS.labels(claimed.account, "sent").inc()
            now, database = clock.now(), self._post.database
            if claimed.template is not None:
                await asyncio.to_thread(ledger.sent_template, database, claimed, msgid, now)
            else:
                await asyncio.to_thread(ledger.sent, database, claimed, now)
            self._wakeups.staff_news()

    async def _failed(self, claimed: Claimed, error: WeChatError) -> None:
        logger.warning("conversation %s: %s", claimed.conversation_id, error)
        fault = Fault.BACK_OFF if error.fault is Fault.TOKEN else error.fault
        metrics.WECHAT_SENDS.labels(claimed.account, fault.name.lower()).inc()
        told = await asyncio.to_thread(
            failures.failed,
            self._post.database,
            self._post.limits,
            claimed,
            fault,
            error.code,
            max(error.retry_after(claimed.attempts + 1), timedelta(seconds=1)),
            clock.now(),
            error.uncertain,
        )
        if told:
            self._wakeups.staff_news()

    async def _send(self, claimed: Claimed) -> str:
        """Gives the id of a template message."""
        client = self._clients[claimed.account]
        if claimed.template is not None:
            return await _send_template(client, claimed, claimed.template)
        try:
            await client.send(claimed.openid, await self._message(client, claimed))
        except WeChatError as error:
            if error.fault is not Fault.PAYLOAD or claimed.piece.form is Form.TEXT:
                raise
            logger.warning("conversation %s gets it as text: %s", claimed.conversation_id, error)
            await client.send(claimed.openid, _text(as_text(claimed.piece)))
        return ""

    async def _message(self, client: Api, claimed: Claimed) -> dict[str, Any]:
        piece = claimed.piece
        if piece.form is Form.MENU:
            choices = [{"id": choice.id, "content": choice.title} for choice in piece.choices]
            return {"msgtype": "msgmenu", "msgmenu": {"head_content": piece.text, "list": choices}}
        return await self._picture(client, piece) if piece.form is Form.PICTURE else _text(piece)

    async def _picture(self, client: Api, piece: Piece) -> dict[str, Any]:
        """A picture; a link to one that is not there any more."""
        token = (piece.file or "").split("/")[2]  # /files/<token>/<name>
        try:
            file, path = await asyncio.to_thread(find_file, self._post.database, self._post.uploads, token)
        except NotFound:
            return _text(as_text(piece))
        media_id = await client.upload_image(path, file.content_type)
        return {"msgtype": "image", "image": {"media_id": media_id}}


async def _send_template(client: Api, claimed: Claimed, message: TemplateMessage) -> str:
    return await client.send_template(
        claimed.openid, message.template_id, message.data, message.url, claimed.message_id
    )


def _text(piece: Piece) -> dict[str, Any]:
    return {"msgtype": "text", "text": {"content": piece.text}}
