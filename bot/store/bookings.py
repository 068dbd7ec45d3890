"""Queries on appointments, holds and claims, each a single statement."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.domain.ticks import Ticks
from bot.store.inserts import insert_unless_taken
from bot.store.prepared import PREPARED
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
_THESE = sa.and_(
    Claim.resource.in_(sa.bindparam("resources", expanding=True)),
    Claim.tick >= sa.bindparam("first"),
    Claim.tick < sa.bindparam("end"),
)
"""Claims on some resources in some ticks."""
_LOADS = (
    sa.select(Claim.resource, sa.func.count())
    .where(_THESE, Claim.outage_id.is_(None))
    .group_by(Claim.resource)
)
_LOCK_HOLD = (
    sa.select(Hold)
    .where(Hold.owner == sa.bindparam("holder"))
    .with_for_update()
    .execution_options(**PREPARED)
)
_OF_REQUEST = (
    sa.select(Appointment).where(Appointment.request_key == sa.bindparam("key")).execution_options(**PREPARED)
)
_CODE = (
    sa.select(Appointment.id).where(Appointment.code == sa.bindparam("code")).execution_options(**PREPARED)
)
_OF_PHONE = sa.select(Customer).where(Customer.phone == sa.bindparam("phone")).execution_options(**PREPARED)


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
    statement = _busy_ticks(
        _dialect(session), mine.holder is not None, mine.appointment_id is not None, with_holds
    )
    values = {**_these(resources, ticks), "now": now, "holder": mine.holder, "visit": mine.appointment_id}
    taken: dict[str, Ticks] = {}
    for resource, joined, counts in sorted(session.execute(statement, values), key=lambda row: not row[2]):
        read = Ticks.read(joined)
        if counts:
            taken[resource] = read
        elif resource in taken:
            taken[resource] = taken[resource].without(read)
    return taken


@lru_cache
def _busy_ticks(dialect: str, for_holder: bool, for_visit: bool, with_holds: bool) -> Any:
    """Made once of each kind: SQLAlchemy takes longer to make it than SQLite to run it."""
    every = sa.select(Claim.resource, _joined(dialect), sa.literal(True)).where(_THESE)
    others = (
        sa.select(Claim.resource, _joined(dialect), sa.literal(False)).where(condition)
        for condition in _not_counted(for_holder, for_visit, with_holds)
    )
    return sa.union_all(*(part.group_by(Claim.resource) for part in (every, *others)))


def _not_counted(for_holder: bool, for_visit: bool, with_holds: bool) -> Iterator[Any]:
    """Claims that stand in nobody's way: of expired holds (or of all), and the owner's own. The index of their owner
    finds them; the few on other resources and days do not matter."""
    holds = sa.select(Hold.id)
    if with_holds:
        own = Hold.owner == sa.bindparam("holder") if for_holder else sa.false()
        holds = holds.where(sa.or_(Hold.expires_at <= sa.bindparam("now"), own))
    yield Claim.hold_id.in_(holds)
    if for_visit:
        yield Claim.appointment_id == sa.bindparam("visit")


def claims_of(session: Session, **owner: str) -> dict[str, set[int]]:
    """The claims of one owner: ``appointment_id=`` or ``hold_id=``."""
    [(column, id_)] = owner.items()
    return _by_resource(session.execute(_claims_of(column), {"owner": id_}))


@lru_cache
def _claims_of(column: str) -> Any:
    found = sa.select(Claim.resource, Claim.tick).where(getattr(Claim, column) == sa.bindparam("owner"))
    return found.execution_options(**PREPARED)


def try_claim(session: Session, resource: str, ticks: Iterable[int], **owner: str) -> bool:
    """Claim one resource; False, and nothing written, if somebody else has one of the ticks.

    The owner must have none of them yet: after a loss, those that were got are given back.
    """
    wanted = list(ticks)
    if not wanted:
        return True
    rows = [{"resource": resource, "tick": tick, **owner} for tick in wanted]
    got = session.execute(insert_unless_taken(session, Claim), rows).rowcount
    if got < len(wanted):
        free_claims(session, resource, wanted, **owner)
    return bool(got == len(wanted))


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
    values = {**_these(resources, ticks), "now": now, "holder": mine.holder}
    session.execute(_delete_expired(mine.holder is not None), values)


@lru_cache
def _delete_expired(but_of_holder: bool) -> Any:
    on_these_ticks = sa.select(Claim.hold_id).where(_THESE)
    statement = sa.delete(Hold.__table__).where(
        Hold.expires_at <= sa.bindparam("now"), Hold.id.in_(on_these_ticks)
    )
    return statement.where(Hold.owner != sa.bindparam("holder")) if but_of_holder else statement


def lock_hold(session: Session, holder: str) -> Row | None:
    """The hold of a conversation or waitlist entry, expired or not, locked until the end of the transaction."""
    return _one(session, _LOCK_HOLD, holder=holder)


def delete_hold(session: Session, holder: str) -> None:
    session.execute(sa.delete(Hold.__table__).where(Hold.owner == holder))


def turn_hold_into_appointment(session: Session, hold: Row, appointment_id: str) -> None:
    """Hand the claims of a hold to an appointment and delete the hold."""
    statement = sa.update(Claim.__table__).where(Claim.hold_id == hold.id)
    session.execute(statement.values(appointment_id=appointment_id, hold_id=None))
    session.execute(sa.delete(Hold.__table__).where(Hold.id == hold.id))
    session.expunge(hold)


def appointment_of_request(session: Session, request_key: str) -> Row | None:
    return _one(session, _OF_REQUEST, key=request_key)


def appointment_of_code(session: Session, code: str, phone: str | None, lock: bool = False) -> Row | None:
    """The appointment with this code and phone number; both must match unless ``phone`` is None."""
    return _one(session, _of_code(phone is not None, lock), code=code, phone=phone)


@lru_cache
def _of_code(with_phone: bool, lock: bool) -> Any:
    statement = sa.select(Appointment).where(Appointment.code == sa.bindparam("code"))
    if with_phone:
        statement = statement.where(Appointment.phone == sa.bindparam("phone"))
    statement = statement.execution_options(**PREPARED)
    return statement.with_for_update() if lock else statement


def appointments(
    session: Session,
    conversation_id: str | None = None,
    phone: str | None = None,
    from_: datetime | None = None,
    to: datetime | None = None,
) -> list[Row]:
    """Appointments by start; those given as ``to`` start before it, as ``from_`` then or later."""
    wanted = {"conversation": conversation_id, "phone": phone, "from": from_, "to": to}
    values = {name: value for name, value in wanted.items() if value is not None}
    return list(session.execute(_appointments(tuple(values)), values).scalars())


@lru_cache
def _appointments(by: tuple[str, ...]) -> Any:
    conditions = {
        "conversation": Appointment.conversation_id == sa.bindparam("conversation"),
        "phone": Appointment.phone == sa.bindparam("phone"),
        "from": Appointment.start >= sa.bindparam("from"),
        "to": Appointment.start < sa.bindparam("to"),
    }
    found = sa.select(Appointment).order_by(Appointment.start, Appointment.code)
    return found.where(*(conditions[name] for name in by)).execution_options(**PREPARED)


def code_is_taken(session: Session, code: str) -> bool:
    return _one(session, _CODE, code=code) is not None


def loads(session: Session, resources: Iterable[str], ticks: range) -> dict[str, int]:
    """How many ticks of a period are claimed of each resource, outages left out; one without any may be missing."""
    rows = session.execute(_LOADS, _these(resources, ticks))
    return {str(resource): int(count) for resource, count in rows}


def customer_of_phone(session: Session, phone: str) -> Row | None:
    """Looked up once in a session: what is written about a visit asks for its customer several times."""
    found: dict[str, Row] = session.info.setdefault("customers", {})
    if phone not in found or found[phone] not in session or found[phone].phone != phone:
        customer = _one(session, _OF_PHONE, phone=phone)
        if customer is None:
            return None
        found[phone] = customer
    return found[phone]


def _dialect(session: Session) -> str:
    return str(session.get_bind().dialect.name)


def _joined(dialect: str) -> Any:
    """The ticks of a group with commas between them."""
    if dialect == "sqlite":
        return sa.func.group_concat(Claim.tick)
    return sa.func.string_agg(sa.cast(Claim.tick, sa.String), sa.literal_column("','"))


def _these(resources: Iterable[str], ticks: range) -> dict[str, Any]:
    """The values of ``_THESE``."""
    return {"resources": list(resources), "first": ticks.start, "end": ticks.stop}


def _by_resource(rows: Iterable[Any]) -> dict[str, set[int]]:
    taken: dict[str, set[int]] = {}
    for resource, tick in rows:
        taken.setdefault(resource, set()).add(tick)
    return taken


def _one(session: Session, statement: Any, **values: Any) -> Row | None:
    return session.execute(statement, values).scalars().one_or_none()
