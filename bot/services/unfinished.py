"""Messages that nobody answers any more: another process was killed in the middle, or the database was away."""

from __future__ import annotations

import asyncio
import logging
import time

from bot.services import messages
from bot.services.turns import Turns
from bot.store.database import Database

logger = logging.getLogger(__name__)
EVERY_SECONDS = 3.0
AFTER_SECONDS = 8.0
"""Who is alive has answered by then, or holds the conversation's lock; then this process waits for it."""
LONGEST_SECONDS = 300.0
AT_ONCE = 200
_Key = tuple[str, int]


class Unfinished:
    """Looks at the rows every few seconds, for as long as the process runs."""

    def __init__(
        self, database: Database, turns: Turns, every: float = EVERY_SECONDS, after: float = AFTER_SECONDS
    ) -> None:
        """``after``: so many seconds since it was first seen here, a message is nobody's. The clocks of several
        machines need not agree."""
        self._database, self._turns, self._every, self._after = database, turns, every, after
        self._tries: dict[_Key, tuple[float, float]] = {}
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.get_running_loop().create_task(self._go_on())

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _go_on(self) -> None:
        while True:
            await asyncio.sleep(self._every)
            try:
                await self.look()
            except Exception:
                logger.exception("nobody looked for messages without an outcome")

    async def look(self) -> int:
        """Start the turns of what was seen long enough without an outcome; gives their number."""
        loop = asyncio.get_running_loop()
        left = await loop.run_in_executor(None, messages.unanswered, self._database, AT_ONCE)
        found = {(each.conversation_id, each.seq): each for _, _, each in left}
        now = time.monotonic()
        self._tries = {key: self._tries.get(key, (now + self._after, self._after)) for key in found}
        due = [key for key in found if self._tries[key][0] <= now and not self._turns.runs(found[key])]
        for key in due:
            pause = min(2 * self._tries[key][1], LONGEST_SECONDS)
            self._tries[key] = (now + pause, pause)
            logger.warning("message %d of conversation %s was left unanswered", key[1], key[0])
            self._turns.start(found[key])
        return len(due)
