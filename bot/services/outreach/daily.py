"""The run as a step of the upkeep: every hour while consultants are on duty."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from bot import clock
from bot.domain.conversation import is_online
from bot.services.availability import local
from bot.services.content.snapshot import ContentStore
from bot.services.outreach.event_invitations import invite_to_events
from bot.services.outreach.run import run_outreach
from bot.store.database import Database

logger = logging.getLogger(__name__)
EVERY = timedelta(hours=1)


class DailyOutreach:
    """Any number of processes may have one: what one has opened is no other's."""

    def __init__(self, database: Database, content: ContentStore) -> None:
        self._database, self._content = database, content
        self._next: datetime | None = None

    def __call__(self) -> None:
        now, content = clock.now(), self._content.current()
        if self._next is not None and now < self._next:
            return
        hours = content.dealership.profile.consultants_online
        if not content.outreach.enabled or not is_online(hours, local(now)):
            return
        report = run_outreach(self._database, content, now)
        invited = invite_to_events(self._database, content, now)
        self._next = now + EVERY
        if report.total:
            logger.info("opened %d contacts for %d cars that were looked at", report.total, report.cars)
        if invited.total:
            logger.info("invited %d customers to events", invited.total)
