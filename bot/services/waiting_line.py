"""What a customer hears who waits for a person: their place, what was noted, and first aid."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

from bot import clock
from bot.domain.cases import CaseKind
from bot.domain.conversation import Owner, is_online, next_online
from bot.services import cases, conversations, queue
from bot.services.content.snapshot import ContentStore
from bot.services.messages import Received, Utterance
from bot.services.places import place_told
from bot.services.replies import FAQ_PREFIX, reply_for
from bot.services.utterances import approved, utterance
from bot.services.waiting_words import (
    instead_of_waiting,
    names_the_bot,
    phone_in,
    speaks_of_breakdown,
    wants_call,
)
from bot.services.wechat.identity import Link, use_beside_person
from bot.services.wording import say_opening, say_phone
from bot.store.database import Database

BREAKDOWN = "report_breakdown"
FLAT_TYRE, RESCUE = "repair.flat_tire", "repair.rescue"
LINK_WORDS = {
    Link.LINKED: "utter_wechat_linked",
    Link.WRONG: "utter_wechat_link_wrong",
    Link.TOO_OFTEN: "utter_wechat_link_too_often",
}
CALLS_THE_BOT = frozenset({"back_to_bot", BREAKDOWN})
"""What a waiting customer says that the bot answers: it is wanted again, or help cannot wait for the queue."""


class WaitingLine:
    """Answers in the bot's place while a conversation is a person's, or waits for one."""

    def __init__(
        self,
        database: Database,
        content: ContentStore,
        intent: Callable[[str], Awaitable[str]],
        waits_elsewhere: Callable[[str], bool],
    ) -> None:
        """``intent``: that of a text; ``waits_elsewhere`` as in ``Turns``."""
        self._database, self._content = database, content
        self._intent, self._waits_elsewhere = intent, waits_elsewhere

    async def calls_the_bot(self, received: Received) -> bool:
        """Whether the bot is wanted again, or help cannot wait for the queue.

        A breakdown that is recorded already stays in the queue, where the rescue line is repeated; so does the number
        for a complaint, which goes onto its record.
        """
        if received.is_cut:
            return False
        if names_the_bot(received.for_bot):
            return True
        if wants_call(received.for_bot) and await self._urgent_case(received) is None:
            return True
        intent = await self._intent(received.for_bot)
        if intent == BREAKDOWN and await self._waits_for_rescue(received):
            return False
        return intent in CALLS_THE_BOT

    async def without_goodbye(self, received: Received) -> Received:
        """The message of a waiting customer, without the words that end the wait (不等了，地址在哪)."""
        if received.for_bot.startswith("/"):
            return received
        is_urgent = await self._urgent_case(received) is not None
        return replace(received, for_bot=instead_of_waiting(received.for_bot, is_urgent) or received.for_bot)

    async def _urgent_case(self, received: Received) -> cases.CaseView | None:
        id_ = received.conversation_id
        found: cases.CaseView | None = await asyncio.to_thread(cases.urgent_case_of, self._database, id_)
        return found

    async def _waits_for_rescue(self, received: Received) -> bool:
        return bool(
            await asyncio.to_thread(conversations.waits_for_rescue, self._database, received.conversation_id)
        )

    async def answers(self, received: Received) -> list[Utterance]:
        """What is said to a message that a person will answer: hardly anything once one has the conversation."""
        used = await self._code_used(received)
        return used if received.owner is not Owner.QUEUE else [*used, *await self._while_waiting(received)]

    async def _while_waiting(self, received: Received) -> list[Utterance]:
        await self._place_noted(received)
        noted = await self._number_noted(received)
        is_elsewhere = await asyncio.to_thread(self._waits_elsewhere, received.conversation_id)
        line = [] if is_elsewhere else await self._waiting_line(received)
        return [*noted, *line, *await self._first_aid(received)]

    async def _code_used(self, received: Received) -> list[Utterance]:
        id_, said = received.conversation_id, received.for_bot
        words = await asyncio.to_thread(use_beside_person, self._database, id_, said, clock.now())
        return [self._say(LINK_WORDS[words[0]], received, problem=words[1])] if words else []

    async def _number_noted(self, received: Received) -> list[Utterance]:
        """The number for a breakdown or a complaint that is recorded goes onto the record."""
        phone = None if received.for_bot.startswith("/") else phone_in(received.for_bot)
        case = await self._urgent_case(received) if phone else None
        if case is None or phone is None:
            return []
        done = {"complete": True}
        await asyncio.to_thread(cases.update_case, self._database, case.id, clock.now(), phone, done)
        return [self._say("utter_number_passed_on", received, phone=say_phone(phone))]

    async def _place_noted(self, received: Received) -> None:
        """Where the customer of a recorded breakdown is now goes onto the record; the waiting line says that."""
        models = self._content.current().dealership.models
        cars = [name for model in models for name in (model.name, *model.aliases)]
        place = place_told(received.for_bot, cars)
        case = await self._urgent_case(received) if place else None
        if place and case is not None and case.kind is CaseKind.RESCUE:
            await asyncio.to_thread(cases.add_place, self._database, case.id, clock.now(), place)

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
        place = await asyncio.to_thread(queue.place_in_queue, self._database, id_)
        if await self._waits_for_rescue(received):
            return [self._say("utter_waiting_for_rescue", received, place=place)]
        hours = self._content.current().dealership.profile.consultants_online
        if not is_online(hours, now):
            when = say_opening(next_online(hours, now), now.date())
            return [self._say("utter_waiting_until_opening", received, when=when)]
        minutes = await asyncio.to_thread(queue.expected_minutes, self._database, id_, now, hours)
        if minutes is not None:
            return [self._say("utter_waiting_with_wait", received, place=place, minutes=minutes)]
        return [self._say("utter_waiting_in_queue", received, place=place)]

    def _say(self, template: str, received: Received, **values: object) -> Utterance:
        return approved(self._content.current(), template, values, received.channel)
