"""What a customer's message in WeChat gets: stored, answered by a turn, and the answer in time or afterwards.

The platform closes a request after 5 seconds and delivers the message again, three times in all. Sanic ends a handler
whose client has left, so whatever must be done runs in tasks that are kept here, and the handler only waits
(``reference/wechat.md``, points 6 to 9).
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from bot import clock
from bot.channels.wechat import passive
from bot.channels.wechat.inbound import PlatformMessage
from bot.channels.wechat.meaning import Meaning
from bot.channels.wechat.noting import note_arrival, note_event
from bot.channels.wechat.parts import Courier, Meanings
from bot.channels.wechat.passive import SUCCESS
from bot.channels.wechat.requests import CLOCKS_DIFFER
from bot.domain.conversation import Owner
from bot.domain.errors import ZhantingError
from bot.domain.wechat.account import Account, Desk
from bot.domain.wechat.window import Grant, Limits
from bot.notify.wechat.errors import WeChatError
from bot.services import conversations, uploads
from bot.services.content.snapshot import ContentStore
from bot.services.messages import Inbound, Received, messages_after
from bot.services.replies import reply_for
from bot.services.turns import Turn, Turns
from bot.services.wechat import contacts, passives
from bot.services.wechat.passives import HELD, PassiveAnswer
from bot.store.database import Database

logger = logging.getLogger(__name__)
STORING_PAUSES = (0.2, 1.0, 3.0, 10.0, 30.0)
"""Seconds before what could not be stored is tried again; the platform's redeliveries join in."""
DELIVERIES = 3
"""So often the platform delivers a message that is not acknowledged."""
T = TypeVar("T")


@dataclass(frozen=True)
class Patience:
    """Seconds from a request's arrival: when to show that somebody types, and how long to wait for the turn.

    ``without_sending``: where no message can follow, so that a little more is worth it. ``cut``: the platform closes.
    ``download``: for a customer's picture. ``until_last``: so long after the first delivery came, the last one is
    there, whichever processes took those before.
    """

    typing: float = 1.2
    answer: float = 4.0
    without_sending: float = 4.6
    cut: float = 5.0
    download: float = 3.0
    until_last: float = 12.0

    @property
    def gone(self) -> float:
        """By then the platform has closed, however late it is: an answer would acknowledge."""
        return 2.5 * self.cut


@dataclass(frozen=True)
class Delivery:
    """A message as it was delivered. ``began``: when the request came, by the event loop's clock."""

    account: Account
    message: PlatformMessage
    began: float


@dataclass(frozen=True)
class Taken:
    """A message in the transcript, with its turn. ``slot``: until then the courier leaves the answer to us."""

    received: Received
    turn: Turn
    slot: datetime

    @property
    def conversation_id(self) -> str:
        return self.received.conversation_id


@dataclass(frozen=True)
class Surroundings:
    """What the reception works with. ``uploads``: the folder of files; ``public_url``: where their links lead."""

    database: Database
    content: ContentStore
    turns: Turns
    meanings: Meanings
    courier: Courier
    limits: Limits
    uploads: Path
    public_url: str = ""
    patience: Patience = Patience()


class Reception:
    """Takes deliveries and gives the body that answers each."""

    def __init__(self, around: Surroundings) -> None:
        self._around, self._database, self._patience = around, around.database, around.patience
        self._kept: set[asyncio.Task[Any]] = set()
        self._taking: dict[tuple[str, str, str], asyncio.Task[Taken | None]] = {}
        self._last: dict[str, asyncio.Task[Any]] = {}
        self._deliveries: Counter[Turn] = Counter()

    async def answer(self, delivery: Delivery) -> bytes:
        """The body; never raises but when the request is cancelled, and whatever was begun then goes on."""
        try:
            taking = self._take_once(delivery)
            if not await self._wait(taking, delivery.began + self._patience.cut):
                return SUCCESS  # not stored, and not acknowledged either: nobody listens any more
            taken = taking.result()
            return SUCCESS if taken is None else await self._replied(delivery, taken)
        except Exception:
            logger.exception("a request to WeChat account %s was answered empty", delivery.account.name)
            return SUCCESS

    def begin(self, delivery: Delivery) -> None:
        """Store the message and start its turn, whoever waits for it; ``answer`` joins in."""
        self._take_once(delivery)

    async def close(self, seconds: float = 3.0) -> None:
        """Let what has begun end. What was not acknowledged is delivered again."""
        if self._kept:
            await asyncio.wait(list(self._kept), timeout=seconds)

    def _take_once(self, delivery: Delivery) -> asyncio.Task[Taken | None]:
        """Storing the message; one that is being stored just now is joined, another one of the customer waited for."""
        message = delivery.message
        key, sender = (message.account, message.openid, message.key), f"{message.account}/{message.openid}"
        if key not in self._taking:
            task = self.keep(self._take_in_order(delivery, self._last.get(sender)))
            self._taking[key] = self._last[sender] = task
            task.add_done_callback(lambda _: self._took(key, sender, task))
        return self._taking[key]

    def _took(self, key: tuple[str, str, str], sender: str, task: asyncio.Task[Any]) -> None:
        del self._taking[key]
        if self._last.get(sender) is task:
            del self._last[sender]

    async def _take_in_order(self, delivery: Delivery, before: asyncio.Task[Any] | None) -> Taken | None:
        if before is not None:
            await asyncio.wait({before})
        for pause in STORING_PAUSES:
            try:
                return await self._take(delivery)
            except Exception:
                logger.exception("a message to WeChat account %s was not stored", delivery.account.name)
                await asyncio.sleep(pause)
        return await self._take(delivery)

    async def _take(self, delivery: Delivery) -> Taken | None:
        """Store what the customer said and start the turn; None for what is only noted."""
        account, message, now = delivery.account, delivery.message, clock.now()
        meaning, at = await self._meaning(message), _sent_at(message, now)
        if not meaning.text:
            await asyncio.to_thread(note_event, self._database, account, message, meaning, at)
            return None
        slot = now + timedelta(seconds=self._patience.cut)
        arrival = await asyncio.to_thread(
            contacts.arrived, self._database, account, message.openid, message.key, meaning.grant, at, slot
        )
        attachment = None
        if arrival.is_new:
            content = self._around.content
            await asyncio.to_thread(
                note_arrival, self._database, content, arrival.conversation_id, meaning, at
            )
            attachment = await self._picture(message, arrival.conversation_id) if meaning.attach else None
        inbound = Inbound(
            contacts.CHANNEL,
            account.sender_of(message.openid),
            meaning.text,
            message.key,
            payload=meaning.payload,
            attachment=attachment,
            command=meaning.command,
        )
        received, turn = await self._around.turns.take(inbound)
        self._deliveries[turn] += 1
        turn.add_done_callback(lambda _: self._deliveries.pop(turn, None))
        return Taken(received, turn, slot)

    async def _meaning(self, message: PlatformMessage) -> Meaning:
        """Whatever the content says of it; a mistake there must not lose what the customer wrote."""
        try:
            return await asyncio.to_thread(self._around.meanings.of, message)
        except Exception:
            logger.exception("a %s of WeChat account %s has no meaning", message.kind, message.account)
            return Meaning(message.text or "［消息］", grant=Grant.MESSAGE)

    async def _picture(self, message: PlatformMessage, conversation_id: str) -> str | None:
        """The token of a customer's picture, fetched from the platform; None where that fails, and the words stay."""
        if message.media_id is None:
            return None
        try:
            fetching = self._around.courier.download(message.account, message.media_id)
            content = await asyncio.wait_for(fetching, self._patience.download)
            folder, now = self._around.uploads, clock.now()
            kept = await asyncio.to_thread(uploads.keep_file, self._database, folder, content, None, now)
        except Exception as error:  # the platform's, the file's, or that of our disk
            problem = str(error) if isinstance(error, WeChatError | ZhantingError) else type(error).__name__
            logger.warning("a picture of conversation %s was not fetched: %s", conversation_id, problem)
            return None
        return str(kept.token)

    async def _replied(self, delivery: Delivery, taken: Taken) -> bytes:
        try:
            return await self._reply(delivery, taken)
        except BaseException:  # the request has ended: its answer goes another way
            self.keep(self._leave(taken))
            raise

    async def _reply(self, delivery: Delivery, taken: Taken) -> bytes:
        patience = self._patience
        id_, account = taken.conversation_id, delivery.account
        may_send = await asyncio.to_thread(contacts.may_send, self._database, account, id_, clock.now())
        is_ready = await self._wait(taken.turn, delivery.began + patience.typing)
        if not is_ready and may_send:
            self._show_typing(delivery, taken)
        wait = patience.answer if may_send else patience.without_sending
        if is_ready or await self._wait(taken.turn, delivery.began + wait):
            return await asyncio.shield(self.keep(self._passive(delivery, taken, may_send)))
        # The typing indicator may have been refused meanwhile: who cannot send must not acknowledge.
        if may_send and await asyncio.to_thread(contacts.may_send, self._database, account, id_, clock.now()):
            await asyncio.shield(self.keep(self._acknowledge(taken)))
            return SUCCESS
        return await self._not_yet(delivery, taken)

    async def _passive(self, delivery: Delivery, taken: Taken, may_send: bool) -> bytes:
        """The answer, now that the turn is over: in the request where it can be, else by the courier."""
        if await self._is_for_platform_desk(delivery.account, taken, may_send):
            await self._acknowledge(taken)
            return passive.transfer_customer_service(delivery.message, clock.now())
        answer = await self._take_passive(taken, may_send)
        if answer is None or answer.has_more:
            self._around.courier.wake(taken.conversation_id)
        if answer is None:
            return await self._transferred(delivery, taken) or SUCCESS
        return passive.text(delivery.message, answer.text or self._still_working(), clock.now())

    async def _take_passive(self, taken: Taken, may_send: bool) -> PassiveAnswer | None:
        found: PassiveAnswer | None = await asyncio.to_thread(
            passives.take_passive,
            self._database,
            self._around.limits,
            taken.conversation_id,
            taken.received.seq,
            clock.now(),
            may_send,
            taken.slot,
            self._around.public_url,
        )
        return found

    async def _not_yet(self, delivery: Delivery, taken: Taken) -> bytes:
        """Nothing can be sent later: the next delivery may bring it, and after the last one the next message."""
        if not await self._is_last_delivery(taken):
            await asyncio.sleep(self._left(delivery.began + self._patience.gone))
            return SUCCESS  # the platform has closed the request, and delivers again
        answer = await self._take_passive(taken, False)
        if answer is None:
            id_, seq = taken.conversation_id, taken.received.seq
            answer = await asyncio.to_thread(passives.hold, self._database, id_, seq, clock.now())
        words = self._still_working() if answer.kind == HELD else answer.text
        return passive.text(delivery.message, words, clock.now())

    async def _is_last_delivery(self, taken: Taken) -> bool:
        """By their number here, or the time since the first one: another process may have taken that."""
        if self._deliveries[taken.turn] >= DELIVERIES:
            return True
        id_, seq = taken.conversation_id, taken.received.seq
        row = (await asyncio.to_thread(messages_after, self._database, id_, seq - 1, 1))[0]
        return bool(
            (clock.now() - row.time).total_seconds() + self._patience.cut >= self._patience.until_last
        )

    async def _is_for_platform_desk(self, account: Account, taken: Taken, may_send: bool) -> bool:
        """Whether the platform's own staff has to see the message; our words to it go out beside it."""
        return may_send and account.desk is Desk.PLATFORM and await self._waits_for_a_person(taken)

    async def _transferred(self, delivery: Delivery, taken: Taken) -> bytes | None:
        if delivery.account.desk is not Desk.PLATFORM or not await self._waits_for_a_person(taken):
            return None
        return passive.transfer_customer_service(delivery.message, clock.now())

    async def _waits_for_a_person(self, taken: Taken) -> bool:
        view = await asyncio.to_thread(conversations.conversation, self._database, taken.conversation_id)
        return bool(view.owner is Owner.QUEUE)

    async def _acknowledge(self, taken: Taken) -> None:
        """The courier brings what comes, and perhaps has come in this very moment."""
        id_, seq, now = taken.conversation_id, taken.received.seq, clock.now()
        await asyncio.to_thread(passives.acknowledge, self._database, id_, seq, now, taken.slot)
        self._around.courier.wake(id_)

    async def _leave(self, taken: Taken) -> None:
        await asyncio.to_thread(passives.close_slot, self._database, taken.conversation_id, taken.slot)
        self._around.courier.wake(taken.conversation_id)

    def _show_typing(self, delivery: Delivery, taken: Taken) -> None:
        if taken.received.owner is Owner.BOT:
            message = delivery.message
            self.keep(self._around.courier.typing(message.account, message.openid))

    def _still_working(self) -> str:
        reply: Mapping[str, Any] | None = reply_for(
            self._around.content.current(), "utter_wechat_still_working", {}, contacts.CHANNEL
        )
        if reply is None:
            raise LookupError("no approved template utter_wechat_still_working")
        return str(reply["text"])

    async def _wait(self, task: asyncio.Task[Any], until: float) -> bool:
        """Whether the task is done by then. It goes on if not, and if the request ends."""
        await asyncio.wait({task}, timeout=self._left(until))
        return task.done()

    def _left(self, until: float) -> float:
        return max(0.0, until - asyncio.get_running_loop().time())

    def keep(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        task = asyncio.get_running_loop().create_task(work)
        self._kept.add(task)
        task.add_done_callback(self._kept.discard)
        return task


def _sent_at(message: PlatformMessage, now: datetime) -> datetime:
    """When the platform's permission to send began: never to come, and now where our clock is not the platform's."""
    is_ours = abs(now - message.created) <= CLOCKS_DIFFER
    return min(message.created, now) if is_ours else now
