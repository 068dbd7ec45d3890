"""What customers agreed to, by purpose (Personal Information Protection Law of the PRC, articles 13 to 17)."""

from __future__ import annotations

from datetime import datetime
from enum import Enum

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.store.lifecycle_tables import Consent


class Purpose(str, Enum):
    NOTICE = "notice"
    """The privacy notice was shown."""
    PROFILE = "profile"
    """Needs may be kept beyond the conversation."""
    SERVICE_CONTACT = "service_contact"
    """Reminders about the own car; allowed until refused, for they belong to the contract of sale."""
    MARKETING = "marketing"
    """Events, campaigns, greetings; refused until allowed."""


ALLOWED_AT_FIRST = frozenset({Purpose.SERVICE_CONTACT})


def say(
    session: Session,
    purpose: Purpose,
    granted: bool,
    source: str,
    now: datetime,
    phone: str | None = None,
    conversation_id: str | None = None,
    version: str | None = None,
) -> None:
    """Note a word of consent or refusal, in the caller's transaction. ``source``: dialogue, console, import, wechat."""
    session.add(
        Consent(
            phone=phone,
            conversation_id=conversation_id,
            purpose=purpose.value,
            granted=granted,
            version=version,
            source=source,
            at=now,
        )
    )


def allows(
    session: Session, purpose: Purpose, phone: str | None = None, conversation_id: str | None = None
) -> bool:
    """The newest word for this purpose by the number or in the conversation; without one what holds at first."""
    known = [
        Consent.phone == phone if phone else None,
        Consent.conversation_id == conversation_id if conversation_id else None,
    ]
    owners = [condition for condition in known if condition is not None]
    if not owners:
        return purpose in ALLOWED_AT_FIRST
    newest = (
        sa.select(Consent.granted)
        .where(Consent.purpose == purpose.value, sa.or_(*owners))
        .order_by(Consent.at.desc(), Consent.id.desc())
    )
    granted = session.scalars(newest.limit(1)).first()
    return purpose in ALLOWED_AT_FIRST if granted is None else bool(granted)
