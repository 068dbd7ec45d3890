"""Rivals at the same moment, on SQLite and PostgreSQL, each with threads that start together.

The race window is forced open: every rival has read that all is free before the first of them writes. The
controls at the end do the same without the primary key of the claims, and then rivals share a car. A last one
shows what SQLite does to writers whose transaction begins with a read.
"""

from __future__ import annotations

import threading
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

from bot.clock import TIME_ZONE
from bot.domain.booking import VisitKind, VisitRequest, VisitStatus
from bot.domain.errors import Conflict
from bot.services import booking
from bot.services.booking import HeldSlot
from bot.services.visits import BookedVisit, Contact, list_visits
from bot.store import bookings
from bot.store import database as store
from bot.store.database import Database
from bot.store.tables import Customer, Hold
from tests.database import sqlite_database
from tests.dealership import demo_dealership
from tests.proof import size
from tests.services.processes import book_in_processes, starts
from tests.services.racing import double_bookings, is_consistent, race

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=TIME_ZONE)
TWO = datetime(2026, 11, 28, 14, 0, tzinfo=TIME_ZONE)
HOUR, HALF_HOUR = timedelta(hours=1), timedelta(minutes=30)
DEMO = demo_dealership()
RIVALS = 50
"""More than there are connections in the pool (30): who waits for one must not hold another."""
DRIVE = VisitRequest(VisitKind.TEST_DRIVE, "east", "x5")
SERVICE = VisitRequest(VisitKind.SERVICE, "east", "x5", ("regular_service",))
EV_SERVICE = VisitRequest(VisitKind.SERVICE, "east", "e5", ("ev_service",))


def book(
    database: Database, number: int, start: datetime = TWO, request: VisitRequest = DRIVE, **more: Any
) -> BookedVisit:
    conversation_id, now = more.pop("conversation_id", f"c{number}"), more.pop("now", NOW)
    contact = more.pop("contact", None) or Contact(f"客户{number}", f"138{number:08}")
    return booking.book(database, DEMO, now, conversation_id, request, start, contact, **more)


def hold(
    database: Database, conversation: str, start: datetime = TWO, request: VisitRequest = DRIVE
) -> HeldSlot:
    return booking.hold_slot(database, DEMO, NOW, conversation, request, start)


def many_starts() -> list[datetime]:
    """As many starts as there are rivals, none of which overlaps another, nor TWO."""
    days = (day for day in range(23, 28))
    return [datetime(2026, 11, day, hour, tzinfo=TIME_ZONE) for day in days for hour in range(9, 17)] + [
        datetime(2026, 12, day, hour, tzinfo=TIME_ZONE) for day in (1, 2) for hour in range(9, 14)
    ]


@pytest.mark.parametrize("rivals", [2, RIVALS])
def test_one_of_many_books_the_last_slot(database: Database, rivals: int, read_first: Any) -> None:
    won, lost = race(rivals, lambda number: book(database, number), read_first)
    assert (len(won), lost) == (1, rivals - 1)
    assert is_consistent(database)


@pytest.mark.parametrize("rivals", [2, RIVALS])
def test_one_of_many_wins_when_nothing_is_forced(database: Database, rivals: int) -> None:
    won, lost = race(rivals, lambda number: book(database, number))
    assert (len(won), lost) == (1, rivals - 1)
    assert is_consistent(database)


def test_one_of_many_holds_the_last_slot(database: Database, read_first: Any) -> None:
    won, lost = race(RIVALS, lambda number: hold(database, f"c{number}"), read_first)
    assert (len(won), lost) == (1, RIVALS - 1)
    assert is_consistent(database)


def test_who_holds_the_last_slot_books_it_whoever_else_tries(database: Database, read_first: Any) -> None:
    hold(database, "c0")
    won, lost = race(RIVALS, lambda number: book(database, number), read_first)
    assert ([visit.conversation_id for visit in won], lost) == (["c0"], RIVALS - 1)
    assert is_consistent(database)


def test_all_who_hold_a_slot_of_their_own_book_it(database: Database) -> None:
    starts = many_starts()
    for number, start in enumerate(starts):
        hold(database, f"c{number}", start)
    won, lost = race(RIVALS, lambda number: book(database, number, starts[number]))
    assert ([visit.start for visit in won], lost) == (starts, 0)
    assert is_consistent(database)


def test_one_of_many_moves_to_the_last_slot(database: Database, read_first: Any) -> None:
    visits = [book(database, number, start) for number, start in enumerate(many_starts())]

    def move(number: int) -> BookedVisit:
        visit = visits[number]
        return booking.move_visit(database, DEMO, NOW, visit.code, visit.phone, TWO)

    won, lost = race(len(visits), move, read_first)
    assert (len(won), lost) == (1, len(visits) - 1)
    assert {v.id for v in list_visits(database, DEMO)} == {v.id for v in visits}
    assert is_consistent(database)


def test_partial_overlaps_are_overlaps(database: Database, read_first: Any) -> None:
    """14:00 and 14:30 share the car; a key on the start would let both in."""
    won, lost = race(2, lambda number: book(database, number, TWO + number * HALF_HOUR), read_first)
    assert (len(won), lost) == (1, 1)
    assert is_consistent(database)


def test_holding_and_booking_compete(database: Database, read_first: Any) -> None:
    def attempt(number: int) -> Any:
        return hold(database, f"c{number}") if number % 2 else book(database, number)

    won, lost = race(RIVALS, attempt, read_first)
    assert (len(won), lost) == (1, RIVALS - 1)
    assert is_consistent(database)


@pytest.mark.parametrize(("request_", "places"), [(SERVICE, 4), (EV_SERVICE, 1)])
def test_as_many_win_as_there_are_bays(
    database: Database, request_: VisitRequest, places: int, read_first: Any
) -> None:
    """Everybody wants the first bay; who loses it takes the next one, down to the last."""
    won, lost = race(20, lambda number: book(database, number, request=request_), read_first)
    assert (len(won), lost) == (places, 20 - places)
    used = Counter(resource for visit in won for resource in visit.resources)
    assert (len(used), set(used.values())) == (2 * places, {1})
    assert is_consistent(database)


def test_rivals_for_any_store_spread_over_the_stores(database: Database, read_first: Any) -> None:
    anywhere = VisitRequest(VisitKind.TEST_DRIVE, None, "x5")
    won, _ = race(10, lambda number: book(database, number, request=anywhere), read_first)
    assert sorted(visit.store for visit in won) == ["east", "west"]
    assert is_consistent(database)


def test_an_expired_hold_goes_to_one(database: Database) -> None:
    hold(database, "sleeper")
    later = NOW + HALF_HOUR
    won, lost = race(20, lambda number: book(database, number, now=later))
    assert (len(won), lost) == (1, 19)
    assert is_consistent(database)


def test_the_owner_of_an_expired_hold_competes_with_others(database: Database) -> None:
    hold(database, "c0")
    later = NOW + HALF_HOUR
    won, lost = race(10, lambda number: book(database, number, now=later))
    assert (len(won), lost) == (1, 9)
    assert is_consistent(database)


def test_the_same_request_sent_many_times_books_once(database: Database) -> None:
    won, lost = race(RIVALS, lambda _: book(database, 1, request_key="7"))
    assert (lost, len({visit.id for visit in won})) == (0, 1)
    assert is_consistent(database)


def test_one_conversation_holds_one_slot_whatever_it_sends_at_once(database: Database) -> None:
    won, lost = race(8, lambda number: hold(database, "a", TWO - HOUR * 4 + number * HOUR))
    assert (len(won), lost) == (8, 0)
    with database.reading() as session:
        assert session.execute(sa.select(sa.func.count()).select_from(Hold)).scalar_one() == 1
    assert is_consistent(database)


def test_a_new_customer_is_written_once(database: Database) -> None:
    contact = Contact("王小明", "13812345678")
    won, lost = race(
        8, lambda number: book(database, number, TWO - HOUR * 4 + number * HOUR, contact=contact)
    )
    assert (len(won), lost) == (8, 0)
    with database.reading() as session:
        assert session.execute(sa.select(sa.func.count()).select_from(Customer)).scalar_one() == 1


def test_two_visits_cannot_swap_and_do_not_wait_for_each_other(database: Database) -> None:
    visits = [book(database, 0), book(database, 1, TWO + HOUR)]

    def move(number: int) -> BookedVisit:
        visit, target = visits[number], visits[1 - number].start
        return booking.move_visit(database, DEMO, NOW, visit.code, visit.phone, target)

    assert race(2, move) == ([], 2)
    assert list(list_visits(database, DEMO)) == visits


def test_moving_and_cancelling_the_same_visit_end_in_one_state(database: Database) -> None:
    visit = book(database, 0)

    def change(number: int) -> Any:
        try:
            if number % 2:
                return booking.cancel_visit(database, DEMO, NOW, visit.code, visit.phone)
            start = TWO + (number // 2) * HALF_HOUR
            return booking.move_visit(database, DEMO, NOW, visit.code, visit.phone, start)
        except Conflict:
            return None

    race(10, change)
    (after,) = list_visits(database, DEMO)
    assert after.status is VisitStatus.CANCELLED
    assert is_consistent(database)


def test_four_processes_book_the_same_slots(database: Database) -> None:
    """Each start overlaps its neighbours; nothing is booked twice, and nothing stays free that was wanted."""
    count = size(34, 340)
    codes = book_in_processes(database.engine.url.render_as_string(hide_password=False), 4, count)
    visits = list_visits(database, DEMO)
    assert sorted(codes) == sorted(visit.code for visit in visits)
    taken = {visit.start + shift for visit in visits for shift in (-HALF_HOUR, HALF_HOUR * 0, HALF_HOUR)}
    assert taken.issuperset(starts(count))
    assert is_consistent(database)


# controls: the same without the primary key


@pytest.mark.usefixtures("without_constraint")
def test_control_without_the_constraint_two_books_share_a_car(database: Database, read_first: Any) -> None:
    won, _ = race(2, lambda number: book(database, number), read_first)
    assert len(won) == 2
    assert double_bookings(database) > 0


@pytest.mark.usefixtures("without_constraint")
def test_control_without_the_constraint_two_hold_the_same_slot(database: Database, read_first: Any) -> None:
    won, _ = race(2, lambda number: hold(database, f"c{number}"), read_first)
    assert len(won) == 2
    assert double_bookings(database) > 0


@pytest.mark.usefixtures("without_constraint")
def test_control_without_the_constraint_another_books_what_is_held(
    database: Database, read_first: Any
) -> None:
    hold(database, "c0")
    won, _ = race(2, lambda number: book(database, number), read_first)
    assert len(won) == 2
    assert double_bookings(database) > 0


@pytest.mark.usefixtures("without_constraint")
def test_control_without_the_constraint_two_move_to_the_same_slot(
    database: Database, read_first: Any
) -> None:
    visits = [book(database, number, TWO - timedelta(days=number + 1)) for number in range(2)]

    def move(number: int) -> BookedVisit:
        visit = visits[number]
        return booking.move_visit(database, DEMO, NOW, visit.code, visit.phone, TWO)

    won, _ = race(2, move, read_first)
    assert len(won) == 2
    assert double_bookings(database) > 0


def test_control_when_sqlite_begins_lazily_a_writer_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both have read before the first writes: without BEGIN IMMEDIATE the second may not write any more."""
    monkeypatch.setattr(store, "_begin_immediately", lambda connection: connection.exec_driver_sql("BEGIN"))
    database, is_taken, both = sqlite_database(tmp_path), bookings.code_is_taken, threading.Barrier(2)
    monkeypatch.setattr(database, "_writers", None)  # as in two processes

    def read_together(*arguments: Any) -> bool:
        taken = is_taken(*arguments)
        both.wait(10)
        return taken

    monkeypatch.setattr(bookings, "code_is_taken", read_together)
    with pytest.raises(OperationalError, match="database is locked"):
        race(2, lambda number: book(database, number))
    database.close()
