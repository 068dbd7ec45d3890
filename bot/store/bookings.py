"""Queries on appointments, holds and claims, each a single statement."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot.domain.ticks import Ticks
from bot.store.tables import Appointment, Claim, Customer, Hold

Row = Any
"""A row of ``bot.store.tables``: SQLAlchemy 1.4 types its attributes as columns. 2.0 may drop this."""


@dataclass(frozen=True)
class Owner:
    """Whose claims do not stand in the own way: those of a hold (of a conversation or a waitlist entry) or of an
    appointment."""

    holder: str | None = None
    appointment_id: str | None = None


NOBODY = Owner()


def busy_ticks(
    session: Session,
    resources: Iterable[str],
    ticks: range,
    now: datetime,
    mine: Owner = NOBODY,
    with_holds: bool = True,
) -> dict[str, Ticks]:
    """The ticks that others have claimed; an expired hold claims nothing, none does without ``with_holds``.

    One statement reads all claims from the primary key alone, joined to one text per resource (a month of a large
    workshop has 16,000), and beside them the few that do not count.
    """
    where = sa.and_(Claim.resource.in_(list(resources)), _within(ticks))
    every = sa.select(Claim.resource, _joined(session), sa.literal(True)).where(where)
    others = (
        sa.select(Claim.resource, _joined(session), sa.literal(False)).where(condition)
        for condition in _not_counted(now, mine, with_holds)
    )
    parts = [part.group_by(Claim.resource) for part in (every, *others)]
    taken: dict[str, Ticks] = {}
    for resource, joined, counts in sorted(session.execute(sa.union_all(*parts)), key=lambda row: not row[2]):
        read = Ticks.read(joined)
        if counts:
            taken[resource] = read
        elif resource in taken:
            taken[resource] = taken[resource].without(read)
    return taken


def _not_counted(now: datetime, mine: Owner, with_holds: bool) -> Iterator[Any]:
    """Claims that stand in nobody's way: of expired holds (or of all), and the owner's own. The index of their owner
    finds them; the few on other resources and days do not matter."""
    holds = sa.select(Hold.id)
    if with_holds:
        own = Hold.owner == mine.holder if mine.holder is not None else sa.false()
        holds = holds.where(sa.or_(Hold.expires_at <= now, own))
    yield Claim.hold_id.in_(holds)
    if mine.appointment_id is not None:
        yield Claim.appointment_id == mine.appointment_id


def claims_of(session: Session, **owner: str) -> dict[str, set[int]]:
    """The claims of one owner: ``appointment_id=`` or ``hold_id=``."""
    return _by_resource(session.execute(sa.select(Claim.resource, Claim.tick).filter_by(**owner)))


def try_claim(session: Session, resource: str, ticks: Iterable[int], **owner: str) -> bool:
    """Claim one resource; False, and nothing written, if somebody else has one of the ticks.

    The savepoint keeps the transaction usable on PostgreSQL after the loss.
    """
    rows = [{"resource": resource, "tick": tick, **owner} for tick in ticks]
    if not rows:
        return True
    try:
        with session.begin_nested():
            session.execute(sa.insert(Claim.__table__), rows)
    except IntegrityError:
        return False
    return True


def free_claims(session: Session, resource: str, ticks: Iterable[int], **owner: str) -> None:
    """Give back some ticks of one resource."""
    condition = (Claim.resource == resource, Claim.tick.in_(list(ticks)))
    session.execute(sa.delete(Claim.__table__).where(*condition).filter_by(**owner))


def free_all_claims(session: Session, appointment_id: str) -> None:
    session.execute(sa.delete(Claim.__table__).where(Claim.appointment_id == appointment_id))


def delete_expired_holds(
    session: Session, resources: Iterable[str], ticks: range, now: datetime, mine: Owner
) -> None:
    """Delete the expired holds that still occupy these ticks: the primary key would see their claims."""
    on_these_ticks = sa.select(Claim.hold_id).where(Claim.resource.in_(list(resources)), _within(ticks))
    statement = sa.delete(Hold.__table__).where(Hold.expires_at <= now, Hold.id.in_(on_these_ticks))
    if mine.holder is not None:
        statement = statement.where(Hold.owner != mine.holder)
    session.execute(statement)


def lock_hold(session: Session, holder: str) -> Row | None:
    """The hold of a conversation or waitlist entry, expired or not, locked until the end of the transaction."""
    statement = sa.select(Hold).where(Hold.owner == holder).with_for_update()
    return _one(session, statement)


def delete_hold(session: Session, holder: str) -> None:
    session.execute(sa.delete(Hold.__table__).where(Hold.owner == holder))


def turn_hold_into_appointment(session: Session, hold: Row, appointment_id: str) -> None:
    """Hand the claims of a hold to an appointment and delete the hold."""
    statement = sa.update(Claim.__table__).where(Claim.hold_id == hold.id)
    session.execute(statement.values(appointment_id=appointment_id, hold_id=None))
    session.execute(sa.delete(Hold.__table__).where(Hold.id == hold.id))
    session.expunge(hold)


def appointment_of_request(session: Session, request_key: str) -> Row | None:
    return _one(session, sa.select(Appointment).where(Appointment.request_key == request_key))


def appointment_of_code(session: Session, code: str, phone: str | None, lock: bool = False) -> Row | None:
    """The appointment with this code and phone number; both must match unless ``phone`` is None."""
    statement = sa.select(Appointment).where(Appointment.code == code)
    if phone is not None:
        statement = statement.where(Appointment.phone == phone)
    return _one(session, statement.with_for_update() if lock else statement)


def appointments(
    session: Session,
    conversation_id: str | None = None,
    phone: str | None = None,
    from_: datetime | None = None,
    to: datetime | None = None,
) -> list[Row]:
    """Appointments by start; those given as ``to`` start before it, as ``from_`` then or later."""
    statement = sa.select(Appointment).order_by(Appointment.start, Appointment.code)
    if conversation_id is not None:
        statement = statement.where(Appointment.conversation_id == conversation_id)
    if phone is not None:
        statement = statement.where(Appointment.phone == phone)
    if from_ is not None:
        statement = statement.where(Appointment.start >= from_)
    if to is not None:
        statement = statement.where(Appointment.start < to)
    return list(session.execute(statement).scalars())


def code_is_taken(session: Session, code: str) -> bool:
    return _one(session, sa.select(Appointment.id).where(Appointment.code == code)) is not None


def loads(session: Session, resources: Iterable[str], ticks: range) -> dict[str, int]:
    """How many ticks of a period are claimed of each resource, outages left out; one without any may be missing."""
    statement = (
        sa.select(Claim.resource, sa.func.count())
        .where(Claim.resource.in_(list(resources)), _within(ticks), Claim.outage_id.is_(None))
        .group_by(Claim.resource)
    )
    return {str(row.resource): int(row[1]) for row in session.execute(statement)}


def customer_of_phone(session: Session, phone: str) -> Row | None:
    return _one(session, sa.select(Customer).where(Customer.phone == phone))


def _joined(session: Session) -> Any:
    """The ticks of a group with commas between them."""
    if session.get_bind().dialect.name == "sqlite":
        return sa.func.group_concat(Claim.tick)
    return sa.func.string_agg(sa.cast(Claim.tick, sa.String), sa.literal_column("','"))


def _within(ticks: range) -> Any:
    return sa.and_(Claim.tick >= ticks.start, Claim.tick < ticks.stop)


def _by_resource(rows: Iterable[Any]) -> dict[str, set[int]]:
    taken: dict[str, set[int]] = {}
    for resource, tick in rows:
        taken.setdefault(resource, set()).add(tick)
    return taken


def _one(session: Session, statement: Any) -> Row | None:
    return session.execute(statement).scalars().one_or_none()
