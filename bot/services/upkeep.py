"""What has to happen without anybody asking: expired holds end, the waitlist is served, due messages go out.

Every process may run it at any time: each step takes what it works on by a conditional change.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from bot import clock
from bot.services.claiming import transact
from bot.services.content.snapshot import ContentStore
from bot.services.outbox import Senders, Told, send_due
from bot.services.waitlist import serve_waitlist
from bot.store import outbox
from bot.store.database import Database

logger = logging.getLogger(__name__)
HOLDS_AT_ONCE = 200
STOP_SECONDS = 3.0


def run_upkeep(
    database: Database, content: ContentStore, senders: Senders, told: Told = lambda _: None
) -> None:
    """One round by the clock; a step that fails is logged and does not keep the others.

    ``told`` hears of each conversation that got a message.
    """
    steps: dict[str, Callable[[], object]] = {
        "the waitlist": lambda: serve_waitlist(database, content.current().dealership, clock.now()),
        "expired holds": lambda: delete_expired_holds(database),
        "the outbox": lambda: send_due(database, content, senders, told),
    }
    for name, step in steps.items():
        try:
            step()
        except Exception:  # the next round tries again; whoever waits for it is not forgotten
            logger.exception("upkeep of %s failed", name)


def delete_expired_holds(database: Database) -> int:
    """Delete holds whose time is over, one transaction each: nobody waits for a long list of locks."""
    now = clock.now()
    with database.reading() as session:
        expired = outbox.expired_holds(session, now, HOLDS_AT_ONCE)
    return sum(
        transact(database, lambda session, id_=hold: outbox.delete_expired_hold(session, id_, now))  # type: ignore[misc]
        for hold in expired
    )


class Upkeep:
    """A thread that runs the upkeep every few seconds until it is stopped."""

    def __init__(self, run: Callable[[], None], seconds: float) -> None:
        self._run, self._seconds = run, seconds
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._keep_up, name="upkeep", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self, seconds: float = STOP_SECONDS) -> None:
        """Let the present round end; a mail server that keeps it longer does not keep the process."""
        self._stopping.set()
        self._thread.join(seconds)

    @property
    def is_running(self) -> bool:
        return self._thread.is_alive()

    def _keep_up(self) -> None:
        while not self._stopping.is_set():
            try:
                self._run()
            except Exception:
                logger.exception("upkeep failed")
            self._stopping.wait(self._seconds)
