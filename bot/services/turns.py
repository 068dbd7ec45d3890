"""A message's way from the channel to the stored replies (DESIGN.md, *A message's way*)."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, replace
from typing import Any, Protocol, TypeVar

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from bot import clock
from bot.domain.conversation import HandoffReason, Owner
from bot.domain.errors import Conflict
from bot.services import conversations, logs, messages, metrics, queue
from bot.services.content.snapshot import ContentStore
from bot.services.messages import Answer, Inbound, Received, StoredMessage, Utterance
from bot.services.texts import clean
from bot.services.threads import in_thread
from bot.services.turn_locks import NEVER, LocalLocks, TurnLocks
from bot.services.utterances import approved
from bot.services.waiting_line import WaitingLine
from bot.services.waiting_words import CANCEL
from bot.services.wakeups import Wakeups
from bot.store.database import Database

logger = logging.getLogger(__name__)
MOST_AT_ONCE = 16
"""Turns that run at the same time: a crowd waits, so that messages are still stored and acknowledged at once."""
LONGEST_STORED = 20_000
"""Characters of a message that are kept; how many the bot reads is a setting."""
T = TypeVar("T")
Turn = asyncio.Task[tuple[StoredMessage, ...]]


@dataclass(frozen=True)
class Due:
    """What has no outcome yet, and what the dialogue will ask for where it is the next to speak.

    ``at``: when it was read (``time.monotonic``).
    """

    messages: list[Received]
    ahead: object = None
    at: float = NEVER


class Dialogue(Protocol):
    """What answers a message: Rasa's agent in the server, handed in from above."""

    def look_ahead(self, session: Session, conversation_id: str, message_id: str) -> object:
        """Read what ``reply`` to this message will need, together with what else is read before a turn."""

    async def reply(
        self, conversation_id: str, text: str, message_id: str, channel: str, ahead: Any = None
    ) -> Answer:
        """Run one turn for a customer of a channel. One cut off by a crash comes again with its ``message_id``.

        ``ahead``: what ``look_ahead`` gave, in a conversation that nobody else has answered since.
        """

    async def intent(self, text: str) -> str:
        """The intent of a text, without a turn."""


@dataclass(frozen=True)
class Outcome:
    """What became of an inbound message."""

    seq: int
    duplicate: bool
    conversation_id: str
    replies: tuple[StoredMessage, ...]


class Turns:
    """Handles inbound messages: one turn at a time per conversation, each message once."""

    def __init__(
        self,
        database: Database,
        content: ContentStore,
        dialogue: Dialogue,
        wakeups: Wakeups,
        longest: int,
        locks: TurnLocks | None = None,
        waits_elsewhere: Callable[[str], bool] = lambda conversation_id: False,
    ) -> None:
        """``locks``: of the conversations, shared by all processes; without them this process is alone.

        ``waits_elsewhere``: whether who waits in a conversation waits for people outside of our console.
        """
        self._database, self._content = database, content
        self._dialogue, self._wakeups, self._longest = dialogue, wakeups, longest
        self._arrivals, self._locks = LocalLocks(), locks or LocalLocks()
        self._waiting = WaitingLine(database, content, dialogue.intent, waits_elsewhere)
        self._thinking = asyncio.Semaphore(MOST_AT_ONCE)
        self._running: dict[tuple[str, int], Turn] = {}
        self._kept: set[asyncio.Task[Any]] = set()

    async def take(self, inbound: Inbound) -> tuple[Received, Turn]:
        """Store the message and start its turn. Both are kept here: a client that leaves does not end them."""
        return await asyncio.shield(self._keep(self._take(inbound)))

    async def _take(self, inbound: Inbound) -> tuple[Received, Turn]:
        text = clean(inbound.text)
        shortened = replace(inbound, text=text[:LONGEST_STORED], is_cut=len(text) > self._longest)
        # The order of one customer's messages; between processes the row of the conversation keeps it.
        async with self._arrivals.holding(f"{inbound.channel}/{inbound.sender}"):
            received, due = await in_thread(self._receive, shortened)
        return received, self.start(received, due)

    def _receive(self, inbound: Inbound) -> tuple[Received, Due | None]:
        """What its turn needs is read at once, too: hardly ever does anything come between them. Where a message before
        it has no outcome yet, that comes between."""
        at = time.monotonic()
        with self._database.transaction() as session:
            received = messages.receive_in(session, inbound, clock.now())
            if not received.is_next:
                return received, None
            try:
                return received, Due([received], self._look_ahead(session, received), at)
            except SQLAlchemyError:
                raise
            except Exception:  # the message is stored all the same; its turn tries again
                logger.exception("nothing was read ahead for conversation %s", received.conversation_id)
                return received, None

    def start(self, received: Received, due: Due | None = None) -> Turn:
        """The turn of a stored message; a resend joins the one that runs. ``due``: as it was just read."""
        key = (received.conversation_id, received.seq)
        if key not in self._running:
            self._running[key] = self._keep(self._turn(received, due))
            self._running[key].add_done_callback(lambda _: self._ended(key))
            if received.owner is Owner.BOT and not received.finished:
                self._wakeups.notify(received.conversation_id, typing=True)
        return self._running[key]

    def runs(self, received: Received) -> bool:
        """Whether its turn runs here, or waits."""
        return (received.conversation_id, received.seq) in self._running

    def _ended(self, key: tuple[str, int]) -> None:
        """Tell the streams; the bot is seen typing for as long as another message waits for its turn."""
        turn = self._running.pop(key)
        self._wakeups.notify(key[0], typing=any(other == key[0] for other, _ in self._running))
        if not turn.cancelled() and turn.exception() is not None:
            logger.error(
                "message %d of conversation %s has no outcome", key[1], key[0], exc_info=turn.exception()
            )

    def _keep(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        task = asyncio.get_running_loop().create_task(work)
        self._kept.add(task)
        task.add_done_callback(self._kept.discard)
        return task

    async def handle(self, inbound: Inbound) -> Outcome:
        """Store the message, run its turn and wait for the replies; a resend gets the stored ones."""
        received, task = await self.take(inbound)
        replies = await asyncio.shield(task)
        return Outcome(received.seq, received.duplicate, received.conversation_id, replies)

    async def finish_interrupted(self) -> int:
        """Answer what a stopped process left unanswered; gives the number of such messages."""
        left = await asyncio.to_thread(messages.unanswered, self._database)
        await asyncio.gather(*(self.start(received) for _, _, received in left), return_exceptions=True)
        return len(left)

    async def close(self, seconds: float = 3.0) -> None:
        """Let running turns end; what takes longer is answered at the next start."""
        until = asyncio.get_running_loop().time() + seconds
        while self._kept and (left := until - asyncio.get_running_loop().time()) > 0:
            await asyncio.wait(list(self._kept), timeout=left)

    async def _turn(self, received: Received, just_read: Due | None = None) -> tuple[StoredMessage, ...]:
        """Whoever has the conversation answers what is due in it, in order: also what came in by another process."""
        began = time.perf_counter()
        read_at = just_read.at if just_read else NEVER
        async with self._locks.holding(received.conversation_id, read_at) as untouched:
            metrics.waited(began)
            due = just_read if just_read and untouched else await self._due(received)
            for earlier in (each for each in due.messages if each.seq < received.seq):
                await self._catch_up(earlier)
            own = next((each for each in due.messages if each.seq == received.seq), None)
            if own is None:
                return await self._stored_replies(received)
            return await self._bring_about(received, own if len(due.messages) == 1 else None, due.ahead)

    async def _catch_up(self, earlier: Received) -> None:
        """An earlier message that cannot be answered does not keep this one."""
        try:
            await self._bring_about(earlier)
        except Exception:
            logger.exception(
                "message %d of conversation %s has no outcome yet", earlier.seq, earlier.conversation_id
            )

    async def _bring_about(
        self, received: Received, just_read: Received | None = None, ahead: object = None
    ) -> tuple[StoredMessage, ...]:
        """The outcome of a message, in a conversation that nobody else answers at the same time.

        ``just_read``: the same message as it was read a moment ago, with the owner of the conversation; ``ahead``: what
        the dialogue read then.
        """
        began = time.perf_counter()
        with logs.about(received.conversation_id), metrics.turn(received.channel) as turn:
            stored = await self._store_answer(received, just_read, ahead)
            _log_turn(received, turn.outcome, began)
        return stored

    async def _store_answer(
        self, received: Received, just_read: Received | None, ahead: object
    ) -> tuple[StoredMessage, ...]:
        owned = await self._ownership(received, just_read)
        async with self._thinking:
            said = await self._answer(owned, ahead)
        if owned.for_bot not in (
            received.for_bot,
            CANCEL,
        ):  # the wait has ended, and the rest is answered
            gone = self._say("utter_waiting_cancelled", owned)
            said = replace(said, utterances=[gone, *said.utterances])
        reply = (said.utterances, clock.now(), said.handoff, said.understanding, said.keep)
        with metrics.part("storing"):
            stored = await in_thread(messages.answer, self._database, owned, *reply)
        metrics.turn_ends(_outcome(owned, said, stored is not None))
        if stored is None:
            logger.info("late reply dropped: conversation %s changed hands", received.conversation_id)
        elif said.handoff is not None:
            await self._assign()
        return tuple(stored or ())

    async def _assign(self) -> None:
        """Somebody may be free at once; a failure is made good by the upkeep."""
        try:
            given = await asyncio.to_thread(
                queue.assign_waiting, self._database, self._content.current(), clock.now()
            )
        except Exception:
            logger.exception("nobody was given the waiting conversations")
            return
        for conversation_id in given:
            self._wakeups.bring_news(conversation_id)

    async def _answer(self, received: Received, ahead: object) -> Answer:
        try:
            if received.owner is not Owner.BOT:
                return Answer(await self._waiting.answers(received))
            if received.is_cut:
                return Answer([self._say("utter_too_long", received, limit=self._longest)])
            if received.has_file and not received.for_bot.strip():
                return Answer([self._say("utter_file_received", received)])
            if not received.for_bot.strip():
                return Answer([self._say("utter_empty_message", received)])
            id_, text = received.conversation_id, received.for_bot
            with metrics.part("dialogue"):
                return await self._dialogue.reply(id_, text, _message_id(received), received.channel, ahead)
        except Exception:  # the last line of defence: the customer gets a word, a person and the log the rest
            logger.exception("turn failed in conversation %s", received.conversation_id)
            metrics.turn_failed()
            await self._report_failure(received)
            return Answer([self._say("utter_technical_problem", received)])

    async def _ownership(self, received: Received, just_read: Received | None) -> Received:
        """Who owns the conversation now that its turn has come; a waiting customer may go back to the bot, and does
        where the conversation has just been closed."""
        view: Received | conversations.ConversationView = just_read or await self._view(received)
        text = received.for_bot
        if view.owner is Owner.QUEUE:
            received = await self._waiting.without_goodbye(received)
        ends = received.for_bot != text
        wanted = view.owner is Owner.QUEUE and (ends or await self._waiting.calls_the_bot(received))
        if wanted or view.owner is Owner.CLOSED:
            try:
                view = await asyncio.to_thread(
                    conversations.back_to_bot, self._database, received.conversation_id, clock.now()
                )
            except Conflict:  # an adviser got there first
                view = await self._view(received)
        return replace(received, owner=view.owner, epoch=view.epoch)

    async def _view(self, received: Received) -> conversations.ConversationView:
        found = await asyncio.to_thread(conversations.conversation, self._database, received.conversation_id)
        assert isinstance(found, conversations.ConversationView)
        return found

    async def _due(self, received: Received) -> Due:
        """What has no outcome up to this message: its own may have come while it waited, in another process."""
        if received.finished:
            return Due([])
        return await asyncio.to_thread(self._read_due, received)

    def _read_due(self, received: Received) -> Due:
        with self._database.reading() as session:
            due = messages.unanswered_until(session, received.conversation_id, received.seq)
            is_next = [each.seq for each in due] == [received.seq]
            return Due(due, self._look_ahead(session, due[0]) if is_next else None)

    def _look_ahead(self, session: Session, received: Received) -> object:
        if received.owner is not Owner.BOT or received.is_cut:
            return None
        return self._dialogue.look_ahead(session, received.conversation_id, _message_id(received))

    async def _stored_replies(self, received: Received) -> tuple[StoredMessage, ...]:
        return tuple(
            await asyncio.to_thread(
                messages.replies_to, self._database, received.conversation_id, received.seq
            )
        )

    def _say(self, template: str, received: Received, **values: object) -> Utterance:
        return approved(self._content.current(), template, values, received.channel)

    async def _report_failure(self, received: Received) -> None:
        summary = {"message": received.for_bot, "seq": received.seq}
        await asyncio.to_thread(
            conversations.record_handoff,
            self._database,
            received.conversation_id,
            HandoffReason.FAILURE,
            summary,
            clock.now(),
        )


def _message_id(received: Received) -> str:
    """How the dialogue knows a message."""
    return f"{received.conversation_id}-{received.seq}"


def _outcome(owned: Received, said: Answer, is_stored: bool) -> str:
    """What is counted of a turn that came to its end."""
    if not is_stored:
        return "dropped"
    if said.handoff is not None:
        return "handed_over"
    return {Owner.BOT: "answered", Owner.QUEUE: "waiting"}.get(owned.owner, "with_adviser")


def _log_turn(received: Received, outcome: str, began: float) -> None:
    milliseconds = round((time.perf_counter() - began) * 1000)
    more = {"channel": received.channel, "outcome": outcome, "milliseconds": milliseconds}
    told = (received.seq, received.conversation_id, outcome, milliseconds)
    logger.info("message %d of conversation %s: %s in %d ms", *told, extra=more)
