"""Who was erased, so that no file brings them back: a hash of the number, keyed with a secret of this installation.

There are few enough numbers to try them all, so the key lies outside the database: in ``erased.key`` in
``ZHANTING_HOME``. Who comes back by themselves is taken again.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.store.lifecycle_tables import ErasedNumber, EventSignup, Profile
from bot.store.staff_tables import Case, Lead
from bot.store.tables import Appointment, Customer, WaitlistEntry

KEY_FILE = "erased.key"
COMES_BACK = (Customer, Appointment, WaitlistEntry, Case, Lead, EventSignup, Profile)
"""A row with the number in one of these is newer than the deletion, which leaves none."""
AT_ONCE = 500
"""Numbers in one statement."""


def own_key(home: Path) -> bytes:
    """The secret of this installation, made at the first deletion; whoever makes it first, all read the same."""
    key = _read(home)
    if key is None:
        new = home / f"{KEY_FILE}.{secrets.token_hex(8)}"
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_hex(32))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(new, home / KEY_FILE)
        except FileExistsError:
            pass  # another process got there first
        finally:
            new.unlink()
        key = (home / KEY_FILE).read_bytes()
    return key


def mark(session: Session, key: bytes, phone: str, now: datetime) -> None:
    """Remember that a number was erased, in the caller's transaction; a second time changes nothing."""
    number = _mark_of(key, phone)
    if session.get(ErasedNumber, number) is None:
        session.add(ErasedNumber(mark=number, key=_name_of(key), erased_at=now))


def erased_of(session: Session, home: Path, phones: Iterable[str]) -> set[str]:
    """Which of these were erased and have not come back by themselves."""
    key = _read(home)
    if key is None:
        return set()
    by_mark = {_mark_of(key, phone): phone for phone in phones}
    found: set[str] = set()
    for some in _slices(list(by_mark)):
        query = sa.select(ErasedNumber.mark).where(ErasedNumber.mark.in_(some))
        found.update(by_mark[number] for number in session.scalars(query))
    return found - _back(session, found)


def unreadable(session: Session, home: Path) -> int:
    """How many were erased under a key that is not here any more: they cannot be told."""
    key = _read(home)
    query = sa.select(sa.func.count()).select_from(ErasedNumber)
    return int(session.scalar(query if key is None else query.where(ErasedNumber.key != _name_of(key))))


def _back(session: Session, phones: Iterable[str]) -> set[str]:
    found: set[str] = set()
    for some in _slices(sorted(phones)):
        for table in COMES_BACK:
            found.update(session.scalars(sa.select(table.phone).where(table.phone.in_(some))))
    return found


def _read(home: Path) -> bytes | None:
    try:
        return (home / KEY_FILE).read_bytes()
    except FileNotFoundError:
        return None


def _mark_of(key: bytes, phone: str) -> str:
    return hmac.new(key, phone.encode(), hashlib.sha256).hexdigest()


def _name_of(key: bytes) -> str:
    """Tells keys apart and nothing of what they are."""
    return hashlib.sha256(key).hexdigest()[:16]


def _slices(values: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(values), AT_ONCE):
        yield values[start : start + AT_ONCE]
