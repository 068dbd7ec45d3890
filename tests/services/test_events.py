"""Events: places, the waiting line, attendance; and rivals for the last places on SQLite and PostgreSQL."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from bot.clock import TIME_ZONE
from bot.domain.dealership import Powertrain
from bot.domain.errors import InvalidInput, NotFound, WrongState
from bot.domain.events import Audience, DealerEvent, EventMoment, SignupStatus, event_problems
from bot.services import events
from bot.services.audit import Actor
from bot.services.events import SignupView
from bot.services.task_lists import list_tasks
from bot.store import events as places
from bot.store.database import Database
from bot.store.lifecycle_tables import EventPlace
from tests.database import sqlite_database
from tests.services.racing import race

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=TIME_ZONE)
START = datetime(2026, 12, 5, 14, 0, tzinfo=TIME_ZONE)
SALON = DealerEvent(
    id="salon",
    name="爱车养护沙龙",
    moment=EventMoment.CARE_SALON,
    store="east",
    start=START,
    end=START + timedelta(hours=2),
    sign_up_until=START - timedelta(days=1),
    places=5,
    description="讲课",
    offer="茶歇",
)
ADMIN = Actor("admin")


@pytest.fixture
def salon(tmp_path: Path) -> Any:
    database = sqlite_database(tmp_path)
    yield database
    database.close()


def join(database: Database, number: int, people: int = 1, **more: Any) -> SignupView:
    now = more.pop("now", NOW + timedelta(seconds=number))
    return events.sign_up(database, more.pop("event", SALON), now, f"138{number:08}", people, **more)


def status_of(database: Database, number: int) -> SignupStatus:
    [found] = [each for each in events.signups(database, "salon") if each.phone == f"138{number:08}"]
    return found.status


def seats(database: Database) -> dict[str, int]:
    """How many places each sign-up has, by its own rows."""
    with database.reading() as session:
        query = sa.select(EventPlace.signup_id, sa.func.count()).group_by(EventPlace.signup_id)
        return dict(map(tuple, session.execute(query)))


def test_a_party_has_its_places_and_who_comes_late_waits(salon: Database) -> None:
    first, second, third = join(salon, 1, 3), join(salon, 2, 3), join(salon, 3, 2)
    assert [each.status.value for each in (first, second, third)] == ["signed_up", "waiting", "signed_up"]
    assert seats(salon) == {first.id: 3, third.id: 2}
    assert events.attendances(salon, {"salon": SALON})["salon"].left == 0


def test_the_same_number_is_the_same_sign_up(salon: Database) -> None:
    first = join(salon, 1, 2)
    again = join(salon, 1, 4)
    assert (again.id, again.people, seats(salon)) == (first.id, 4, {first.id: 4})
    fewer = join(salon, 1, 1)
    assert (fewer.people, seats(salon)) == (1, {first.id: 1})


def test_a_larger_party_keeps_what_it_has_when_there_is_no_more(salon: Database) -> None:
    first = join(salon, 1, 2)
    join(salon, 2, 2)
    with pytest.raises(WrongState):
        events.change_people(salon, SALON, first.id, 4, NOW)
    assert seats(salon)[first.id] == 2
    assert events.signups(salon, "salon")[0].people == 2


def test_who_cancels_makes_room_and_the_first_that_fits_is_called(salon: Database) -> None:
    first = join(salon, 1, 3)
    join(salon, 2, 2)
    join(salon, 3, 4)
    waiting = join(salon, 4, 3)
    events.cancel(salon, SALON, first.id, NOW)
    events.cancel(salon, SALON, first.id, NOW)  # again is no error
    assert status_of(salon, 3) is SignupStatus.WAITING  # four do not fit
    assert status_of(salon, 4) is SignupStatus.SIGNED_UP
    [task] = list_tasks(salon)
    assert (task.phone, task.kind.value, task.store) == (waiting.phone, "event_reply", "east")
    assert NOW < task.due_at <= START

    events.cancel(salon, SALON, waiting.id, NOW)
    assert list_tasks(salon) == []  # nobody calls whoever has cancelled


def test_a_smaller_party_makes_room_too(salon: Database) -> None:
    first = join(salon, 1, 4)
    join(salon, 2, 2)
    events.change_people(salon, SALON, first.id, 3, NOW)
    assert status_of(salon, 2) is SignupStatus.SIGNED_UP


def test_who_cancelled_may_come_back_and_is_last_in_the_line(salon: Database) -> None:
    first = join(salon, 1, 4)
    events.cancel(salon, SALON, first.id, NOW)
    join(salon, 2, 4)
    join(salon, 3, 2)
    back = join(salon, 1, 2, now=NOW + timedelta(hours=1))
    assert (back.id, back.status) == (first.id, SignupStatus.WAITING)
    assert [each.phone[-1] for each in events.signups(salon, "salon")] == ["2", "3", "1"]


def test_more_places_are_for_the_line_before_who_comes_now(salon: Database) -> None:
    join(salon, 1, 4)
    join(salon, 2, 3)
    join(salon, 3, 2, event=replace(SALON, places=8))
    assert status_of(salon, 2) is SignupStatus.SIGNED_UP
    assert status_of(salon, 3) is SignupStatus.WAITING


def test_what_cannot_be(salon: Database) -> None:
    with pytest.raises(InvalidInput):
        join(salon, 1, 0)
    with pytest.raises(InvalidInput):
        join(salon, 1, 5)
    with pytest.raises(WrongState):
        join(salon, 1, now=START)
    with pytest.raises(NotFound):
        events.cancel(salon, SALON, "nothing", NOW)
    assert events.signups(salon, "salon") == []


def test_attendance_is_noted_on_the_day_and_may_be_corrected(salon: Database) -> None:
    first, waiting = join(salon, 1, 4), join(salon, 2, 2)
    with pytest.raises(WrongState):
        events.note_attendance(salon, SALON, first.id, True, NOW, ADMIN)
    with pytest.raises(WrongState):
        events.note_attendance(salon, SALON, waiting.id, True, START, ADMIN)
    came = events.note_attendance(salon, SALON, first.id, True, START, ADMIN)
    missed = events.note_attendance(salon, SALON, first.id, False, START, ADMIN)
    assert (came.status, missed.status) == (SignupStatus.ATTENDED, SignupStatus.ABSENT)
    with pytest.raises(WrongState):
        events.cancel(salon, SALON, first.id, START)
    counts = events.attendances(salon, {"salon": SALON})["salon"]
    assert (counts.people[SignupStatus.ABSENT], counts.signups[SignupStatus.WAITING], counts.left) == (
        4,
        1,
        1,
    )


def test_an_entry_of_the_file_is_checked() -> None:
    naive = replace(SALON, start=datetime(2026, 12, 5, 14))
    wrong = {
        "start": naive,
        "end": replace(SALON, end=START),
        "sign_up_until": replace(SALON, sign_up_until=START + timedelta(hours=1)),
        "places": replace(SALON, places=0, people_at_most=0),
        "people_at_most": replace(SALON, people_at_most=6),
        "invite_days": replace(SALON, invite_days=-1),
        "remind_hours": replace(SALON, remind_hours=400),
        "store": replace(SALON, store="north"),
        "audience.stages": replace(SALON, audience=Audience(stages=("old",))),
        "audience.models": replace(SALON, audience=Audience(models=("z9",))),
    }
    known = ({"east"}, {"x5"}, {"new_car"})
    assert list(event_problems(SALON, *known)) == []
    for field, event in wrong.items():
        assert field in [name for name, _ in event_problems(event, *known)]


def test_an_audience_that_says_nothing_is_everybody() -> None:
    electric = Audience(powertrains=(Powertrain.ELECTRIC,))
    assert Audience().fits("new_car", "x5", Powertrain.PETROL)
    assert electric.fits("new_car", "e5", Powertrain.ELECTRIC)
    assert not electric.fits("new_car", "x5", Powertrain.PETROL)


RIVALS = 12


@pytest.fixture
def blind(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every rival believes that all places are free, and nobody lines up: the race window at its widest."""
    monkeypatch.setattr(places, "taken", lambda *_: set())
    monkeypatch.setattr(places, "line_up", lambda *_: None)


def test_rivals_for_the_last_places(database: Database) -> None:
    won, lost = race(RIVALS, lambda number: join(database, number, 1 + number % 3, now=NOW))
    assert lost == 0
    check_places(database, won)
    assert sum(seats(database).values()) == SALON.places


def test_the_key_alone_keeps_rivals_apart(database: Database, blind: None) -> None:
    won, _ = race(RIVALS, lambda number: join(database, number, now=NOW))
    check_places(database, won)
    assert sum(each.status is SignupStatus.SIGNED_UP for each in won) == SALON.places


def test_without_the_key_an_event_is_overbooked(database: Database, blind: None) -> None:
    """The control: the tests above can fail."""
    with database.engine.begin() as connection:
        connection.execute(sa.text("DROP TABLE event_places"))
        connection.execute(
            sa.text("CREATE TABLE event_places (event VARCHAR(60), number INTEGER, signup_id VARCHAR(32))")
        )
    won, _ = race(RIVALS, lambda number: join(database, number, now=NOW))
    assert sum(each.status is SignupStatus.SIGNED_UP for each in won) > SALON.places


def test_nobody_waits_for_places_that_rivals_give_back(database: Database) -> None:
    """Half give their places back while the other half comes: in the end no place is empty while somebody fits."""
    full = [join(database, number) for number in range(SALON.places)]

    def attempt(number: int) -> Any:
        if number < SALON.places:
            return events.cancel(database, SALON, full[number].id, NOW)
        return join(database, number, now=NOW)

    race(2 * SALON.places, attempt)
    assert sum(seats(database).values()) == SALON.places
    assert all(each.status is not SignupStatus.WAITING for each in events.signups(database, "salon"))


def test_one_customer_who_presses_twice(database: Database) -> None:
    won, _ = race(6, lambda _: join(database, 1, 2, now=NOW))
    assert len({each.id for each in won}) == 1
    assert seats(database) == {won[0].id: 2}


def check_places(database: Database, won: list[SignupView]) -> None:
    """Who has places has as many as people; nobody else has any."""
    had = seats(database)
    assert had == {each.id: each.people for each in won if each.status is SignupStatus.SIGNED_UP}
    assert sum(had.values()) <= SALON.places
