"""The dealer's rules of handing over (``dealership/handoff.yml``), and for how long a person holds a conversation."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum

from bot.domain.cases import CaseRules
from bot.domain.staff import Skill


class Assignment(str, Enum):
    """Whether a waiting conversation is given to somebody at once, or picked by hand."""

    AUTOMATIC = "automatic"
    BY_HAND = "by_hand"


class RuleAction(str, Enum):
    """``QUEUE`` passes the conversation on at once, ``OFFER`` asks the customer first."""

    QUEUE = "queue"
    OFFER = "offer"


@dataclass(frozen=True)
class HandoffRule:
    """When one of the topics, intents, models or words comes up, a person is called. ``note`` tells them why."""

    id: str
    action: RuleAction
    skill: Skill = Skill.SALES
    note: str = ""
    topics: tuple[str, ...] = ()
    intents: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class WaitingLimits:
    """After how many minutes in the queue the staff are told, by skill."""

    sales: int = 5
    service: int = 5
    complaint: int = 3

    def of(self, skill: Skill) -> timedelta:
        return timedelta(minutes=int(getattr(self, skill.value)))


@dataclass(frozen=True)
class ScoreRules:
    """When a customer is asked for a score, and up to which one a person looks at it."""

    after_handoff: bool = True
    after_visit: bool = True
    low: int = 2


@dataclass(frozen=True)
class HandoffRules:
    """``conversation_limit``: how many conversations one person is given at a time.

    A heartbeat makes somebody present for ``presence_seconds`` and their conversations theirs for ``lease_seconds``;
    without one, ``grace_seconds`` later they go back to the queue. Who works by the API alone, without heartbeats, has
    ``api_lease_minutes`` from call to call.
    """

    assignment: Assignment = Assignment.AUTOMATIC
    conversation_limit: int = 5
    presence_seconds: int = 60
    lease_seconds: int = 90
    grace_seconds: int = 120
    api_lease_minutes: int = 240
    waiting_limit_minutes: WaitingLimits = field(default_factory=WaitingLimits)
    score: ScoreRules = field(default_factory=ScoreRules)
    cases: CaseRules = field(default_factory=CaseRules)
    rules: tuple[HandoffRule, ...] = ()

    def lease(self, now: datetime, has_console: bool) -> datetime:
        """Until when a conversation is somebody's who has just done something."""
        if has_console:
            return now + timedelta(seconds=self.lease_seconds)
        return now + timedelta(minutes=self.api_lease_minutes)


class LeaseState(str, Enum):
    HELD = "held"
    LAPSED = "lapsed"
    IN_GRACE = "in_grace"
    LOST = "lost"


def lease_state(lease_until: datetime | None, grace_until: datetime | None, now: datetime) -> LeaseState:
    """Where a lease stands: a lapsed one gets its grace first, however long ago it ended, so that a clock that jumps
    takes nobody's conversation."""
    if lease_until is not None and now < lease_until:
        return LeaseState.HELD
    if grace_until is None:
        return LeaseState.LAPSED
    return LeaseState.IN_GRACE if now < grace_until else LeaseState.LOST
