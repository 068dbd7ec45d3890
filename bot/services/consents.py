"""What customers agreed to, by purpose (Personal Information Protection Law of the PRC, articles 13 to 17)."""

from __future__ import annotations

from datetime import datetime
from enum import Enum

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.store.database import Database
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


ASKING = frozenset(
    {
        "utter_ask_contact",
        "utter_ask_contact_again",
        "utter_ask_phone",
        "utter_ask_phone_held",
        "utter_ask_waitlist_phone",
        "utter_ask_event_contact",
        "utter_ask_event_phone",
        "utter_ask_callback_phone",
        "utter_ask_complaint_phone",
        "utter_ask_claim_phone",
    }
)
"""The templates that ask for personal data and say what for (the policy ``data_use``). Who calls for help on the road
is asked without it (PIPL, article 13, paragraph 4)."""
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
    """Note a word of consent or refusal, in the caller's transaction. ``source``: dialogue, console, import wechat."""
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


def note_shown(database: Database, conversation_id: str, now: datetime) -> None:
    """The customer was told what their data is for; noted once for a conversation."""
    shown = (Consent.conversation_id == conversation_id, Consent.purpose == Purpose.NOTICE.value)
    with database.transaction() as session:
        if session.scalars(sa.select(Consent.id).where(*shown).limit(1)).first() is None:
            say(session, Purpose.NOTICE, True, "dialogue", now, conversation_id=conversation_id)
