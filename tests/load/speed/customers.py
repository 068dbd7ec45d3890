"""The scripted customers: they ask, book whole test drives, cancel them and chat, over the REST channel of either side."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import aiohttp

PATIENCE_SECONDS = 120.0
TALK = ("你好", "谢谢你", "你叫什么名字", "再见")
BOOKED = "预约码"
CANCELLED = "已经取消"
TOO_LONG = "我想了解一下这款车的续航和保养。" * 625
"""10,000 characters."""


BUTTONS = ("确认预约", "符合", "青岚", "城", "周", "确认取消")
"""What a customer clicks, by how the button's title begins: to confirm, the licence, a model, a store, a time."""
MOST_MESSAGES = 14
"""A booking that takes more has failed."""


@dataclass(frozen=True)
class Answer:
    """What came back, and after how many seconds."""

    replies: Sequence[dict[str, Any]]
    seconds: float

    @property
    def text(self) -> str:
        return "\n".join(str(reply.get("text") or "") for reply in self.replies)

    @property
    def buttons(self) -> list[dict[str, str]]:
        return [button for reply in self.replies for button in reply.get("buttons") or ()]


@dataclass
class Line:
    """The way to a running server; counts what was sent, and what was not answered."""

    url: str
    session: aiohttp.ClientSession
    reads_sentences: bool  # ours; else stock, which gets payloads
    sent: int = 0
    failed: int = 0
    numbers: count[int] = field(default_factory=lambda: count(time.time_ns() // 1000 % 10**8))

    async def say(self, sender: str, text: str) -> Answer:
        """An empty answer where the server refused or was silent; that counts as failed."""
        begun = time.perf_counter()
        self.sent += 1
        replies: Sequence[dict[str, Any]] = ()
        try:
            async with self.session.post(
                f"{self.url}/webhooks/rest/webhook", json={"sender": sender, "message": text}
            ) as response:
                replies = await response.json() if response.status == 200 else ()
        except (aiohttp.ClientError, asyncio.TimeoutError, ValueError):  # no answer in time; no JSON
            pass
        self.failed += not replies
        return Answer(replies, time.perf_counter() - begun)

    async def books(self, sender: str) -> AsyncIterator[Answer]:
        """A whole test drive from nothing, each message's answer; the last one has the 预约码 unless it failed.

        Clicks any of the buttons that are offered (times among them, so that customers spread over the calendar).
        """
        number = next(self.numbers) % 10**8
        words: str | None = self.as_read("我想试驾", "/book_test_drive")
        for _ in range(MOST_MESSAGES):
            answer = await self.say(sender, words)
            yield answer
            words = None if BOOKED in answer.text else self._next_words(answer, number)
            if words is None:
                return

    async def cancels(self, sender: str) -> AsyncIterator[Answer]:
        """The visit that was just booked; the last answer tells that it is cancelled unless it failed."""
        answer = await self.say(sender, self.as_read("取消预约", "/cancel_booking"))
        yield answer
        words = self._next_words(answer, 0)
        if words is not None:
            yield await self.say(sender, words)

    def as_read(self, text: str, payload: str) -> str:
        """What is sent for `text`: stock, which two epochs teach little, is spared the understanding of it."""
        return text if self.reads_sentences else payload

    def _next_words(self, answer: Answer, number: int) -> str | None:
        """The answer of a customer who wants to book; None where the bot asks for nothing that this one knows."""
        for start in BUTTONS:
            offered = [button["payload"] for button in answer.buttons if button["title"].startswith(start)]
            if offered:
                late_enough = offered[len(offered) // 2 :]  # a visit that is near can no longer be cancelled
                return (
                    late_enough[number % len(late_enough)]
                    if start == "周"
                    else offered[number % len(offered)]
                )
        name, phone = "李娜", f"139{number:08}"
        if "手机号" in answer.text:
            return self.as_read(f"{name} {phone}", f'/inform{{"name": "{name}", "phone": "{phone}"}}')
        return None


@asynccontextmanager
async def line_to(url: str, reads_sentences: bool) -> AsyncIterator[Line]:
    timeout, connector = aiohttp.ClientTimeout(total=PATIENCE_SECONDS), aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(timeout=timeout, connector=connector) as session:
        yield Line(url, session, reads_sentences)


async def visit(line: Line, sender: str, number: int, questions: Sequence[str]) -> AsyncIterator[Answer]:
    """A conversation of the load: all ask and chat; every other one books and cancels, so that the calendar never fills up."""
    asked = [questions[(number * 3 + at) % len(questions)] for at in range(4)]
    yield await line.say(sender, TALK[0])
    for question in asked[:2]:
        yield await line.say(sender, question)
    if number % 2:
        async for answer in line.books(sender):
            yield answer
        async for answer in line.cancels(sender):
            yield answer
    for words in (*asked[2:], TALK[1 + number % 3]):
        yield await line.say(sender, words)
