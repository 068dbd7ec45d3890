"""What a booking, a move or a cancellation leaves in the outbox, and what the customer reads of it, and when."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from bot import clock
from bot.domain.booking import Slot
from bot.domain.conversation import Owner
from bot.domain.errors import BookingRefused, Conflict, NotFound
from bot.services import booking, reminders
from bot.services.availability import Wish
from bot.services.visits import BookedVisit, Contact, find_visit, row_of_code
from bot.store.database import Database
from tests.services.bookings import DEMO, DRIVE, NOW, THREE, TWO, WANG, book
from tests.services.reminded import (
    Post,
    at,
    conversation,
    notices,
    owned_by,
    rows,
    said,
    send,
    waiting,
    with_email,
)

DAY_BEFORE, HOURS_BEFORE = TWO - timedelta(days=1), TWO - timedelta(hours=2)
MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    at(NOW)
    yield
    clock.clock.set(None)


@pytest.fixture
def chat(database: Database) -> str:
    return conversation(database)


def booked_in(database: Database, chat: str | None, **more: Any) -> BookedVisit:
    return book(database, conversation_id=chat, **more)


def move(database: Database, visit: BookedVisit, start: Any = THREE, **more: Any) -> BookedVisit:
    return booking.move_visit(database, DEMO, more.pop("now", NOW), visit.code, visit.phone, start, **more)


def cancel(database: Database, visit: BookedVisit, **more: Any) -> BookedVisit:
    return booking.cancel_visit(database, DEMO, more.pop("now", NOW), visit.code, visit.phone, **more)


def test_a_visit_booked_in_the_chat_is_remembered_twice(database: Database, chat: str) -> None:
    booked_in(database, chat)

    assert waiting(database) == [("reminder_24", "11-27 14:00"), ("reminder_2", "11-28 12:00")]
    assert send(database) == 0
    assert said(database, chat) == []


def test_each_reminder_comes_once_at_its_time(database: Database, chat: str) -> None:
    booked_in(database, chat)

    for moment, so_far in (
        (DAY_BEFORE - MINUTE, []),
        (DAY_BEFORE, ["reminder_24"]),
        (DAY_BEFORE + MINUTE, ["reminder_24"]),
        (HOURS_BEFORE, ["reminder_24", "reminder_2"]),
        (TWO, ["reminder_24", "reminder_2"]),
    ):
        at(moment)
        send(database)
        send(database)
        assert notices(database, chat) == so_far
    assert waiting(database) == []


def test_the_reminder_says_what_when_and_where_and_how_to_answer(database: Database, chat: str) -> None:
    visit = booked_in(database, chat)
    at(DAY_BEFORE)
    heard: list[str] = []
    send(database, told=heard.append)

    (message,) = said(database, chat)
    assert message.text.startswith("提醒您：周六 11月28日 14:00，城东店，试驾 青岚 X5。\n地址：江州市城东区")
    assert message.text.endswith("能准时到的话，回复 1 确认就行。")
    assert [button["title"] for button in message.buttons] == ["会准时到", "改时间", "取消预约"]
    assert message.buttons[0]["payload"] == f'/visit_reply{{"do": "confirm", "code": "{visit.code}"}}'
    assert message.template == {"id": "template/utter_reminder", "version": 1}
    assert heard == [chat]


def test_when_it_is_too_late_to_change_the_reminder_leads_to_a_person(database: Database, chat: str) -> None:
    booked_in(database, chat)
    at(HOURS_BEFORE + MINUTE)
    send(database)

    (message,) = said(database, chat)
    assert [button["title"] for button in message.buttons] == ["会准时到", "来不了，找顾问"]


@pytest.mark.parametrize("owner", [Owner.QUEUE, Owner.ADVISER])
def test_a_person_owns_the_conversation_so_no_answer_is_asked_for(
    database: Database, chat: str, owner: Owner
) -> None:
    booked_in(database, chat)
    owned_by(database, chat, owner)
    at(DAY_BEFORE)
    send(database)

    (message,) = said(database, chat)
    assert (message.buttons, message.custom) == ((), {"notice": "reminder_24"})
    assert "回复 1" not in message.text


def test_who_has_promised_is_reminded_and_not_asked(database: Database, chat: str) -> None:
    visit = booked_in(database, chat)
    at(DAY_BEFORE)
    send(database)
    reminders.promise(database, DEMO, chat, visit.code, DAY_BEFORE + MINUTE)
    at(HOURS_BEFORE)
    send(database)

    assert find_visit(database, DEMO, visit.code, None).promised_at == DAY_BEFORE + MINUTE
    assert notices(database, chat) == ["reminder_24", "reminder_2"]
    assert "回复 1" not in said(database, chat)[-1].text


def test_a_promise_is_for_the_own_visit_that_is_still_to_come(database: Database, chat: str) -> None:
    visit = booked_in(database, chat)

    with pytest.raises(NotFound):
        reminders.promise(database, DEMO, conversation(database, "li"), visit.code, NOW)
    with pytest.raises(NotFound):
        reminders.promise(database, DEMO, chat, "AAA222", NOW)
    with pytest.raises(Conflict):
        reminders.promise(database, DEMO, chat, visit.code, TWO)
    cancel(database, visit)
    with pytest.raises(Conflict):
        reminders.promise(database, DEMO, chat, visit.code, NOW)


def test_a_move_takes_the_reminders_along(database: Database, chat: str) -> None:
    visit = booked_in(database, chat)
    monday = TWO + timedelta(days=2)
    reminders.promise(database, DEMO, chat, visit.code, NOW)
    move(database, visit, monday)

    assert waiting(database) == [("reminder_24", "11-29 14:00"), ("reminder_2", "11-30 12:00")]
    for moment in (DAY_BEFORE, HOURS_BEFORE, TWO):
        at(moment)
        assert send(database) == 0
    at(monday - timedelta(days=1))
    send(database)
    (message,) = said(database, chat)
    assert "周一 11月30日 14:00" in message.text
    assert "回复 1" in message.text  # the promise was for the old time


def test_a_move_after_the_first_reminder_brings_new_ones(database: Database, chat: str) -> None:
    visit = booked_in(database, chat)
    at(DAY_BEFORE)
    send(database)
    later = TWO + timedelta(days=2)
    move(database, visit, later, now=DAY_BEFORE + MINUTE)
    for moment in (HOURS_BEFORE, later - timedelta(days=1), later - timedelta(hours=2)):
        at(moment)
        send(database)

    assert notices(database, chat) == ["reminder_24", "reminder_24", "reminder_2"]


def test_a_move_to_the_same_time_changes_nothing(database: Database, chat: str) -> None:
    visit = booked_in(database, chat)
    before = [(row.id, row.state) for row in rows(database)]
    move(database, visit, TWO)

    assert [(row.id, row.state) for row in rows(database)] == before


def test_a_refused_move_leaves_the_reminders(database: Database, chat: str) -> None:
    book(database, THREE)
    visit = booked_in(database, chat)
    before = waiting(database)
    with pytest.raises(BookingRefused):
        move(database, visit, THREE)

    assert waiting(database) == before


def test_nothing_reminds_of_a_cancelled_visit(database: Database, chat: str) -> None:
    cancel(database, booked_in(database, chat))
    for moment in (DAY_BEFORE, HOURS_BEFORE):
        at(moment)
        assert send(database) == 0
    assert said(database, chat) == []


def test_after_a_long_standstill_only_the_reminder_that_counts_is_sent(database: Database, chat: str) -> None:
    booked_in(database, chat)
    at(HOURS_BEFORE + MINUTE)
    send(database)
    assert notices(database, chat) == ["reminder_2"]
    assert [row.problem for row in rows(database, state="dropped")] == ["已经过了该发送的时间"]


def test_a_visit_that_has_begun_is_not_reminded_of(database: Database, chat: str) -> None:
    booked_in(database, chat)
    at(TWO)
    assert send(database) == 0
    assert waiting(database) == []


def test_what_staff_do_is_told_in_the_chat(database: Database, chat: str) -> None:
    visit = booked_in(database, chat, by_staff=True)
    send(database)
    move(database, visit, by_staff=True)
    send(database)
    cancel(database, visit, by_staff=True)
    send(database)

    texts = [message.text for message in said(database, chat)]
    assert notices(database, chat) == ["confirmation", "moved", "cancelled"]
    assert texts[0].startswith("王小明，已为您约好：试驾 青岚 X5\n周六 11月28日 14:00，城东店")
    assert "周六 11月28日 15:00" in texts[1]
    assert "已取消" in texts[2]
    assert all(visit.code in text for text in texts)


def test_what_staff_changed_twice_before_it_was_sent_is_told_once(database: Database, chat: str) -> None:
    visit = booked_in(database, chat, by_staff=True)
    move(database, visit, by_staff=True)
    cancel(database, visit, by_staff=True)
    send(database)

    assert notices(database, chat) == ["cancelled"]


def test_without_a_conversation_and_an_address_nothing_is_written(database: Database) -> None:
    visit = booked_in(database, None)
    move(database, visit)

    assert rows(database) == []


def test_a_known_address_gets_everything_by_mail_too(database: Database, chat: str) -> None:
    with_email(database)
    post = Post()
    visit = booked_in(database, chat)
    send(database, post)
    move(database, visit)
    send(database, post)
    cancel(database, visit)
    send(database, post)

    assert [mail.subject for mail in post.mails] == [
        "预约确认：周六 11月28日 14:00 试驾 青岚 X5",
        "预约已改到 周六 11月28日 15:00",
        "预约已取消：周六 11月28日 15:00 试驾 青岚 X5",
    ]
    assert {mail.address for mail in post.mails} == {"wang@example.com"}
    assert len({mail.id for mail in post.mails}) == 3
    assert said(database, chat) == []  # the chat has shown it already


def test_mails_have_the_calendar_file_of_the_visit(database: Database) -> None:
    with_email(database)
    post = Post()
    visit = booked_in(database, None)
    send(database, post)
    cancel(database, visit)
    send(database, post)

    files = [mail.attachment for mail in post.mails if mail.attachment]
    assert [file.method for file in files] == ["PUBLISH", "CANCEL"]
    assert b"METHOD:CANCEL" in files[1].content
    assert b"SEQUENCE:1" in files[1].content


def test_the_dealers_systems_hear_of_every_event_at_once_and_of_no_reminder(
    database: Database, chat: str
) -> None:
    post = Post(listens=True)
    visit = booked_in(database, chat)
    move(database, visit)
    reminders.promise(database, DEMO, chat, visit.code, NOW)
    cancel(database, visit)
    send(database, post)

    events = post.visits
    assert [event["event"] for event in events] == ["booked", "moved", "promised", "cancelled"]
    assert [event["visit"]["start"] for event in events[:2]] == [
        "2026-11-28T14:00:00+08:00",
        "2026-11-28T15:00:00+08:00",
    ]
    assert events[3]["visit"]["status"] == "cancelled"
    assert {event["visit"]["phone"] for event in events} == {WANG.phone}


def test_rows_are_written_wherever_the_sender_may_be(database: Database, chat: str) -> None:
    """Staff book in a shell that knows neither mail server nor webhook; the server next to it knows both."""
    with_email(database)
    visit = booked_in(database, chat, by_staff=True)
    move(database, visit, by_staff=True)
    cancel(database, visit, by_staff=True)
    post = Post(listens=True)
    send(database, post)

    assert [mail.subject for mail in post.mails] == ["预约已取消：周六 11月28日 15:00 试驾 青岚 X5"]
    assert [event["event"] for event in post.visits] == ["booked", "moved", "cancelled"]


def test_what_is_due_where_nobody_sends_is_dropped_with_the_reason(database: Database, chat: str) -> None:
    with_email(database)
    booked_in(database, chat)
    send(database)

    dropped = [(row.channel, row.kind, row.problem) for row in rows(database, state="dropped")]
    assert dropped == [("email", "confirmation", "没有设置邮件服务器")]
    [event] = rows(database, channel="webhook", kind="booked")
    assert (event.state, event.problem) == ("dropped", "没有设置系统推送")
    assert len(rows(database, state="pending", channel="email")) == 2  # there may be one tomorrow


def test_who_has_neither_a_chat_nor_an_address_is_named_once(database: Database, chat: str) -> None:
    silent = booked_in(database, None)
    mailed = booked_in(database, None, start=THREE, contact=Contact("李", "13812345670", "li@example.com"))
    chatting = booked_in(
        database, chat, start=THREE + timedelta(days=1), contact=Contact("张", "13812345671")
    )

    assert reminders.unreached(database, [chatting, silent, mailed, silent]) == (silent,)
    assert reminders.unreached(database, [chatting, mailed]) == ()


def test_the_same_request_again_writes_nothing_twice(database: Database, chat: str) -> None:
    first = booked_in(database, chat, request_key="7")
    again = booked_in(database, chat, request_key="7")

    assert first.id == again.id
    assert len(rows(database)) == 2


def test_rows_live_and_die_with_the_booking(database: Database, chat: str) -> None:
    """A booking that is rolled back leaves no reminder."""
    wish = Wish(DEMO, NOW, DRIVE, TWO, phone=WANG.phone)
    with database.transaction() as session:
        booking.write_booking(session, wish, WANG, chat, None, {"plate": None, "mileage": None})
        session.rollback()
    assert rows(database) == []


def test_a_disrupted_visit_is_told_with_new_times_and_not_reminded_of(database: Database, chat: str) -> None:
    visit = booked_in(database, chat)
    times = [Slot("east", THREE, THREE), Slot("west", THREE + timedelta(days=1), THREE)]
    with database.transaction() as session:
        row = row_of_code(session, visit.code, None, lock=True)
        row.needs_new_time, row.sequence = True, row.sequence + 1
        reminders.disrupted(session, DEMO, row, NOW, times)
    send(database)

    (message,) = said(database, chat)
    assert [button["title"] for button in message.buttons] == [
        "周六 11月28日 15:00",
        "周日 11月29日 15:00 城西店",
        "其他时间",
        "联系顾问",
    ]
    assert '"do": "move"' in message.buttons[0]["payload"]
    assert waiting(database) == []
    with pytest.raises(Conflict):
        reminders.promise(database, DEMO, chat, visit.code, NOW)


def test_a_restored_visit_is_reminded_of_again(database: Database, chat: str) -> None:
    visit = booked_in(database, chat)
    for lost in (True, False):
        with database.transaction() as session:
            row = row_of_code(session, visit.code, None, lock=True)
            row.needs_new_time, row.sequence = lost, row.sequence + 1
            if lost:
                reminders.disrupted(session, DEMO, row, NOW)
            else:
                reminders.restored(session, DEMO, row, NOW)
        send(database)

    assert notices(database, chat) == ["disrupted", "restored"]
    assert [kind for kind, _ in waiting(database)] == ["reminder_24", "reminder_2"]
