"""Who may buy is a lead: one open per number, from whatever tells of it, and nothing of it is lost."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from bot import clock
from bot.domain.cases import CaseKind
from bot.domain.conversation import HandoffReason
from bot.domain.errors import WrongState
from bot.services import booking, leads
from bot.services.audit import Actor, list_audit
from bot.services.cases import open_case, update_case
from bot.services.conversations import record_handoff
from bot.services.leads import Found, LeadChange, LeadKind, LeadStatus, change_lead, list_leads, note_lead
from bot.store.database import Database
from bot.store.staff_tables import User
from bot.store.tables import Conversation, Customer
from tests.services.bookings import NOW, SERVICE, THREE, WANG, book
from tests.services.reminded import at, conversation, rows

LATER = NOW + timedelta(days=3)
LI = Actor("li")


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    at(NOW)
    yield
    clock.clock.set(None)


@pytest.fixture
def chat(database: Database) -> str:
    id_ = conversation(database)
    with database.transaction() as session:
        session.get(Conversation, id_).page = "https://dealer.example/x5"
    return id_


def events(database: Database) -> list[str]:
    return [row.kind for row in rows(database, channel="webhook") if row.kind.startswith("lead.")]


def call_back(database: Database, chat: str, phone: str | None = WANG.phone, **facts: Any) -> None:
    details = {"reason": "asked_for_a_person", "facts": facts}
    case = open_case(database, CaseKind.CALLBACK, chat, NOW, details)
    update_case(database, case, NOW, phone, {"complete": True})


def test_a_booked_test_drive_is_a_lead_with_its_source(database: Database, chat: str) -> None:
    visit = book(database, conversation_id=chat)
    (lead,) = list_leads(database)

    assert (lead.kind, lead.status, lead.phone, lead.name, lead.model) == (
        LeadKind.TEST_DRIVE,
        LeadStatus.NEW,
        WANG.phone,
        WANG.name,
        "x5",
    )
    assert (lead.channel, lead.page) == ("web", "https://dealer.example/x5")
    assert (lead.conversation_id, lead.appointment_id) == (chat, visit.id)
    assert events(database) == ["lead.created"]


def test_a_service_visit_is_none(database: Database, chat: str) -> None:
    book(database, request=SERVICE, conversation_id=chat)

    assert list_leads(database) == []


def test_a_booking_that_fails_leaves_none(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> None:
        leads.lead_of_visit(*_)
        raise RuntimeError("the process stumbled")

    monkeypatch.setattr(booking, "lead_of_visit", broken)
    with pytest.raises(RuntimeError):
        book(database)
    assert list_leads(database) == []


def test_the_same_number_continues_its_lead(database: Database, chat: str) -> None:
    call_back(database, chat, drive_model="e5", known_name="王先生")
    (first,) = list_leads(database)
    visit = book(database, now=NOW + timedelta(minutes=5))
    (lead,) = list_leads(database)

    assert (first.kind, first.model, first.name) == (LeadKind.CALLBACK, "e5", "王先生")
    assert (lead.id, lead.kind, lead.model, lead.name) == (first.id, LeadKind.TEST_DRIVE, "x5", "王先生")
    assert (lead.conversation_id, lead.channel, lead.appointment_id) == (chat, "web", visit.id)
    assert events(database) == ["lead.created", "lead.updated"]
    (line,) = list_audit(database, action="lead.continued")
    before = {"kind": "callback", "model": "e5", "conversation_id": chat}
    assert line.details == {"by": "test_drive", "before": before}


def test_what_tells_nothing_new_changes_nothing(database: Database, chat: str) -> None:
    visit = book(database, conversation_id=chat)
    with database.transaction() as session:
        found = Found(LeadKind.TEST_DRIVE, WANG.phone, WANG.name, "x5", chat, visit.id)
        leads.open_lead(session, found, LATER)

    assert list_leads(database)[0].updated_at == NOW
    assert events(database) == ["lead.created"]


def test_after_the_end_a_new_one_begins(database: Database) -> None:
    book(database)
    (old,) = list_leads(database)
    change_lead(database, old.id, LeadChange(LeadStatus.LOST), LI, NOW)
    book(database, THREE, now=NOW + timedelta(hours=1))

    assert [lead.status for lead in list_leads(database)] == [LeadStatus.NEW, LeadStatus.LOST]
    with pytest.raises(WrongState):
        change_lead(database, old.id, LeadChange(LeadStatus.CONTACTED), LI, NOW)


@pytest.mark.parametrize(
    ("reason", "summary", "kind"),
    [
        (HandoffReason.HAGGLING, {"facts": {"known_phone": WANG.phone}}, LeadKind.PRICE),
        (HandoffReason.ASKED, {"facts": {"drive_phone": WANG.phone, "drive_model": "x7"}}, LeadKind.PERSON),
        (HandoffReason.ASKED, {"facts": {"known_phone": WANG.phone, "budget": "20 万"}}, LeadKind.PRICE),
        (HandoffReason.ASKED, {"facts": {"known_phone": WANG.phone}}, None),
        (HandoffReason.ASKED, {"facts": {"visit_phone": WANG.phone, "visit_model": "x5"}}, None),
        (HandoffReason.HAGGLING, {"facts": {}}, None),
    ],
)
def test_handoffs_about_buying_are_leads_where_the_number_is_known(
    database: Database, chat: str, reason: HandoffReason, summary: dict[str, Any], kind: LeadKind | None
) -> None:
    record_handoff(database, chat, reason, summary, NOW)

    assert [lead.kind for lead in list_leads(database)] == ([kind] if kind else [])


@pytest.mark.parametrize(("phone", "facts"), [(None, {}), ("", {}), (WANG.phone, {"car_plate": "浙A12345"})])
def test_a_call_back_without_a_number_or_about_a_car_in_use_is_none(
    database: Database, chat: str, phone: str | None, facts: dict[str, str]
) -> None:
    call_back(database, chat, phone, **facts)

    assert list_leads(database) == []


def test_staff_who_note_a_known_number_continue_it(database: Database) -> None:
    book(database)
    note_lead(database, LI, LATER, WANG.phone, note="想要白色")
    lead = note_lead(database, LI, LATER, WANG.phone, note="周末再来")

    assert len(list_leads(database)) == 1
    assert (lead.kind, lead.note, lead.adviser) == (LeadKind.TEST_DRIVE, "周末再来\n想要白色", "li")


def test_rivals_open_one_lead(database: Database, chat: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each has seen that the number has none before the first of them writes."""
    look, barrier, looked = leads._open_lead, threading.Barrier(6), threading.local()

    def together(*arguments: Any) -> Any:
        if hasattr(looked, "once"):
            return look(*arguments)
        looked.once = True
        barrier.wait(30)
        return None if sqlite else look(*arguments)

    sqlite = database.url.startswith("sqlite")

    def note(number: int) -> None:
        looked.__dict__.clear()
        if sqlite:  # its writers come one after the other: nobody has looked in vain
            looked.once = True
        note_lead(database, LI, NOW, WANG.phone, note=f"第 {number} 次")

    monkeypatch.setattr(leads, "_open_lead", together)
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(note, range(6)))

    (lead,) = list_leads(database)
    assert sorted(str(lead.note).split("\n")) == [f"第 {number} 次" for number in range(6)]
    assert events(database).count("lead.created") == 1


def test_a_lead_is_its_customers_own_advisers(database: Database) -> None:
    with database.transaction() as session:
        session.add(Customer(id="c", phone=WANG.phone, adviser="east-adviser-1", created_at=NOW))
        user = User(
            username="li", password_hash="", role="consultant", resource="east-adviser-1", created_at=NOW
        )
        session.add(user)
    book(database)

    assert list_leads(database)[0].adviser == "li"
