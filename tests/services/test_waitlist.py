"""Waiting for a slot: who is offered what and when, and what becomes of an answer or of none."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.booking import VisitKind, VisitRequest, VisitStatus
from bot.domain.cases import CaseKind, CaseStatus
from bot.domain.errors import BookingRefused, Conflict, InvalidInput, NotFound, OfferOver, SlotTaken
from bot.domain.waitlist import Preference, WaitState, around, every_week, within
from bot.services import booking, waitlist
from bot.services.cases import list_cases
from bot.services.visits import Contact
from bot.store.database import Database
from bot.store.tables import Appointment, Hold
from tests.services.bookings import (
    DEMO,
    DRIVE,
    HALF_PAST_TWO,
    NOW,
    SERVICE,
    THREE,
    TWO,
    at,
    book,
    count,
    hold,
    shown,
)
from tests.services.racing import is_consistent
from tests.services.waiting import accept, as_it_is, cancel, decline, leave, offered, serve, told, wait

HOUR = timedelta(hours=1)
ONLY_TWO = Preference(TWO, TWO + timedelta(minutes=1))
NIGHT = at("11-22 22:00")


def test_a_cancelled_slot_is_held_for_the_first_in_line(database: Database) -> None:
    visit = book(database)
    first, second = wait(database, 1, preference=ONLY_TWO), wait(database, 2, preference=ONLY_TWO)
    cancel(database, visit)
    assert offered(database) == ["客户1"]
    entry = as_it_is(database, first)
    assert (entry.offered, entry.reply_by) == (("east", TWO), NOW + HOUR)
    assert as_it_is(database, second).state is WaitState.WAITING
    assert told(database, "waitlist_offer") == ["w1"]
    assert is_consistent(database)


def test_somebody_calls_whom_no_message_reaches(database: Database) -> None:
    visit = book(database)
    entry = wait(database, 1, preference=ONLY_TWO, conversation_id=None)
    cancel(database, visit)
    assert told(database, "waitlist_offer") == []
    [case] = list_cases(database, CaseKind.CALLBACK)
    assert (case.phone, case.due_at, case.details["entry"]) == (entry.phone, NOW + HOUR, entry.id)
    assert (case.details["reason"], case.details["start"]) == ("waitlist_offer", TWO.isoformat())
    accept(database, entry, by_staff=True)
    assert [case.status for case in list_cases(database)] == [CaseStatus.CLOSED]


def test_nobody_has_to_call_for_an_offer_that_is_over(database: Database) -> None:
    visit = book(database)
    wait(database, 1, preference=ONLY_TWO, conversation_id=None)
    cancel(database, visit)
    serve(database, NOW + HOUR)
    assert [case.status for case in list_cases(database)] == [CaseStatus.CLOSED]


def test_an_address_gets_the_offer(database: Database) -> None:
    visit = book(database)
    contact = Contact("李", "13912345678", "li@example.com")
    wait(database, 1, preference=ONLY_TWO, conversation_id=None, contact=contact)
    cancel(database, visit)
    assert told(database, "waitlist_offer") == [None]
    assert list_cases(database) == []


def test_nobody_else_gets_what_is_offered(database: Database) -> None:
    visit = book(database)
    wait(database, 1, preference=ONLY_TWO)
    cancel(database, visit)
    for attempt in (book, lambda d: hold(d, TWO, "walk-in")):
        with pytest.raises(SlotTaken):
            attempt(database)


def test_twenty_wait_and_one_is_offered(database: Database) -> None:
    visit = book(database)
    for number in range(20):
        wait(database, number, preference=ONLY_TWO)
    cancel(database, visit, NOW + timedelta(minutes=1))
    serve(database, NOW + timedelta(minutes=2))
    assert offered(database) == ["客户0"]
    assert told(database, "waitlist_offer") == ["w0"]
    assert count(database, Hold) == 1


def test_a_declined_slot_goes_down_the_line(database: Database) -> None:
    visit = book(database)
    line = [wait(database, n, preference=ONLY_TWO) for n in range(4)]
    cancel(database, visit)
    for number, entry in enumerate(line):
        assert offered(database) == [f"客户{number}"]
        decline(database, entry)
    assert offered(database) == []
    assert serve(database) == 0, "nobody is asked twice about the same slot"
    assert count(database, Hold) == 0
    book(database)
    assert [entry.state for entry in waitlist.list_entries(database)] == [WaitState.WAITING] * 4


def test_accepting_books_what_is_held(database: Database) -> None:
    visit = book(database)
    entry = wait(database, 1, plate="浙A12345", mileage=12_000)
    cancel(database, visit)
    booked = accept(database, entry, conversation_id="w1")
    assert (booked.slot.start, booked.store, booked.status) == (TWO, "east", VisitStatus.CONFIRMED)
    assert (booked.name, booked.phone, booked.conversation_id) == ("客户1", "13900000001", "w1")
    assert (booked.plate, booked.mileage) == ("浙A12345", 12_000)
    after = as_it_is(database, entry)
    assert (after.state, after.appointment_id) == (WaitState.BOOKED, booked.id)
    assert count(database, Hold) == 0
    assert is_consistent(database)


def test_accepting_twice_gives_the_same_visit(database: Database) -> None:
    visit = book(database)
    entry = wait(database, 1)
    cancel(database, visit)
    assert accept(database, entry).id == accept(database, entry).id
    assert count(database, Appointment) == 2  # the cancelled one and this


def test_an_offer_is_over_at_its_deadline(database: Database) -> None:
    visit = book(database)
    entry = wait(database, 1, preference=ONLY_TWO)
    cancel(database, visit)
    with pytest.raises(OfferOver) as over:
        accept(database, entry, NOW + HOUR)
    assert "east 11-28 14:00" in shown(over.value.alternatives)
    assert is_consistent(database)


def test_accepting_without_an_offer(database: Database) -> None:
    with pytest.raises(OfferOver):
        accept(database, wait(database, 1))


def test_an_offer_of_somebody_else(database: Database) -> None:
    entry = wait(database, 1)
    for act in (waitlist.accept, waitlist.decline, waitlist.leave):
        with pytest.raises(NotFound):
            act(database, DEMO, NOW, entry.id, "w2")
    with pytest.raises(NotFound):
        waitlist.accept(database, DEMO, NOW, "nobody")


def test_silence_passes_the_slot_on(database: Database) -> None:
    visit = book(database)
    first = wait(database, 1, preference=ONLY_TWO)
    wait(database, 2, preference=ONLY_TWO)
    cancel(database, visit)
    serve(database, NOW + HOUR - timedelta(seconds=1))
    assert offered(database) == ["客户1"]
    serve(database, NOW + HOUR)
    assert offered(database) == ["客户2"]
    assert as_it_is(database, first).state is WaitState.WAITING
    assert is_consistent(database)


def test_who_is_silent_keeps_the_place_for_the_next_slot(database: Database) -> None:
    visits = [book(database, TWO), book(database, THREE, contact=Contact("李四", "13800002222"))]
    first = wait(database, 1)
    wait(database, 2, preference=ONLY_TWO)
    cancel(database, visits[0])
    serve(database, NOW + HOUR)
    cancel(database, visits[1], NOW + HOUR)
    assert offered(database) == ["客户1", "客户2"]
    entry = as_it_is(database, first)
    assert entry.offered is not None
    assert entry.offered != ("east", TWO)


def test_two_unanswered_offers_end_the_wait_kindly(database: Database) -> None:
    visits = [book(database, TWO), book(database, at("11-28 15:30"), contact=Contact("李四", "13800002222"))]
    entry = wait(database, 1, preference=Preference(TWO, at("11-28 16:00")), known=free_now(database))
    cancel(database, visits[0])
    serve(database, NOW + HOUR)
    cancel(database, visits[1], NOW + HOUR)
    assert as_it_is(database, entry).state is WaitState.OFFERED
    serve(database, NOW + 2 * HOUR)
    assert as_it_is(database, entry).state is WaitState.LAPSED
    assert told(database, "waitlist_lapsed") == ["w1"]
    assert count(database, Hold) == 0


def free_now(database: Database) -> list[object]:
    from bot.services.availability import free_slots

    return list(free_slots(database, DEMO, NOW, DRIVE, TWO, at("11-28 16:00"), 9))


def test_what_was_free_when_the_customer_chose_to_wait_is_not_offered(database: Database) -> None:
    entry = wait(database, 1, preference=Preference(TWO, at("11-28 16:00")), known=free_now(database))
    assert serve(database) == 0
    assert as_it_is(database, entry).state is WaitState.WAITING


def test_a_moved_visit_leaves_its_slot_to_the_first_in_line(database: Database) -> None:
    visit = book(database)
    wait(database, 1, preference=ONLY_TWO)
    booking.move_visit(database, DEMO, NOW, visit.code, visit.phone, at("11-28 10:00"))
    assert offered(database) == ["客户1"]
    assert is_consistent(database)


def test_leaving_passes_the_slot_on(database: Database) -> None:
    visit = book(database)
    first = wait(database, 1, preference=ONLY_TWO)
    wait(database, 2, preference=ONLY_TWO)
    cancel(database, visit)
    assert leave(database, first).state is WaitState.LEFT
    assert leave(database, first).state is WaitState.LEFT
    assert offered(database) == ["客户2"]


def test_nobody_is_disturbed_at_night_and_the_slot_is_free_for_all(database: Database) -> None:
    visit = book(database)
    wait(database, 1, preference=ONLY_TWO)
    cancel(database, visit, NIGHT)
    assert serve(database, NIGHT) == 0
    assert offered(database) == []
    assert serve(database, at("11-23 08:30")) == 1


def test_a_slot_that_starts_too_soon_is_not_offered(database: Database) -> None:
    visit = book(database)
    wait(database, 1, preference=ONLY_TWO)
    booking.cancel_visit(database, DEMO, TWO - HOUR, visit.code, None, by_staff=True)
    assert serve(database, TWO - HOUR) == 0


def test_what_comes_free_without_a_word_is_found_by_the_upkeep(database: Database) -> None:
    hold(database, TWO, "somebody")
    wait(database, 1, preference=ONLY_TWO)
    assert serve(database) == 0
    assert serve(database, NOW + timedelta(minutes=10)) == 1


def test_a_wait_whose_time_has_passed_ends(database: Database) -> None:
    book(database)
    entry = wait(database, 1, preference=ONLY_TWO)
    serve(database, TWO + HOUR)
    assert as_it_is(database, entry).state is WaitState.OVER
    assert told(database, "waitlist_over") == ["w1"]


def test_joining_again_changes_the_preference_and_keeps_the_place(database: Database) -> None:
    first = wait(database, 1)
    wait(database, 2, now=NOW + timedelta(minutes=1))
    again = wait(database, 1, preference=around(HALF_PAST_TWO), now=NOW + timedelta(minutes=2))
    assert (again.id, again.created_at) == (first.id, first.created_at)
    assert again.preference == around(HALF_PAST_TWO)
    assert [entry.name for entry in waitlist.list_entries(database)] == ["客户1", "客户2"]
    assert [before(database, e) for e in waitlist.list_entries(database)] == [0, 1]


def test_other_visits_are_other_entries_up_to_a_limit(database: Database) -> None:
    for model in ("s3", "s6", "x5", "x7", "e5"):
        wait(database, 1, replace(DRIVE, model=model))
    with pytest.raises(Conflict):
        wait(database, 1, SERVICE)


def test_booking_the_same_thing_ends_the_wait_and_passes_the_slot_on(database: Database) -> None:
    visit = book(database)
    entry = wait(database, 1, preference=ONLY_TWO)
    other = wait(database, 1, SERVICE)
    wait(database, 2, preference=ONLY_TWO)
    cancel(database, visit)
    book(database, at("11-28 10:00"), contact=Contact("客户1", "13900000001"))
    assert as_it_is(database, entry).state is WaitState.BOOKED
    assert as_it_is(database, other).state is not WaitState.BOOKED
    assert "客户2" in offered(database)
    assert is_consistent(database)


def test_who_is_offered_a_slot_may_book_it_in_the_usual_way(database: Database) -> None:
    visit = book(database)
    entry = wait(database, 1, preference=ONLY_TWO)
    cancel(database, visit)
    booked = book(database, contact=Contact("客户1", "13900000001"))
    assert as_it_is(database, entry).appointment_id == booked.id
    assert is_consistent(database)


def test_any_store_and_any_weekend_morning(database: Database) -> None:
    mornings = [(at(f"{day} 06:00"), at(f"{day} 12:00")) for day in ("11-28", "11-29")]
    anywhere = VisitRequest(VisitKind.TEST_DRIVE, None, "x5")
    entry = wait(database, 1, anywhere, every_week(within(mornings), at("12-23 00:00")))
    assert serve(database) == 1
    assert as_it_is(database, entry).offered == ("east", at("11-28 09:00"))


def test_a_service_visit_frees_room_for_two_shorter_ones(database: Database) -> None:
    long = replace(SERVICE, store="west", jobs=("major_service",))
    short = replace(SERVICE, store="west", jobs=("brake_check",))
    start = at("11-25 10:00")
    visits = [book(database, start, long, contact=Contact("车主", f"1370000000{n}")) for n in range(2)]
    exactly = [Preference(start + n * HOUR, start + n * HOUR + timedelta(minutes=1)) for n in range(2)]
    for number, preference in enumerate(exactly):
        wait(database, number, short, preference)
    cancel(database, visits[0])
    assert offered(database) == ["客户0", "客户1"]
    assert is_consistent(database)


def test_what_can_never_come_is_not_waited_for(database: Database) -> None:
    with pytest.raises(InvalidInput):
        wait(database, 1, preference=Preference(at("11-20 09:00"), at("11-20 12:00")))
    with pytest.raises(InvalidInput):
        wait(database, 1, replace(DRIVE, model="z9"))
    with pytest.raises(BookingRefused):
        wait(database, 1, replace(DRIVE, store="west", model="x7"))


def test_a_phone_number_alone_is_enough(database: Database) -> None:
    visit = book(database)
    entry = wait(database, 1, contact=Contact("", "13900000001"))
    cancel(database, visit)
    assert accept(database, entry).name == waitlist.UNNAMED


def before(database: Database, entry: waitlist.WaitEntry) -> int:
    return waitlist.people_before(database, DEMO, NOW, entry.id)


def test_only_who_may_want_the_same_slot_is_ahead(database: Database) -> None:
    saturday = Preference(at("11-28 06:00"), at("11-28 12:00"))
    sunday = replace(saturday, from_=at("11-29 06:00"), until=at("11-29 12:00"))
    weekend = every_week(
        within([(saturday.from_, saturday.until), (sunday.from_, sunday.until)]), at("12-20 00:00")
    )
    wait(database, 1, replace(DRIVE, model="x7"), saturday)
    wait(database, 2, DRIVE, sunday)
    wait(database, 3, replace(DRIVE, store="west"), saturday)
    wait(database, 4, SERVICE, saturday)
    assert before(database, wait(database, 5, DRIVE, saturday)) == 0
    assert before(database, wait(database, 6, replace(DRIVE, store=None), weekend)) == 3
    assert before(database, wait(database, 7, DRIVE, saturday)) == 2
    assert before(database, wait(database, 8, SERVICE, saturday)) == 1


def test_an_old_button_does_not_take_or_give_back_another_offer(database: Database) -> None:
    visit = book(database)
    entry = wait(database, 1, known=[])
    cancel(database, visit)
    old = as_it_is(database, entry).offered
    decline(database, entry)
    assert serve(database) == 1
    new = as_it_is(database, entry).offered
    assert new != old
    with pytest.raises(OfferOver):
        accept(database, entry, offered=old)
    assert waitlist.decline(database, DEMO, NOW, entry.id, offered=old).offered == new
    booked = accept(database, entry, offered=new)
    assert (booked.store, booked.slot.start) == new
    assert accept(database, entry, offered=new).id == booked.id
    with pytest.raises(OfferOver):
        accept(database, entry, offered=old)


def test_silence_is_told_once_and_the_very_time_may_be_offered_again(database: Database) -> None:
    visit = book(database)
    entry = wait(database, 1)
    cancel(database, visit)
    assert as_it_is(database, entry).offered == ("east", TWO)
    serve(database, NOW + HOUR)
    assert as_it_is(database, entry).offered == ("east", TWO)
    serve(database, NOW + HOUR + timedelta(minutes=1))
    assert told(database, "waitlist_passed") == ["w1"]
    serve(database, NOW + 2 * HOUR)
    assert as_it_is(database, entry).state is WaitState.LAPSED
    assert told(database, "waitlist_passed") == ["w1"]
    assert told(database, "waitlist_lapsed") == ["w1"]


def test_a_time_that_was_refused_is_not_offered_again(database: Database) -> None:
    visit = book(database)
    entry = wait(database, 1)
    cancel(database, visit)
    decline(database, entry)
    serve(database, NOW + HOUR)
    assert as_it_is(database, entry).offered not in (None, ("east", TWO))
