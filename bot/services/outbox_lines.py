"""What waits in the outbox, was sent or failed, as staff see it; and sending again what failed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.domain.errors import Conflict, NotFound
from bot.services import audit, deliveries
from bot.services.audit import Actor
from bot.services.deliveries import Attempt
from bot.store import outbox
from bot.store.database import Database
from bot.store.tables import OutboxMessage


@dataclass(frozen=True)
class OutboxLine:
    """A message of the outbox as staff see it; ``code`` is that of its visit, ``attempts`` counts since the last retry.

    ``deliveries`` are all its attempts, the newest first: of a chat message, which cannot fail on its way, none.
    """

    id: int
    kind: str
    channel: str
    state: str
    appointment_id: str | None
    code: str | None
    due_at: datetime
    attempts: int
    problem: str | None
    address: str | None
    conversation_id: str | None
    sent_at: datetime | None
    deliveries: tuple[Attempt, ...]


def list_outbox(
    database: Database,
    states: tuple[str, ...],
    limit: int = 100,
    channels: tuple[str, ...] = outbox.CHANNELS,
) -> list[OutboxLine]:
    """Messages in these states (``bot.store.outbox.STATES``) on these channels: failed ones, then by due time."""
    with database.reading() as session:
        found = outbox.messages(session, states, limit, channels)
        attempts = deliveries.attempts_of(session, [row.id for row, _ in found])
        return [
            OutboxLine(
                row.id,
                row.kind,
                row.channel,
                row.state,
                row.appointment_id,
                code,
                row.due_at,
                row.attempts,
                row.problem,
                row.address,
                row.conversation_id,
                row.sent_at,
                attempts.get(row.id, ()),
            )
            for row, code in found
        ]


def retry_failed(
    database: Database, now: datetime, id_: int | None = None, actor: Actor | None = None
) -> int:
    """Send a failed message again, or all of them; gives their number.

    Raises NotFound for one that there is not, Conflict for one that did not fail.
    """
    with database.transaction() as session:
        if id_ is not None and session.get(OutboxMessage, id_) is None:
            raise NotFound(f"no message {id_}")
        count = outbox.retry(session, now, id_)
        if actor is not None and count:
            audit.note(session, actor, "outbox.retried", now, str(id_ or ""))
    if id_ is not None and not count:
        raise Conflict(f"message {id_} has not failed")
    return count
