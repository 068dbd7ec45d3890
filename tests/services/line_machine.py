"""The waitlist and its model side by side, for random steps (hypothesis); ``book_machine`` adds the visits."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from bot.domain.booking import Slot, VisitKind, VisitRequest
from bot.domain.errors import BookingRefused, Conflict, InvalidInput, TooLateToChange
from bot.domain.waitlist import Preference, around
from bot.services import waitlist
from bot.services.visits import BookedVisit, Contact
from bot.store.database import Database
from bot.store.tables import Base, Hold
from tests.services.bookings import DEMO, NOW
from tests.services.ledger import Entry, Ledger, minutes_of, needs_of, quarters
from tests.services.line import (
    MOST_WAITING,
    Freed,
    Line,
    Waiting,
    best_time,
    deadline,
    may_disturb,
    possible_times,
)

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
CUSTOMERS = st.sampled_from(["13900000001", "13900000002", "13900000003", "13900000004"])
WISHES = st.sampled_from(["around", "exactly", "that day", "two mornings"])


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


def preference_of(wish: str, start: datetime) -> Preference:
    """A wish in words about a moment."""
    midnight = start.replace(hour=0, minute=0)
    return {
        "around": around(start),
        "exactly": Preference(start, start + timedelta(minutes=1)),
        "that day": Preference(midnight, midnight + timedelta(days=1)),
        "two mornings": Preference(
            midnight,
            midnight + timedelta(days=3),
            (start.isoweekday(), start.isoweekday() % 7 + 1),
            0,
            12 * 60,
        ),
    }[wish]


class Waits(RuleBasedStateMachine):
    """The engine and the model side by side. ``database`` is set in a subclass."""

    database: Database

    def __init__(self) -> None:
        super().__init__()
        with self.database.transaction() as session:
            for table in reversed(Base.metadata.sorted_tables):
                session.execute(sa.delete(table))
        self.now, self.ledger, self.line, self.count = NOW, Ledger(), Line(), 0
        self.kept: set[str] = set()

    @rule(phone=CUSTOMERS, request=REQUESTS, start=moments(), wish=WISHES, wants_others=st.booleans())
    def somebody_waits(
        self, phone: str, request: VisitRequest, start: datetime, wish: str, wants_others: bool
    ) -> None:
        self.wait(phone, request, start, wish, wants_others)

    def wait(self, phone: str, request: VisitRequest, start: datetime, wish: str, wants_others: bool) -> None:
        """``wants_others``: what is free now was seen, and is not what the customer wants."""
        self.now += timedelta(seconds=1)  # nobody joins at the same moment: that would leave the order open
        preference = preference_of(wish, start)
        free = list(possible_times(request, preference, self.now, self.ledger.claims(self.now)))
        seen = free if wants_others else []
        mine = self.line.open_of(phone)
        known = next((who for who in mine if who.request == request), None)
        refusal = "conflict" if known is None and len(mine) >= MOST_WAITING else None
        if not any(possible_times(request, preference, self.now, set())):
            refusal = "invalid"
        joined = self.compare(
            refusal,
            lambda: waitlist.join(
                self.database,
                DEMO,
                self.now,
                request,
                preference,
                Contact("客户", phone),
                known=[Slot(store, time, time) for store, time in seen],
            ),
        )
        if joined is None:
            return
        if known is None:
            known = Waiting(joined.id, phone, request, preference, None)
            self.line.entries.append(known)
        assert joined.id == known.id
        known.preference, known.wished = preference, start if wish == "around" else None
        known.no_more += [(place, "known") for place in seen]

    @precondition(lambda self: self.line.entries)
    @rule(data=st.data())
    def somebody_accepts(self, data: Any) -> None:
        who = self.draw_waiting(data)
        closed = [] if who.offered is None else self.line.fulfilled_by(who.phone, who.request)
        held = [self.ledger.holds.get(other.id) for other in (who, *closed)]
        self.look_at_holds()
        visit: BookedVisit | None = self.compare(
            self.why_unacceptable(who, held),
            lambda: waitlist.accept(self.database, DEMO, self.now, who.id),
        )
        if visit is None or who.code is not None:
            assert visit is None or visit.code == who.code
            return
        assert (visit.store, visit.start, visit.phone) == (*(who.offered or ()), who.phone)
        entry = Entry(who.request, visit.store, visit.start, visit.resources, who.phone)
        assert self.ledger.fits(entry, self.now, *held)
        self.ledger.visits[visit.code] = entry
        self.ledger.holds.pop(who.id, None)
        who.state, who.code, who.offered = "booked", visit.code, None
        self.fulfilled([other for other in closed if other is not who], visit.code)

    def why_unacceptable(self, who: Waiting, held: list[Entry | None]) -> str | None:
        if who.code is not None:
            return None
        if who.offered is None or who.reply_by is None or self.now >= who.reply_by:
            return "conflict"
        store, start = who.offered
        wanted = VisitRequest(who.request.kind, store, who.request.model, who.request.jobs)
        return "conflict" if self.ledger.refusal(wanted, start, self.now, *held) else None

    @precondition(lambda self: self.line.entries)
    @rule(data=st.data(), stays=st.booleans())
    def somebody_declines_or_leaves(self, data: Any, stays: bool) -> None:
        who = self.draw_waiting(data)
        answer = waitlist.decline if stays else waitlist.leave
        self.look_at_holds()
        answer(self.database, DEMO, self.now, who.id)
        was_open = who.is_open
        freed = self.given_back(who, "refused") if who.state == "offered" else None
        if was_open and not stays:
            who.state = "left"
        if freed is not None:
            self.passed_on(freed, but=who)

    @rule()
    def the_upkeep_runs(self) -> None:
        self.look_at_holds()
        made = waitlist.serve_waitlist(self.database, DEMO, self.now)
        assert made == self.served()

    @precondition(lambda self: self.line.in_state("offered"))
    @rule(data=st.data(), late=st.sampled_from([-1, 0, 30]), upkeep=st.booleans())
    def the_clock_reaches_a_deadline(self, data: Any, late: int, upkeep: bool) -> None:
        who = data.draw(st.sampled_from(self.line.in_state("offered")))
        self.now = max(self.now, who.reply_by + timedelta(minutes=late))
        if upkeep:
            self.the_upkeep_runs()

    @invariant()
    def the_line_is_that_of_the_model(self) -> None:
        found = [
            (e.id, e.state.value, (e.offered, e.reply_by) if e.state == "offered" else None)
            for e in waitlist.list_entries(self.database, states=None)
        ]
        expected = [
            (who.id, who.state, (who.offered, who.reply_by) if who.state == "offered" else None)
            for who in self.line.entries
        ]
        assert found == expected

    def served(self) -> int:
        """What the upkeep does: silence ends offers, then the line is gone through; gives the new offers of the latter."""
        for who in self.line.in_state("offered"):
            if who.reply_by is not None and who.reply_by <= self.now:
                self.passed_on(self.given_back(who, "unanswered"), but=who)
        if not may_disturb(self.now):
            return 0
        for who in self.line.in_state("waiting"):
            if who.preference.until <= self.now:
                who.state = "over"
        return sum(self.is_offered(who) for who in self.line.in_state("waiting"))

    def passed_on(self, freed: Freed, but: Waiting | None = None) -> None:
        """What came free went to the first in line who want it, within the same transaction."""
        if may_disturb(self.now) and freed.end > self.now:
            for who in self.line.in_state("waiting"):
                if who is not but:
                    self.is_offered(who, freed)

    def is_offered(self, who: Waiting, freed: Freed | None = None) -> bool:
        """Whether the model offers something now; the engine must have offered just that."""
        place = best_time(who, self.ledger, self.now, freed)
        if place is None:
            return False
        who.state, who.offered = "offered", place
        who.reply_by = deadline(who.request, place[1], self.now)
        self.sweep(who.request, *place)
        wanted = VisitRequest(who.request.kind, place[0], who.request.model, who.request.jobs)
        held = Entry(wanted, *place, self.places_held(who.id), who.phone, expires=who.reply_by)
        assert self.ledger.fits(held, self.now)
        self.ledger.holds[who.id] = held
        return True

    def fulfilled(self, closed: list[Waiting], code: str) -> None:
        """Customers booked what they waited for; what was held for them goes to the next."""
        freed = [self.given_back(who, "refused") for who in closed if who.state == "offered"]
        for who in closed:
            who.state, who.code = "booked", code
        for slot in freed:
            self.passed_on(slot)

    def given_back(self, who: Waiting, why: str) -> Freed:
        """The end of an offer. An expired hold that others swept away is taken for one of an hour."""
        assert who.offered is not None
        store, start = who.offered
        minutes = minutes_of(who.request) if who.id in self.kept else 60
        self.ledger.holds.pop(who.id, None)
        who.give_back(why)
        return Freed(store, start, start + timedelta(minutes=minutes))

    def look_at_holds(self) -> None:
        """Whose holds the engine still has, expired ones included: before a step that gives some back."""
        with self.database.reading() as session:
            self.kept = set(session.scalars(sa.select(Hold.owner)))

    def sweep(self, request: VisitRequest, store: str, start: datetime) -> None:
        """A claim sweeps away the expired holds on everything that it may take."""
        needs = needs_of(request, store)
        longest = max(minutes for _, minutes, _ in needs)
        wanted = {(r.id, quarter) for who, _, _ in needs for r in who for quarter in quarters(start, longest)}
        for owner, hold in self.ledger.holds.items():
            if hold.expires and hold.expires <= self.now and not wanted.isdisjoint(hold.claims()):
                self.kept.discard(owner)

    def draw_waiting(self, data: Any) -> Waiting:
        """Rather somebody whose answer is waited for."""
        offered = self.line.in_state("offered")
        pool = offered if offered and data.draw(st.booleans()) else self.line.entries
        who: Waiting = data.draw(st.sampled_from(pool))
        return who

    def places_held(self, owner: str) -> tuple[str, ...]:
        with self.database.reading() as session:
            details = session.scalar(sa.select(Hold.details).where(Hold.owner == owner))
        assert details is not None
        return tuple(details["resources"])

    def compare(self, refusal: str | None, attempt: Callable[[], Any]) -> Any:
        """What the engine gave, or None where it refused; either way it agrees with the model."""
        outcome, said = None, None
        try:
            outcome = attempt()
        except BookingRefused as refused:
            said = getattr(refused.reason, "value", None)
        except TooLateToChange:
            said = "too_late"
        except Conflict:
            said = "conflict"
        except InvalidInput:
            said = "invalid"
        assert said == refusal
        return outcome
