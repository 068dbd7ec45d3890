"""The tables of the staff and of their work. Times as in ``bot.store.tables``."""

from __future__ import annotations

import sqlalchemy as sa

from bot.store.tables import Base, Json, LocalTime, new_token

_IS_OPEN = sa.text("status IN ('new', 'contacted')")


class Case(Base):
    """A rescue, complaint or call-back that a person has to finish. ``due_at`` is what was promised.

    ``adviser``: the username of who looks after it; ``closed_at``, ``outcome`` and ``note`` say when and how it ended;
    ``alerted_at``: when staff were told that it is overdue; ``answered_at``: when a person first answered;
    ``escalation``: how often it was passed up (0 to 2).
    """

    __tablename__ = "cases"
    id = sa.Column(sa.String(32), primary_key=True)
    kind = sa.Column(sa.String(20), nullable=False, index=True)
    status = sa.Column(sa.String(20), nullable=False, default="open")
    conversation_id = sa.Column(sa.String(32), nullable=False, index=True)
    phone = sa.Column(sa.String(20))
    details = sa.Column(Json, nullable=False)
    due_at = sa.Column(LocalTime)
    adviser = sa.Column(sa.String(80))
    note = sa.Column(sa.String(500))
    closed_at = sa.Column(LocalTime)
    alerted_at = sa.Column(LocalTime)
    outcome = sa.Column(sa.String(40))
    answered_at = sa.Column(LocalTime)
    escalation = sa.Column(sa.Integer, nullable=False, default=0, server_default="0")
    created_at = sa.Column(LocalTime, nullable=False)
    updated_at = sa.Column(LocalTime, nullable=False)


class Handoff(Base):
    """A conversation that asked for a person: why, and what the adviser should know.

    ``status``: open (waits), taken, done, or withdrawn (the customer did without). ``outcome`` and ``note`` are
    what the adviser who ended it said.
    """

    __tablename__ = "handoffs"
    id = sa.Column(sa.String(32), primary_key=True)
    conversation_id = sa.Column(sa.String(32), nullable=False, index=True)
    reason = sa.Column(sa.String(40), nullable=False)
    summary = sa.Column(Json, nullable=False)
    status = sa.Column(sa.String(20), nullable=False, default="open", index=True)
    skill = sa.Column(sa.String(20))
    adviser = sa.Column(sa.String(80))
    taken_at = sa.Column(LocalTime)
    ended_at = sa.Column(LocalTime, index=True)
    outcome = sa.Column(sa.String(40))
    note = sa.Column(sa.String(500))
    created_at = sa.Column(LocalTime, nullable=False)
    updated_at = sa.Column(LocalTime, nullable=False)
    __table_args__ = (sa.Index("ix_handoffs_taken", "skill", "taken_at"),)


class User(Base):
    """A member of the staff.

    ``role`` is a ``bot.domain.staff.Role``, ``skills`` are ``bot.domain.staff.Skill``; ``resource`` is the adviser or
    technician of the dealership that this person is. ``stores`` are those whose work they see first, none for all.
    ``conversation_limit``: how many conversations are given to them at a time; the dealership's where it is null.
    ``presence`` is what they chose; they are there while ``seen_until`` is to come. ``idle_since``: when they last
    got or ended a conversation. ``must_change_password``: somebody else set it. A user is switched off (``is_active``)
    and never deleted: the audit log names them.
    """

    __tablename__ = "users"
    username = sa.Column(sa.String(80), primary_key=True)
    password_hash = sa.Column(sa.String(200), nullable=False)
    role = sa.Column(sa.String(40), nullable=False)
    name = sa.Column(sa.String(80))
    email = sa.Column(sa.String(255))
    resource = sa.Column(sa.String(60))
    stores = sa.Column(Json, nullable=False, default=list)
    skills = sa.Column(Json, nullable=False, default=list)
    conversation_limit = sa.Column(sa.Integer)
    is_active = sa.Column(sa.Boolean, nullable=False, default=True)
    must_change_password = sa.Column(sa.Boolean, nullable=False, default=False, server_default=sa.false())
    presence = sa.Column(sa.String(20), nullable=False, default="offline")
    seen_until = sa.Column(LocalTime)
    idle_since = sa.Column(LocalTime)
    created_at = sa.Column(LocalTime, nullable=False)


class AccessToken(Base):
    """A staff session; only the token's SHA-256 is kept. ``kind``: token (API) or session (the console's cookie)."""

    __tablename__ = "access_tokens"
    token_hash = sa.Column(sa.String(64), primary_key=True)
    username = sa.Column(sa.ForeignKey("users.username"), nullable=False, index=True)
    kind = sa.Column(sa.String(20), nullable=False, default="token")
    expires_at = sa.Column(LocalTime, nullable=False)


class AuditEntry(Base):
    """Who read or changed what, and when. Never changed, never deleted by the program.

    ``action`` as "customer.revealed"; ``subject`` is the id of what it was done to; ``details`` hold no telephone
    number and no password; ``address`` is where the request came from.
    """

    __tablename__ = "audit_log"
    id = sa.Column(sa.Integer, primary_key=True)
    at = sa.Column(LocalTime, nullable=False, index=True)
    username = sa.Column(sa.String(80), nullable=False, index=True)
    action = sa.Column(sa.String(60), nullable=False, index=True)
    subject = sa.Column(sa.String(120))
    conversation_id = sa.Column(sa.String(32), index=True)
    details = sa.Column(Json, nullable=False)
    address = sa.Column(sa.String(45))


class Lead(Base):
    """Somebody who may buy: how to reach them, what they look for and where that came from.

    ``status``: new, contacted, won or lost; a number has one that is new or contacted. ``kind``: a
    ``bot.services.leads.LeadKind``.
    """

    __tablename__ = "leads"
    id = sa.Column(sa.String(32), primary_key=True)
    kind = sa.Column(sa.String(20), nullable=False)
    status = sa.Column(sa.String(20), nullable=False, index=True)
    phone = sa.Column(sa.String(20), nullable=False, index=True)
    name = sa.Column(sa.String(80))
    model = sa.Column(sa.String(40))
    note = sa.Column(sa.String(500))
    channel = sa.Column(sa.String(40))
    page = sa.Column(sa.String(500))
    conversation_id = sa.Column(sa.String(32), index=True)
    appointment_id = sa.Column(sa.String(32))
    adviser = sa.Column(sa.String(80))
    created_at = sa.Column(LocalTime, nullable=False)
    updated_at = sa.Column(LocalTime, nullable=False)
    __table_args__ = (
        sa.Index(
            "uq_leads_open_phone", "phone", unique=True, sqlite_where=_IS_OPEN, postgresql_where=_IS_OPEN
        ),
    )


class Score(Base):
    """What a customer says of a handoff or a visit: 1 (bad) to 5 (very good) and a word; null until given.

    ``occasion``: handoff or visit; ``subject``: the id of it; ``username``: the adviser it is about.
    """

    __tablename__ = "scores"
    id = sa.Column(sa.Integer, primary_key=True)
    occasion = sa.Column(sa.String(20), nullable=False)
    subject = sa.Column(sa.String(32), nullable=False)
    conversation_id = sa.Column(sa.String(32), nullable=False, index=True)
    username = sa.Column(sa.String(80), index=True)
    score = sa.Column(sa.Integer)
    comment = sa.Column(sa.String(500))
    asked_at = sa.Column(LocalTime, nullable=False)
    scored_at = sa.Column(LocalTime)
    __table_args__ = (sa.UniqueConstraint("occasion", "subject"),)


class Upload(Base):
    """A file that was sent in a conversation; it lies in ``ZHANTING_HOME/uploads`` under its ``token``."""

    __tablename__ = "uploads"
    token = sa.Column(sa.String(43), primary_key=True, default=new_token)
    conversation_id = sa.Column(sa.String(32), index=True)
    name = sa.Column(sa.String(200), nullable=False)
    content_type = sa.Column(sa.String(80), nullable=False)
    size = sa.Column(sa.Integer, nullable=False)
    username = sa.Column(sa.String(80))
    created_at = sa.Column(LocalTime, nullable=False)


class Delivery(Base):
    """One attempt to hand a message of the outbox over: when, how it ended, how many milliseconds it took."""

    __tablename__ = "deliveries"
    id = sa.Column(sa.Integer, primary_key=True)
    outbox_id = sa.Column(sa.ForeignKey("outbox.id", ondelete="CASCADE"), nullable=False, index=True)
    at = sa.Column(LocalTime, nullable=False)
    delivered = sa.Column(sa.Boolean, nullable=False)
    problem = sa.Column(sa.String(300))
    milliseconds = sa.Column(sa.Integer)
