"""Every attempt to hand a message of the outbox over: when, how it ended, how long it took."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.store.staff_tables import Delivery
from bot.store.tables import OutboxMessage


@dataclass(frozen=True)
class Attempt:
    """One of them; ``problem`` in Chinese."""

    at: datetime
    delivered: bool
    problem: str | None
    milliseconds: int | None


def record(session: Session, outbox_id: int, attempt: Attempt) -> None:
    """Write an attempt in the transaction that notes how it ended."""
    session.add(
        Delivery(
            outbox_id=outbox_id,
            at=attempt.at,
            delivered=attempt.delivered,
            problem=attempt.problem,
            milliseconds=attempt.milliseconds,
        )
    )


def attempts_of(session: Session, outbox_ids: Iterable[int]) -> dict[int, tuple[Attempt, ...]]:
    """The attempts of each message, the newest first."""
    query = sa.select(Delivery).where(Delivery.outbox_id.in_(list(outbox_ids)))
    found: dict[int, tuple[Attempt, ...]] = {}
    for row in session.scalars(query.order_by(Delivery.id.desc())):
        attempt = Attempt(row.at, bool(row.delivered), row.problem, row.milliseconds)
        found[row.outbox_id] = (*found.get(row.outbox_id, ()), attempt)
    return found


def count_since(session: Session, channel: str, moment: datetime) -> int:
    """How often something was handed over on a channel since a moment; what went out together counts once."""
    query = (
        sa.select(sa.func.count(sa.distinct(Delivery.at)))
        .join(OutboxMessage, OutboxMessage.id == Delivery.outbox_id)
        .where(OutboxMessage.channel == channel, Delivery.at > moment)
    )
    return int(session.execute(query).scalar_one())
