"""The tables of the lifecycle at work: contacts, tasks, surveys, events, profiles, consent. Times as in
``bot.store.tables``."""

from __future__ import annotations

import sqlalchemy as sa

from bot.store.tables import Base, Json, LocalTime


class MileageReading(Base):
    """What an odometer showed, in km, on a local date. ``source``: visit, customer, import or staff."""

    __tablename__ = "mileage_readings"
    id = sa.Column(sa.Integer, primary_key=True)
    plate = sa.Column(sa.ForeignKey("vehicles.plate", ondelete="CASCADE"), nullable=False)
    read_on = sa.Column(sa.Date, nullable=False)
    km = sa.Column(sa.Integer, nullable=False)
    source = sa.Column(sa.String(20), nullable=False)
    created_at = sa.Column(LocalTime, nullable=False)
    __table_args__ = (sa.Index("uq_mileage_readings", "plate", "read_on", "km", unique=True),)


class Outreach(Base):
    """One contact with a customer about one key moment of one car; never a second one for the same ``occasion``.

    ``moment`` is an id of the schedule; ``occasion`` tells its repetitions apart (the km of a service, a date, the id
    of an event; "" for what happens once). ``channel``: wechat, web, email, call, or none while planned. ``state``:
    planned, sent, answered, booked, refused, done_elsewhere, reached, unreached, expired. ``reason``: date, mileage or
    both. ``details`` is what the words need (job, km, day, store). ``sent_on``: the local date it counts for in the
    month's cap.
    """

    __tablename__ = "outreach"
    id = sa.Column(sa.String(32), primary_key=True)
    plate = sa.Column(sa.String(20), nullable=False)
    customer_id = sa.Column(sa.String(32), nullable=False, index=True)
    moment = sa.Column(sa.String(40), nullable=False)
    occasion = sa.Column(sa.String(60), nullable=False, default="")
    state = sa.Column(sa.String(20), nullable=False, index=True)
    channel = sa.Column(sa.String(20))
    reason = sa.Column(sa.String(20))
    due_on = sa.Column(sa.Date)
    store = sa.Column(sa.String(40))
    details = sa.Column(Json, nullable=False)
    conversation_id = sa.Column(sa.String(32), index=True)
    appointment_id = sa.Column(sa.String(32))
    opened_at = sa.Column(LocalTime, nullable=False, index=True)
    sent_at = sa.Column(LocalTime)
    sent_on = sa.Column(sa.Date)
    answered_at = sa.Column(LocalTime)
    updated_at = sa.Column(LocalTime, nullable=False)
    __table_args__ = (
        sa.UniqueConstraint("plate", "moment", "occasion"),
        sa.Index("ix_outreach_sent_on", "customer_id", "sent_on"),
    )


class Task(Base):
    """Something that a person does: a call, a delivery day, a look at a low score. ``key`` names what it is about, so
    that it is opened once.

    ``kind``: a ``bot.domain.tasks.TaskKind``. ``assignee`` is a username; without one it belongs to who has ``skill``,
    or to managers where that is "manager". ``script``: the id of the words to say. ``outcome``: one of its kind's, told
    when it is ended; nothing ends without. ``alerted_at``: when staff were told that it is overdue.
    """

    __tablename__ = "tasks"
    id = sa.Column(sa.String(32), primary_key=True)
    key = sa.Column(sa.String(120), nullable=False, unique=True)
    kind = sa.Column(sa.String(40), nullable=False, index=True)
    status = sa.Column(sa.String(20), nullable=False, default="open")
    title = sa.Column(sa.String(200), nullable=False)
    customer_id = sa.Column(sa.String(32), index=True)
    phone = sa.Column(sa.String(20), index=True)
    plate = sa.Column(sa.String(20))
    store = sa.Column(sa.String(40))
    conversation_id = sa.Column(sa.String(32), index=True)
    case_id = sa.Column(sa.String(32), index=True)
    outreach_id = sa.Column(sa.String(32), index=True)
    appointment_id = sa.Column(sa.String(32))
    assignee = sa.Column(sa.String(80), index=True)
    skill = sa.Column(sa.String(20))
    script = sa.Column(sa.String(80))
    details = sa.Column(Json, nullable=False)
    due_at = sa.Column(LocalTime, nullable=False)
    outcome = sa.Column(sa.String(40))
    note = sa.Column(sa.String(500))
    closed_by = sa.Column(sa.String(80))
    closed_at = sa.Column(LocalTime)
    alerted_at = sa.Column(LocalTime)
    created_at = sa.Column(LocalTime, nullable=False)
    updated_at = sa.Column(LocalTime, nullable=False)
    __table_args__ = (sa.Index("ix_tasks_due", "status", "due_at"),)


class Survey(Base):
    """What a customer is asked after a test drive, a service or a complaint, and what they say.

    ``kind``: test_drive, service or complaint; ``subject`` is the id of the visit or case. ``satisfaction`` 0 to 100,
    ``nps`` 0 to 10; ``answers`` are the sheet's questions with 1 to 5 each. Null until given.
    """

    __tablename__ = "surveys"
    id = sa.Column(sa.String(32), primary_key=True)
    kind = sa.Column(sa.String(20), nullable=False)
    subject = sa.Column(sa.String(32), nullable=False)
    conversation_id = sa.Column(sa.String(32), index=True)
    phone = sa.Column(sa.String(20), index=True)
    store = sa.Column(sa.String(40))
    username = sa.Column(sa.String(80), index=True)
    satisfaction = sa.Column(sa.Integer)
    nps = sa.Column(sa.Integer)
    answers = sa.Column(Json, nullable=False)
    comment = sa.Column(sa.String(500))
    asked_at = sa.Column(LocalTime, nullable=False, index=True)
    answered_at = sa.Column(LocalTime)
    __table_args__ = (sa.UniqueConstraint("kind", "subject"),)


class EventSignup(Base):
    """Who comes to an event of the dealer, and how many people.

    ``status``: signed_up, waiting, cancelled, attended or absent.
    """

    __tablename__ = "event_signups"
    id = sa.Column(sa.String(32), primary_key=True)
    event = sa.Column(sa.String(60), nullable=False)
    phone = sa.Column(sa.String(20), nullable=False, index=True)
    name = sa.Column(sa.String(80))
    people = sa.Column(sa.Integer, nullable=False, default=1)
    status = sa.Column(sa.String(20), nullable=False)
    customer_id = sa.Column(sa.String(32), index=True)
    conversation_id = sa.Column(sa.String(32), index=True)
    reminded_at = sa.Column(LocalTime)
    created_at = sa.Column(LocalTime, nullable=False)
    updated_at = sa.Column(LocalTime, nullable=False)
    __table_args__ = (sa.UniqueConstraint("event", "phone"),)


class EventPlace(Base):
    """One place at an event. The primary key is what keeps an event from being overbooked."""

    __tablename__ = "event_places"
    event = sa.Column(sa.String(60), primary_key=True)
    number = sa.Column(sa.Integer, primary_key=True, autoincrement=False)
    signup_id = sa.Column(sa.ForeignKey("event_signups.id", ondelete="CASCADE"), nullable=False, index=True)


class Profile(Base):
    """What somebody told of their needs, kept with their consent (``consented_at``): by telephone number where it is
    known, else by conversation.

    ``needs``: use, budget_min and budget_max (元), family, current_car, buy_within (months). ``repurchase_on``: when
    the next car is expected to be bought.
    """

    __tablename__ = "profiles"
    id = sa.Column(sa.String(32), primary_key=True)
    phone = sa.Column(sa.String(20), unique=True)
    conversation_id = sa.Column(sa.String(32), unique=True)
    customer_id = sa.Column(sa.String(32), index=True)
    needs = sa.Column(Json, nullable=False)
    age_band = sa.Column(sa.String(20))
    segments = sa.Column(Json, nullable=False)
    repurchase_on = sa.Column(sa.Date)
    consented_at = sa.Column(LocalTime)
    created_at = sa.Column(LocalTime, nullable=False)
    updated_at = sa.Column(LocalTime, nullable=False)


class Consent(Base):
    """One word of consent or refusal; the newest for a purpose counts. Never changed.

    ``purpose``: notice (the privacy notice was shown), booking, profile, service_contact, marketing. ``version`` is the
    notice's; ``source``: dialogue, console, import wechat.
    """

    __tablename__ = "consents"
    id = sa.Column(sa.Integer, primary_key=True)
    phone = sa.Column(sa.String(20), index=True)
    conversation_id = sa.Column(sa.String(32), index=True)
    purpose = sa.Column(sa.String(20), nullable=False)
    granted = sa.Column(sa.Boolean, nullable=False)
    version = sa.Column(sa.String(20))
    source = sa.Column(sa.String(20), nullable=False)
    at = sa.Column(LocalTime, nullable=False)


class Referral(Base):
    """The code with which a customer brings others."""

    __tablename__ = "referrals"
    code = sa.Column(sa.String(12), primary_key=True)
    customer_id = sa.Column(sa.String(32), nullable=False, unique=True)
    created_at = sa.Column(LocalTime, nullable=False)


class ReferralUse(Base):
    """Somebody who came with a code; a number comes once. Without one it waits with its conversation."""

    __tablename__ = "referral_uses"
    id = sa.Column(sa.Integer, primary_key=True)
    code = sa.Column(sa.ForeignKey("referrals.code", ondelete="CASCADE"), nullable=False, index=True)
    phone = sa.Column(sa.String(20), unique=True)
    conversation_id = sa.Column(sa.String(32), index=True)
    lead_id = sa.Column(sa.String(32))
    created_at = sa.Column(LocalTime, nullable=False)


class IndicatorEntry(Base):
    """An indicator of a store ("" for all) and a period ("2026-11", "2026-Q4", "2026") as somebody entered it."""

    __tablename__ = "indicator_entries"
    id = sa.Column(sa.Integer, primary_key=True)
    indicator = sa.Column(sa.String(60), nullable=False)
    store = sa.Column(sa.String(40), nullable=False, default="")
    period = sa.Column(sa.String(10), nullable=False)
    value = sa.Column(sa.Float, nullable=False)
    note = sa.Column(sa.String(200))
    entered_by = sa.Column(sa.String(80), nullable=False)
    entered_at = sa.Column(LocalTime, nullable=False)
    __table_args__ = (sa.UniqueConstraint("indicator", "store", "period"),)


class ErasedNumber(Base):
    """That a number was erased: ``mark`` is its HMAC-SHA256, in hexadecimal; ``key`` tells with which key."""

    __tablename__ = "erased_numbers"
    mark = sa.Column(sa.String(64), primary_key=True)
    key = sa.Column(sa.String(16), nullable=False)
    erased_at = sa.Column(LocalTime, nullable=False)
