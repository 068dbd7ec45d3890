"""Old conversations leave the database for files: written and on the disk first, then deleted, one transaction each.

Visits, cases, leads and scores stay: they are the dealer's records. A conversation that anybody still works on stays
too (``_is_over``). Who writes again after that begins a new one.
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from dateutil.relativedelta import relativedelta
from sqlalchemy.orm import Session

from bot import clock
from bot.domain.booking import VisitStatus
from bot.domain.cases import CaseStatus
from bot.domain.conversation import Owner
from bot.domain.waitlist import WaitState
from bot.services.retention import forget_old
from bot.store import archives, outbox
from bot.store.database import Database
from bot.store.staff_tables import Case, Handoff, Upload
from bot.store.tables import (
    Appointment,
    Conversation,
    Customer,
    DialogueState,
    Message,
    OutboxMessage,
    Unanswered,
    WaitlistEntry,
)
from bot.store.wechat_tables import WeChatContact, WeChatPassive

logger = logging.getLogger(__name__)
FOLDER = "archive"
AT_ONCE = 100
EVERY = timedelta(days=1)
ARCHIVE_LOCK = 5006
_FREE = (Owner.BOT.value, Owner.CLOSED.value)
_COMING = (VisitStatus.CONFIRMED.value, VisitStatus.CHECKED_IN.value)
_WAITING = (WaitState.WAITING.value, WaitState.OFFERED.value)
_PARTS: tuple[tuple[str, Any, str], ...] = (
    ("messages", Message, "conversation_id"),
    ("dialogue", DialogueState, "sender_id"),
    ("handoffs", Handoff, "conversation_id"),
    ("not_understood", Unanswered, "conversation_id"),
    ("files", Upload, "conversation_id"),
    ("wechat_answers", WeChatPassive, "conversation_id"),
    ("wechat", WeChatContact, "conversation_id"),
)
"""What belongs to a conversation and goes with it, in the order of deletion: name, table, its column."""
Key = tuple[str, int]
"""A conversation and its last line: one that was archived, and written in again, is another one."""


@dataclass(frozen=True)
class Archived:
    """How many conversations with how many messages went, or would go."""

    conversations: int = 0
    messages: int = 0

    def __add__(self, other: Archived) -> Archived:
        return Archived(self.conversations + other.conversations, self.messages + other.messages)


def count_old(database: Database, months: int, now: datetime) -> Archived:
    """What ``archive_old`` would take."""
    old = _old(now - relativedelta(months=months), now).subquery()
    lines = sa.select(sa.func.count()).where(Message.conversation_id.in_(sa.select(old.c.id)))
    with database.reading() as session:
        count = session.scalar(sa.select(sa.func.count()).select_from(old))
        return Archived(count, session.scalar(lines))


def archive_old(database: Database, home: Path, months: int, now: datetime, limit: int = AT_ONCE) -> Archived:
    """Move up to ``limit`` conversations without a message for so many months into ``home``/archive, the oldest first.

    It can be broken off at any moment and repeated: what is in the file already is not written twice. Where another
    process is at it, nothing is done.
    """
    folder, before = home / FOLDER, now - relativedelta(months=months)
    with archives.alone(folder) as is_alone, _alone_at(database) as is_only:
        if not (is_alone and is_only):
            return Archived()
        with database.reading() as session:
            old = [tuple(row) for row in session.execute(_old(before, now).limit(limit))]
            entries = [_entry(session, id_, now) for id_, _ in old]
        _write(folder, home, now.strftime("%Y-%m"), entries)
        gone = Archived()
        for key, entry in zip(old, entries, strict=True):
            if _delete(database, key, before, now):
                _delete_files(home, entry)
                gone += Archived(1, len(entry["messages"]))
    return gone


class Archivist:
    """A step of the upkeep: once a day all that is old, a few conversations at a time, and then what else is over."""

    def __init__(self, database: Database, home: Path, months: int) -> None:
        self._database, self._home, self._months = database, home, months
        self._next: datetime | None = None

    def __call__(self) -> None:
        now = clock.now()
        if self._next is not None and now < self._next:
            return
        gone = archive_old(self._database, self._home, self._months, now)
        if gone.conversations:
            logger.info("archived %d conversations, %d messages", gone.conversations, gone.messages)
        if gone.conversations < AT_ONCE:
            forgotten = forget_old(self._database, self._months, now)
            if forgotten:
                logger.info("made %d old records nameless", forgotten)
            self._next = now + EVERY


def _old(before: datetime, now: datetime) -> Any:
    """Ids and last lines of the conversations that go."""
    return (
        sa.select(Conversation.id, Conversation.last_seq)
        .where(*_is_over(before, now))
        .order_by(Conversation.updated_at, Conversation.id)
    )


def _is_over(before: datetime, now: datetime) -> list[Any]:
    """Nobody has written since, has it in hand, or is going to write in it."""
    here = Conversation.id
    visit = sa.and_(Appointment.end > now, Appointment.status.in_(_COMING))
    of_customer = sa.and_(Customer.id == Conversation.customer_id, Customer.phone == Appointment.phone)
    return [
        Conversation.updated_at < before,
        Conversation.state.in_(_FREE),
        ~_exists(Case.conversation_id == here, Case.status == CaseStatus.OPEN.value),
        ~_exists(Appointment.conversation_id == here, visit),
        ~_exists(of_customer, visit),
        ~_exists(WaitlistEntry.conversation_id == here, WaitlistEntry.state.in_(_WAITING)),
        ~_exists(OutboxMessage.conversation_id == here, OutboxMessage.state.in_(outbox.UNSENT)),
        ~_exists(Message.conversation_id == here, Message.answered.is_(False)),
    ]


def _exists(*conditions: Any) -> Any:
    return sa.exists(sa.select(sa.literal(1)).where(*conditions).correlate(Conversation))


def _entry(session: Session, id_: str, now: datetime) -> dict[str, Any]:
    """A conversation with all that belongs to it, as it is written."""
    entry: dict[str, Any] = {"archived_at": now.isoformat(timespec="seconds")}
    entry["conversation"] = _rows(session, Conversation, Conversation.id == id_)[0]
    for name, table, column in _PARTS:
        entry[name] = _rows(session, table, getattr(table, column) == id_)
    return entry


def _rows(session: Session, table: Any, condition: Any) -> list[dict[str, Any]]:
    columns = table.__table__.columns
    query = sa.select(table.__table__).where(condition).order_by(*table.__table__.primary_key.columns)
    return [
        {column.key: _plain(row[column]) for column in columns} for row in session.execute(query).mappings()
    ]


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def _write(folder: Path, home: Path, month: str, entries: list[dict[str, Any]]) -> None:
    """To the disk, with the files that were sent; nothing that is there already."""
    known: set[Key] = set()
    for path in archives.newest(folder, month):
        archives.mend(path)
        known.update(_key(line) for line in archives.lines(path))
    new = [entry for entry in entries if _key(entry) not in known]
    for token in (each["token"] for entry in new for each in entry["files"]):
        if (home / "uploads" / token).is_file():
            (folder / "files").mkdir(mode=0o700, exist_ok=True)
            shutil.copy2(home / "uploads" / token, folder / "files" / token)
    if new:
        archives.append(archives.file_of(folder, month), new)


def _key(entry: dict[str, Any]) -> Key:
    return entry["conversation"]["id"], entry["conversation"]["last_seq"]


def _delete(database: Database, key: Key, before: datetime, now: datetime) -> bool:
    """False where it is not over any more: somebody has just written, or booked."""
    id_, last_seq = key
    with database.transaction() as session:
        if session.get(Conversation, id_, with_for_update=True) is None:
            return False
        still = sa.select(Conversation.id).where(
            Conversation.id == id_, Conversation.last_seq == last_seq, *_is_over(before, now)
        )
        if session.scalar(still) is None:
            return False
        for _, table, column in _PARTS:
            session.execute(sa.delete(table.__table__).where(table.__table__.c[column] == id_))
        session.execute(sa.delete(Conversation.__table__).where(Conversation.__table__.c.id == id_))
    return True


def _delete_files(home: Path, entry: dict[str, Any]) -> None:
    for each in entry["files"]:
        (home / "uploads" / each["token"]).unlink(missing_ok=True)


@contextmanager
def _alone_at(database: Database) -> Iterator[bool]:
    """Processes on several machines have folders of their own, and PostgreSQL in common."""
    if database.engine.dialect.name != "postgresql":
        yield True
        return
    with database.engine.connect() as connection:
        is_alone = bool(connection.scalar(sa.select(sa.func.pg_try_advisory_lock(ARCHIVE_LOCK))))
        connection.commit()
        try:
            yield is_alone
        finally:
            if is_alone:
                connection.execute(sa.select(sa.func.pg_advisory_unlock(ARCHIVE_LOCK)))
                connection.commit()
