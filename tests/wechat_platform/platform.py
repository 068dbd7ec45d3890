"""The simulator: accounts, customers, the API, and the way of messages between them."""

from __future__ import annotations

import asyncio
import itertools
import secrets
from collections.abc import Iterable
from datetime import datetime
from types import TracebackType

import aiohttp
from aiohttp import web

from tests.server import free_port
from tests.wechat_platform.accounts import PlatformAccount
from tests.wechat_platform.api import Api
from tests.wechat_platform.clock import Clock
from tests.wechat_platform.customer import Customer
from tests.wechat_platform.delivery import Attempt, Delivery
from tests.wechat_platform.envelope import Fields, query_of
from tests.wechat_platform.faults import Faults
from tests.wechat_platform.media import Codes, Media
from tests.wechat_platform.shown import OUT_OF_ORDER, Shown
from tests.wechat_platform.tokens import Tokens

LARGEST_BODY = 12 * 1024 * 1024


class Platform:
    """``async with Platform([PlatformAccount("main")]) as platform``; then ``point_at`` the assistant.

    ``slow_api``: seconds that each call of the API takes.
    """

    def __init__(
        self, accounts: Iterable[PlatformAccount], start: datetime | None = None, port: int | None = None
    ) -> None:
        self.accounts = {account.name: account for account in accounts}
        self.clock = Clock(start)
        self.tokens = {name: Tokens() for name in self.accounts}
        self.faults, self.media, self.codes = Faults(), Media(), Codes()
        self.customers: dict[tuple[str, str], Customer] = {}
        self.api = Api(self)
        self.slow_api = 0.0
        self.port = port or free_port()
        self.routes: list[web.RouteDef] = []
        self._msgids = itertools.count(23_000_000_000_000_001)
        self._reports: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def __aenter__(self) -> Platform:
        app = web.Application(client_max_size=LARGEST_BODY)
        self.api.add_to(app)
        app.add_routes(self.routes)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port).start()
        self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        tasks = [*self._reports, *(task for each in self.customers.values() for task in each.tasks)]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._session.close()
        await self._runner.cleanup()

    def settings(self) -> dict[str, str]:
        """The assistant's environment for these accounts."""
        found = {"ZHANTING_WECHAT_ACCOUNTS": ",".join(self.accounts), "ZHANTING_WECHAT_API": self.url}
        for account in self.accounts.values():
            found.update(account.settings())
        return found

    def point_at(self, url: str, *names: str) -> None:
        """Where the assistant is, for all accounts or those named."""
        for name in names or self.accounts:
            self.accounts[name].address = f"{url}/wechat/{name}"

    def customer(self, openid: str, account: str = "main") -> Customer:
        """Somebody who follows the account already."""
        key = (account, openid)
        if key not in self.customers:
            self.customers[key] = Customer(self, self.accounts[account], openid)
        return self.customers[key]

    def next_msgid(self) -> int:
        return next(self._msgids)

    async def verify(self, account: str = "main") -> tuple[int, str, str]:
        """Press 提交 on the platform's page: the status, what came back, what should have."""
        found, echo = self.accounts[account], secrets.token_hex(8)
        query = {**query_of(found, int(self.clock.now())), "echostr": echo}
        async with self._session.get(found.address, params=query) as answer:
            return answer.status, await answer.text(), echo

    async def post(self, account: str, query: dict[str, str], body: bytes) -> tuple[int, bytes]:
        """A request as somebody hostile makes it."""
        address = self.accounts[account].address
        async with self._session.post(address, params=query, data=body) as answer:
            return answer.status, await answer.read()

    async def bring(self, customer: Customer, delivery: Delivery) -> None:
        """Take a message to the assistant, as often as its way says, and show what comes back."""
        begun = [self._bring_once(customer, delivery)]
        begun += [self._bring_again(customer, delivery, seconds) for seconds in delivery.way.again]
        await asyncio.gather(*begun)

    async def _bring_again(self, customer: Customer, delivery: Delivery, seconds: float) -> None:
        await asyncio.sleep(delivery.way.wait + seconds)
        await self._bring_once(customer, delivery, is_extra=True)

    async def _bring_once(self, customer: Customer, delivery: Delivery, is_extra: bool = False) -> None:
        attempt = await delivery.run(self._session)
        if attempt.outcome == "passive":
            self._show_reply(customer, delivery, attempt)
        elif attempt.outcome != "acknowledged" and not is_extra:
            why = attempt.why or str(attempt.status)
            customer.show(
                Shown("fault", OUT_OF_ORDER, "platform", self.clock.now(), tail="", url="", answers=why)
            )
        customer.news()

    def _show_reply(self, customer: Customer, delivery: Delivery, attempt: Attempt) -> None:
        """The platform takes one reply to a message; those to its doubles go nowhere."""
        fields = attempt.reply or {}
        if delivery.is_answered:
            delivery.extra_replies.append(fields)
            return
        delivery.is_answered = True
        if fields["MsgType"] != "transfer_customer_service":
            customer.show(_shown(fields, delivery, self.clock.now()))

    def report_template(self, customer: Customer, msgid: int) -> None:
        """The platform tells a moment later whether a template message arrived."""

        async def report() -> None:
            await asyncio.sleep(0.05)
            customer.template_done(msgid)

        task = asyncio.get_running_loop().create_task(report())
        self._reports.add(task)
        task.add_done_callback(self._reports.discard)

    def account_of_token(self, token: str) -> str:
        return next((name for name, tokens in self.tokens.items() if token in tokens.valid), "")


def _shown(fields: Fields, delivery: Delivery, now: float) -> Shown:
    kind = fields["MsgType"]
    if kind == "text":
        return Shown("text", fields["Content"], "passive", now, answers=delivery.key)
    if kind == "image":
        return Shown("image", "", "passive", now, media_id=fields["Image"]["MediaId"], answers=delivery.key)
    return Shown("news", str(fields.get("Articles")), "passive", now, answers=delivery.key)
