"""A room with advisers and customers who wait, for the tests of the queue and of what members of the staff do."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from bot.domain.conversation import HandoffReason, Owner
from bot.domain.handoff import Assignment
from bot.domain.staff import Presence, Role, Skill
from bot.services import conversations, messages, presence, queue
from bot.services.content.snapshot import Content
from bot.services.conversations import ConversationView
from bot.services.messages import Inbound, Received
from bot.services.staff import Staff
from bot.store.database import Database
from bot.store.staff_tables import Handoff, User
from bot.store.tables import Conversation
from tests.services import reminded
from tests.services.bookings import NOW

__all__ = ["NOW", "Room", "demo_content"]
CUSTOMER = "wang"


def demo_content(without: str | None = None, assignment: str | None = None) -> Content:
    """The content files, if wished without a template, or with another way of giving work out."""
    content = reminded.demo_content()
    templates = {name: each for name, each in content.templates.items() if name != without}
    rules = content.dealership.handoff
    if assignment is not None:
        rules = replace(rules, assignment=Assignment(assignment))
    return replace(content, templates=templates, dealership=replace(content.dealership, handoff=rules))


@dataclass
class Room:
    """One dealership whose clock stands at ``now`` until it goes on (``later``)."""

    database: Database
    content: Content
    now: datetime = NOW

    def later(self, **time: float) -> datetime:
        self.now += timedelta(**time)
        return self.now

    def staff(
        self,
        username: str,
        *skills: Skill,
        role: Role = Role.CONSULTANT,
        online: bool = True,
        limit: int | None = None,
        resource: str | None = None,
    ) -> Staff:
        """Somebody new, "lin" being called Lin; for sales unless named otherwise. ``online``: their console is open."""
        able, name = skills or (Skill.SALES,), username.capitalize()
        with self.database.transaction() as session:
            session.add(
                User(
                    username=username,
                    password_hash="",
                    role=role.value,
                    name=name,
                    skills=[skill.value for skill in able],
                    conversation_limit=limit,
                    resource=resource,
                    created_at=self.now,
                )
            )
        staff = Staff(username, role, name, able, resource=resource)
        if online:
            self.beat(staff, Presence.ONLINE)
        return staff

    def beat(self, staff: Staff, chosen: Presence | None = None) -> Presence:
        return presence.beat(self.database, staff, chosen, self.now, self.content.dealership.handoff)

    def conversation(self, sender: str = CUSTOMER) -> str:
        """One that is the bot's."""
        with self.database.transaction() as session:
            return str(conversations.open_conversation(session, "web", sender, self.now).id)

    def waiting(
        self,
        sender: str = CUSTOMER,
        reason: HandoffReason = HandoffReason.ASKED,
        skill: Skill | None = None,
    ) -> str:
        """One that waits in the queue since now."""
        id_ = self.conversation(sender)
        summary: dict[str, Any] = {"facts": {}, **({"skill": skill.value} if skill else {})}
        with self.database.transaction() as session:
            row = conversations.locked(session, id_)
            conversations.queue_up(session, row, reason, summary, self.now)
        return id_

    def says(self, text: str, client_id: str | None = None, sender: str = CUSTOMER) -> Received:
        """The customer writes."""
        return messages.receive(self.database, Inbound("web", sender, text, client_id=client_id), self.now)

    def serve(self) -> list[str]:
        """One round of the queue's upkeep; gives the conversations that changed."""
        told: list[str] = []
        queue.serve_queue(self.database, self.content, self.now, told.append)
        return told

    def view(self, conversation_id: str) -> ConversationView:
        return conversations.conversation(self.database, conversation_id)

    def owner(self, conversation_id: str) -> tuple[Owner, str | None]:
        view = self.view(conversation_id)
        return view.owner, view.adviser

    def row(self, conversation_id: str) -> Any:
        with self.database.reading() as session:
            return session.get(Conversation, conversation_id)

    def seen(self, conversation_id: str) -> list[str]:
        """What the customer sees, as "author: text"."""
        lines = messages.messages_after(self.database, conversation_id)
        return [f"{line.author.value}: {line.text}" for line in lines]

    def internal(self, conversation_id: str) -> list[str]:
        """The lines for the staff alone."""
        lines = messages.messages_after(self.database, conversation_id, internal=True)
        return [line.text for line in lines if line.internal]

    def handoffs(self, conversation_id: str) -> list[Any]:
        """The oldest first; of the same moment what is over first."""
        query = sa.select(Handoff).where(Handoff.conversation_id == conversation_id)
        with self.database.reading() as session:
            found = list(session.scalars(query))
        return sorted(found, key=lambda each: (each.created_at, each.ended_at is None))
