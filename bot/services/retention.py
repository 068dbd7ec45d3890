"""What is over for so many months tells no longer whose it was: the dealer counts with it, nobody else needs it.

Conversations are moved to files (``archive``); visits, cases, leads and cars are the dealer's records and stay until
their customer has them deleted (``privacy``).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from dateutil.relativedelta import relativedelta

from bot.domain.events import SignupStatus
from bot.domain.tasks import TaskStatus
from bot.store.database import Database
from bot.store.lifecycle_tables import EventSignup, Outreach, Profile, ReferralUse, Survey, Task
from bot.store.tables import new_token

AT_ONCE = 500
TITLE = "（超过保存期限）"
_COMING = (SignupStatus.SIGNED_UP.value, SignupStatus.WAITING.value)
_OPEN_CONTACTS = ("planned", "sent")


def forget_old(database: Database, months: int, now: datetime) -> int:
    """Make up to ``AT_ONCE`` rows of each kind nameless that nobody touched for so many months; gives how many."""
    before = now - relativedelta(months=months)
    return sum(
        (
            _change(database, Task, _old_tasks(before), _nameless_task),
            _change(database, Survey, _old_surveys(before), _nameless_survey),
            _change(database, EventSignup, _old_signups(before), _nameless_signup),
            _change(database, Outreach, _old_contacts(before), _nameless_contact),
            _delete(database, Profile, sa.and_(Profile.phone.is_(None), Profile.updated_at < before)),
            _delete(
                database, ReferralUse, sa.and_(ReferralUse.phone.is_(None), ReferralUse.created_at < before)
            ),
        )
    )


def _old_tasks(before: datetime) -> Any:
    return sa.and_(Task.status != TaskStatus.OPEN.value, Task.updated_at < before, Task.title != TITLE)


def _old_surveys(before: datetime) -> Any:
    tells = sa.or_(
        Survey.phone.is_not(None), Survey.conversation_id.is_not(None), Survey.comment.is_not(None)
    )
    return sa.and_(Survey.asked_at < before, tells)


def _old_signups(before: datetime) -> Any:
    """Those that are over, or were not marked so for a year more. A number has 11 digits, what replaces it 19."""
    tells = sa.or_(EventSignup.customer_id.is_not(None), EventSignup.conversation_id.is_not(None))
    over = sa.or_(
        EventSignup.status.not_in(_COMING), EventSignup.updated_at < before - relativedelta(months=12)
    )
    named = sa.or_(tells, EventSignup.name.is_not(None), sa.func.length(EventSignup.phone) == 11)
    return sa.and_(EventSignup.updated_at < before, over, named)


def _old_contacts(before: datetime) -> Any:
    """Car and moment stay as long as the car does: nobody is contacted about the same twice."""
    over = Outreach.state.not_in(_OPEN_CONTACTS)
    return sa.and_(Outreach.updated_at < before, over, Outreach.conversation_id.is_not(None))


def _nameless_task(row: Any) -> None:
    row.title, row.details = TITLE, {}
    row.phone = row.plate = row.note = row.customer_id = row.conversation_id = None


def _nameless_survey(row: Any) -> None:
    row.phone = row.conversation_id = row.comment = None


def _nameless_signup(row: Any) -> None:
    row.phone, row.name = f"x{new_token()[:18]}", None
    row.customer_id = row.conversation_id = None


def _nameless_contact(row: Any) -> None:
    row.conversation_id, row.details = None, {}


def _change(database: Database, table: Any, condition: Any, change: Any) -> int:
    with database.transaction() as session:
        rows = session.scalars(sa.select(table).where(condition).limit(AT_ONCE)).all()
        for row in rows:
            change(row)
        return len(rows)


def _delete(database: Database, table: Any, condition: Any) -> int:
    with database.transaction() as session:
        done = session.execute(sa.delete(table.__table__).where(condition))
        return int(done.rowcount)
