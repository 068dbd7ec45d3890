"""Which requests of the platform were taken: a recorded request with another message in it is a replay.

A signature covers timestamp and nonce alone, so whoever has seen one request could sign any message with it. The
platform's own redeliveries bring the same message and pass (``reference/wechat.md``, point 4).
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

import sqlalchemy as sa

from bot.store.database import Database
from bot.store.wechat_tables import WeChatNonce

KEPT = timedelta(minutes=25)
"""A request counts from 10 minutes before to 10 minutes after its timestamp (``bot.channels.wechat.requests``)."""


def is_first_or_same(database: Database, account: str, nonce: str, message: str, now: datetime) -> bool:
    """Note that the request ``nonce`` brought this message; False where it brought another one before."""
    digest = hashlib.sha256(message.encode()).hexdigest()
    row = WeChatNonce(account=account, nonce=nonce, message=digest, at=now)
    with database.transaction() as session:
        try:
            with session.begin_nested():
                session.add(row)
            return True
        except sa.exc.IntegrityError:  # it came before, perhaps this very moment
            known = sa.select(WeChatNonce.message).where(
                WeChatNonce.account == account, WeChatNonce.nonce == nonce
            )
            return session.scalar(known) == digest


def forget_old(database: Database, now: datetime) -> int:
    """Delete what is refused for its timestamp alone; gives the number."""
    is_old = WeChatNonce.at < now - KEPT
    with database.reading() as session:
        if session.scalars(sa.select(WeChatNonce.nonce).where(is_old).limit(1)).first() is None:
            return 0
    with database.transaction() as session:
        delete = sa.delete(WeChatNonce).where(is_old).execution_options(synchronize_session=False)
        return int(session.execute(delete).rowcount)
