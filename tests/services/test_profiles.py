"""Needs that are kept: with consent alone, by conversation and then by number, and gone with a no."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from bot.domain.advice import Needs
from bot.services import privacy, profiles
from bot.services.audit import Actor
from bot.services.customer_card import card_of
from bot.services.leads import Found, LeadKind, open_lead
from bot.store.database import Database
from bot.store.lifecycle_tables import Profile
from bot.store.staff_tables import Lead
from bot.store.tables import Conversation, Customer, Vehicle
from tests.services.bookings import NOW
from tests.services.desks import demo_content
from tests.services.reminded import conversation

PHONE = "13812345678"
FAMILY = Needs(budget_max=200_000, uses=("family",))
LATER = NOW + timedelta(days=1)


def decide(
    database: Database, talk: str, granted: bool = True, needs: Needs = FAMILY, phone: str | None = None
) -> None:
    profiles.decide(database, demo_content(), talk, granted, needs, NOW, phone)


def kept(database: Database, table: Any = Profile) -> list[Any]:
    with database.reading() as session:
        return list(session.scalars(sa.select(table)))


def lead(database: Database, talk: str, phone: str = PHONE) -> Lead:
    with database.transaction() as session:
        open_lead(session, Found(LeadKind.PERSON, phone, conversation_id=talk), LATER)
    return next(row for row in kept(database, Lead) if row.phone == phone)


def owner(database: Database, delivered: date, km: int) -> None:
    with database.transaction() as session:
        session.add(Customer(id="c1", phone=PHONE, created_at=NOW))
        session.flush()
        session.add(
            Vehicle(
                plate="浙AD1001",
                customer_id="c1",
                model="x5",
                delivered=delivered,
                mileage=km,
                mileage_on=NOW.date(),
            )
        )


def test_without_a_yes_nothing_is_kept(database: Database) -> None:
    talk = conversation(database)

    assert profiles.word_of(database, talk) is None
    assert not profiles.note(database, demo_content(), talk, FAMILY, NOW)
    decide(database, talk, granted=False)

    assert profiles.word_of(database, talk) is False
    assert not profiles.note(database, demo_content(), talk, FAMILY, NOW)
    assert kept(database) == []


def test_newer_needs_count_and_a_budget_replaces_both_limits(database: Database) -> None:
    talk = conversation(database)
    decide(database, talk, needs=Needs(budget_min=100_000, budget_max=150_000, people=4))

    assert profiles.note(database, demo_content(), talk, Needs(budget_max=120_000), LATER)

    [row] = kept(database)
    assert row.needs == {"budget_max": 120_000, "people": 4, "words": "12 万元以内、4 口人"}


def test_the_number_becomes_known_with_a_lead(database: Database) -> None:
    talk = conversation(database)
    decide(database, talk)

    note = lead(database, talk).note

    [row] = kept(database)
    assert (row.phone, row.conversation_id) == (PHONE, talk)
    assert note == "购车需求：20 万元以内、家用"


def test_two_profiles_of_one_number_become_one(database: Database) -> None:
    first, second = conversation(database, "a"), conversation(database, "b")
    decide(database, first, needs=Needs(people=4, budget_max=150_000), phone=PHONE)
    decide(database, second)

    lead(database, second)

    [row] = kept(database)
    assert (row.phone, row.conversation_id) == (PHONE, first)
    assert {**row.needs, "words": None} == {
        "people": 4,
        "budget_max": 200_000,
        "uses": ["family"],
        "words": None,
    }


def test_another_number_in_the_same_conversation_has_its_own(database: Database) -> None:
    talk = conversation(database)
    decide(database, talk, phone=PHONE)
    decide(database, talk, needs=Needs(people=2), phone="13900001111")

    assert {row.phone: row.needs.get("people") for row in kept(database)} == {PHONE: None, "13900001111": 2}


def test_a_later_no_takes_the_profile_and_the_line_of_the_lead(database: Database) -> None:
    talk = conversation(database)
    decide(database, talk)
    lead(database, talk)

    decide(database, talk, granted=False, phone=PHONE)

    assert kept(database) == []
    assert [row.note for row in kept(database, Lead)] == [None]


def test_the_card_shows_needs_segments_and_the_expected_purchase(database: Database) -> None:
    owner(database, date(2022, 3, 31), 70_000)
    talk = conversation(database)
    with database.transaction() as session:
        session.get(Conversation, talk).customer_id = "c1"
    decide(database, talk)

    profile = card_of(database, demo_content(), talk, NOW).profile

    assert profile is not None
    assert profile.lines == (("预算", "20 万元以内"), ("用途", "家用"))
    assert profile.segments == ("车龄 3-5 年", "保修外期", "家用")
    assert profile.repurchase_on == date(2028, 3, 31)
    [row] = kept(database)
    assert (row.phone, row.age_band, row.repurchase_on) == (PHONE, "3-5", date(2028, 3, 31))


def test_what_they_said_of_the_time_stands_as_of_that_day(database: Database) -> None:
    talk = conversation(database)
    decide(database, talk, needs=Needs(buy_within=3))
    profiles.note(database, demo_content(), talk, Needs(people=3), NOW + timedelta(days=40))

    [row] = kept(database)
    assert row.repurchase_on == date(2027, 2, 22)


def test_a_deletion_of_the_customer_takes_it_along(database: Database, tmp_path: Path) -> None:
    talk = conversation(database)
    decide(database, talk)
    lead(database, talk)

    privacy.erase(database, tmp_path, PHONE, Actor("anna"), LATER)

    assert kept(database) == []


def test_kept_needs_are_told_where_they_were_told_and_to_the_linked_customer(database: Database) -> None:
    owner(database, date(2022, 3, 31), 70_000)
    told, linked, stranger = (conversation(database, name) for name in ("a", "b", "c"))
    decide(database, told, phone=PHONE)
    with database.transaction() as session:
        session.get(Conversation, linked).customer_id = "c1"
    lead(database, stranger)  # somebody else who types the number

    found = [profiles.kept_needs(database, talk) for talk in (told, linked, stranger)]

    assert found == [FAMILY, FAMILY, None]
