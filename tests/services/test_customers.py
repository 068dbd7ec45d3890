"""Masked numbers, and whose conversation it is."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest

from bot.domain.errors import InvalidInput
from bot.services.audit import Actor
from bot.services.booking import move_visit
from bot.services.content.snapshot import ContentStore
from bot.services.customer_card import card_of
from bot.services.customers import link_customer
from bot.services.handoff_facts import last_words, say_facts
from bot.services.masking import mask_phone, mask_phones, mask_values
from bot.services.visits import Contact
from bot.store.database import Database
from bot.store.tables import Conversation
from tests.installations import filled_database
from tests.services.bookings import DEMO, NOW, THREE, TWO, book

LIN = Actor("lin")
OTHER = Contact("李雷", "13987654321")


@pytest.fixture
def filled(tmp_path: Any) -> tuple[Database, ContentStore]:
    return filled_database(tmp_path)


def conversation(database: Database) -> str:
    id_ = uuid.uuid4().hex
    with database.transaction() as session:
        session.add(Conversation(id=id_, channel="web", sender=id_, created_at=NOW, updated_at=NOW))
    return id_


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("我的电话13812345678，谢谢", "我的电话138****5678，谢谢"),
        ("138 1234 5678 或 139-8765-4321", "138****5678 或 139****4321"),
        ("+86 13812345678", "+86 138****5678"),
        ("8613812345678", "86138****5678"),
        ("１３８１２３４５６７８", "138****5678"),
        ("幺三八一二三四五六七八", "138****5678"),
        ("一三八，1234，五六七八", "138****5678"),
        ("13812345678\n13812345678", "138****5678\n138****5678"),
    ],
)
def test_a_mobile_number_is_masked_however_it_is_written(text: str, masked: str) -> None:
    assert mask_phones(text) == masked


@pytest.mark.parametrize(
    "text",
    ["0500-8800-1001", "400-000-1188", "订单 2026112212345678", "16.58万，12000公里", "11月28日14:00", ""],
)
def test_what_is_no_mobile_number_stays(text: str) -> None:
    assert mask_phones(text) == text


def test_values_are_masked_all_the_way_down() -> None:
    value = {"facts": {"phone": "13812345678", "km": 12}, "said": ["打13812345678", None, True]}

    assert mask_values(value) == {
        "facts": {"phone": "138****5678", "km": 12},
        "said": ["打138****5678", None, True],
    }
    assert mask_phone("12345") == "***45"


def test_the_facts_of_a_handoff_are_said_once_and_masked() -> None:
    summary = {
        "last_messages": ["我是13812345678"],
        "facts": {
            "drive_phone": "13812345678",
            "known_phone": "13812345678",
            "visit_jobs": ["first_service"],
        },
        "unknown": {"x": 1},
    }

    assert say_facts(DEMO, summary) == (("电话", "138****5678"), ("项目", "首次保养"))
    assert last_words(summary) == ("我是138****5678",)
    assert last_words({"last_messages": "text"}) == ()


def test_the_newest_number_given_says_who_writes(filled: tuple[Database, ContentStore]) -> None:
    database, content = filled
    id_ = conversation(database)
    book(database, conversation_id=id_)
    book(database, start=THREE, conversation_id=id_, contact=OTHER, now=NOW + timedelta(minutes=1))

    card = card_of(database, content.current(), id_, NOW)

    assert card.customer is not None
    assert (card.customer.name, card.customer.phone, card.customer.by) == ("李雷", "139****4321", "booking")
    assert {visit.phone for visit in card.visits} == {"138****5678", "139****4321"}


def test_what_staff_said_counts_more_than_what_was_given(filled: tuple[Database, ContentStore]) -> None:
    database, content = filled
    id_, earlier = conversation(database), conversation(database)
    book(database, conversation_id=id_)
    book(database, start=THREE, conversation_id=earlier, contact=OTHER)
    link_customer(database, id_, LIN, NOW, phone=OTHER.phone)

    card = card_of(database, content.current(), id_, NOW)
    assert card.customer is not None
    assert (card.customer.name, card.customer.by) == ("李雷", "linked")
    assert [row.id for row in card.conversations] == [earlier]


def test_a_conversation_linked_to_another_is_not_shown(filled: tuple[Database, ContentStore]) -> None:
    database, content = filled
    mine, theirs = conversation(database), conversation(database)
    book(database, conversation_id=mine)
    book(database, start=THREE, conversation_id=theirs)
    link_customer(database, theirs, LIN, NOW, phone=OTHER.phone, name="李雷")

    assert card_of(database, content.current(), mine, NOW).conversations == ()


def test_visits_to_come_and_past_ones(filled: tuple[Database, ContentStore]) -> None:
    database, content = filled
    id_ = conversation(database)
    visit = book(database, conversation_id=id_)
    move_visit(database, DEMO, NOW, visit.code, None, THREE, None, by_staff=True)

    card = card_of(database, content.current(), id_, NOW)
    assert [each.start for each in card.coming(NOW)] == [THREE]
    assert card.past(NOW) == ()
    later = TWO + timedelta(days=2)
    assert [each.code for each in card.past(later)] == [visit.code]


def test_linking_needs_a_number(filled: tuple[Database, ContentStore]) -> None:
    database, _ = filled
    with pytest.raises(InvalidInput):
        link_customer(database, conversation(database), LIN, NOW)
