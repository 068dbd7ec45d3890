"""The booking engine and a small model of the book, side by side, for random steps (hypothesis)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from bot.domain.booking import VisitKind, VisitRequest
from bot.domain.errors import BookingRefused, Conflict, TooLateToChange
from bot.services import attendance, booking, disruptions
from bot.services.visits import BookedVisit, Contact, list_visits
from bot.store.database import Database
from bot.store.tables import Base, Claim, Hold
from tests.services.bookings import DEMO, NOW
from tests.services.ledger import CHANGE_NOTICE, Entry, Ledger
from tests.services.racing import double_bookings

DRIVES = [
    VisitRequest(VisitKind.TEST_DRIVE, store, model) for store in ("east", None) for model in ("x5", "x7")
]
SERVICES = [
    VisitRequest(VisitKind.SERVICE, "east", "x5", ("regular_service", "tire_service")),
    VisitRequest(VisitKind.SERVICE, "east", "e5", ("ev_service",)),
    VisitRequest(VisitKind.SERVICE, "west", "e5", ("ev_service", "brake_check")),
    VisitRequest(VisitKind.SERVICE, None, "s3", ("brake_check",)),
]
REQUESTS = st.sampled_from(DRIVES + SERVICES)
CONVERSATIONS = st.sampled_from(["a", "b", "c"])
RESOURCES = st.sampled_from(
    ["east-car-x5", "east-adviser-1", "east-bay-4", "east-technician-3", "west-bay-2", "west-technician-1"]
)
HOLD_TIME = timedelta(minutes=10)


def moments() -> st.SearchStrategy[datetime]:
    """Mostly good times close together, so that visits get in each other's way, and some that are wrong."""
    midnight = NOW.replace(hour=0, minute=0)
    usual = st.builds(
        lambda day, minute: midnight + timedelta(days=day, minutes=minute),
        st.integers(1, 2),
        st.sampled_from([9 * 60, 9 * 60 + 30, 10 * 60, 10 * 60 + 30]),
    )
    odd = st.builds(
        lambda day, minute: midnight + timedelta(days=day, minutes=minute),
        st.integers(0, 31),
        st.sampled_from([0, 8 * 60 + 30, 12 * 60 + 15, 16 * 60 + 30, 17 * 60, 17 * 60 + 30, 23 * 60]),
    )
    return st.one_of(usual, usual, usual, usual, odd)


class Book(RuleBasedStateMachine):
    """The engine and the model side by side. ``database`` is set in a subclass."""

    database: Database

    def __init__(self) -> None:
        super().__init__()
        with self.database.transaction() as session:
            for table in reversed(Base.metadata.sorted_tables):
                session.execute(sa.delete(table))
        self.now, self.ledger, self.count = NOW, Ledger(), 0

    @rule(minutes=st.sampled_from([5, 10, 11, 60, 600]))
    def the_clock_goes_on(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @rule(requests=st.lists(REQUESTS, min_size=2, max_size=4), start=moments())
    def several_book_the_same_time(self, requests: list[VisitRequest], start: datetime) -> None:
        for request in requests:
            self.do_book(request, start, None, False)

    @rule(request=REQUESTS, start=moments(), conversation=CONVERSATIONS | st.none(), by_staff=st.booleans())
    def book(self, request: VisitRequest, start: datetime, conversation: str | None, by_staff: bool) -> None:
        self.do_book(request, start, conversation, by_staff)

    def do_book(
        self, request: VisitRequest, start: datetime, conversation: str | None, by_staff: bool
    ) -> None:
        self.count += 1
        contact = Contact("客户", f"138{self.count:08}")
        held = None if by_staff else self.ledger.holds.get(conversation or "")
        visit = self.compare(
            self.ledger.refusal(request, start, self.now, held, by_staff),
            lambda: booking.book(
                self.database, DEMO, self.now, conversation, request, start, contact, by_staff=by_staff
            ),
        )
        if visit is not None:
            entry = Entry(request, visit.store, visit.start, visit.resources, contact.phone)
            assert self.ledger.fits(entry, self.now, held)
            self.ledger.visits[visit.code] = entry
            if held is not None:
                del self.ledger.holds[conversation or ""]

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
            self.ledger.visits[code] = after

    @precondition(lambda self: self.ledger.visits)
    @rule(data=st.data(), staff=st.booleans())
    def cancel(self, data: Any, staff: bool) -> None:
        code, entry = self.draw_visit(data)
        again = entry.status == "cancelled"
        cancelled = self.compare(
            None if again else self.why_unchangeable(entry, staff) or self.why_too_old(entry),
            lambda: booking.cancel_visit(
                self.database, DEMO, self.now, code, None if staff else entry.phone, staff
            ),
        )
        if cancelled is not None:
            entry.status = "cancelled"

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

    @precondition(lambda self: any(entry.claims() for entry in self.ledger.visits.values()))
    @rule(data=st.data(), before=st.sampled_from([0, 15, 60]), hours=st.sampled_from([1, 2, 5]))
    def what_a_visit_has_drops_out(self, data: Any, before: int, hours: int) -> None:
        live = [e for e in self.ledger.visits.values() if e.claims()]
        entry = data.draw(st.sampled_from(sorted(live, key=lambda e: e.phone)))
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
        recovery = disruptions.end_outage(self.database, DEMO, self.now, id_)
        if outage[2] <= self.now:
            assert recovery.restored == ()
            return
        del self.ledger.outages[id_]
        for visit in recovery.restored:
            assert self.ledger.visits[visit.code].needs_new_time
            self.put(visit)
        waiting = [e for e in self.ledger.visits.values() if e.needs_new_time and e.status == "confirmed"]
        assert not any(self.ledger.has_place(entry, self.now) for entry in waiting if entry.start > self.now)

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

    def compare(self, refusal: str | None, attempt: Callable[[], Any]) -> Any:
        """What the engine gave, or None where it refused; either way it agrees with the model."""
        try:
            outcome = attempt()
        except BookingRefused as refused:
            self.agree(refused, refusal)
            return None
        except TooLateToChange:
            assert refusal == "too_late"
            return None
        except Conflict:
            assert refusal == "conflict"
            return None
        assert refusal is None
        return outcome

    @staticmethod
    def agree(refused: BookingRefused, refusal: str | None) -> None:
        assert getattr(refused.reason, "value", None) == refusal

    def why_unchangeable(self, entry: Entry, staff: bool) -> str | None:
        if entry.status != "confirmed":
            return "conflict"
        excused = staff or entry.needs_new_time
        return None if excused or entry.start - self.now >= CHANGE_NOTICE else "too_late"

    def why_too_old(self, entry: Entry) -> str | None:
        over = self.now.date() > entry.start.date()
        return "conflict" if over and not entry.needs_new_time else None

    def why_immovable(self, entry: Entry, wanted: VisitRequest, start: datetime, staff: bool) -> str | None:
        if (entry.store, entry.start) == (wanted.store, start) and not entry.needs_new_time:
            return None
        return self.ledger.refusal(wanted, start, self.now, entry, staff)

    def places_held(self, conversation: str) -> tuple[str, ...]:
        with self.database.reading() as session:
            details = session.execute(sa.select(Hold.details).where(Hold.owner == conversation)).scalar_one()
        return tuple(details["resources"])

    @staticmethod
    def summary(visit: BookedVisit) -> tuple[object, ...]:
        return visit.store, visit.start, visit.status.value, visit.needs_new_time
