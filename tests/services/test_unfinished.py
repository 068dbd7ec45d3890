"""Every message gets one outcome: what a killed process left is finished by a living one, and nothing is said twice."""

from __future__ import annotations

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from bot.clock import TIME_ZONE
from bot.domain.conversation import HandoffReason
from bot.services import messages
from bot.services.content.snapshot import ContentStore
from bot.services.messages import HandoffRequest, Inbound, Received, StoredMessage, Utterance
from bot.services.turns import Turns
from bot.services.unfinished import Unfinished
from bot.services.wakeups import Wakeups
from bot.store.database import Database
from bot.store.staff_tables import Handoff
from tests.database import KINDS, open_database
from tests.installations import filled_database
from tests.services.dialogues import Echo

NOW = datetime(2026, 11, 22, 10, tzinfo=TIME_ZONE)
ASKED = HandoffRequest(HandoffReason.ASKED, {"facts": {}})
Filled = tuple[Database, ContentStore]


@pytest.fixture
def filled(tmp_path: Path) -> Filled:
    return filled_database(tmp_path)


def process(filled: Filled, dialogue: Echo, longest: int = 1000) -> Turns:
    """The turns of one more process, which shares no lock with the others."""
    return Turns(*filled, dialogue, Wakeups(), longest)


def inbound(text: str, sender: str = "wang") -> Inbound:
    return Inbound("rest", sender, text, f"id-{text}")


async def dies_with(filled: Filled, text: str, longest: int = 1000) -> Received:
    """A message whose process is killed in the middle of the turn."""
    received, turn = await process(filled, Echo(seconds=600), longest).take(inbound(text))
    await asyncio.sleep(0.05)
    turn.cancel()
    return received


def said(filled: Filled, received: Received) -> list[str]:
    return [row.text for row in messages.messages_after(filled[0], received.conversation_id)]


@pytest.mark.parametrize("kind", KINDS)
def test_only_one_of_many_answers_is_stored(
    kind: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    database, rivals = open_database(kind, tmp_path), 8
    received = messages.receive(database, inbound("你好"), NOW)

    def answer(number: int) -> list[StoredMessage] | None:
        return messages.answer(database, received, [Utterance(f"答 {number}")], NOW, ASKED)

    with ThreadPoolExecutor(rivals) as pool:
        answers = list(pool.map(answer, range(rivals)))
    stored = messages.replies_to(database, received.conversation_id, received.seq)

    assert len(stored) == 1
    assert answers == [stored] * rivals
    with database.reading() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Handoff)) == 1
    assert caplog.text.count("a second one was dropped") == rivals - 1
    database.close()


async def test_two_processes_without_a_common_lock_answer_once(filled: Filled) -> None:
    dialogues = [Echo(seconds=0.1), Echo(seconds=0.1)]
    outcomes = await asyncio.gather(*(process(filled, each).handle(inbound("你好")) for each in dialogues))

    assert [len(each.heard) for each in dialogues] == [1, 1]  # both worked on it
    assert outcomes[0].replies == outcomes[1].replies
    received = messages.receive(filled[0], inbound("你好"), NOW)
    assert said(filled, received) == ["你好", "echo 你好"]


async def test_the_next_message_finds_the_one_before_unanswered_and_answers_it_first(filled: Filled) -> None:
    left = await dies_with(filled, "一")
    dialogue = Echo()
    outcome = await process(filled, dialogue).handle(inbound("二"))

    assert [text for _, text in dialogue.heard] == ["一", "二"]
    assert [reply.text for reply in outcome.replies] == ["echo 二"]
    assert said(filled, left) == ["一", "二", "echo 一", "echo 二"]


async def test_one_that_cannot_be_answered_does_not_keep_the_next(
    filled: Filled, monkeypatch: pytest.MonkeyPatch
) -> None:
    await dies_with(filled, "一")
    store = messages.answer

    def fail(database: Database, received: Received, *rest: Any) -> Any:
        if received.for_bot == "一":
            raise RuntimeError("broken")
        return store(database, received, *rest)

    monkeypatch.setattr(messages, "answer", fail)
    outcome = await process(filled, Echo()).handle(inbound("二"))
    assert [reply.text for reply in outcome.replies] == ["echo 二"]


async def test_a_living_process_finishes_what_a_dead_one_left(
    filled: Filled, caplog: pytest.LogCaptureFixture
) -> None:
    left = await dies_with(filled, "一")
    dialogue = Echo()
    turns = process(filled, dialogue)
    looking = Unfinished(filled[0], turns, every=0.02, after=0.1)
    looking.start()
    while len(said(filled, left)) < 2:
        await asyncio.sleep(0.02)
    await looking.close()

    assert said(filled, left) == ["一", "echo 一"]
    assert left.conversation_id in caplog.text
    assert await looking.look() == 0


async def test_what_is_being_answered_or_has_just_come_is_left_alone(filled: Filled) -> None:
    dialogue = Echo(seconds=0.3)
    turns = process(filled, dialogue)
    _, turn = await turns.take(inbound("一"))
    await dies_with(filled, "二")

    assert await Unfinished(filled[0], turns, after=60).look() == 0
    at_once = Unfinished(filled[0], turns, after=0)
    assert await at_once.look() == 1  # the second alone
    await turn
    await turns.close()
    assert [text for _, text in dialogue.heard] == ["一", "二"]
    assert await at_once.look() == 0


async def test_what_fails_is_tried_again_but_more_and_more_seldom(
    filled: Filled, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL)
    await dies_with(filled, "一")
    turns, store, moment = process(filled, Echo()), messages.answer, [0.0]
    monkeypatch.setattr("bot.services.unfinished.time.monotonic", lambda: moment[0])
    looking, tries = Unfinished(filled[0], turns, after=8), []

    async def look_for(seconds: int) -> None:
        for _ in range(seconds):
            moment[0] += 1
            if await looking.look():
                tries.append(int(moment[0]))
                await turns.close()

    def fail(*_: Any) -> None:
        raise RuntimeError("the database is away")

    monkeypatch.setattr(messages, "answer", fail)
    await look_for(60)
    assert tries == [9, 25, 57]
    monkeypatch.setattr(messages, "answer", store)
    await look_for(64)
    assert tries[3:] == [121]
    assert messages.unanswered(filled[0]) == []


async def test_too_long_stays_too_long_for_whoever_finishes_it(filled: Filled) -> None:
    received = messages.receive(filled[0], Inbound("rest", "wang", "试" * 10, is_cut=True), NOW)
    dialogue = Echo()
    turns = process(filled, dialogue, longest=10)
    assert await turns.finish_interrupted() == 1

    assert dialogue.heard == []
    assert "10" in said(filled, received)[1]
