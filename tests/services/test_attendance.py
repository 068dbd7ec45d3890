"""Who came and who did not, and the adviser's confirmation after repeated no-shows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from bot.domain.booking import VisitKind, VisitRequest, VisitStatus
from bot.domain.dealership import Dealership
from bot.domain.errors import Conflict, NotFound, WrongState
from bot.services import attendance, booking, disruptions
from bot.services.visits import BookedVisit, Contact, find_visit
from bot.store.database import Database
from bot.store.staff_tables import Case
from bot.store.tables import Customer, OutboxMessage
from tests.database import sqlite_database
from tests.services.bookings import DEMO, NOW, SERVICE, TWO, WANG, at, book, claims, hold
from tests.services.racing import is_consistent

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
MIDNIGHT = at("11-29 00:00")
Record = Callable[[Database, Dealership, datetime, str], BookedVisit]


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """SQLite alone: there are no rivals here."""
    database = sqlite_database(tmp_path)
    yield database
    database.close()


def rows(database: Database, table: Any, **values: Any) -> list[Any]:
    with database.reading() as session:
        return list(session.execute(sa.select(table).filter_by(**values)).scalars())


def own_adviser(database: Database) -> str | None:
    [customer] = rows(database, Customer)
    return None if customer.adviser is None else str(customer.adviser)


def own_adviser_of(database: Database, phone: str) -> str | None:
    [customer] = rows(database, Customer, phone=phone)
    return None if customer.adviser is None else str(customer.adviser)


def adviser_of(visit: BookedVisit) -> str:
    return next(name for name in visit.resources if "adviser" in name)


def miss(database: Database, times: int) -> None:
    """Book and do not come, on so many days in a row, from Monday the 23rd on."""
    for day in range(times):
        start = at(f"11-{23 + day} 10:00")
        visit = book(database, start, now=start - HOUR)
        attendance.no_show(database, DEMO, start + HOUR, visit.code)


def test_a_visit_from_arrival_to_the_end(database: Database) -> None:
    visit = book(database, request=SERVICE)
    here = attendance.check_in(database, DEMO, TWO - 10 * MINUTE, visit.code)
    assert (here.status, here.start, here.resources) == (VisitStatus.CHECKED_IN, TWO, visit.resources)
    assert claims(database)
    done = attendance.complete(database, DEMO, TWO + HOUR, visit.code)
    assert done.status is VisitStatus.COMPLETED
    assert claims(database) == set()


@pytest.mark.parametrize("record", [attendance.check_in, attendance.complete, attendance.no_show])
def test_recording_twice_is_recording_once(database: Database, record: Record) -> None:
    visit = book(database, conversation_id="c1")
    first = record(database, DEMO, TWO + MINUTE, visit.code)
    messages = len(rows(database, OutboxMessage))
    assert record(database, DEMO, TWO + 2 * MINUTE, visit.code) == first
    assert len(rows(database, OutboxMessage)) == messages


@pytest.mark.parametrize("record", [attendance.check_in, attendance.complete, attendance.no_show])
def test_nothing_reminds_of_it_any_more(database: Database, record: Record) -> None:
    visit = book(database, conversation_id="c1")
    assert rows(database, OutboxMessage, state="pending")
    record(database, DEMO, TWO + MINUTE, visit.code)
    waiting = rows(database, OutboxMessage, state="pending", channel="chat")
    assert [message.kind for message in waiting if message.kind != "ask_score"] == []


def test_the_door_opens_two_hours_before_and_closes_at_midnight(database: Database) -> None:
    visit = book(database)
    for early_or_late in (TWO - 2 * HOUR - MINUTE, MIDNIGHT):
        with pytest.raises(WrongState):
            attendance.check_in(database, DEMO, early_or_late, visit.code)
    assert attendance.check_in(database, DEMO, TWO - 2 * HOUR, visit.code).status is VisitStatus.CHECKED_IN
    late = book(database, at("11-28 09:00"))
    assert attendance.check_in(database, DEMO, MIDNIGHT - MINUTE, late.code).status is VisitStatus.CHECKED_IN


@pytest.mark.parametrize("record", [attendance.complete, attendance.no_show])
def test_nothing_is_over_before_it_began(database: Database, record: Record) -> None:
    visit = book(database)
    with pytest.raises(WrongState) as refused:
        record(database, DEMO, TWO - MINUTE, visit.code)
    assert "还没开始" in refused.value.words


@pytest.mark.parametrize("record", [attendance.check_in, attendance.complete, attendance.no_show])
def test_a_cancelled_visit_stays_cancelled(database: Database, record: Record) -> None:
    visit = book(database)
    booking.cancel_visit(database, DEMO, NOW, visit.code, None, by_staff=True)
    with pytest.raises(WrongState) as refused:
        record(database, DEMO, TWO + MINUTE, visit.code)
    assert "已经取消" in refused.value.words
    assert "登记到店登记" not in refused.value.words


@pytest.mark.parametrize("record", [attendance.check_in, attendance.complete, attendance.no_show])
def test_a_visit_without_a_time_needs_one_first(database: Database, record: Record) -> None:
    visit = book(database)
    disruptions.begin_outage(database, DEMO, NOW, "east-car-x5", TWO, TWO + HOUR, "检修", "manager")
    with pytest.raises(WrongState) as refused:
        record(database, DEMO, TWO + MINUTE, visit.code)
    assert "改期" in refused.value.words


def test_who_was_here_did_not_miss_it(database: Database) -> None:
    visit = book(database)
    attendance.check_in(database, DEMO, TWO, visit.code)
    with pytest.raises(WrongState):
        attendance.no_show(database, DEMO, TWO + HOUR, visit.code)


@pytest.mark.parametrize(
    "record", [attendance.check_in, attendance.complete, attendance.no_show, attendance.approve]
)
def test_an_unknown_code(database: Database, record: Record) -> None:
    with pytest.raises(NotFound):
        record(database, DEMO, NOW, "ABC234")


def test_a_finished_visit_can_no_longer_be_moved_or_cancelled(database: Database) -> None:
    visit = book(database)
    attendance.complete(database, DEMO, TWO + HOUR, visit.code)
    with pytest.raises(Conflict):
        booking.cancel_visit(database, DEMO, TWO + HOUR, visit.code, None, by_staff=True)


def test_a_visit_of_a_past_day_is_recorded_and_not_cancelled(database: Database) -> None:
    visit = book(database, conversation_id="c1")
    messages = len(rows(database, OutboxMessage))
    with pytest.raises(WrongState) as refused:
        booking.cancel_visit(database, DEMO, MIDNIGHT, visit.code, None, by_staff=True)
    assert "请登记完成或未到店" in refused.value.words
    assert len(rows(database, OutboxMessage)) == messages
    cancelled = booking.cancel_visit(database, DEMO, MIDNIGHT - MINUTE, visit.code, None, by_staff=True)
    assert cancelled.status is VisitStatus.CANCELLED
    assert booking.cancel_visit(database, DEMO, MIDNIGHT, visit.code, None, by_staff=True) == cancelled


def test_a_visit_of_a_past_day_that_lost_its_time_can_be_cancelled(database: Database) -> None:
    visit = book(database)
    disruptions.begin_outage(database, DEMO, NOW, "east-car-x5", TWO, TWO + HOUR, "检修", "manager")
    cancelled = booking.cancel_visit(database, DEMO, MIDNIGHT, visit.code, None, by_staff=True)
    assert cancelled.status is VisitStatus.CANCELLED


# no-shows


def test_a_no_show_frees_what_is_left(database: Database) -> None:
    visit = book(database)
    attendance.no_show(database, DEMO, TWO + 10 * MINUTE, visit.code)
    assert (
        book(database, TWO + 30 * MINUTE, now=TWO + 10 * MINUTE, by_staff=True).resources[0] == "east-car-x5"
    )
    assert is_consistent(database)


def test_who_comes_late_gets_the_place_back(database: Database) -> None:
    visit = book(database)
    attendance.no_show(database, DEMO, TWO + 15 * MINUTE, visit.code)
    back = attendance.check_in(database, DEMO, TWO + 20 * MINUTE, visit.code)
    assert (back.status, back.resources[0], back.start) == (VisitStatus.CHECKED_IN, "east-car-x5", TWO)
    assert {name for name, _ in claims(database)} == set(back.resources)


def test_who_comes_late_may_find_the_place_given_away(database: Database) -> None:
    visit = book(database)
    later = TWO + 15 * MINUTE
    attendance.no_show(database, DEMO, later, visit.code)
    book(database, TWO + 30 * MINUTE, now=later, by_staff=True)
    with pytest.raises(WrongState) as refused:
        attendance.check_in(database, DEMO, later + MINUTE, visit.code)
    assert "让给别的客户" in refused.value.words
    assert find_visit(database, DEMO, visit.code, None).status is VisitStatus.NO_SHOW


def test_a_no_show_by_mistake_is_completed_on_a_later_day(database: Database) -> None:
    visit = book(database)
    attendance.no_show(database, DEMO, TWO + HOUR, visit.code)
    book(database, now=TWO - HOUR, by_staff=True, contact=Contact("乙", "13812345670"))
    with pytest.raises(WrongState) as refused:
        attendance.check_in(database, DEMO, MIDNIGHT, visit.code)
    assert refused.value.words.endswith("请直接登记完成。")
    done = attendance.complete(database, DEMO, MIDNIGHT, visit.code)
    assert done.status is VisitStatus.COMPLETED
    assert adviser_of(done) == own_adviser_of(database, visit.phone)
    assert is_consistent(database)


@pytest.mark.parametrize(("misses", "expected"), [(0, False), (2, False), (3, True), (4, True)])
def test_after_three_no_shows_an_adviser_confirms(database: Database, misses: int, expected: bool) -> None:
    miss(database, misses)
    visit = book(database, conversation_id="c1", now=at("11-27 12:00"))
    assert (visit.needs_approval, visit.status, bool(visit.resources)) == (
        expected,
        VisitStatus.CONFIRMED,
        True,
    )
    cases = [case for case in rows(database, Case) if case.details["code"] == visit.code]
    assert [(c.kind, c.status, c.phone) for c in cases] == [("callback", "open", WANG.phone)] * expected
    assert is_consistent(database)


def test_with_a_hold_too(database: Database) -> None:
    miss(database, 3)
    now = at("11-27 12:00")
    hold(database, conversation="c1", now=now)
    assert book(database, conversation_id="c1", now=now).needs_approval


def test_a_completed_visit_wipes_the_slate_clean(database: Database) -> None:
    miss(database, 3)
    visit = book(database, at("11-26 10:00"), now=at("11-26 08:00"))
    attendance.complete(database, DEMO, at("11-26 11:00"), visit.code)
    assert not book(database, now=at("11-27 12:00")).needs_approval


def test_no_shows_of_others_do_not_count(database: Database) -> None:
    miss(database, 3)
    now = at("11-27 12:00")
    assert not book(database, now=now, contact=Contact("王小明", "13812345679")).needs_approval


def test_staff_who_book_have_confirmed_it(database: Database) -> None:
    miss(database, 3)
    assert not book(database, now=at("11-27 12:00"), by_staff=True).needs_approval


def test_an_adviser_confirms_and_the_customer_is_told(database: Database) -> None:
    miss(database, 3)
    now = at("11-27 12:00")
    visit = book(database, now=now, conversation_id="c1")
    approved = attendance.approve(database, DEMO, now + HOUR, visit.code)
    assert (approved.needs_approval, approved.sequence) == (False, 0)
    [message] = rows(database, OutboxMessage, kind="approved", channel="chat")
    assert (message.state, message.conversation_id) == ("pending", "c1")
    with pytest.raises(WrongState) as refused:
        attendance.approve(database, DEMO, now + HOUR, visit.code)
    assert "不需要确认" in refused.value.words
    assert len(rows(database, OutboxMessage, kind="approved", channel="chat")) == 1
    assert [case.status for case in rows(database, Case)] == ["closed"]


def test_only_what_waits_for_it_is_confirmed(database: Database) -> None:
    visit = book(database)
    with pytest.raises(WrongState) as refused:
        attendance.approve(database, DEMO, NOW, visit.code)
    assert "不需要确认" in refused.value.words
    attendance.complete(database, DEMO, TWO + HOUR, visit.code)
    with pytest.raises(WrongState) as over:
        attendance.approve(database, DEMO, TWO + HOUR, visit.code)
    assert "已经完成" in over.value.words


def test_a_cancelled_visit_is_not_confirmed(database: Database) -> None:
    miss(database, 3)
    now = at("11-27 12:00")
    visit = book(database, now=now)
    booking.cancel_visit(database, DEMO, now, visit.code, WANG.phone)
    with pytest.raises(WrongState):
        attendance.approve(database, DEMO, now, visit.code)
    assert [case.status for case in rows(database, Case)] == ["closed"]


# the customer's own adviser


def test_the_adviser_of_the_first_test_drive_is_the_customers_own(database: Database) -> None:
    visit = book(database)
    assert own_adviser(database) is None
    attendance.check_in(database, DEMO, TWO, visit.code)
    assert own_adviser(database) == adviser_of(visit)


def test_the_first_one_stays(database: Database) -> None:
    first = book(database)
    attendance.complete(database, DEMO, TWO + HOUR, first.code)
    west = VisitRequest(VisitKind.TEST_DRIVE, "west", "x5")
    second = book(database, TWO + 3 * HOUR, west, now=TWO + HOUR)
    attendance.complete(database, DEMO, TWO + 4 * HOUR, second.code)
    assert own_adviser(database) == adviser_of(first)
    assert adviser_of(book(database, TWO + timedelta(days=1))) == adviser_of(first)


def test_a_service_visit_gives_no_adviser(database: Database) -> None:
    visit = book(database, request=SERVICE)
    attendance.complete(database, DEMO, TWO + HOUR, visit.code)
    assert own_adviser(database) is None


# what nobody recorded


def test_visits_of_past_days_wait_to_be_settled(database: Database) -> None:
    visits = [book(database, at(f"11-28 {hour}:00")) for hour in (10, 12, 14, 16)]
    attendance.complete(database, DEMO, at("11-28 18:00"), visits[0].code)
    attendance.check_in(database, DEMO, at("11-28 18:00"), visits[1].code)
    booking.cancel_visit(database, DEMO, NOW, visits[2].code, None, by_staff=True)
    assert attendance.visits_to_settle(database, DEMO, MIDNIGHT - MINUTE) == ()
    waiting = attendance.visits_to_settle(database, DEMO, MIDNIGHT)
    assert [visit.id for visit in waiting] == [visits[1].id, visits[3].id]
    assert attendance.complete(database, DEMO, MIDNIGHT, visits[3].code).status is VisitStatus.COMPLETED


def test_who_has_to_approve_has_time_to_call(database: Database) -> None:
    miss(database, 3)
    now = at("11-27 12:00")
    visit = book(database, now=now)
    [case] = [case for case in rows(database, Case) if case.details["code"] == visit.code]
    assert case.due_at == now + timedelta(hours=2)
