"""A small model of the waitlist, written from the rules and not from the code: who is next, and for which time.

First come, first served. It says which store and time each is offered; which car or bay is held for it is left to
the engine, and then written into the ledger as a hold.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta

from bot.domain.booking import VisitRequest
from bot.domain.waitlist import Preference
from tests.services.ledger import NOTICE, Claims, Ledger, minutes_of, refusal_at

Place = tuple[str, datetime]
REPLY, SHORTEST_REPLY = timedelta(minutes=60), timedelta(minutes=10)
PREPARATION = timedelta(minutes=15)
MOST_WAITING, MOST_UNANSWERED = 5, 2
HALF_HOUR = timedelta(minutes=30)


@dataclass(frozen=True)
class Freed:
    """A stretch of a store's time that somebody gave back."""

    store: str
    start: datetime
    end: datetime

    def touches(self, place: Place, request: VisitRequest) -> bool:
        store, start = place
        end = start + timedelta(minutes=minutes_of(request))
        return store == self.store and start < self.end + PREPARATION and end > self.start


@dataclass
class Waiting:
    """An entry of the waitlist; ``wished`` is the point of time that was wanted, None for a stretch.

    ``no_more`` are the times that are not to be offered, with the reason. ``code`` is that of the visit it became.
    """

    id: str
    phone: str
    request: VisitRequest
    preference: Preference
    wished: datetime | None
    state: str = "waiting"
    no_more: list[tuple[Place, str]] = field(default_factory=list)
    offered: Place | None = None
    reply_by: datetime | None = None
    code: str | None = None

    @property
    def is_open(self) -> bool:
        return self.state in ("waiting", "offered")

    def may_be_offered(self, place: Place) -> bool:
        """Silence is no refusal of the very time that was wished for."""
        reasons = [why for declined, why in self.no_more if declined == place]
        return not reasons or (place[1] == self.wished and set(reasons) == {"unanswered"})

    def give_back(self, why: str) -> None:
        """The offer is over; two that were not answered end the wait."""
        assert self.offered is not None
        self.no_more.append((self.offered, why))
        self.offered = self.reply_by = None
        silent = sum(reason == "unanswered" for _, reason in self.no_more)
        self.state = "lapsed" if why == "unanswered" and silent >= MOST_UNANSWERED else "waiting"


@dataclass
class Line:
    """Everybody who ever waited, in the order of joining."""

    entries: list[Waiting] = field(default_factory=list)

    def in_state(self, state: str) -> list[Waiting]:
        return [who for who in self.entries if who.state == state]

    def open_of(self, phone: str) -> list[Waiting]:
        return [who for who in self.entries if who.phone == phone and who.is_open]

    def fulfilled_by(self, phone: str, request: VisitRequest) -> list[Waiting]:
        """What the customer waited for and now books: the same car, and all the jobs."""
        return [
            who
            for who in self.open_of(phone)
            if (who.request.kind, who.request.model) == (request.kind, request.model)
            and set(who.request.jobs) <= set(request.jobs)
        ]


def may_disturb(now: datetime) -> bool:
    return time(8, 30) <= now.time() < time(21)


def deadline(request: VisitRequest, start: datetime, now: datetime) -> datetime | None:
    """Until when an offer waits; None where the customer could not even read it in time."""
    latest = start - timedelta(minutes=NOTICE[request.kind.value])
    reply_by = min(now + REPLY, latest)
    return reply_by if reply_by - now >= SHORTEST_REPLY else None


def possible_times(
    request: VisitRequest, preference: Preference, now: datetime, taken: Claims
) -> Iterator[Place]:
    """What suits and is free, by time and then by store; ``taken`` is empty for what could ever be free."""
    stores = [request.store] if request.store else ["east", "west"]
    start = preference.from_.replace(hour=0, minute=0, second=0, microsecond=0)
    while start < preference.until:
        if suits(preference, start):
            for store in stores:
                if refusal_at(store, request, start, now, taken) is None:
                    yield store, start
        start += HALF_HOUR


def suits(preference: Preference, start: datetime) -> bool:
    minute = start.hour * 60 + start.minute
    return (
        preference.from_ <= start < preference.until
        and (not preference.weekdays or start.weekday() + 1 in preference.weekdays)
        and preference.from_minute <= minute < preference.until_minute
    )


def best_time(who: Waiting, ledger: Ledger, now: datetime, freed: Freed | None = None) -> Place | None:
    """What is offered to somebody now: the nearest to the point that was wanted, else the first."""
    places = [
        place
        for place in possible_times(who.request, who.preference, now, ledger.claims(now))
        if who.may_be_offered(place)
        and deadline(who.request, place[1], now)
        and (freed is None or freed.touches(place, who.request))
    ]
    wished = who.wished
    if wished is not None:
        places.sort(key=lambda place: abs(place[1] - wished))
    return places[0] if places else None
