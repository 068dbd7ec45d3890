"""What the reception needs of its neighbours, so that it can be tested without them."""

from __future__ import annotations

from typing import Protocol

from bot.channels.wechat.inbound import PlatformMessage
from bot.channels.wechat.meaning import Meaning


class Meanings(Protocol):
    """Tells what messages mean (``bot.channels.wechat.meaning``)."""

    def of(self, message: PlatformMessage) -> Meaning:
        """May read the database; called in a thread."""


class Courier(Protocol):
    """Whoever talks to the platform's API for us (``bot.channels.wechat.courier``)."""

    async def typing(self, account: str, openid: str) -> None:
        """The customer sees that somebody types; never raises."""

    async def download(self, account: str, media_id: str) -> bytes:
        """A file that a customer sent. Raises ``WeChatError``."""

    def wake(self, conversation_id: str) -> None:
        """There may be lines to send now."""
