"""Rasa's locks, which are not needed: one turn at a time per conversation is what ``bot.services.turns`` sees to."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from rasa.core.lock import TicketLock
from rasa.core.lock_store import InMemoryLockStore


class NoLocks(InMemoryLockStore):
    """Rasa's own would draw a ticket, look whose turn it is, and throw the lock away again."""

    @asynccontextmanager
    async def lock(self, conversation_id: str, *_: object, **__: object) -> AsyncIterator[TicketLock]:
        """At once, for whoever asks."""
        yield TicketLock(conversation_id)
