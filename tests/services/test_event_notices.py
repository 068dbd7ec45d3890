"""Invitations to events, reminders before them, and the news that there are places."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from bot import clock
from bot.services import events
from bot.services.consents import Purpose, say
from bot.services.event_notices import remind_signed_up
from bot.services.outreach.event_invitations import invite_to_events
from bot.services.outreach.opening import Report
from bot.services.task_lists import list_tasks
from bot.store.database import Database
from bot.store.lifecycle_tables import Outreach
from bot.store.tables import Conversation, Customer, Vehicle
from tests.services.bookings import NOW
from tests.services.racing import race
from tests.services.reminded import CONTENT, Post, at, conversation, said, send

CONTENT_NOW = CONTENT.current()
SALON = CONTENT_NOW.events["care_salon_2026_12"]
WINTER = CONTENT_NOW.events["winter_service_2026_12"]
PHONE = "13812345678"
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    at(NOW)
    yield
    clock.clock.set(None)


def owner(
    database: Database, number: int = 1, delivered: date = date(2026, 9, 1), agrees: bool = True, **more: Any
) -> str:
    """An owner who has agreed to marketing; gives their number."""
    phone = f"138{number:08}"
    with database.transaction() as session:
        session.add(Customer(id=f"c{number}", phone=phone, created_at=NOW, **more))
        session.flush()
        car = {"model": "x5", "delivered": delivered, "mileage": 2_000, "mileage_on": NOW.date()}
        session.add(Vehicle(plate=f"浙AE{number:04}", customer_id=f"c{number}", store="east", **car))
        if agrees:
            say(session, Purpose.MARKETING, True, "dialogue", NOW, phone)
    return phone


def chat_of(database: Database, customer: str = "c1") -> str:
    id_ = conversation(database)
    with database.transaction() as session:
        session.get(Conversation, id_).customer_id = customer
    return id_


def join(database: Database, phone: str = PHONE, event: Any = SALON, **more: Any) -> events.SignupView:
    return events.sign_up(database, event, more.pop("now", clock.now()), phone, **more)


def invite(database: Database, **more: Any) -> Report:
    return invite_to_events(database, CONTENT_NOW, clock.now(), **more)


def contacts(database: Database) -> list[tuple[str, str, str]]:
    with database.reading() as session:
        rows = session.scalars(sa.select(Outreach).order_by(Outreach.plate))
        return [(row.plate, row.occasion, row.state) for row in rows]


# Invitations


def test_who_fits_and_has_agreed_is_invited_once(database: Database) -> None:
    chat = owner(database) and chat_of(database)
    owner(database, 2, agrees=False)
    assert invite(database, dry_run=True).opened["care_salon", "web"] == 1
    assert contacts(database) == []
    invite(database)
    assert contacts(database) == [("浙AE0001", SALON.id, "planned")]
    assert send(database) == 1
    [told] = said(database, chat)
    assert "新车主爱车养护沙龙" in told.text
    assert "周六 12月5日 14:00" in told.text
    assert [each["title"] for each in told.buttons] == ["我要报名", "这次不去"]
    again = invite(database)
    assert (again.total, again.held["cap"]) == (
        0,
        1,
    )  # the winter campaign begins within 21 days, too: next month


def test_a_car_of_another_stage_hears_of_what_is_for_it(database: Database) -> None:
    owner(database, delivered=date(2019, 6, 1))
    chat_of(database)
    invite(database)
    assert contacts(database) == [("浙AE0001", WINTER.id, "planned")]


def test_nobody_is_invited_early_late_or_to_a_full_event(database: Database) -> None:
    owner(database)
    chat_of(database)
    for time in (SALON.start - timedelta(days=21, hours=1), SALON.sign_up_until + HOUR):
        at(time)
        assert (SALON.moment.value, "web") not in invite(database, dry_run=True).opened
    at(NOW)
    for number in range(10, 30):
        join(database, f"139{number:08}")
    invite(database)
    assert contacts(database) == [("浙AE0001", WINTER.id, "planned")]


def test_who_has_signed_up_is_not_invited(database: Database) -> None:
    phone = owner(database)
    chat_of(database)
    join(database, phone)
    invite(database)
    assert (SALON.id, "planned") not in [row[1:] for row in contacts(database)]


def test_an_invitation_leads_to_a_sign_up(database: Database) -> None:
    phone = owner(database)
    chat_of(database)
    invite(database)
    send(database)
    join(database, phone)
    assert contacts(database) == [("浙AE0001", SALON.id, "booked")]


def test_what_was_not_sent_when_somebody_signs_up_is_not_sent(database: Database) -> None:
    phone = owner(database)
    chat_of(database)
    invite(database)
    join(database, phone)
    assert send(database) == 0


def test_the_cars_of_one_store(database: Database) -> None:
    owner(database)
    chat_of(database)
    assert invite(database, store="west").total == 0
    assert invite(database, store="east").total == 1


# Reminders


def remind(database: Database) -> int:
    return remind_signed_up(database, CONTENT_NOW, clock.now())


def test_one_reminder_a_day_before(database: Database) -> None:
    chat = conversation(database)
    join(database, conversation_id=chat, name="王芳", people=2)
    at(SALON.start - timedelta(hours=25))
    assert remind(database) == 0
    at(SALON.start - timedelta(hours=24))
    assert (remind(database), remind(database), send(database)) == (1, 0, 1)
    [told] = said(database, chat)
    assert "王芳，提醒您：您报名的新车主爱车养护沙龙（2 位）周六 12月5日 14:00" in told.text
    assert [each["title"] for each in told.buttons] == ["来不了"]


def test_by_mail(database: Database) -> None:
    phone = owner(database, email="a@example.com")
    join(database, phone)
    at(SALON.start - HOUR)
    remind(database)
    post = Post()
    assert send(database, post) == 1
    [mail] = post.mails
    assert "12月5日 14:00" in mail.subject
    assert "城东店" in mail.text


def test_nobody_is_reminded_in_the_night(database: Database) -> None:
    chat = conversation(database)
    join(database, conversation_id=chat)
    at(SALON.start - timedelta(hours=16))  # 22:00
    event = {SALON.id: replace(SALON, remind_hours=16)}
    assert remind_signed_up(database, replace(CONTENT_NOW, events=event), clock.now()) == 1
    assert send(database) == 0
    at(SALON.start - timedelta(hours=6))
    assert send(database) == 1


def test_who_waits_cancelled_or_came_late_hears_nothing(database: Database) -> None:
    few = replace(SALON, places=3)
    chat = conversation(database)
    first = join(database, "13800000001", few, people=3, conversation_id=chat)
    join(database, "13800000002", few, conversation_id=chat)
    late = SALON.start - timedelta(hours=24) - HOUR
    join(database, "13800000003", WINTER, now=WINTER.start - timedelta(hours=26), conversation_id=chat)
    assert late < SALON.start
    at(SALON.start - HOUR)
    assert remind(database) == 1
    events.cancel(database, few, first.id, clock.now())  # and the one who waited moves up
    assert send(database) == 1
    assert "有名额了" in said(database, chat)[0].text
    at(WINTER.start - HOUR)
    assert remind(database) == 0


def test_rivals_remind_once(database: Database) -> None:
    chat = conversation(database)
    for number in range(5):
        join(database, f"138{number:08}", conversation_id=chat)
    at(SALON.start - HOUR)
    found, _ = race(4, lambda _: remind(database))
    assert sum(found) == 5


# Who moves up


def test_who_moves_up_is_told_in_the_chat_and_nobody_has_to_call(database: Database) -> None:
    few = replace(SALON, places=2, people_at_most=2)
    chat = conversation(database)
    first = join(database, "13800000001", few, people=2)
    join(database, "13800000002", few, people=2, conversation_id=chat, name="李雷")
    events.cancel(database, few, first.id, clock.now())
    assert list_tasks(database) == []
    assert send(database) == 1
    [told] = said(database, chat)
    assert "李雷，好消息：您候补的新车主爱车养护沙龙有名额了，已为您报上 2 位" in told.text


def test_whom_nothing_reaches_is_called(database: Database) -> None:
    few = replace(SALON, places=2, people_at_most=2)
    first = join(database, "13800000001", few, people=2)
    join(database, "13800000002", few, people=2)
    events.cancel(database, few, first.id, clock.now())
    [task] = list_tasks(database)
    assert (task.phone, task.kind.value) == ("13800000002", "event_reply")
