"""What of a conversation a WeChat customer has still to get, and what may be sent to them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.domain.conversation import Author
from bot.domain.wechat.pieces import Line
from bot.domain.wechat.window import Limits, Window
from bot.services.uploads import ENDINGS
from bot.store.tables import Conversation, Message
from bot.store.wechat_tables import WeChatContact

AT_ONCE = 50
"""So many lines are looked at for the next message."""
SENT_AS = "sent_as"
"""In ``custom`` of a line that went another way (``template``), or cannot go that way (``no_template``)."""
TEMPLATE, NO_TEMPLATE = "template", "no_template"
PICTURES = tuple(kind for kind in ENDINGS if kind in ("image/jpeg", "image/png", "image/gif"))
"""What the platform takes as a picture; anything else goes as a link."""
Row = Any


@dataclass(frozen=True)
class Pending:
    """The lines that wait, in order. ``reached``: there is nothing else to send up to here."""

    lines: tuple[Line, ...]
    reached: int
    rows: tuple[Row, ...] = ()


def pending(session: Session, contact: Row, public_url: str = "") -> Pending:
    """What waits for a customer. Their own lines and those for staff alone need no sending."""
    query = (
        sa.select(Message)
        .where(Message.conversation_id == contact.conversation_id, Message.seq > contact.sent_seq)
        .where(Message.internal.is_(False), Message.author != Author.CUSTOMER.value)
        .order_by(Message.seq)
        .limit(AT_ONCE)
    )
    found = list(session.scalars(query))
    rows = [row for row in found if (row.custom or {}).get(SENT_AS) != TEMPLATE]
    if rows:
        return Pending(tuple(_line(row, public_url) for row in rows), rows[0].seq - 1, tuple(rows))
    if len(found) == AT_ONCE:
        return Pending((), found[-1].seq)
    last = sa.select(Conversation.last_seq).where(Conversation.id == contact.conversation_id)
    return Pending((), int(session.scalar(last) or 0))


def skip(contact: Row, reached: int) -> None:
    """Nothing up to ``reached`` has to be sent."""
    if reached > contact.sent_seq:
        contact.sent_seq, contact.sent_parts = reached, 0


def contact_of(session: Session, conversation_id: str) -> Row | None:
    """The customer of a conversation, locked for the transaction. Lock the conversation itself before."""
    query = sa.select(WeChatContact).where(WeChatContact.conversation_id == conversation_id)
    locked = query.with_for_update().execution_options(populate_existing=True)
    return session.scalars(locked).first()


def window_of(contact: Row) -> Window:
    return Window(contact.message_at, contact.message_used, contact.click_at, contact.click_used)


def set_window(contact: Row, window: Window) -> None:
    contact.message_at, contact.message_used = window.message_at, window.message_used
    contact.click_at, contact.click_used = window.click_at, window.click_used


def left_of(contact: Row, limits: Limits, now: datetime) -> tuple[int, int]:
    """How many messages may still be sent to a customer: by a person, and by the bot."""
    window = window_of(contact)
    return window.left(now, limits), window.left_for_bot(now, limits)


def _line(row: Row, public_url: str) -> Line:
    """A file that is no picture goes as a link within the text."""
    attachment = (row.custom or {}).get("attachment") or {}
    link = f"{attachment['name']}\n{public_url}{attachment['url']}" if attachment else ""
    is_picture = attachment.get("type") in PICTURES
    text = row.text if is_picture else "\n".join(part for part in (row.text, link) if part)
    choices = tuple(button["title"] for button in row.buttons or ())
    file = attachment["url"] if is_picture else None
    return Line(row.seq, Author(row.author), text, choices, file, link)
