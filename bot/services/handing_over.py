"""What every change of a conversation's owner is made of: the row, the record of the handoff, and the words of it.

Each function works on a row that the caller has locked (``conversations.locked``), in the caller's transaction.
Locks are taken in this order: the conversation, then users by their names.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.domain.conversation import (
    Author,
    Change,
    HandoffReason,
    Outcome,
    Owner,
    Party,
    PassedOn,
    is_online,
    next_online,
)
from bot.domain.replies import UnfitValue
from bot.domain.staff import Skill
from bot.services import crm
from bot.services.content.snapshot import Content
from bot.services.conversations import add_handoff, pass_to
from bot.services.messages import Utterance, append
from bot.services.replies import SOURCE, reply_for
from bot.services.wording import say_opening
from bot.store.staff_tables import Handoff, User
from bot.store.tables import Conversation

logger = logging.getLogger(__name__)
NAMELESS = "顾问"
"""What a customer reads where an adviser has no display name: usernames are not theirs to know."""
OPEN, TAKEN, DONE = "open", "taken", "done"


@dataclass(frozen=True)
class Move:
    """A change of owner: what, by whom it may be made, when, and the content with its words and rules."""

    change: Change
    by: Party
    now: datetime
    content: Content


def give(
    session: Session, row: Conversation, move: Move, user: User, has_console: bool, note: str | None = None
) -> None:
    """The conversation is ``user``'s from now on, with a word to the customer. Raises ``Conflict``.

    ``note`` is what whoever passes it on tells them.
    """
    before = row.adviser if row.state == Owner.ADVISER.value else None
    pass_to(row, move.change, move.by, move.now)
    if before is not None:
        how = PassedOn.TRANSFERRED if move.change is Change.TRANSFER else PassedOn.TAKEN_AWAY
        _hand_on(session, row, how, move.now, note)
    _begin(session, row, user.username, move.now)
    row.adviser, row.handback = user.username, None
    row.lease_until = move.content.dealership.handoff.lease(move.now, has_console)
    row.grace_until = row.waiting_since = row.alerted_at = None
    user.idle_since = move.now
    template = "utter_adviser_changed" if before is not None else "utter_adviser_joined"
    tell_customer(session, row, move, template, {"name": user.name or NAMELESS})


def put_back(
    session: Session, row: Conversation, move: Move, note: str | None = None, skill: Skill | None = None
) -> None:
    """From an adviser into the queue, for somebody of ``skill``; the customer is told. Raises ``Conflict``."""
    how = PassedOn.LOST_LEASE if move.change is Change.LOSE else PassedOn.TRANSFERRED
    last = row.adviser
    pass_to(row, move.change, move.by, move.now)
    _hand_on(session, row, how, move.now, note, skill)
    _rest(session, row, last, move.now)
    row.waiting_since = move.now
    if how is PassedOn.TRANSFERRED:
        row.adviser = None  # who passed it on shall not get it back
        tell_customer(session, row, move, "utter_passed_to_colleague", {}, Author.BOT)


def end(
    session: Session, row: Conversation, move: Move, outcome: Outcome | PassedOn, note: str | None
) -> str | None:
    """To the bot, or closed; gives the id of the handoff that this ends. Raises ``Conflict``."""
    adviser = row.adviser if row.state == Owner.ADVISER.value else None
    pass_to(row, move.change, move.by, move.now)
    _rest(session, row, adviser, move.now)
    row.waiting_since = None
    return _finish(session, row.id, outcome, note, move.now)


def say_away(session: Session, row: Conversation, move: Move, place: int) -> None:
    """Tell the customer that the adviser has gone: their place in the queue, or when somebody is there."""
    hours, now = move.content.dealership.profile.consultants_online, move.now
    if is_online(hours, now):
        tell_customer(session, row, move, "utter_adviser_away", {"place": place}, Author.BOT)
    else:
        when = say_opening(next_online(hours, now), now.date())
        tell_customer(session, row, move, "utter_adviser_away_until", {"when": when}, Author.BOT)


def tell_customer(
    session: Session,
    row: Conversation,
    move: Move,
    template: str,
    values: Mapping[str, Any],
    author: Author = Author.SYSTEM,
) -> None:
    """A line from an approved template; without one the change happens all the same, and the log tells."""
    try:
        reply = reply_for(move.content, template, values, row.channel)
    except UnfitValue:
        logger.exception("%s cannot be said in conversation %s", template, row.id)
        return
    if reply is None:
        logger.error("no approved template %s for conversation %s", template, row.id)
        return
    said = Utterance(reply["text"], tuple(reply.get("buttons") or ()), {}, reply[SOURCE])
    append(session, row, author, said, move.now)


def note_line(
    session: Session, row: Conversation, text: str, now: datetime, username: str | None = None
) -> None:
    """A line for the staff alone: who took, passed on or ended it."""
    append(session, row, Author.SYSTEM, Utterance(text), now, internal=True, username=username)


def _begin(session: Session, row: Conversation, username: str, now: datetime) -> None:
    """Whoever asked is being served; where nobody asked, somebody stepped in."""
    waiting = _handoffs(session, row.id, OPEN)
    newest = waiting[-1] if waiting else add_handoff(session, row.id, HandoffReason.TAKEN, {}, now)
    for each in (*waiting, newest):
        each.status, each.adviser, each.taken_at, each.updated_at = TAKEN, username, now, now
        crm.handoff_taken(session, each, now)
    row.reason, row.skill = newest.reason, newest.skill


def _hand_on(
    session: Session,
    row: Conversation,
    how: PassedOn,
    now: datetime,
    note: str | None = None,
    skill: Skill | None = None,
) -> None:
    """End one adviser's part and begin the next with what is known."""
    parts = _handoffs(session, row.id, TAKEN)
    _finish(session, row.id, how, note, now)
    reason = HandoffReason(parts[-1].reason) if parts else HandoffReason.TAKEN
    known = dict(parts[-1].summary) if parts else {}
    before = {"adviser": row.adviser, "how": how.value, **({"note": note} if note else {})}
    wanted = skill.value if skill else row.skill
    summary = {**known, "before": before, **({"skill": wanted} if wanted else {})}
    added = add_handoff(session, row.id, reason, summary, now)
    row.reason, row.skill, row.alerted_at = added.reason, added.skill, None


def _finish(
    session: Session, conversation_id: str, outcome: Outcome | PassedOn, note: str | None, now: datetime
) -> str | None:
    ended = [*_handoffs(session, conversation_id, OPEN), *_handoffs(session, conversation_id, TAKEN)]
    for each in ended:
        each.status, each.outcome, each.note = DONE, outcome.value, note
        each.ended_at = each.updated_at = now
        crm.handoff_ended(session, each, now)
    return str(ended[-1].id) if ended else None


def _rest(session: Session, row: Conversation, adviser: str | None, now: datetime) -> None:
    """The adviser is free of this conversation."""
    row.lease_until = row.grace_until = None
    user = session.get(User, adviser, with_for_update=True) if adviser else None
    if user is not None:
        user.idle_since = now


def _handoffs(session: Session, conversation_id: str, status: str) -> list[Handoff]:
    """The oldest first."""
    session.flush()
    query = (
        sa.select(Handoff)
        .where(Handoff.conversation_id == conversation_id, Handoff.status == status)
        .order_by(Handoff.created_at, Handoff.id)
    )
    return list(session.scalars(query))
