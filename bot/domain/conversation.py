"""Who owns a conversation, which changes of owner are possible and who may make them (DESIGN.md, *A message's way*)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Any

from bot.domain.dealership import OnlineHours
from bot.domain.errors import Conflict
from bot.domain.staff import Skill


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
    """Why a person is wanted; ``TAKEN``: nobody asked, a member of the staff stepped in."""

    ASKED = "asked_for_a_person"
    MISUNDERSTOOD = "two_misunderstandings"
    NO_ANSWER = "question_without_answer"
    HAGGLING = "price_negotiation"
    LATE_CHANGE = "late_change"
    COMPLAINT = "complaint"
    RESCUE = "rescue"
    FAILURE = "technical_failure"
    LOW_SCORE = "low_score"
    RULE = "dealer_rule"
    TAKEN = "taken_by_staff"


class Outcome(str, Enum):
    """What the adviser who closes a conversation says became of it."""

    SOLVED = "solved"
    BOOKED = "booked"
    CALL_BACK = "call_back"
    LOST = "lost"
    NO_REPLY = "no_reply"
    SPAM = "spam"


OUTCOME_NAMES = {
    Outcome.SOLVED: "已解决",
    Outcome.BOOKED: "已预约",
    Outcome.CALL_BACK: "需要回电",
    Outcome.LOST: "暂无意向",
    Outcome.NO_REPLY: "客户未回复",
    Outcome.SPAM: "骚扰信息",
}
SETTLED = frozenset({Outcome.SOLVED, Outcome.BOOKED, Outcome.LOST, Outcome.SPAM})
"""Outcomes after which the bot does not go on where it was."""


class PassedOn(str, Enum):
    """How an adviser's part ended without the conversation being closed."""

    RELEASED = "released"
    TRANSFERRED = "transferred"
    TAKEN_AWAY = "taken_away"
    LOST_LEASE = "lost_lease"


class Change(str, Enum):
    """Everything that can happen to who owns a conversation."""

    QUEUE = "queue"
    LEAVE_QUEUE = "leave_queue"
    TAKE = "take"
    TAKE_AWAY = "take_away"
    ASSIGN = "assign"
    TRANSFER = "transfer"
    REQUEUE = "requeue"
    LOSE = "lose"
    RELEASE = "release"
    CLOSE = "close"
    DISMISS = "dismiss"
    WRITE_AGAIN = "write_again"


class Party(str, Enum):
    """Who makes a change. ``HOLDER``: the adviser whose conversation it is; ``STAFF``: anybody who converses."""

    BOT = "bot"
    CUSTOMER = "customer"
    STAFF = "staff"
    HOLDER = "holder"
    SUPERVISOR = "supervisor"
    SYSTEM = "system"


@dataclass(frozen=True)
class _Rule:
    from_: frozenset[Owner]
    to: Owner
    by: frozenset[Party]


def _rule(from_: Collection[Owner], to: Owner, *by: Party) -> _Rule:
    return _Rule(frozenset(from_), to, frozenset(by))


_ANYONE = (Party.STAFF, Party.HOLDER, Party.SUPERVISOR)
_HOLDER = (Party.HOLDER, Party.SUPERVISOR)
_RULES = {
    Change.QUEUE: _rule([Owner.BOT], Owner.QUEUE, Party.BOT),
    Change.LEAVE_QUEUE: _rule([Owner.QUEUE], Owner.BOT, Party.CUSTOMER),
    Change.TAKE: _rule([Owner.BOT, Owner.QUEUE, Owner.CLOSED], Owner.ADVISER, *_ANYONE),
    Change.TAKE_AWAY: _rule([Owner.ADVISER], Owner.ADVISER, Party.SUPERVISOR),
    Change.ASSIGN: _rule([Owner.QUEUE], Owner.ADVISER, Party.SYSTEM),
    Change.TRANSFER: _rule([Owner.ADVISER], Owner.ADVISER, *_HOLDER),
    Change.REQUEUE: _rule([Owner.ADVISER], Owner.QUEUE, *_HOLDER),
    Change.LOSE: _rule([Owner.ADVISER], Owner.QUEUE, Party.SYSTEM),
    Change.RELEASE: _rule([Owner.ADVISER], Owner.BOT, *_HOLDER),
    Change.CLOSE: _rule([Owner.ADVISER], Owner.CLOSED, *_HOLDER),
    Change.DISMISS: _rule([Owner.QUEUE], Owner.CLOSED, *_ANYONE),
    Change.WRITE_AGAIN: _rule([Owner.CLOSED], Owner.BOT, Party.CUSTOMER),
}


@dataclass(frozen=True)
class Ownership:
    """The owner and the epoch, which grows with every change: what an older epoch produced is not sent."""

    owner: Owner
    epoch: int

    def after(self, change: Change, by: Party) -> Ownership:
        """The ownership after the change; raises ``Conflict`` where it is not possible, or not for this party."""
        rule = _RULES[change]
        if self.owner not in rule.from_ or by not in rule.by:
            raise Conflict(f"{by.value} cannot {change.value} a conversation that is {self.owner.value}")
        return Ownership(rule.to, self.epoch + 1)


_SKILL_OF_REASON = {
    HandoffReason.COMPLAINT: Skill.COMPLAINT,
    HandoffReason.LOW_SCORE: Skill.COMPLAINT,
    HandoffReason.RESCUE: Skill.SERVICE,
    HandoffReason.HAGGLING: Skill.SALES,
}
_ABOUT_A_CAR_IN_USE = ("visit_", "car_", "rescue_")
_ABOUT_A_NEW_CAR = "drive_"


def skill_of(reason: HandoffReason, summary: Mapping[str, Any] | None = None) -> Skill:
    """What an adviser must be good at: what ``summary["skill"]`` names, else by the reason, else by the known facts."""
    said = summary or {}
    if said.get("skill"):
        return Skill(said["skill"])
    if reason in _SKILL_OF_REASON:
        return _SKILL_OF_REASON[reason]
    facts = said.get("facts") or {}
    if any(name.startswith(_ABOUT_A_NEW_CAR) for name in facts):
        return Skill.SALES
    return Skill.SERVICE if any(name.startswith(_ABOUT_A_CAR_IN_USE) for name in facts) else Skill.SALES


_URGENT = (HandoffReason.RESCUE, HandoffReason.COMPLAINT, HandoffReason.LOW_SCORE)


def urgency(reason: str | None, returned: bool) -> int:
    """Served first is the lowest: rescue, complaint, low score, whoever lost their adviser, then everybody else."""
    values = [each.value for each in _URGENT]
    if reason in values:
        return values.index(reason)
    return len(values) + (0 if returned else 1)


def is_online(hours: OnlineHours, now: datetime) -> bool:
    """Whether a consultant is on duty at the local time ``now``."""
    return hours.opens <= now.time() < hours.closes


def next_online(hours: OnlineHours, now: datetime) -> datetime:
    """When a consultant is on duty next: ``now`` itself inside the hours, else the next opening."""
    if is_online(hours, now):
        return now
    opening = datetime.combine(now.date(), hours.opens, now.tzinfo)
    return opening if now < opening else opening + timedelta(days=1)
