"""Slots that a conversation keeps for a while, on SQLite and PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.domain.booking import Slot
from bot.domain.errors import BookingRefused, SlotTaken
from bot.domain.ticks import ticks_between
from bot.services import booking, visits
from bot.services.hold_renewal import keep_hold
from bot.store import bookings
from bot.store.database import Database
from bot.store.tables import Hold
from tests.database import KINDS, open_database
from tests.services.bookings import (
    DEMO,
    DRIVE,
    HALF_PAST_TWO,
    NOW,
    THREE,
    TWO,
    at,
    book,
    check,
    claimed_from,
    claims,
    count,
    hold,
)


@pytest.fixture(params=KINDS)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    database = open_database(request.param, tmp_path)
    yield database
    database.close()


def test_a_held_slot_is_taken_for_others_and_free_for_its_owner(database: Database) -> None:
    held = hold(database)
    assert (held.slot, held.expires_at) == (Slot("east", TWO, at("11-28 14:45")), NOW + timedelta(minutes=10))
    check(database, conversation_id="a")
    for conversation_id in ("b", None):
        with pytest.raises(BookingRefused):
            check(database, conversation_id=conversation_id)
        with pytest.raises(SlotTaken):
            book(database, conversation_id=conversation_id)
    assert visits.list_visits(database, DEMO) == ()


def test_booking_turns_the_hold_into_the_visit(database: Database) -> None:
    hold(database)
    before = claims(database)
    visit = book(database, conversation_id="a")
    assert claims(database) == before
    assert (visit.resources, count(database, Hold)) == (("east-car-x5", "east-adviser-1"), 0)


def test_booking_keeps_the_adviser_of_the_hold(database: Database) -> None:
    """An adviser who became free meanwhile is no reason to change."""
    first = book(database, request=replace(DRIVE, model="s3"))
    hold(database)
    booking.cancel_visit(database, DEMO, NOW, first.code, first.phone)
    assert book(database, conversation_id="a").resources == ("east-car-x5", "east-adviser-2")


def test_booking_another_slot_than_the_held_one_frees_the_hold(database: Database) -> None:
    hold(database)
    book(database, HALF_PAST_TWO, conversation_id="a")
    assert claimed_from(database, "east-car-x5") == ["14:30", "14:45", "15:00", "15:15"]
    assert claimed_from(database, "east-adviser-1") == ["14:30", "14:45", "15:00"]
    assert count(database, Hold) == 0


@pytest.mark.parametrize("rivals", ["adviser-1 adviser-2 adviser-3 adviser-4", "car-x5"])
def test_who_looked_too_early_leaves_nothing_where_a_rival_was_first(
    database: Database, monkeypatch: pytest.MonkeyPatch, rivals: str
) -> None:
    """The rival has the last quarter only: what was got before it is given back, and the other store is tried."""
    with database.transaction() as session:
        session.add(Hold(id="rival", owner="rival", details={}, expires_at=NOW + timedelta(minutes=10)))
        session.flush()
        last = ticks_between(HALF_PAST_TWO, HALF_PAST_TWO + timedelta(minutes=15))
        for resource in rivals.split():
            assert bookings.try_claim(session, f"east-{resource}", last, hold_id="rival")
    theirs = claims(database)
    monkeypatch.setattr(bookings, "busy_ticks", lambda *_: {})

    held = booking.hold_slot(database, DEMO, NOW, "a", replace(DRIVE, store=None), TWO)
    assert held.slot.store == "west"
    assert {resource.split("-")[0] for resource, _ in claims(database) - theirs} == {"west"}
    assert theirs < claims(database)


def test_a_failed_booking_leaves_the_hold(database: Database) -> None:
    book(database, THREE)
    hold(database, at("11-28 09:00"))
    before = claims(database)
    with pytest.raises(SlotTaken):
        book(database, THREE, conversation_id="a")
    assert claims(database) == before


def test_a_new_hold_replaces_the_old_one(database: Database) -> None:
    hold(database)
    hold(database, HALF_PAST_TWO)
    assert claimed_from(database, "east-car-x5") == ["14:30", "14:45", "15:00", "15:15"]
    assert claimed_from(database, "east-adviser-1") == ["14:30", "14:45", "15:00"]
    assert count(database, Hold) == 1


def test_a_hold_that_fails_leaves_the_old_one(database: Database) -> None:
    hold(database, conversation="b")
    hold(database, at("11-28 10:00"))
    before = claims(database)
    with pytest.raises(SlotTaken) as refused:
        hold(database, HALF_PAST_TWO)
    assert len(refused.value.alternatives) == 3
    assert claims(database) == before


def test_a_released_hold_is_free(database: Database) -> None:
    hold(database)
    booking.release_hold(database, "a")
    booking.release_hold(database, "a")
    assert claims(database) == set()
    book(database, conversation_id="b")


@pytest.mark.parametrize(("minutes", "taken"), [(9, True), (10, False), (11, False)])
def test_a_hold_ends_with_its_time(database: Database, minutes: int, taken: bool) -> None:
    hold(database)
    later = NOW + timedelta(minutes=minutes)
    if taken:
        with pytest.raises(SlotTaken):
            book(database, now=later)
        return
    check(database, now=later)
    book(database, now=later)
    assert count(database, Hold) == 0


def test_only_expired_holds_on_these_ticks_are_deleted(database: Database) -> None:
    hold(database)
    hold(database, at("11-29 14:00"), "b")
    book(database, now=NOW + timedelta(minutes=20))
    assert count(database, Hold) == 1


def test_an_expired_hold_may_still_be_booked_while_nobody_took_it(database: Database) -> None:
    hold(database)
    visit = book(database, conversation_id="a", now=NOW + timedelta(minutes=20))
    assert visit.resources == ("east-car-x5", "east-adviser-1")


def test_the_owner_of_an_expired_hold_loses_to_who_took_it(database: Database) -> None:
    hold(database)
    later = NOW + timedelta(minutes=20)
    book(database, now=later, conversation_id="b")
    with pytest.raises(SlotTaken):
        book(database, now=later, conversation_id="a")


def keep(database: Database, now: datetime) -> None:
    keep_hold(database, DEMO, now, "a", DRIVE, TWO)


def test_a_hold_that_still_runs_is_left_alone(database: Database) -> None:
    held = hold(database)
    keep(database, NOW + timedelta(minutes=9))
    with database.reading() as session:
        [row] = session.scalars(sa.select(Hold))
    assert (row.id, row.expires_at) == (held.id, held.expires_at)


@pytest.mark.parametrize("lost", ["expired", "given back", "of another time"])
def test_a_hold_that_is_gone_is_renewed_while_the_slot_is_free(database: Database, lost: str) -> None:
    hold(database, THREE if lost == "of another time" else TWO)
    if lost == "given back":
        booking.release_hold(database, "a")
    keep(database, NOW + timedelta(minutes=11))
    with database.reading() as session:
        [row] = session.scalars(sa.select(Hold))
    assert row.expires_at == NOW + timedelta(minutes=21)
    assert claimed_from(database, "east-car-x5") == ["14:00", "14:15", "14:30", "14:45"]


def test_a_hold_that_somebody_else_took_is_refused_with_alternatives(database: Database) -> None:
    hold(database)
    later = NOW + timedelta(minutes=11)
    book(database, now=later)
    with pytest.raises(SlotTaken) as refused:
        keep(database, later)
    assert len(refused.value.alternatives) == 3
