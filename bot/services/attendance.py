"""Who came: check-in, completion and no-shows, recorded by staff, and what follows from them.

A visit that is over claims nothing any more. Who did not come several times books as before, but an adviser has to
confirm the visit (``reference/demo-dealership.md``, *Who and what can be booked*).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy.orm import Session

from bot.domain.attendance import may_approve, may_check_in, may_complete, may_miss, misses_in_a_row
from bot.domain.booking import VisitKind, VisitStatus
from bot.domain.dealership import Dealership, ResourceKind
from bot.domain.errors import WrongState
from bot.services import reminders
from bot.services.audit import Actor
from bot.services.availability import local
from bot.services.callbacks import soon
from bot.services.cases import close_visit_case, open_visit_case
from bot.services.claiming import transact
from bot.services.mileage import keep_visit
from bot.services.replacing import equal_place, put_in_place
from bot.services.visits import BookedVisit, note_change, row_of_code, view_of
from bot.store import bookings
from bot.store.attendance import past_visits, unsettled_visits
from bot.store.bookings import Row
from bot.store.database import Database

CASE_REASON = "visit_needs_approval"


def check_in(
    database: Database, dealership: Dealership, now: datetime, code: str, actor: Actor | None = None
) -> BookedVisit:
    """The customer has come: from two hours before the visit to the end of its day. Again is no error.

    Who comes late after a no-show gets the place back if nobody took it meanwhile. The adviser of a test drive becomes
    the customer's own if there is none yet. Raises NotFound or WrongState.
    """

    def change(session: Session, row: Row) -> None:
        may_check_in(VisitStatus(row.status), now, row.start, row.needs_new_time)
        if row.status == VisitStatus.NO_SHOW:
            _claim_again(session, dealership, now, row)
        _get_to_know(session, dealership, row)
        row.needs_approval = False
        close_visit_case(session, row, now)

    return _record(database, dealership, now, code, VisitStatus.CHECKED_IN, change, actor)


def complete(
    database: Database, dealership: Dealership, now: datetime, code: str, actor: Actor | None = None
) -> BookedVisit:
    """The visit is done; what it still claims is free. Again is no error.

    It undoes a no-show, on later days too. The car's mileage and last service are those of the visit from then on.
    Raises NotFound or WrongState.
    """

    def change(session: Session, row: Row) -> None:
        may_complete(VisitStatus(row.status), now, row.start, row.needs_new_time)
        _get_to_know(session, dealership, row)
        row.needs_approval = False
        close_visit_case(session, row, now)
        bookings.free_all_claims(session, row.id)
        keep_visit(session, row, dealership.maintenance, now)

    return _record(database, dealership, now, code, VisitStatus.COMPLETED, change, actor)


def no_show(
    database: Database, dealership: Dealership, now: datetime, code: str, actor: Actor | None = None
) -> BookedVisit:
    """Nobody came, which can be said from the start of the visit on; what it claims is free.

    ``check_in`` undoes it on the same day, ``complete`` always. Again is no error. Raises NotFound or WrongState.
    """

    def change(session: Session, row: Row) -> None:
        may_miss(VisitStatus(row.status), now, row.start, row.needs_new_time)
        close_visit_case(session, row, now)
        bookings.free_all_claims(session, row.id)

    return _record(database, dealership, now, code, VisitStatus.NO_SHOW, change, actor)


def approve(
    database: Database, dealership: Dealership, now: datetime, code: str, actor: Actor | None = None
) -> BookedVisit:
    """An adviser confirms a visit that waits for it, and the customer is told.

    Raises NotFound, or WrongState for a visit that is no longer to come or does not wait (any more).
    """

    def work(session: Session) -> BookedVisit:
        row = row_of_code(session, code, None, lock=True)
        may_approve(VisitStatus(row.status), row.needs_approval)
        row.needs_approval, row.updated_at = False, now
        reminders.approved(session, dealership, row, now)
        close_visit_case(session, row, now)
        note_change(session, actor, "appointment.approved", row, now)
        return view_of(dealership, row)

    return transact(database, work)


def needs_approval(session: Session, dealership: Dealership, phone: str) -> bool:
    """Whether an adviser has to confirm a new visit of this customer: too many no-shows since the last visit."""
    statuses = [VisitStatus(status) for status in past_visits(session, phone)]
    return misses_in_a_row(statuses) >= dealership.rules.no_show_limit


def ask_for_approval(session: Session, dealership: Dealership, row: Row, now: datetime) -> None:
    """Mark a new visit of such a customer, and have an adviser call."""
    if needs_approval(session, dealership, row.phone):
        row.needs_approval = True
        due = soon(dealership.profile.consultants_online, local(now), local(row.start))
        open_visit_case(session, row, now, CASE_REASON, due)


def visits_to_settle(database: Database, dealership: Dealership, now: datetime) -> tuple[BookedVisit, ...]:
    """Visits whose day is over and of which nobody recorded who came, by start: nothing is guessed."""
    today = local(now).replace(hour=0, minute=0, second=0, microsecond=0)
    with database.reading() as session:
        return tuple(view_of(dealership, row) for row in unsettled_visits(session, today))


def _record(
    database: Database,
    dealership: Dealership,
    now: datetime,
    code: str,
    status: VisitStatus,
    change: Callable[[Session, Row], None],
    actor: Actor | None,
) -> BookedVisit:
    def work(session: Session) -> BookedVisit:
        row = row_of_code(session, code, None, lock=True)
        if row.status != status:
            change(session, row)
            row.status, row.updated_at = status.value, now
            reminders.settled(session, dealership, row, now)
        note_change(session, actor, f"appointment.{status.value}", row, now)
        return view_of(dealership, row)

    return transact(database, work)


def _claim_again(session: Session, dealership: Dealership, now: datetime, row: Row) -> None:
    placement = equal_place(session, dealership, now, row)
    if placement is None:
        raise WrongState("the place was given away", "这个时段已经让给别的客户了，请重新约一个时间。")
    put_in_place(row, placement, now)


def _get_to_know(session: Session, dealership: Dealership, row: Row) -> None:
    """The adviser of the first test drive is the customer's own from then on."""
    customer = bookings.customer_of_phone(session, row.phone)
    if row.kind != VisitKind.TEST_DRIVE or customer is None or customer.adviser:
        return
    advisers = {r.id for r in dealership.resources if r.kind is ResourceKind.SALES_ADVISER}
    customer.adviser = next((name for name in row.resources if name in advisers), None)
