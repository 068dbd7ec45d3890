"""What has to happen without anybody asking: conversations whose adviser has gone return to the queue and those that
wait are given out, expired holds end, the waitlist is served, due messages go out, old ones and unsent files are
deleted.

Every process may run it at any time: each step takes what it works on by a conditional change.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial
from pathlib import Path

from bot import clock
from bot.services.alerts import watch_waiting
from bot.services.claiming import transact
from bot.services.content.snapshot import ContentStore
from bot.services.escalation import escalate_cases
from bot.services.event_notices import remind_signed_up
from bot.services.outbox import Senders, Told, send_due
from bot.services.queue import serve_queue
from bot.services.uploads import delete_unsent
from bot.services.waitlist import serve_waitlist
from bot.services.wechat import nonces, passives
from bot.store import outbox
from bot.store.database import Database

logger = logging.getLogger(__name__)
HOLDS_AT_ONCE = 200
MESSAGES_AT_ONCE = 500
KEPT = timedelta(days=90)
STOP_SECONDS = 3.0


Round = Callable[[], None]


def run_upkeep(
    database: Database, content: ContentStore, senders: Senders, told: Told = lambda _: None
) -> None:
    """Everything once by the clock, one after the other."""
    for each in upkeep_rounds(database, content, senders, told):
        each()


def upkeep_rounds(
    database: Database,
    content: ContentStore,
    senders: Senders,
    told: Told = lambda _: None,
    uploads: Path | None = None,
    archive: Round | None = None,
    outreach: Round | None = None,
    erasures: Round | None = None,
) -> tuple[Round, ...]:
    """What is repeated for ever, each on its own: a receiver that is silent keeps neither the mails nor the chat.

    A step that fails is logged and does not keep the others. ``told`` hears of each conversation that got a message;
    ``uploads``: the folder of the files that were sent; ``archive`` moves old conversations out, ``outreach`` tells
    owners of what is due, ``erasures`` deletes what customers asked to be deleted.
    """
    files = {"unsent files": lambda: delete_unsent(database, uploads, clock.now())} if uploads else {}

    def send(channel: str) -> Callable[[], object]:
        return lambda: send_due(database, content, senders, told, (channel,))

    return (
        partial(
            _run_steps,
            {
                "the queue": lambda: serve_queue(database, content.current(), clock.now(), told),
                "work that waits": lambda: watch_waiting(database, content.current(), clock.now()),
                "cases that wait": lambda: escalate_cases(
                    database, content.current().dealership, clock.now()
                ),
                "events to come": lambda: remind_signed_up(database, content.current(), clock.now()),
                "the waitlist": lambda: serve_waitlist(database, content.current().dealership, clock.now()),
                "expired holds": lambda: delete_expired_holds(database),
                "the outbox": send("chat"),
                "old messages": lambda: delete_old_messages(database),
                "old requests of WeChat": lambda: nonces.forget_old(database, clock.now()),
                "old answers in WeChat": lambda: passives.forget_old(database, clock.now()),
                **files,
            },
        ),
        partial(_run_steps, {"the mails": send("email")}),
        partial(_run_steps, {"the webhook": send("webhook")}),
        partial(_run_steps, {"the WeCom robot": send("wecom")}),
        *([partial(_run_steps, {"old conversations": archive})] if archive else []),
        *([partial(_run_steps, {"outreach": outreach})] if outreach else []),
        *([partial(_run_steps, {"erasures": erasures})] if erasures else []),
    )


def _run_steps(steps: Mapping[str, Callable[[], object]]) -> None:
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


def delete_old_messages(database: Database) -> int:
    """Delete messages that are over and older than ``KEPT``: they name customers, and grow without end."""
    before = clock.now() - KEPT
    with database.reading() as session:
        old = outbox.old_messages(session, before, MESSAGES_AT_ONCE)
    if not old:
        return 0
    with database.transaction() as session:
        return outbox.delete_messages(session, old)


class Upkeep:
    """A thread for each of the rounds, which repeats it every few seconds until it is stopped."""

    def __init__(self, *rounds: Round, seconds: float) -> None:
        self._seconds = seconds
        self._stopping = threading.Event()
        self._threads = [
            threading.Thread(target=self._keep_up, args=(each,), name="upkeep", daemon=True)
            for each in rounds
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self, seconds: float = STOP_SECONDS) -> None:
        """Let the present rounds end; a mail server that keeps one longer does not keep the process."""
        self._stopping.set()
        last = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(0.0, last - time.monotonic()))

    @property
    def is_running(self) -> bool:
        return any(thread.is_alive() for thread in self._threads)

    def _keep_up(self, run: Round) -> None:
        while not self._stopping.is_set():
            try:
                run()
            except Exception:
                logger.exception("upkeep failed")
            self._stopping.wait(self._seconds)
