"""When the courier sends: beside requests that wait for an answer, and after the platform asked for a pause."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.domain.conversation import Author
from bot.services.wechat import failures, ledger
from bot.store.database import Database
from tests.services.wechat.customers import NOW, OTHER, Customer, fail

SECOND = timedelta(seconds=1)


@pytest.fixture
def database(shared: Database) -> Database:
    return shared


@pytest.fixture
def customer(database: Database) -> Customer:
    customer = Customer(database)
    customer.writes()
    return customer


def test_a_customer_who_writes_on_and_on_gets_the_first_answer_meanwhile(database: Database) -> None:
    """Each delivery moves the slot on; a line that is older than one slot waits for none."""
    customer = Customer(database, OTHER)
    customer.writes("一", waiting=5 * SECOND)
    customer.gets("第一个答案")
    for _ in range(2):
        customer.later(seconds=2)
        customer.writes("还有", waiting=5 * SECOND)
        assert customer.claim() is None
        assert customer.id not in ledger.due_contacts(database, ["other"], customer.now)
        at = ledger.ready_at(database, customer.id, customer.now)
        assert at is not None
        assert at <= customer.now + (5 - (customer.now - NOW).total_seconds()) * SECOND, (
            "not with the last slot"
        )
    customer.later(seconds=2)
    customer.writes("还有", waiting=5 * SECOND)

    assert customer.id in ledger.due_contacts(database, ["other"], customer.now)
    assert customer.sent_all() == ["第一个答案"]


def test_what_was_held_for_the_customer_waits_for_the_answer_that_costs_nothing(customer: Customer) -> None:
    customer.gets("先前的")
    customer.later(minutes=2)
    customer.writes("喂", waiting=5 * SECOND)

    assert customer.claim() is None
    assert ledger.ready_at(customer.database, customer.id, customer.now) == customer.now + 5 * SECOND
    customer.later(seconds=5)
    assert customer.sent_all() == ["先前的"]


@pytest.mark.parametrize("code", [45009, 45011, -1])
def test_a_long_pause_is_told_at_once_and_once(customer: Customer, code: int) -> None:
    customer.gets("您好")
    customer.gets("我是小王", author=Author.STAFF)
    told = []
    for _ in range(failures.TROUBLE_AFTER + 1):
        claimed = customer.claim()
        assert claimed is not None
        told.append(fail(customer, claimed, code, wait=61 * SECOND))
        customer.later(seconds=61)

    assert told == [True, *[False] * failures.TROUBLE_AFTER]
    assert customer.notes() == ["微信接口暂时限流，2 条消息稍后自动重发"]
    assert customer.sent_all() == ["您好", "我是小王"]
    assert customer.row.blocked is None


def test_a_short_pause_is_no_news(customer: Customer) -> None:
    customer.gets("您好")
    claimed = customer.claim()
    assert claimed is not None

    assert not fail(customer, claimed, 45011, wait=60 * SECOND)
    assert customer.notes() == []
