"""Holding a slot inside a transaction: for a conversation while the customer types, or for an entry of the waitlist."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy.orm import Session

from bot.domain.booking import Slot, VisitRequest
from bot.services.availability import Wish, local, possible_offers
from bot.services.claiming import Placement, place
from bot.store import bookings
from bot.store.bookings import Row
from bot.store.tables import Hold


@dataclass(frozen=True)
class HeldSlot:
    id: str
    slot: Slot
    expires_at: datetime


def put_hold(session: Session, wish: Wish, holder: str, expires_at: datetime) -> HeldSlot:
    """``hold_slot`` inside a transaction, for a conversation or a waitlist entry; no alternatives are sought."""
    offers = possible_offers(wish)
    hold: Row = bookings.lock_hold(session, holder)
    if hold is not None and wish.now < hold.expires_at and _is_held(hold.details, wish):
        hold.expires_at = expires_at
        return HeldSlot(hold.id, _slot(hold.details), expires_at)
    if hold is None:
        hold = Hold(id=uuid4().hex, owner=holder, details={}, expires_at=expires_at)
        session.add(hold)
        session.flush()
    placement = place(session, wish, offers, hold_id=hold.id)
    hold.details, hold.expires_at = _details(wish.request, placement), expires_at
    return HeldSlot(hold.id, placement.slot, expires_at)


def wanted(request: VisitRequest, start: datetime) -> dict[str, Any]:
    """What the details of a hold have in common with every wish for the same: those of a running hold are claimed."""
    return {
        "kind": request.kind.value,
        "store": request.store,
        "model": request.model,
        "jobs": list(request.jobs),
        "start": local(start).isoformat(),
    }


def _is_held(details: dict[str, Any], wish: Wish) -> bool:
    """Whether the wish asks for nothing but what is held; an adviser by name may be another one."""
    return wish.request.adviser is None and wanted(wish.request, wish.start).items() <= details.items()


def _slot(details: dict[str, Any]) -> Slot:
    return Slot(details["store"], *(local(datetime.fromisoformat(details[end])) for end in ("start", "end")))


def _details(request: VisitRequest, placement: Placement) -> dict[str, Any]:
    return {
        **wanted(request, placement.slot.start),
        "store": placement.slot.store,
        "end": placement.slot.end.isoformat(),
        "resources": list(placement.resources),
    }
