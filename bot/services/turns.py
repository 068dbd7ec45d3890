"""A message's way from the channel to the stored replies (DESIGN.md, *A message's way*)."""

from __future__ import annotations

import asyncio
import contextvars
import logging
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, replace
from typing import Any, Protocol, TypeVar

from bot import clock
from bot.domain.cases import CaseKind
from bot.domain.conversation import HandoffReason, Owner, is_online, next_online
from bot.domain.errors import Conflict
from bot.services import cases, conversations, logs, messages, metrics, queue
from bot.services.content.snapshot import ContentStore
from bot.services.messages import Answer, Inbound, Received, StoredMessage, Utterance
from bot.services.places import place_told
from bot.services.replies import FAQ_PREFIX, SOURCE, reply_for
from bot.services.texts import clean
from bot.services.turn_locks import LocalLocks, TurnLocks
from bot.services.waiting_words import (
    CANCEL,
    instead_of_waiting,
    names_the_bot,
    phone_in,
    speaks_of_breakdown,
    wants_call,
)
from bot.services.wakeups import Wakeups
from bot.services.wechat.identity import Link, use_beside_person
from bot.services.wording import say_opening, say_phone
from bot.store.database import Database

logger = logging.getLogger(__name__)
BREAKDOWN = "report_breakdown"
FLAT_TYRE, RESCUE = "repair.flat_tire", "repair.rescue"
MOST_AT_ONCE = 16
"""Turns that run at the same time: a crowd waits, so that messages are still stored and acknowledged at once."""
LONGEST_STORED = 20_000
"""Characters of a message that are kept; how many the bot reads is a setting."""
LINK_WORDS = {
    Link.LINKED: "utter_wechat_linked",
    Link.WRONG: "utter_wechat_link_wrong",
    Link.TOO_OFTEN: "utter_wechat_link_too_often",
}
CALLS_THE_BOT = frozenset({"back_to_bot", BREAKDOWN})
"""What a waiting customer says that the bot answers: it is wanted again, or help cannot wait for the queue."""
T = TypeVar("T")
Turn = asyncio.Task[tuple[StoredMessage, ...]]


class Dialogue(Protocol):
    """What answers a message: Rasa's agent in the server, handed in from above."""

    async def reply(self, conversation_id: str, text: str, message_id: str, channel: str) -> Answer:
        """Run one turn for a customer of a channel. One cut off by a crash comes again with its ``message_id``."""

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
        self._waits_elsewhere = waits_elsewhere
        self._database, self._content = database, content
        self._dialogue, self._wakeups, self._longest = dialogue, wakeups, longest
        self._arrivals, self._locks = LocalLocks(), locks or LocalLocks()
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
            received = await _in_thread(messages.receive, self._database, shortened, clock.now())
        return received, self.start(received)

    def start(self, received: Received) -> Turn:
        """The turn of a stored message; a resend joins the one that runs."""
        key = (received.conversation_id, received.seq)
        if key not in self._running:
            self._running[key] = self._keep(self._turn(received))
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
        left = await _in_thread(messages.unanswered, self._database)
        await asyncio.gather(*(self.start(received) for _, _, received in left), return_exceptions=True)
        return len(left)

    async def close(self, seconds: float = 3.0) -> None:
        """Let running turns end; what takes longer is answered at the next start."""
        until = asyncio.get_running_loop().time() + seconds
        while self._kept and (left := until - asyncio.get_running_loop().time()) > 0:
            await asyncio.wait(list(self._kept), timeout=left)

    async def _turn(self, received: Received) -> tuple[StoredMessage, ...]:
        """Whoever has the conversation answers what is due in it, in order: also what came in by another process."""
        began = time.perf_counter()
        async with self._locks.holding(received.conversation_id):
            metrics.waited(began)
            due = [] if received.finished else await self._due(received)
            for earlier in (each for each in due if each.seq < received.seq):
                await self._catch_up(earlier)
            own = next((each for each in due if each.seq == received.seq), None)
            if own is None:
                return await self._stored_replies(received)
            return await self._bring_about(received, own if len(due) == 1 else None)

    async def _catch_up(self, earlier: Received) -> None:
        """An earlier message that cannot be answered does not keep this one."""
        try:
            await self._bring_about(earlier)
        except Exception:
            logger.exception(
                "message %d of conversation %s has no outcome yet", earlier.seq, earlier.conversation_id
            )

    async def _bring_about(
        self, received: Received, just_read: Received | None = None
    ) -> tuple[StoredMessage, ...]:
        """The outcome of a message, in a conversation that nobody else answers at the same time.

        ``just_read``: the same message as it was read a moment ago, with the owner of the conversation.
        """
        began = time.perf_counter()
        with logs.about(received.conversation_id), metrics.turn(received.channel) as turn:
            stored = await self._store_answer(received, just_read)
            _log_turn(received, turn.outcome, began)
        return stored

    async def _store_answer(
        self, received: Received, just_read: Received | None
    ) -> tuple[StoredMessage, ...]:
        owned = await self._ownership(received, just_read)
        async with self._thinking:
            said = await self._answer(owned)
        if owned.for_bot not in (
            received.for_bot,
            CANCEL,
        ):  # the wait has ended, and the rest is answered
            gone = self._say("utter_waiting_cancelled", owned)
            said = replace(said, utterances=[gone, *said.utterances])
        reply = (said.utterances, clock.now(), said.handoff, said.understanding)
        with metrics.part("storing"):
            stored = await _in_thread(messages.answer, self._database, owned, *reply)
        metrics.turn_ends(_outcome(owned, said, stored is not None))
        if stored is None:
            logger.info("late reply dropped: conversation %s changed hands", received.conversation_id)
        elif said.handoff is not None:
            await self._assign()
        return tuple(stored or ())

    async def _assign(self) -> None:
        """Somebody may be free at once; a failure is made good by the upkeep."""
        try:
            given = await _in_thread(
                queue.assign_waiting, self._database, self._content.current(), clock.now()
            )
        except Exception:
            logger.exception("nobody was given the waiting conversations")
            return
        for conversation_id in given:
            self._wakeups.bring_news(conversation_id)

    async def _answer(self, received: Received) -> Answer:
        try:
            if received.owner is not Owner.BOT:
                return Answer([*await self._code_used(received), *await self._while_waiting(received)])
            if received.is_cut:
                return Answer([self._say("utter_too_long", received, limit=self._longest)])
            if received.has_file and not received.for_bot.strip():
                return Answer([self._say("utter_file_received", received)])
            if not received.for_bot.strip():
                return Answer([self._say("utter_empty_message", received)])
            message_id = f"{received.conversation_id}-{received.seq}"
            with metrics.part("dialogue"):
                return await self._dialogue.reply(
                    received.conversation_id, received.for_bot, message_id, received.channel
                )
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
            received = await self._without_goodbye(received)
        ends = received.for_bot != text
        wanted = view.owner is Owner.QUEUE and (ends or await self._calls_the_bot(received))
        if wanted or view.owner is Owner.CLOSED:
            try:
                view = await _in_thread(
                    conversations.back_to_bot, self._database, received.conversation_id, clock.now()
                )
            except Conflict:  # an adviser got there first
                view = await self._view(received)
        return replace(received, owner=view.owner, epoch=view.epoch)

    async def _view(self, received: Received) -> conversations.ConversationView:
        found = await _in_thread(conversations.conversation, self._database, received.conversation_id)
        assert isinstance(found, conversations.ConversationView)
        return found

    async def _calls_the_bot(self, received: Received) -> bool:
        """A breakdown that is recorded already stays in the queue, where the rescue line is repeated; so does the
        number for a complaint, which goes onto its record."""
        if received.is_cut:
            return False
        if names_the_bot(received.for_bot):
            return True
        if wants_call(received.for_bot) and await self._urgent_case(received) is None:
            return True
        intent = await self._dialogue.intent(received.for_bot)
        if intent == BREAKDOWN and await self._waits_for_rescue(received):
            return False
        return intent in CALLS_THE_BOT

    async def _without_goodbye(self, received: Received) -> Received:
        """The message of a waiting customer, without the words that end the wait (不等了，地址在哪)."""
        if received.for_bot.startswith("/"):
            return received
        is_urgent = await self._urgent_case(received) is not None
        return replace(received, for_bot=instead_of_waiting(received.for_bot, is_urgent) or received.for_bot)

    async def _urgent_case(self, received: Received) -> cases.CaseView | None:
        id_ = received.conversation_id
        found: cases.CaseView | None = await _in_thread(cases.urgent_case_of, self._database, id_)
        return found

    async def _waits_for_rescue(self, received: Received) -> bool:
        return bool(
            await _in_thread(conversations.waits_for_rescue, self._database, received.conversation_id)
        )

    async def _while_waiting(self, received: Received) -> list[Utterance]:
        if received.owner is not Owner.QUEUE:
            return []
        await self._place_noted(received)
        noted = await self._number_noted(received)
        is_elsewhere = await _in_thread(self._waits_elsewhere, received.conversation_id)
        line = [] if is_elsewhere else await self._waiting_line(received)
        return [*noted, *line, *await self._first_aid(received)]

    async def _code_used(self, received: Received) -> list[Utterance]:
        id_, said = received.conversation_id, received.for_bot
        words = await _in_thread(use_beside_person, self._database, id_, said, clock.now())
        return [self._say(LINK_WORDS[words[0]], received, problem=words[1])] if words else []

    async def _number_noted(self, received: Received) -> list[Utterance]:
        """The number for a breakdown or a complaint that is recorded goes onto the record."""
        phone = None if received.for_bot.startswith("/") else phone_in(received.for_bot)
        case = await self._urgent_case(received) if phone else None
        if case is None or phone is None:
            return []
        done = {"complete": True}
        await _in_thread(cases.update_case, self._database, case.id, clock.now(), phone, done)
        return [self._say("utter_number_passed_on", received, phone=say_phone(phone))]

    async def _place_noted(self, received: Received) -> None:
        """Where the customer of a recorded breakdown is now goes onto the record; the waiting line says that."""
        models = self._content.current().dealership.models
        cars = [name for model in models for name in (model.name, *model.aliases)]
        place = place_told(received.for_bot, cars)
        case = await self._urgent_case(received) if place else None
        if case is not None and case.kind is CaseKind.RESCUE:
            await _in_thread(cases.add_place, self._database, case.id, clock.now(), place)

    async def _first_aid(self, received: Received) -> list[Utterance]:
        """The rescue line for a customer whose car breaks down while they wait; nobody has to ask for it."""
        text = received.for_bot
        if not speaks_of_breakdown(text) or await self._waits_for_rescue(received):
            return []
        topic = FLAT_TYRE if "胎" in text else RESCUE
        reply = reply_for(self._content.current(), f"{FAQ_PREFIX}{topic}", {}, received.channel)
        return [utterance(reply)] if reply else []

    async def _waiting_line(self, received: Received) -> list[Utterance]:
        id_, now = received.conversation_id, clock.now()
        place = await _in_thread(queue.place_in_queue, self._database, id_)
        if await self._waits_for_rescue(received):
            return [self._say("utter_waiting_for_rescue", received, place=place)]
        hours = self._content.current().dealership.profile.consultants_online
        if not is_online(hours, now):
            when = say_opening(next_online(hours, now), now.date())
            return [self._say("utter_waiting_until_opening", received, when=when)]
        minutes = await _in_thread(queue.expected_minutes, self._database, id_, now, hours)
        if minutes is not None:
            return [self._say("utter_waiting_with_wait", received, place=place, minutes=minutes)]
        return [self._say("utter_waiting_in_queue", received, place=place)]

    async def _due(self, received: Received) -> list[Received]:
        """What has no outcome up to this message. Its own may have come while it waited: in another process."""
        id_, seq = received.conversation_id, received.seq
        return list(await _in_thread(messages.unanswered_until, self._database, id_, seq))

    async def _stored_replies(self, received: Received) -> tuple[StoredMessage, ...]:
        return tuple(
            await _in_thread(messages.replies_to, self._database, received.conversation_id, received.seq)
        )

    async def _report_failure(self, received: Received) -> None:
        summary = {"message": received.for_bot, "seq": received.seq}
        await _in_thread(
            conversations.record_handoff,
            self._database,
            received.conversation_id,
            HandoffReason.FAILURE,
            summary,
            clock.now(),
        )

    def _say(self, template: str, received: Received, **values: object) -> Utterance:
        reply = reply_for(self._content.current(), template, values, received.channel)
        if reply is None:
            raise LookupError(f"no approved template {template}")
        return utterance(reply)


def utterance(message: dict[str, Any]) -> Utterance:
    """Rasa's message dictionary as an utterance."""
    return Utterance(
        text=message.get("text") or "",
        buttons=tuple(message.get("buttons") or ()),
        custom=message.get("custom") or {},
        template=message.get(SOURCE),
    )


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


async def _in_thread(function: Any, *arguments: Any) -> Any:
    """In a thread that knows, as the log does, whose conversation it works for."""
    run = contextvars.copy_context().run
    return await asyncio.get_running_loop().run_in_executor(None, run, function, *arguments)
