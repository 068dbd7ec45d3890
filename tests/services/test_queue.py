"""The waiting line, who gets a conversation, and leases that end: all timers are in the database."""

from __future__ import annotations

from datetime import datetime

import pytest

from bot.domain.conversation import HandoffReason, Owner
from bot.domain.staff import Presence, Skill
from bot.services import desk, presence, queue
from bot.store.database import Database
from bot.store.tables import Conversation, Customer
from tests.services.desks import NOW, Room, demo_content

ADVISER, QUEUE = Owner.ADVISER, Owner.QUEUE


@pytest.fixture
def room(database: Database) -> Room:
    return Room(database, demo_content())


def taken(room: Room, *, online: bool = True) -> tuple[str, desk.Staff]:
    lin = room.staff("lin", online=online)
    id_ = room.waiting()
    desk.take(room.database, room.content, id_, lin, room.now)
    return id_, lin


def expected(room: Room, conversation_id: str, now: datetime) -> int | None:
    hours = room.content.dealership.profile.consultants_online
    return queue.expected_minutes(room.database, conversation_id, now, hours)


def places(room: Room, *ids: str) -> list[int]:
    return [queue.place_in_queue(room.database, id_) for id_ in ids]


def test_a_place_is_the_order_of_serving(room: Room) -> None:
    asked = room.waiting("a")
    room.later(minutes=1)
    complaint = room.waiting("b", HandoffReason.COMPLAINT)
    later = room.waiting("c")
    rescue = room.waiting("d", HandoffReason.RESCUE, Skill.SALES)

    order = [each.conversation_id for each in queue.waiting_list(room.database)]
    assert order == [rescue, complaint, asked, later]
    assert places(room, rescue, asked, later, complaint) == [1, 2, 3, 1]


def test_the_place_that_one_would_get(room: Room) -> None:
    id_ = room.conversation("new")
    room.waiting("a")
    room.waiting("b", HandoffReason.COMPLAINT)
    assert queue.place_in_queue(room.database, id_) == 2
    assert queue.place_in_queue(room.database, id_, HandoffReason.RESCUE, {"skill": "sales"}) == 1
    assert queue.place_in_queue(room.database, id_, "asked_for_a_person", {"skill": "service"}) == 1


def test_who_lost_their_adviser_does_not_start_anew(room: Room) -> None:
    lin = room.staff("lin", online=False)
    lost = room.waiting("lost")
    desk.take(room.database, room.content, lost, lin, room.now)
    waiting = room.waiting("waiting")
    room.later(hours=5)
    room.serve()
    room.later(minutes=3)
    room.serve()
    assert room.owner(lost)[0] is QUEUE
    assert places(room, lost, waiting) == [1, 2]


def test_the_wait_is_what_was_measured(room: Room) -> None:
    lin = room.staff("lin", online=False)
    for number in range(5):
        id_ = room.waiting(f"c{number}")
        assert expected(room, id_, room.now) is None
        desk.take(room.database, room.content, id_, lin, room.later(minutes=6))
    id_ = room.waiting("next")

    assert expected(room, id_, room.now) == 6
    assert expected(room, id_, room.later(minutes=4)) == 2
    assert expected(room, id_, room.later(minutes=4)) == 8
    service = room.waiting("service", skill=Skill.SERVICE)
    assert expected(room, service, room.now) is None


def test_the_longest_idle_with_the_skill_gets_it_up_to_the_limit(room: Room) -> None:
    room.staff("lin", limit=1)
    room.later(seconds=10)
    room.staff("zhou", limit=1)
    room.staff("wu", Skill.SERVICE)
    ids = []
    for name in ("a", "b", "c"):
        room.later(seconds=1)
        ids.append(room.waiting(name))
    told = room.serve()

    assert [room.owner(id_) for id_ in ids] == [(ADVISER, "lin"), (ADVISER, "zhou"), (QUEUE, None)]
    assert told == ids[:2]
    assert "Lin" in room.seen(ids[0])[-1]
    assert room.internal(ids[0]) == ["系统把会话分给了 Lin"]


def test_only_who_is_online_gets_work(room: Room) -> None:
    away, gone = room.staff("away"), room.staff("gone")
    id_ = room.waiting()
    room.beat(away, Presence.AWAY)
    room.later(seconds=61)
    room.beat(away)
    room.serve()
    assert room.owner(id_) == (QUEUE, None)
    room.beat(gone)
    room.serve()
    assert room.owner(id_) == (ADVISER, "gone")


@pytest.mark.parametrize("skill", [Skill.SALES, Skill.COMPLAINT])
def test_the_own_adviser_comes_first_but_not_for_a_complaint(room: Room, skill: Skill) -> None:
    room.staff("first", Skill.SALES, Skill.COMPLAINT)
    room.later(seconds=10)
    room.staff("own", Skill.SALES, Skill.COMPLAINT, resource="adviser-1")
    id_ = room.waiting(skill=skill)
    with room.database.transaction() as session:
        session.add(Customer(id="c", phone="13800000001", adviser="adviser-1", created_at=NOW))
        session.get(Conversation, id_).customer_id = "c"
    room.serve()
    assert room.owner(id_)[1] == ("own" if skill is Skill.SALES else "first")


def test_who_passes_it_on_does_not_get_it_back(room: Room) -> None:
    id_, lin = taken(room)
    desk.transfer(room.database, room.content, id_, lin, room.now, skill=Skill.SERVICE)
    room.serve()
    assert room.owner(id_) == (QUEUE, None)
    room.staff("wu", Skill.SERVICE)
    room.serve()
    assert room.owner(id_) == (ADVISER, "wu")


def test_picked_by_hand(room: Room) -> None:
    room.content = demo_content(assignment="by_hand")
    room.staff("lin")
    id_ = room.waiting()
    room.serve()
    assert room.owner(id_) == (QUEUE, None)


def test_a_lost_lease_gets_a_grace_time_and_then_the_next_adviser(room: Room) -> None:
    id_, lin = taken(room)
    room.later(seconds=89)
    assert room.serve() == []
    room.later(seconds=1)
    assert room.serve() == [id_]
    assert room.owner(id_) == (ADVISER, "lin")
    room.later(seconds=119)
    assert room.serve() == []
    room.later(seconds=1)
    assert room.serve() == [id_]

    assert room.owner(id_)[0] is QUEUE
    assert "1" in room.seen(id_)[-1]
    assert room.internal(id_)[-1] == "Lin 断线太久，会话回到排队"
    assert room.handoffs(id_)[0].outcome == "lost_lease"
    with pytest.raises(desk.StaleView):
        desk.reply(room.database, id_, lin, "回来了", room.now)
    room.staff("zhou")
    room.serve()
    assert room.owner(id_) == (ADVISER, "zhou")


def test_when_nobody_is_on_duty_the_customer_hears_until_when(room: Room) -> None:
    room.now = NOW.replace(hour=19, minute=59)
    id_, _ = taken(room)
    for seconds in (90, 120):
        room.later(seconds=seconds)
        room.serve()
    assert "明天" in room.seen(id_)[-1]


def test_a_heartbeat_heals_even_in_the_grace_time(room: Room) -> None:
    id_, lin = taken(room)
    room.later(seconds=100)
    room.serve()
    assert room.row(id_).grace_until is not None
    room.beat(lin)
    room.later(seconds=80)
    assert room.serve() == []
    assert (room.owner(id_), room.row(id_).grace_until) == ((ADVISER, "lin"), None)


def test_the_clock_goes_on_by_an_hour_and_nobody_loses_anything(room: Room) -> None:
    id_, lin = taken(room)
    room.later(minutes=61)
    room.serve()
    assert room.owner(id_) == (ADVISER, "lin")
    room.beat(lin)
    room.later(seconds=30)
    room.serve()
    assert room.owner(id_) == (ADVISER, "lin")
    assert room.says("我又来了").owner is ADVISER


def test_who_works_by_the_api_alone_is_not_asked_for_heartbeats(room: Room) -> None:
    id_, lin = taken(room, online=False)
    room.later(hours=3)
    room.serve()
    desk.reply(room.database, id_, lin, "还在", room.now)
    room.later(hours=3)
    presence.touch(room.database, id_, lin, room.now)
    room.later(hours=3)
    room.serve()
    assert (room.owner(id_), room.row(id_).grace_until) == ((ADVISER, "lin"), None)


def test_who_goes_offline_keeps_nothing(room: Room) -> None:
    id_, lin = taken(room)
    for _ in range(12):
        room.later(seconds=20)
        room.beat(lin, Presence.OFFLINE)
        room.serve()
    assert room.owner(id_)[0] is QUEUE


def test_who_takes_by_hand_while_offline_is_away_and_keeps_it(room: Room) -> None:
    lin = room.staff("lin")
    room.beat(lin, Presence.OFFLINE)
    id_ = room.waiting()
    desk.take(room.database, room.content, id_, lin, room.now)
    for _ in range(12):
        room.later(seconds=20)
        assert room.beat(lin) is Presence.AWAY
        room.serve()
    assert room.owner(id_) == (ADVISER, "lin")


def test_every_timer_is_in_the_database(room: Room) -> None:
    """Another process, which knows nothing else, ends the lease and gives the conversation out."""
    id_, _ = taken(room)
    room.later(seconds=100)
    room.serve()
    room.later(seconds=130)
    other = Room(Database(str(room.database.url)), room.content, room.now)
    other.staff("zhou")
    other.serve()
    assert other.owner(id_) == (ADVISER, "zhou")
    other.database.close()
