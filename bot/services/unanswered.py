"""The unanswered list: what was not understood, and choices of topics that nobody took.

A clarification is stored when it is asked. The customer's next message settles it: one of its buttons (pressed, its
title or its number) takes it; anything else leaves it unanswered, and so does silence for ``PATIENCE``.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.domain.errors import NotFound
from bot.store.database import Database
from bot.store.tables import Message, Unanswered

PATIENCE = timedelta(minutes=30)
PHONE, PLATE = "〔手机号〕", "〔车牌〕"
_PLATES = re.compile(
    r"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼]\s*[A-Za-zＡ-Ｚａ-ｚ][\s·.]*[A-Za-z0-9０-９]{5,6}(?![A-Za-z0-9])"
)
_NUMBERS = re.compile(r"(?<![\d-])(?!20\d\d-\d\d?-\d\d?(?!\d))\+?\d(?:[\s-]?\d){6,}(?!\d)")
_NOT_WORDS = re.compile(r"[\W_]+")
_WAITING = sa.select(Unanswered).where(
    Unanswered.conversation_id == sa.bindparam("conversation_id"), Unanswered.state == "asked"
)


class Kind(str, Enum):
    FALLBACK = "fallback"
    CLARIFICATION = "clarification"


class State(str, Enum):
    """``ASKED`` and ``TAKEN`` are clarifications that are no concern of anybody (yet)."""

    ASKED = "asked"
    TAKEN = "taken"
    OPEN = "open"
    RESOLVED = "resolved"
    IGNORED = "ignored"


@dataclass(frozen=True)
class Heard:
    """A message as it was understood. ``candidates``: FAQ topics {"id", "score"}; ``intents``: {"name", "confidence"}.

    ``seq`` is None outside of our channels (``rasa shell``).
    """

    conversation_id: str
    seq: int | None
    kind: Kind
    text: str
    candidates: Sequence[dict[str, Any]] = ()
    intents: Sequence[dict[str, Any]] = ()


@dataclass(frozen=True)
class UnansweredView:
    """One line of the list: the newest message with these words. ``count``: how often they were said in this state."""

    id: int
    kind: Kind
    state: State
    text: str
    count: int
    conversation_id: str
    seq: int | None
    candidates: tuple[dict[str, Any], ...]
    intents: tuple[dict[str, Any], ...]
    resolved_by: str | None
    resolution: str | None
    created_at: datetime


def record(database: Database, heard: Heard, now: datetime) -> None:
    """Store a message once, as it stands in the transcript; words that were ignored before are ignored again."""
    with database.transaction() as session:
        _add(session, heard, now)


def _add(session: Session, heard: Heard, now: datetime) -> None:
    said = session.get(Message, (heard.conversation_id, heard.seq)) if heard.seq is not None else None
    text = masked(said.text if said is not None else heard.text)
    row = Unanswered(
        conversation_id=heard.conversation_id,
        seq=heard.seq,
        kind=heard.kind.value,
        state=State.ASKED.value,
        text=text,
        same_as=_same(text),
        candidates=list(heard.candidates),
        intents=list(heard.intents),
        created_at=now,
        updated_at=now,
    )
    if heard.kind is Kind.FALLBACK:
        row.state = _open_or_ignored(session, row.same_as).value
    try:
        with session.begin_nested():
            session.add(row)
    except sa.exc.IntegrityError:  # the turn was run before, and cut off
        return


def settle(session: Session, conversation_id: str, payload: str | None, now: datetime) -> None:
    """The customer goes on: a clarification that waits was taken if ``payload`` is one of its candidates."""
    chosen = _chosen(payload)
    for row in session.scalars(_WAITING, {"conversation_id": conversation_id}):
        taken = chosen is not None and chosen in {candidate["id"] for candidate in row.candidates}
        row.state = (State.TAKEN if taken else _open_or_ignored(session, row.same_as)).value
        row.resolution, row.updated_at = (chosen if taken else None), now


def wait_again(database: Database, conversation_id: str, now: datetime) -> None:
    """The same choice is given once more: the customer's next message settles the newest clarification anew."""
    newest = (
        sa.select(Unanswered)
        .where(
            Unanswered.conversation_id == conversation_id,
            Unanswered.kind == Kind.CLARIFICATION.value,
            Unanswered.state == State.OPEN.value,
        )
        .order_by(Unanswered.id.desc())
        .limit(1)
    )
    with database.transaction() as session:
        row = session.scalars(newest).first()
        if row is not None:
            row.state, row.updated_at = State.ASKED.value, now


def list_unanswered(
    database: Database,
    now: datetime,
    state: State | None = State.OPEN,
    since: datetime | None = None,
    limit: int = 50,
) -> list[UnansweredView]:
    """One line per text and state, the most frequent first; ``state`` None: all but what was taken or waits."""
    query = sa.select(Unanswered).order_by(Unanswered.created_at.desc(), Unanswered.id.desc())
    if since is not None:
        query = query.where(Unanswered.created_at >= since)
    with database.reading() as session:
        rows = list(session.scalars(query.where(_is_in(state, now))))
    counts = Counter(_group(row) for row in rows)
    newest = {_group(row): row for row in reversed(rows)}
    views = [_view(row, counts[group]) for group, row in newest.items()]
    views.sort(key=lambda view: (view.count, view.created_at, view.id), reverse=True)
    return views[:limit]


def find(database: Database, id_: int) -> UnansweredView:
    """Raises ``NotFound``."""
    with database.reading() as session:
        row = _row(session, id_)
        same = sa.select(sa.func.count()).where(
            Unanswered.same_as == row.same_as, Unanswered.state == row.state
        )
        return _view(row, session.scalar(same) or 1)


def resolve(database: Database, id_: int, state: State, by: str, resolution: str, now: datetime) -> int:
    """Close an entry with all others of the same words; gives their number. Raises ``NotFound``."""
    with database.transaction() as session:
        row = _row(session, id_)
        same = sa.or_(
            Unanswered.id == row.id,
            sa.and_(Unanswered.same_as == row.same_as, Unanswered.state == State.OPEN.value),
        )
        closed = session.scalars(sa.select(Unanswered).where(same)).all()
        for each in closed:
            each.state, each.resolved_by, each.resolution = state.value, by, resolution[:200]
            each.updated_at = now
        return len(closed)


def masked(text: str) -> str:
    """The text without what tells who wrote it: phone numbers (any run of seven digits or more) and plates."""
    return _NUMBERS.sub(PHONE, _PLATES.sub(PLATE, text))


def _same(text: str) -> str:
    plain = _NOT_WORDS.sub("", unicodedata.normalize("NFKC", text).casefold())
    return hashlib.sha1((plain or text).encode("utf-8", "replace")).hexdigest()


def _open_or_ignored(session: Session, same_as: str) -> State:
    ignored = sa.select(Unanswered.id).where(
        Unanswered.same_as == same_as, Unanswered.state == State.IGNORED.value
    )
    return State.OPEN if session.scalars(ignored.limit(1)).first() is None else State.IGNORED


def _chosen(payload: str | None) -> str | None:
    """The topic that a button of ours leads to, else the intent of the dialogue."""
    if not payload:
        return None
    if payload.startswith("/faq{"):
        return str(json.loads(payload.removeprefix("/faq"))["topic"])
    return payload.removeprefix("/")


def _is_in(state: State | None, now: datetime) -> Any:
    """What is in a state; a clarification that was left alone for long counts as open."""
    left_alone = sa.and_(Unanswered.state == State.ASKED.value, Unanswered.created_at < now - PATIENCE)
    if state is State.OPEN:
        return sa.or_(Unanswered.state == State.OPEN.value, left_alone)
    if state is not None:
        return Unanswered.state == state.value
    return sa.or_(Unanswered.state.not_in([State.ASKED.value, State.TAKEN.value]), left_alone)


def _group(row: Unanswered) -> tuple[str, str]:
    return row.same_as, _state(row).value


def _state(row: Unanswered) -> State:
    """As it is shown: what is listed though it waits has waited too long."""
    return State.OPEN if row.state == State.ASKED.value else State(row.state)


def _row(session: Session, id_: int) -> Unanswered:
    row = session.get(Unanswered, id_)
    if row is None:
        raise NotFound(f"nothing unanswered has the number {id_}")
    return row


def _view(row: Unanswered, count: int) -> UnansweredView:
    return UnansweredView(
        row.id,
        Kind(row.kind),
        _state(row),
        row.text,
        count,
        row.conversation_id,
        row.seq,
        tuple(row.candidates),
        tuple(row.intents),
        row.resolved_by,
        row.resolution,
        row.created_at,
    )
