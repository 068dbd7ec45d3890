"""What the dealer's own systems hear of leads, handoffs and cases (docs/notifications.md): events in the outbox, in the
transaction of what they tell. Those of bookings are written by ``bot.services.reminders``.
"""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from bot.store import outbox

_LEAD = ("id", "kind", "status", "phone", "name", "model", "note", "channel", "page", "conversation_id")
_LEAD_MORE = ("appointment_id", "adviser", "created_at", "updated_at")
_HANDOFF = ("id", "conversation_id", "reason", "skill", "status", "adviser", "outcome", "note")
_HANDOFF_MORE = ("created_at", "taken_at", "ended_at")
_CASE = ("id", "kind", "status", "conversation_id", "phone", "details", "due_at", "adviser", "note")
_CASE_MORE = ("created_at", "closed_at")

Row = Any
"""A row of ``bot.store.staff_tables``."""


def lead_created(session: Session, lead: Row, now: datetime) -> None:
    _report(session, "lead.created", lead.id, _lead(session, lead), now)


def lead_updated(session: Session, lead: Row, now: datetime) -> None:
    _report(session, "lead.updated", lead.id, _lead(session, lead), now, _again())


def handoff_queued(session: Session, handoff: Row, now: datetime) -> None:
    """Somebody is wanted, whether the conversation waits for them or the bot keeps it."""
    _report(session, "handoff.queued", handoff.id, _handoff(session, handoff), now)


def handoff_taken(session: Session, handoff: Row, now: datetime) -> None:
    _report(session, "handoff.taken", handoff.id, _handoff(session, handoff), now)


def handoff_ended(session: Session, handoff: Row, now: datetime) -> None:
    """An adviser's part is over, or the customer did without (status withdrawn)."""
    _report(session, "handoff.ended", handoff.id, _handoff(session, handoff), now)


def case_opened(session: Session, case: Row, now: datetime) -> None:
    """The bot may still be asking: ``case.updated`` follows when it has asked everything."""
    _report(session, "case.opened", case.id, _case(session, case), now)


def case_updated(session: Session, case: Row, now: datetime) -> None:
    _report(session, "case.updated", case.id, _case(session, case), now, _again())


def case_closed(session: Session, case: Row, now: datetime) -> None:
    _report(session, "case.closed", case.id, _case(session, case), now)


def _report(
    session: Session, event: str, id_: str, about: dict[str, Any], now: datetime, again: str = ""
) -> None:
    """``again`` tells apart what happens to the same thing several times."""
    subject = event.partition(".")[0]
    message = {
        "key": f"{id_}/{event}{again}/webhook",
        "kind": event,
        "channel": "webhook",
        "conversation_id": about.get("conversation_id"),
        "data": {"event": event, "time": _plain(now), subject: about},
        "due_at": now,
        "created_at": now,
    }
    outbox.add(session, [message])


def _again() -> str:
    return f"-{uuid.uuid4().hex[:12]}"


def _lead(session: Session, lead: Row) -> dict[str, Any]:
    return _fields(session, lead, *_LEAD, *_LEAD_MORE)


def _handoff(session: Session, handoff: Row) -> dict[str, Any]:
    """With the facts that the bot collected, without what the customer wrote."""
    facts = dict((handoff.summary or {}).get("facts") or {})
    return {**_fields(session, handoff, *_HANDOFF, *_HANDOFF_MORE), "facts": facts}


def _case(session: Session, case: Row) -> dict[str, Any]:
    found = _fields(session, case, *_CASE, *_CASE_MORE)
    return {**found, "conversation_id": found["conversation_id"] or None}


def _fields(session: Session, row: Row, *names: str) -> dict[str, Any]:
    session.flush()  # defaults and times as they are stored
    return {name: _plain(getattr(row, name)) for name in names}


def _plain(value: Any) -> Any:
    return value.isoformat(timespec="seconds") if isinstance(value, datetime) else value
