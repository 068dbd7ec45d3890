"""What is held at the moment, for staff to see. Reads only; ``bot.services.booking`` holds and releases."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from bot.domain.booking import Slot, VisitKind, VisitRequest
from bot.store.database import Database
from bot.store.tables import Hold, WaitlistEntry


@dataclass(frozen=True)
class HoldView:
    """A slot that is kept until ``expires_at``. ``owner`` is a conversation, or an entry of the waitlist."""

    owner: str
    is_offer: bool
    request: VisitRequest
    slot: Slot
    resources: tuple[str, ...]
    expires_at: datetime


def list_holds(database: Database, now: datetime) -> tuple[HoldView, ...]:
    """Holds that have not run out, by what they hold; one statement."""
    query = (
        sa.select(Hold, WaitlistEntry.id)
        .outerjoin(WaitlistEntry, WaitlistEntry.id == Hold.owner)
        .where(Hold.expires_at > now)
    )
    with database.reading() as session:
        found = [_view(hold, entry is not None) for hold, entry in session.execute(query) if hold.details]
    return tuple(sorted(found, key=lambda hold: (hold.slot.start, hold.slot.store, hold.owner)))


def _view(hold: Hold, is_offer: bool) -> HoldView:
    details = hold.details
    start, end = (datetime.fromisoformat(details[name]) for name in ("start", "end"))
    kind = VisitKind(details["kind"])
    request = VisitRequest(kind, details["store"], details["model"], tuple(details["jobs"]))
    slot = Slot(details["store"], start, end)
    return HoldView(hold.owner, is_offer, request, slot, tuple(details["resources"]), hold.expires_at)
