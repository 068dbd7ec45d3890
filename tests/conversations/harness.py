"""A customer who talks with the real assistant: trained model, actions and database are those of the server.

A test says what the customer says and what must come back:

    async def test_a_test_drive(customer: Customer) -> None:
        await customer.says("我想周六上午十点去城东店试驾X5", "姓名和手机号")
        await customer.says("张伟 13812345678", "驾照")
        await customer.clicks("符合", "确认预约吗")
        await customer.clicks("确认预约", "预约码")
        customer.has_booked(kind="test_drive", model="x5", store="east", start="2026-11-28T10:00")

Every turn is checked on top of what the test expects: something is said, nothing is left unfilled, nothing failed.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from bot import clock
from bot.clock import TIME_ZONE
from bot.domain.booking import VisitKind, VisitRequest
from bot.domain.dealership import Dealership
from bot.services import booking
from bot.services.messages import Inbound, StoredMessage
from bot.services.replies import FAQ_PREFIX, reply_for
from bot.services.visits import BookedVisit, Contact
from bot.store.staff_tables import Case, Handoff
from bot.store.tables import Appointment, Conversation, DialogueState, Hold

if TYPE_CHECKING:  # Rasa is imported where the agent is loaded, after TensorFlow has been kept out
    from bot.services.installation import Installation
    from bot.services.turns import Turns

NOW = "2026-11-22T10:00"  # a Sunday
CODE = re.compile(r"(?<![A-Z0-9])[A-HJKMNP-Z]{3}[2-9]{3}(?![A-Z0-9])")
_UNFILLED = re.compile(r"\{\w*\}|None|\bnull\b|utter_|True|False")
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Reply:
    """What the assistant answered to one message."""

    texts: tuple[str, ...]
    choices: tuple[dict[str, str], ...]

    @property
    def text(self) -> str:
        return "\n".join(self.texts)

    @property
    def buttons(self) -> list[str]:
        return [choice["title"] for choice in self.choices]

    @property
    def code(self) -> str:
        """The booking code that was named."""
        found = CODE.search(self.text)
        assert found, f"no booking code in:\n{self}"
        return found.group()

    def __str__(self) -> str:
        return self.text + ("\n[" + " | ".join(self.buttons) + "]" if self.choices else "")

    def __contains__(self, fragment: str) -> bool:
        return fragment in self.text


NOTHING = Reply((), ())


@dataclass(frozen=True)
class State:
    """The slots that were ever set, and the form that is being filled in."""

    slots: dict[str, Any]
    form: str | None


@dataclass(frozen=True)
class Assistant:
    """One installation with an empty transcript, and the agent that all tests share."""

    installation: Installation
    turns: Turns

    def customer(self) -> Customer:
        """Somebody new."""
        return Customer(self, f"customer-{next(_numbers)}")

    def books(
        self,
        start: str,
        model: str = "x5",
        store: str = "east",
        jobs: tuple[str, ...] = (),
        code: str = "KHM374",
        name: str = "王芳",
        phone: str = "13700001111",
    ) -> BookedVisit:
        """Somebody else's booking: a test drive, or a service visit when there are jobs."""
        kind = VisitKind.SERVICE if jobs else VisitKind.TEST_DRIVE
        return booking.book(
            self.installation.database,
            self.installation.content.current().dealership,
            clock.now(),
            None,
            VisitRequest(kind, store, model, jobs),
            local(start),
            Contact(name, phone),
            make_code=lambda: code,
        )

    def answer(self, topic: str) -> str:
        """What the FAQ says about a topic."""
        reply = reply_for(self.installation.content.current(), f"{FAQ_PREFIX}{topic}", {})
        assert reply, topic
        return str(reply["text"])

    def rows(self, table: Any, **values: Any) -> list[Any]:
        """The rows of a table whose columns have these values, the oldest first where that is known."""
        order = getattr(table, "created_at", None)
        query = sa.select(table).filter_by(**values)
        with self.installation.database.reading() as session:
            return list(session.scalars(query if order is None else query.order_by(order)))


class Customer:
    """One conversation. ``reply`` is the last answer, ``messages`` counts what the customer sent."""

    def __init__(self, assistant: Assistant, sender: str) -> None:
        self.assistant, self.sender = assistant, sender
        self.reply = NOTHING
        self.messages = 0
        self.conversation_id = ""
        self._transcript: list[str] = []
        self._state: State | None = None

    async def says(
        self, text: str, *expected: str, never: tuple[str, ...] = (), unfilled: bool = False
    ) -> Reply:
        """Send a text; the answer holds every expected fragment and none of ``never``.

        ``unfilled``: the answer quotes something of the customer that looks like a gap in a template.
        """
        reply = await self._send(text, None, expected, never)
        assert unfilled or not _UNFILLED.search(reply.text), self.told("a template was not filled in")
        return reply

    async def clicks(self, title: str, *expected: str, never: tuple[str, ...] = ()) -> Reply:
        """Press a button of the last answer by its title, or by a part of the title that only one has."""
        choice = self._choice(title)
        reply = await self._send(choice["title"], choice["payload"], expected, never)
        assert not _UNFILLED.search(reply.text), self.told("a template was not filled in")
        return reply

    async def sends(self, payload: str, *expected: str, title: str = "") -> Reply:
        """Send a payload as a forged client would, whoever offered it."""
        return await self._send(title or payload, payload, expected, ())

    async def is_ignored(self, text: str) -> None:
        """Send a text that the bot leaves to a person."""
        await self._send(text, None, (), (), silent=True)

    def at(self, time: str) -> None:
        """Let the clock go on from a local time such as "2026-11-22T22:00"."""
        clock.clock.set(local(time))

    def was_told(self, topic: str) -> None:
        """The last answer holds the FAQ's answer to a topic, word for word."""
        assert self.assistant.answer(topic) in self.reply.text, self.told(f"{topic} was not answered")

    def was_asked(self, slot: str, question: str) -> None:
        """The form waits for a slot, and the last answer ends with the question for it."""
        assert self.asked == slot, self.told(f"{self.asked} was asked, not {slot}")
        assert question in self.reply.texts[-1], self.told(f"{question!r} does not come last")

    @property
    def state(self) -> State:
        """What the dialogue knows after the last answer."""
        if self._state is None:
            self._state = _state(self.assistant.rows(DialogueState, sender_id=self.conversation_id))
        return self._state

    def slot(self, name: str) -> Any:
        return self.state.slots.get(name)

    def filled(self, *prefixes: str) -> dict[str, Any]:
        """The slots with these prefixes that hold something."""
        return {k: v for k, v in self.state.slots.items() if k.startswith(prefixes) and v is not None}

    @property
    def form(self) -> str | None:
        """The form that is being filled in."""
        return self.state.form

    @property
    def asked(self) -> str | None:
        """The slot that the form has just asked for."""
        return self.slot("requested_slot") if self.form else None

    @property
    def dealership(self) -> Dealership:
        return self.assistant.installation.content.current().dealership

    @property
    def owner(self) -> str:
        [row] = self.assistant.rows(Conversation, id=self.conversation_id)
        return str(row.state)

    def rows(self, table: Any, **values: Any) -> list[Any]:
        """The rows of a table that belong to this conversation."""
        owner = "owner" if table is Hold else "conversation_id"
        return self.assistant.rows(table, **{owner: self.conversation_id}, **values)

    def bookings(self, status: str = "confirmed") -> list[Any]:
        return self.rows(Appointment, status=status)

    def has_booked(self, count: int = 1, **values: Any) -> Any:
        """Exactly ``count`` confirmed bookings, the newest with these values, and nothing held any more."""
        booked = self.bookings()
        assert len(booked) == count, self.told(f"{len(booked)} bookings, not {count}")
        self._agrees(booked[-1], values)
        assert self.rows(Hold) == [], self.told("a slot is still held")
        return booked[-1]

    def has_booked_nothing(self) -> None:
        assert self.rows(Appointment) == [], self.told("something was booked")

    def has_case(self, kind: str, **values: Any) -> Any:
        """Exactly one case in this conversation, of this kind and with these values."""
        cases = self.rows(Case)
        assert [case.kind for case in cases] == [kind], self.told(f"cases {[c.kind for c in cases]}")
        self._agrees(cases[0], values)
        return cases[0]

    def is_queued(self, reason: str) -> Any:
        """The conversation waits for a person, and one record says why."""
        handoffs = self.rows(Handoff)
        assert [handoff.reason for handoff in handoffs] == [reason], self.told(f"{handoffs}")
        assert self.owner == "queued", self.told(self.owner)
        return handoffs[0]

    def belongs_to_bot(self) -> None:
        assert self.owner == "bot", self.told(self.owner)

    async def _send(
        self,
        text: str,
        payload: str | None,
        expected: tuple[str, ...],
        never: tuple[str, ...],
        silent: bool = False,
    ) -> Reply:
        outcome = await self.assistant.turns.handle(self._inbound(text, payload))
        self.messages += 1
        self.conversation_id = outcome.conversation_id
        self._state = None
        self.reply = _reply(outcome.replies)
        self._transcript += [f"> {text[:200]}", str(self.reply)]
        assert bool(self.reply.texts) is not silent, self.told("no answer" if not silent else "an answer")
        for fragment in expected:
            assert fragment in self.reply.text, self.told(f"{fragment!r} was not said")
        for fragment in never:
            assert fragment not in self.reply.text, self.told(f"{fragment!r} was said")
        return self.reply

    def _inbound(self, text: str, payload: str | None) -> Inbound:
        return Inbound("test", self.sender, text, payload=payload)

    def _choice(self, title: str) -> dict[str, str]:
        choices = self.reply.choices
        found = [c for c in choices if c["title"] == title] or [c for c in choices if title in c["title"]]
        assert len(found) == 1, self.told(f"{len(found)} buttons {title!r} in {self.reply.buttons}")
        return found[0]

    def _agrees(self, row: Any, values: dict[str, Any]) -> None:
        for name, value in values.items():
            found = getattr(row, name)
            if isinstance(found, datetime):
                found, value = found.replace(second=0, microsecond=0), local(value)
            assert found == value, self.told(f"{name} is {found!r}, not {value!r}")

    def told(self, problem: str) -> str:
        """A problem with the whole conversation, for a failed assertion."""
        return "\n".join([problem, "", *self._transcript])


def local(time: str) -> datetime:
    """A dealer's local time from "2026-11-28T10:00"."""
    return datetime.fromisoformat(time).replace(tzinfo=TIME_ZONE)


def _state(rows: list[Any]) -> State:
    """The stored events played back, without Rasa's tracker: it takes ten times as long."""
    slots: dict[str, Any] = {}
    form = None
    for event in rows[0].state if rows else ():
        if event["event"] == "slot":
            slots[event["name"]] = event["value"]
        elif event["event"] == "active_loop":
            form = event["name"]
    return State(slots, form)


def _reply(messages: tuple[StoredMessage, ...]) -> Reply:
    return Reply(
        tuple(message.text for message in messages),
        tuple(button for message in messages for button in message.buttons),
    )
