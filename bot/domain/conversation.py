"""Who owns a conversation, and which changes of owner are possible (DESIGN.md, *A message's way*)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from bot.domain.dealership import OnlineHours
from bot.domain.errors import Conflict


class Owner(str, Enum):
    """The state of a conversation, named by who answers next."""

    BOT = "bot"
    QUEUE = "queued"
    ADVISER = "adviser"
    CLOSED = "closed"


class Author(str, Enum):
    CUSTOMER = "customer"
    BOT = "bot"
    STAFF = "staff"
    SYSTEM = "system"


class HandoffReason(str, Enum):
    ASKED = "asked_for_a_person"
    MISUNDERSTOOD = "two_misunderstandings"
    NO_ANSWER = "question_without_answer"
    HAGGLING = "price_negotiation"
    LATE_CHANGE = "late_change"
    COMPLAINT = "complaint"
    RESCUE = "rescue"
    FAILURE = "technical_failure"


_POSSIBLE = {
    Owner.BOT: {Owner.QUEUE, Owner.ADVISER, Owner.CLOSED},
    Owner.QUEUE: {Owner.BOT, Owner.ADVISER, Owner.CLOSED},
    Owner.ADVISER: {Owner.BOT, Owner.QUEUE, Owner.CLOSED},
    Owner.CLOSED: {Owner.BOT},
}


@dataclass(frozen=True)
class Ownership:
    """The owner and the epoch, which grows with every change: what an older epoch produced is not sent."""

    owner: Owner
    epoch: int

    def passed_to(self, owner: Owner) -> Ownership:
        """The ownership after the change; raises ``Conflict`` when it is not a possible one."""
        if owner not in _POSSIBLE[self.owner]:
            raise Conflict(f"a conversation cannot go from {self.owner.value} to {owner.value}")
        return Ownership(owner, self.epoch + 1)


def is_online(hours: OnlineHours, now: datetime) -> bool:
    """Whether a consultant is on duty at the local time ``now``."""
    return hours.opens <= now.time() < hours.closes


def next_online(hours: OnlineHours, now: datetime) -> datetime:
    """When a consultant is on duty next: ``now`` itself inside the hours, else the next opening."""
    if is_online(hours, now):
        return now
    opening = datetime.combine(now.date(), hours.opens, now.tzinfo)
    return opening if now < opening else opening + timedelta(days=1)
