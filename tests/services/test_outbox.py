"""Sending: each message once however many send at once, tried again when it fails, and never for what has changed.

The controls switch the conditional update off, and then messages go out twice.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from bot import clock
from bot.domain.errors import Conflict, DeliveryFailed
from bot.services import booking, messages, outbox, outbox_lines
from bot.services.messages import Inbound
from bot.services.visits import BookedVisit
from bot.store import outbox as store
from bot.store.database import Database
from bot.store.tables import Message, OutboxMessage
from tests.services.bookings import DEMO, NOW, THREE, TWO, book
from tests.services.reminded import (
    Post,
    at,
    conversation,
    notices,
    rows,
    said,
    send,
    with_email,
)

DAY_BEFORE = TWO - timedelta(days=1)
MINUTE = timedelta(minutes=1)
SENDERS = 20
AWAY = DeliveryFailed("the mail server cannot be reached", words="连不上邮件服务器")


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    at(NOW)
    yield
    clock.clock.set(None)


@pytest.fixture
def chat(database: Database) -> str:
    return conversation(database)


@pytest.fixture
def mailed(database: Database) -> BookedVisit:
    """A visit whose confirmation waits to be mailed."""
    with_email(database)
    return book(database)


@pytest.fixture
def meet(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Every sender has seen what waits on a channel before the first of them takes it."""
    read, barrier = store.due, threading.Barrier(SENDERS)

    def on(channel: str) -> None:
        def due(*arguments: Any) -> Any:
            found = read(*arguments)
            if arguments[1] == channel:
                barrier.wait(30)
            return found

        monkeypatch.setattr(store, "due", due)

    return on


def together(database: Database, post: Post) -> list[int]:
    with ThreadPoolExecutor(SENDERS) as pool:
        return list(pool.map(lambda _: send(database, post), range(SENDERS)))


def test_twenty_senders_write_one_chat_message(
    database: Database, chat: str, meet: Callable[[str], None]
) -> None:
    meet("chat")
    book(database, conversation_id=chat)
    at(DAY_BEFORE)
    sent = together(database, Post())

    assert sum(sent) == 1
    assert notices(database, chat) == ["reminder_24"]


def test_twenty_senders_mail_once(
    database: Database, mailed: BookedVisit, meet: Callable[[str], None]
) -> None:
    meet("email")
    post = Post()
    sent = together(database, post)

    assert (sum(sent), len(post.mails)) == (1, 1)


def unconditional_take(session: Any, id_: int, sender: str, now: Any, until: Any) -> bool:
    """``store.take`` without its condition."""
    session.execute(
        sa.update(OutboxMessage.__table__)
        .where(OutboxMessage.id == id_)
        .values(state=store.TAKEN, taken_by=sender, taken_until=until)
    )
    return True


def test_control_without_the_condition_mails_go_out_twice(
    database: Database,
    mailed: BookedVisit,
    monkeypatch: pytest.MonkeyPatch,
    meet: Callable[[str], None],
) -> None:
    meet("email")
    monkeypatch.setattr(store, "take", unconditional_take)
    post = Post()
    together(database, post)

    assert len(post.mails) > 1


def test_control_without_the_conditions_the_chat_says_it_twice(
    database: Database, chat: str, monkeypatch: pytest.MonkeyPatch, meet: Callable[[str], None]
) -> None:
    meet("chat")
    book(database, conversation_id=chat)
    at(DAY_BEFORE)
    monkeypatch.setattr(store, "take", unconditional_take)
    monkeypatch.setattr(store, "finish", lambda *_, **__: True)
    together(database, Post())

    assert len(said(database, chat)) > 1


def test_senders_and_a_move_at_once_never_tell_the_old_time(database: Database, chat: str) -> None:
    """Whoever is first: an old reminder stands before the move, or not at all."""
    visit = book(database, conversation_id=chat)
    at(DAY_BEFORE)
    barrier = threading.Barrier(8)
    moved_after: list[int] = []

    def act(number: int) -> None:
        barrier.wait(30)
        if number:
            send(database)
        else:
            booking.move_visit(database, DEMO, DAY_BEFORE, visit.code, visit.phone, THREE)
            moved_after.append(len(said(database, chat)))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(act, range(8)))

    (count,) = moved_after
    assert len(said(database, chat)) == count <= 1
    states = {row.state for row in rows(database, kind="reminder_24") if row.data["sequence"] == 0}
    assert states == ({"sent"} if count else {"dropped"})


def test_a_typed_one_presses_the_first_button_of_the_reminder(database: Database, chat: str) -> None:
    visit = book(database, conversation_id=chat)
    at(DAY_BEFORE)
    send(database)
    at(TWO - timedelta(hours=2))
    send(database)

    received = messages.receive(database, Inbound("web", "wang", "1"), clock.now())
    assert received.for_bot == f'/visit_reply{{"do": "confirm", "code": "{visit.code}"}}'
    (mine,) = [message for message in said(database, chat) if message.author == "customer"]
    assert mine.text == "1"


def test_only_the_buttons_of_the_newest_reminder_have_numbers(database: Database, chat: str) -> None:
    book(database, conversation_id=chat)
    for moment in (DAY_BEFORE, TWO - timedelta(hours=1)):
        at(moment)
        send(database)

    assert len(said(database, chat)[-1].buttons) == 2
    assert messages.receive(database, Inbound("web", "wang", "3"), clock.now()).for_bot == "3"


def test_what_fails_is_tried_again_after_growing_pauses(database: Database, mailed: BookedVisit) -> None:
    post = Post(failures=[AWAY] * 3)
    attempts, moment = [], NOW
    for minutes in range(60):
        moment = NOW + minutes * MINUTE
        at(moment)
        before = len(post.failures)
        if send(database, post) or len(post.failures) < before:
            attempts.append(minutes)

    assert attempts == [0, 2, 7, 24]  # 1, 4 and 16 minutes and the moment that the clock runs on
    assert len(post.mails) == 1
    (row,) = rows(database, kind="confirmation")
    assert (row.state, row.attempts, row.problem) == ("sent", 4, None)


def test_in_the_end_it_is_given_up_logged_and_listed(
    database: Database, chat: str, caplog: pytest.LogCaptureFixture
) -> None:
    visit = book(database)
    away = DeliveryFailed("the webhook answered 500", words="接收推送的系统回复了 500")
    post = Post(failures=[away] * 99, listens=True)
    for hours in range(24):
        at(NOW + timedelta(hours=hours))
        send(database, post)

    (line, lead) = outbox_lines.list_outbox(database, ("failed",))
    assert (line.attempts, line.problem, line.appointment_id) == (6, away.words, visit.id)
    (last, _) = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert lead.kind == "lead.created"
    assert visit.id in last.getMessage()
    assert last.getMessage().endswith("the webhook answered 500")
    assert visit.phone not in caplog.text

    post.failures.clear()
    assert outbox_lines.retry_failed(database, clock.now(), line.id) == 1
    assert send(database, post) == 1
    with pytest.raises(Conflict):
        outbox_lines.retry_failed(database, clock.now(), line.id)


def test_what_can_never_be_delivered_is_given_up_at_once(database: Database, mailed: BookedVisit) -> None:
    send(database, Post(failures=[DeliveryFailed("SMTP 550: the recipient was refused", final=True)]))

    assert [row.kind for row in rows(database, state="failed")] == ["confirmation"]


def test_a_reminder_is_not_tried_for_longer_than_it_makes_sense(
    database: Database, mailed: BookedVisit
) -> None:
    post = Post(failures=[AWAY] * 99)
    for minutes in range(0, 130, 5):
        at(TWO - timedelta(hours=2) + minutes * MINUTE)
        send(database, post)

    states = {row.kind: row.state for row in rows(database)}
    assert states == {"confirmation": "failed", "reminder_24": "dropped", "reminder_2": "failed"}


def test_a_mail_server_that_is_away_is_asked_once_in_a_round(database: Database, mailed: BookedVisit) -> None:
    book(database, THREE)
    post = Post(failures=[AWAY] * 99)
    send(database, post)

    assert len(post.failures) == 98


def test_one_message_that_cannot_be_said_does_not_keep_the_others(
    database: Database, chat: str, caplog: pytest.LogCaptureFixture
) -> None:
    book(database, conversation_id="nobody")
    book(database, THREE, conversation_id=chat)
    at(THREE - timedelta(days=1))
    send(database)

    assert notices(database, chat) == ["reminder_24"]
    (failed,) = rows(database, state="failed")
    assert failed.problem == "找不到这个会话"


def test_a_sender_that_died_gives_its_message_back(database: Database, mailed: BookedVisit) -> None:
    (row,) = rows(database, kind="confirmation")
    with database.transaction() as session:
        assert store.take(session, row.id, "dead", NOW, NOW + outbox.LEASE)
    post = Post()
    assert send(database, post) == 0
    at(NOW + outbox.LEASE)
    assert send(database, post) == 1
    with database.transaction() as session:  # it was only slow, and comes back
        assert not store.finish(session, row.id, "dead", store.FAILED)
    assert rows(database, kind="confirmation")[0].state == "sent"


def test_a_mail_sent_twice_has_one_id(
    database: Database, mailed: BookedVisit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process died after the server had taken the mail: it goes out again, as the same mail."""
    post = Post()
    with monkeypatch.context() as patched:
        patched.setattr(store, "finish", lambda *_, **__: False)
        send(database, post)
    at(NOW + outbox.LEASE + MINUTE)
    send(database, post)

    assert len(post.mails) == 2
    assert len({mail.id for mail in post.mails}) == 1


def test_a_chat_message_and_its_mark_are_one_transaction(
    database: Database, chat: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever breaks in between, the message is not said, and later it is said once."""
    book(database, conversation_id=chat)
    at(DAY_BEFORE)

    def broken(*_: Any) -> None:
        raise RuntimeError("the process stumbled")

    with monkeypatch.context() as patched:
        patched.setattr(messages, "add_notice", broken)
        assert send(database) == 0
    assert said(database, chat) == []
    at(DAY_BEFORE + 2 * MINUTE)
    send(database)
    assert notices(database, chat) == ["reminder_24"]


def test_a_visit_moved_while_its_mail_is_on_the_way_stays_as_it_is(
    database: Database, mailed: BookedVisit
) -> None:
    """The mail left before the move: what is written then is not marked over."""

    class Mover(Post):
        def _mail(self, mail: Any, now: Any) -> None:
            if not self.mails:
                booking.move_visit(database, DEMO, NOW, mailed.code, mailed.phone, THREE)
            super()._mail(mail, now)

    post = Mover()
    send(database, post)
    send(database, post)
    assert [mail.subject for mail in post.mails] == [
        "预约确认：周六 11月28日 14:00 试驾 青岚 X5",
        "预约已改到 周六 11月28日 15:00",
    ]


def test_messages_keep_their_numbers_in_order(database: Database, chat: str) -> None:
    for start in (TWO, THREE):
        book(database, start, conversation_id=chat)
    at(THREE - timedelta(hours=1))
    send(database)

    with database.reading() as session:
        numbers = list(session.scalars(sa.select(Message.seq).where(Message.conversation_id == chat)))
    assert sorted(numbers) == list(range(1, len(numbers) + 1))
