"""The booking engine and a small model of the book and its waitlist, side by side, for random steps (hypothesis)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule

from bot.domain.booking import VisitRequest
from bot.services import attendance, booking, disruptions
from bot.services.visits import BookedVisit, Contact, list_visits
from bot.store.tables import Claim, Hold
from tests.services.bookings import DEMO
from tests.services.ledger import CHANGE_NOTICE, Entry, minutes_of
from tests.services.line import Freed
from tests.services.line_machine import CUSTOMERS, REQUESTS, WISHES, Waits, moments
from tests.services.racing import double_bookings

CONVERSATIONS = st.sampled_from(["a", "b", "c"])
RESOURCES = st.sampled_from(
    ["east-car-x5", "east-adviser-1", "east-bay-4", "east-technician-3", "west-bay-2", "west-technician-1"]
)
HOLD_TIME = timedelta(minutes=10)


class Book(Waits):
    """Visits, holds, outages and the waitlist. ``database`` is set in a subclass."""

    @initialize(
        wanted=st.lists(st.tuples(REQUESTS, moments()), min_size=3, max_size=6),
        waiting=st.lists(st.tuples(CUSTOMERS, WISHES), min_size=1, max_size=4),
    )
    def a_day_begins(
        self, wanted: list[tuple[VisitRequest, datetime]], waiting: list[tuple[str, str]]
    ) -> None:
        for request, start in wanted:
            self.do_book(request, start, None, False)
        for (phone, wish), (request, start) in zip(waiting, wanted, strict=False):
            self.wait(phone, request, start, wish, wants_others=True)

    @rule(minutes=st.sampled_from([5, 10, 11, 60, 600]))
    def the_clock_goes_on(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @rule(requests=st.lists(REQUESTS, min_size=2, max_size=4), start=moments())
    def several_book_the_same_time(self, requests: list[VisitRequest], start: datetime) -> None:
        for request in requests:
            self.do_book(request, start, None, False)

    @precondition(lambda self: self.line.entries)
    @rule(data=st.data(), start=moments(), by_staff=st.booleans())
    def who_waits_books_in_the_usual_way(self, data: Any, start: datetime, by_staff: bool) -> None:
        who = self.draw_waiting(data)
        when = who.offered[1] if who.offered and data.draw(st.booleans()) else start
        self.do_book(who.request, when, None, by_staff, who.phone)

    @rule(request=REQUESTS, start=moments(), conversation=CONVERSATIONS | st.none(), by_staff=st.booleans())
    def book(self, request: VisitRequest, start: datetime, conversation: str | None, by_staff: bool) -> None:
        self.do_book(request, start, conversation, by_staff)

    def do_book(
        self,
        request: VisitRequest,
        start: datetime,
        conversation: str | None,
        by_staff: bool,
        phone: str | None = None,
    ) -> None:
        self.count += 1
        contact = Contact("客户", phone or f"138{self.count:08}")
        closed = self.line.fulfilled_by(contact.phone, request)
        held = None if by_staff else self.ledger.holds.get(conversation or "")
        mine = [held, *(self.ledger.holds.get(who.id) for who in closed)]
        self.look_at_holds()
        visit = self.compare(
            self.ledger.refusal(request, start, self.now, *mine, by_staff=by_staff),
            lambda: booking.book(
                self.database, DEMO, self.now, conversation, request, start, contact, by_staff=by_staff
            ),
        )
        if visit is not None:
            entry = Entry(request, visit.store, visit.start, visit.resources, contact.phone)
            assert self.ledger.fits(entry, self.now, *mine)
            self.ledger.visits[visit.code] = entry
            if held is not None:
                del self.ledger.holds[conversation or ""]
            self.fulfilled(closed, visit.code)

    @rule(request=REQUESTS, start=moments(), conversation=CONVERSATIONS)
    def hold(self, request: VisitRequest, start: datetime, conversation: str) -> None:
        before = self.ledger.holds.get(conversation)
        held = self.compare(
            self.ledger.refusal(request, start, self.now, before),
            lambda: booking.hold_slot(self.database, DEMO, self.now, conversation, request, start),
        )
        if held is not None:
            places = self.places_held(conversation)
            entry = Entry(request, held.slot.store, start, places, conversation, expires=self.now + HOLD_TIME)
            assert held.expires_at == entry.expires
            assert self.ledger.fits(entry, self.now, before)
            self.ledger.holds[conversation] = entry

    @rule(conversation=CONVERSATIONS)
    def leave(self, conversation: str) -> None:
        booking.release_hold(self.database, conversation)
        self.ledger.holds.pop(conversation, None)

    @precondition(lambda self: self.ledger.visits)
    @rule(data=st.data(), start=moments(), store=st.sampled_from([None, "east", "west"]), staff=st.booleans())
    def move(self, data: Any, start: datetime, store: str | None, staff: bool) -> None:
        code, entry = self.draw_visit(data)
        wanted = VisitRequest(
            entry.request.kind, store or entry.store, entry.request.model, entry.request.jobs
        )
        moved = self.compare(
            self.why_unchangeable(entry, staff) or self.why_immovable(entry, wanted, start, staff),
            lambda: booking.move_visit(
                self.database, DEMO, self.now, code, None if staff else entry.phone, start, store, staff
            ),
        )
        if moved is not None:
            after = Entry(wanted, moved.store, moved.start, moved.resources, entry.phone)
            assert (moved.code, moved.start, moved.store) == (code, start, wanted.store)
            assert self.ledger.fits(after, self.now, entry)
            stays = self.stays(entry, wanted, start)
            self.ledger.visits[code] = after
            if not stays:
                self.passed_on(freed_by(entry))

    @precondition(lambda self: self.ledger.visits)
    @rule(data=st.data(), staff=st.booleans())
    def cancel(self, data: Any, staff: bool) -> None:
        self.do_cancel(*self.draw_visit(data), staff)

    @precondition(lambda self: self.booked())
    @rule(
        data=st.data(),
        phones=st.lists(CUSTOMERS, min_size=1, max_size=3, unique=True),
        wishes=st.lists(WISHES, min_size=3, max_size=3),
    )
    def a_place_is_given_back_that_others_want(self, data: Any, phones: list[str], wishes: list[str]) -> None:
        code, entry = data.draw(st.sampled_from(self.booked()))
        for phone, wish in zip(phones, wishes, strict=False):
            self.wait(phone, entry.request, entry.start, wish, wants_others=True)
        self.do_cancel(code, entry, staff=True)

    def booked(self) -> list[tuple[str, Entry]]:
        """The visits that have a place."""
        live = [(code, entry) for code, entry in self.ledger.visits.items() if entry.claims()]
        return sorted(live, key=lambda item: item[1].phone)

    def do_cancel(self, code: str, entry: Entry, staff: bool) -> None:
        again = entry.status == "cancelled"
        cancelled = self.compare(
            None if again else self.why_unchangeable(entry, staff) or self.why_too_old(entry),
            lambda: booking.cancel_visit(
                self.database, DEMO, self.now, code, None if staff else entry.phone, staff
            ),
        )
        if cancelled is not None:
            entry.status = "cancelled"
            if not again:
                self.passed_on(freed_by(entry))

    @precondition(lambda self: self.ledger.visits)
    @rule(data=st.data(), late=st.sampled_from([-150, -30, 0, 20]))
    def the_clock_reaches_a_visit(self, data: Any, late: int) -> None:
        _, entry = self.draw_visit(data)
        self.now = max(self.now, entry.start + timedelta(minutes=late))

    @precondition(lambda self: self.ledger.visits)
    @rule(data=st.data())
    def nobody_comes(self, data: Any) -> None:
        code, entry = self.draw_visit(data)
        wrong = entry.status != "confirmed" or self.now < entry.start or entry.needs_new_time
        refusal = "conflict" if wrong and entry.status != "no_show" else None
        if self.compare(refusal, lambda: attendance.no_show(self.database, DEMO, self.now, code)):
            entry.status = "no_show"

    @precondition(lambda self: self.ledger.visits)
    @rule(data=st.data())
    def the_customer_comes(self, data: Any) -> None:
        code, entry = self.draw_visit(data)
        near = entry.start - timedelta(hours=2) <= self.now and self.now.date() <= entry.start.date()
        right = entry.status in ("confirmed", "no_show") and near and not entry.needs_new_time
        if entry.status == "no_show":
            right = right and self.ledger.has_place(entry, self.now)
        refusal = None if right or entry.status == "checked_in" else "conflict"
        visit = self.compare(refusal, lambda: attendance.check_in(self.database, DEMO, self.now, code))
        if visit is not None:
            self.put(visit)

    @precondition(lambda self: self.ledger.visits)
    @rule(data=st.data())
    def the_visit_is_done(self, data: Any) -> None:
        code, entry = self.draw_visit(data)
        begun = entry.status in ("checked_in", "no_show") or (
            entry.status == "confirmed" and self.now >= entry.start
        )
        right = (begun and not entry.needs_new_time) or entry.status == "completed"
        refusal = None if right else "conflict"
        if self.compare(refusal, lambda: attendance.complete(self.database, DEMO, self.now, code)):
            entry.status = "completed"

    @rule(resource=RESOURCES, start=moments(), hours=st.sampled_from([1, 3, 30]))
    def a_resource_drops_out(self, resource: str, start: datetime, hours: int) -> None:
        self.disrupt(resource, start, start + timedelta(hours=hours))

    @precondition(lambda self: self.booked())
    @rule(data=st.data(), before=st.sampled_from([0, 15, 60]), hours=st.sampled_from([1, 2, 5]))
    def what_a_visit_has_drops_out(self, data: Any, before: int, hours: int) -> None:
        _, entry = data.draw(st.sampled_from(self.booked()))
        resource = data.draw(st.sampled_from(entry.places))
        start = entry.start - timedelta(minutes=before)
        self.disrupt(resource, start, start + timedelta(hours=hours))

    def disrupt(self, resource: str, start: datetime, end: datetime) -> None:
        if end <= self.now:
            return
        outcome = disruptions.begin_outage(
            self.database, DEMO, self.now, resource, start, end, "检修", "manager"
        )
        out = outcome.outage
        assert (out.start, out.end) == self.ledger.outage_with(resource, max(start, self.now), end)
        hit = self.ledger.hit_by(resource, out.start, out.end)
        lost, here, moved = (
            {visit.code for visit in visits} for visits in (outcome.to_rebook, outcome.on_site, outcome.moved)
        )
        assert hit - moved == lost | here
        assert len(lost | here | moved) == len(lost) + len(here) + len(moved)
        assert here == {code for code in here if self.is_here(self.ledger.visits[code])}
        assert not any(self.is_here(self.ledger.visits[code]) for code in lost)
        self.ledger.begin_outage(out.id, resource, out.start, out.end)
        for visit in (*outcome.moved, *outcome.to_rebook, *outcome.on_site):
            before = self.ledger.visits[visit.code]
            assert (visit.store, visit.start) == (before.store, before.start)
            self.put(visit)
        assert not any(self.ledger.has_place(self.ledger.visits[code], self.now) for code in lost)

    @precondition(lambda self: self.ledger.outages)
    @rule(data=st.data())
    def it_is_back(self, data: Any) -> None:
        id_, outage = data.draw(st.sampled_from(sorted(self.ledger.outages.items(), key=lambda kv: kv[1])))
        self.look_at_holds()
        recovery = disruptions.end_outage(self.database, DEMO, self.now, id_)
        if outage[2] <= self.now:
            assert recovery.restored == ()
            self.served()
            return
        del self.ledger.outages[id_]
        for visit in recovery.restored:
            assert self.ledger.visits[visit.code].needs_new_time
            self.put(visit)
        waiting = [e for e in self.ledger.visits.values() if e.needs_new_time and e.status == "confirmed"]
        assert not any(self.ledger.has_place(entry, self.now) for entry in waiting if entry.start > self.now)
        self.served()

    @invariant()
    def claims_are_what_the_model_needs(self) -> None:
        with self.database.reading() as session:
            statement = sa.select(Claim.resource, Claim.tick).outerjoin(Hold, Hold.id == Claim.hold_id)
            live = sa.or_(Claim.hold_id.is_(None), Hold.expires_at > self.now)
            claimed = {tuple(row) for row in session.execute(statement.where(live))}
        assert claimed == self.ledger.claims(self.now)
        assert not self.ledger.is_double(self.now)

    @invariant()
    def visits_are_those_of_the_model(self) -> None:
        found = {v.code: self.summary(v) for v in list_visits(self.database, DEMO)}
        expected = {
            code: (e.store, e.start, e.status, e.needs_new_time) for code, e in self.ledger.visits.items()
        }
        assert found == expected

    def teardown(self) -> None:
        assert double_bookings(self.database) == 0

    def draw_visit(self, data: Any) -> tuple[str, Entry]:
        visits: tuple[str, Entry] = data.draw(
            st.sampled_from(sorted(self.ledger.visits.items(), key=lambda item: item[1].phone))
        )
        return visits

    def put(self, visit: BookedVisit) -> None:
        """Take over what the engine says of a visit; the invariants tell whether that fits."""
        entry = self.ledger.visits[visit.code]
        entry.store, entry.start, entry.places = visit.store, visit.start, visit.resources
        entry.status, entry.needs_new_time = visit.status.value, visit.needs_new_time

    def is_here(self, entry: Entry) -> bool:
        return entry.status == "checked_in" or entry.start <= self.now

    def why_unchangeable(self, entry: Entry, staff: bool) -> str | None:
        if entry.status != "confirmed":
            return "conflict"
        excused = staff or entry.needs_new_time
        return None if excused or entry.start - self.now >= CHANGE_NOTICE else "too_late"

    def why_too_old(self, entry: Entry) -> str | None:
        over = self.now.date() > entry.start.date()
        return "conflict" if over and not entry.needs_new_time else None

    def why_immovable(self, entry: Entry, wanted: VisitRequest, start: datetime, staff: bool) -> str | None:
        if self.stays(entry, wanted, start):
            return None
        return self.ledger.refusal(wanted, start, self.now, entry, by_staff=staff)

    @staticmethod
    def stays(entry: Entry, wanted: VisitRequest, start: datetime) -> bool:
        """Whether a move is none."""
        return (entry.store, entry.start) == (wanted.store, start) and not entry.needs_new_time

    @staticmethod
    def summary(visit: BookedVisit) -> tuple[object, ...]:
        return visit.store, visit.start, visit.status.value, visit.needs_new_time


def freed_by(entry: Entry) -> Freed:
    """The time that a visit had, also one that had lost its place there."""
    return Freed(entry.store, entry.start, entry.start + timedelta(minutes=minutes_of(entry.request)))
