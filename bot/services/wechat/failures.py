"""What becomes of a message that the platform did not take: nothing is dropped without a person reading of it."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.domain.wechat.faults import BUSY, TOO_OFTEN_A_DAY, TOO_OFTEN_A_MINUTE, Fault
from bot.domain.wechat.faults import QUOTA as QUOTA_CODES
from bot.domain.wechat.window import Limits
from bot.services.conversations import locked
from bot.services.handing_over import note_line
from bot.services.wechat.contacts import (
    FAILED,
    PERMISSION,
    QUOTA,
    UNFOLLOWED,
    block,
    quota_words,
    wait_for_customer,
)
from bot.services.wechat.ledger import Claimed, mark, mine
from bot.services.wechat.pending import NO_TEMPLATE, Row, contact_of, pending, set_window, window_of
from bot.store.database import Database
from bot.store.wechat_tables import WeChatContact

logger = logging.getLogger(__name__)
TROUBLE_AFTER = 5
"""So many failures in a row are told to the staff."""
LONG = timedelta(minutes=1)
"""A pause that is longer is told at once."""
LIMITED = frozenset({BUSY, TOO_OFTEN_A_MINUTE, TOO_OFTEN_A_DAY})


def failed(
    database: Database,
    limits: Limits,
    claimed: Claimed,
    fault: Fault,
    code: int,
    wait: timedelta,
    now: datetime,
    uncertain: bool = False,
) -> bool:
    """It did not go out, or perhaps did (``uncertain``: then it is sent again). True when the staff were told.

    ``wait``: when it may be tried again, where that may help.
    """
    with database.transaction() as session:
        found = mine(session, claimed)
        if found is None:
            return False
        conversation, contact = found
        if not uncertain:
            _refund(contact, claimed)
        contact.attempts += 1
        contact.try_at = now + wait
        if claimed.template is not None and fault in (Fault.PAYLOAD, Fault.NO_PERMISSION, Fault.NEVER):
            mark(session, claimed, NO_TEMPLATE)
            contact.try_at = None
            logger.error("template message refused (%d) in conversation %s", code, claimed.conversation_id)
            return False
        return _settle(session, conversation, contact, claimed, fault, code, limits, now)


def refused(database: Database, account: str, openid: str, code: int, now: datetime) -> bool:
    """The platform did not even show a customer that somebody types, for want of permission: so it is with messages.
    True when the staff were told."""
    query = sa.select(WeChatContact.conversation_id).where(
        WeChatContact.account == account, WeChatContact.openid == openid
    )
    with database.transaction() as session:
        conversation_id = session.scalar(query)
        if conversation_id is None:
            return False
        conversation = locked(session, conversation_id)
        contact = contact_of(session, conversation_id)
        if contact is None or contact.blocked == UNFOLLOWED:
            return False
        return _may_not_send(session, conversation, contact, code, "答复", now)


def _settle(
    session: Session,
    conversation: Row,
    contact: Row,
    claimed: Claimed,
    fault: Fault,
    code: int,
    limits: Limits,
    now: datetime,
) -> bool:
    number = len(pending(session, contact).lines)
    if fault is Fault.NEVER and code in QUOTA_CODES:
        if not _is_still_granted(contact, claimed):
            contact.attempts, contact.try_at = 0, None  # the customer has written meanwhile
            return False
        set_window(contact, window_of(contact).exhausted(limits))
        return wait_for_customer(session, conversation, contact, QUOTA, quota_words(number, 0), now)
    if fault is Fault.NEVER:
        contact.is_following, contact.blocked_at = False, now
        words = f"客户已取消关注（微信错误 {code}）：{number} 条消息没有送达"
        return block(session, conversation, contact, UNFOLLOWED, words, now)
    if fault is Fault.NO_PERMISSION:
        return _may_not_send(session, conversation, contact, code, f"{number} 条消息", now)
    if fault is Fault.PAYLOAD:
        return _give_up(session, conversation, contact, claimed, code, now)
    if code in LIMITED and contact.try_at - now > LONG:
        words = f"微信接口暂时限流，{number} 条消息稍后自动重发"
        return block(session, conversation, contact, FAILED, words, now)
    if contact.attempts >= TROUBLE_AFTER:
        words = f"微信接口没有响应（错误 {code}）：{number} 条消息会继续重试"
        return block(session, conversation, contact, FAILED, words, now)
    return False


def _may_not_send(
    session: Session, conversation: Row, contact: Row, code: int, what: str, now: datetime
) -> bool:
    """From now on nobody relies on the account (``contacts.may_send``)."""
    logger.error("account %s may not send: WeChat says %d", contact.account, code)
    words = f"公众号不能主动发送（微信错误 {code}）：{what}等客户再次发言后送出"
    told = wait_for_customer(session, conversation, contact, PERMISSION, words, now)
    contact.blocked_at = now
    return told


def _give_up(
    session: Session, conversation: Row, contact: Row, claimed: Claimed, code: int, now: datetime
) -> bool:
    """The platform will never take it, and what follows must not wait for it: a person reads of it."""
    logger.error("WeChat refuses a message (%d) of conversation %s", code, conversation.id)
    contact.sent_seq, contact.sent_parts = claimed.piece.seq, claimed.piece.parts
    contact.attempts, contact.try_at = 0, None
    start = claimed.piece.text[:20] or claimed.piece.link.partition("\n")[0]
    note_line(session, conversation, f"微信拒收了这条消息（错误 {code}），没有送达：{start}…", now)
    return True


def _refund(contact: Row, claimed: Claimed) -> None:
    """What did not go out costs nothing, unless the customer has got a new quota meanwhile."""
    if claimed.spent is None:
        return
    used = claimed.spent[0]
    if _is_still_granted(contact, claimed) and getattr(contact, used) > 0:
        setattr(contact, used, getattr(contact, used) - 1)


def _is_still_granted(contact: Row, claimed: Claimed) -> bool:
    """Whether the quota that the message was paid from is still the customer's last one."""
    if claimed.spent is None:
        return True
    used, granted_at = claimed.spent
    return bool(getattr(contact, used.replace("_used", "_at")) == granted_at)
