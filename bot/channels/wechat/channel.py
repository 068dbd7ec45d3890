"""The WeChat channel of one process: the accounts' addresses, and the courier that sends what is not answered there."""

from __future__ import annotations

from collections.abc import Mapping

from sanic import Blueprint

from bot.channels.wechat.courier import Courier, Post
from bot.channels.wechat.meaning import Meanings
from bot.channels.wechat.reception import Surroundings
from bot.channels.wechat.webhook import wechat_channel
from bot.domain.wechat.account import Account
from bot.services.content.snapshot import ContentStore
from bot.services.turns import Turns
from bot.services.wakeups import Wakeups
from bot.services.wechat.clients import Clients
from bot.services.wechat.templates import Templates
from bot.settings import Settings
from bot.store.database import Database


class WeChat:
    """Made before the server runs; ``start`` and ``stop`` in its loop."""

    def __init__(
        self, settings: Settings, database: Database, content: ContentStore, turns: Turns, wakeups: Wakeups
    ) -> None:
        accounts: Mapping[str, Account] = {account.name: account for account in settings.wechat_accounts}
        uploads, limits, url = settings.home / "uploads", settings.wechat_limits, settings.public_url
        self._clients = Clients(database, accounts.values(), settings.wechat_api)
        post = Post(database, accounts, limits, uploads, url, Templates(database, content))
        self._courier = Courier(post, wakeups, self._clients.connect)
        meanings = Meanings(content, accounts.values(), database)
        around = Surroundings(database, content, turns, meanings, self._courier, limits, uploads, url)
        self.blueprint: Blueprint = wechat_channel(accounts.values(), around)

    async def start(self) -> None:
        """What waits since the last run is sent now."""
        await self._courier.start()

    async def stop(self) -> None:
        """What cannot be sent any more waits for the next start."""
        await self._courier.stop()
        await self._clients.close()
