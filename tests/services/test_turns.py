"""A message's way: each handled once, one at a time per conversation, and only while the bot owns it."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from bot import clock
from bot.clock import TIME_ZONE
from bot.domain.conversation import Author, HandoffReason, Owner
from bot.services import conversations, messages
from bot.services.content.snapshot import ContentStore
from bot.services.messages import HandoffRequest, Inbound, StoredMessage
from bot.services.turns import Outcome, Turns
from bot.services.wakeups import Wakeups
from bot.store.database import Database
from bot.store.staff_tables import Handoff
from bot.store.tables import Conversation, Message
from tests.installations import filled_database
from tests.services.desks import Room as Desks
from tests.services.dialogues import Echo
from tests.services.owners import pass_by_hand

NOW = datetime(2026, 11, 22, 10, tzinfo=TIME_ZONE)
ASKED = HandoffRequest(HandoffReason.ASKED, {"facts": {}})


class Room:
    """Turns around a dialogue."""

    def __init__(self, filled: tuple[Database, ContentStore], dialogue: Echo, longest: int = 1000) -> None:
        self.database, self.dialogue, self.wakeups = filled[0], dialogue, Wakeups()
        self.turns = Turns(filled[0], filled[1], dialogue, self.wakeups, longest)

    async def say(
        self, text: str, client_id: str | None = None, sender: str = "wang", **more: Any
    ) -> Outcome:
        return await self.turns.handle(Inbound("rest", sender, text, client_id, **more))

    def transcript(self, outcome: Outcome) -> list[str]:
        rows = messages.messages_after(self.database, outcome.conversation_id)
        return [f"{row.author.value}: {row.text}" for row in rows]

    def owner(self, outcome: Outcome) -> Owner:
        return conversations.conversation(self.database, outcome.conversation_id).owner

    def rows(self, table: Any) -> list[Any]:
        with self.database.reading() as session:
            return list(session.scalars(sa.select(table)))

    def take_over(self, conversation_id: str, owner: Owner = Owner.ADVISER) -> None:
        with self.database.transaction() as session:
            pass_by_hand(session.get(Conversation, conversation_id), owner)


@pytest.fixture
def filled(tmp_path: Path) -> tuple[Database, ContentStore]:
    return filled_database(tmp_path)


def texts(replies: tuple[StoredMessage, ...]) -> list[str]:
    return [reply.text for reply in replies]


async def test_a_message_and_its_reply_are_rows(filled: Any) -> None:
    room = Room(filled, Echo())
    first, second = await room.say("你好"), await room.say("谢谢")

    assert room.transcript(first) == ["customer: 你好", "bot: echo 你好", "customer: 谢谢", "bot: echo 谢谢"]
    assert [m.reply_to for m in second.replies] == [second.seq] == [3]
    assert all(row.answered for row in room.rows(Message))


async def test_a_resend_gets_the_stored_outcome(filled: Any) -> None:
    room = Room(filled, Echo())
    first, again = await room.say("你好", "a"), await room.say("别的", "a")

    assert (first.duplicate, again.duplicate) == (False, True)
    assert again.replies == first.replies
    assert len(room.dialogue.heard) == 1


async def test_resends_while_the_first_is_being_answered_join_it(filled: Any) -> None:
    room = Room(filled, Echo(seconds=0.1))
    outcomes = await asyncio.gather(*(room.say("你好", "a") for _ in range(10)))

    assert len(room.dialogue.heard) == 1
    assert all(outcome.replies == outcomes[0].replies for outcome in outcomes)


async def test_resends_at_any_moment_are_handled_once(filled: Any) -> None:
    """Some of them read the row before the reply is stored and come to their turn after it."""
    room = Room(filled, Echo(seconds=0.005))
    for number in range(10):

        async def later(delay: float, number: int = number) -> Outcome:
            await asyncio.sleep(delay)
            return await room.say("你好", f"id-{number}")

        await asyncio.gather(*(later(step * 0.004) for step in range(12)))

    assert len(room.dialogue.heard) == 10


async def test_a_turn_that_waited_sees_that_another_process_answered(filled: Any) -> None:
    here, there = Room(filled, Echo()), Room(filled, Echo(seconds=0.2))
    working = asyncio.create_task(there.say("你好", "a"))
    await asyncio.sleep(0.1)
    received, _ = await there.turns.take(Inbound("rest", "wang", "你好", "a"))
    outcome = await working
    late = await here.turns._turn(received)  # it was read as unanswered

    assert late == outcome.replies
    assert here.dialogue.heard == []


async def test_what_was_read_with_a_message_counts_only_where_nothing_stood_before_it(
    filled: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first message is answered between the moment that the second one was stored and its turn."""
    room = Room(filled, Echo(seconds=0.1))
    receive = room.turns._receive

    def slowly(inbound: Inbound) -> Any:
        found = receive(inbound)
        time.sleep(0.3 if inbound.text == "二" else 0)
        return found

    monkeypatch.setattr(room.turns, "_receive", slowly)
    first = asyncio.create_task(room.say("一"))
    await asyncio.sleep(0.03)
    await room.say("二")
    await first
    assert [text for _, text in room.dialogue.heard] == ["一", "二"]


async def test_one_turn_at_a_time_per_conversation(filled: Any) -> None:
    room = Room(filled, Echo(seconds=0.03))
    await asyncio.gather(*(room.say(str(number)) for number in range(5)))
    assert room.dialogue.most_thinking == 1
    assert [text for _, text in room.dialogue.heard] == ["0", "1", "2", "3", "4"]

    await asyncio.gather(*(room.say("hi", sender=f"other-{number}") for number in range(5)))
    assert room.dialogue.most_thinking > 1


async def test_a_caller_that_leaves_does_not_end_the_turn(filled: Any) -> None:
    room = Room(filled, Echo(seconds=0.1))
    for delay in (0, 0.001, 0.01, 0.05):
        caller = asyncio.create_task(room.say("你好", f"after-{delay}"))
        await asyncio.sleep(delay)
        caller.cancel()
    await room.turns.close()

    stored = room.rows(Message)
    assert [row.author for row in stored].count(Author.BOT.value) == len(room.dialogue.heard) >= 3
    assert all(row.answered for row in stored)


async def test_a_late_reply_is_dropped_when_a_person_took_over(filled: Any) -> None:
    async def take_over(conversation_id: str) -> None:
        room.take_over(conversation_id)

    room = Room(filled, Echo(meanwhile=take_over))
    outcome = await room.say("你好", "a")

    assert outcome.replies == ()
    assert room.transcript(outcome) == ["customer: 你好"]
    assert room.rows(Message)[0].answered
    assert (await room.say("你好", "a")).replies == ()


async def test_a_late_handoff_is_dropped_too(filled: Any) -> None:
    async def take_over(conversation_id: str) -> None:
        room.take_over(conversation_id)

    room = Room(filled, Echo(meanwhile=take_over, handoff=ASKED))
    outcome = await room.say("人工")

    assert room.owner(outcome) is Owner.ADVISER
    assert room.rows(Handoff) == []


async def test_a_handoff_takes_effect_with_the_last_word(filled: Any) -> None:
    room = Room(filled, Echo(handoff=ASKED))
    outcome = await room.say("人工")
    conversation = conversations.conversation(room.database, outcome.conversation_id)

    assert (conversation.owner, conversation.epoch) == (Owner.QUEUE, 1)
    assert [(h.reason, h.status) for h in room.rows(Handoff)] == [("asked_for_a_person", "open")]
    assert room.transcript(outcome) == ["customer: 人工", "bot: echo 人工"]


async def test_who_is_free_gets_it_at_once(filled: Any) -> None:
    desks = Desks(filled[0], filled[1].current(), now=clock.now())
    desks.staff("lin")
    room = Room(filled, Echo(handoff=ASKED))
    outcome = await room.say("人工")

    assert texts(outcome.replies) == ["echo 人工"]
    assert room.owner(outcome) is Owner.ADVISER
    assert "Lin" in room.transcript(outcome)[-1]
    assert (await room.say("在吗")).replies == ()


async def test_closed_while_the_customer_writes_the_bot_answers(filled: Any) -> None:
    room = Room(filled, Echo())
    first = await room.say("你好")
    room.take_over(first.conversation_id)
    received, _ = await room.turns.take(Inbound("rest", "wang", "在吗", "late"))
    await room.turns.close()
    room.take_over(first.conversation_id, Owner.CLOSED)
    late = replace(received, finished=False)
    with room.database.transaction() as session:
        session.get(Message, (first.conversation_id, received.seq)).answered = False

    assert texts(await room.turns._turn(late)) == ["echo 在吗"]
    assert room.owner(first) is Owner.BOT


async def test_while_waiting_each_message_gets_one_line_and_the_bot_is_not_asked(filled: Any) -> None:
    room = Room(filled, Echo(handoff=ASKED))
    await room.say("人工")
    waiting = await room.say("还在吗")

    assert len(waiting.replies) == 1
    assert "1" in waiting.replies[0].text
    assert len(room.dialogue.heard) == 1


async def test_back_to_the_bot(filled: Any) -> None:
    room = Room(filled, Echo(handoff=ASKED))
    await room.say("人工")
    room.dialogue.handoff = None
    outcome = await room.say("回到机器人")

    assert texts(outcome.replies) == ["echo 回到机器人"]
    assert room.owner(outcome) is Owner.BOT
    assert [handoff.status for handoff in room.rows(Handoff)] == ["withdrawn"]


async def test_with_an_adviser_the_bot_is_silent(filled: Any) -> None:
    room = Room(filled, Echo())
    first = await room.say("你好")
    room.take_over(first.conversation_id)

    assert (await room.say("在吗")).replies == ()
    assert room.transcript(first)[-1] == "customer: 在吗"


async def test_a_failure_is_answered_and_reaches_a_person(
    filled: Any, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail(_: str) -> None:
        raise RuntimeError("broken")

    room = Room(filled, Echo(meanwhile=fail))
    outcome = await room.say("你好")

    assert len(outcome.replies) == 1
    assert room.owner(outcome) is Owner.BOT
    assert [handoff.reason for handoff in room.rows(Handoff)] == ["technical_failure"]
    assert outcome.conversation_id in caplog.text


async def test_what_a_stopped_process_left_is_answered_once(filled: Any) -> None:
    dead = Room(filled, Echo(seconds=60))
    killed, task = await dead.turns.take(Inbound("rest", "wang", "你好", "a"))
    await asyncio.sleep(0.1)
    task.cancel()
    alive = Room(filled, Echo())

    left, resent = await asyncio.gather(alive.turns.finish_interrupted(), alive.say("你好", "a"))
    assert left == 1
    assert texts(resent.replies) == ["echo 你好"]
    assert alive.dialogue.ids == dead.dialogue.ids == [f"{killed.conversation_id}-1"]
    assert await alive.turns.finish_interrupted() == 0


async def test_closing_waits_for_a_turn_but_not_for_ever(filled: Any) -> None:
    room = Room(filled, Echo(seconds=0.2))
    _, short = await room.turns.take(Inbound("rest", "wang", "你好"))
    await room.turns.close(5)
    assert short.done()

    room.dialogue.seconds = 60
    _, long = await room.turns.take(Inbound("rest", "wang", "再来"))
    await asyncio.wait_for(room.turns.close(0.1), 2)
    assert not long.done()
    long.cancel()


async def test_too_long_and_empty_messages_never_reach_the_bot(filled: Any) -> None:
    room = Room(filled, Echo(), longest=10)
    long, empty, slashes = await room.say("试" * 11), await room.say(" \u200b\x00 "), await room.say("///")

    assert "10" in long.replies[0].text
    assert texts(empty.replies) == texts(slashes.replies)
    assert room.dialogue.heard == []
    assert room.transcript(long)[0] == "customer: " + "试" * 11  # a person may have to read it


async def test_a_crowd_waits_in_line(filled: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """What everybody wrote is stored at once all the same."""
    monkeypatch.setattr("bot.services.turns.MOST_AT_ONCE", 3)
    room = Room(filled, Echo(seconds=0.05))
    taken = [await room.turns.take(Inbound("rest", f"customer {number}", "你好")) for number in range(9)]

    assert not any(turn.done() for _, turn in taken[3:])
    assert [len(replies) for replies in await asyncio.gather(*(turn for _, turn in taken))] == [1] * 9
    assert room.dialogue.most_thinking == 3


async def test_typing_is_on_until_the_last_waiting_message_is_answered(filled: Any) -> None:
    room = Room(filled, Echo(seconds=0.05))
    received, _ = await room.turns.take(Inbound("rest", "wang", "一"))
    with room.wakeups.listening(received.conversation_id) as listener:
        assert listener.typing
        _, second = await room.turns.take(Inbound("rest", "wang", "二"))
        while not second.done():
            assert listener.typing
            await asyncio.sleep(0.01)
        await asyncio.sleep(0)
        assert not listener.typing
