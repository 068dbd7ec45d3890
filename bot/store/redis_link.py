"""This process's way to Redis: commands with time-outs, news between processes, and whether it is there at all.

Redis holds nothing that would be missed: the rows are the truth. Nothing here raises because Redis is away.
"""

from __future__ import annotations

import asyncio
import logging
import time
import uuid
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from async_timeout import timeout
from redis.asyncio import BlockingConnectionPool, Redis
from redis.exceptions import RedisError

from bot.domain.errors import SetupError

logger = logging.getLogger(__name__)
PREFIX = "zhanting:"
TIMEOUT_SECONDS = 1.0
CONNECTIONS = 32
PING_SECONDS = 5.0
LOGGED_SECONDS = 60.0
FIRST_RETRY_SECONDS, LONGEST_RETRY_SECONDS = 0.2, 5.0
AGAIN_SECONDS = 0.2
MOST_UNSENT = 10_000
TOGETHER_SECONDS = 0.05
"""News go out so often at most, all that has come up since together: each publication costs every process something."""
FAILURES = (RedisError, OSError, asyncio.TimeoutError)
Handler = Callable[[str], None]


class RedisLink:
    """A connection that listens and a pool for everything else. ``start`` it in the loop that uses it."""

    def __init__(self, url: str) -> None:
        """Raises ``SetupError``, without repeating the address: it may have a password."""
        self.id = uuid.uuid4().hex
        self.is_heard = False
        """Whether what others say arrives here just now."""
        self._url = url
        self._handlers: dict[str, Handler] = {}
        self._watchers: list[Callable[[], None]] = []
        self._unsent: asyncio.Queue[tuple[str, str, str]] | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._logged_at = float("-inf")
        self.redis = _client(url, CONNECTIONS)

    def on(self, channel: str, handler: Handler) -> None:
        """Call ``handler`` with each text that comes by a channel; before ``start``."""
        self._handlers[PREFIX + channel] = handler

    def on_change(self, watcher: Callable[[], None]) -> None:
        """Call ``watcher`` when the connection that listens is lost or back: something may have been missed."""
        self._watchers.append(watcher)

    def start(self) -> None:
        loop = asyncio.get_running_loop()
        self._unsent = asyncio.Queue(MOST_UNSENT)
        self._tasks = [loop.create_task(self._listen()), loop.create_task(self._send())]

    async def close(self) -> None:
        if self._unsent is not None:
            with suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._unsent.join(), TIMEOUT_SECONDS)
        while running := [task for task in self._tasks if not task.done()]:
            for task in running:
                task.cancel()
            # redis-py loses a cancellation that comes at the moment of one of its time-outs: once more then.
            await asyncio.wait(running, timeout=AGAIN_SECONDS)
        with suppress(*FAILURES):
            await self.redis.connection_pool.disconnect()

    def tell(self, channel: str, text: str, about: str = "") -> None:
        """Say a line to every process, this one too, in the order of the calls. Lost while Redis is away.

        ``about``: what it tells the newest of; what was said about the same and is not out yet is left unsaid.
        """
        if self._unsent is not None and not self._unsent.full():
            self._unsent.put_nowait((PREFIX + channel, about or text, text))

    def failed(self, error: BaseException) -> None:
        """Note that Redis is away, once a minute."""
        if time.monotonic() - self._logged_at >= LOGGED_SECONDS:
            self._logged_at = time.monotonic()
            logger.warning(
                "Redis is away (%s): this process goes on alone, the database keeps answers single",
                type(error).__name__,
            )

    async def _send(self) -> None:
        assert self._unsent is not None
        sent_at = float("-inf")
        while True:
            news = [await self._unsent.get()]
            await asyncio.sleep(max(0.0, sent_at + TOGETHER_SECONDS - time.monotonic()))
            sent_at = time.monotonic()
            while not self._unsent.empty():
                news.append(self._unsent.get_nowait())
            try:
                await self._publish(news)
            except FAILURES as error:
                self.failed(error)
            except Exception:
                logger.exception("news could not be passed on")
            for _ in news:
                self._unsent.task_done()

    async def _publish(self, news: list[tuple[str, str, str]]) -> None:
        newest: dict[tuple[str, str], str] = {}
        for channel, about, text in news:
            newest.pop((channel, about), None)  # its place is that of the last one
            newest[channel, about] = text
        texts: dict[str, list[str]] = {}
        for (channel, _), text in newest.items():
            texts.setdefault(channel, []).append(text)
        for channel, lines in texts.items():
            await within(self.redis.publish(channel, "\n".join(lines)))

    async def _listen(self) -> None:
        """For ever: what others say, and a new connection with growing patience when one is lost."""
        pause = FIRST_RETRY_SECONDS
        while True:
            client = _client(self._url, 1, socket_timeout=TIMEOUT_SECONDS)
            try:
                async with client.pubsub() as pubsub:
                    await pubsub.subscribe(*self._handlers)
                    await self._hear(pubsub)
            except FAILURES as error:
                self.failed(error)
                pause = FIRST_RETRY_SECONDS if self.is_heard else min(2 * pause, LONGEST_RETRY_SECONDS)
                self._changed(heard=False)
            except Exception:
                logger.exception("what Redis brought could not be used")
                self._changed(heard=False)
            finally:
                with suppress(*FAILURES):
                    await client.connection_pool.disconnect()
            await asyncio.sleep(pause)

    async def _hear(self, pubsub: Any) -> None:
        """A silent connection is asked whether it is alive; raises when it is not."""
        asked = False
        while True:
            message = await pubsub.get_message(timeout=PING_SECONDS)
            if message is None:
                if asked:
                    raise ConnectionError("Redis is silent")
                await pubsub.ping()
            asked = message is None
            if message and message["type"] == "subscribe" and not self.is_heard:
                self._changed(heard=True)
            elif message and message["type"] == "message":
                for text in message["data"].split("\n"):
                    self._handlers[message["channel"]](text)

    def _changed(self, heard: bool) -> None:
        if self.is_heard == heard:
            return
        self.is_heard = heard
        if heard and self._logged_at > float("-inf"):
            self._logged_at = float("-inf")
            logger.warning("Redis is back")
        for watcher in self._watchers:
            watcher()


async def within(work: Awaitable[Any], seconds: float = TIMEOUT_SECONDS) -> Any:
    """A command's result; raises one of ``FAILURES`` after ``seconds``, whatever the client waits for.

    Where redis-py or asyncio keep the time, each of them makes a task for every command.
    """
    async with timeout(seconds):
        return await work


def _client(url: str, connections: int, **limits: float) -> Any:
    try:
        pool = BlockingConnectionPool.from_url(
            url,
            max_connections=connections,
            timeout=TIMEOUT_SECONDS,
            socket_connect_timeout=TIMEOUT_SECONDS,
            decode_responses=True,
            **limits,
        )
        return Redis(connection_pool=pool)
    except (ValueError, TypeError):  # its words would show a part of the password
        raise SetupError("REDIS_URL is not an address of Redis") from None
