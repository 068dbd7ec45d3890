"""Owners who wrote in WeChat long ago are told of what is due by template message, where the account has one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa

from bot import clock
from bot.domain.wechat.account import Account, Mode
from bot.domain.wechat.content import NoticeTemplate, WeChatContent
from bot.domain.wechat.window import Grant
from bot.services.outreach import contacts as outreach
from bot.services.outreach.opening import Report
from bot.services.outreach.run import run_outreach
from bot.services.wechat import contacts
from bot.services.wechat.templates import Templates
from bot.store.database import Database
from bot.store.lifecycle_tables import Outreach
from bot.store.tables import Conversation, Customer, Vehicle
from tests.services.bookings import NOW
from tests.services.reminded import CONTENT, said, send

MAIN = Account("main", "wx1111111111", "token", Mode.PLAIN)
FIELDS = {"car_number1": "{plate}", "thing2": "{title}", "thing3": "{km}", "thing4": "{holiday}"}
TEMPLATE = NoticeTemplate("main", "outreach", "T-9", FIELDS)
LONG_AGO = NOW - timedelta(days=5)


@pytest.fixture(autouse=True)
def clock_again() -> Iterator[None]:
    clock.clock.set(NOW)
    yield
    clock.clock.set(None)


def content(*known: NoticeTemplate) -> Any:
    dealership = replace(CONTENT.current().dealership, wechat=WeChatContent(templates=known))
    return SimpleNamespace(current=lambda: replace(CONTENT.current(), dealership=dealership))


@pytest.fixture
def chat(database: Database) -> str:
    """The conversation of a follower whose 10,000 km are near."""
    id_ = contacts.arrived(database, MAIN, "o-1", "m:1", Grant.MESSAGE, LONG_AGO).conversation_id
    with database.transaction() as session:
        session.add(Customer(id="c", phone="13812345678", created_at=NOW))
        session.flush()
        car = {"mileage": 9_700, "mileage_on": NOW.date(), "last_service_on": date(2026, 7, 1)}
        session.add(Vehicle(plate="浙AD9001", customer_id="c", model="x5", delivered=date(2026, 3, 1), **car))
        session.get(Conversation, id_).customer_id = "c"  # type: ignore[union-attr]
    return id_


def opened(database: Database, *known: NoticeTemplate) -> Report:
    return run_outreach(database, content(*known).current(), NOW)


def test_by_template_outside_of_the_window(database: Database, chat: str) -> None:
    assert opened(database, TEMPLATE).opened == {("service_10k", "wechat"): 1}
    assert send(database) == 1
    line = said(database, chat)[-1]

    message = Templates(database, content(TEMPLATE))(MAIN, line)
    assert message is not None
    assert message.data == {
        "car_number1": "浙A·D9001",
        "thing2": "1 万公里定期保养",
        "thing3": "10,000 公里",
        "thing4": "无",
    }
    with database.reading() as session:
        [id_] = session.scalars(sa.select(Outreach.id))
    assert outreach.answer(database, id_, "refused", NOW)
    assert Templates(database, content(TEMPLATE))(MAIN, line) is None


def test_without_a_template_somebody_calls(database: Database, chat: str) -> None:
    assert opened(database).opened == {("service_10k", "call"): 1}
