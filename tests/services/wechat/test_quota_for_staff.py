"""What the workplace tells of a WeChat customer's quota."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.domain.conversation import Author
from bot.domain.staff import Role
from bot.domain.wechat.window import Limits
from bot.services import workplace
from bot.services.messages import Inbound, receive
from bot.services.staff import Staff
from bot.services.workplace_json import open_json
from bot.store.database import Database
from tests.services.wechat.customers import Customer

LIN = Staff("lin", Role.CONSULTANT, "林晓")


@pytest.fixture
def database(shared: Database) -> Database:
    return shared


@pytest.fixture
def customer(database: Database) -> Customer:
    customer = Customer(database)
    customer.writes()
    return customer


def told(customer: Customer, **more: Limits) -> object:
    opened = workplace.open_line(customer.database, customer.id, LIN, customer.now, **more)
    return open_json(opened)["wechat"]


def test_what_is_left_and_until_when(customer: Customer) -> None:
    ends = (customer.now + timedelta(hours=48)).isoformat(timespec="seconds")

    assert told(customer) == {"left": 5, "ends": ends, "queued": 0, "blocked": None}
    assert told(customer, limits=Limits(message=9))["left"] == 9  # type: ignore[index]


def test_what_waits_and_why(customer: Customer) -> None:
    for number in range(5):
        customer.gets(f"{number}", author=Author.STAFF)
        customer.sent()
    customer.gets("等着", author=Author.STAFF)
    customer.claim()

    assert told(customer) == {"left": 0, "ends": None, "queued": 1, "blocked": "quota"}
    customer.later(seconds=1)
    customer.writes("喂")
    assert customer.sent_all() == ["等着"]
    assert told(customer)["queued"] == 0  # type: ignore[index]


def test_other_channels_have_none(customer: Customer) -> None:
    web = receive(customer.database, Inbound("web", "v-1", "你好"), customer.now)
    opened = workplace.open_line(customer.database, web.conversation_id, LIN, customer.now)

    assert open_json(opened)["wechat"] is None
