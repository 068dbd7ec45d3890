"""The webhook in this process: a dialogue without Rasa before it, the platform's own envelopes behind it."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from sanic import Sanic
from sanic.touchup.service import TouchUp

from bot.api.errors import install_error_handlers
from bot.api.protocol import CheckedProtocol, CheckedRequest
from bot.channels.wechat.inbound import PlatformMessage
from bot.channels.wechat.meaning import Meaning
from bot.channels.wechat.reception import Patience, Surroundings
from bot.channels.wechat.webhook import wechat_channel
from bot.domain.wechat.account import Account, Desk, Mode
from bot.domain.wechat.window import Grant, Limits
from bot.services.content.snapshot import ContentStore
from bot.services.messages import StoredMessage, Utterance, messages_after
from bot.services.turns import Turns
from bot.services.wakeups import Wakeups
from bot.store.database import Database
from bot.store.tables import Conversation
from bot.store.wechat_tables import WeChatContact
from tests.server import free_port, local_client
from tests.services.dialogues import Echo
from tests.wechat_platform.accounts import PlatformAccount
from tests.wechat_platform.envelope import Fields, Request, reply_in, request_of

_numbers = itertools.count(1)
PATIENT = Patience(typing=10, answer=15, without_sending=15, cut=20, download=5, until_last=100)
"""Whatever this machine is doing: a turn is ready in time."""
HURRIED = Patience(typing=0.05, answer=0.3, without_sending=0.3, cut=2, download=0.2, until_last=100)
"""A turn that a test holds up is not."""
CUT = 1.0
"""Seconds after which the platform closes a request, in tests with ``HURRIED``."""
JPEG = b"\xff\xd8\xff\xe0" + b"0" * 64


class Meanings:
    """Takes texts for what they are, and knows a few others."""

    def of(self, message: PlatformMessage) -> Meaning:
        if message.kind == "event":
            return self._event(message)
        if message.kind == "image":
            return Meaning("［图片］", attach=True)
        if message.text == "no meaning":
            raise LookupError("no template")
        return Meaning(
            message.text or f"［{message.kind}］", grant=Grant.CLICK if message.menu_id else Grant.MESSAGE
        )

    def _event(self, message: PlatformMessage) -> Meaning:
        if message.event == "subscribe":
            return Meaning("［关注了公众号］", command="/greet", grant=Grant.CLICK, follow=True)
        if message.event == "unsubscribe":
            return Meaning("", grant=None, follow=False)
        if message.event == "CLICK":
            return Meaning(f"［{message.event_key}］", command=f"/{message.event_key}", grant=Grant.CLICK)
        return Meaning("", grant=None)


@dataclass
class Courier:
    """Remembers what it was asked for; sends nothing."""

    files: dict[str, bytes] = field(default_factory=dict)
    seconds: float = 0.0
    typed: list[tuple[str, str]] = field(default_factory=list)
    woken: list[str] = field(default_factory=list)

    async def typing(self, account: str, openid: str) -> None:
        self.typed.append((account, openid))

    async def download(self, account: str, media_id: str) -> bytes:
        await asyncio.sleep(self.seconds)
        return self.files[media_id]

    def wake(self, conversation_id: str) -> None:
        self.woken.append(conversation_id)


@dataclass
class Application:
    client: httpx.AsyncClient
    database: Database
    turns: Turns
    wakeups: Wakeups
    dialogue: Any
    courier: Courier
    accounts: dict[str, PlatformAccount]
    port: int

    def customer(self, account: str = "main") -> Customer:
        return Customer(self, self.accounts[account], f"o-{next(_numbers)}-{time.time_ns()}")


@dataclass
class Customer:
    """Somebody who writes to an account, as the platform delivers it."""

    application: Application
    account: PlatformAccount
    openid: str

    def fields(self, kind: str = "text", content: str | None = None, **more: Any) -> Fields:
        said = {"Content": content} if content is not None else {}
        return {
            "ToUserName": self.account.original_id,
            "FromUserName": self.openid,
            "CreateTime": int(time.time()),
            "MsgType": kind,
            **({} if kind == "event" else {"MsgId": 10**18 + next(_numbers)}),
            **said,
            **more,
        }

    def request(self, fields: Fields) -> Request:
        return request_of(self.account, fields, int(time.time()), self.openid)

    async def deliver(self, fields: Fields, seconds: float = 30.0) -> Fields | None:
        """Deliver it, and read the answer as the platform does: None for an acknowledgement."""
        return self._read(await self.post(self.request(fields), seconds))

    async def post(self, request: Request, seconds: float = 30.0) -> httpx.Response:
        address = f"/wechat/{self.account.name}"
        return await self.application.client.post(
            address, params=request.query, content=request.body, timeout=seconds
        )

    async def write(self, content: str, **more: Any) -> str | None:
        """Send a text; gives the text that answers it at once."""
        return self.words(await self.post(self.request(self.fields("text", content, **more))))

    def words(self, answer: httpx.Response) -> str | None:
        """The text of an answer, which bears the second in which it was made; None for an acknowledgement."""
        reply = self._read(answer)
        return str(reply["Content"]) if reply else None

    def _read(self, answer: httpx.Response) -> Fields | None:
        assert answer.status_code == 200
        return reply_in(self.account, answer.content, self.openid)

    @property
    def sender(self) -> str:
        return f"{self.account.name}/{self.openid}"

    def conversation(self) -> Any:
        with self.application.database.reading() as session:
            found = session.query(Conversation).filter_by(channel="wechat", sender=self.sender)
            return found.one()

    def contact(self) -> Any:
        with self.application.database.reading() as session:
            return session.get(WeChatContact, (self.account.name, self.openid))

    def transcript(self) -> list[StoredMessage]:
        return messages_after(self.application.database, self.conversation().id)

    def said(self) -> list[tuple[str, str]]:
        return [(line.author.value, line.text) for line in self.transcript()]


def account_of(platform: PlatformAccount, previous: tuple[str, ...] = ()) -> Account:
    """Our settings for an account of the platform."""
    return Account(
        name=platform.name,
        app_id=platform.app_id,
        token=platform.token,
        mode=Mode(platform.mode),
        aes_keys=() if platform.mode == "plain" else (platform.aes_key, *previous),
        secret=platform.secret if platform.tells_may_send == "on" else None,
        may_send=platform.tells_may_send == "on",
        desk=Desk(platform.desk),
    )


ACCOUNTS = (
    PlatformAccount("main"),
    PlatformAccount("open", mode="plain"),
    PlatformAccount("both", mode="compatible"),
    PlatformAccount("mute", tells_may_send="off"),
    PlatformAccount("desk", desk="platform"),
)


@asynccontextmanager
async def running(
    filled: tuple[Database, ContentStore],
    dialogue: Any = None,
    patience: Patience = PATIENT,
    accounts: tuple[Account, ...] = tuple(account_of(each) for each in ACCOUNTS),
    meanings: Any = None,
) -> AsyncIterator[Application]:
    """The webhook, listening on a port of this machine."""
    database, content = filled
    wakeups, courier, dialogue = Wakeups(), Courier(), dialogue or Echo()
    turns = Turns(database, content, dialogue, wakeups, 1000)
    app = Sanic(f"wechat-{next(_numbers)}", configure_logging=False, request_class=CheckedRequest)
    app.config.update(RESPONSE_TIMEOUT=60, FALLBACK_ERROR_FORMAT="json")
    folder = Path(str(database.engine.url.database)).parent / "uploads"
    around = Surroundings(
        database,
        content,
        turns,
        meanings or Meanings(),
        courier,
        Limits(),
        folder,
        "https://cars.example",
        patience,
    )
    app.blueprint(wechat_channel(accounts, around))
    install_error_handlers(app, (), lambda name: None)
    port = free_port()
    server = await app.create_server(
        "127.0.0.1", port, protocol=CheckedProtocol, return_asyncio_server=True, access_log=False
    )
    await server.startup()
    TouchUp._registry.clear()  # Sanic rewrites its own methods at a start and cannot do it twice in a process
    await server.start_serving()
    platforms = {each.name: each for each in ACCOUNTS}
    try:
        async with local_client(port, timeout=60) as client:
            yield Application(client, database, turns, wakeups, dialogue, courier, platforms, port)
    finally:
        wakeups.close()
        await turns.close()
        server.close()
        await server.wait_closed()


@contextmanager
def broken(owner: Any, name: str, times: int = 1_000_000) -> Iterator[list[str]]:
    """A function that fails so many times, and then works again; gives the failures so far."""
    works, failures = getattr(owner, name), []

    def fail(*arguments: Any, **named: Any) -> Any:
        if len(failures) >= times:
            return works(*arguments, **named)
        failures.append(name)
        raise RuntimeError("out of order")

    setattr(owner, name, fail)
    try:
        yield failures
    finally:
        setattr(owner, name, works)


class Scripted(Echo):
    """Says what is written for it, echoes the rest, and can be held up."""

    def __init__(self) -> None:
        super().__init__(meanwhile=self._wait)
        self.says: dict[str, list[Utterance]] = {}
        self.may_go_on = asyncio.Event()
        self.may_go_on.set()

    async def reply(self, conversation_id: str, text: str, *more: Any) -> Any:
        answer = await super().reply(conversation_id, text, *more)
        return type(answer)(self.says.get(text, answer.utterances), answer.handoff)

    async def _wait(self, _: str) -> None:
        await self.may_go_on.wait()


async def until(condition: Any, seconds: float = 15.0) -> None:
    for _ in range(int(seconds / 0.02)):
        if condition():
            return
        await asyncio.sleep(0.02)
    raise AssertionError("never")


async def cut(customer: Customer, fields: Any) -> None:
    """Deliver and close before the answer, as the platform does."""
    with pytest.raises(httpx.TimeoutException):
        await customer.deliver(fields, CUT)


async def leave(delivery: asyncio.Task[Any]) -> None:
    """The platform's connection breaks."""
    delivery.cancel()
    with suppress(asyncio.CancelledError):
        await delivery


def is_open(customer: Customer) -> bool:
    """Whether the courier may send to the customer now."""
    return customer.contact().passive_until is None
