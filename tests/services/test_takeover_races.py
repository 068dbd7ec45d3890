"""Nobody talks over a person, and two never have one conversation: forced races, with controls.

``make proof`` runs a thousand take-overs, every test run a tenth of them.
"""

from __future__ import annotations

import asyncio
import random
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa

from bot import clock
from bot.domain.conversation import Author, HandoffReason, Owner
from bot.domain.errors import StaleView
from bot.domain.staff import Role
from bot.services import desk, messages, queue
from bot.services.messages import Answer, HandoffRequest, Inbound, Received, Utterance
from bot.services.staff import Staff
from bot.services.turns import Turns
from bot.services.wakeups import Wakeups
from bot.store.database import Database
from bot.store.tables import Conversation
from tests.proof import size
from tests.services.desks import NOW, Room, demo_content

pytestmark = pytest.mark.slow

TAKEOVERS, AT_ONCE = size(100, 1000), 20
RIVALRIES = size(6, 100)


@pytest.fixture
def room(database: Database) -> Room:
    return Room(database, demo_content())


class Slow:
    """A dialogue that thinks for a while, in which ``meanwhile`` happens, and sometimes wants to hand over."""

    def __init__(self, meanwhile: Callable[[str], Any]) -> None:
        self.meanwhile, self.random, self.asked = meanwhile, random.Random(5), 0

    def look_ahead(self, *_: object) -> None:
        """It needs nothing."""

    async def reply(self, conversation_id: str, *_: object) -> Answer:
        self.asked += 1
        loop, hands_over = asyncio.get_running_loop(), self.asked % 5 == 0
        taking = loop.run_in_executor(None, self.meanwhile, conversation_id)
        if self.asked % 2:
            await taking  # taken while the bot thinks; otherwise about when it answers
        else:
            await asyncio.sleep(self.random.random() * 0.02)
        handoff = HandoffRequest(HandoffReason.ASKED, {"facts": {}}) if hands_over else None
        return Answer([Utterance("第一句"), Utterance("第二句")], handoff)

    async def intent(self, text: str) -> str:
        return "nlu_fallback"


async def take_over_again_and_again(room: Room, number: int) -> Slow:
    """So many customers write; an adviser takes each of them while the bot is answering."""
    advisers = [room.staff(f"adviser{each}", online=False) for each in range(4)]

    def take(conversation_id: str) -> None:
        staff = advisers[hash(conversation_id) % len(advisers)]
        desk.take(room.database, room.content, conversation_id, staff, NOW)

    dialogue = Slow(take)
    content: Any = SimpleNamespace(current=lambda: room.content)
    turns = Turns(room.database, content, dialogue, Wakeups(), 1000)
    for start in range(0, number, AT_ONCE):
        senders = range(start, min(start + AT_ONCE, number))
        await asyncio.gather(*(turns.handle(Inbound("web", f"c{each}", "你好")) for each in senders))
    while any(row.state != Owner.ADVISER.value for row in conversations_of(room)):
        await asyncio.sleep(0.01)  # the last takes are still under way
    return dialogue


def conversations_of(room: Room) -> list[Conversation]:
    with room.database.reading() as session:
        return list(session.scalars(sa.select(Conversation)))


def leaks(room: Room) -> int:
    """Messages of the bot after an adviser had taken the conversation."""
    found = 0
    for row in conversations_of(room):
        lines = messages.messages_after(room.database, row.id, internal=True)
        taken = next(line.seq for line in lines if line.internal)
        found += sum(line.author is Author.BOT and line.seq > taken for line in lines)
    return found


async def test_no_bot_message_after_the_take(room: Room) -> None:
    dialogue = await take_over_again_and_again(room, TAKEOVERS)
    assert dialogue.asked == len(conversations_of(room)) == TAKEOVERS
    assert leaks(room) == 0


async def test_control_without_the_epoch_check_the_bot_talks_over_the_adviser(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked = messages.answer

    def unchecked(database: Database, received: Received, said: Any, now: Any, *more: Any) -> Any:
        epoch = room.view(received.conversation_id).epoch
        return checked(database, replace(received, epoch=epoch), said, now, None)

    monkeypatch.setattr(messages, "answer", unchecked)
    await take_over_again_and_again(room, AT_ONCE)
    assert leaks(room) > 0


async def test_an_hour_later_the_bot_is_still_silent(room: Room) -> None:
    dialogue = await take_over_again_and_again(room, AT_ONCE)
    asked, content = dialogue.asked, SimpleNamespace(current=lambda: room.content)
    turns = Turns(room.database, content, dialogue, Wakeups(), 1000)  # type: ignore[arg-type]
    clock.clock.set(room.later(minutes=61))
    try:
        room.serve()
        outcomes = [
            await turns.handle(Inbound("web", f"c{each}", "返回机器人，在吗")) for each in range(AT_ONCE)
        ]
    finally:
        clock.clock.set(None)
    assert [outcome.replies for outcome in outcomes] == [()] * AT_ONCE
    assert dialogue.asked == asked
    assert leaks(room) == 0


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """Everybody starts together; gives what each got, a ``StaleView`` being one of the answers."""
    barrier = threading.Barrier(len(acts))

    def run(act: Callable[[], Any]) -> Any:
        barrier.wait()
        try:
            return act()
        except StaleView as stale:
            return stale

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def test_of_many_who_take_one_conversation_one_wins(room: Room) -> None:
    rivals: list[Staff] = [room.staff(f"r{number}", role=Role.MANAGER) for number in range(4)]
    for number in range(RIVALRIES):
        id_ = room.waiting(f"c{number}")
        takes = [partial(desk.take, room.database, room.content, id_, each, NOW) for each in rivals]
        got = at_once(*takes)
        won = [each for each in got if not isinstance(each, StaleView)]
        assert len(won) == 1
        assert {each.adviser for each in got if isinstance(each, StaleView)} == {won[0].adviser_name}
        assert room.view(id_).epoch == 2
        assert len(room.seen(id_)) == 1


def test_who_loses_it_while_writing_does_not_send(room: Room) -> None:
    lin, boss = room.staff("lin"), room.staff("boss", role=Role.MANAGER)
    for number in range(RIVALRIES):
        id_ = room.waiting(f"c{number}")
        epoch = desk.take(room.database, room.content, id_, lin, NOW).epoch
        at_once(
            partial(desk.reply, room.database, id_, lin, "您好", NOW, epoch),
            partial(desk.take, room.database, room.content, id_, boss, NOW, away=True),
        )
        lines = messages.messages_after(room.database, id_, internal=True)
        away = next(line.seq for line in lines if line.internal and "Boss" in line.text)
        assert all(line.seq < away for line in lines if line.username == "lin" and not line.internal)


def test_processes_that_give_out_at_once_keep_the_limit(room: Room) -> None:
    room.staff("lin", limit=3)
    ids = [room.waiting(f"c{number}") for number in range(8)]
    given = partial(queue.assign_waiting, room.database, room.content, room.now)
    at_once(given, given, given)
    assert sorted(room.owner(id_)[1] or "" for id_ in ids) == [""] * 5 + ["lin"] * 3
    assert all(room.view(id_).epoch <= 2 for id_ in ids)


def test_everything_at_once_locks_nobody_out(room: Room) -> None:
    """Transfers across, heartbeats, the queue's service: no deadlock, and in the end one owner each."""
    lin, zhou = room.staff("lin", limit=50), room.staff("zhou", limit=50)
    for number in range(RIVALRIES):
        ids = [room.waiting(f"a{number}"), room.waiting(f"b{number}")]
        for id_, staff in zip(ids, (lin, zhou), strict=True):
            desk.take(room.database, room.content, id_, staff, NOW)
        room.waiting(f"w{number}")
        pass_on = partial(desk.transfer, room.database, room.content)
        at_once(
            partial(pass_on, ids[0], lin, NOW, to_username="zhou"),
            partial(pass_on, ids[1], zhou, NOW, to_username="lin"),
            partial(room.beat, lin),
            partial(room.beat, zhou),
            room.serve,
        )
        assert [room.owner(id_)[1] for id_ in ids] == ["zhou", "lin"]
