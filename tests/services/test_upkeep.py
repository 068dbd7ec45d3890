"""The round that runs every few seconds: what it does, that nothing stops it, and that it stops."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot import clock
from bot.services import upkeep
from bot.services.outbox import Senders
from bot.services.upkeep import (
    Upkeep,
    delete_expired_holds,
    delete_old_messages,
    run_upkeep,
    upkeep_rounds,
)
from bot.services.uploads import keep_file
from bot.services.visits import Contact
from bot.store.database import Database
from bot.store.tables import Claim, Hold
from tests.files import PNG
from tests.services.bookings import DEMO, HALF_PAST_TWO, NOW, THREE, TWO, WANG, book, check, count, hold
from tests.services.racing import is_consistent
from tests.services.reminded import CONTENT, at, conversation, notices, rows, send

LATER = NOW + timedelta(minutes=DEMO.rules.hold_minutes)


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    at(NOW)
    yield
    clock.clock.set(None)


def test_expired_holds_go_and_living_ones_stay(database: Database) -> None:
    hold(database, TWO, "a")
    hold(database, THREE, "b", now=NOW + timedelta(minutes=5))
    assert delete_expired_holds(database) == 0
    at(LATER)
    assert delete_expired_holds(database) == 1
    assert (count(database, Hold), count(database, Claim)) == (1, 7)
    assert is_consistent(database)
    check(database, TWO, now=LATER)


def test_many_processes_delete_a_hold_once(database: Database) -> None:
    for number, start in enumerate((TWO, HALF_PAST_TWO + timedelta(days=1), THREE + timedelta(days=2))):
        hold(database, start, str(number))
    at(LATER)
    barrier = threading.Barrier(8)
    deleted: list[int] = []

    def work() -> None:
        barrier.wait(30)
        deleted.append(delete_expired_holds(database))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(deleted) == 3
    assert len(deleted) == 8


def test_a_round_sends_what_is_due_and_says_to_whom(database: Database) -> None:
    chat = conversation(database)
    book(database, conversation_id=chat)
    at(TWO - timedelta(days=1))
    told: list[str] = []
    run_upkeep(database, CONTENT, Senders(), told.append)
    run_upkeep(database, CONTENT, Senders(), told.append)

    assert told == [chat]
    assert notices(database, chat) == ["reminder_24"]


def test_a_step_that_fails_is_logged_and_keeps_none_of_the_others(
    database: Database, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: Any) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr(upkeep, "serve_waitlist", broken)
    monkeypatch.setattr(upkeep, "delete_expired_holds", broken)
    chat = conversation(database)
    book(database, conversation_id=chat)
    at(TWO - timedelta(days=1))
    run_upkeep(database, CONTENT, Senders())

    assert notices(database, chat) == ["reminder_24"]
    assert [r.getMessage() for r in caplog.records if r.levelname == "ERROR"] == [
        "upkeep of the waitlist failed",
        "upkeep of expired holds failed",
    ]


def test_a_webhook_that_hangs_keeps_neither_the_mails_nor_the_chat(database: Database) -> None:
    chat, free, mailed = conversation(database), threading.Event(), threading.Event()
    book(database, conversation_id=chat, contact=Contact("王小明", WANG.phone, "wang@example.com"))
    at(TWO - timedelta(days=1))
    senders = Senders(lambda *_: mailed.set(), lambda *_: [free.wait(60)])  # type: ignore[arg-type,return-value]
    told = threading.Event()
    rounds = upkeep_rounds(database, CONTENT, senders, lambda _: told.set())
    keeper = Upkeep(*rounds, seconds=0.01)
    keeper.start()
    try:
        assert mailed.wait(30)
        assert told.wait(30)
    finally:
        free.set()
        keeper.stop(30)
    assert not keeper.is_running


def test_messages_that_are_over_go_after_ninety_days(database: Database) -> None:
    chat = conversation(database)
    old = book(database, conversation_id=chat)
    send(database)
    at(TWO - timedelta(days=1))
    send(database)
    at(NOW + timedelta(days=92))
    assert delete_old_messages(database) == 2  # the events (visit, lead) for which there was no webhook
    at(TWO + timedelta(days=90))
    assert delete_old_messages(database) == 1  # the reminder that was sent
    assert [row.kind for row in rows(database, appointment_id=old.id)] == ["reminder_2"], "it still waits"
    assert delete_old_messages(database) == 0


def test_the_thread_goes_on_after_an_error_and_stops_when_told(caplog: pytest.LogCaptureFixture) -> None:
    rounds, third = [], threading.Event()

    def run() -> None:
        rounds.append(1)
        if len(rounds) == 3:
            third.set()
        raise RuntimeError("broken")

    keeper = Upkeep(run, seconds=0.001)
    keeper.start()
    assert third.wait(30)
    keeper.stop()
    done = len(rounds)
    assert not keeper.is_running
    assert len(rounds) == done
    assert "upkeep failed" in caplog.text


def test_stopping_does_not_wait_for_a_round_that_takes_for_ever() -> None:
    begun, free = threading.Event(), threading.Event()

    def run() -> None:
        begun.set()
        free.wait(60)

    keeper = Upkeep(run, seconds=60)
    keeper.start()
    assert begun.wait(30)
    keeper.stop(seconds=0.01)
    assert keeper.is_running
    free.set()
    keeper.stop()
    assert not keeper.is_running


def test_files_that_were_never_sent_go(database: Database, tmp_path: Path) -> None:
    unsent = keep_file(database, tmp_path, PNG, "a.png", NOW, "admin")
    rounds = upkeep_rounds(database, CONTENT, Senders(), uploads=tmp_path)
    rounds[0]()
    assert (tmp_path / unsent.token).exists()
    at(NOW + timedelta(hours=25))
    rounds[0]()
    assert not (tmp_path / unsent.token).exists()
