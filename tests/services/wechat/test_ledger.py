"""Who sends what, and what it costs (``reference/wechat.md``, points 9, 11 and 12)."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from bot.domain.conversation import Author
from bot.domain.wechat.faults import Fault
from bot.domain.wechat.pieces import BETWEEN, LONGEST, Form
from bot.services.wechat import contacts, failures, ledger
from bot.services.wechat.ledger import Claimed, TemplateMessage
from bot.store.database import Database
from bot.store.tables import OutboxMessage
from bot.store.wechat_tables import WeChatTemplate
from tests.services.wechat.customers import ACCOUNTS, MAIN, OTHER, QUIET, Customer, fail

LONG = "这是一句很长的话。" * 60
SECOND = timedelta(seconds=1)


@pytest.fixture
def database(shared: Database) -> Database:
    return shared


@pytest.fixture
def customer(database: Database) -> Customer:
    customer = Customer(database)
    customer.writes()
    return customer


def test_lines_are_sent_once_in_order_and_the_staff_see_how_far(customer: Customer) -> None:
    customer.gets("一")
    last = customer.gets("二")

    assert customer.sent_all() == [f"一{BETWEEN}二"]
    assert (customer.left, customer.conversation.delivered_seq) == (4, last)
    assert customer.claim() is None


def test_own_lines_and_lines_for_staff_are_not_sent(customer: Customer) -> None:
    from bot.services.conversations import locked
    from bot.services.handing_over import note_line

    with customer.database.transaction() as session:
        note_line(session, locked(session, customer.id), "内部", customer.now)
    customer.gets("您好")
    customer.writes("再问")

    assert customer.sent_all() == ["您好"]
    assert customer.claim() is None
    assert customer.row.sent_seq == customer.conversation.last_seq


def test_nobody_else_gets_what_somebody_sends(customer: Customer) -> None:
    customer.gets("您好")

    assert customer.claim("one") is not None
    assert customer.claim("two") is None


def test_a_sender_that_died_costs_at_most_that_one_message_twice(customer: Customer) -> None:
    customer.gets(LONG)
    customer.gets("后面的", author=Author.STAFF)
    died = customer.claim("one")
    assert died is not None
    customer.later(seconds=ledger.LEASE.total_seconds())

    again = customer.claim("two")

    assert again is not None
    assert again.piece == died.piece
    assert not ledger.sent(customer.database, died, customer.now), "it had lost its licence"
    assert ledger.sent(customer.database, again, customer.now)
    assert customer.sent_all() == ["后面的"]
    assert customer.left == 2, "both count: the platform may have counted both"


def test_point_11_the_bot_leaves_the_last_message_and_the_rest_waits_for_the_customer(
    customer: Customer,
) -> None:
    for number in range(7):
        customer.gets(f"{number}{LONG * 2}"[:600])
    sent = customer.sent_all()

    assert len(sent) == 4
    assert customer.left == 1
    assert customer.row.blocked == contacts.QUOTA
    assert customer.notes() == ["微信额度只剩 1 条，留给人工：3 条消息等客户再次发言后送出"]
    assert customer.sent_all() == []
    assert len(customer.notes()) == 1, "once per blocking"

    customer.later(minutes=1)
    customer.writes("还在吗")
    customer.gets("在的")
    sent += customer.sent_all()
    assert [text[0] for text in sent] == [*"0123456", "在"]
    assert sent[-1].endswith("在的")
    assert customer.row.blocked is None


def test_point_11_an_exhausted_quota_queues_and_alerts_and_drops_nothing(customer: Customer) -> None:
    for number in range(5):
        customer.gets(f"{number}", author=Author.STAFF)
        assert customer.sent() == f"{number}"
    customer.gets("第六", author=Author.STAFF)
    told: list[bool] = []

    assert customer.claim(told=lambda: told.append(True)) is None
    assert told == [True]
    assert customer.notes() == ["微信额度已用完：1 条消息等客户再次发言后送出"]
    customer.later(minutes=1)
    customer.writes("喂")
    assert customer.sent_all() == ["第六"]


def test_a_person_takes_the_last_message_and_the_waiting_words_of_the_bot_with_it(customer: Customer) -> None:
    for number in range(5):
        customer.gets(f"{number}{LONG * 2}"[:600])
    assert len(customer.sent_all()) == 4
    customer.gets("我是小王", author=Author.STAFF)

    claimed = customer.claim()

    assert claimed is None, "1,800 bytes of the bot and the words of a person are two messages"
    customer.later(minutes=1)
    customer.writes("好")
    assert len(customer.sent_all()) == 2


def test_a_platform_that_counts_otherwise_is_believed(customer: Customer) -> None:
    customer.gets("您好")
    claimed = customer.claim()
    assert claimed is not None

    assert fail(customer, claimed, 45015)
    assert (customer.left, customer.row.blocked) == (0, contacts.QUOTA)
    assert customer.claim() is None
    customer.later(seconds=1)
    customer.writes("喂")
    assert customer.sent_all() == ["您好"]


def test_a_refusal_that_the_customer_overtook_does_not_count(customer: Customer) -> None:
    customer.gets("您好")
    claimed = customer.claim()
    assert claimed is not None
    customer.later(seconds=1)
    customer.writes("喂")

    assert not fail(customer, claimed, 45015)
    assert customer.sent_all() == ["您好"]


def test_point_09_without_permission_the_lines_are_held_and_a_person_knows(customer: Customer) -> None:
    customer.gets("您好")
    claimed = customer.claim()
    assert claimed is not None

    assert fail(customer, claimed, 48001)
    assert customer.row.blocked == contacts.PERMISSION
    assert "48001" in customer.notes()[0]
    assert not contacts.may_send(customer.database, MAIN, customer.id, customer.now)
    assert customer.claim() is None
    customer.later(seconds=1)
    customer.writes("喂")
    assert not contacts.may_send(customer.database, MAIN, customer.id, customer.now), (
        "no matter of the customer's"
    )

    customer.later(minutes=11)
    assert customer.sent_all() == ["您好"], "it is tried again, and somebody may have mended it"
    assert contacts.may_send(customer.database, MAIN, customer.id, customer.now)


def test_point_09_an_account_without_permission_never_sends(database: Database) -> None:
    customer = Customer(database, QUIET)
    customer.writes()
    customer.gets("您好")
    assert customer.claim() is None
    assert customer.notes() == []
    customer.gets("我是小王", author=Author.STAFF)
    customer.later(minutes=11)
    customer.row.try_at = None
    assert customer.claim() is None


def test_what_may_work_later_is_tried_later_and_costs_nothing(customer: Customer) -> None:
    customer.gets("您好")
    for _ in range(failures.TROUBLE_AFTER):
        claimed = customer.claim()
        assert claimed is not None
        fail(customer, claimed, -1)
        assert customer.claim() is None
        assert customer.left == 5
        assert ledger.ready_at(customer.database, customer.id, customer.now) == customer.now + 10 * SECOND
        assert customer.id not in ledger.due_contacts(customer.database, ACCOUNTS, customer.now)
        customer.later(seconds=10)
    assert customer.notes() == ["微信接口没有响应（错误 -1）：1 条消息会继续重试"]
    assert customer.id in ledger.due_contacts(customer.database, ACCOUNTS, customer.now)
    assert customer.sent_all() == ["您好"]
    assert (customer.row.attempts, customer.row.blocked) == (0, None)


def test_what_perhaps_arrived_is_paid_for(customer: Customer) -> None:
    customer.gets("您好")
    claimed = customer.claim()
    assert claimed is not None
    fail(customer, claimed, -2, Fault.BACK_OFF, uncertain=True)

    assert customer.left == 4


def test_what_the_platform_never_takes_is_told_and_stops_nobody(customer: Customer) -> None:
    customer.gets("坏的")
    claimed = customer.claim()
    customer.gets("好的")
    assert claimed is not None

    assert fail(customer, claimed, 45002)
    assert customer.notes() == ["微信拒收了这条消息（错误 45002），没有送达：坏的…"]
    assert customer.sent_all() == ["好的"]


def test_who_left_without_a_word_is_not_sent_to(customer: Customer) -> None:
    customer.gets("您好")
    claimed = customer.claim()
    assert claimed is not None

    assert fail(customer, claimed, 43004)
    assert (customer.row.is_following, customer.row.blocked) == (False, contacts.UNFOLLOWED)
    assert customer.claim() is None


def test_due_are_those_with_lines_that_nobody_sends(database: Database) -> None:
    waiting, busy, slot, idle = (Customer(database, OTHER) for _ in range(4))
    for each in (waiting, busy, idle):
        each.writes()
    slot.writes(waiting=5 * SECOND)
    for each in (waiting, busy, slot):
        each.gets("您好")
    busy.claim()
    assert idle.claim() is None

    assert ledger.due_contacts(database, ["other"], waiting.now) == [waiting.id]
    assert ledger.due_contacts(database, ["nobody"], waiting.now) == []


def test_a_notice_outside_of_the_window_goes_as_a_template_message(customer: Customer) -> None:
    customer.later(hours=49)
    customer.gets("等着的", author=Author.STAFF)
    notice = customer.gets("明天试驾", custom={"notice": "reminder_24h"})
    with customer.database.transaction() as session:
        row = {"kind": "reminder_24h", "channel": "chat", "data": {}, "key": "k", "state": "sent"}
        times = {"due_at": customer.now, "created_at": customer.now, "sent_at": customer.now}
        session.add(OutboxMessage(id=77, conversation_id=customer.id, **row, **times))
    asked = []

    def template_for(account: Any, line: Any) -> TemplateMessage:
        asked.append((account.name, line.seq))
        return TemplateMessage("T1", {"time": "明天"})

    claimed = customer.claim(template_for=template_for)

    assert claimed is not None
    assert (claimed.piece.form, claimed.template) == (Form.TEMPLATE, TemplateMessage("T1", {"time": "明天"}))
    assert asked == [("main", notice)]
    assert len(claimed.message_id) <= 32
    assert ledger.sent_template(customer.database, claimed, "9001", customer.now)
    with customer.database.reading() as session:
        row = session.get(WeChatTemplate, ("main", "9001"))
        assert (row.openid, row.outbox_id) == (customer.openid, 77)
    assert customer.claim(template_for=template_for) is None
    assert customer.row.blocked == contacts.QUOTA
    customer.writes("喂")
    assert customer.sent_all() == ["等着的"], "the notice was told already"


def test_a_template_that_is_refused_leaves_the_notice_waiting(customer: Customer) -> None:
    customer.later(hours=49)
    customer.gets("明天试驾", custom={"notice": "reminder_24h"})
    claimed = customer.claim(template_for=lambda account, line: TemplateMessage("T1", {}))
    assert claimed is not None

    fail(customer, claimed, 40037)
    assert customer.claim(template_for=lambda account, line: TemplateMessage("T1", {})) is None
    customer.writes("喂")
    assert customer.sent_all() == ["明天试驾"]


def race(customers: list[Customer], couriers: int, pause: Callable[[], float]) -> dict[str, list[str]]:
    """Couriers that send everything there is, as separate processes would; gives what each customer got."""
    shown: dict[str, list[str]] = {customer.id: [] for customer in customers}

    def run(number: int) -> None:
        order = random.Random(number)
        for turn in range(400):
            customer = order.choice(customers)
            claimed = customer.claim(f"{number}-{turn}")
            if claimed is not None:
                time.sleep(pause())
                shown[customer.id].append(claimed.piece.text)
                ledger.sent(customer.database, claimed, customer.now)
            elif not shown.keys() & ledger.due_contacts(customer.database, ACCOUNTS, customer.now):
                return

    with ThreadPoolExecutor(couriers) as pool:
        list(pool.map(run, range(couriers)))
    return shown


def backlog(database: Database, customers: int) -> list[Customer]:
    found = []
    for _ in range(customers):
        customer = Customer(database)
        customer.writes()
        for number in range(4):
            customer.gets(f"{number}", author=Author.STAFF if number % 2 else Author.BOT)
        found.append(customer)
    return found


def test_point_12_four_couriers_send_each_line_once_and_in_order(database: Database) -> None:
    customers = backlog(database, 5)

    shown = race(customers, 4, lambda: random.random() * 0.004)

    assert [shown[customer.id] for customer in customers] == [list("0123")] * 5


def rivals(customer: Customer, number: int = 4) -> int:
    """How many of so many couriers get the same message when they ask at the same moment."""
    barrier = threading.Barrier(number)

    def ask(token: int) -> Claimed | None:
        barrier.wait()
        return customer.claim(f"{token}")

    with ThreadPoolExecutor(number) as pool:
        won = [claimed for claimed in pool.map(ask, range(number)) if claimed is not None]
    assert len({claimed.piece.first for claimed in won}) == 1
    return len(won)


def test_point_12_of_couriers_at_the_same_moment_one_sends(database: Database) -> None:
    assert [rivals(customer) for customer in backlog(database, 6)] == [1] * 6


def test_control_without_the_claim_the_line_is_sent_by_all(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger, "_is_free", lambda now: sa.true())

    assert rivals(backlog(database, 1)[0]) == 4


def test_a_long_line_goes_on_where_it_was_left(customer: Customer) -> None:
    customer.gets(LONG * 3)
    first = customer.sent()
    customer.gets("补充")

    assert (len(first.encode()) <= LONGEST, customer.row.sent_parts) == (True, 1)
    assert first + "".join(customer.sent_all()) == f"{LONG * 3}{BETWEEN}补充"
