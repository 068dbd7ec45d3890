"""What the dealer's systems hear of handoffs, leads and cases, and the record of every attempt to tell them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from bot import clock
from bot.domain.cases import CaseKind
from bot.domain.conversation import HandoffReason, Outcome
from bot.domain.errors import DeliveryFailed, NotFound
from bot.services import desk
from bot.services.audit import Actor, list_audit
from bot.services.callbacks import withdraw_callback
from bot.services.cases import assign_case, close_case, open_case, update_case
from bot.services.conversations import back_to_bot
from bot.services.leads import LeadChange, LeadStatus, change_lead, note_lead
from bot.services.outbox_lines import list_outbox, retry_failed
from bot.store.database import Database
from bot.store.outbox import STATES
from tests.services.bookings import DEMO, NOW, book
from tests.services.reminded import CONTENT, Post, at, conversation, send, with_email
from tests.services.waiting_work import colleague, waits

MINUTE = timedelta(minutes=1)
PHONE = "13812345678"
LI = Actor("li")
AWAY = DeliveryFailed("the webhook answered 500", words="接收推送的系统回复了 500")


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    at(NOW)
    yield
    clock.clock.set(None)


def told(database: Database) -> list[dict[str, Any]]:
    """The events that have gone out an hour later."""
    at(NOW + timedelta(hours=1))
    post = Post(listens=True)
    send(database, post)
    return [event for _, event in post.events]


def names(events: list[dict[str, Any]]) -> list[str]:
    return [event["event"] for event in events]


def test_a_handoff_from_the_queue_to_its_end(database: Database) -> None:
    li = colleague(database, "li", "sales")
    id_ = waits(
        database, reason=HandoffReason.HAGGLING, facts={"known_phone": PHONE}, last_messages=["便宜点"]
    )
    desk.take(database, CONTENT.current(), id_, li, NOW + MINUTE)
    desk.close(database, CONTENT.current(), id_, li, NOW + 2 * MINUTE, Outcome.BOOKED, "周六来")
    queued, lead, taken, ended = told(database)

    assert names([queued, lead, taken, ended]) == [
        "handoff.queued",
        "lead.created",
        "handoff.taken",
        "handoff.ended",
    ]
    assert queued["handoff"] == {
        "id": ended["handoff"]["id"],
        "conversation_id": id_,
        "reason": "price_negotiation",
        "skill": "sales",
        "status": "open",
        "adviser": None,
        "outcome": None,
        "note": None,
        "created_at": "2026-11-22T10:00:00+08:00",
        "taken_at": None,
        "ended_at": None,
        "facts": {"known_phone": PHONE},
    }
    assert taken["handoff"]["taken_at"] == taken["time"] == "2026-11-22T10:01:00+08:00"
    assert (taken["handoff"]["adviser"], ended["handoff"]["outcome"], ended["handoff"]["note"]) == (
        "li",
        "booked",
        "周六来",
    )


def test_a_customer_who_waits_no_longer(database: Database) -> None:
    back_to_bot(database, waits(database), NOW + MINUTE)
    queued, ended = told(database)

    assert (names([queued, ended]), ended["handoff"]["status"]) == (
        ["handoff.queued", "handoff.ended"],
        "withdrawn",
    )


def test_a_case_from_its_opening_to_its_end(database: Database) -> None:
    colleague(database, "li")
    id_ = conversation(database)
    case = open_case(database, CaseKind.RESCUE, id_, NOW, {})
    update_case(database, case, NOW, PHONE, {"place": "人民路"})  # still asking
    update_case(database, case, NOW, None, {"complete": True})
    assign_case(database, case, "li", LI, NOW)
    close_case(database, DEMO, case, "towed", "拖回店里", LI, NOW)
    close_case(database, DEMO, case, "towed", "again", LI, NOW)
    events = told(database)

    assert names(events) == ["case.opened", "case.updated", "case.updated", "case.closed"]
    assert [event["case"]["phone"] for event in events] == [None, PHONE, PHONE, PHONE]
    assert events[1]["case"]["details"]["place"] == "人民路"
    closed = events[3]["case"]
    assert (closed["kind"], closed["status"], closed["note"], closed["adviser"]) == (
        "rescue",
        "closed",
        "拖回店里",
        "li",
    )


def test_a_call_back_that_is_not_wanted_any_more(database: Database) -> None:
    case = open_case(database, CaseKind.CALLBACK, conversation(database), NOW, {})
    withdraw_callback(database, case, NOW)

    assert names(told(database)) == ["case.opened", "case.closed"]


def test_a_lead_that_staff_look_after(database: Database) -> None:
    lead = note_lead(database, LI, NOW, PHONE, "王小明")
    change_lead(database, lead.id, LeadChange(LeadStatus.CONTACTED), LI, NOW)
    change_lead(database, lead.id, LeadChange(LeadStatus.WON), LI, NOW)
    events = told(database)

    assert names(events) == ["lead.created", "lead.updated", "lead.updated"]
    assert [event["lead"]["status"] for event in events] == ["new", "contacted", "won"]
    assert events[0]["lead"]["phone"] == PHONE


def test_what_is_undone_is_not_told(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> None:
        raise RuntimeError("the process stumbled")

    with monkeypatch.context() as patched:
        patched.setattr("bot.services.conversations.lead_of_handoff", broken)
        with pytest.raises(RuntimeError):
            waits(database)
    assert told(database) == []


def test_every_attempt_is_recorded(database: Database) -> None:
    note_lead(database, LI, NOW, PHONE)
    post = Post(failures=[AWAY, AWAY], listens=True)
    for minutes in (0, 2, 10):
        at(NOW + minutes * MINUTE)
        send(database, post)

    (line,) = list_outbox(database, STATES, channels=("webhook",))
    assert [(attempt.delivered, attempt.problem) for attempt in line.deliveries] == [
        (True, None),
        (False, AWAY.words),
        (False, AWAY.words),
    ]
    assert [round((attempt.at - NOW) / MINUTE) for attempt in line.deliveries] == [10, 2, 0]
    assert all(attempt.milliseconds is not None for attempt in line.deliveries)


def test_a_mail_that_is_overtaken_is_no_attempt(database: Database) -> None:
    with_email(database)
    visit = book(database)
    send(database, Post(failures=[DeliveryFailed("SMTP 550", final=True, words="邮箱地址被拒收")]))
    (line,) = list_outbox(database, ("failed",))
    assert (line.address, [attempt.problem for attempt in line.deliveries]) == (
        "wang@example.com",
        ["邮箱地址被拒收"],
    )
    assert all(not line.deliveries for line in list_outbox(database, ("pending", "dropped")))
    assert line.appointment_id == visit.id


def test_a_person_sends_again_and_the_log_knows(database: Database) -> None:
    note_lead(database, LI, NOW, PHONE)
    post = Post(failures=[DeliveryFailed("gone", final=True, words="回复了 410")], listens=True)
    send(database, post)
    (line,) = list_outbox(database, ("failed",))
    retry_failed(database, NOW, line.id, LI)

    assert send(database, post) == 1
    (entry,) = list_audit(database, action="outbox.retried")
    assert (entry.username, entry.subject) == ("li", str(line.id))
    with pytest.raises(NotFound):
        retry_failed(database, NOW, 999, LI)
