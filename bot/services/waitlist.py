"""The waitlist: joining and leaving it, answering an offer, and serving those who wait.

First come, first served. An offer is a hold whose owner is the entry: it cannot be taken by anybody else until it is
answered or its time is over (``bot.services.waitlist_offers``).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from uuid import uuid4

from sqlalchemy.orm import Session

from bot.domain.booking import Slot, VisitRequest
from bot.domain.dealership import Dealership
from bot.domain.errors import BookingRefused, Conflict, InvalidInput, NotFound, OfferOver
from bot.domain.waitlist import (
    MOST_WAITING,
    OPEN,
    Declined,
    Place,
    Preference,
    WaitState,
    may_offer,
    suitable,
)
from bot.services import audit, reminders
from bot.services import waitlist_offers as offers
from bot.services.audit import Actor
from bot.services.availability import Wish, alternatives_to, free_slots_in, local, make_offers, would_be_free
from bot.services.booking import remember_customer, write_booking
from bot.services.claiming import transact
from bot.services.visits import BookedVisit, Contact, view_of
from bot.store import waitlist
from bot.store.bookings import Owner, Row
from bot.store.database import Database
from bot.store.tables import Appointment, WaitlistEntry

UNNAMED = "客户"
"""Who comes, where a customer on the waitlist left a phone number alone."""


@dataclass(frozen=True)
class WaitEntry:
    """An entry as everybody else sees it. ``offered`` (store and start) waits for an answer until ``reply_by``.

    ``appointment_id`` is the visit that it became. ``mileage`` is in km.
    """

    id: str
    state: WaitState
    request: VisitRequest
    preference: Preference
    name: str | None
    phone: str
    plate: str | None
    mileage: int | None
    conversation_id: str | None
    offered: tuple[str, datetime] | None
    reply_by: datetime | None
    appointment_id: str | None
    created_at: datetime
    updated_at: datetime


def join(
    database: Database,
    dealership: Dealership,
    now: datetime,
    request: VisitRequest,
    preference: Preference,
    contact: Contact,
    conversation_id: str | None = None,
    plate: str | None = None,
    mileage: int | None = None,
    known: Iterable[Slot] = (),
    actor: Actor | None = None,
) -> WaitEntry:
    """Wait for a visit; the slots in ``known`` are free now, but not what the customer wants.

    The same phone number waits for the same visit only once: joining again changes the preference and keeps the place.
    An e-mail address of ``contact`` stays known.
    Raises InvalidInput for what can never come (unknown ids, a time that has passed), BookingRefused where no store can
    do it, Conflict for too many entries of one number.
    """
    _require_possible(dealership, now, request, preference)
    declined = [offers.declined_json(slot, Declined.KNOWN) for slot in known]

    def work(session: Session) -> WaitEntry:
        mine = waitlist.entries(session, phone=contact.phone, states=OPEN, lock=True)
        entry = next((row for row in mine if offers.request_of(row) == _plain(request)), None)
        if entry is None:
            if len(mine) >= MOST_WAITING:
                raise Conflict(f"{contact.phone} waits for {len(mine)} visits already")
            entry = _new_entry(request, contact.phone, now)
            session.add(entry)
        _prefer(entry, preference)
        entry.name = contact.name or entry.name
        entry.plate, entry.mileage = plate or entry.plate, mileage or entry.mileage
        entry.conversation_id = conversation_id or entry.conversation_id
        entry.declined, entry.updated_at = [*entry.declined, *declined], now
        if contact.email:
            remember_customer(session, contact, now)
        session.flush()
        _note_change(session, actor, "waitlist.joined", entry, now)
        return entry_view(entry)

    return transact(database, work)


def leave(
    database: Database,
    dealership: Dealership,
    now: datetime,
    entry_id: str,
    conversation_id: str | None = None,
    actor: Actor | None = None,
) -> WaitEntry:
    """Wait no more; a slot that is held goes to the next in line. Again is no error. Raises NotFound."""

    def work(session: Session) -> WaitEntry:
        entry = _locked(session, entry_id, conversation_id)
        if WaitState(entry.state) in OPEN:
            offers.close(session, dealership, now, entry, WaitState.LEFT)
        _note_change(session, actor, "waitlist.left", entry, now)
        return entry_view(entry)

    return transact(database, work)


def _note_change(session: Session, actor: Actor | None, action: str, entry: Row, now: datetime) -> None:
    if actor is not None:
        about = {"subject": entry.id, "conversation_id": entry.conversation_id}
        audit.note(session, actor, action, now, **about)


def accept(
    database: Database,
    dealership: Dealership,
    now: datetime,
    entry_id: str,
    conversation_id: str | None = None,
    by_staff: bool = False,
    offered: Place | None = None,
) -> BookedVisit:
    """Book what is held for the entry, if that is what was ``offered`` (None: whatever is); again gives the same visit.

    Raises NotFound for an entry of another conversation, OfferOver with free slots when nothing is held any more, or
    another slot is.
    """

    def work(session: Session) -> BookedVisit:
        entry = _locked(session, entry_id, conversation_id)
        if entry.appointment_id is not None:
            visit = view_of(dealership, session.get(Appointment, entry.appointment_id))
            if offered not in (None, (visit.store, visit.start)):
                raise OfferOver
            return visit
        if entry.state != WaitState.OFFERED.value or now >= entry.reply_by or not _is_offered(entry, offered):
            raise OfferOver
        return _book(session, dealership, now, entry, by_staff)

    try:
        return transact(database, work)
    except (OfferOver, BookingRefused):
        raise OfferOver(_still_free(database, dealership, now, entry_id)) from None


def decline(
    database: Database,
    dealership: Dealership,
    now: datetime,
    entry_id: str,
    conversation_id: str | None = None,
    offered: Place | None = None,
) -> WaitEntry:
    """Turn down what was ``offered`` (None: whatever is) and keep the place in line; the slot goes to the next.

    Where that is not held for the entry, nothing changes. Raises NotFound.
    """

    def work(session: Session) -> WaitEntry:
        entry = _locked(session, entry_id, conversation_id)
        if entry.state == WaitState.OFFERED.value and _is_offered(entry, offered):
            offers.take_back(session, dealership, now, entry, Declined.REFUSED)
        return entry_view(entry)

    return transact(database, work)


def is_possible(dealership: Dealership, now: datetime, request: VisitRequest, preference: Preference) -> bool:
    """Whether some slot would do if nobody had booked anything."""
    slots = would_be_free(dealership, now, request, preference.from_, preference.until)
    return any(preference.suits(slot.start) for slot in slots)


def free_now(
    database: Database, dealership: Dealership, now: datetime, request: VisitRequest, preference: Preference
) -> tuple[Slot, ...]:
    """What suits the preference and can be booked at once, the best first."""
    with database.reading() as session:
        slots = free_slots_in(session, dealership, now, request, preference.from_, preference.until)
        return tuple(suitable(slots, preference, ()))


def entries_of_conversation(database: Database, conversation_id: str) -> tuple[WaitEntry, ...]:
    """What the conversation waits for, in the order of joining."""
    return list_entries(database, conversation_id=conversation_id)


def list_entries(
    database: Database,
    phone: str | None = None,
    conversation_id: str | None = None,
    states: Iterable[WaitState] | None = OPEN,
) -> tuple[WaitEntry, ...]:
    """Entries in the order of the line; ``states`` None for those that are over as well."""
    with database.reading() as session:
        rows = waitlist.entries(session, conversation_id, phone, states)
        return tuple(entry_view(row) for row in rows)


def people_before(database: Database, dealership: Dealership, now: datetime, entry_id: str) -> int:
    """How many wait longer for a slot that this entry would take, too: the same car or bay at a time that suits both.

    Raises NotFound.
    """
    with database.reading() as session:
        entry = waitlist.entry_of_id(session, entry_id)
        if entry is None:
            raise NotFound(f"no entry {entry_id} on the waitlist")
        earlier = waitlist.rivals_before(session, entry)
        return sum(offers.are_rivals(dealership, now, entry, other) for other in earlier)


def serve_waitlist(database: Database, dealership: Dealership, now: datetime) -> int:
    """End what was not answered in time, close what came to nothing, and offer what is free; gives the offers made.

    Slots are searched without a lock on the database; each offer is a transaction of its own. Several processes may
    do this at once.
    """
    now = local(now)
    _end_unanswered(database, dealership, now)
    if not may_offer(dealership.rules, now):
        return 0
    _close_outdated(database, dealership, now)
    with database.reading() as session:
        waiting = [row.id for row in waitlist.in_line(session)]
    return sum(_serve(database, dealership, now, entry_id) for entry_id in waiting)


def _serve(database: Database, dealership: Dealership, now: datetime, entry_id: str) -> bool:
    with database.reading() as session:
        entry = waitlist.entry_of_id(session, entry_id)
        if entry is None or entry.state != WaitState.WAITING.value:
            return False
        found = list(offers.find_slots(session, dealership, now, entry))
    if not found:
        return False

    def offer(session: Session) -> bool:
        return offers.offer_one_of(session, dealership, now, entry_id, found, patient=True)

    return transact(database, offer)


def _end_unanswered(database: Database, dealership: Dealership, now: datetime) -> None:
    with database.reading() as session:
        overdue = waitlist.unanswered_ids(session, now)

    def end(entry_id: str, session: Session) -> None:
        entry = waitlist.entry_of_id(session, entry_id, lock=True)
        if entry is not None and entry.state == WaitState.OFFERED.value and entry.reply_by <= now:
            offers.take_back(session, dealership, now, entry, Declined.UNANSWERED)

    for entry_id in overdue:
        transact(database, partial(end, entry_id))


def _close_outdated(database: Database, dealership: Dealership, now: datetime) -> None:
    with database.reading() as session:
        outdated = waitlist.outdated_ids(session, now)

    def close(entry_id: str, session: Session) -> None:
        entry = waitlist.lock_waiting(session, entry_id)
        if entry is not None:
            offers.close(session, dealership, now, entry, WaitState.OVER)
            reminders.waitlist_over(session, dealership, entry, now)

    for entry_id in outdated:
        transact(database, partial(close, entry_id))


def _book(session: Session, dealership: Dealership, now: datetime, entry: Row, by_staff: bool) -> BookedVisit:
    request = replace(offers.request_of(entry), store=entry.offered_store)
    mine = Owner(holder=entry.id)
    wish = Wish(dealership, now, request, entry.offered_start, mine, by_staff=by_staff, phone=entry.phone)
    contact = Contact(entry.name or UNNAMED, entry.phone)
    vehicle = {"plate": entry.plate, "mileage": entry.mileage}
    row = write_booking(session, wish, contact, entry.conversation_id, f"waitlist/{entry.id}", vehicle)
    entry.state, entry.appointment_id, entry.updated_at = WaitState.BOOKED.value, row.id, now
    reminders.waitlist_settled(session, entry, now)
    return view_of(dealership, row)


def _still_free(database: Database, dealership: Dealership, now: datetime, entry_id: str) -> tuple[Slot, ...]:
    """Free slots near what was offered, or near the beginning of what is wanted."""
    with database.reading() as session:
        entry = waitlist.entry_of_id(session, entry_id)
        assert entry is not None
        request, last = offers.request_of(entry), entry.declined[-1:]
        start = entry.offered_start or (datetime.fromisoformat(last[0]["start"]) if last else entry.from_)
    return alternatives_to(database, Wish(dealership, now, request, local(start), as_wished=True))


def _require_possible(
    dealership: Dealership, now: datetime, request: VisitRequest, preference: Preference
) -> None:
    missing = [offer.missing for offer in make_offers(dealership, now, request)]
    if all(missing):
        raise BookingRefused(missing[0])
    if not is_possible(dealership, now, request, preference):
        raise InvalidInput("no visit is ever possible then")


def _plain(request: VisitRequest) -> VisitRequest:
    """The request as an entry keeps it."""
    return VisitRequest(request.kind, request.store, request.model, tuple(dict.fromkeys(request.jobs)))


def _new_entry(request: VisitRequest, phone: str, now: datetime) -> Row:
    return WaitlistEntry(
        id=uuid4().hex,
        state=WaitState.WAITING.value,
        kind=request.kind.value,
        store=request.store,
        model=request.model,
        jobs=list(dict.fromkeys(request.jobs)),
        phone=phone,
        declined=[],
        created_at=now,
    )


def _prefer(entry: Row, preference: Preference) -> None:
    entry.from_, entry.until = preference.from_, preference.until
    entry.weekdays = list(preference.weekdays)
    entry.from_hour, entry.until_hour = preference.from_minute, preference.until_minute


def _is_offered(entry: Row, place: Place | None) -> bool:
    return place in (None, (entry.offered_store, entry.offered_start))


def _locked(session: Session, entry_id: str, conversation_id: str | None) -> Row:
    entry = waitlist.entry_of_id(session, entry_id, lock=True)
    if entry is None or (conversation_id is not None and entry.conversation_id != conversation_id):
        raise NotFound(f"no entry {entry_id} on the waitlist")
    return entry


def entry_view(entry: Row) -> WaitEntry:
    """A row of ``waitlist`` for everybody else."""
    offered = (entry.offered_store, entry.offered_start) if entry.offered_start else None
    return WaitEntry(
        entry.id,
        WaitState(entry.state),
        offers.request_of(entry),
        offers.preference_of(entry),
        entry.name,
        entry.phone,
        entry.plate,
        entry.mileage,
        entry.conversation_id,
        offered,
        entry.reply_by,
        entry.appointment_id,
        entry.created_at,
        entry.updated_at,
    )
