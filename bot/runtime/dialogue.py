"""Rasa's agent as the ``Dialogue`` that turns are made of."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from rasa.core.agent import Agent
from rasa.core.channels.channel import UserMessage
from sqlalchemy.orm import Session
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # comes with scikit-learn

from bot import clock
from bot.domain.conversation import HandoffReason
from bot.runtime.actions import InProcessActions, watching
from bot.runtime.channel import Collector
from bot.runtime.graph_runner import RunnerInOrder
from bot.runtime.live_tracker import LiveTracker
from bot.runtime.nlg import TemplateNlg, noting_what_cannot_be_said
from bot.runtime.no_locks import NoLocks
from bot.runtime.rasa_patches import apply_patches, settle, study_rules, trusted_domain
from bot.runtime.trackers import (
    ROW,
    DatabaseTrackerStore,
    Looked,
    Unwritten,
    answering,
    mark_of,
    put_aside,
)
from bot.runtime.understood import understanding_of
from bot.services import handback, metrics
from bot.services.content.snapshot import REVISION, Content
from bot.services.conversations import record_handoff
from bot.services.installation import Installation
from bot.services.messages import Answer, HandoffRequest
from bot.services.utterances import utterance
from bot.store.prepared import PREPARED
from bot.store.tables import Conversation, DialogueState

BACK = "action_back_from_adviser"
COLLECTING = (20_000, 20, 20)
"""Of new objects, until the collector looks for cycles among them: a turn makes tens of thousands, and hardly any."""
_conversation, _state = Conversation.__table__, DialogueState.__table__
_AHEAD = (
    sa.select(*ROW, _conversation.c.handback, REVISION.scalar_subquery())
    .select_from(_conversation.outerjoin(_state, _state.c.sender_id == _conversation.c.id))
    .where(_conversation.c.id == sa.bindparam("conversation"))
    .execution_options(**PREPARED)
)
Parse = Callable[..., Awaitable[dict[str, Any]]]


@dataclass(frozen=True)
class Ahead:
    """What a turn needs of the database. ``comes_back``: a person gave the conversation back meanwhile."""

    content: Content
    trackers: Mapping[str, Looked]
    comes_back: bool


class RasaDialogue:
    """Answers messages with the trained model, the actions of this process and the reviewed templates."""

    def __init__(self, installation: Installation, model: Path | Agent) -> None:
        """``model`` is the file of a trained model, or an agent that ``load_agent`` made of one.

        An agent serves one installation at a time: the newest dialogue made of it.
        """
        TemplateNlg.use(installation.content)
        self._database, self._content = installation.database, installation.content
        self.tracker_store = DatabaseTrackerStore(installation.database)
        self._agent = load_agent(model) if isinstance(model, Path) else model
        # Agent wraps a store into FailSafeTrackerStore, which takes a database error for a new conversation.
        self.tracker_store.domain = self._agent.domain
        self._agent.tracker_store = self._agent.processor.tracker_store = self.tracker_store

    def look_ahead(self, session: Session, conversation_id: str, message_id: str | None) -> Ahead:
        """What ``reply`` needs of the database, read before the turn."""
        live = self.tracker_store.take(conversation_id, message_id)
        wanted = {"conversation": conversation_id, "known": mark_of(live)}
        found = session.connection().execute(_AHEAD, wanted).first()
        mark, state, handback_, revision = found or (None, None, None, None)
        row = None if mark is None and state is None else (mark, state)
        content = self._content.read(session, revision)
        return Ahead(content, {conversation_id: (live, row)}, handback_ is not None)

    def _look_ahead(self, conversation_id: str, message_id: str | None) -> Ahead:
        with self._database.reading() as session:
            return self.look_ahead(session, conversation_id, message_id)

    async def reply(
        self,
        conversation_id: str,
        text: str,
        message_id: str | None = None,
        channel: str = "",
        ahead: Ahead | None = None,
    ) -> Answer:
        """One turn: what is said, and the handoff that an action asked for. ``message_id`` names the message.

        ``channel``: where the customer writes; templates may have other words there. ``ahead``: what ``look_ahead``
        gave for this turn. Raises what an action raised.
        """
        if ahead is None:
            ahead = await asyncio.to_thread(self._look_ahead, conversation_id, message_id)
        collector = Collector(channel or "zhanting")
        message = UserMessage(
            text, collector, conversation_id, input_channel="zhanting", message_id=message_id
        )
        with (
            answering(message_id, ahead.trackers) as heard,
            noting_what_cannot_be_said() as unsayable,
            self._content.one_snapshot(ahead.content),
        ):
            if ahead.comes_back:
                await self._hear_what_was_settled(conversation_id, collector)
            with put_aside() as unwritten:
                await self._handle(message, unwritten)
        if unsayable:
            summary = {"message": text, "replies": unsayable}
            await asyncio.to_thread(
                record_handoff,
                self._database,
                conversation_id,
                HandoffReason.FAILURE,
                summary,
                clock.now(),
            )
        handoff = None
        utterances = []
        for message in collector.messages:
            wanted = message["custom"].pop("handoff", None)
            if wanted:
                handoff = HandoffRequest(HandoffReason(wanted["reason"]), wanted["summary"])
            if message["text"] or message["custom"]:
                utterances.append(utterance(message))
        keep = partial(self.tracker_store.write, unwritten=unwritten)
        return Answer(utterances, handoff, understanding_of(heard) if heard else None, keep)

    async def _handle(self, message: UserMessage, unwritten: Unwritten) -> None:
        """A turn whose action failed has an apology for an answer; what was done before that is remembered."""
        try:
            with watching():
                await self._agent.handle_message(message)
        except Exception:
            await asyncio.to_thread(self.tracker_store.write_now, unwritten)
            raise

    async def _hear_what_was_settled(self, conversation_id: str, collector: Collector) -> None:
        """A person gave the conversation back: the tracker learns first what need not be asked any more."""
        with watching():
            await self._agent.execute_action(conversation_id, BACK, collector, None, None)
        await asyncio.to_thread(handback.taken_up, self._database, conversation_id)

    async def intent(self, text: str) -> str:
        """The intent of a text, without a turn."""
        return str((await self.parse(text))["intent"]["name"])

    async def parse(self, text: str) -> dict[str, Any]:
        """Everything that the pipeline understands of a text."""
        return await self._agent.parse_message(text)

    async def tracker(self, conversation_id: str) -> Any:
        """The dialogue state, for tests and diagnosis."""
        return await self.tracker_store.retrieve(conversation_id)


def load_agent(model: Path) -> Agent:
    """A trained model with everything it runs with except an installation."""
    apply_patches()
    with trusted_domain():
        agent = Agent.load(
            model, generator=TemplateNlg(), lock_store=NoLocks(), action_endpoint=InProcessActions()
        )
    agent.processor.parse_message = _timed(agent.processor.parse_message)
    settle(agent.processor)
    LiveTracker.horizon = study_rules(agent.processor.graph_runner)
    agent.processor.graph_runner = RunnerInOrder(agent.processor.graph_runner)
    # What is loaded now stays: the collector need not go through the model and Rasa's modules again and again.
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECTING)
    threadpool_limits(1)  # the products are small: a second thread for one of them costs more than it gives
    return agent


def _timed(parse: Parse) -> Parse:
    """Rasa 3.6.21 has no place for a stopwatch around its pipeline; tests/test_operations.py notices when it moves."""

    async def timed(*arguments: Any, **named: Any) -> dict[str, Any]:
        with metrics.part("understanding"):
            return await parse(*arguments, **named)

    return timed
