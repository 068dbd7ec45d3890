"""Changes of the dealership in the audit log, each line in the transaction of what it tells."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from bot.services import audit
from bot.services.content.editing import Editor


def note_changed(
    session: Session,
    by: Editor,
    address: str,
    version: int,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    now: datetime,
) -> None:
    """A new version of an entry, with the fields that are other than before."""
    if by.actor is not None:
        details = {"version": version, "fields": sorted(_changed(before, after))}
        audit.note(session, by.actor, "dealership.changed", now, address, details=details)


def note_removed(session: Session, by: Editor, address: str, now: datetime) -> None:
    if by.actor is not None:
        audit.note(session, by.actor, "dealership.removed", now, address)


def address_of(kind: str, id_: str) -> str:
    """How the staff API calls an entry: "store:east"; what there is one of by its kind."""
    return kind if kind == id_ else f"{kind}:{id_}"


def _changed(before: Mapping[str, Any], after: Mapping[str, Any], above: str = "") -> list[str]:
    found: list[str] = []
    for name, value in after.items():
        old = before.get(name)
        if isinstance(old, Mapping) and isinstance(value, Mapping):
            found += _changed(old, value, f"{above}{name}.")
        elif old != value:
            found.append(f"{above}{name}")
    return found
