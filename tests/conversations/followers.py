"""A customer of a WeChat account: what they do reaches the assistant as the platform tells it."""

from __future__ import annotations

from datetime import datetime

from bot import clock
from bot.channels.wechat.inbound import PlatformMessage
from bot.channels.wechat.meaning import Meaning, Meanings
from bot.channels.wechat.noting import note_arrival
from bot.domain.wechat.account import Account, Mode
from bot.services.messages import Inbound
from bot.services.wechat import contacts
from bot.store.tables import Message
from tests.conversations.harness import Assistant, Customer, Reply

ACCOUNT = Account("main", "wx0123456789", "token", Mode.PLAIN)


class Follower(Customer):
    """As a customer, and ``does`` what only WeChat has."""

    def __init__(self, assistant: Assistant, openid: str = "o-1") -> None:
        super().__init__(assistant, ACCOUNT.sender_of(openid))
        self.openid = openid
        self._command: str | None = None
        self._meanings = Meanings(assistant.installation.content, [ACCOUNT], assistant.installation.database)

    async def does(
        self, kind: str, *expected: str, never: tuple[str, ...] = (), **fields: str | float
    ) -> Reply:
        """Something arrives; the answer holds every expected fragment."""
        meaning = self.meaning(kind, **fields)
        assert meaning.text
        self._arrives(meaning)
        self._command = meaning.command
        return await self._send(meaning.text, meaning.payload, expected, never)

    def meaning(self, kind: str, **fields: str | float) -> Meaning:
        at: datetime = clock.now()
        message = PlatformMessage("main", self.openid, self._key, kind, at, **fields)  # type: ignore[arg-type]
        return self._meanings.of(message)

    @property
    def line(self) -> str:
        """What the transcript has of the customer's last message."""
        rows = self.assistant.rows(Message, conversation_id=self.conversation_id, author="customer")
        return str(max(rows, key=lambda row: row.seq).text)

    @property
    def _key(self) -> str:
        return f"m:{self.messages}"

    def _arrives(self, meaning: Meaning) -> None:
        installation, now = self.assistant.installation, clock.now()
        arrival = contacts.arrived(installation.database, ACCOUNT, self.openid, self._key, meaning.grant, now)
        self.conversation_id = arrival.conversation_id
        note_arrival(installation.database, installation.content, arrival.conversation_id, meaning, now)

    def _inbound(self, text: str, payload: str | None) -> Inbound:
        command, self._command = self._command, None
        return Inbound("wechat", self.sender, text, payload=payload, command=command)
