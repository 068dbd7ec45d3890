"""Customers whom the people of the platform's own customer service answer (``transfer_customer_service``)."""

from __future__ import annotations

from collections.abc import Iterable

from bot.domain.wechat.account import Account, Desk
from bot.services.wechat.contacts import address_of
from bot.store.database import Database


class PlatformDesk:
    """Knows whose conversations are not answered in our console: there is no place in our queue to speak of."""

    def __init__(self, database: Database, accounts: Iterable[Account]) -> None:
        self._database = database
        self._accounts = {account.name for account in accounts if account.desk is Desk.PLATFORM}

    def has(self, conversation_id: str) -> bool:
        """Reads the database where any account of ours works so."""
        if not self._accounts:
            return False
        found = address_of(self._database, conversation_id)
        return found is not None and found[0] in self._accounts
