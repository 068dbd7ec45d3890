"""Keeping a hold while the customer types: it runs out by the clock, and is renewed silently while the slot is free."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from bot.domain.booking import VisitRequest
from bot.domain.dealership import Dealership
from bot.services.booking import hold_slot
from bot.services.holding import wanted
from bot.store.database import Database
from bot.store.tables import Hold

_HELD = sa.select(Hold.details).where(
    Hold.owner == sa.bindparam("holder"), Hold.expires_at > sa.bindparam("now")
)


def keep_hold(
    database: Database,
    dealership: Dealership,
    now: datetime,
    conversation_id: str,
    request: VisitRequest,
    start: datetime,
) -> None:
    """Hold the slot again for ``hold_minutes`` if the conversation's hold of it has run out or was given back.

    Nothing happens while the hold still runs. Raises as ``hold_slot`` when somebody else has the slot now.
    """
    if not _holds(database, now, conversation_id, request, start):
        hold_slot(database, dealership, now, conversation_id, request, start)


def _holds(
    database: Database, now: datetime, conversation_id: str, request: VisitRequest, start: datetime
) -> bool:
    with database.reading() as session:
        held = session.scalar(_HELD, {"holder": conversation_id, "now": now})
    return held is not None and wanted(request, start).items() <= held.items()
