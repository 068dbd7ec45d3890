"""What customers told of their needs, kept with their consent beyond the conversation (docs/advice.md).

A profile belongs to a telephone number where it is known, else to a conversation; both become one as soon as the number
is known. Without consent nothing is written here.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.domain.advice import Needs
from bot.domain.lifecycle import VehicleState, stage_of
from bot.domain.profiles import OwnedCar, expected_repurchase, segments
from bot.services.advice_words import need_lines, needs_json, needs_of, say_needs, say_segment
from bot.services.availability import local
from bot.services.consents import Purpose, say
from bot.services.content.snapshot import Content
from bot.store.bookings import customer_of_phone
from bot.store.database import Database
from bot.store.lifecycle_tables import Consent, Profile
from bot.store.staff_tables import Lead
from bot.store.tables import Conversation, Customer, Vehicle

Row = Any
LEAD_LINE = "购车需求："
"""Begins the line in the note of a lead."""
_WORDS = "words"
"""Beside the needs: how they were said to staff when they were told."""


@dataclass(frozen=True)
class ProfileView:
    """``lines`` are (label, value) in Chinese, ``segments`` in words; ``repurchase_on`` is expected, not promised."""

    needs: Needs
    lines: tuple[tuple[str, str], ...]
    segments: tuple[str, ...]
    repurchase_on: date | None
    consented_at: datetime | None
    updated_at: datetime


def word_of(database: Database, conversation_id: str, phone: str | None = None) -> bool | None:
    """Whether they want their needs kept, as they said last; None where nobody has asked."""
    with database.reading() as session:
        owner = phone or _linked_phone(session, conversation_id)
        return _word(session, conversation_id, owner)


def kept_needs(database: Database, conversation_id: str) -> Needs | None:
    """What was kept of the needs of whoever writes here; None without a profile.

    A number alone does not do: whoever types it could read what its owner told elsewhere.
    """
    with database.reading() as session:
        phone = _linked_phone(session, conversation_id)
        own = Profile.conversation_id == conversation_id
        query = sa.select(Profile).where(sa.or_(Profile.phone == phone, own) if phone else own)
        row = session.scalars(query.order_by(Profile.updated_at.desc())).first()
        return needs_of(row.needs) if row is not None else None


def decide(
    database: Database,
    content: Content,
    conversation_id: str,
    granted: bool,
    needs: Needs,
    now: datetime,
    phone: str | None = None,
) -> None:
    """Keep the word about it, and the needs; a refusal deletes what was kept."""
    with database.transaction() as session:
        owner = phone or _linked_phone(session, conversation_id)
        about = {"phone": owner, "conversation_id": conversation_id}
        say(session, Purpose.PROFILE, granted, "dialogue", now, **about)
        session.flush()
        if granted:
            _keep(session, content, conversation_id, owner, needs, now)
        else:
            _forget(session, owner, conversation_id)


def _forget(session: Session, phone: str | None, conversation_id: str) -> None:
    """Delete the profile, and its line in the notes of leads."""
    for row in _rows(session, phone, [conversation_id]):
        session.delete(row)
    owned = [Lead.conversation_id == conversation_id, *([Lead.phone == phone] if phone else [])]
    lead: Row
    for lead in session.scalars(sa.select(Lead).where(sa.or_(*owned), Lead.note.contains(LEAD_LINE))):
        lines = [line for line in lead.note.split("\n") if not line.startswith(LEAD_LINE)]
        lead.note = "\n".join(lines) or None


def note(
    database: Database,
    content: Content,
    conversation_id: str,
    needs: Needs,
    now: datetime,
    phone: str | None = None,
) -> bool:
    """Keep newer needs of somebody who agreed to it; False, and nothing is written, where they did not."""
    with database.transaction() as session:
        owner = phone or _linked_phone(session, conversation_id)
        if not _word(session, conversation_id, owner):
            return False
        _keep(session, content, conversation_id, owner, needs, now)
        return True


def join(session: Session, phone: str, conversation_id: str | None, now: datetime) -> None:
    """The number of a conversation has become known: its profile is the number's, the newer need counts."""
    if conversation_id is None:
        return
    told = _one(session, Profile.conversation_id == conversation_id, Profile.phone.is_(None))
    if told is None:
        return
    customer = customer_of_phone(session, phone)
    known = _one(session, Profile.phone == phone)
    if known is None:
        told.phone, told.customer_id, told.updated_at = phone, customer.id if customer else None, now
        return
    needs = {**known.needs, **told.needs} if told.updated_at >= known.updated_at else told.needs | known.needs
    known.needs, known.updated_at = needs, max(now, known.updated_at)
    known.consented_at = max(filter(None, (known.consented_at, told.consented_at)), default=None)
    session.delete(told)


def words_of(session: Session, phone: str) -> str | None:
    """The kept needs of a number in a line, for a lead; None without consent or needs."""
    row = _one(session, Profile.phone == phone)
    return (row.needs.get(_WORDS) or None) if row is not None else None


def profile_of(
    session: Session, content: Content, phone: str | None, conversations: Collection[str], now: datetime
) -> ProfileView | None:
    """The profile by the number, else by one of the conversations, with segments and repurchase as of ``now``."""
    found = _rows(session, phone, conversations)
    if not found:
        return None
    row = found[0]
    told, today = needs_of(row.needs), local(now).date()
    cars = _cars(session, content, row.phone or phone, today)
    stages = {stage.id: stage.name for stage in content.schedule.stages}
    named = segments(told, cars, today, content.advice)
    return ProfileView(
        told,
        need_lines(content.advice, told),
        tuple(say_segment(content.advice, stages, each) for each in named),
        _repurchase(row, told, cars, today, content),
        row.consented_at,
        row.updated_at,
    )


def _keep(
    session: Session, content: Content, conversation_id: str, phone: str | None, needs: Needs, now: datetime
) -> None:
    if phone is not None:
        join(session, phone, conversation_id, now)
        session.flush()
    row = _one(session, Profile.phone == phone) if phone else None
    row = row or _one(session, Profile.conversation_id == conversation_id)
    if row is None or (phone and row.phone not in (None, phone)):
        taken = row is not None  # by another number that was given in the same conversation
        customer = customer_of_phone(session, phone) if phone else None
        row = Profile(
            id=uuid.uuid4().hex,
            phone=phone,
            conversation_id=None if taken else conversation_id,
            customer_id=customer.id if customer else None,
            needs={},
            segments=[],
            consented_at=now,
            created_at=now,
            updated_at=now,
        )
        session.add(row)
    told = _without_old_budget(row.needs, needs)
    today, kept = local(now).date(), needs_of(told)
    cars = _cars(session, content, phone, today)
    bands = [each for each in segments(kept, cars, today, content.advice) if each.startswith("age:")]
    if needs.buy_within is not None:
        row.repurchase_on = expected_repurchase(needs, today, cars, today, content.advice)
    row.needs, row.updated_at = {**told, _WORDS: say_needs(content.advice, kept)}, now
    row.segments = list(segments(kept, cars, today, content.advice))
    row.age_band = bands[0].partition(":")[2] if bands else None
    row.repurchase_on = _repurchase(row, kept, cars, today, content)


def _repurchase(
    row: Row, needs: Needs, cars: Collection[OwnedCar], today: date, content: Content
) -> date | None:
    """What they said stands as of the day they said it; else their car decides, as it is today."""
    if needs.buy_within is not None and row.repurchase_on is not None:
        return max(today, row.repurchase_on)
    return expected_repurchase(needs, today, cars, today, content.advice)


def _without_old_budget(kept: dict[str, Any], needs: Needs) -> dict[str, Any]:
    """The newer need counts; a budget replaces both of its limits."""
    told = needs_json(needs)
    if "budget_min" in told or "budget_max" in told:
        kept = {name: value for name, value in kept.items() if not name.startswith("budget_")}
    return {**kept, **told}


def _cars(session: Session, content: Content, phone: str | None, today: date) -> list[OwnedCar]:
    if phone is None:
        return []
    query = sa.select(Vehicle).join(Customer, Vehicle.customer_id == Customer.id)
    rows = session.scalars(query.where(Customer.phone == phone, Vehicle.left_on.is_(None)))
    return [_car(content, row, today) for row in rows]


def _car(content: Content, row: Row, today: date) -> OwnedCar:
    model = next((each for each in content.dealership.models if each.id == row.model), None)
    stage = None
    if model is not None:
        state = VehicleState(model.powertrain, row.delivered, row.mileage)
        stage = stage_of(content.schedule, state, today).id
    return OwnedCar(row.delivered, stage, row.mileage, row.mileage_on)


def _word(session: Session, conversation_id: str, phone: str | None) -> bool | None:
    owners = [Consent.conversation_id == conversation_id, *([Consent.phone == phone] if phone else [])]
    newest = (
        sa.select(Consent.granted)
        .where(Consent.purpose == Purpose.PROFILE.value, sa.or_(*owners))
        .order_by(Consent.at.desc(), Consent.id.desc())
    )
    said = session.scalars(newest.limit(1)).first()
    return None if said is None else bool(said)


def _rows(session: Session, phone: str | None, conversations: Collection[str]) -> list[Row]:
    """The number's profile first."""
    ids = sorted(filter(None, conversations))
    own = sa.and_(Profile.conversation_id.in_(ids), sa.or_(Profile.phone.is_(None), Profile.phone == phone))
    query = sa.select(Profile).where(sa.or_(own, Profile.phone == phone) if phone else own)
    return list(session.scalars(query.order_by(Profile.phone.is_(None), Profile.updated_at.desc())))


def _one(session: Session, *conditions: Any) -> Row | None:
    return session.scalars(sa.select(Profile).where(*conditions).with_for_update()).first()


def _linked_phone(session: Session, conversation_id: str) -> str | None:
    query = sa.select(Customer.phone).join(Conversation, Conversation.customer_id == Customer.id)
    found = session.scalars(query.where(Conversation.id == conversation_id)).first()
    return None if found is None else str(found)
