"""The rules of a disruption: how long an outage may be, how two become one, and who is offered which new times."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from bot.domain.errors import InvalidOutage

LONGEST = timedelta(days=366)
TIMES_OFFERED = 3
LONGEST_REASON = 200

T = TypeVar("T", bound=Hashable)


@dataclass(frozen=True)
class Period:
    """From ``start`` up to ``end``, both aware."""

    start: datetime
    end: datetime


def checked_period(now: datetime, start: datetime, end: datetime) -> Period:
    """The part of an outage that matters: from now on at the earliest. Raises InvalidOutage."""
    if start.tzinfo is None or end.tzinfo is None:
        raise InvalidOutage("an outage needs times with a zone", "停用的起止时间要带时区。")
    if end <= start:
        raise InvalidOutage("an outage ends after its start", "停用的结束时间要晚于开始时间。")
    if end <= now:
        raise InvalidOutage("the outage is over already", "这段停用时间已经过去了，不用再登记。")
    if end - max(start, now) > LONGEST:
        raise InvalidOutage("an outage lasts a year at most", "一次停用最长一年，更久的请从资源里撤下。")
    return Period(max(start, now), end)


def union(periods: Iterable[Period]) -> Period:
    """The period from the first start to the last end, for periods that touch or overlap."""
    known = list(periods)
    return Period(min(p.start for p in known), max(p.end for p in known))


def joined_reasons(reasons: Iterable[str]) -> str:
    """Each reason once, within what the database keeps."""
    return "；".join(dict.fromkeys(reason for reason in reasons if reason))[:LONGEST_REASON]


def share_out(ranked: Sequence[Sequence[T]], count: int = TIMES_OFFERED) -> list[tuple[T, ...]]:
    """Up to ``count`` of its own ranked choices for everybody, different ones for different people where possible.

    In turns, so that nobody gets three good ones before the next has got the first.
    """
    chosen: list[list[T]] = [[] for _ in ranked]
    given: set[T] = set()
    for _ in range(count):
        for mine, choices in zip(chosen, ranked, strict=True):
            left = [choice for choice in choices if choice not in mine]
            pick = next((choice for choice in left if choice not in given), left[0] if left else None)
            if pick is not None:
                mine.append(pick)
                given.add(pick)
    return [tuple(sorted(m, key=list(c).index)) for m, c in zip(chosen, ranked, strict=True)]
