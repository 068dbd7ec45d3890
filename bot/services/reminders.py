"""What customers and the dealer's own systems are told of a visit: rows of the outbox, in the visit's transaction.

The words are chosen when a row is sent (``bot.services.notices``), by ``bot.services.outbox``. A row names the state of
the visit that it tells (status and sequence); one that was overtaken is dropped and never sent.

``told``: the customer reads the answer in the chat right now, so that no chat message is written.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeVar

from sqlalchemy.orm import Session

from bot.domain.booking import Slot, VisitStatus
from bot.domain.dealership import Dealership
from bot.domain.errors import Conflict, NotFound
from bot.domain.reminders import decent_hour, reminders_of
from bot.services.availability import local
from bot.services.cases import close_offer_case, open_offer_case
from bot.services.claiming import transact
from bot.services.surveys import ASK_VISIT, STILL_ASKED
from bot.services.visits import BookedVisit, row_of_code, view_of
from bot.store import bookings, outbox
from bot.store.bookings import Row
from bot.store.database import Database

AFTER_VISIT = timedelta(hours=1)
"""So long after a visit its customer is asked for a score, if that is a decent hour."""


class Reachable(Protocol):
    """A visit or an entry of the waitlist, as services give them."""

    @property
    def phone(self) -> str: ...
    @property
    def name(self) -> str | None: ...
    @property
    def conversation_id(self) -> str | None: ...


Person = TypeVar("Person", bound=Reachable)


def booked(session: Session, dealership: Dealership, row: Row, now: datetime, told: bool) -> None:
    """Confirm a new visit at once, and remind of it later."""
    _write(session, row, now, [("confirmation", now, {"until": row.start})], told)
    remind(session, dealership, row, now)
    _report(session, row, now, "booked")


def moved(session: Session, dealership: Dealership, row: Row, now: datetime, told: bool) -> None:
    """Tell the new time and put the reminders there. ``row.sequence`` has grown already."""
    outbox.drop_unsent(session, appointment_id=row.id)
    _write(session, row, now, [("moved", now, {"until": row.start})], told)
    remind(session, dealership, row, now)
    _report(session, row, now, "moved")


def cancelled(session: Session, dealership: Dealership, row: Row, now: datetime, told: bool) -> None:
    """Tell that the visit is cancelled; nothing reminds of it any more."""
    outbox.drop_unsent(session, appointment_id=row.id)
    _write(session, row, now, [("cancelled", now, {})], told)
    _report(session, row, now, "cancelled")


def disrupted(
    session: Session, dealership: Dealership, row: Row, now: datetime, alternatives: Iterable[Any] = ()
) -> None:
    """Tell that the visit needs a new time and offer some (``Slot``); nothing reminds of it until it has one."""
    outbox.drop_unsent(session, appointment_id=row.id)
    times = [{"store": slot.store, "start": slot.start.isoformat()} for slot in alternatives]
    data = {"alternatives": times, "needs_new_time": True}
    _write(session, row, now, [("disrupted", now, data)], told=False, again=now)
    _report(session, row, now, "disrupted", again=now)


def adviser_changed(
    session: Session, dealership: Dealership, row: Row, now: datetime, adviser: str, other: str
) -> None:
    """Tell that somebody else receives the customer than the adviser who was asked for. Both by name."""
    data = {"until": row.start, "adviser": adviser, "other": other}
    _write(session, row, now, [("adviser_changed", now, data)], told=False, again=now)


def restored(session: Session, dealership: Dealership, row: Row, now: datetime) -> None:
    """Tell that the visit keeps its old time after all, and remind of it again. ``row.sequence`` has grown already."""
    outbox.drop_unsent(session, appointment_id=row.id)
    _write(session, row, now, [("restored", now, {"until": row.start})], told=False)
    remind(session, dealership, row, now)
    _report(session, row, now, "restored")


def settled(session: Session, dealership: Dealership, row: Row, now: datetime) -> None:
    """The visit was checked in, completed or missed: no more reminders, and the dealer's systems hear of it.

    Who wrote to us is asked for a score after a completed one, at a decent hour.
    """
    outbox.drop_unsent(session, appointment_id=row.id)
    if row.status == VisitStatus.COMPLETED and row.conversation_id and dealership.handoff.score.after_visit:
        hours = dealership.profile.consultants_online
        due = decent_hour(local(now) + AFTER_VISIT, hours.opens, hours.closes)
        _write(session, row, now, [(ASK_VISIT, due, {"until": due + STILL_ASKED})], told=False, by=("chat",))
    _report(session, row, now, row.status, again=now)


def approved(session: Session, dealership: Dealership, row: Row, now: datetime, told: bool = False) -> None:
    """Tell that an adviser has confirmed a visit that needed it."""
    _write(session, row, now, [("approved", now, {"until": row.start})], told)
    _report(session, row, now, "approved")


def waitlist_offer(session: Session, dealership: Dealership, entry: Row, now: datetime) -> None:
    """Offer the slot that is held for the entry until ``entry.reply_by``; somebody has to call whom nothing reaches."""
    outbox.drop_unsent(session, waitlist_id=entry.id, kind="waitlist_offer")
    data = {"until": entry.reply_by, "store": entry.offered_store, "start": entry.offered_start.isoformat()}
    if not _write_entry(session, entry, now, "waitlist_offer", data):
        open_offer_case(session, entry, now)


def waitlist_passed(session: Session, entry: Row, slot: Slot, now: datetime) -> None:
    """Tell that an offered slot is no longer held, because no answer came, and that the wait goes on."""
    data = {"store": slot.store, "start": slot.start}
    _write_entry(session, entry, now, "waitlist_passed", data)


def waitlist_over(
    session: Session, dealership: Dealership, entry: Row, now: datetime, lapsed: bool = False
) -> None:
    """Tell that the wait is over without a visit: nothing came free, or (``lapsed``) offers were left unanswered."""
    outbox.drop_unsent(session, waitlist_id=entry.id)
    _write_entry(session, entry, now, "waitlist_lapsed" if lapsed else "waitlist_over", {})


def waitlist_settled(session: Session, entry: Row, now: datetime) -> None:
    """An offer was answered or taken back: one that is still on its way is not sent, and nobody has to call."""
    outbox.drop_unsent(session, waitlist_id=entry.id)
    close_offer_case(session, entry, now)


def unreached(database: Database, people: Iterable[Person]) -> tuple[Person, ...]:
    """Those of the visits or entries whose customers hear nothing by themselves, so that somebody has to call.

    That is who has neither a conversation nor an e-mail address; each phone number once, in the given order.
    """
    silent = {one.phone: one for one in reversed(list(people)) if not one.conversation_id}
    with database.reading() as session:
        known = outbox.phones_with_email(session, silent)
    return tuple(one for phone, one in reversed(silent.items()) if phone not in known)


def promise(
    database: Database, dealership: Dealership, conversation_id: str, code: str, now: datetime
) -> BookedVisit:
    """The customer will come (回复1确认); again is no error.

    Raises NotFound for a visit that this conversation did not book, Conflict for one that is over, cancelled or has no
    time.
    """

    def work(session: Session) -> BookedVisit:
        row = row_of_code(session, code, None, lock=True)
        if row.conversation_id != conversation_id:
            raise NotFound("no visit with this code in the conversation")
        if row.status != VisitStatus.CONFIRMED or row.needs_new_time or row.start <= now:
            raise Conflict(f"nobody is expected for the visit: {row.status}")
        row.promised_at = now
        _report(session, row, now, "promised")
        return view_of(dealership, row)

    return transact(database, work)


def remind(session: Session, dealership: Dealership, row: Row, now: datetime) -> None:
    """The reminders of a visit alone, for one that came with a file and of which its customer knows."""
    planned = reminders_of(dealership.rules.reminder_hours, row.start, now)
    _write(session, row, now, [(r.kind, r.due, {"until": r.until}) for r in planned], told=False)


def _write(
    session: Session,
    row: Row,
    now: datetime,
    kinds: list[tuple[str, datetime, dict[str, Any]]],
    told: bool,
    again: datetime | None = None,
    by: Collection[str] = outbox.CHANNELS,
) -> None:
    """Rows of (kind, due, data) on those of the customer's channels that are in ``by``; ``again`` tells the same kind
    apart."""
    state = {"status": row.status, "sequence": row.sequence}
    addresses = {name: each for name, each in _addresses(session, row, told).items() if name in by}
    outbox.add(
        session,
        [
            {
                "key": _key(row.id, kind, row.sequence, channel, again),
                "kind": kind,
                "channel": channel,
                "appointment_id": row.id,
                "data": {**state, **_plain(data)},
                "due_at": due,
                "created_at": now,
                **address,
            }
            for kind, due, data in kinds
            for channel, address in addresses.items()
        ],
    )


def _write_entry(session: Session, entry: Row, now: datetime, kind: str, data: dict[str, Any]) -> bool:
    """False if there is no way to tell the customer."""
    addresses = _addresses(session, entry, told=False)
    outbox.add(
        session,
        [
            {
                "key": _key(entry.id, kind, 0, channel, now),
                "kind": kind,
                "channel": channel,
                "waitlist_id": entry.id,
                "data": _plain(data),
                "due_at": now,
                "created_at": now,
                **address,
            }
            for channel, address in addresses.items()
        ],
    )
    return bool(addresses)


def _addresses(session: Session, row: Row, told: bool) -> dict[str, dict[str, Any]]:
    """The channels on which the customer of a visit or entry can be reached."""
    found: dict[str, dict[str, Any]] = {}
    if row.conversation_id and not told:
        found["chat"] = {"conversation_id": row.conversation_id, "address": None}
    customer = bookings.customer_of_phone(session, row.phone)
    if customer is not None and customer.email:
        found["email"] = {"conversation_id": row.conversation_id, "address": customer.email}
    return found


def _report(session: Session, row: Row, now: datetime, event: str, again: datetime | None = None) -> None:
    """An event for the dealer's own systems, with the visit as it is now; the sender drops it where none listens."""
    message = {
        "key": _key(row.id, event, row.sequence, "webhook", again),
        "kind": event,
        "channel": "webhook",
        "appointment_id": row.id,
        "data": {"event": event, "time": now.isoformat(timespec="seconds"), "visit": _visit_json(row)},
        "due_at": now,
        "created_at": now,
    }
    outbox.add(session, [message])


def _visit_json(row: Row) -> dict[str, Any]:
    """The visit with the fields of the staff API."""
    return {
        "id": row.id,
        "kind": row.kind,
        "store": row.store,
        "model": row.model,
        "items": list(row.items),
        "start": row.start.isoformat(timespec="seconds"),
        "end": row.end.isoformat(timespec="seconds"),
        "status": str(getattr(row.status, "value", row.status)),
        "code": row.code,
        "name": row.name,
        "phone": row.phone,
        "plate": row.plate,
        "mileage": row.mileage,
        "resources": list(row.resources),
        "conversation_id": row.conversation_id,
        "sequence": row.sequence,
        "promised_at": row.promised_at.isoformat(timespec="seconds") if row.promised_at else None,
        "needs_approval": bool(row.needs_approval),
        "needs_new_time": bool(row.needs_new_time),
    }


def _key(owner: str, kind: str, sequence: int, channel: str, again: datetime | None) -> str:
    when = f"-{again.timestamp():.3f}" if again else ""
    return f"{owner}/{kind}/{sequence}{when}/{channel}"


def _plain(data: dict[str, Any]) -> dict[str, Any]:
    return {name: v.isoformat() if isinstance(v, datetime) else v for name, v in data.items()}
