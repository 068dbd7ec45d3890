"""Answers in the platform's request itself, and that the courier never sends the same (``reference/wechat.md``)."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from bot.domain.conversation import Author
from bot.domain.wechat.pieces import BETWEEN, LONGEST, size
from bot.services.wechat import contacts, ledger, passives
from bot.services.wechat.passives import PassiveAnswer
from bot.store.database import Database
from bot.store.wechat_tables import WeChatPassive
from tests.services.wechat.customers import LIMITS, QUIET, Customer

WAIT = timedelta(seconds=5)


@pytest.fixture
def database(shared: Database) -> Database:
    return shared


def take(customer: Customer, seq: int, may_send: bool = True, waits: bool = True) -> PassiveAnswer | None:
    until = customer.now + WAIT if waits else None
    return passives.take_passive(
        customer.database, LIMITS, customer.id, seq, customer.now, may_send, until, "https://x"
    )


@pytest.fixture
def customer(database: Database) -> Customer:
    return Customer(database)


def test_several_lines_are_one_answer_and_the_courier_has_nothing_left(customer: Customer) -> None:
    seq = customer.writes(waiting=WAIT).seq
    customer.gets("您好")
    last = customer.gets("请说")

    assert take(customer, seq) == PassiveAnswer("text", f"您好{BETWEEN}请说")
    assert (customer.left, customer.conversation.delivered_seq) == (5, last)
    customer.later(seconds=5)
    assert customer.claim() is None


def test_point_07_a_redelivery_gets_the_same_answer_to_the_letter(customer: Customer) -> None:
    seq = customer.writes(waiting=WAIT).seq
    customer.gets("您好")
    first = take(customer, seq)
    customer.gets("后来的")

    assert first is not None
    assert take(customer, seq) == PassiveAnswer("text", "您好", again=True)
    customer.later(seconds=5)
    assert customer.sent_all() == ["后来的"]


def test_after_an_answer_the_courier_lets_it_arrive_first(customer: Customer) -> None:
    seq = customer.writes(waiting=WAIT).seq
    customer.gets("您好")
    take(customer, seq)
    customer.gets("我是小王", author=Author.STAFF)

    assert customer.claim() is None
    customer.later(seconds=1)
    assert customer.sent_all() == ["我是小王"]


def test_a_request_that_waits_longer_keeps_its_slot(customer: Customer) -> None:
    first = customer.writes(waiting=WAIT).seq
    customer.gets("一")
    began = customer.now
    customer.later(seconds=2)
    customer.writes("再问", waiting=WAIT)
    passives.take_passive(
        customer.database, LIMITS, customer.id, first, customer.now, True, began + WAIT, "https://x"
    )
    customer.gets("二")
    customer.later(seconds=2)

    assert customer.claim() is None


def test_what_does_not_fit_is_sent_by_the_courier_afterwards(customer: Customer) -> None:
    seq = customer.writes(waiting=WAIT).seq
    text = "这是一句很长的话。" * 100
    customer.gets(text)

    answer = take(customer, seq)

    assert answer is not None
    assert (size(answer.text) <= LONGEST, answer.has_more) == (True, True)
    customer.later(seconds=1)
    assert answer.text + "".join(customer.sent_all()) == text


def test_choices_are_left_to_the_courier_where_it_may_send_them(customer: Customer) -> None:
    seq = customer.writes(waiting=WAIT).seq
    customer.gets("哪家店？", "城东店", "城西店")

    assert take(customer, seq) is None
    assert take(customer, seq) is None, "the request was acknowledged, and so is its redelivery"
    claimed = customer.claim()
    assert claimed is not None
    assert [choice.title for choice in claimed.piece.choices] == ["城东店", "城西店"]


def test_point_13_choices_are_numbered_where_nothing_is_left_or_allowed(database: Database) -> None:
    allowed, refused, poor = Customer(database), Customer(database, QUIET), Customer(database)
    for customer in (allowed, refused, poor):
        customer.writes()
    for _ in range(4):
        poor.gets("好", author=Author.STAFF)
        poor.sent()
    for customer, may_send in ((allowed, False), (refused, False), (poor, True)):
        seq = customer.writes("试驾", waiting=WAIT).seq
        with database.transaction() as session:
            row = session.get(type(poor.row), (poor.account.name, poor.openid))
            row.message_used = 4
        customer.gets("哪家店？", "城东店", "城西店")
        answer = take(customer, seq, may_send)

        assert answer is not None
        assert answer.text == "哪家店？\n1. 城东店\n2. 城西店\n回复数字即可选择"


def test_a_picture_is_a_link_in_an_answer(database: Database) -> None:
    customer = Customer(database, QUIET)
    seq = customer.writes(waiting=WAIT).seq
    file = {"url": "/files/abc/file.png", "name": "合同.png", "type": "image/png", "size": 3}
    customer.gets("", author=Author.STAFF, custom={"attachment": file})

    answer = take(customer, seq, may_send=False)

    assert answer is not None
    assert answer.text == "合同.png\nhttps://x/files/abc/file.png"


def test_point_09_held_lines_come_first_with_the_next_message(database: Database) -> None:
    customer = Customer(database, QUIET)
    first = customer.writes("问题", waiting=WAIT).seq
    held = passives.hold(database, customer.id, first, customer.now)
    customer.gets("第一个答案")

    assert held == PassiveAnswer("held", "")
    assert take(customer, first, may_send=False) == PassiveAnswer("held", "", again=True), (
        "no second answer counts"
    )
    customer.later(seconds=20)
    second = customer.writes("好了吗", waiting=WAIT).seq
    customer.gets("第二个答案")
    assert take(customer, second, may_send=False) == PassiveAnswer("text", f"第一个答案{BETWEEN}第二个答案")


def test_an_acknowledged_message_is_never_answered_in_a_redelivery(customer: Customer) -> None:
    seq = customer.writes(waiting=WAIT).seq
    passives.acknowledge(customer.database, customer.id, seq, customer.now, customer.now + WAIT)
    customer.gets("您好")

    assert take(customer, seq, waits=False) is None
    assert customer.sent_all() == ["您好"]


def test_a_closed_slot_frees_the_courier(customer: Customer) -> None:
    customer.writes(waiting=WAIT)
    customer.gets("您好")
    passives.close_slot(customer.database, customer.id, customer.now + 2 * WAIT)
    assert customer.claim() is None, "that slot was another one"

    passives.close_slot(customer.database, customer.id, customer.now + WAIT)
    assert customer.sent_all() == ["您好"]
    customer.writes(waiting=WAIT)
    customer.gets("还有")
    assert customer.claim() is None


def test_while_the_courier_sends_the_request_gets_nothing(customer: Customer) -> None:
    customer.writes()
    customer.gets("您好")
    claimed = customer.claim()
    seq = customer.writes("再问", waiting=WAIT).seq

    assert claimed is not None
    assert take(customer, seq) is None
    assert ledger.sent(customer.database, claimed, customer.now)


def test_old_answers_are_forgotten(customer: Customer) -> None:
    seq = customer.writes(waiting=WAIT).seq
    customer.gets("您好")
    take(customer, seq)

    assert passives.forget_old(customer.database, customer.now + passives.KEPT) == 0
    assert passives.forget_old(customer.database, customer.now + passives.KEPT + WAIT) >= 1
    with customer.database.reading() as session:
        assert session.get(WeChatPassive, (customer.id, seq)) is None


def test_of_a_request_and_couriers_at_the_same_moment_one_has_the_line(database: Database) -> None:
    for _ in range(8):
        customer = Customer(database)
        seq = customer.writes().seq
        customer.gets("您好")
        barrier = threading.Barrier(4)

        def run(
            number: int, customer: Customer = customer, seq: int = seq, start: threading.Barrier = barrier
        ) -> int:
            start.wait()
            if number % 2:
                answer = take(customer, seq + number // 2 * 1000, waits=False)
                return int(answer is not None and not answer.again)
            claimed = customer.claim(f"{number}")
            return int(claimed is not None and ledger.sent(database, claimed, customer.now))

        with ThreadPoolExecutor(4) as pool:
            assert sum(pool.map(run, range(4))) == 1


def test_who_unfollowed_and_writes_from_an_open_chat_is_answered(customer: Customer) -> None:
    customer.writes()
    contacts.unfollowed(customer.database, customer.account, customer.openid, customer.later(seconds=1))
    seq = customer.writes("旧的", waiting=WAIT).seq
    customer.gets("哪家店？", "城东店")

    answer = take(customer, seq)

    assert answer is not None
    assert "1. 城东店" in answer.text
