"""Cases that a person has to finish: when they are due, when they are passed up, and how they may end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum


class CaseKind(str, Enum):
    RESCUE = "rescue"
    COMPLAINT = "complaint"
    WARRANTY_CLAIM = "warranty_claim"
    CALLBACK = "callback"


class CaseStatus(str, Enum):
    OPEN = "open"
    CLOSED = "closed"


NOT_NEEDED = "not_needed"
"""The outcome of a call that nobody has to make any more."""
WITHDRAWN = "withdrawn"
CASE_OUTCOMES: dict[CaseKind, tuple[str, ...]] = {
    CaseKind.RESCUE: ("repaired_on_site", "towed", "self_resolved", WITHDRAWN),
    CaseKind.COMPLAINT: ("settled", "compensated", "rejected", WITHDRAWN),
    CaseKind.WARRANTY_CLAIM: ("accepted", "rejected", WITHDRAWN),
    CaseKind.CALLBACK: ("reached", "booked", "refused", "unreached", NOT_NEEDED),
}
"""How a case of each kind may end; none ends without one of them."""


class RescueStep(str, Enum):
    """What the customer of a rescue is told, in this order."""

    DISPATCHED = "dispatched"
    ARRIVED = "arrived"
    TOWING = "towing"


@dataclass(frozen=True)
class CaseRules:
    """``escalate_hours``: so long after it came in, an open complaint is passed up, once for each.

    A rescue that nobody has answered is passed up after ``rescue_minutes``.
    """

    escalate_hours: tuple[int, ...] = (24, 40)
    rescue_minutes: int = 5


def complaint_due(opened: datetime, hours: int) -> datetime:
    """When the closed loop that was promised for a complaint ends (lifecycle manual: 48 hours)."""
    return opened + timedelta(hours=hours)


def escalation_due(
    kind: CaseKind, rules: CaseRules, opened: datetime, is_answered: bool, now: datetime
) -> int:
    """How often an open case should have been passed up by ``now``."""
    if kind is CaseKind.COMPLAINT:
        return sum(now >= opened + timedelta(hours=hours) for hours in _ascending(rules.escalate_hours))
    if kind is CaseKind.RESCUE:
        return int(not is_answered and now >= opened + timedelta(minutes=rules.rescue_minutes))
    return 0


def _ascending(hours: Sequence[int]) -> list[int]:
    return sorted(set(hours))
