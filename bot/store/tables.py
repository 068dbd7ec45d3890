"""The tables. Times are stored as UTC without zone by ``LocalTime`` and come back aware in the dealer's zone."""

from __future__ import annotations

import secrets
from datetime import datetime, timezone
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import declarative_base

from bot.clock import TIME_ZONE

Base: Any = declarative_base()
Json = sa.JSON
ONE_OWNER = (
    "(CASE WHEN appointment_id IS NULL THEN 0 ELSE 1 END + CASE WHEN hold_id IS NULL THEN 0 ELSE 1 END"
    " + CASE WHEN outage_id IS NULL THEN 0 ELSE 1 END) = 1"
)


def new_token() -> str:
    """256 random bits for an address that nobody can guess."""
    return secrets.token_urlsafe(32)


class LocalTime(sa.TypeDecorator):
    """An aware datetime: UTC in the database (SQLite knows no zones), the dealer's zone in Python."""

    impl = sa.DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: object) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("naive datetime: every time in the database has a zone")
        return value.astimezone(timezone.utc).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: object) -> datetime | None:
        return None if value is None else value.replace(tzinfo=timezone.utc).astimezone(TIME_ZONE)


class ContentEntry(Base):
    """One piece of content: an FAQ entry, reply template, store, model, job, resource, lifecycle schedule …

    ``data`` and ``version`` are what is live unless an approved version with a validity of its own is in force
    (``ContentVersion``); ``status`` is ``draft`` until a version was approved. ``file_data`` is what the file said
    last; ``edited_by`` is set once somebody changed the entry here (DESIGN.md, *File or console, who wins*).
    """

    __tablename__ = "content_entries"
    kind = sa.Column(sa.String(40), primary_key=True)
    id = sa.Column(sa.String(120), primary_key=True)
    position = sa.Column(sa.Integer, nullable=False, default=0)
    data = sa.Column(Json, nullable=False)
    file = sa.Column(sa.String(200))
    file_data = sa.Column(Json)
    status = sa.Column(sa.String(20), nullable=False, default="approved")
    version = sa.Column(sa.Integer, nullable=False, default=1)
    edited_by = sa.Column(sa.String(80))
    updated_at = sa.Column(LocalTime, nullable=False)


class ContentVersion(Base):
    """One version of an entry, kept for ever: a draft, an approved one, or the mark that the entry was retired.

    An approved version with ``valid_from`` or ``valid_until`` counts between these moments only. A draft or such a
    version that was withdrawn or replaced has the status ``retired`` too.
    """

    __tablename__ = "content_versions"
    kind = sa.Column(sa.String(40), primary_key=True)
    id = sa.Column(sa.String(120), primary_key=True)
    version = sa.Column(sa.Integer, primary_key=True, autoincrement=False)
    data = sa.Column(Json, nullable=False)
    status = sa.Column(sa.String(20), nullable=False, index=True)
    author = sa.Column(sa.String(80), nullable=False)
    approved_by = sa.Column(sa.String(80))
    note = sa.Column(sa.String(200))
    created_at = sa.Column(LocalTime, nullable=False)
    approved_at = sa.Column(LocalTime)
    valid_from = sa.Column(LocalTime)
    valid_until = sa.Column(LocalTime)
    __table_args__ = (
        sa.ForeignKeyConstraint(["kind", "id"], ["content_entries.kind", "content_entries.id"]),
    )


class ContentRevision(Base):
    """One row whose number grows with every change of content: snapshots compare it."""

    __tablename__ = "content_revision"
    id = sa.Column(sa.Integer, primary_key=True)
    number = sa.Column(sa.Integer, nullable=False)


class Conversation(Base):
    """A conversation with its owner and epoch. ``sender`` is the channel's user, unique per channel.

    ``state`` is a ``bot.domain.conversation.Owner``; ``adviser`` the username of the person who owns it, or owned it
    last. ``skill`` and ``reason`` say what for it came to a person, ``waiting_since`` since when it waits in the queue,
    ``alerted_at`` when staff were told that it waits too long. A person owns it until ``lease_until``; once that has
    passed, ``grace_until`` runs, then it goes back to the queue. ``delivered_seq`` and ``read_seq``: how far the
    customer's side has received and seen it; ``staff_read_seq``: how far a person has. ``page``: the address from which
    the customer wrote. ``handback``: what the bot has to know of what a person settled; null once it does.
    ``is_elsewhere``: people outside of our console answer it (the platform's own customer service): it is in the queue
    without a place there.
    """

    __tablename__ = "conversations"
    id = sa.Column(sa.String(32), primary_key=True)
    channel = sa.Column(sa.String(40), nullable=False)
    sender = sa.Column(sa.String(255), nullable=False)
    state = sa.Column(sa.String(20), nullable=False, default="bot", index=True)
    epoch = sa.Column(sa.Integer, nullable=False, default=0)
    last_seq = sa.Column(sa.Integer, nullable=False, default=0)
    adviser = sa.Column(sa.String(80), index=True)
    skill = sa.Column(sa.String(20))
    reason = sa.Column(sa.String(40))
    waiting_since = sa.Column(LocalTime)
    alerted_at = sa.Column(LocalTime)
    lease_until = sa.Column(LocalTime)
    grace_until = sa.Column(LocalTime)
    delivered_seq = sa.Column(sa.Integer, nullable=False, default=0)
    read_seq = sa.Column(sa.Integer, nullable=False, default=0)
    staff_read_seq = sa.Column(sa.Integer, nullable=False, default=0)
    customer_id = sa.Column(sa.String(32), index=True)
    page = sa.Column(sa.String(500))
    handback = sa.Column(Json)
    is_elsewhere = sa.Column(sa.Boolean, nullable=False, default=False)
    created_at = sa.Column(LocalTime, nullable=False)
    updated_at = sa.Column(LocalTime, nullable=False, index=True)
    __table_args__ = (sa.UniqueConstraint("channel", "sender"),)


class Message(Base):
    """One line of a transcript. ``reply_to`` is the sequence number of the customer's message it answers.

    ``username``: the member of the staff who wrote it. ``internal`` lines (notes, who took over) are for staff alone.
    ``understanding``: what the bot understood of a customer's message.
    """

    __tablename__ = "messages"
    conversation_id = sa.Column(sa.ForeignKey("conversations.id"), primary_key=True)
    seq = sa.Column(sa.Integer, primary_key=True)
    author = sa.Column(sa.String(20), nullable=False)
    client_id = sa.Column(sa.String(120))
    text = sa.Column(sa.Text, nullable=False)
    payload = sa.Column(sa.Text)
    buttons = sa.Column(Json)
    custom = sa.Column(Json)
    templates = sa.Column(Json)
    reply_to = sa.Column(sa.Integer)
    answered = sa.Column(sa.Boolean, nullable=False, default=True)
    username = sa.Column(sa.String(80))
    internal = sa.Column(sa.Boolean, nullable=False, default=False)
    understanding = sa.Column(Json)
    created_at = sa.Column(LocalTime, nullable=False)
    __table_args__ = (
        sa.UniqueConstraint("conversation_id", "client_id"),
        sa.Index(
            "ix_messages_unanswered",
            "conversation_id",
            postgresql_where=answered.is_(False),
            sqlite_where=answered.is_(False),
        ),
    )


class DialogueState(Base):
    """Rasa's tracker of one sender: the events of its bounded window as JSON. ``mark`` is new at every write."""

    __tablename__ = "dialogue_states"
    sender_id = sa.Column(sa.String(255), primary_key=True)
    state = sa.Column(Json, nullable=False)
    mark = sa.Column(sa.String(32))
    updated_at = sa.Column(LocalTime, nullable=False)


class Appointment(Base):
    """A test drive or a service visit.

    ``end`` is when the customer is done; claims may run on for preparation. ``items`` are the ids of the
    jobs, ``resources`` the ids of what is claimed. ``request_key`` is "conversation/key" of the request that
    made it: the same request again finds the row that it made.

    ``sequence`` grows with every move and with the cancellation (SEQUENCE of RFC 5545). ``calendar_token`` is the
    secret part of the calendar file's address. ``promised_at``: when the customer last said to come (回复1确认).
    ``adviser``: the id of whoever was wished for, whether the visit has them or not. ``needs_approval``: an adviser
    has to confirm it (repeated no-shows). ``needs_new_time``: a resource dropped out, nothing is claimed until the
    customer or an adviser moves it.
    """

    __tablename__ = "appointments"
    id = sa.Column(sa.String(32), primary_key=True)
    kind = sa.Column(sa.String(20), nullable=False)
    status = sa.Column(sa.String(20), nullable=False, default="confirmed")
    code = sa.Column(sa.String(12), nullable=False, unique=True)
    store = sa.Column(sa.String(40), nullable=False)
    model = sa.Column(sa.String(40))
    items = sa.Column(Json, nullable=False)
    start = sa.Column(LocalTime, nullable=False, index=True)
    end = sa.Column(LocalTime, nullable=False)
    name = sa.Column(sa.String(80), nullable=False)
    phone = sa.Column(sa.String(20), nullable=False, index=True)
    plate = sa.Column(sa.String(20))
    mileage = sa.Column(sa.Integer)
    resources = sa.Column(Json, nullable=False)
    conversation_id = sa.Column(sa.String(32), index=True)
    request_key = sa.Column(sa.String(200), unique=True)
    sequence = sa.Column(sa.Integer, nullable=False, default=0)
    calendar_token = sa.Column(sa.String(43), nullable=False, unique=True, default=new_token)
    promised_at = sa.Column(LocalTime)
    needs_approval = sa.Column(sa.Boolean, nullable=False, default=False)
    needs_new_time = sa.Column(sa.Boolean, nullable=False, default=False)
    adviser = sa.Column(sa.String(60))
    created_at = sa.Column(LocalTime, nullable=False)
    updated_at = sa.Column(LocalTime, nullable=False)


class Hold(Base):
    """A chosen slot that one owner keeps until ``expires_at``: a conversation while the customer gives the details, or
    an entry of the waitlist to which it is offered. ``owner`` is the id of either.

    ``details`` says what is held: kind, store, model, jobs, start and end (ISO), ids of the resources.
    """

    __tablename__ = "holds"
    id = sa.Column(sa.String(32), primary_key=True)
    owner = sa.Column(sa.String(32), nullable=False, unique=True)
    details = sa.Column(Json, nullable=False)
    expires_at = sa.Column(LocalTime, nullable=False, index=True)


class Outage(Base):
    """A resource that cannot be used from ``start`` to ``end``. It claims the ticks as a visit does.

    ``ended_at``: when it was lifted before its end.
    """

    __tablename__ = "outages"
    id = sa.Column(sa.String(32), primary_key=True)
    resource = sa.Column(sa.String(60), nullable=False, index=True)
    start = sa.Column(LocalTime, nullable=False)
    end = sa.Column(LocalTime, nullable=False)
    reason = sa.Column(sa.String(200), nullable=False)
    created_by = sa.Column(sa.String(80), nullable=False)
    created_at = sa.Column(LocalTime, nullable=False)
    ended_at = sa.Column(LocalTime)


class Claim(Base):
    """One resource for one tick, owned by an appointment, a hold or an outage.

    The primary key is what makes a double booking impossible. ``tick`` counts quarters of an hour since the
    epoch (``bot.domain.booking``).
    """

    __tablename__ = "claims"
    resource = sa.Column(sa.String(60), primary_key=True)
    tick = sa.Column(sa.Integer, primary_key=True, autoincrement=False)
    appointment_id = sa.Column(sa.ForeignKey("appointments.id", ondelete="CASCADE"), index=True)
    hold_id = sa.Column(sa.ForeignKey("holds.id", ondelete="CASCADE"), index=True)
    outage_id = sa.Column(sa.ForeignKey("outages.id", ondelete="CASCADE"), index=True)
    __table_args__ = (sa.CheckConstraint(ONE_OWNER, name="claims_one_owner"),)


class WaitlistEntry(Base):
    """A customer who waits for a time: what is wanted (``kind`` … ``jobs``), from and until when, and on which days.

    ``weekdays`` are 1 (Monday) to 7, empty for any; ``from_hour`` and ``until_hour`` are minutes of the local day
    between which the visit starts. An offer is the slot held (``Hold.owner`` is the id of the entry) until
    ``reply_by``; ``declined`` are the slots (store, ISO start, why) not to be offered again.
    """

    __tablename__ = "waitlist"
    id = sa.Column(sa.String(32), primary_key=True)
    state = sa.Column(sa.String(20), nullable=False, index=True)
    kind = sa.Column(sa.String(20), nullable=False)
    store = sa.Column(sa.String(40))
    model = sa.Column(sa.String(40))
    jobs = sa.Column(Json, nullable=False)
    from_ = sa.Column("from", LocalTime, nullable=False)
    until = sa.Column(LocalTime, nullable=False)
    weekdays = sa.Column(Json, nullable=False)
    from_hour = sa.Column(sa.Integer, nullable=False)
    until_hour = sa.Column(sa.Integer, nullable=False)
    name = sa.Column(sa.String(80))
    phone = sa.Column(sa.String(20), nullable=False, index=True)
    plate = sa.Column(sa.String(20))
    mileage = sa.Column(sa.Integer)
    conversation_id = sa.Column(sa.String(32), index=True)
    offered_store = sa.Column(sa.String(40))
    offered_start = sa.Column(LocalTime)
    reply_by = sa.Column(LocalTime)
    declined = sa.Column(Json, nullable=False)
    appointment_id = sa.Column(sa.ForeignKey("appointments.id"))
    created_at = sa.Column(LocalTime, nullable=False)
    updated_at = sa.Column(LocalTime, nullable=False)


class OutboxMessage(Base):
    """A message that has to go out at ``due_at``, written in the transaction of what it tells.

    ``channel``: chat, email or webhook. ``key`` names it, so that it is written once. ``data`` is what the words
    need beyond the visit. A sender takes it (``taken_by`` until ``taken_until``), and ends it as sent or failed;
    ``dropped`` ones were overtaken by a move or a cancellation. ``problem`` is the last failure.
    """

    __tablename__ = "outbox"
    id = sa.Column(sa.Integer, primary_key=True)
    key = sa.Column(sa.String(160), nullable=False, unique=True)
    kind = sa.Column(sa.String(40), nullable=False)
    channel = sa.Column(sa.String(20), nullable=False)
    appointment_id = sa.Column(sa.ForeignKey("appointments.id"), index=True)
    waitlist_id = sa.Column(sa.ForeignKey("waitlist.id"), index=True)
    conversation_id = sa.Column(sa.String(32))
    address = sa.Column(sa.String(255))
    data = sa.Column(Json, nullable=False)
    due_at = sa.Column(LocalTime, nullable=False)
    state = sa.Column(sa.String(20), nullable=False)
    attempts = sa.Column(sa.Integer, nullable=False, default=0)
    taken_by = sa.Column(sa.String(40))
    taken_until = sa.Column(LocalTime)
    problem = sa.Column(sa.String(300))
    created_at = sa.Column(LocalTime, nullable=False)
    sent_at = sa.Column(LocalTime)
    __table_args__ = (sa.Index("ix_outbox_due", "state", "due_at"),)


class FeedToken(Base):
    """The secret part of the address of a resource's calendar feed."""

    __tablename__ = "feed_tokens"
    token = sa.Column(sa.String(43), primary_key=True, default=new_token)
    resource = sa.Column(sa.String(60), nullable=False, unique=True)
    created_at = sa.Column(LocalTime, nullable=False)


class Customer(Base):
    """``adviser`` is the resource that looks after the customer; ``email`` gets confirmations and reminders.

    ``quiet_until``: nobody writes to the customer of our own accord up to this day; ``referred_by``: the code of who
    brought them.
    """

    __tablename__ = "customers"
    id = sa.Column(sa.String(32), primary_key=True)
    phone = sa.Column(sa.String(20), nullable=False, unique=True)
    name = sa.Column(sa.String(80))
    email = sa.Column(sa.String(255))
    adviser = sa.Column(sa.String(60))
    birthday = sa.Column(sa.Date)
    quiet_until = sa.Column(sa.Date)
    referred_by = sa.Column(sa.String(12))
    created_at = sa.Column(LocalTime, nullable=False)


class Vehicle(Base):
    """A customer's car; ``mileage`` is the last known one, in km, read on ``mileage_on``.

    ``store`` looks after it; ``left_on``: sold or scrapped, nothing falls due any more.
    ``look_again_on``: the first day on which something new may be told of it; null where that is not known.
    """

    __tablename__ = "vehicles"
    plate = sa.Column(sa.String(20), primary_key=True)
    customer_id = sa.Column(sa.ForeignKey("customers.id"), nullable=False, index=True)
    model = sa.Column(sa.String(40), nullable=False)
    delivered = sa.Column(sa.Date, nullable=False)
    mileage = sa.Column(sa.Integer)
    mileage_on = sa.Column(sa.Date)
    last_service_on = sa.Column(sa.Date)
    last_service_km = sa.Column(sa.Integer)
    vin = sa.Column(sa.String(17))
    store = sa.Column(sa.String(40))
    left_on = sa.Column(sa.Date)
    look_again_on = sa.Column(sa.Date, index=True)


class Unanswered(Base):
    """A message that was not understood, or a choice of topics that the customer did not take.

    ``seq`` is the customer's message in the transcript. ``text`` has no phone numbers and plates; ``same_as`` is a hash
    of its words, equal for the same question asked again. ``candidates`` are FAQ topics, ``intents`` intents.
    """

    __tablename__ = "unanswered"
    id = sa.Column(sa.Integer, primary_key=True)
    conversation_id = sa.Column(sa.String(255), nullable=False, index=True)
    seq = sa.Column(sa.Integer)
    kind = sa.Column(sa.String(20), nullable=False)
    state = sa.Column(sa.String(20), nullable=False, index=True)
    text = sa.Column(sa.Text, nullable=False)
    same_as = sa.Column(sa.String(40), nullable=False, index=True)
    candidates = sa.Column(Json, nullable=False)
    intents = sa.Column(Json, nullable=False)
    resolved_by = sa.Column(sa.String(80))
    resolution = sa.Column(sa.String(200))
    created_at = sa.Column(LocalTime, nullable=False)
    updated_at = sa.Column(LocalTime, nullable=False)
    __table_args__ = (sa.UniqueConstraint("conversation_id", "seq"),)
