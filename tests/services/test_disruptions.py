"""A car, adviser, bay or technician drops out: nobody is lost, and as many as possible keep their time."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from bot.domain.booking import VisitKind, VisitRequest, VisitStatus
from bot.domain.disruption import share_out
from bot.domain.errors import InvalidOutage, NotFound, SlotTaken, TooLateToChange
from bot.domain.waitlist import Preference
from bot.services import attendance, booking, disruptions
from bot.services.visits import BookedVisit, Contact, find_visit, list_visits
from bot.store.database import Database
from bot.store.staff_tables import Case
from bot.store.tables import Hold, Outage, OutboxMessage
from tests.services.bookings import DEMO, NOW, TWO, WANG, at, book, claimed_from, hold, shown
from tests.services.racing import is_consistent
from tests.services.waiting import offered, wait

NOON, EVENING = at("11-28 12:00"), at("11-28 18:00")
X5, X5_WEST = "east-car-x5", "west-car-x5"
HOUR = timedelta(hours=1)
DRIVE_WEST = VisitRequest(VisitKind.TEST_DRIVE, "west", "x5")
PETROL = VisitRequest(VisitKind.SERVICE, "west", "x5", ("regular_service",))
ELECTRIC = VisitRequest(VisitKind.SERVICE, "west", "e5", ("ev_service",))


def begin(
    database: Database, resource: str = X5, start: datetime = NOON, end: datetime = EVENING, **more: Any
) -> disruptions.Disruption:
    reason, now = more.get("reason", "检修"), more.get("now", NOW)
    return disruptions.begin_outage(database, DEMO, now, resource, start, end, reason, "manager")


def contact(number: int) -> Contact:
    return Contact(f"客户{number}", f"138{number:08}")


def rows(database: Database, table: Any, **values: Any) -> list[Any]:
    with database.reading() as session:
        return list(session.execute(sa.select(table).filter_by(**values)).scalars())


def visit_of(database: Database, visit: BookedVisit) -> BookedVisit:
    return find_visit(database, DEMO, visit.code, None)


def person_of(visit: BookedVisit, kind: str = "adviser") -> str:
    return next(name for name in visit.resources if kind in name)


def test_nobody_books_into_an_outage(database: Database) -> None:
    begin(database)
    with pytest.raises(SlotTaken) as refused:
        book(database)
    assert not {"east 11-28 13:30", "east 11-28 14:00"} & set(shown(refused.value.alternatives))
    with pytest.raises(SlotTaken):
        book(database, at("11-28 11:30"))  # it would reach into the outage
    assert book(database, EVENING - 8 * HOUR).resources[0] == X5
    assert is_consistent(database)


def test_another_adviser_takes_over_and_the_customer_hears_nothing(database: Database) -> None:
    visit = book(database, conversation_id="c1")
    before = len(rows(database, OutboxMessage))
    outcome = begin(database, person_of(visit))
    [moved] = outcome.moved
    assert (moved.id, moved.start, moved.code, moved.resources[0]) == (visit.id, TWO, visit.code, X5)
    assert person_of(moved) != person_of(visit)
    assert (outcome.to_rebook, outcome.on_site) == ((), ())
    assert (moved.needs_new_time, moved.sequence) == (False, 0)
    assert len(rows(database, OutboxMessage)) == before
    assert rows(database, Case) == []
    assert is_consistent(database)


def test_without_an_equal_car_the_customer_is_offered_new_times(database: Database) -> None:
    visit = book(database, conversation_id="c1")
    outcome = begin(database)
    [lost] = outcome.to_rebook
    assert (lost.id, lost.code, lost.start, lost.status) == (visit.id, visit.code, TWO, VisitStatus.CONFIRMED)
    assert (lost.needs_new_time, lost.resources, lost.sequence) == (True, (), 1)
    assert shown(outcome.new_times[visit.id]) == ["west 11-28 14:00", "east 11-28 11:00", "east 11-28 10:30"]
    assert claimed_from(database, person_of(visit)) == []
    assert is_consistent(database)


def test_its_reminders_go_and_an_offer_comes(database: Database) -> None:
    visit = book(database, conversation_id="c1")
    assert [m for m in rows(database, OutboxMessage, state="pending") if m.kind.startswith("reminder")]
    begin(database)
    [message] = rows(database, OutboxMessage, state="pending", channel="chat")
    assert (message.kind, message.conversation_id, message.appointment_id) == ("disrupted", "c1", visit.id)
    assert message.data["alternatives"][0]["start"] == TWO.isoformat()


@pytest.mark.parametrize("conversation", ["c1", None])
def test_staff_call_whoever_needs_a_new_time(database: Database, conversation: str | None) -> None:
    visit = book(database, conversation_id=conversation)
    begin(database)
    [case] = rows(database, Case)
    assert (case.kind, case.status, case.phone, case.details["code"]) == (
        "callback",
        "open",
        WANG.phone,
        visit.code,
    )
    booking.move_visit(database, DEMO, NOW, visit.code, WANG.phone, TWO + timedelta(days=1))
    assert [c.status for c in rows(database, Case)] == ["closed"]


def test_several_customers_are_offered_different_times(database: Database) -> None:
    hours = (9, 10, 11, 13, 14)
    for number, hour in enumerate(hours):
        book(database, at(f"11-28 {hour}:00"), contact=contact(number))
    outcome = begin(database, start=at("11-28 08:00"), end=at("11-29 20:00"))
    offered = [slot for times in outcome.new_times.values() for slot in times]
    assert (len(outcome.to_rebook), len(offered), len(set(offered))) == (5, 15, 15)
    for lost in outcome.to_rebook:
        assert abs(outcome.new_times[lost.id][0].start - lost.start) <= 2 * HOUR


def test_an_electric_car_gets_the_other_electric_bay_from_a_petrol_car(database: Database) -> None:
    """At the west store only bay 2 and technician 2 serve electric cars; east has one such bay and two technicians."""
    electric = VisitRequest(VisitKind.SERVICE, "east", "e5", ("ev_service",))
    petrol = VisitRequest(VisitKind.SERVICE, "east", "x5", ("regular_service",))
    visit = book(database, TWO, electric)
    technician = person_of(visit, "technician")
    other = {"east-technician-3", "east-technician-4"} - {technician}
    for number in range(1, 4):  # three petrol cars with all others, the electric one included
        book(database, TWO, petrol, contact=contact(number))
    with pytest.raises(SlotTaken):
        book(database, TWO, petrol, contact=contact(9))
    begin(database, "east-technician-1", TWO - HOUR, TWO)  # touches nobody
    booking.cancel_visit(
        database, DEMO, NOW, _who_has(database, "east-technician-1").code, None, by_staff=True
    )
    disruptions.end_outage(database, DEMO, NOW, rows(database, Outage)[0].id)
    outcome = begin(database, technician)
    assert outcome.to_rebook == ()
    assert {person_of(moved, "technician") for moved in outcome.moved} == {*other, "east-technician-1"}
    assert set(person_of(visit_of(database, visit), "technician").split()) == other
    assert is_consistent(database)


def _who_has(database: Database, resource: str) -> BookedVisit:
    return next(v for v in list_visits(database, DEMO) if resource in v.resources)


def test_a_petrol_car_stays_where_nothing_else_would_do(database: Database) -> None:
    visit = book(database, TWO, ELECTRIC)
    outcome = begin(database, "west-bay-2")
    assert [lost.id for lost in outcome.to_rebook] == [visit.id]
    assert {slot.store for slot in outcome.new_times[visit.id]} >= {"east"}


def test_holds_on_the_resource_end(database: Database) -> None:
    hold(database)
    begin(database)
    assert rows(database, Hold) == []
    with pytest.raises(SlotTaken):
        book(database, conversation_id="a")
    assert is_consistent(database)


def test_visits_before_and_after_are_left_alone(database: Database) -> None:
    early, late = book(database, at("11-28 10:00")), book(database, at("11-29 10:00"))
    outcome = begin(database)
    assert (outcome.moved, outcome.to_rebook) == ((), ())
    assert visit_of(database, early) == early
    assert visit_of(database, late) == late


def test_a_visit_that_only_needs_preparation_then_is_hit_too(database: Database) -> None:
    visit = book(database, at("11-28 11:00"))
    assert [lost.id for lost in begin(database, start=at("11-28 11:45")).to_rebook] == [visit.id]


def test_who_is_in_the_house_is_left_to_the_staff(database: Database) -> None:
    visit = book(database)
    attendance.check_in(database, DEMO, TWO - HOUR, visit.code)
    outcome = begin(database, now=TWO - HOUR)
    [here] = outcome.on_site
    assert (here.id, here.status, here.needs_new_time) == (visit.id, VisitStatus.CHECKED_IN, False)
    assert here.resources == (person_of(visit),)
    assert outcome.to_rebook == ()


def test_the_customer_moves_it_whatever_the_notice(database: Database) -> None:
    visit = book(database)
    later = TWO - HOUR
    begin(database, now=later, start=later)
    moved = booking.move_visit(database, DEMO, later, visit.code, WANG.phone, TWO, store="west")
    assert (moved.id, moved.code, moved.store, moved.needs_new_time) == (visit.id, visit.code, "west", False)
    assert moved.sequence == 2
    with pytest.raises(TooLateToChange):
        booking.move_visit(database, DEMO, later, visit.code, WANG.phone, TWO + HOUR)
    assert is_consistent(database)


def test_a_time_taken_meanwhile_is_refused_with_others(database: Database) -> None:
    visit = book(database)
    times = begin(database).new_times[visit.id]
    book(
        database, times[0].start, VisitRequest(VisitKind.TEST_DRIVE, times[0].store, "x5"), contact=contact(1)
    )
    with pytest.raises(SlotTaken) as refused:
        booking.move_visit(database, DEMO, NOW, visit.code, WANG.phone, times[0].start, times[0].store)
    assert len(refused.value.alternatives) == 3
    assert visit_of(database, visit).needs_new_time
    fresh = disruptions.new_times(database, DEMO, NOW, visit_of(database, visit))
    assert len(fresh) == 3
    assert times[0] not in fresh


def test_the_customer_cancels_it_whatever_the_notice(database: Database) -> None:
    visit = book(database)
    later = TWO - HOUR
    begin(database, now=later, start=later)
    cancelled = booking.cancel_visit(database, DEMO, later, visit.code, WANG.phone)
    assert cancelled.status is VisitStatus.CANCELLED
    assert [case.status for case in rows(database, Case)] == ["closed"]


def test_the_end_gives_the_old_time_back_and_says_so(database: Database) -> None:
    visit = book(database, conversation_id="c1")
    outage = begin(database).outage
    recovery = disruptions.end_outage(database, DEMO, NOW + HOUR, outage.id)
    [restored] = recovery.restored
    assert (restored.id, restored.start, restored.needs_new_time) == (visit.id, TWO, False)
    assert restored.resources[0] == X5
    kinds = {message.kind for message in rows(database, OutboxMessage, state="pending", channel="chat")}
    assert kinds == {"restored", "reminder_24", "reminder_2"}
    assert [case.status for case in rows(database, Case)] == ["closed"]
    assert recovery.outage.ended_at == NOW + HOUR
    assert is_consistent(database)


def test_who_chose_another_time_keeps_that(database: Database) -> None:
    visit = book(database)
    outage = begin(database).outage
    tomorrow = TWO + timedelta(days=1)
    booking.move_visit(database, DEMO, NOW, visit.code, WANG.phone, tomorrow)
    assert disruptions.end_outage(database, DEMO, NOW, outage.id).restored == ()
    assert visit_of(database, visit).start == tomorrow


def test_what_nobody_gets_back_is_offered_to_who_waits(database: Database) -> None:
    outage = begin(database).outage
    wait(database, 1, preference=Preference(TWO, TWO + timedelta(minutes=1)))
    assert offered(database) == []
    disruptions.end_outage(database, DEMO, NOW, outage.id)
    assert offered(database) == ["客户1"]
    assert is_consistent(database)


def test_who_had_the_time_comes_before_who_waits_for_it(database: Database) -> None:
    visit = book(database, contact=contact(2))
    outage = begin(database).outage
    wait(database, 1, preference=Preference(TWO, TWO + timedelta(minutes=1)))
    disruptions.end_outage(database, DEMO, NOW, outage.id)
    assert offered(database) == []
    assert not visit_of(database, visit).needs_new_time


def test_ending_twice_changes_nothing(database: Database) -> None:
    outage = begin(database).outage
    first = disruptions.end_outage(database, DEMO, NOW, outage.id)
    book(database)
    assert disruptions.end_outage(database, DEMO, NOW + HOUR, outage.id).outage == first.outage
    assert is_consistent(database)
    with pytest.raises(NotFound):
        disruptions.end_outage(database, DEMO, NOW, "nothing")


def test_a_shorter_outage_frees_the_rest(database: Database) -> None:
    visit = book(database, at("11-28 16:00"))
    outage = begin(database).outage
    recovery = disruptions.end_outage(database, DEMO, NOW, outage.id, ended_at=at("11-28 15:00"))
    assert [restored.id for restored in recovery.restored] == [visit.id]
    assert recovery.outage.ended_at is None
    with pytest.raises(SlotTaken):
        book(database, TWO, contact=contact(1))
    assert book(database, at("11-28 15:00"), contact=contact(1)).resources[0] == X5
    assert is_consistent(database)


def test_outages_that_touch_become_one(database: Database) -> None:
    begin(database, end=at("11-28 14:00"))
    begin(database, start=at("11-28 16:00"), reason="等配件")
    whole = begin(database, start=at("11-28 13:00"), end=at("11-28 17:00"), reason="检修").outage
    assert [row.id for row in rows(database, Outage)] == [whole.id]
    assert (whole.start, whole.end, whole.reason) == (NOON, EVENING, "检修；等配件")
    assert claimed_from(database, X5)[0] == "12:00"
    assert claimed_from(database, X5)[-1] == "17:45"
    assert is_consistent(database)


def test_the_same_outage_again_changes_nothing(database: Database) -> None:
    visit = book(database)
    first = begin(database)
    again = begin(database)
    assert (again.outage, again.to_rebook) == (first.outage, ())
    assert visit_of(database, visit).sequence == 1
    assert len(rows(database, Case)) == 1


def test_an_outage_within_another_says_that_nothing_changed(database: Database) -> None:
    first = begin(database)
    again = begin(database, end=EVENING - HOUR, reason="")
    assert (first.already_out, again.already_out) == (False, True)
    assert again.outage == first.outage
    assert not begin(database, end=EVENING + HOUR).already_out


def test_what_is_given_back_is_listed_by_time(database: Database) -> None:
    hours = (16, 10, 14, 12)
    for number, hour in enumerate(hours):
        book(database, at(f"11-28 {hour}:00"), contact=contact(number))
    outage = begin(database, start=at("11-28 08:00"), end=at("11-29 20:00")).outage
    restored = disruptions.end_outage(database, DEMO, NOW, outage.id).restored
    assert [visit.start.hour for visit in restored] == sorted(hours)


def test_new_times_do_not_count_what_goes_for_good(database: Database) -> None:
    visit = book(database)
    smaller = replace(DEMO, resources=tuple(r for r in DEMO.resources if r.id != X5))
    outcome = disruptions.begin_outage(
        database, DEMO, NOW, X5, NOW, EVENING, "撤下", "manager", after=smaller
    )
    assert {slot.store for slot in outcome.new_times[visit.id]} == {"west"}


def test_outages_of_different_resources_are_different(database: Database) -> None:
    begin(database)
    begin(database, X5_WEST)
    assert len(disruptions.list_outages(database, DEMO, NOW)) == 2
    assert disruptions.list_outages(database, DEMO, EVENING) == ()
    assert len(disruptions.list_outages(database, DEMO, EVENING, everything=True)) == 2


def test_a_whole_year(database: Database) -> None:
    visit = book(database)
    outcome = begin(database, start=NOW - HOUR, end=NOW + timedelta(days=365))
    assert [lost.id for lost in outcome.to_rebook] == [visit.id]
    assert outcome.outage.start == NOW
    assert {slot.store for slot in outcome.new_times[visit.id]} == {"west"}


@pytest.mark.parametrize(
    ("resource", "start", "end", "words"),
    [
        ("east-car-q9", NOON, EVENING, "没有"),
        (X5, EVENING, NOON, "晚于"),
        (X5, NOON, NOON, "晚于"),
        (X5, NOW - 3 * HOUR, NOW - HOUR, "过去"),
        (X5, NOW, NOW + timedelta(days=400), "一年"),
    ],
)
def test_an_outage_that_makes_no_sense(
    database: Database, resource: str, start: datetime, end: datetime, words: str
) -> None:
    with pytest.raises(InvalidOutage) as refused:
        begin(database, resource, start, end)
    assert words in refused.value.words
    assert rows(database, Outage) == []


def test_visits_with_a_resource_that_is_removed_are_reported(database: Database) -> None:
    visit = book(database)
    smaller = replace(DEMO, resources=tuple(r for r in DEMO.resources if r.id != X5))
    assert disruptions.affected_by_removal(database, DEMO, NOW) == {}
    affected = disruptions.affected_by_removal(database, smaller, NOW)
    assert {resource: [hit.id for hit in hits] for resource, hits in affected.items()} == {X5: [visit.id]}
    assert disruptions.affected_by_removal(database, smaller, EVENING) == {}


def test_sharing_out_gives_everybody_something() -> None:
    assert share_out([["a", "b", "c", "d"], ["a", "b", "c", "d"]], 2) == [("a", "c"), ("b", "d")]
    assert share_out([["a"], ["a"], []], 3) == [("a",), ("a",), ()]
