"""A shortcut belongs to one standard reply, however many editors write at the same moment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.domain.errors import InvalidContent
from bot.domain.versions import Status
from bot.services.content.checks import taken_shortcut
from bot.services.content.versions import bump_revision
from bot.store.tables import ContentEntry


def require_free_shortcut(session: Session, kind: str, id_: str, data: Mapping[str, Any]) -> None:
    """Raises ``InvalidContent`` where another live reply has it by now: the content that the editor saw may be older.

    Who comes second waits at the revision until the first is done.
    """
    shortcut = data.get("shortcut")
    if not shortcut:
        return
    bump_revision(session)
    others = sa.select(ContentEntry.data).where(
        ContentEntry.kind == kind, ContentEntry.id != id_, ContentEntry.status == Status.APPROVED.value
    )
    for other in session.scalars(others):
        if other.get("shortcut") == shortcut:
            fault = taken_shortcut(shortcut, str(other["title"]))
            raise InvalidContent(kind, id_, fault.field, fault.problem, fault.words)
