"""Short ways to book, hold and look, for the tests of booking."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bot.clock import TIME_ZONE
from bot.domain.alternatives import Alternative
from bot.domain.booking import Slot, VisitKind, VisitRequest
from bot.services import availability, booking
from bot.services.visits import BookedVisit, Contact
from bot.store.database import Database
from bot.store.tables import Claim
from tests.dealership import demo_dealership

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=TIME_ZONE)  # a Sunday
DEMO = demo_dealership()
WANG = Contact("王小明", "13812345678")
DRIVE = VisitRequest(VisitKind.TEST_DRIVE, "east", "x5")
SERVICE = VisitRequest(VisitKind.SERVICE, "east", "x5", ("regular_service",))


def at(text: str) -> datetime:
    return datetime.strptime(f"2026-{text}", "%Y-%m-%d %H:%M").replace(tzinfo=TIME_ZONE)


TWO = at("11-28 14:00")
HALF_PAST_TWO = at("11-28 14:30")
THREE = at("11-28 15:00")


def book(
    database: Database, start: datetime = TWO, request: VisitRequest = DRIVE, **more: Any
) -> BookedVisit:
    arguments: dict[str, Any] = {"conversation_id": None, "contact": WANG, "now": NOW, **more}
    now, conversation_id, contact = (arguments.pop(name) for name in ("now", "conversation_id", "contact"))
    return booking.book(database, DEMO, now, conversation_id, request, start, contact, **arguments)


def hold(database: Database, start: datetime = TWO, conversation: str = "a", now: datetime = NOW) -> Any:
    return booking.hold_slot(database, DEMO, now, conversation, DRIVE, start)


def check(database: Database, start: datetime = TWO, request: VisitRequest = DRIVE, **more: Any) -> None:
    availability.check_slot(database, DEMO, more.pop("now", NOW), request, start, **more)


def claims(database: Database) -> set[tuple[str, str]]:
    """Every claimed quarter as ("resource", "HH:MM")."""
    with database.reading() as session:
        rows = session.execute(sa.select(Claim.resource, Claim.tick)).all()
    return {(name, f"{datetime.fromtimestamp(tick * 900, TIME_ZONE):%H:%M}") for name, tick in rows}


def claimed_from(database: Database, resource: str) -> list[str]:
    return sorted(time for name, time in claims(database) if name == resource)


def count(database: Database, table: Any) -> int:
    with database.reading() as session:
        return int(session.execute(sa.select(sa.func.count()).select_from(table)).scalar_one())


def shown(slots: tuple[object, ...]) -> list[str]:
    """ "east 11-28 14:00", with the car or adviser behind where that is another one than wished."""
    return [_shown(slot) for slot in slots if isinstance(slot, Slot)]


def _shown(slot: Slot) -> str:
    means = [slot.model, slot.adviser] if isinstance(slot, Alternative) else []
    return " ".join([f"{slot.store} {slot.start:%m-%d %H:%M}", *filter(None, means)])
