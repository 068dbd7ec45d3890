"""The API clients of all accounts that have a secret, with one connection pool and shared tokens."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import aiohttp

from bot.domain.wechat.account import Account
from bot.notify.wechat.client import WeChatClient, open_session
from bot.services.wechat.tokens import SharedTokens
from bot.store.database import Database


class Clients:
    """``base``: ``Settings.wechat_api``. To be connected and closed in the loop that calls."""

    def __init__(self, database: Database, accounts: Iterable[Account], base: str) -> None:
        self._database, self._accounts, self._base = database, tuple(accounts), base
        self._session: aiohttp.ClientSession | None = None

    async def connect(self) -> Mapping[str, WeChatClient]:
        """The clients by the account's name; nothing is called yet."""
        session = self._session = open_session()
        return {
            account.name: WeChatClient(session, self._base, account, SharedTokens(self._database, account))
            for account in self._accounts
            if account.secret is not None
        }

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None
