"""Offering a free slot to the first in line, inside the transaction that frees or finds it.

A visit that is cancelled or moved hands its place over before it commits: the claims go from the visit to the hold of
the first entry that wants them, and nobody slips in between. ``bot.services.waitlist`` has the use cases.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from bot.domain.booking import Slot, VisitKind, VisitRequest
from bot.domain.dealership import Dealership, ResourceKind
from bot.domain.errors import BookingRefused
from bot.domain.waitlist import (
    OPEN,
    Declined,
    Place,
    Preference,
    WaitState,
    may_offer,
    reply_deadline,
    state_after_silence,
    suitable,
)
from bot.services import reminders
from bot.services.availability import Wish, free_slots_in, local, make_offers, resources_of
from bot.services.holding import put_hold
from bot.store import bookings, waitlist
from bot.store.bookings import Owner, Row

MOST_ASKED = 20
"""Entries that a freed slot is compared with at once; those behind them are served by the next upkeep."""
MOST_TRIED = 3
"""Slots that are tried for one entry while rivals take them."""
LONGEST_VISIT = timedelta(hours=6)


def offer_freed(
    session: Session, dealership: Dealership, now: datetime, freed: Slot, but: str | None = None
) -> None:
    """Hold what was freed for the first in line who want it; not for the entry ``but``.

    Not at night, when nobody may be disturbed: then it is free for everybody. The work is bounded.
    """
    now = local(now)
    if not may_offer(dealership.rules, now) or freed.end <= now:
        return
    preparation = timedelta(minutes=dealership.rules.test_drive.preparation_minutes)
    begin, end = freed.start - LONGEST_VISIT, freed.end + preparation
    for entry in waitlist.in_line(session, freed.store, begin, end, MOST_ASKED):
        if entry.id != but:
            _offer_overlapping(session, dealership, now, entry, freed, end)


def _offer_overlapping(
    session: Session, dealership: Dealership, now: datetime, entry: Row, freed: Slot, end: datetime
) -> None:
    slots = find_slots(session, dealership, now, entry, freed.start - LONGEST_VISIT, end)
    touched = (s for s in slots if s.store == freed.store and s.end > freed.start)
    offer_one_of(session, dealership, now, entry.id, touched)


def find_slots(
    session: Session,
    dealership: Dealership,
    now: datetime,
    entry: Row,
    from_: datetime | None = None,
    until: datetime | None = None,
) -> Iterable[Slot]:
    """The free slots that an entry waits for, by time; one statement."""
    preference = preference_of(entry)
    from_ = max(from_, preference.from_) if from_ else preference.from_
    until = min(until, preference.until) if until else preference.until
    slots = free_slots_in(session, dealership, now, request_of(entry), from_, until)
    return suitable(slots, preference, declined_of(entry))


def offer_one_of(
    session: Session,
    dealership: Dealership,
    now: datetime,
    entry_id: str,
    slots: Iterable[Slot],
    patient: bool = False,
) -> bool:
    """Hold the first of the slots that can be had for the entry, and write the message that offers it.

    ``patient``: rather wait for a rival than pass the entry over, so that the first in line stays the first.
    """
    kind, tried = None, 0
    for slot in slots:
        if tried == MOST_TRIED:
            break
        entry = waitlist.lock_waiting(session, entry_id, patient)
        if entry is None:
            return False
        kind = VisitKind(entry.kind)
        reply_by = reply_deadline(dealership.rules, kind, now, slot.start)
        if reply_by is None:
            continue
        tried += 1
        if _hold(session, dealership, now, entry, slot, reply_by):
            entry.state, entry.updated_at = WaitState.OFFERED.value, now
            entry.offered_store, entry.offered_start, entry.reply_by = slot.store, slot.start, reply_by
            reminders.waitlist_offer(session, dealership, entry, now)
            return True
    return False


def _hold(
    session: Session, dealership: Dealership, now: datetime, entry: Row, slot: Slot, reply_by: datetime
) -> bool:
    request = replace(request_of(entry), store=slot.store)
    wish = Wish(dealership, now, request, slot.start, Owner(holder=entry.id), phone=entry.phone)
    try:
        with session.begin_nested():
            put_hold(session, wish, entry.id, reply_by)
    except BookingRefused:  # a rival was faster
        return False
    return True


def take_back(session: Session, dealership: Dealership, now: datetime, entry: Row, why: Declined) -> None:
    """End an offer that was declined or not answered, and pass the slot to the next in line."""
    freed = _withdraw(session, entry, now, why)
    silent = why is Declined.UNANSWERED
    entry.state = (
        state_after_silence(Declined(slot["why"]) for slot in entry.declined).value
        if silent
        else WaitState.WAITING.value
    )
    if entry.state == WaitState.LAPSED.value:
        reminders.waitlist_over(session, dealership, entry, now, lapsed=True)
    elif silent:
        reminders.waitlist_passed(session, entry, freed, now)
    offer_freed(session, dealership, now, freed, but=entry.id)


def close(session: Session, dealership: Dealership, now: datetime, entry: Row, state: WaitState) -> None:
    """End an open entry; a slot that is held for it goes to the next in line."""
    freed = _withdraw(session, entry, now, Declined.REFUSED) if entry.offered_start else None
    entry.state, entry.updated_at = state.value, now
    if freed is not None:
        offer_freed(session, dealership, now, freed, but=entry.id)


def close_fulfilled(session: Session, visit: Row, now: datetime, holder: str | None) -> list[Slot]:
    """The customer books what entries of the same phone number wait for: they end, but not the one that is being
    accepted (``holder``). Gives the slots that were held for them: for this visit, else for the next in line."""
    freed = []
    for entry in waitlist.entries(session, phone=visit.phone, states=OPEN, lock=True):
        if entry.id != holder and _is_same(entry, visit):
            if entry.offered_start:
                freed.append(_withdraw(session, entry, now, Declined.REFUSED))
            entry.state, entry.appointment_id, entry.updated_at = WaitState.BOOKED.value, visit.id, now
    return freed


def _is_same(entry: Row, visit: Row) -> bool:
    if (entry.kind, entry.model) != (visit.kind, visit.model):
        return False
    return set(entry.jobs) <= set(visit.items)


def _withdraw(session: Session, entry: Row, now: datetime, why: Declined) -> Slot:
    """Give back what is held for the entry; gives the slot."""
    hold = bookings.lock_hold(session, entry.id)
    end = datetime.fromisoformat(hold.details["end"]) if hold else entry.offered_start + timedelta(hours=1)
    freed = Slot(entry.offered_store, entry.offered_start, end)
    if hold is not None:
        session.expunge(hold)
    bookings.delete_hold(session, entry.id)
    reminders.waitlist_settled(session, entry, now)
    entry.declined = [*entry.declined, declined_json(freed, why)]
    entry.offered_store = entry.offered_start = entry.reply_by = None
    entry.updated_at = now
    return freed


def request_of(entry: Row) -> VisitRequest:
    return VisitRequest(VisitKind(entry.kind), entry.store, entry.model, tuple(entry.jobs))


def preference_of(entry: Row) -> Preference:
    days = tuple(entry.weekdays)
    return Preference(entry.from_, entry.until, days, entry.from_hour, entry.until_hour)


def declined_of(entry: Row) -> frozenset[Place]:
    """What is not offered again; the very time that was wished for is, unless the customer said no to it."""
    wished = preference_of(entry).point
    places = ((slot["store"], datetime.fromisoformat(slot["start"]), slot["why"]) for slot in entry.declined)
    return frozenset(
        (store, start) for store, start, why in places if (start, why) != (wished, Declined.UNANSWERED.value)
    )


def are_rivals(dealership: Dealership, now: datetime, entry: Row, other: Row) -> bool:
    """Whether one slot may be wanted for both: they share a time and a car or a bay."""
    if not preference_of(entry).overlaps(preference_of(other)):
        return False
    scarce = {r.id for r in dealership.resources if r.kind in (ResourceKind.TEST_CAR, ResourceKind.BAY)}
    wanted = [set(resources_of(make_offers(dealership, now, request_of(e)))) for e in (entry, other)]
    return bool(scarce & wanted[0] & wanted[1])


def declined_json(slot: Slot, why: Declined) -> dict[str, Any]:
    return {"store": slot.store, "start": slot.start.isoformat(), "why": why.value}
