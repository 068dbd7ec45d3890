"""The tables of the WeChat channel. Times as in ``bot.store.tables``. Shared by all worker processes."""

from __future__ import annotations

import sqlalchemy as sa

from bot.store.tables import Base, Json, LocalTime


class WeChatContact(Base):
    """A customer of an account: what may be sent to them, and how far the transcript was.

    ``sent_seq``: the last line of the conversation that was sent, or need not be; ``sent_parts``: how many parts of
    the next one were. ``message_at`` to ``click_used``: ``bot.domain.wechat.window.Window``. ``sender``: whoever sends
    to them just now, until ``sending_until``. ``passive_until``: a request waits so long for a passive reply, and
    nobody else sends. ``blocked``: why lines wait ("quota", "permission", "unfollowed", "failed"), since
    ``blocked_at``; ``try_at``: when to try again after a failure. ``attempts`` count since the last success.
    ``scene``: the code that they scanned last: store, model, campaign.
    """

    __tablename__ = "wechat_contacts"
    account = sa.Column(sa.String(40), primary_key=True)
    openid = sa.Column(sa.String(64), primary_key=True)
    conversation_id = sa.Column(sa.String(32), nullable=False, unique=True)
    unionid = sa.Column(sa.String(64), index=True)
    is_following = sa.Column(sa.Boolean, nullable=False, default=True)
    message_at = sa.Column(LocalTime)
    message_used = sa.Column(sa.Integer, nullable=False, default=0)
    click_at = sa.Column(LocalTime)
    click_used = sa.Column(sa.Integer, nullable=False, default=0)
    sent_seq = sa.Column(sa.Integer, nullable=False, default=0)
    sent_parts = sa.Column(sa.Integer, nullable=False, default=0)
    sender = sa.Column(sa.String(32))
    sending_until = sa.Column(LocalTime)
    passive_until = sa.Column(LocalTime)
    blocked = sa.Column(sa.String(20), index=True)
    blocked_at = sa.Column(LocalTime)
    try_at = sa.Column(LocalTime)
    attempts = sa.Column(sa.Integer, nullable=False, default=0)
    scene = sa.Column(Json)
    created_at = sa.Column(LocalTime, nullable=False)
    updated_at = sa.Column(LocalTime, nullable=False)


class WeChatPassive(Base):
    """What was answered in a request itself: a redelivery of the message gets the same lines again.

    ``seq``: the customer's message; ``first`` to ``last``: the lines. ``kind``: "text", or "held" where the customer
    was only told that the answer comes with the next message. ``text``: what was said, to the letter.
    """

    __tablename__ = "wechat_passives"
    conversation_id = sa.Column(sa.String(32), primary_key=True)
    seq = sa.Column(sa.Integer, primary_key=True, autoincrement=False)
    first = sa.Column(sa.Integer, nullable=False)
    last = sa.Column(sa.Integer, nullable=False)
    kind = sa.Column(sa.String(20), nullable=False, default="text")
    text = sa.Column(sa.Text)
    at = sa.Column(LocalTime, nullable=False, index=True)


class WeChatToken(Base):
    """An account's access token; ``fetching_until``: a process fetches a new one and the others wait so long."""

    __tablename__ = "wechat_tokens"
    account = sa.Column(sa.String(40), primary_key=True)
    token = sa.Column(sa.String(600))
    expires_at = sa.Column(LocalTime)
    fetched_at = sa.Column(LocalTime)
    fetching_until = sa.Column(LocalTime)


class WeChatNonce(Base):
    """A request that was taken: the same nonce with another message is a replay (``reference/wechat.md``, point 4)."""

    __tablename__ = "wechat_nonces"
    account = sa.Column(sa.String(40), primary_key=True)
    nonce = sa.Column(sa.String(80), primary_key=True)
    message = sa.Column(sa.String(64), nullable=False)
    at = sa.Column(LocalTime, nullable=False, index=True)


class WeChatLink(Base):
    """A one-time code by which a WeChat customer proves who they are; only its SHA-256 is kept."""

    __tablename__ = "wechat_links"
    code_hash = sa.Column(sa.String(64), primary_key=True)
    customer_id = sa.Column(sa.String(32), nullable=False, index=True)
    expires_at = sa.Column(LocalTime, nullable=False)
    used_at = sa.Column(LocalTime)


class WeChatTemplate(Base):
    """A template message that was sent, with what the platform reported of it (TEMPLATESENDJOBFINISH)."""

    __tablename__ = "wechat_templates"
    account = sa.Column(sa.String(40), primary_key=True)
    msgid = sa.Column(sa.String(40), primary_key=True)
    openid = sa.Column(sa.String(64), nullable=False)
    outbox_id = sa.Column(sa.Integer, index=True)
    status = sa.Column(sa.String(60))
    sent_at = sa.Column(LocalTime, nullable=False)
    reported_at = sa.Column(LocalTime)
