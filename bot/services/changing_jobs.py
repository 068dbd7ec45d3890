"""Other jobs for a service visit that is booked already: same start, more time or less, one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from bot.domain.booking import Slot, VisitKind, VisitRequest
from bot.domain.dealership import Dealership
from bot.domain.errors import Conflict
from bot.services import reminders
from bot.services.availability import Wish, local, possible_offers
from bot.services.booking import require_changeable
from bot.services.claiming import place, transact
from bot.services.replacing import put_in_place
from bot.services.visits import BookedVisit, row_of_code, view_of
from bot.services.waitlist_offers import offer_freed
from bot.store.bookings import Owner
from bot.store.database import Database


def change_jobs(
    database: Database,
    dealership: Dealership,
    now: datetime,
    code: str,
    phone: str | None,
    jobs: Sequence[str],
    instead_of: Sequence[str],
) -> BookedVisit:
    """Do ``jobs`` in a visit whose jobs are ``instead_of`` now; code, store and start stay.

    The notice for a new booking does not count: the customer comes at that time anyway. Staff's calls leave out the
    phone number (None). Raises NotFound, TooLateToChange, Conflict for a visit that is no confirmed service visit with
    a time or whose jobs were changed meanwhile, InvalidInput for unknown jobs or none, SlotTaken or BookingRefused,
    without alternatives, where the store has no time for them; then nothing has changed.
    """

    def work(session: Session) -> BookedVisit:
        row = row_of_code(session, code, phone, lock=True)
        require_changeable(dealership, now, row, by_staff=False)
        if row.kind != VisitKind.SERVICE or row.needs_new_time or list(row.items) != list(instead_of):
            raise Conflict("the visit is not the one whose jobs are to be changed")
        wanted = tuple(dict.fromkeys(jobs))
        if list(wanted) != list(row.items):
            request = VisitRequest(VisitKind.SERVICE, row.store, row.model, wanted)
            mine, end = Owner(appointment_id=row.id), row.end
            wish = Wish(dealership, now, request, local(row.start), mine, by_staff=True, phone=row.phone)
            placement = place(session, wish, possible_offers(wish), appointment_id=row.id)
            put_in_place(row, placement, now)
            row.items = list(wanted)
            row.sequence += 1
            reminders.moved(session, dealership, row, now, told=True)
            if placement.slot.end < end:
                offer_freed(session, dealership, now, Slot(row.store, placement.slot.end, end))
        return view_of(dealership, row)

    return transact(database, work)
