"""What consultants reported of the desk: who gets a conversation, call-backs after closing, when a case is due."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from bot.domain.conversation import Outcome, Owner
from bot.domain.errors import InvalidInput
from bot.domain.staff import Role
from bot.services import cases, desk, disruptions
from bot.services.audit import Actor
from bot.services.callbacks import promise_call
from bot.services.cases import CaseKind, CaseStatus, list_cases, open_case
from bot.store.database import Database
from bot.store.staff_tables import Case
from bot.store.tables import Conversation, Customer
from tests.services.bookings import DEMO, at, book
from tests.services.desks import CUSTOMER, NOW, Room, demo_content

PHONE = "13812345678"


@pytest.fixture
def room(database: Database) -> Room:
    return Room(database, demo_content())


def test_who_has_least_to_do_gets_the_next_one(room: Room) -> None:
    busy = room.staff("busy")
    for sender in ("a", "b", "c"):
        desk.take(room.database, room.content, room.waiting(sender), busy, room.now)
    room.later(seconds=30)
    room.beat(busy)
    room.staff("fresh")  # has just come, so is not idle longest
    fourth = room.waiting("d")
    room.serve()
    assert room.owner(fourth) == (Owner.ADVISER, "fresh")


def closed(
    room: Room, outcome: Outcome = Outcome.CALL_BACK, note: str | None = "想谈置换"
) -> tuple[str, Any]:
    """A conversation that Lin has ended; its open call-back, or None."""
    lin = room.staff("lin")
    id_ = room.waiting()
    desk.take(room.database, room.content, id_, lin, room.now)
    desk.close(room.database, room.content, id_, lin, room.now, outcome, note)
    return id_, callback(room, id_)


def callback(room: Room, id_: str) -> Any:
    found = list_cases(room.database, CaseKind.CALLBACK, CaseStatus.OPEN)
    return next((case for case in found if case.conversation_id == id_), None)


def belongs(room: Room, phone: str) -> None:
    """The customer who will write is on record."""
    id_ = room.conversation(CUSTOMER)
    with room.database.transaction() as session:
        session.add(Customer(id="wang", phone=phone, name="王小明", created_at=room.now))
        session.flush()
        row = session.get(Conversation, id_)
        assert row is not None
        row.customer_id = "wang"


def test_a_call_back_is_a_case_and_not_only_a_word(room: Room) -> None:
    belongs(room, PHONE)
    id_, case = closed(room)
    assert (case.phone, case.adviser, case.details["note"]) == (PHONE, "lin", "想谈置换")
    assert case.details["name"] == "王小明"
    assert case.due_at == at("11-22 10:30")
    assert any("回电工单" in line and "10:30" in line for line in room.internal(id_))


def test_at_night_it_is_due_when_somebody_is_there_again(room: Room) -> None:
    room.now = at("11-22 22:30")
    _, case = closed(room, note=None)
    assert (case.phone, case.due_at) == (None, at("11-23 08:30"))


def test_an_hour_that_was_promised_stays(room: Room) -> None:
    id_ = room.conversation()
    known = open_case(room.database, CaseKind.CALLBACK, id_, room.now, {"complete": True})
    promise_call(room.database, known, at("11-22 16:00"), room.now)
    same, case = closed(room)
    assert (same, case.id, case.due_at, case.details["note"]) == (id_, known, at("11-22 16:00"), "想谈置换")
    assert len(list_cases(room.database, CaseKind.CALLBACK)) == 1


def test_other_endings_ask_nobody_to_call(room: Room) -> None:
    assert closed(room, Outcome.SOLVED)[1] is None


@pytest.mark.parametrize(
    ("now", "due"),
    [
        ("11-28 09:30", "11-28 11:30"),  # within two hours on duty
        ("11-28 13:15", "11-28 13:30"),  # before the customer leaves for the visit at 14:00
        ("11-28 13:45", "11-28 14:00"),
        ("11-27 22:00", "11-28 09:30"),  # the first hour of the next day
    ],
)
def test_nobody_is_late_the_minute_something_drops_out(database: Database, now: str, due: str) -> None:
    visit = book(database)  # Saturday 14:00
    moment: datetime = at(now)
    start, end = max(moment, at("11-28 12:00")), at("11-28 18:00")
    disruptions.begin_outage(database, DEMO, moment, "east-car-x5", start, end, "检修", "manager")
    with database.reading() as session:
        [case] = session.scalars(sa.select(Case))
    assert (case.details["visit"], case.due_at) == (visit.id, at(due))


def test_only_who_sees_cases_can_look_after_one(room: Room) -> None:
    room.staff("editor", role=Role.CONTENT_EDITOR)
    room.staff("lin")
    id_ = open_case(room.database, CaseKind.CALLBACK, room.conversation(), NOW, {})
    boss = Actor("boss", None)
    with pytest.raises(InvalidInput):
        cases.assign_case(room.database, id_, "editor", boss, NOW + timedelta(minutes=1))
    assert cases.assign_case(room.database, id_, "lin", boss, NOW).adviser == "lin"
