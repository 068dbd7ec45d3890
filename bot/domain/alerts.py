"""What staff are told without looking at the console: work that waits for too long, and what cannot wait at all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any

from bot.domain.cases import CaseKind
from bot.domain.conversation import HandoffReason, is_online, skill_of
from bot.domain.dealership import OnlineHours
from bot.domain.staff import Skill


class Occasion(str, Enum):
    """``URGENT``: a rescue or complaint came in. ``WAITING``: in the queue for longer than its limit. ``UNANSWERED``:
    an adviser has left a customer without an answer for so long. ``OVERDUE``: the time promised for a case is over.
    ``ESCALATED``: a case was passed up to the managers."""

    URGENT = "urgent"
    WAITING = "waiting"
    UNANSWERED = "unanswered"
    OVERDUE = "overdue"
    ESCALATED = "escalated"


URGENT_REASONS = (HandoffReason.RESCUE, HandoffReason.COMPLAINT)
URGENT_CASES = (CaseKind.RESCUE, CaseKind.COMPLAINT)


@dataclass(frozen=True)
class Late:
    """Something that waits since ``since``. ``reason``: a ``HandoffReason``, for a case its ``CaseKind``.

    ``adviser``: the username of whoever has it; ``told``: whether staff were told already.
    """

    occasion: Occasion
    skill: Skill
    since: datetime
    conversation_id: str | None = None
    case_id: str | None = None
    reason: str | None = None
    adviser: str | None = None
    phone: str | None = None
    told: bool = False

    @property
    def key(self) -> str:
        """The same for the same occasion."""
        when = "" if self.case_id and self.occasion is Occasion.URGENT else f"-{self.since.timestamp():.0f}"
        return f"alert/{self.occasion.value}/{self.case_id or self.conversation_id}{when}"


def worth_telling(hours: OnlineHours, late: Late, now: datetime) -> bool:
    """At night nobody is told of what began at night: that is told when consultants come."""
    return is_online(hours, now) or is_online(hours, late.since)


def skill_of_case(kind: CaseKind, details: Mapping[str, Any]) -> Skill:
    """What somebody who looks after a case must be good at."""
    if kind is not CaseKind.CALLBACK:
        return Skill.COMPLAINT if kind is CaseKind.COMPLAINT else Skill.SERVICE
    reasons = {reason.value: reason for reason in HandoffReason}
    return skill_of(reasons.get(str(details.get("reason")), HandoffReason.ASKED), details)
