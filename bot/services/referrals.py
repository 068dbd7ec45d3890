"""Who brought whom: a code for each customer, used once by a number that is new to us.

A code that is told before any number is known waits with its conversation (``phone`` null) and counts as soon as a
booking or a lead brings the number. Nobody uses their own, and owners of cars of ours are not new.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.domain.errors import Conflict, NotFound
from bot.domain.referrals import as_code, make_code
from bot.store.bookings import customer_of_phone
from bot.store.database import Database
from bot.store.lifecycle_tables import Referral, ReferralUse
from bot.store.staff_tables import Lead
from bot.store.tables import Customer, Vehicle

ATTEMPTS = 20
LONGEST_NOTE = 500
BROUGHT = "老客户推荐（推荐码 {code}）"
"""What the note of a lead says."""
_Row = Any


class Outcome(str, Enum):
    """What came of a code: counted for a number, kept until one is known, or why not."""

    NOTED = "noted"
    KEPT = "kept"
    UNKNOWN = "unknown"
    OWN = "own"
    NOT_NEW = "not_new"
    ALREADY = "already"


@dataclass(frozen=True)
class OwnCode:
    """A customer's code, and how many numbers came with it."""

    code: str
    uses: int


def code_of(database: Database, phone: str, now: datetime) -> OwnCode:
    """The code of the customer with this number, made where there is none. Raises ``NotFound``."""
    with database.transaction() as session:
        customer: _Row = customer_of_phone(session, phone)
        if customer is None:
            raise NotFound("no such customer")
        code = _code_of(session, customer.id) or _new_code(session, customer.id, now)
        uses = sa.select(sa.func.count()).where(ReferralUse.code == code, ReferralUse.phone.is_not(None))
        return OwnCode(code, int(session.scalar(uses)))


def note_code(
    database: Database, said: str, conversation_id: str, phone: str | None, now: datetime
) -> tuple[Outcome, str]:
    """Keep the code that somebody was given, for their number where it is known.

    Gives what came of it, and the code as it was understood.
    """
    code = as_code(said)
    with database.transaction() as session:
        if session.get(Referral, code) is None:
            return Outcome.UNKNOWN, code
        if phone is None:
            _keep(session, code, conversation_id, now)
            return Outcome.KEPT, code
        known = _use_of(session, phone)
        if known is not None:
            return (Outcome.NOTED if known.code == code else Outcome.ALREADY), code
        problem = _problem(session, code, phone)
        if problem is not None:
            return problem, code
        _keep(session, code, conversation_id, now)
        use = settle(session, conversation_id, phone, now)
        if use is None:
            return Outcome.ALREADY, code
        _tell_lead(session, use, now)
        return Outcome.NOTED, code


def settle(session: Session, conversation_id: str | None, phone: str, now: datetime) -> _Row | None:
    """The use that belongs to a number: an earlier one, or the code that waits in its conversation; None for neither.

    A code that this number may not use is forgotten.
    """
    known = _use_of(session, phone)
    if known is not None or conversation_id is None:
        return known
    waiting = _waiting(session, conversation_id)
    if waiting is None:
        return None
    if _problem(session, waiting.code, phone) is not None:
        session.delete(waiting)
        return None
    try:
        with session.begin_nested():
            waiting.phone = phone
            session.flush()
    except sa.exc.IntegrityError:  # the same number came with a code elsewhere at this moment
        return None
    _mark_customer(session, waiting.code, phone)
    return waiting


def _code_of(session: Session, customer_id: str) -> str | None:
    return session.scalars(sa.select(Referral.code).where(Referral.customer_id == customer_id)).first()


def _new_code(session: Session, customer_id: str, now: datetime) -> str:
    chooser = random.SystemRandom()
    for _ in range(ATTEMPTS):
        try:
            with session.begin_nested():
                code = make_code(chooser.choice)
                session.add(Referral(code=code, customer_id=customer_id, created_at=now))
                session.flush()
            return code
        except sa.exc.IntegrityError:  # the code is taken, or another process has just made this customer's
            made = _code_of(session, customer_id)
            if made is not None:
                return made
    raise Conflict("no free referral code was found")


def _problem(session: Session, code: str, phone: str) -> Outcome | None:
    """Why a number may not use a code."""
    customer: _Row = customer_of_phone(session, phone)
    referral: _Row = session.get(Referral, code)
    if customer is None:
        return None
    if referral is not None and referral.customer_id == customer.id:
        return Outcome.OWN
    cars = sa.select(Vehicle.plate).where(Vehicle.customer_id == customer.id).limit(1)
    return Outcome.NOT_NEW if session.scalars(cars).first() is not None else None


def _keep(session: Session, code: str, conversation_id: str, now: datetime) -> None:
    """One code waits in a conversation, the one told last."""
    waiting = _waiting(session, conversation_id)
    if waiting is None:
        session.add(ReferralUse(code=code, conversation_id=conversation_id, created_at=now))
    else:
        waiting.code, waiting.created_at = code, now
    session.flush()


def _waiting(session: Session, conversation_id: str) -> _Row | None:
    query = sa.select(ReferralUse).where(
        ReferralUse.conversation_id == conversation_id, ReferralUse.phone.is_(None)
    )
    return session.scalars(query.order_by(ReferralUse.id.desc()).with_for_update()).first()


def _use_of(session: Session, phone: str) -> _Row | None:
    return session.scalars(sa.select(ReferralUse).where(ReferralUse.phone == phone)).first()


def _tell_lead(session: Session, use: _Row, now: datetime) -> None:
    """The lead of the number that is open already says who brought it."""
    is_open = Lead.status.in_(("new", "contacted"))
    lead: _Row = session.scalars(sa.select(Lead).where(Lead.phone == use.phone, is_open)).first()
    if lead is None or use.lead_id is not None:
        return
    brought = BROUGHT.format(code=use.code)
    lead.note = "\n".join(filter(None, (brought, lead.note)))[:LONGEST_NOTE]
    lead.updated_at, use.lead_id = now, lead.id


def _mark_customer(session: Session, code: str, phone: str) -> None:
    session.execute(
        sa.update(Customer.__table__)
        .where(Customer.phone == phone, Customer.referred_by.is_(None))
        .values(referred_by=code)
    )
