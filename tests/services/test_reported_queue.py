"""The queue as it was met: honest waits, nobody judges their own score, and the log tells what the program did."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from bot.domain.conversation import HandoffReason, Owner
from bot.domain.errors import StaleView
from bot.domain.staff import Skill
from bot.services import conversations, desk, queue
from bot.services.audit import list_audit
from bot.services.audit_words import action_words
from bot.store.database import Database
from tests.services.desks import Room, demo_content


@pytest.fixture
def room(database: Database) -> Room:
    return Room(database, demo_content())


def expected(room: Room, conversation_id: str, **more: Any) -> int | None:
    hours = room.content.dealership.profile.consultants_online
    return queue.expected_minutes(room.database, conversation_id, room.now, hours, **more)


def measured(room: Room, **wait: float) -> None:
    """Five customers waited so long, one after the other."""
    lin = room.staff("lin", online=False)
    for number in range(5):
        id_ = room.waiting(f"measured{number}")
        room.later(**wait)
        desk.take(room.database, room.content, id_, lin, room.now)


def test_a_night_is_no_wait(room: Room) -> None:
    lin = room.staff("lin", online=False)
    for number in range(5):
        room.now = datetime(2026, 11, 17 + number, 20, 58, tzinfo=room.now.tzinfo)
        id_ = room.waiting(f"evening{number}")
        room.now = (room.now + timedelta(days=1)).replace(hour=8, minute=34)
        desk.take(room.database, room.content, id_, lin, room.now)
    room.later(hours=1)
    minutes = expected(room, room.waiting("next"))
    assert minutes is not None
    assert minutes <= 6


def test_the_place_counts(room: Room) -> None:
    measured(room, minutes=4)
    ids = []
    for number in range(16):
        ids.append(room.waiting(f"c{number}"))
        room.later(seconds=1)
    assert [expected(room, ids[number]) for number in (0, 1, 9, 14)] == [4, 8, 40, 60]
    assert expected(room, ids[15]) is None
    assert expected(room, room.conversation("new"), place=3) == 12


def test_who_was_taken_at_once_says_nothing(room: Room) -> None:
    measured(room, seconds=1)
    assert expected(room, room.waiting("next")) is None


def test_who_waited_together_was_taken_in_turn(room: Room) -> None:
    lin = room.staff("lin", online=False)
    ids = []
    for number in range(6):
        ids.append(room.waiting(f"c{number}"))
        room.later(seconds=1)
    for id_ in ids:
        room.later(minutes=3)
        desk.take(room.database, room.content, id_, lin, room.now)
    assert expected(room, room.waiting("next")) == 3


def test_a_line_that_stands_still_takes_longer(room: Room) -> None:
    measured(room, minutes=6)
    first, second = sorted([room.waiting("a"), room.waiting("b")])
    room.later(minutes=4)
    assert (expected(room, first), expected(room, second)) == (2, 8)
    room.later(minutes=6)
    assert (expected(room, first), expected(room, second)) == (10, 20)


def test_nobody_is_promised_after_the_end_of_duty(room: Room) -> None:
    measured(room, minutes=20)
    room.now = room.now.replace(hour=20, minute=50)
    assert expected(room, room.waiting("late")) is None


def low_score(room: Room, scored: str) -> str:
    id_ = room.conversation("angry")
    about = {"facts": {}, "scored": scored}
    with room.database.transaction() as session:
        row = conversations.locked(session, id_)
        conversations.queue_up(session, row, HandoffReason.LOW_SCORE, about, room.now)
    return id_


def test_a_low_score_goes_to_somebody_else(room: Room) -> None:
    lin = room.staff("lin", *Skill)
    id_ = low_score(room, "lin")
    room.serve()
    assert room.owner(id_)[0] is Owner.QUEUE
    room.beat(lin)
    room.staff("zhou", *Skill)
    room.serve()
    assert room.owner(id_) == (Owner.ADVISER, "zhou")


def test_the_log_tells_what_the_program_gave_and_took(room: Room) -> None:
    room.staff("lin")
    id_ = room.waiting()
    room.serve()
    for _ in range(2):
        room.later(minutes=5)
        room.serve()
    lines = list_audit(room.database, username="system", conversation_id=id_)
    assert [(line.action, line.details) for line in lines] == [
        ("conversation.lost", {"from": "lin"}),
        ("conversation.assigned", {"to": "lin"}),
    ]
    assert all("对话：" in action_words(line.action) for line in lines)


def test_a_note_goes_with_the_conversation(room: Room) -> None:
    lin = room.staff("lin")
    room.staff("zhou")
    id_ = room.waiting()
    desk.take(room.database, room.content, id_, lin, room.now)
    room.later(seconds=1)
    desk.transfer(room.database, room.content, id_, lin, room.now, to_username="zhou", note="要谈价")
    ended, begun = room.handoffs(id_)
    assert (ended.note, begun.summary["before"]["note"]) == ("要谈价", "要谈价")


def test_an_older_page_of_ones_own_is_told_to_reload(room: Room) -> None:
    lin = room.staff("lin")
    id_ = room.waiting()
    desk.take(room.database, room.content, id_, lin, room.now)
    with pytest.raises(StaleView) as stale:
        desk.reply(room.database, id_, lin, "您好", room.now, epoch=0)
    assert stale.value.words == "对话状态已变化，请刷新后再发"
