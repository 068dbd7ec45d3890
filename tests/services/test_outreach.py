"""Contacts about what a car has due: which way, with whose consent, once, and what became of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from bot import clock
from bot.domain.booking import VisitKind, VisitRequest
from bot.domain.conversation import Owner
from bot.domain.errors import DeliveryFailed
from bot.services import booking
from bot.services.audit import Actor
from bot.services.consents import Purpose
from bot.services.consents import say as say_consent
from bot.services.mileage import record_mileage
from bot.services.outreach import contacts
from bot.services.outreach.invitations import open_outreach
from bot.services.outreach.opening import Report
from bot.services.outreach.run import run_outreach
from bot.services.task_ends import end_task
from bot.services.visits import Contact
from bot.store.database import Database
from bot.store.lifecycle_tables import Outreach, Task
from bot.store.staff_tables import Case, User
from bot.store.tables import Conversation, Customer, OutboxMessage, Vehicle
from tests.services.bookings import DEMO, NOW
from tests.services.bookings import at as moment
from tests.services.racing import race
from tests.services.reminded import CONTENT, Post, at, conversation, owned_by, said, send

PHONE, PLATE = "13812345678", "浙AD9001"
DAY = timedelta(days=1)
TODAY = NOW.date()


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    at(NOW)
    yield
    clock.clock.set(None)


@pytest.fixture
def car(database: Database) -> str:
    """A car whose 10,000 km are near; its owner cannot be reached by themselves."""
    with database.transaction() as session:
        session.add(Customer(id="c", phone=PHONE, name="王小明", adviser="east-adviser-1", created_at=NOW))
        session.flush()
        session.add(
            Vehicle(
                plate=PLATE,
                customer_id="c",
                model="x5",
                delivered=date(2026, 3, 1),
                mileage=9_700,
                mileage_on=TODAY,
                last_service_on=date(2026, 7, 1),
                last_service_km=5_100,
                store="east",
            )
        )
    return PLATE


def chat_of(database: Database) -> str:
    id_ = conversation(database)
    with database.transaction() as session:
        session.get(Conversation, id_).customer_id = "c"
    return id_


def change(database: Database, table: Any, id_: str, **values: Any) -> None:
    with database.transaction() as session:
        row = session.get(table, id_)
        for name, value in values.items():
            setattr(row, name, value)


def run(database: Database, **more: Any) -> Report:
    return run_outreach(database, CONTENT.current(), more.pop("now", clock.now()), **more)


def rows(database: Database, table: Any = Outreach) -> list[Any]:
    with database.reading() as session:
        return list(session.scalars(sa.select(table)))


def one(database: Database) -> Any:
    [row] = rows(database)
    return row


# Which way


def test_in_the_chat_with_buttons(database: Database, car: str) -> None:
    chat = chat_of(database)
    run(database)
    assert send(database) == 1

    [told] = said(database, chat)
    assert "青岚 X5" in told.text
    assert "10,000 公里" in told.text
    assert [each["title"] for each in told.buttons] == ["帮我预约", "暂时不需要", "已经做过了"]
    row = one(database)
    assert (row.moment, row.occasion, row.state, row.channel) == ("service_10k", "10000", "sent", "web")
    assert (row.reason, row.sent_on) == ("mileage", TODAY)


def test_at_night_it_waits_for_the_morning(database: Database, car: str) -> None:
    chat = chat_of(database)
    at(NOW.replace(hour=22))
    run(database)
    assert send(database) == 0
    at(NOW.replace(hour=8, minute=31) + DAY)
    assert send(database) == 1
    assert len(said(database, chat)) == 1


def test_a_refusal_in_the_night_counts(database: Database, car: str) -> None:
    chat = chat_of(database)
    at(NOW.replace(hour=22))
    run(database)
    with database.transaction() as session:
        say_consent(session, Purpose.SERVICE_CONTACT, False, "dialogue", NOW, PHONE)
    at(NOW.replace(hour=9) + DAY)
    assert send(database) == 0
    assert said(database, chat) == []


def test_by_mail_where_there_is_no_chat(database: Database, car: str) -> None:
    change(database, Customer, "c", email="wang@example.com")
    run(database)
    post = Post()
    assert send(database, post) == 1

    [mail] = post.mails
    assert "1 万公里定期保养" in mail.subject
    assert "10,000 公里" in mail.text
    assert (one(database).state, one(database).channel) == ("sent", "email")


def test_otherwise_the_own_adviser_calls(database: Database, car: str) -> None:
    with database.transaction() as session:
        session.add(
            User(
                username="lin", password_hash="", role="consultant", resource="east-adviser-1", created_at=NOW
            )
        )
    run(database)

    [task] = rows(database, Task)
    assert (task.kind, task.assignee, task.phone, task.plate) == ("outreach_call", "lin", PHONE, PLATE)
    assert (task.script, task.details["km"]) == ("service_10k", "10,000 公里")
    end_task(database, task.id, "refused", None, Actor("lin"), NOW)
    assert one(database).state == "refused"


def test_a_mail_that_cannot_be_sent_becomes_a_call(database: Database, car: str) -> None:
    change(database, Customer, "c", email="wang@example.com")
    run(database)
    send(database, Post(failures=[DeliveryFailed("no such address", final=True)]))

    assert [task.kind for task in rows(database, Task)] == ["outreach_call"]
    assert one(database).channel == "call"


def test_whoever_talks_with_a_person_is_told_later(database: Database, car: str) -> None:
    chat = chat_of(database)
    owned_by(database, chat, Owner.ADVISER)
    assert run(database).held == {"with_a_person": 1}
    owned_by(database, chat, Owner.BOT)
    at(NOW + DAY)
    assert run(database).total == 1


# Whom, and how often


def test_once_however_often_it_runs(database: Database, car: str) -> None:
    assert run(database).total == 1
    for days in range(1, 40):
        assert run(database, now=NOW + days * DAY).total == 0


def test_processes_that_run_at_once_open_one(database: Database, car: str) -> None:
    chat = chat_of(database)
    reports, failures = race(6, lambda _: run(database))

    assert (sum(report.total for report in reports), failures) == (1, 0)
    assert len(rows(database)) == len(rows(database, OutboxMessage)) == 1
    send(database)
    assert len(said(database, chat)) == 1


def test_trying_out_changes_nothing(database: Database, car: str) -> None:
    assert run(database, dry_run=True).opened == {("service_10k", "call"): 1}
    assert rows(database) == rows(database, Task) == []
    assert run(database).total == 1


def test_who_refused_reminders_gets_none(database: Database, car: str) -> None:
    with database.transaction() as session:
        say_consent(session, Purpose.SERVICE_CONTACT, False, "dialogue", NOW, PHONE)
    assert run(database).held == {"no_consent": 1}


def test_nobody_is_written_to_in_the_quiet_time(database: Database, car: str) -> None:
    change(database, Customer, "c", quiet_until=TODAY + 3 * DAY)
    assert run(database).held == {"quiet": 1}
    assert run(database, now=NOW + 4 * DAY).total == 1


def test_nobody_is_invited_while_they_complain(database: Database, car: str) -> None:
    with database.transaction() as session:
        session.add(
            Case(
                id="x",
                kind="complaint",
                status="open",
                conversation_id="",
                phone=PHONE,
                details={},
                created_at=NOW,
                updated_at=NOW,
            )
        )
    assert run(database).held == {"complaint": 1}
    change(database, Case, "x", status="closed")
    assert run(database, now=NOW + DAY).total == 1


def test_nobody_is_invited_to_what_is_booked(database: Database, car: str) -> None:
    _book(database)
    assert run(database).held == {"visit_booked": 1}


def test_a_car_that_was_sold_has_nothing_due(database: Database, car: str) -> None:
    change(database, Vehicle, PLATE, left_on=TODAY)
    assert run(database).cars == 0


def test_greetings_need_consent(database: Database, car: str) -> None:
    chat_of(database)
    change(database, Vehicle, PLATE, mileage=6_000)
    change(database, Customer, "c", birthday=date(1990, TODAY.month, TODAY.day))
    assert run(database).held == {"no_consent": 1}
    with database.transaction() as session:
        say_consent(session, Purpose.MARKETING, True, "dialogue", NOW, PHONE)
        session.get(Vehicle, PLATE).look_again_on = None
    assert run(database).opened == {("holiday_greeting", "web"): 1}


def test_nobody_is_called_to_be_greeted(database: Database, car: str) -> None:
    change(database, Vehicle, PLATE, mileage=6_000)
    change(database, Customer, "c", birthday=date(1990, TODAY.month, TODAY.day), email="wang@example.com")
    with database.transaction() as session:
        say_consent(session, Purpose.MARKETING, True, "dialogue", NOW, PHONE)
    assert run(database).opened == {("holiday_greeting", "email"): 1}
    send(database, Post(failures=[DeliveryFailed("no such address", final=True)]))
    assert (one(database).state, rows(database, Task)) == ("unreached", [])

    change(database, Customer, "c", birthday=date(1990, 11, 25), email=None)
    assert run(database, now=NOW + 3 * DAY).held == {"unreachable": 1}


def test_a_visit_for_something_else_is_no_service(database: Database, car: str) -> None:
    _book(database, "tire_service")
    assert run(database).opened == {("service_10k", "call"): 1}
    _book(database, "brake_check", at_="11-28 14:00")
    assert one(database).state == "planned"


def test_who_wants_no_contact_is_not_called_either(database: Database, car: str) -> None:
    change(database, Vehicle, PLATE, delivered=TODAY - 50 * DAY, mileage=900, last_service_on=None)
    with database.transaction() as session:
        say_consent(session, Purpose.SERVICE_CONTACT, False, "dialogue", NOW, PHONE)
    assert run(database).held == {"no_consent": 1}
    change(database, Vehicle, PLATE, delivered=TODAY, look_again_on=None)
    assert run(database).opened == {("delivery", "call"): 1}


# Invitations to events

EVENT = {"event": "爱车养护沙龙", "time": "周六 11月28日 14:00", "store": "城东店", "offer": "免费洗车"}


def invite(database: Database, *plates: str, **more: Any) -> Report:
    arguments = ("care_salon", "salon-1", plates or (PLATE,), EVENT)
    return open_outreach(database, CONTENT.current(), clock.now(), *arguments, **more)


def test_an_invitation_to_an_event_goes_to_those_who_agreed_once(database: Database, car: str) -> None:
    chat = chat_of(database)
    with database.transaction() as session:
        more = {"customer_id": "c", "model": "s6", "delivered": date(2025, 1, 1)}
        session.add(Vehicle(plate="浙AD9002", **more))
    assert invite(database).held == {"no_consent": 1}
    with database.transaction() as session:
        say_consent(session, Purpose.MARKETING, True, "dialogue", NOW, PHONE)
    assert invite(database, dry_run=True).opened == {("care_salon", "web"): 1}
    assert invite(database, PLATE, "浙AD9002").opened == {("care_salon", "web"): 1}
    assert invite(database, PLATE, "浙AD9002").total == 0
    assert send(database) == 1
    [told] = said(database, chat)
    assert told.text.startswith("爱车养护沙龙，周六 11月28日 14:00，城东店：免费洗车")
    assert one(database).occasion == "salon-1"


# What becomes of it


def _book(database: Database, job: str = "regular_service", at_: str = "11-28 10:00") -> Any:
    wish = VisitRequest(VisitKind.SERVICE, "east", "x5", (job,))
    return booking.book(
        database,
        DEMO,
        clock.now(),
        None,
        wish,
        moment(at_),
        Contact("王小明", PHONE),
        plate=PLATE,
    )


def test_a_booking_is_its_result(database: Database, car: str) -> None:
    run(database)
    visit = _book(database)
    row = one(database)
    assert (row.state, row.appointment_id) == ("booked", visit.id)
    assert [task.status for task in rows(database, Task)] == ["cancelled"]


def test_a_message_that_has_not_gone_out_is_not_sent_after_a_booking(database: Database, car: str) -> None:
    chat = chat_of(database)
    run(database)
    _book(database)
    assert send(database) == 0
    assert said(database, chat) == []


def test_what_is_answered_is_kept(database: Database, car: str) -> None:
    chat = chat_of(database)
    run(database)
    send(database)
    waiting = contacts.of_conversation(database, chat, clock.now())
    assert waiting is not None
    assert waiting.is_of_service
    assert contacts.answer(database, waiting.id, "refused", clock.now())
    assert not contacts.answer(database, waiting.id, "done_elsewhere", clock.now())
    assert contacts.of_conversation(database, chat, clock.now()) is None


def test_without_an_answer_it_ends(database: Database, car: str) -> None:
    chat_of(database)
    run(database)
    send(database)
    run(database, now=NOW + 31 * DAY)
    assert one(database).state == "expired"


def test_what_never_went_out_ends_too(database: Database, car: str) -> None:
    chat_of(database)
    run(database)
    at(NOW + 8 * DAY)
    assert send(database) == 0
    run(database, now=NOW + 31 * DAY)
    assert one(database).state == "expired"


def test_a_slip_does_not_make_an_old_car(database: Database, car: str) -> None:
    with database.transaction() as session:
        record_mileage(session, PLATE, 97_000, TODAY + DAY, "customer", NOW)
    assert run(database, now=NOW + DAY).opened == {("service_10k", "call"): 1}


def test_a_told_mileage_brings_the_next_service_near(database: Database, car: str) -> None:
    change(database, Vehicle, PLATE, mileage=6_000)
    assert run(database).total == 0
    with database.transaction() as session:
        assert record_mileage(session, PLATE, 9_600, TODAY, "customer", NOW)
    assert run(database).opened == {("service_10k", "call"): 1}
