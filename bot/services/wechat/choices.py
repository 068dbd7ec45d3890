"""What stands behind a choice of a ``msgmenu``: a button of a line that the bot said to this customer."""

from __future__ import annotations

import sqlalchemy as sa

from bot.domain.conversation import Author
from bot.services.wechat.contacts import CHANNEL
from bot.store.database import Database
from bot.store.tables import Conversation, Message


def payload_at(database: Database, sender: str, seq: int, number: int) -> str | None:
    """The payload of the button ``number`` (from 1) of the line ``seq``; None where the bot offered no such thing."""
    query = (
        sa.select(Message.buttons)
        .join(Conversation, Conversation.id == Message.conversation_id)
        .where(Conversation.channel == CHANNEL, Conversation.sender == sender)
        .where(Message.seq == seq, Message.author == Author.BOT.value)
    )
    with database.reading() as session:
        buttons = session.scalar(query) or ()
    return str(buttons[number - 1]["payload"]) if 1 <= number <= len(buttons) else None
