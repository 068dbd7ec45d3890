"""Members of the staff, conversations and the clock of a filled database, for tests of who owns what."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from bot.clock import TIME_ZONE
from bot.domain.conversation import Author, HandoffReason, Owner
from bot.domain.staff import Presence, Role, Skill
from bot.services import conversations, messages, presence, queue
from bot.services.content.files import read_content
from bot.services.content.snapshot import Content, build_content
from bot.services.messages import Inbound
from bot.services.staff import SESSION, TOKEN, Staff
from bot.settings import ROOT
from bot.store.database import Database
from bot.store.staff_tables import Handoff, User
from bot.store.tables import Conversation

NOW = datetime(2026, 11, 22, 10, tzinfo=TIME_ZONE)


@lru_cache
def demo_content(without: str | None = None, **rules: Any) -> Content:
    """The content of the files, without a template, or with other rules of handing over."""
    entries = read_content(ROOT)
    changed = ({**each.data, **(rules if each.kind == "handoff" else {})} for each in entries)
    rows = ((each.kind, each.id, data, 1) for each, data in zip(entries, changed, strict=True))
    return build_content((row for row in rows if row[1] != without), 1)


@dataclass
class Room:
    """A database with people in it; ``now`` is what the tests let go on."""

    database: Database
    content: Content
    now: datetime = NOW

    def staff(
        self,
        username: str,
        *skills: Skill,
        role: Role = Role.CONSULTANT,
        online: bool = True,
        kind: str = SESSION,
        limit: int | None = None,
        resource: str | None = None,
    ) -> Staff:
        """A new user; an online one has a console that has just beaten."""
        with self.database.transaction() as session:
            session.add(
                User(
                    username=username,
                    password_hash="x",
                    role=role.value,
                    name=username.capitalize(),
                    skills=[skill.value for skill in skills or (Skill.SALES,)],
                    conversation_limit=limit,
                    resource=resource,
                    created_at=NOW,
                )
            )
        staff = Staff(username, role, username.capitalize(), kind=kind if online else TOKEN)
        if online:
            self.beat(staff, Presence.ONLINE)
        return staff

    def beat(self, staff: Staff, chosen: Presence | None = None) -> Presence:
        return presence.beat(self.database, staff, chosen, self.now)

    def later(self, **delta: float) -> datetime:
        self.now += timedelta(**delta)
        return self.now

    def says(self, text: str, sender: str = "wang", client_id: str | None = None) -> messages.Received:
        return messages.receive(self.database, Inbound("web", sender, text, client_id), self.now)

    def conversation(self, sender: str = "wang") -> str:
        return self.says("你好", sender).conversation_id

    def waiting(
        self,
        sender: str = "wang",
        reason: HandoffReason = HandoffReason.ASKED,
        skill: Skill | None = None,
    ) -> str:
        """A conversation that has just been queued."""
        id_ = self.conversation(sender)
        summary: dict[str, Any] = {"facts": {}, **({"skill": skill.value} if skill else {})}
        with self.database.transaction() as session:
            conversations.queue_up(session, conversations.locked(session, id_), reason, summary, self.now)
        return id_

    def serve(self) -> list[str]:
        told: list[str] = []
        queue.serve_queue(self.database, self.content, self.now, told.append)
        return told

    def view(self, id_: str) -> conversations.ConversationView:
        return conversations.conversation(self.database, id_)

    def owner(self, id_: str) -> tuple[Owner, str | None]:
        view = self.view(id_)
        return view.owner, view.adviser

    def row(self, id_: str) -> Any:
        with self.database.reading() as session:
            return session.get(Conversation, id_)

    def handoffs(self, id_: str) -> list[Any]:
        query = sa.select(Handoff).where(Handoff.conversation_id == id_).order_by(Handoff.created_at)
        with self.database.reading() as session:
            return list(session.scalars(query))

    def seen(self, id_: str) -> list[str]:
        """What the customer can read of others."""
        rows = messages.messages_after(self.database, id_)
        return [f"{row.author.value}: {row.text}" for row in rows if row.author is not Author.CUSTOMER]

    def internal(self, id_: str) -> list[str]:
        rows = messages.messages_after(self.database, id_, internal=True)
        return [row.text for row in rows if row.internal]
