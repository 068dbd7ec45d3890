"""Rivals that start together, and whether what they left fits together. Fixtures for them are in ``conftest.py``."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from itertools import pairwise
from typing import Any

import sqlalchemy as sa

from bot.domain.booking import VisitStatus
from bot.domain.errors import SlotTaken
from bot.store.database import Database
from bot.store.tables import Appointment, Claim, Hold, Outage

Attempt = Callable[[int], Any]


def race(rivals: int, attempt: Attempt, prepare: Callable[[], None] = lambda: None) -> tuple[list[Any], int]:
    """Let rivals attempt at once. Gives what the winners got and how many lost with SlotTaken.

    Any other error fails the test: losers see no raw errors.
    """
    barrier = threading.Barrier(rivals)

    def run(number: int) -> Any:
        prepare()
        barrier.wait()
        try:
            return attempt(number)
        except SlotTaken as lost:
            return lost

    with ThreadPoolExecutor(rivals) as pool:
        outcomes = list(pool.map(run, range(rivals)))
    won = [outcome for outcome in outcomes if not isinstance(outcome, SlotTaken)]
    return won, rivals - len(won)


def double_bookings(database: Database) -> int:
    """How often two visits or holds have a resource at once, from their own rows and not from the claims."""
    with database.reading() as session:
        visits = session.execute(
            sa.select(Appointment).where(
                Appointment.status == VisitStatus.CONFIRMED.value, Appointment.needs_new_time.is_(False)
            )
        ).scalars()
        used = [(r, v.start, v.end) for v in visits for r in v.resources]
        for details in session.execute(sa.select(Hold.details)).scalars():
            start, end = (datetime.fromisoformat(details[name]) for name in ("start", "end"))
            used += [(resource, start, end) for resource in details["resources"]]
    used.sort()
    return sum(a[0] == b[0] and b[1] < a[2] for a, b in pairwise(used))


def claims_match_their_owners(database: Database) -> bool:
    """Every claim belongs to a resource that its owner names, and every named resource is claimed."""
    with database.reading() as session:
        claimed = {
            tuple(row)
            for row in session.execute(
                sa.select(
                    sa.func.coalesce(Claim.appointment_id, Claim.hold_id, Claim.outage_id), Claim.resource
                ).distinct()
            )
        }
        confirmed = sa.and_(
            Appointment.status == VisitStatus.CONFIRMED.value, Appointment.needs_new_time.is_(False)
        )
        named = {
            (v.id, r)
            for v in session.execute(sa.select(Appointment).where(confirmed)).scalars()
            for r in v.resources
        }
        named |= {
            (h.id, r) for h in session.execute(sa.select(Hold)).scalars() for r in h.details["resources"]
        }
        named |= {(o.id, o.resource) for o in session.execute(sa.select(Outage)).scalars() if not o.ended_at}
    return claimed == named


def is_consistent(database: Database) -> bool:
    return double_bookings(database) == 0 and claims_match_their_owners(database)
