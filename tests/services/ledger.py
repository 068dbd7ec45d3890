"""A small model of the demo dealership's book, written from ``reference/demo-dealership.md`` and not from the code.

Minutes are local minutes since the epoch; the quarters that a visit touches are counted one by one. It says what
is possible; which of several suitable resources is taken is left to the engine.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from bot.domain.booking import VisitKind, VisitRequest
from bot.domain.dealership import Resource
from bot.store.database import Database
from bot.store.tables import Appointment, Claim, Hold
from tests.dealership import demo_dealership

MINUTES = {"regular_service": 60, "ev_service": 45, "brake_check": 30, "tire_service": 45}
ELECTRIC = {"e5"}
OPEN = {"test_drive": (9 * 60, 18 * 60), "service": (8 * 60 + 30, 17 * 60 + 30)}
NOTICE = {"test_drive": 60, "service": 120}
HORIZON_DAYS = 30
CHANGE_NOTICE = timedelta(hours=2)
ORDER = (
    *(
        "no_test_car",
        "no_equipment",
        "past",
        "too_soon",
        "too_far",
        "closed_day",
        "outside_hours",
        "last_start",
    ),
    *("not_on_grid", "car_out", "advisers_busy", "bay_full", "technicians_busy"),
)

Claims = set[tuple[str, int]]


@dataclass
class Entry:
    """A visit, or what a conversation holds until ``expires``; ``places`` are the resources it takes."""

    request: VisitRequest
    store: str
    start: datetime
    places: tuple[str, ...]
    phone: str = ""
    status: str = "confirmed"
    needs_new_time: bool = False
    expires: datetime | None = None

    def claims(self) -> Claims:
        if self.status not in ("confirmed", "checked_in") or self.needs_new_time:
            return set()
        return {
            (place, quarter)
            for place in self.places
            for candidates, minutes, _ in needs_of(self.request, self.store)
            if place in {candidate.id for candidate in candidates}
            for quarter in quarters(self.start, minutes)
        }


@dataclass
class Ledger:
    """Everything that is booked, held or out of order; holds are by conversation or entry of the waitlist."""

    visits: dict[str, Entry] = field(default_factory=dict)
    holds: dict[str, Entry] = field(default_factory=dict)
    outages: dict[str, tuple[str, datetime, datetime]] = field(default_factory=dict)

    def claims(self, now: datetime, *without: Entry | None) -> Claims:
        """What visits, live holds and outages take, but for some entries."""
        live = [hold for hold in self.holds.values() if hold.expires and hold.expires > now]
        entries = [
            entry for entry in (*self.visits.values(), *live) if all(entry is not other for other in without)
        ]
        taken = [entry.claims() for entry in entries]
        return set().union(*taken, *(outage_claims(*outage) for outage in self.outages.values()))

    def is_double(self, now: datetime) -> bool:
        """Whether anything is taken twice, which a set of claims would hide."""
        live = [hold for hold in self.holds.values() if hold.expires and hold.expires > now]
        parts = [entry.claims() for entry in (*self.visits.values(), *live)]
        parts += [outage_claims(*outage) for outage in self.outages.values()]
        return sum(map(len, parts)) != len(set().union(*parts))

    def has_place(self, entry: Entry, now: datetime) -> bool:
        """Whether everything that a visit needs is free at its own store and time."""
        taken = self.claims(now, entry)
        needs = needs_of(entry.request, entry.store)
        return all(_anybody(who, entry.start, minutes, taken) for who, minutes, _ in needs)

    def outage_with(self, resource: str, start: datetime, end: datetime) -> tuple[datetime, datetime]:
        """The period of an outage together with those that it touches."""
        touched = [o for o in self.outages.values() if o[0] == resource and o[1] <= end and o[2] >= start]
        return min([start, *(o[1] for o in touched)]), max([end, *(o[2] for o in touched)])

    def hit_by(self, resource: str, start: datetime, end: datetime) -> set[str]:
        """The codes of the visits that have a resource during an outage."""
        gone = outage_claims(resource, start, end)
        return {code for code, entry in self.visits.items() if not gone.isdisjoint(entry.claims())}

    def begin_outage(self, id_: str, resource: str, start: datetime, end: datetime) -> None:
        """Write an outage in place of those that it swallowed; holds on the resource end."""
        gone = outage_claims(resource, start, end)
        self.holds = {who: hold for who, hold in self.holds.items() if gone.isdisjoint(hold.claims())}
        swallowed = [
            key for key, o in self.outages.items() if o[0] == resource and o[1] <= end and o[2] >= start
        ]
        for key in swallowed:
            del self.outages[key]
        self.outages[id_] = (resource, start, end)

    def refusal(
        self,
        request: VisitRequest,
        start: datetime,
        now: datetime,
        *mine: Entry | None,
        by_staff: bool = False,
    ) -> str | None:
        """Why nobody can have this; of several stores, the one that came closest to a yes."""
        stores = [request.store] if request.store else ["east", "west"]
        taken = self.claims(now, *mine)
        found = [refusal_at(store, request, start, now, taken, by_staff) for store in stores]
        return None if None in found else max((word for word in found if word), key=ORDER.index)

    def fits(self, entry: Entry, now: datetime, *mine: Entry | None) -> bool:
        """Whether the resources that the engine chose are suitable and were free."""
        needs = needs_of(entry.request, entry.store)
        suitable = len(entry.places) == len(needs) and all(
            place in {resource.id for resource in candidates}
            for place, (candidates, _, _) in zip(entry.places, needs, strict=True)
        )
        return suitable and self.claims(now, *mine).isdisjoint(entry.claims())


def needs_of(request: VisitRequest, store: str) -> list[tuple[list[Resource], int, str]]:
    """Who could serve, for how many minutes, and what is said when all are taken."""
    there = [resource for resource in demo_dealership().resources if resource.store == store]
    if request.kind.value == "test_drive":
        cars = [r for r in there if r.kind.value == "test_car" and r.model == request.model]
        advisers = [r for r in there if r.kind.value == "sales_adviser"]
        return [(cars, 60, "car_out"), (advisers, 45, "advisers_busy")]
    able = [resource for resource in there if resource.electric or request.model not in ELECTRIC]
    minutes = sum(MINUTES[job] for job in request.jobs)
    bays = [resource for resource in able if resource.kind.value == "bay"]
    technicians = [resource for resource in able if resource.kind.value == "technician"]
    return [(bays, minutes, "bay_full"), (technicians, minutes, "technicians_busy")]


def minutes_of(request: VisitRequest) -> int:
    """How long the customer stays."""
    return 45 if request.kind.value == "test_drive" else sum(MINUTES[job] for job in request.jobs)


def quarters(start: datetime, minutes: int) -> Iterator[int]:
    """Each quarter of an hour that an interval touches, minute by minute."""
    first = int(start.timestamp()) // 60
    yield from sorted({minute // 15 for minute in range(first, first + minutes)})


def outage_claims(resource: str, start: datetime, end: datetime) -> Claims:
    first, last = start.timestamp() / 900, end.timestamp() / 900
    return {(resource, quarter) for quarter in range(int(first // 1), int(-(-last // 1)))}


def refusal_at(
    store: str, request: VisitRequest, start: datetime, now: datetime, taken: Claims, by_staff: bool = False
) -> str | None:
    """Why nobody can have this at one store, where ``taken`` is what others have."""
    needs = needs_of(request, store)
    if not all(candidates for candidates, _, _ in needs):
        return "no_test_car" if request.kind.value == "test_drive" else "no_equipment"
    return _against_the_rules(store, request, start, now, by_staff) or next(
        (word for who, minutes, word in needs if not _anybody(who, start, minutes, taken)), None
    )


def _anybody(candidates: list[Resource], start: datetime, minutes: int, taken: Claims) -> bool:
    wanted = list(quarters(start, minutes))
    return any(all((resource.id, quarter) not in taken for quarter in wanted) for resource in candidates)


def _against_the_rules(
    store: str, request: VisitRequest, start: datetime, now: datetime, by_staff: bool
) -> str | None:
    kind = request.kind.value
    opens, closes = OPEN[kind]
    minute = start.hour * 60 + start.minute
    stays = minutes_of(request)
    last = 17 * 60 if kind == "test_drive" else closes - stays
    checks = {
        "past": start < now,
        "too_soon": not by_staff and start - now < timedelta(minutes=NOTICE[kind]),
        "too_far": (start.date() - now.date()).days > HORIZON_DAYS,
        "closed_day": kind == "service" and store == "west" and start.weekday() == 0,
        "outside_hours": not opens <= minute < closes,
        "last_start": minute > last,
        "not_on_grid": (minute - opens) % 30 != 0,
    }
    return next((word for word, is_so in checks.items() if is_so), None)


def claims_needed(database: Database) -> Claims:
    """What the visits and holds in a database take, by this model; outages are left out."""
    with database.reading() as session:
        visits = [
            Entry(
                VisitRequest(VisitKind(row.kind), row.store, row.model, tuple(row.items)),
                row.store,
                row.start,
                tuple(row.resources),
                status=row.status,
                needs_new_time=row.needs_new_time,
            )
            for row in session.execute(sa.select(Appointment)).scalars()
        ]
        held = [_held(details) for details in session.execute(sa.select(Hold.details)).scalars()]
    return {claim for entry in (*visits, *held) for claim in entry.claims()}


def claims_made(database: Database) -> Claims:
    """The claims in a database, those of outages left out."""
    with database.reading() as session:
        rows = session.execute(sa.select(Claim.resource, Claim.tick).where(Claim.outage_id.is_(None)))
        return {(resource, tick) for resource, tick in rows}


def _held(details: dict[str, Any]) -> Entry:
    request = VisitRequest(
        VisitKind(details["kind"]), details["store"], details["model"], tuple(details["jobs"])
    )
    start = datetime.fromisoformat(details["start"])
    return Entry(request, details["store"], start, tuple(details["resources"]))
