"""Figures that all processes share, read from the rows with a few bounded queries: what waits, and for how long."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from sqlalchemy.orm import Session

from bot import clock
from bot.domain.conversation import Owner
from bot.store.database import Database
from bot.store.outbox import CHANNELS, FAILED, PENDING, TAKEN
from bot.store.tables import Conversation, Message, OutboxMessage
from bot.store.wechat_tables import WeChatContact

logger = logging.getLogger(__name__)
PATIENCE_SECONDS = 3.0
WITH_A_PERSON = (Owner.QUEUE.value, Owner.ADVISER.value)
NOT_OVER = (PENDING, TAKEN, FAILED)


@dataclass(frozen=True)
class VitalSigns:
    """``conversations``: by state, of those that are with a person or wait for one. ``outbox``: by channel and state.

    ``oldest_waiting`` and ``oldest_due``: since how many seconds the oldest conversation waits, and the oldest message
    of the outbox is due. ``unanswered``: messages of customers without an outcome. ``wechat_blocked``: WeChat customers
    with lines that cannot be sent, by why.
    """

    conversations: dict[str, int]
    oldest_waiting: float
    outbox: dict[tuple[str, str], int]
    oldest_due: float
    unanswered: int
    wechat_blocked: dict[str, int] = field(default_factory=dict)


class Pulse:
    """Asks the database, one question at a time and never for longer than a scrape or a health check can wait."""

    def __init__(self, database: Database, seconds: float = PATIENCE_SECONDS) -> None:
        self._database, self._seconds = database, seconds
        self._asking: asyncio.Future[VitalSigns] | None = None

    async def feel(self) -> VitalSigns | None:
        """None where the database does not answer, or not in time."""
        if self._asking is None or self._asking.done():
            loop = asyncio.get_running_loop()
            self._asking = loop.run_in_executor(None, vital_signs, self._database, clock.now())
        try:
            return await asyncio.wait_for(asyncio.shield(self._asking), self._seconds)
        except asyncio.TimeoutError:
            logger.warning("the database has not answered for %.0f seconds", self._seconds)
        except sa.exc.SQLAlchemyError as error:
            logger.warning("the database does not answer: %s", type(error).__name__)
        return None


def vital_signs(database: Database, now: datetime) -> VitalSigns:
    """As of ``now``. Each query reads an index that holds little more than what is counted."""
    with database.reading() as session:
        states = _conversations(session)
        due = session.scalar(
            sa.select(sa.func.min(OutboxMessage.due_at)).where(OutboxMessage.state == PENDING)
        )
        return VitalSigns(
            {state: number for state, number, _ in states},
            max([0.0, *(_seconds(since, now) for state, _, since in states if state == Owner.QUEUE.value)]),
            _outbox(session),
            max(0.0, _seconds(due, now)),
            session.scalar(sa.select(sa.func.count()).where(Message.answered.is_(False))) or 0,
            _blocked(session),
        )


def families(signs: VitalSigns | None) -> Iterable[Metric]:
    """For Prometheus. Without signs, that the database is away is all there is to say."""
    yield GaugeMetricFamily("zhanting_database_up", "Whether the database answers.", float(signs is not None))
    if signs is None:
        return
    with_person = GaugeMetricFamily(
        "zhanting_conversations", "Conversations that wait for a person or are with one.", labels=["state"]
    )
    for state in WITH_A_PERSON:
        with_person.add_metric([state], signs.conversations.get(state, 0))
    outbox = GaugeMetricFamily(
        "zhanting_outbox",
        "Messages of the outbox that are not over, and failed ones.",
        labels=["channel", "state"],
    )
    for key in ((channel, state) for channel in CHANNELS for state in NOT_OVER):
        outbox.add_metric(key, signs.outbox.get(key, 0))
    blocked = GaugeMetricFamily(
        "zhanting_wechat_blocked", "WeChat customers whose lines wait.", labels=["why"]
    )
    for why, number in signs.wechat_blocked.items():
        blocked.add_metric([why], number)
    yield from (with_person, outbox, blocked)
    for name, text, value in (
        (
            "queue_oldest_seconds",
            "How long the conversation waits that has waited longest.",
            signs.oldest_waiting,
        ),
        ("outbox_oldest_seconds", "How long the oldest unsent message has been due.", signs.oldest_due),
        ("messages_unanswered", "Messages of customers without an outcome.", signs.unanswered),
    ):
        yield GaugeMetricFamily(f"zhanting_{name}", text, value)


def _conversations(session: Session) -> list[tuple[str, int, datetime | None]]:
    state = Conversation.state
    query = sa.select(state, sa.func.count(), sa.func.min(Conversation.waiting_since)).group_by(state)
    return [tuple(row) for row in session.execute(query.where(state.in_(WITH_A_PERSON)))]


def _outbox(session: Session) -> dict[tuple[str, str], int]:
    key = (OutboxMessage.channel, OutboxMessage.state)
    query = sa.select(*key, sa.func.count()).where(OutboxMessage.state.in_(NOT_OVER)).group_by(*key)
    return {(channel, state): number for channel, state, number in session.execute(query)}


def _blocked(session: Session) -> dict[str, int]:
    why = WeChatContact.blocked
    query = sa.select(why, sa.func.count()).where(why.isnot(None)).group_by(why)
    return {str(reason): number for reason, number in session.execute(query)}


def _seconds(since: datetime | None, now: datetime) -> float:
    return (now - since).total_seconds() if since else 0.0
