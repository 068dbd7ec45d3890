"""Referral codes: one for each customer, used once by a number that is new, whatever happens at the same time."""

from __future__ import annotations

import random
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa

from bot.domain.errors import NotFound
from bot.domain.referrals import SIGNS, as_code, make_code
from bot.services import referrals
from bot.services.audit import Actor
from bot.services.leads import note_lead
from bot.services.referrals import BROUGHT, Outcome
from bot.store.database import Database
from bot.store.lifecycle_tables import Referral, ReferralUse
from bot.store.tables import Customer, Vehicle
from tests.services.bookings import NOW
from tests.services.racing import race
from tests.services.reminded import conversation

OWNER, FRIEND = "13800000001", "13812345678"


def customer(database: Database, phone: str = OWNER, plate: str | None = "浙AD1001") -> str:
    with database.transaction() as session:
        session.add(Customer(id=f"c{phone[-4:]}", phone=phone, created_at=NOW))
        session.flush()
        if plate:
            car = {"model": "x5", "delivered": date(2026, 3, 1)}
            session.add(Vehicle(plate=plate, customer_id=f"c{phone[-4:]}", **car))
    return phone


def own(database: Database, phone: str = OWNER) -> str:
    return referrals.code_of(database, phone, NOW).code


def note(database: Database, code: str, phone: str | None = FRIEND, chat: str = "a") -> Outcome:
    return referrals.note_code(database, code, chat, phone, NOW)[0]


def rows(database: Database, table: Any = ReferralUse) -> list[Any]:
    with database.reading() as session:
        return list(session.scalars(sa.select(table)))


def test_a_wrong_sign_or_two_in_the_wrong_order_make_no_code() -> None:
    chooser = random.Random(7)
    for code in (make_code(chooser.choice) for _ in range(50)):
        assert len(code) == 6
        others = {code[:at] + sign + code[at + 1 :] for at in range(6) for sign in SIGNS} - {code}
        others |= {code[:at] + code[at + 1] + code[at] + code[at + 2 :] for at in range(5)} - {code}
        assert all(referrals_code(other) is False for other in others)


def referrals_code(code: str) -> bool:
    from bot.domain.referrals import check_sign

    return check_sign(code[:-1]) == code[-1]


def test_as_it_was_typed() -> None:
    assert as_code("ｋ7m-2 pq") == "K7M2PQ"


def test_one_code_for_each_customer_however_many_ask(database: Database) -> None:
    customer(database)
    found, _ = race(4, lambda _: own(database))
    assert len(set(found)) == 1
    assert len(rows(database, Referral)) == 1
    with pytest.raises(NotFound):
        own(database, FRIEND)


def test_a_number_comes_once(database: Database) -> None:
    first = own(database, customer(database))
    second = own(database, customer(database, "13800000002", "浙AD1002"))
    assert note(database, first) is Outcome.NOTED
    assert note(database, first) is Outcome.NOTED
    assert note(database, second) is Outcome.ALREADY
    assert [(row.code, row.phone) for row in rows(database)] == [(first, FRIEND)]
    assert referrals.code_of(database, OWNER, NOW).uses == 1


def test_rivals_with_one_number(database: Database) -> None:
    code = own(database, customer(database))
    found, _ = race(4, lambda rival: note(database, code, chat=f"chat{rival}"))
    assert Outcome.NOTED in found
    assert [row.phone for row in rows(database) if row.phone] == [FRIEND]


def test_who_may_not(database: Database) -> None:
    code = own(database, customer(database))
    customer(database, FRIEND, "浙AD1009")
    assert note(database, code, OWNER) is Outcome.OWN
    assert note(database, code, FRIEND) is Outcome.NOT_NEW
    assert note(database, "K7M2PQ") is Outcome.UNKNOWN
    assert rows(database) == []


def test_a_lead_brings_the_number(database: Database) -> None:
    code, chat = own(database, customer(database)), conversation(database)
    customer(database, FRIEND, plate=None)
    assert note(database, code, None, chat) is Outcome.KEPT
    lead = note_lead(database, Actor("li"), NOW, FRIEND, conversation_id=chat)
    again = note_lead(database, Actor("li"), NOW, FRIEND, note="再问一次", conversation_id=chat)
    assert again.id == lead.id
    assert (again.note or "").count(BROUGHT.format(code=code)) == 1
    [row] = rows(database)
    assert (row.phone, row.lead_id) == (FRIEND, lead.id)
    assert [one.referred_by for one in rows(database, Customer) if one.phone == FRIEND] == [code]


def test_a_code_told_later_reaches_the_lead_that_is_open(database: Database) -> None:
    code, chat = own(database, customer(database)), conversation(database)
    lead = note_lead(database, Actor("li"), NOW, FRIEND, conversation_id=chat)
    assert note(database, code, FRIEND, chat) is Outcome.NOTED
    assert rows(database)[0].lead_id == lead.id
    again = note_lead(database, Actor("li"), NOW, FRIEND, note="又来", conversation_id=chat)
    assert again.note == f"又来\n{BROUGHT.format(code=code)}"


def test_ones_own_code_is_forgotten_when_the_number_is_known(database: Database) -> None:
    code, chat = own(database, customer(database)), conversation(database)
    assert note(database, code, None, chat) is Outcome.KEPT
    note_lead(database, Actor("li"), NOW, OWNER, conversation_id=chat)
    assert rows(database) == []
