"""Short ways to let conversations wait and members of the staff work, for the tests of what others hear of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from bot.domain.conversation import HandoffReason
from bot.domain.staff import Role, Skill
from bot.services.conversations import locked, queue_up
from bot.services.messages import Inbound, receive
from bot.services.staff import Staff
from bot.store.database import Database
from bot.store.staff_tables import User
from tests.services.bookings import NOW
from tests.services.reminded import conversation


def colleague(database: Database, username: str, *skills: str, **more: Any) -> Staff:
    """Somebody with an account; ``email`` and ``role`` may be given."""
    role = more.pop("role", "consultant")
    with database.transaction() as session:
        user = User(
            username=username, password_hash="", role=role, name=f"小{username}", created_at=NOW, **more
        )
        user.skills = list(skills)
        session.add(user)
    return Staff(username, Role(role), f"小{username}", tuple(map(Skill, skills)))


def waits(
    database: Database,
    now: datetime = NOW,
    reason: HandoffReason = HandoffReason.ASKED,
    sender: str = "wang",
    **summary: Any,
) -> str:
    """A conversation that is in the queue since ``now``."""
    id_ = conversation(database, sender)
    with database.transaction() as session:
        queue_up(session, locked(session, id_), reason, summary, now)
    return id_


def writes(database: Database, text: str, now: datetime, sender: str = "wang") -> None:
    receive(database, Inbound("web", sender, text), now)
