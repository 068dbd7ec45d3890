"""Rasa's agent as the ``Dialogue`` that turns are made of."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from rasa.core.agent import Agent
from rasa.core.channels.channel import UserMessage
from rasa.core.lock_store import InMemoryLockStore
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # comes with scikit-learn

from bot import clock
from bot.domain.conversation import HandoffReason
from bot.runtime.actions import InProcessActions, watching
from bot.runtime.channel import Collector
from bot.runtime.live_tracker import LiveTracker
from bot.runtime.nlg import TemplateNlg, noting_what_cannot_be_said
from bot.runtime.rasa_patches import RunnerInOrder, apply_patches, settle, study_rules, trusted_domain
from bot.runtime.trackers import DatabaseTrackerStore, answering
from bot.runtime.understood import understanding_of
from bot.services import handback, metrics
from bot.services.conversations import record_handoff
from bot.services.installation import Installation
from bot.services.messages import Answer, HandoffRequest
from bot.services.turns import utterance

BACK = "action_back_from_adviser"
Parse = Callable[..., Awaitable[dict[str, Any]]]


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

    async def reply(
        self, conversation_id: str, text: str, message_id: str | None = None, channel: str = ""
    ) -> Answer:
        """One turn: what is said, and the handoff that an action asked for. ``message_id`` names the message.

        ``channel``: where the customer writes; templates may have other words there. Raises what an action raised.
        """
        collector = Collector(channel or "zhanting")
        message = UserMessage(
            text, collector, conversation_id, input_channel="zhanting", message_id=message_id
        )
        with (
            answering(message_id) as heard,
            watching(),
            noting_what_cannot_be_said() as unsayable,
            self._content.one_snapshot(),
        ):
            await self._hear_what_was_settled(conversation_id, collector)
            await self._agent.handle_message(message)
        if unsayable:
            summary = {"message": text, "replies": unsayable}
            await _in_thread(
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
        return Answer(utterances, handoff, understanding_of(heard) if heard else None)

    async def _hear_what_was_settled(self, conversation_id: str, collector: Collector) -> None:
        """A person gave the conversation back: the tracker learns first what need not be asked any more."""
        if await asyncio.to_thread(self._comes_back, conversation_id):
            await self._agent.execute_action(conversation_id, BACK, collector, None, None)
            await _in_thread(handback.taken_up, self._database, conversation_id)

    def _comes_back(self, conversation_id: str) -> bool:
        # For the whole turn, read here and not by the thread that serves everybody.
        self._content.current()
        self.tracker_store.look_ahead(conversation_id)
        return handback.comes_back(self._database, conversation_id)

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
            model, generator=TemplateNlg(), lock_store=InMemoryLockStore(), action_endpoint=InProcessActions()
        )
    agent.processor.parse_message = _timed(agent.processor.parse_message)
    settle(agent.processor)
    LiveTracker.horizon = study_rules(agent.processor.graph_runner)
    agent.processor.graph_runner = RunnerInOrder(agent.processor.graph_runner)
    # What is loaded now stays: the collector need not go through the model and Rasa's modules again and again.
    gc.collect()
    gc.freeze()
    threadpool_limits(1)  # the products are small: a second thread for one of them costs more than it gives
    return agent


def _timed(parse: Parse) -> Parse:
    """Rasa 3.6.21 has no place for a stopwatch around its pipeline; tests/test_operations.py notices when it moves."""

    async def timed(*arguments: Any, **named: Any) -> dict[str, Any]:
        with metrics.part("understanding"):
            return await parse(*arguments, **named)

    return timed


async def _in_thread(function: Any, *arguments: Any) -> Any:
    return await asyncio.get_running_loop().run_in_executor(None, function, *arguments)
