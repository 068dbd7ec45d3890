"""What is answered in the platform's request itself: for free, within 5 seconds, one text for each message.

The platform takes the first answer to a message alone, whichever delivery of it that was. While a request waits (its
*slot*) the courier leaves the customer alone but for lines that no open request was to bring (``ledger.SLOT``), and it
takes what was answered for sent. What was answered is kept: a
redelivery of the same message, whose first answer was lost, gets the same to the letter.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.domain.wechat.pieces import Form, Piece, pieces, plain_pieces
from bot.domain.wechat.window import Limits
from bot.services.conversations import locked
from bot.services.wechat.pending import Pending, Row, contact_of, left_of, pending, skip
from bot.store.database import Database
from bot.store.wechat_tables import WeChatContact, WeChatPassive

TEXT, HELD, ACKNOWLEDGED = "text", "held", "acknowledged"
KEPT = timedelta(hours=1)
"""The platform redelivers within half a minute."""
GRACE = timedelta(seconds=1)
"""The courier waits so long after an answer, so that what it sends does not arrive before it."""


@dataclass(frozen=True)
class PassiveAnswer:
    """``kind``: ``TEXT``, or ``HELD`` where the caller says that the answer comes later (``text`` is empty then).

    ``again``: this message was answered so before; ``has_more``: more waits than fits into one answer.
    """

    kind: str
    text: str
    again: bool = False
    has_more: bool = False


def close_slot(database: Database, conversation_id: str, until: datetime) -> None:
    """The request that opened a slot until then waits no longer; one that waits longer keeps its own."""
    mine = (WeChatContact.conversation_id == conversation_id, WeChatContact.passive_until == until)
    change = sa.update(WeChatContact).where(*mine).values(passive_until=None)
    with database.transaction() as session:
        session.execute(change.execution_options(synchronize_session=False))


def take_passive(
    database: Database,
    limits: Limits,
    conversation_id: str,
    seq: int,
    now: datetime,
    may_send: bool,
    until: datetime | None = None,
    public_url: str = "",
) -> PassiveAnswer | None:
    """What to answer to the customer's message ``seq``: all that waits for them, held lines first; None where nothing
    does, or where the courier is to send it, because of choices or pictures. Closes the slot that ends ``until``.

    ``may_send``: ``contacts.may_send``; without it everything goes out in such answers, one at a time.
    """
    with database.transaction() as session:
        conversation = locked(session, conversation_id)
        contact = contact_of(session, conversation_id)
        if contact is None:
            return None
        _leave_slot(contact, until)
        earlier = session.get(WeChatPassive, (conversation_id, seq))
        if earlier is not None:  # another answer would not be looked at: the platform takes the first
            return _again(earlier)
        found = pending(session, contact, public_url)
        skip(contact, found.reached)
        piece = _answer(contact, found, limits, now, may_send)
        if piece is None:
            if may_send:
                _remember(session, conversation_id, seq, now, ACKNOWLEDGED)
            return None
        contact.sent_seq, contact.sent_parts = piece.seq, piece.parts
        contact.passive_until = max(contact.passive_until or now, now + GRACE)
        conversation.delivered_seq = max(conversation.delivered_seq, piece.seq)
        _remember(session, conversation_id, seq, now, TEXT, piece)
        return PassiveAnswer(TEXT, piece.text, has_more=found.lines[-1].seq > piece.seq)


def hold(database: Database, conversation_id: str, seq: int, now: datetime) -> PassiveAnswer:
    """The customer is told that the answer comes with their next message; it stays where it is."""
    with database.transaction() as session:
        locked(session, conversation_id)
        earlier = session.get(WeChatPassive, (conversation_id, seq))
        if earlier is None:
            _remember(session, conversation_id, seq, now, HELD)
        return PassiveAnswer(HELD, "", again=earlier is not None)


def acknowledge(
    database: Database, conversation_id: str, seq: int, now: datetime, until: datetime | None = None
) -> None:
    """The request is answered with ``success``: what comes goes out by the courier, to a redelivery too. Closes the
    slot that ends ``until``."""
    with database.transaction() as session:
        locked(session, conversation_id)
        contact = contact_of(session, conversation_id)
        if contact is not None:
            _leave_slot(contact, until)
        if session.get(WeChatPassive, (conversation_id, seq)) is None:
            _remember(session, conversation_id, seq, now, ACKNOWLEDGED)


def forget_old(database: Database, now: datetime) -> int:
    """Delete what no redelivery asks for any more; gives the number."""
    with database.transaction() as session:
        deleted = session.execute(sa.delete(WeChatPassive).where(WeChatPassive.at < now - KEPT))
        return int(deleted.rowcount)


def _answer(contact: Row, found: Pending, limits: Limits, now: datetime, may_send: bool) -> Piece | None:
    if contact.sender is not None and contact.sending_until > now:
        return None  # the courier has some of it in its hands
    if may_send and _is_for_courier(contact, found, limits, now):
        return None
    return next(iter(plain_pieces(found.lines, contact.sent_parts)), None)


def _is_for_courier(contact: Row, found: Pending, limits: Limits, now: datetime) -> bool:
    """Choices to click on and pictures are worth a message of the quota, where all of them can go out."""
    if not contact.is_following:
        return False
    whole = pieces(found.lines, contact.sent_parts)
    if all(piece.form is Form.TEXT for piece in whole):
        return False
    needed = len(pieces(found.lines, contact.sent_parts, fold=True))
    left, left_for_bot = left_of(contact, limits, now)
    return needed <= (left if any(piece.by_person for piece in whole) else left_for_bot)


def _leave_slot(contact: Row, until: datetime | None) -> None:
    if contact.passive_until == until:
        contact.passive_until = None


def _again(earlier: Row) -> PassiveAnswer | None:
    if earlier.kind == ACKNOWLEDGED:
        return None
    return PassiveAnswer(earlier.kind, earlier.text or "", again=True)


def _remember(
    session: Session, conversation_id: str, seq: int, now: datetime, kind: str, piece: Piece | None = None
) -> None:
    session.add(
        WeChatPassive(
            conversation_id=conversation_id,
            seq=seq,
            first=piece.first if piece else 0,
            last=piece.last if piece else 0,
            kind=kind,
            text=piece.text if piece else None,
            at=now,
        )
    )
