"""How far each side has received and seen a conversation. The numbers only grow."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from bot.store.database import Database
from bot.store.tables import Conversation


def customer_saw(database: Database, conversation_id: str, delivered: int, read: int) -> bool:
    """The customer's side has everything up to ``delivered`` and showed it up to ``read``; True when that is news."""
    return _grow(database, conversation_id, delivered_seq=max(delivered, read), read_seq=read)


def staff_saw(database: Database, conversation_id: str, seq: int) -> bool:
    """A person has looked at everything up to ``seq``; True when that is news."""
    return _grow(database, conversation_id, staff_read_seq=seq)


def _grow(database: Database, conversation_id: str, **numbers: int) -> bool:
    """Nothing beyond the last message counts: a client may claim what it likes."""
    columns = {name: getattr(Conversation, name) for name in numbers}
    less = [column < _most(seq) for column, seq in zip(columns.values(), numbers.values(), strict=True)]
    known = sa.select(Conversation.id).where(Conversation.id == conversation_id, sa.or_(*less))
    with database.reading() as session:
        if session.scalar(known) is None:  # most of the time: no need for a lock
            return False
    values = {
        name: sa.case((column < _most(numbers[name]), _most(numbers[name])), else_=column)
        for name, column in columns.items()
    }
    with database.transaction() as session:
        changed: Any = session.execute(
            sa.update(Conversation)
            .where(Conversation.id == conversation_id, sa.or_(*less))
            .values(**values)
            .execution_options(synchronize_session=False)
        )
        return bool(changed.rowcount)


def _most(seq: int) -> Any:
    return sa.case((Conversation.last_seq < seq, Conversation.last_seq), else_=seq)
