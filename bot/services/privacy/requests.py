"""What customers ask for in the dialogue once they have shown who they are: a copy of their data, or that it goes.

Each is a task (``TaskKind.DATA_REQUEST``), so that nothing is lost where the program cannot finish it: a person then
does, within ``TERM``. The copy lies behind an address that works once and for ``COPY_VALID``; its token is stored as a
hash. The deletion follows ``PAUSE`` after the last word, since the conversation that asks for it goes too.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.domain.errors import NotFound, WrongState
from bot.domain.tasks import MANAGER, TaskKind, TaskStatus
from bot.services.audit import SYSTEM, Actor
from bot.services.privacy.copies import copy_of
from bot.services.privacy.erasure import erase
from bot.services.tasks import end_in, locked_task, open_task
from bot.store.database import Database
from bot.store.lifecycle_tables import Task
from bot.store.tables import new_token

logger = logging.getLogger(__name__)
COPY_VALID = timedelta(hours=24)
TERM = timedelta(days=15)
PAUSE = timedelta(minutes=2)
COPY, ERASE, UNPROVEN = "copy", "erase", "unproven"
_TITLES = {
    COPY: "客户索取个人信息副本",
    ERASE: "客户要求删除个人信息",
    UNPROVEN: "个人信息请求：请先核对身份",
}


def open_copy(database: Database, phone: str, conversation_id: str, now: datetime) -> str:
    """A token behind which the copy lies until ``COPY_VALID`` is over or it was fetched."""
    token = new_token()
    with database.transaction() as session:
        _open(session, COPY, _key_of(token), phone, conversation_id, now)
    return token


def fetch_copy(database: Database, home: Path, token: str, now: datetime) -> bytes:
    """The ZIP file of ``copy_of``, once. Raises ``NotFound`` for an address that is unknown, used or too old."""
    query = sa.select(Task).where(Task.key == _key_of(token), Task.status == TaskStatus.OPEN.value)
    with database.reading() as session:
        row: Any = session.scalars(query).first()
        if row is None or row.created_at + COPY_VALID < now:
            raise NotFound("no such copy")
        phone, id_ = row.phone, row.id
    packed = copy_of(database, home, phone, now)  # first: an address that fails is not used up
    if packed is None:
        raise NotFound("nothing is stored any more")
    try:
        with database.transaction() as session:
            end_in(session, id_, "done", None, Actor(SYSTEM), now)
    except WrongState as error:  # somebody fetched it at the same moment
        raise NotFound("no such copy") from error
    return packed


def open_erasure(database: Database, phone: str, conversation_id: str, now: datetime) -> bool:
    """Have everything about a number deleted, soon; False where that is on its way already."""
    with database.transaction() as session:
        return _open(session, ERASE, f"data_request/{ERASE}/{conversation_id}", phone, conversation_id, now)


def open_unproven(database: Database, conversation_id: str, now: datetime) -> None:
    """A person checks who asks, once for a conversation and a day; nothing is done by itself."""
    key = f"data_request/{UNPROVEN}/{conversation_id}/{now:%Y%m%d}"
    with database.transaction() as session:
        _open(session, UNPROVEN, key, None, conversation_id, now)


def run_erasures(database: Database, home: Path, now: datetime) -> int:
    """Delete what was asked for at least ``PAUSE`` ago; gives how many persons.

    Where something came up meanwhile, the task is left to people and not tried again.
    """
    done = 0
    with database.reading() as session:
        due = session.execute(
            sa.select(Task.id, Task.phone, Task.details).where(
                Task.kind == TaskKind.DATA_REQUEST.value,
                Task.status == TaskStatus.OPEN.value,
                Task.created_at <= now - PAUSE,
            )
        ).all()
    for id_, phone, details in due:
        if not phone or details != {"wish": ERASE}:
            continue
        try:
            erase(database, home, phone, Actor(SYSTEM), now)
            done += 1
        except WrongState:
            _leave_to_people(database, id_)
    return done


def _leave_to_people(database: Database, task_id: str) -> None:
    with database.transaction() as session:
        row = locked_task(session, task_id)
        row.details = {**row.details, "left_to_people": True}
    logger.info("a deletion that a customer asked for is left to people: something is still to come")


def _open(
    session: Session, wish: str, key: str, phone: str | None, conversation_id: str, now: datetime
) -> bool:
    opened = open_task(
        session,
        TaskKind.DATA_REQUEST,
        key,
        _TITLES[wish],
        now + TERM,
        now,
        phone=phone,
        conversation_id=conversation_id,
        skill=MANAGER,
        details={"wish": wish},
    )
    return opened is not None


def _key_of(token: str) -> str:
    return f"data_request/{COPY}/{sha256(token.encode()).hexdigest()}"
