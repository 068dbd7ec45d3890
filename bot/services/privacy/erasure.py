"""Deleting what is stored about a customer, everywhere.

What the dealer counts with (visits, cases, leads, scores, contacts) stays without anything that tells who it was; all
else goes. First the files, then the rows in one transaction: after a crash the same call does what is left. The audit
log stays: it has no personal data. A mark stays, so that no file brings them back (``marks``).
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.domain.booking import VisitStatus
from bot.domain.cases import CaseStatus
from bot.domain.errors import WrongState
from bot.domain.waitlist import WaitState
from bot.services import audit
from bot.services.audit import Actor
from bot.services.leads import LeadStatus
from bot.services.privacy.archive_files import GONE, archived_of, erase_archived
from bot.services.privacy.marks import mark, own_key
from bot.services.privacy.person import Person, find_person, mentions, parts_of
from bot.store.database import Database, without_time_limit
from bot.store.lifecycle_tables import EventSignup, Outreach, Survey
from bot.store.staff_tables import Case, Lead, Score, Upload
from bot.store.tables import Appointment, WaitlistEntry, new_token

COMING = (VisitStatus.CONFIRMED.value, VisitStatus.CHECKED_IN.value)
MENTIONS = "他人记录中的号码"
WAITING = (WaitState.WAITING.value, WaitState.OFFERED.value)


@dataclass(frozen=True)
class Erased:
    """How many rows went or were made nameless, by the Chinese name of what they were; ``archived`` conversations."""

    rows: dict[str, int]
    archived: int

    @property
    def is_empty(self) -> bool:
        return not self.archived and not any(self.rows.values())


@dataclass(frozen=True)
class Keeping:
    """What speaks against deleting now: visits to come, open cases, places in the waitlist."""

    visits: int
    cases: int
    waiting: int

    @property
    def is_empty(self) -> bool:
        return not (self.visits or self.cases or self.waiting)

    def __str__(self) -> str:
        parts = {"个未到店的预约": self.visits, "张没办结的工单": self.cases, "个候补": self.waiting}
        return "、".join(f"{count} {name}" for name, count in parts.items() if count)


def count_of(database: Database, home: Path, phone: str) -> Erased:
    """What ``erase`` would take, but for a number that stands in what belongs to others."""
    with database.reading() as session:
        person = find_person(session, phone)
        rows = {
            part.name: int(
                session.scalar(sa.select(sa.func.count()).select_from(part.table).where(part.condition))
            )
            for part in parts_of(person)
        }
    return Erased(rows, sum(1 for _ in archived_of(home, person)))


def what_keeps(database: Database, phone: str, now: datetime) -> Keeping:
    """What has to be settled first, unless it is to go as well."""
    with database.reading() as session:
        return _keeping(session, find_person(session, phone), now)


def erase(
    database: Database, home: Path, phone: str, actor: Actor, now: datetime, force: bool = False
) -> Erased:
    """Delete what is stored about a number; again does what is left, and nothing where all is gone.

    ``force``: visits to come and open cases go too. Raises ``WrongState`` for them otherwise.
    """
    with database.reading() as session:
        person = find_person(session, phone)
        keeping = _keeping(session, person, now)
        tokens = list(
            session.scalars(sa.select(Upload.token).where(Upload.conversation_id.in_(person.conversations)))
        )
    if not keeping.is_empty and not force:
        raise WrongState("something is still to come", f"还有{keeping}，要先取消或办结，或者选择一并删除")
    archived = erase_archived(home, person)
    for token in tokens:
        (home / "uploads" / token).unlink(missing_ok=True)
    key = own_key(home)
    with database.transaction() as session:
        again = find_person(session, phone)
        erased = Erased(_erase_rows(session, again, now), archived)
        if not erased.is_empty:
            mark(session, key, phone, now)
            subject = again.customers[0] if again.customers else None
            audit.note(
                session, actor, "customer.erased", now, subject, details={"rows": sum(erased.rows.values())}
            )
    if not erased.is_empty:
        _wipe(database)
    return erased


def _keeping(session: Session, person: Person, now: datetime) -> Keeping:
    def count(table: Any, *conditions: Any) -> int:
        return int(session.scalar(sa.select(sa.func.count()).select_from(table).where(*conditions)))

    return Keeping(
        count(
            Appointment,
            Appointment.phone == person.phone,
            Appointment.end > now,
            Appointment.status.in_(COMING),
        ),
        count(Case, Case.id.in_(person.cases), Case.status == CaseStatus.OPEN.value),
        count(WaitlistEntry, WaitlistEntry.phone == person.phone, WaitlistEntry.state.in_(WAITING)),
    )


def _erase_rows(session: Session, person: Person, now: datetime) -> dict[str, int]:
    done: dict[str, int] = {}
    names = _Names()
    for part in parts_of(person):
        rename = RENAMED.get(part.table)
        if rename is None:
            result = session.execute(sa.delete(part.table.__table__).where(part.condition))
            done[part.name] = int(result.rowcount)
            continue
        rows = session.scalars(sa.select(part.table).where(part.condition)).all()
        for row in rows:
            rename(row, names, now)
        session.flush()
        done[part.name] = len(rows)
    for table, columns in mentions(person.phone).items():
        done[MENTIONS] = done.get(MENTIONS, 0) + _take_out(session, table, columns, person.phone)
    return done


class _Names:
    """New names for what has to keep one, the same for the same."""

    def __init__(self) -> None:
        self._known: dict[str, str] = {}

    def of(self, name: str) -> str:
        return self._known.setdefault(name, f"x{uuid.uuid4().hex[:18]}")


def _visit(row: Any, names: _Names, now: datetime) -> None:
    row.name, row.phone, row.plate, row.conversation_id, row.request_key = GONE, "", None, None, None
    row.mileage, row.calendar_token = None, new_token()
    if row.status in COMING and row.end > now:
        row.status = VisitStatus.CANCELLED.value


def _entry(row: Any, names: _Names, now: datetime) -> None:
    row.name, row.phone, row.plate, row.mileage, row.conversation_id = None, "", None, None, None
    if row.state in WAITING:
        row.state = WaitState.LEFT.value


def _case(row: Any, names: _Names, now: datetime) -> None:
    row.phone, row.details, row.note, row.conversation_id = None, {}, None, ""
    if row.status == CaseStatus.OPEN.value:
        row.status, row.outcome, row.closed_at = CaseStatus.CLOSED.value, "withdrawn", now


def _lead(row: Any, names: _Names, now: datetime) -> None:
    row.name = row.note = row.page = row.conversation_id = None
    row.phone = names.of(row.phone)[:20]
    if row.status in (LeadStatus.NEW.value, LeadStatus.CONTACTED.value):
        row.status = LeadStatus.LOST.value


def _score(row: Any, names: _Names, now: datetime) -> None:
    row.conversation_id, row.comment = names.of(row.conversation_id), None


def _survey(row: Any, names: _Names, now: datetime) -> None:
    row.conversation_id = row.phone = row.comment = None


def _contact(row: Any, names: _Names, now: datetime) -> None:
    row.plate, row.customer_id = names.of(row.plate), names.of(row.customer_id)
    row.conversation_id, row.details = None, {}


def _signup(row: Any, names: _Names, now: datetime) -> None:
    row.phone, row.name = names.of(row.phone), None
    row.customer_id = row.conversation_id = None
    if row.status in ("signed_up", "waiting"):
        row.status = "cancelled"


RENAMED: dict[Any, Callable[[Any, _Names, datetime], None]] = {
    Appointment: _visit,
    WaitlistEntry: _entry,
    Case: _case,
    Lead: _lead,
    Score: _score,
    Survey: _survey,
    Outreach: _contact,
    EventSignup: _signup,
}
"""What the dealer counts with: it stays, and tells no longer whose it was."""


def _take_out(session: Session, table: Any, columns: tuple[Any, ...], phone: str) -> int:
    """The number in what belongs to other people; gives how many rows had it."""
    found = sa.or_(*(sa.cast(column, sa.String).contains(phone, autoescape=True) for column in columns))
    rows = session.scalars(sa.select(table).where(found)).all()
    for row in rows:
        for column in columns:
            value = getattr(row, column.key)
            if value is not None:
                setattr(row, column.key, _without(value, phone))
    session.flush()
    return len(rows)


def _without(value: Any, phone: str) -> Any:
    if isinstance(value, str):
        return value.replace(phone, GONE)
    return json.loads(json.dumps(value, ensure_ascii=False).replace(phone, GONE))


def _wipe(database: Database) -> None:
    """Deleted rows leave their bytes in the database's files until these are written anew."""
    if database.engine.dialect.name == "postgresql":
        with database.engine.connect() as connection, without_time_limit(connection):
            connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql("VACUUM")
        return
    connection = database.engine.raw_connection()  # a transaction of SQLAlchemy's would be in the way
    try:
        for statement in ("VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"):
            connection.cursor().execute(statement).fetchall()
    finally:
        connection.close()
