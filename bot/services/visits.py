"""Visits as they stand: looking them up and listing them. Reads only; ``bot.services.booking`` changes them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from bot.domain.booking import Slot, VisitKind, VisitStatus
from bot.domain.dealership import Dealership
from bot.domain.errors import NotFound
from bot.services import audit
from bot.services.audit import Actor
from bot.store import bookings
from bot.store.bookings import Row
from bot.store.database import Database
from bot.store.tables import Appointment


@dataclass(frozen=True)
class Contact:
    """Who comes: a name as the customer gave it, a mobile number of 11 digits, an e-mail address if one is known."""

    name: str
    phone: str
    email: str | None = None


@dataclass(frozen=True)
class BookedVisit:
    """An appointment as everybody else sees it. ``items`` are ids of jobs; ``mileage`` is in km.

    ``promised_at``, ``needs_approval``, ``needs_new_time`` and ``adviser``: see ``bot.store.tables.Appointment``.
    """

    id: str
    kind: VisitKind
    status: VisitStatus
    code: str
    store: str
    model: str | None
    items: tuple[str, ...]
    start: datetime
    end: datetime
    name: str
    phone: str
    plate: str | None
    mileage: int | None
    resources: tuple[str, ...]
    resource_names: tuple[str, ...]
    conversation_id: str | None
    created_at: datetime
    updated_at: datetime
    sequence: int
    calendar_token: str
    promised_at: datetime | None
    needs_approval: bool
    needs_new_time: bool
    adviser: str | None = None

    @property
    def adviser_name(self) -> str:
        """Who was wished for by name and has the visit; empty for nobody."""
        names = dict(zip(self.resources, self.resource_names, strict=True))
        return names.get(self.adviser or "", "")

    @property
    def to_call(self) -> bool:
        """Whether somebody has to call the customer: an adviser confirms the visit, or it needs a new time."""
        return self.status is VisitStatus.CONFIRMED and (self.needs_approval or self.needs_new_time)

    @property
    def slot(self) -> Slot:
        return Slot(self.store, self.start, self.end)


def find_visit(database: Database, dealership: Dealership, code: str, phone: str | None) -> BookedVisit:
    """The visit with this code and number, cancelled or not. Raises NotFound if either is wrong.

    ``phone`` None is for staff alone: the code is enough.
    """
    with database.reading() as session:
        return view_of(dealership, row_of_code(session, code, phone))


def visit_of_id(database: Database, dealership: Dealership, id_: str) -> BookedVisit:
    """The visit with this id, for staff. Raises NotFound."""
    with database.reading() as session:
        row = session.get(Appointment, id_)
        if row is None:
            raise NotFound("no such appointment")
        return view_of(dealership, row)


def visits_of_conversation(
    database: Database, dealership: Dealership, conversation_id: str
) -> tuple[BookedVisit, ...]:
    """Everything that the conversation ever booked, by start; cancelled visits are included."""
    with database.reading() as session:
        rows = bookings.appointments(session, conversation_id=conversation_id)
        return tuple(view_of(dealership, row) for row in rows)


def list_visits(
    database: Database,
    dealership: Dealership,
    phone: str | None = None,
    from_: datetime | None = None,
    to: datetime | None = None,
) -> tuple[BookedVisit, ...]:
    """Visits that start from ``from_`` on and before ``to``, by start; cancelled ones included, holds not."""
    with database.reading() as session:
        return tuple(
            view_of(dealership, row) for row in bookings.appointments(session, None, phone, from_, to)
        )


def row_of_code(session: Session, code: str, phone: str | None, lock: bool = False) -> Row:
    """The row with this code and number; ``phone`` None is for staff, who need none. Raises NotFound."""
    plain = "".join(character for character in code.upper() if character.isalnum())
    row = bookings.appointment_of_code(session, plain, phone, lock)
    if row is None:
        raise NotFound("no visit with this code and phone number")
    return row


def note_change(session: Session, actor: Actor | None, action: str, row: Row, now: datetime) -> None:
    """Into the audit log that a member of the staff changed a visit: "appointment.booked" … None for the customer."""
    if actor is not None:
        about = {"subject": row.id, "conversation_id": row.conversation_id, "details": {"code": row.code}}
        audit.note(session, actor, action, now, **about)


def view_of(dealership: Dealership, row: Row) -> BookedVisit:
    """A row of ``appointments`` for everybody else."""
    names = {resource.id: resource.name for resource in dealership.resources}
    return BookedVisit(
        id=row.id,
        kind=VisitKind(row.kind),
        status=VisitStatus(row.status),
        code=row.code,
        store=row.store,
        model=row.model,
        items=tuple(row.items),
        start=row.start,
        end=row.end,
        name=row.name,
        phone=row.phone,
        plate=row.plate,
        mileage=row.mileage,
        resources=tuple(row.resources),
        resource_names=tuple(names.get(resource, resource) for resource in row.resources),
        conversation_id=row.conversation_id,
        created_at=row.created_at,
        updated_at=row.updated_at,
        sequence=row.sequence,
        calendar_token=row.calendar_token,
        promised_at=row.promised_at,
        needs_approval=row.needs_approval,
        needs_new_time=row.needs_new_time,
        adviser=row.adviser,
    )
