"""How fast the line moves, by who was taken lately: only minutes count in which somebody was on duty."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.domain.conversation import HandoffReason, is_online
from bot.domain.dealership import OnlineHours
from bot.domain.staff import Skill
from bot.services.availability import local
from bot.store.staff_tables import Handoff

MEASURED, FEWEST = 20, 5
RECENT = timedelta(days=14)
AT_ONCE = timedelta(seconds=10)
"""Who was taken sooner did not wait, and says nothing of those who do."""
LONGEST = timedelta(minutes=60)
"""Nobody is told of more: so far ahead it is a guess."""


@dataclass(frozen=True)
class Pace:
    """``per_place``: how long it takes until the line moves by one; ``last_taken``: when it moved last."""

    per_place: timedelta
    last_taken: datetime


def pace_of(session: Session, skill: Skill, hours: OnlineHours, now: datetime) -> Pace | None:
    """The median of those who waited lately for the skill; None where too few did."""
    query = (
        sa.select(Handoff.created_at, Handoff.taken_at)
        .where(
            Handoff.skill == skill.value,
            Handoff.taken_at > now - RECENT,
            Handoff.reason != HandoffReason.TAKEN.value,
        )
        .order_by(Handoff.taken_at.desc())
        .limit(MEASURED)
    )
    taken = [(row.created_at, row.taken_at) for row in session.execute(query)]
    times: list[Any] = [each for each in (_per_place(taken, *one, hours) for one in taken) if each]
    return Pace(median(times), taken[0][1]) if len(times) >= FEWEST else None


def still_to_wait(
    pace: Pace, place: int, unmoved: timedelta, hours: OnlineHours, now: datetime
) -> int | None:
    """Minutes, at least 1; None above ``LONGEST`` or past the end of duty. ``unmoved``: for how long the line has not
    moved; more than is usual slows all of it."""
    left = pace.per_place * place - unmoved if unmoved < pace.per_place else unmoved * place
    if left > LONGEST or not is_online(hours, local(now + left)):
        return None
    return max(1, round(left.total_seconds() / 60))


def on_duty(hours: OnlineHours, since: datetime, until: datetime) -> timedelta:
    """How much of the time between two moments somebody was on duty."""
    day, last, total = local(since), local(until), timedelta()
    for number in range((last.date() - day.date()).days + 1):
        date = day.date() + timedelta(days=number)
        opens = datetime.combine(date, hours.opens, day.tzinfo)
        closes = datetime.combine(date, hours.closes, day.tzinfo)
        total += max(min(closes, last) - max(opens, day), timedelta())
    return total


def _per_place(
    taken: Sequence[tuple[datetime, datetime]], came: datetime, left: datetime, hours: OnlineHours
) -> timedelta | None:
    """The wait of one, shared among those before them and themselves; None for who did not wait."""
    waited = on_duty(hours, came, left)
    if waited < AT_ONCE:
        return None
    before = sum(other_came < came < other_left <= left for other_came, other_left in taken)
    return waited / (1 + before)
