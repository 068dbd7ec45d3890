"""Who a WeChat customer is: what links them to a customer on record, and what does not."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from bot.clock import TIME_ZONE
from bot.domain.errors import NotFound
from bot.domain.wechat.account import Account, Mode
from bot.domain.wechat.window import Grant
from bot.services.audit import Actor
from bot.services.conversations import open_conversation
from bot.services.messages import messages_after
from bot.services.wechat import contacts, identity
from bot.services.wechat.identity import LIVES, MOST_WRONG, Link
from bot.store.database import Database
from bot.store.tables import Conversation, Customer
from bot.store.wechat_tables import WeChatContact, WeChatLink

MAIN, SECOND = Account("main", "wx1111111111", "token", Mode.PLAIN), Account("second", "wx2", "t", Mode.PLAIN)
STAFF = Actor("lin")
NOW = datetime(2026, 11, 22, 10, 0, tzinfo=TIME_ZONE)


@pytest.fixture
def customer(database: Database) -> str:
    with database.transaction() as session:
        session.add(Customer(id="c" * 32, phone="13812345678", name="张伟", created_at=NOW))
    return "c" * 32


def contact(database: Database, account: Account = MAIN, openid: str = "o-1") -> str:
    return contacts.arrived(database, account, openid, "m:1", Grant.MESSAGE, NOW).conversation_id


def owner(database: Database, conversation_id: str) -> str | None:
    with database.reading() as session:
        row: Any = session.get(Conversation, conversation_id)
        return None if row.customer_id is None else str(row.customer_id)


def test_a_code_links_once(database: Database, customer: str) -> None:
    made = identity.new_code(database, customer, STAFF, NOW)
    mine, other = contact(database), contact(database, openid="o-2")

    assert identity.use_code(database, mine, made.code.lower(), NOW) is Link.LINKED
    assert owner(database, mine) == customer
    assert identity.use_code(database, mine, made.code, NOW) is Link.LINKED  # delivered again
    assert identity.use_code(database, other, made.code, NOW) is Link.WRONG
    assert owner(database, other) is None


def test_only_the_hash_of_a_code_is_kept(database: Database, customer: str) -> None:
    made = identity.new_code(database, customer, STAFF, NOW)

    with database.reading() as session:
        [row] = session.scalars(sa.select(WeChatLink))
    assert made.code not in f"{row.code_hash}{row.customer_id}"
    assert len(made.code) == 8
    assert not set(made.code) & set("ILO01")


def test_a_code_dies_with_its_time_and_with_the_next_one(database: Database, customer: str) -> None:
    first = identity.new_code(database, customer, STAFF, NOW)
    second = identity.new_code(database, customer, STAFF, NOW)
    mine = contact(database)

    assert identity.use_code(database, mine, first.code, NOW) is Link.WRONG
    assert identity.use_code(database, mine, second.code, NOW + LIVES) is Link.WRONG
    assert owner(database, mine) is None


def test_guessing_ends_after_five_tries(database: Database, customer: str) -> None:
    mine, other = contact(database), contact(database, openid="o-2")
    tried = [identity.use_code(database, mine, f"AAAA222{n}", NOW) for n in range(MOST_WRONG)]
    made = identity.new_code(database, customer, STAFF, NOW)

    assert tried == [Link.WRONG] * MOST_WRONG
    assert identity.use_code(database, mine, made.code, NOW) is Link.TOO_OFTEN
    assert owner(database, mine) is None
    assert identity.use_code(database, other, made.code, NOW) is Link.LINKED


def test_an_hour_later_the_code_may_be_tried_again(database: Database, customer: str) -> None:
    mine, later = contact(database), NOW + timedelta(hours=1)
    for number in range(MOST_WRONG):
        identity.use_code(database, mine, f"AAAA222{number}", NOW)
    made = identity.new_code(database, customer, STAFF, later)

    assert identity.use_code(database, mine, made.code, later) is Link.LINKED


def test_a_code_is_for_conversations_of_wechat_alone(database: Database, customer: str) -> None:
    made = identity.new_code(database, customer, STAFF, NOW)
    with database.transaction() as session:
        conversation = open_conversation(session, "web", "visitor", NOW)
        id_ = str(conversation.id)

    assert identity.use_code(database, id_, made.code, NOW) is not Link.LINKED
    assert owner(database, id_) is None


def test_nobody_gets_a_code_for_nobody(database: Database) -> None:
    with pytest.raises(NotFound):
        identity.new_code(database, "nobody", STAFF, NOW)


def test_the_same_person_at_another_account_of_ours_is_linked_too(database: Database, customer: str) -> None:
    """The platform tells so by the unionid."""
    mine, also, other = contact(database), contact(database, SECOND), contact(database, SECOND, "o-3")
    with database.transaction() as session:
        for id_ in (mine, also):
            change = sa.update(WeChatContact).where(WeChatContact.conversation_id == id_)
            session.execute(change.values(unionid="u-1"))
    made = identity.new_code(database, customer, STAFF, NOW)

    assert identity.use_code(database, mine, made.code, NOW) is Link.LINKED
    assert [owner(database, id_) for id_ in (mine, also, other)] == [customer, customer, None]


def test_staff_see_that_somebody_was_linked(database: Database, customer: str) -> None:
    mine = contact(database)
    identity.use_code(database, mine, identity.new_code(database, customer, STAFF, NOW).code, NOW)

    assert [line.text for line in messages_after(database, mine, internal=True)] == [identity.LINKED_LINE]
    assert messages_after(database, mine) == []


def test_a_verified_number_links_and_takes_nobody_over(database: Database, customer: str) -> None:
    mine = contact(database)

    assert identity.link_verified(database, mine, "13812345678", NOW)
    assert owner(database, mine) == customer
    assert not identity.link_verified(database, mine, "13900001111", NOW)
    assert owner(database, mine) == customer


def test_beside_a_person_the_code_works_without_the_bot(database: Database, customer: str) -> None:
    mine = contact(database)
    made = identity.new_code(database, customer, STAFF, NOW)
    with database.transaction() as session:
        session.execute(sa.update(Conversation).values(state="adviser"))

    def said(code: str) -> tuple[identity.Link, str] | None:
        command = f'/greet{{"do": "link", "code": "{code}"}}'
        return identity.use_beside_person(database, mine, command, NOW)

    assert said("AAAA2222") == (identity.Link.WRONG, identity.WRONG_CODE)
    assert (said(made.code) or ("",))[0] is identity.Link.LINKED
    assert identity.use_beside_person(database, mine, "你好", NOW) is None
    assert identity.use_beside_person(database, mine, "/greet{", NOW) is None
    assert owner(database, mine) == customer
    told = [line.text for line in messages_after(database, mine, internal=True)]
    assert told == [identity.REFUSED_LINE, identity.LINKED_LINE]


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("绑定 ABCD2345", "ABCD2345"),
        ("绑定abcd2345", "ABCD2345"),
        ("绑定码：ABCD2345。", "ABCD2345"),
        ("绑定 ABC", None),
        ("怎么绑定车机", None),
        ("ABCD2345", None),
    ],
)
def test_how_a_code_is_said(said: str, code: str | None) -> None:
    assert identity.code_in(said) == code
