"""Rivals at the same moment around an offer from the waitlist, on SQLite and PostgreSQL.

The control at the end makes an offer without the primary key of the claims: a walk-in shares the car.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from bot.domain.booking import Slot
from bot.domain.errors import OfferOver
from bot.domain.waitlist import Preference, WaitState
from bot.services import waitlist
from bot.services.claiming import transact
from bot.services.waitlist import WaitEntry
from bot.services.waitlist_offers import offer_one_of
from bot.store.database import Database
from bot.store.tables import Appointment, Hold
from tests.services.bookings import DEMO, NOW, TWO, book, count, hold
from tests.services.racing import double_bookings, is_consistent, race
from tests.services.waiting import accept, as_it_is, cancel, decline, leave, offered, serve, told, wait

RIVALS = 50
HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)
ONLY_TWO = Preference(TWO, TWO + timedelta(minutes=1))


def or_over(act: Any, *arguments: Any) -> Any:
    """What an answer gives, or the kind refusal that came too late."""
    try:
        return act(*arguments)
    except OfferOver as over:
        return over


def test_fifty_times_yes_is_one_visit(database: Database) -> None:
    visit = book(database)
    entry = wait(database, 1)
    cancel(database, visit)
    won, lost = race(RIVALS, lambda _: accept(database, entry))
    assert (len({visit.id for visit in won}), lost) == (1, 0)
    assert count(database, Appointment) == 2
    assert is_consistent(database)


def test_walk_ins_never_get_what_is_offered(database: Database) -> None:
    visit = book(database)
    entry = wait(database, 1)
    cancel(database, visit)

    def attempt(number: int) -> Any:
        if number == RIVALS // 2:
            return accept(database, entry)
        return hold(database, TWO, f"c{number}") if number % 2 else book(database)

    won, lost = race(RIVALS, attempt)
    assert (len(won), lost) == (1, RIVALS - 1)
    assert won[0].phone == entry.phone
    assert is_consistent(database)


def test_the_line_comes_before_walk_ins_when_a_visit_is_cancelled(database: Database) -> None:
    """The claims go from the visit to the hold in one transaction: between them nobody gets in."""
    visit = book(database)
    entry = wait(database, 1, preference=ONLY_TWO)

    def attempt(number: int) -> Any:
        return cancel(database, visit) if number == 0 else hold(database, TWO, f"c{number}")

    won, lost = race(RIVALS, attempt)
    assert (len(won), lost) == (1, RIVALS - 1)
    assert as_it_is(database, entry).state is WaitState.OFFERED
    assert is_consistent(database)


def test_yes_at_the_moment_of_the_deadline(database: Database) -> None:
    """Whoever is first decides: a visit for the first, or an offer for the second; never both, never neither."""
    visit = book(database)
    first = wait(database, 1, preference=ONLY_TWO)
    second = wait(database, 2, preference=ONLY_TWO)
    cancel(database, visit)
    deadline = NOW + HOUR

    def attempt(number: int) -> Any:
        if number % 2:
            return serve(database, deadline)
        return or_over(accept, database, first, deadline - SECOND)

    race(RIVALS, attempt)
    states = [as_it_is(database, entry).state for entry in (first, second)]
    assert states in (
        [WaitState.BOOKED, WaitState.WAITING],
        [WaitState.WAITING, WaitState.OFFERED],
    )
    assert count(database, Hold) == (0 if states[0] is WaitState.BOOKED else 1)
    assert is_consistent(database)


def test_yes_and_no_at_once(database: Database) -> None:
    visit = book(database)
    first = wait(database, 1, preference=ONLY_TWO)
    second = wait(database, 2, preference=ONLY_TWO)
    cancel(database, visit)

    def attempt(number: int) -> Any:
        act = (accept, decline, leave)[number % 3]
        return or_over(act, database, first)

    race(RIVALS, attempt)
    booked = as_it_is(database, first).state is WaitState.BOOKED
    assert as_it_is(database, second).state is (WaitState.WAITING if booked else WaitState.OFFERED)
    assert is_consistent(database)


def test_many_processes_serve_the_same_line(database: Database) -> None:
    line = [wait(database, n, preference=ONLY_TWO) for n in range(20)]
    race(RIVALS, lambda _: serve(database, NOW + HOUR))
    assert offered(database) == ["客户0"]
    assert told(database, "waitlist_offer") == ["w0"]
    assert count(database, Hold) == 1
    assert [e.id for e in waitlist.list_entries(database)] == [e.id for e in line]
    assert is_consistent(database)


def test_slots_that_come_free_together_go_to_different_people(database: Database) -> None:
    starts = [TWO + n * HOUR for n in range(-4, 4)]
    visits = [book(database, start) for start in starts]
    whole_day = Preference(TWO - 8 * HOUR, TWO + 8 * HOUR)
    for number in range(len(starts)):
        wait(database, number, preference=whole_day)
    race(len(starts), lambda number: cancel(database, visits[number]))
    for _ in starts:  # what a rival's search missed is found by the upkeep
        serve(database)
    assert len(offered(database)) == len(starts)
    assert is_consistent(database)


def test_an_offer_and_walk_ins_that_saw_the_slot_free(database: Database, read_first: Any) -> None:
    """Everybody has read that two o'clock is free before the first of them writes."""
    entry = wait(database, 1, preference=ONLY_TWO)
    race(RIVALS, lambda number: offer_or_hold(database, entry, number), read_first)
    assert count(database, Hold) == 1
    assert is_consistent(database)


@pytest.mark.usefixtures("without_constraint")
def test_control_without_the_constraint_a_walk_in_shares_the_car(database: Database, read_first: Any) -> None:
    entry = wait(database, 1, preference=ONLY_TWO)
    race(2, lambda number: offer_or_hold(database, entry, number), read_first)
    assert count(database, Hold) == 2
    assert double_bookings(database) > 0


def offer_or_hold(database: Database, entry: WaitEntry, number: int) -> Any:
    """The first rival offers two o'clock to the entry; the others take it for themselves."""
    if number:
        return hold(database, TWO, f"c{number}")
    slot = Slot("east", TWO, TWO + timedelta(minutes=45))
    return transact(database, lambda session: offer_one_of(session, DEMO, NOW, entry.id, [slot]))
