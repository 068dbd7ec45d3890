"""What testers missed at work: a conversation that is given to somebody is new, and what is over can be found."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.domain.conversation import Outcome, Owner
from bot.domain.staff import Role
from bot.services import desk, receipts, workplace
from bot.services.masking import mask_phones, phones_in
from bot.services.staff import Staff
from bot.services.workplace import Line, Scope
from tests.installations import filled_database
from tests.services.desks import Room, demo_content


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    database, _ = filled_database(tmp_path)
    yield Room(database, demo_content())
    database.close()


def given(room: Room) -> tuple[str, Staff, Staff]:
    """Lin has a conversation, has read and answered everything, and gives it to Chen."""
    lin, chen = room.staff("lin"), room.staff("chen")
    id_ = room.waiting()
    room.says("我要换人")
    desk.take(room.database, room.content, id_, lin, room.now)
    desk.reply(room.database, id_, lin, "好的", room.now)
    receipts.staff_saw(room.database, id_, 99)
    desk.transfer(room.database, room.content, id_, lin, room.now, "chen", note="客户要看 X5")
    return id_, lin, chen


def mine(room: Room, staff: Staff) -> Line:
    [line] = workplace.desk_view(room.database, staff).mine
    return line


def over(room: Room, staff: Staff, words: str = "") -> list[tuple[str, Owner]]:
    found = workplace.list_lines(room.database, staff, Scope.CLOSED, room.now, words)
    return [(line.id, line.state) for line in found]


def test_what_a_colleague_passed_on_is_new_until_it_was_opened(room: Room) -> None:
    id_, _, chen = given(room)

    assert mine(room, chen).unread == 1
    receipts.staff_saw(room.database, id_, room.row(id_).last_seq)
    assert mine(room, chen).unread == 0


def test_what_the_queue_gave_out_is_new_and_what_one_takes_is_not(room: Room) -> None:
    lin = room.staff("lin")
    room.waiting()
    room.serve()
    assert mine(room, lin).unread == 1

    chen = room.staff("chen")
    other = room.waiting("zhao")
    desk.take(room.database, room.content, other, chen, room.now)
    assert mine(room, chen).unread == 0


def test_a_conversation_stays_marked_until_somebody_answers(room: Room) -> None:
    id_, _, chen = given(room)
    assert not mine(room, chen).unanswered
    room.says("在吗")
    receipts.staff_saw(room.database, id_, 99)

    assert (mine(room, chen).unread, mine(room, chen).unanswered) == (0, True)
    desk.reply(room.database, id_, chen, "在的", room.now)
    assert not mine(room, chen).unanswered


def test_what_is_over_stays_in_the_list_whatever_became_of_it(room: Room) -> None:
    id_, lin, chen = given(room)
    desk.release(room.database, room.content, id_, chen, room.later(minutes=1))
    boss = room.staff("boss", role=Role.MANAGER, online=False)

    assert over(room, chen) == over(room, boss) == [(id_, Owner.BOT)]
    assert over(room, lin) == []
    room.later(days=15)
    assert over(room, chen) == []
    assert over(room, chen, "换人") == [(id_, Owner.BOT)]


def test_one_who_was_dismissed_from_the_queue_is_in_the_list(room: Room) -> None:
    lin = room.staff("lin")
    id_ = room.waiting()
    desk.close(room.database, room.content, id_, lin, room.now, Outcome.SPAM)
    assert over(room, lin) == [(id_, Owner.CLOSED)]

    room.says("还有件事")
    assert over(room, lin) == [(id_, Owner.BOT)]


def test_identity_cards_are_masked_and_are_no_telephone_numbers() -> None:
    text = "身份证 330106199003071234，手机 +86 138-1234-5678"

    assert mask_phones(text) == "身份证 330106********1234，手机 +86 138****5678"
    assert mask_phones("33010619900307123X") == "330106********123X"
    assert mask_phones("订单 990106199913071234") == "订单 990106199913071234"
    assert phones_in(text) == ["13812345678"]
