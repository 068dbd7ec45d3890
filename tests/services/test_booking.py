"""Booking, finding, moving and cancelling, on SQLite and PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import chain, repeat
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from bot.clock import TIME_ZONE
from bot.domain.booking import Refusal, Slot, VisitKind, VisitStatus
from bot.domain.errors import (
    BookingRefused,
    Conflict,
    InvalidInput,
    NotFound,
    SlotTaken,
    TooLateToChange,
    WrongState,
)
from bot.services import booking, visits
from bot.services.visits import BookedVisit, Contact
from bot.store.database import Database
from bot.store.tables import Customer
from tests.database import KINDS, open_database
from tests.services.bookings import (
    DEMO,
    DRIVE,
    HALF_PAST_TWO,
    NOW,
    SERVICE,
    THREE,
    TWO,
    WANG,
    at,
    book,
    check,
    claimed_from,
    claims,
    hold,
    shown,
)


@pytest.fixture(params=KINDS)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    database = open_database(request.param, tmp_path)
    yield database
    database.close()


def test_a_booking_claims_car_and_adviser(database: Database) -> None:
    visit = book(database, plate="浙AD1001", mileage=3900, conversation_id="a")
    assert (visit.kind, visit.status) == (VisitKind.TEST_DRIVE, VisitStatus.CONFIRMED)
    assert visit.slot == Slot("east", TWO, at("11-28 14:45"))
    assert (visit.name, visit.phone, visit.plate, visit.mileage) == (
        "王小明",
        "13812345678",
        "浙AD1001",
        3900,
    )
    assert visit.resource_names == ("城东 X5 试驾车", "林晓")
    assert claimed_from(database, "east-car-x5") == ["14:00", "14:15", "14:30", "14:45"]
    assert claimed_from(database, "east-adviser-1") == ["14:00", "14:15", "14:30"]
    assert (visit.start.tzinfo, visit.created_at) == (TIME_ZONE, NOW)


def test_a_code_has_three_letters_and_three_digits_that_cannot_be_confused() -> None:
    codes = {booking.random_code() for _ in range(300)}
    assert len(codes) > 290
    for code in codes:
        assert set(code[:3]) <= set("ABCDEFGHJKMNPQRSTUVWXYZ")
        assert set(code[3:]) <= set("23456789")
        assert len(code) == 6


def test_a_code_that_is_taken_is_drawn_again(database: Database) -> None:
    book(database, make_code=lambda: "KHM374")
    codes = iter(["KHM374", "KHM374", "ABC222"])
    assert book(database, THREE, make_code=lambda: next(codes)).code == "ABC222"


def test_without_any_free_code_nothing_is_booked(database: Database) -> None:
    book(database, make_code=lambda: "KHM374")
    before = claims(database)
    with pytest.raises(Conflict):
        book(database, THREE, make_code=lambda: "KHM374")
    assert claims(database) == before


def test_a_new_phone_becomes_a_customer_and_a_known_name_stays(database: Database) -> None:
    book(database)
    book(database, THREE, contact=Contact("王先生", WANG.phone))
    with database.reading() as session:
        customers = session.execute(sa.select(Customer.phone, Customer.name)).all()
    assert [tuple(row) for row in customers] == [(WANG.phone, "王小明")]


def test_a_customer_without_a_name_gets_one(database: Database) -> None:
    with database.transaction() as session:
        session.add(Customer(id="1", phone=WANG.phone, name=None, created_at=NOW))
    book(database)
    with database.reading() as session:
        assert session.execute(sa.select(Customer.name)).scalar_one() == "王小明"


def test_the_same_request_again_gives_the_same_booking(database: Database) -> None:
    first = book(database, conversation_id="a", request_key="7")
    assert book(database, conversation_id="a", request_key="7") == first
    later = book(database, conversation_id="a", request_key="7", now=at("11-28 15:00"))
    assert later == first
    assert len(visits.list_visits(database, DEMO)) == 1


@pytest.mark.parametrize(
    "other",
    [
        {"start": THREE},
        {"request": SERVICE},
        {"request": replace(DRIVE, store="west")},
        {"contact": Contact("李", "13900001111")},
        {"contact": replace(WANG, name="李")},
        {"plate": "浙AD1002"},
    ],
)
def test_the_same_request_with_other_content_is_a_conflict(database: Database, other: dict[str, Any]) -> None:
    book(database, conversation_id="a", request_key="7", plate="浙AD1001")
    with pytest.raises(WrongState) as refused:
        book(database, **{"conversation_id": "a", "request_key": "7", "plate": "浙AD1001", **other})
    assert refused.value.words
    assert len(visits.list_visits(database, DEMO)) == 1


def test_the_same_request_again_after_a_move_gives_the_moved_visit(database: Database) -> None:
    first = book(database, conversation_id="a", request_key="7")
    moved = move(database, first, THREE)
    assert book(database, conversation_id="a", request_key="7") == moved


def test_a_request_key_belongs_to_its_conversation(database: Database) -> None:
    first = book(database, conversation_id="a", request_key="7")
    second = book(database, THREE, conversation_id="b", request_key="7")
    assert first.id != second.id


def test_a_taken_car_is_slot_taken_with_alternatives(database: Database) -> None:
    book(database)
    with pytest.raises(SlotTaken) as refused:
        book(database, HALF_PAST_TWO)
    assert refused.value.reason is Refusal.CAR_OUT
    assert shown(refused.value.alternatives) == [
        "east 11-28 15:00",
        "west 11-28 14:30",
        "east 11-28 14:30 x7",
    ]
    assert len(visits.list_visits(database, DEMO)) == 1


def test_advisers_run_out_before_cars_do(database: Database) -> None:
    for model in ("s3", "s6", "x5", "x7"):
        book(database, request=replace(DRIVE, model=model))
    with pytest.raises(SlotTaken) as refused:
        book(database, request=replace(DRIVE, model="e5"))
    assert refused.value.reason is Refusal.ADVISERS_BUSY
    assert not claimed_from(database, "east-car-e5")


def test_a_refused_time_says_why_and_books_nothing(database: Database) -> None:
    with pytest.raises(BookingRefused) as refused:
        book(database, at("11-28 17:30"))
    assert refused.value.reason is Refusal.LAST_START
    assert not isinstance(refused.value, SlotTaken)
    assert shown(refused.value.alternatives) == ["east 11-28 17:00", "east 11-28 16:30", "west 11-28 17:00"]
    assert claims(database) == set()


def test_any_store_takes_the_first_that_is_free(database: Database) -> None:
    anywhere = replace(DRIVE, store=None)
    assert [book(database, request=anywhere).store for _ in range(2)] == ["east", "west"]
    with pytest.raises(SlotTaken):
        book(database, request=anywhere)


def test_petrol_cars_leave_the_electric_bay_to_the_last(database: Database) -> None:
    bays = [book(database, request=SERVICE).resources for _ in range(4)]
    assert [bay for bay, _ in bays] == [f"east-bay-{n}" for n in (1, 2, 3, 4)]
    with pytest.raises(SlotTaken) as refused:
        book(database, request=SERVICE)
    assert refused.value.reason is Refusal.BAY_FULL


def test_an_electric_car_gets_electric_bay_and_technician(database: Database) -> None:
    visit = book(database, request=replace(SERVICE, model="e5", jobs=("ev_service", "brake_check")))
    assert visit.resources == ("east-bay-4", "east-technician-3")
    assert (visit.items, visit.end) == (("ev_service", "brake_check"), at("11-28 15:15"))


def test_unknown_ids_and_naive_times_are_invalid(database: Database) -> None:
    for request, start in [
        (replace(DRIVE, store="north"), TWO),
        (replace(DRIVE, model="z9"), TWO),
        (replace(SERVICE, jobs=()), TWO),
        (DRIVE, TWO.replace(tzinfo=None)),
    ]:
        with pytest.raises(InvalidInput):
            book(database, start, request)


# finding


def test_code_and_phone_find_a_visit_together(database: Database) -> None:
    visit = book(database, make_code=lambda: "KHM374")
    assert visits.find_visit(database, DEMO, "KHM374", WANG.phone) == visit
    assert visits.find_visit(database, DEMO, "khm 374", WANG.phone) == visit
    messages = []
    for code, phone in [("KHM374", "13900000000"), ("ABC222", WANG.phone), ("", "")]:
        with pytest.raises(NotFound) as missing:
            visits.find_visit(database, DEMO, code, phone)
        messages.append(str(missing.value))
    assert len(set(messages)) == 1


def test_lists_contain_cancelled_visits_and_no_holds(database: Database) -> None:
    first = book(database, THREE, conversation_id="a")
    other = book(database, at("11-29 10:00"), contact=Contact("李", "13900000000"))
    booking.cancel_visit(database, DEMO, NOW, first.code, first.phone)
    hold(database)
    assert [v.id for v in visits.list_visits(database, DEMO)] == [first.id, other.id]
    assert [v.id for v in visits.list_visits(database, DEMO, phone=WANG.phone)] == [first.id]
    assert [v.id for v in visits.list_visits(database, DEMO, from_=at("11-29 10:00"))] == [other.id]
    assert [v.id for v in visits.list_visits(database, DEMO, to=at("11-29 10:00"))] == [first.id]
    assert [v.status for v in visits.visits_of_conversation(database, DEMO, "a")] == [VisitStatus.CANCELLED]
    assert visits.visits_of_conversation(database, DEMO, "b") == ()


# moving and cancelling


def move(database: Database, visit: BookedVisit, start: datetime, **more: Any) -> BookedVisit:
    now = more.pop("now", NOW)
    return booking.move_visit(database, DEMO, now, visit.code, visit.phone, start, **more)


def test_a_move_keeps_row_and_code_and_frees_the_old_slot(database: Database) -> None:
    visit = book(database)
    moved = move(database, visit, at("11-29 10:00"), now=NOW + timedelta(minutes=1))
    assert (moved.id, moved.code, moved.status) == (visit.id, visit.code, VisitStatus.CONFIRMED)
    assert moved.slot == Slot("east", at("11-29 10:00"), at("11-29 10:45"))
    assert moved.updated_at > visit.updated_at
    assert claimed_from(database, "east-car-x5") == ["10:00", "10:15", "10:30", "10:45"]
    assert visits.find_visit(database, DEMO, visit.code, visit.phone) == moved
    check(database)


def test_a_move_may_overlap_with_itself(database: Database) -> None:
    moved = move(database, book(database), HALF_PAST_TWO)
    assert moved.resources == ("east-car-x5", "east-adviser-1")
    assert claimed_from(database, "east-car-x5") == ["14:30", "14:45", "15:00", "15:15"]
    assert claimed_from(database, "east-adviser-1") == ["14:30", "14:45", "15:00"]


def test_a_move_to_the_same_slot_changes_nothing(database: Database) -> None:
    visit = book(database)
    assert move(database, visit, TWO, now=NOW + timedelta(minutes=1)) == visit


def test_a_move_to_another_store(database: Database) -> None:
    moved = move(database, book(database), TWO, store="west")
    assert (moved.store, moved.resources) == ("west", ("west-car-x5", "west-adviser-1"))
    assert {name for name, _ in claims(database)} == {"west-car-x5", "west-adviser-1"}


def test_a_move_to_another_adviser(database: Database) -> None:
    moved = move(database, book(database), HALF_PAST_TWO, adviser="east-adviser-3")
    assert (moved.start, moved.adviser_name) == (HALF_PAST_TWO, "赵敏")
    assert {name for name, _ in claims(database)} == {"east-car-x5", "east-adviser-3"}


def test_another_adviser_at_the_same_time(database: Database) -> None:
    visit = book(database)
    moved = move(database, visit, TWO, adviser="east-adviser-3")
    assert (moved.slot, moved.resources) == (visit.slot, ("east-car-x5", "east-adviser-3"))
    assert (moved.adviser, moved.sequence) == ("east-adviser-3", visit.sequence + 1)
    assert move(database, moved, TWO, now=NOW + timedelta(minutes=1), adviser="east-adviser-3") == moved


def test_an_adviser_who_is_taken_changes_nothing(database: Database) -> None:
    visit = book(database)
    book(database, request=replace(DRIVE, model="e5", adviser="east-adviser-3"))
    before = claims(database)
    with pytest.raises(SlotTaken) as refused:
        move(database, visit, TWO, adviser="east-adviser-3")
    assert (refused.value.reason, len(refused.value.alternatives)) == (Refusal.ADVISER_BUSY, 3)
    assert (claims(database), visits.find_visit(database, DEMO, visit.code, visit.phone)) == (before, visit)


def test_a_later_move_keeps_the_wish_for_the_adviser(database: Database) -> None:
    moved = move(database, book(database), THREE, adviser="east-adviser-3")
    assert move(database, moved, HALF_PAST_TWO).adviser_name == "赵敏"


def test_a_service_visit_keeps_its_jobs_when_moved(database: Database) -> None:
    visit = book(database, request=replace(SERVICE, jobs=("major_service", "brake_check")))
    moved = move(database, visit, at("11-29 09:00"))
    assert (moved.items, moved.end) == (visit.items, at("11-29 11:00"))


@pytest.mark.parametrize(
    ("start", "error", "reason"),
    [
        (THREE, SlotTaken, Refusal.CAR_OUT),
        (at("11-28 17:30"), BookingRefused, Refusal.LAST_START),
        (at("12-30 10:00"), BookingRefused, Refusal.TOO_FAR),
    ],
)
def test_the_old_slot_survives_a_move_that_fails(
    database: Database, start: datetime, error: type[BookingRefused], reason: Refusal
) -> None:
    visit = book(database)
    book(database, THREE)
    before = claims(database)
    with pytest.raises(error) as refused:
        move(database, visit, start)
    assert refused.value.reason is reason
    assert len(refused.value.alternatives) == 3
    assert visit.slot not in refused.value.alternatives
    assert claims(database) == before
    assert visits.find_visit(database, DEMO, visit.code, visit.phone) == visit


def test_an_unexpected_error_leaves_the_old_slot_too(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    visit = book(database)
    before = claims(database)
    monkeypatch.setattr(booking, "_put", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        move(database, visit, at("11-29 10:00"))
    assert claims(database) == before


@pytest.mark.parametrize(
    ("now", "late"), [("11-28 12:00", False), ("11-28 12:01", True), ("11-28 16:00", True)]
)
def test_changes_end_two_hours_before(database: Database, now: str, late: bool) -> None:
    moving, cancelling = book(database), book(database, request=replace(DRIVE, model="s3"))
    changes = (
        lambda: move(database, moving, at("11-29 10:00"), now=at(now)),
        lambda: booking.cancel_visit(database, DEMO, at(now), cancelling.code, cancelling.phone),
    )
    for change in changes:
        if late:
            with pytest.raises(TooLateToChange):
                change()
        else:
            change()


def test_a_cancelled_visit_frees_its_slot_and_stays_on_record(database: Database) -> None:
    visit = book(database)
    cancelled = booking.cancel_visit(database, DEMO, NOW, visit.code, visit.phone)
    assert (cancelled.status, cancelled.start) == (VisitStatus.CANCELLED, TWO)
    assert claims(database) == set()
    assert booking.cancel_visit(database, DEMO, at("11-28 15:00"), visit.code, visit.phone) == cancelled
    with pytest.raises(Conflict):
        move(database, visit, THREE)
    book(database)


def test_nobody_else_moves_or_cancels(database: Database) -> None:
    visit = book(database)
    with pytest.raises(NotFound):
        booking.cancel_visit(database, DEMO, NOW, visit.code, "13900000000")
    with pytest.raises(NotFound):
        booking.move_visit(database, DEMO, NOW, "ABC222", visit.phone, THREE)
    assert visits.find_visit(database, DEMO, visit.code, visit.phone) == visit


def test_codes_never_run_into_each_other_in_a_row_of_bookings(database: Database) -> None:
    """Each drawn code is drawn twice: the second draw is always taken."""
    drawn = chain.from_iterable(repeat(code, 2) for code in ("AAA222", "BBB222", "CCC222", "DDD222"))
    starts = [at(f"11-28 {hour}:00") for hour in (10, 11, 12)]
    assert [book(database, start, make_code=lambda: next(drawn)).code for start in starts] == [
        "AAA222",
        "BBB222",
        "CCC222",
    ]
