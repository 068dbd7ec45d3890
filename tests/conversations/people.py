"""An adviser who takes a customer's conversation, books for them and gives it back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bot import clock
from bot.domain.booking import VisitKind, VisitRequest
from bot.domain.conversation import Outcome
from bot.domain.staff import Role, Skill
from bot.services import booking, desk
from bot.services.messages import messages_after
from bot.services.staff import Staff
from bot.services.visits import BookedVisit, Contact
from bot.store.staff_tables import User
from tests.conversations.harness import Customer, local


@dataclass(frozen=True)
class Adviser:
    """A consultant at the desk of the customer's dealership."""

    customer: Customer
    staff: Staff

    def takes(self) -> None:
        desk.take(self._database, self._content, self._id, self.staff, clock.now())

    def says(self, text: str) -> None:
        desk.reply(self._database, self._id, self.staff, text, clock.now())

    def releases(self, **more: Any) -> None:
        desk.release(self._database, self._content, self._id, self.staff, clock.now(), **more)

    def closes(self, outcome: Outcome) -> None:
        desk.close(self._database, self._content, self._id, self.staff, clock.now(), outcome)

    def books(self, start: str, phone: str = "13812345678", jobs: tuple[str, ...] = ()) -> BookedVisit:
        """A test drive of the X5, or a service visit when there are jobs."""
        kind = VisitKind.SERVICE if jobs else VisitKind.TEST_DRIVE
        return booking.book(
            self._database,
            self.customer.dealership,
            clock.now(),
            self._id,
            VisitRequest(kind, "east", "x5", jobs),
            local(start),
            Contact("张伟", phone),
            plate="浙AD1001" if jobs else None,
            by_staff=True,
        )

    @property
    def heard(self) -> list[str]:
        """What the customer was told last without having asked, the newest last."""
        return [row.text for row in messages_after(self._database, self._id) if row.reply_to is None]

    @property
    def buttons(self) -> list[dict[str, str]]:
        """What the last message offers."""
        return list(messages_after(self._database, self._id)[-1].buttons)

    async def is_scored(self, score: int, *expected: str) -> None:
        """The customer presses a button of the question for a score."""
        pressed = self.buttons[score - 1]
        await self.customer.sends(pressed["payload"], *expected, title=pressed["title"])

    @property
    def _id(self) -> str:
        return self.customer.conversation_id

    @property
    def _database(self) -> Any:
        return self.customer.assistant.installation.database

    @property
    def _content(self) -> Any:
        return self.customer.assistant.installation.content.current()


def adviser_of(customer: Customer, username: str = "lin", name: str = "林晓") -> Adviser:
    """A new member of the staff."""
    installation = customer.assistant.installation
    row = User(
        username=username,
        password_hash="",
        role=Role.CONSULTANT.value,
        name=name,
        resource="east-adviser-1",
        skills=[Skill.SALES.value],
        created_at=clock.now(),
    )
    with installation.database.transaction() as session:
        session.add(row)
    return Adviser(
        customer, Staff(username, Role.CONSULTANT, name, (Skill.SALES,), resource="east-adviser-1")
    )
