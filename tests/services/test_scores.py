"""Scores: asked once, kept once, with their words; and what they come to for the indicators."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from bot import clock
from bot.domain.conversation import Owner
from bot.domain.errors import InvalidInput
from bot.services import attendance, scores, surveys
from bot.services.scores import Occasion
from bot.store.database import Database
from bot.store.lifecycle_tables import Survey
from bot.store.staff_tables import Score, User
from tests.services.bookings import DEMO, NOW, TWO, book
from tests.services.reminded import at, conversation, owned_by, rows, said, send

DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    at(NOW)
    yield
    clock.clock.set(None)


def ask(database: Database, subject: str, username: str | None = "lin", **more: Any) -> bool:
    with database.transaction() as session:
        where, when = more.get("conversation", "c"), more.get("now", NOW)
        return scores.ask(session, more.get("occasion", Occasion.HANDOFF), subject, where, username, when)


def asked_for(database: Database) -> list[Any]:
    with database.reading() as session:
        return list(session.scalars(sa.select(Score)))


def sheets(database: Database) -> list[Any]:
    with database.reading() as session:
        return list(session.scalars(sa.select(Survey)))


def give(database: Database, score: int, **more: Any) -> Any:
    return scores.give(database, "c", score, more.pop("now", NOW), **more)


def test_each_occasion_is_asked_about_once(database: Database) -> None:
    assert ask(database, "h1")
    assert not ask(database, "h1")
    assert ask(database, "h1", occasion=Occasion.VISIT)


def test_a_score_is_kept_as_it_was_first_given(database: Database) -> None:
    ask(database, "h1")

    assert give(database, 4).score == 4
    assert give(database, 1) is None
    [found] = scores.scores_of_conversation(database, "c")
    assert (found.score, found.scored_at, found.username) == (4, NOW, "lin")


def test_without_a_subject_the_newest_question_is_answered(database: Database) -> None:
    ask(database, "h1")
    ask(database, "h2", now=NOW + DAY)

    assert give(database, 5, now=NOW + DAY).subject == "h2"
    assert give(database, 3, now=NOW + DAY, subject="h1").subject == "h1"


def test_a_question_of_last_month_waits_no_longer(database: Database) -> None:
    ask(database, "h1")

    assert scores.waiting(database, "c", NOW + DAY)
    assert scores.waiting(database, "c", NOW + 8 * DAY) is None
    assert give(database, 5, now=NOW + 8 * DAY) is None


@pytest.mark.parametrize("score", [0, 6, -1])
def test_what_is_no_score_is_refused(database: Database, score: int) -> None:
    ask(database, "h1")

    with pytest.raises(InvalidInput):
        give(database, score)


def test_words_are_added_up_and_cut(database: Database) -> None:
    ask(database, "h1")
    given = give(database, 5)

    scores.comment(database, given.id, "很好 ")
    scores.comment(database, given.id, "快" * 600)
    [found] = scores.scores_of_conversation(database, "c")
    assert found.comment is not None
    assert found.comment.startswith("很好；快")
    assert len(found.comment) == scores.COMMENT_LENGTH


def test_indicators(database: Database) -> None:
    for number, (username, score) in enumerate(
        [("lin", 5), ("lin", 3), ("chen", 1), ("lin", None), (None, 4)]
    ):
        ask(database, f"h{number}", username)
        if score:
            give(database, score, subject=f"h{number}")
    ask(database, "later", now=NOW + 2 * DAY)

    found = scores.indicators(database, NOW, NOW + DAY)
    assert (found.asked, found.given, found.average) == (5, 4, 3.25)
    assert found.distribution == {1: 1, 2: 0, 3: 1, 4: 1, 5: 1}
    assert scores.indicators(database, NOW, NOW + DAY, "lin").average == 4
    by = scores.indicators_by_adviser(database, NOW, NOW + DAY)
    assert {name: (each.asked, each.average) for name, each in by.items()} == {
        "chen": (1, 1.0),
        "lin": (3, 4.0),
    }
    assert scores.indicators(database, NOW - DAY, NOW).average is None


# After a visit


@pytest.fixture
def chat(database: Database) -> str:
    return conversation(database)


def test_after_a_visit_the_customer_is_asked_an_hour_later(database: Database, chat: str) -> None:
    visit = book(database, conversation_id=chat)
    with database.transaction() as session:
        session.add(_adviser(visit.resources))
    at(TWO + timedelta(minutes=50))
    attendance.complete(database, DEMO, clock.now(), visit.code)

    assert send(database) == 0
    at(TWO + timedelta(minutes=111))
    assert send(database) == 1
    [question] = said(database, chat)
    assert "11月28日 14:00" in question.text
    assert [each["title"] for each in question.buttons] == list(scores.TITLES.values())
    [asked] = sheets(database)
    assert (asked.kind, asked.subject, asked.username) == ("test_drive", visit.id, "sales")


def test_late_in_the_evening_it_waits_for_the_morning(database: Database, chat: str) -> None:
    visit = book(database, conversation_id=chat)
    at(TWO.replace(hour=21))
    attendance.complete(database, DEMO, clock.now(), visit.code)

    at(TWO.replace(hour=23))
    assert send(database) == 0
    at(TWO.replace(hour=8, minute=31) + DAY)
    assert send(database) == 1


@pytest.mark.parametrize("owner", [Owner.QUEUE, Owner.ADVISER])
def test_the_question_waits_while_a_person_is_wanted(database: Database, chat: str, owner: Owner) -> None:
    visit = book(database, conversation_id=chat)
    at(TWO + timedelta(minutes=50))
    attendance.complete(database, DEMO, clock.now(), visit.code)
    owned_by(database, chat, owner)

    at(TWO + timedelta(hours=2))
    assert send(database) == 0
    assert sheets(database) == []

    owned_by(database, chat, Owner.BOT)
    assert send(database) == 0  # not the moment the adviser has said goodbye
    at(TWO + timedelta(hours=3))
    assert send(database) == 1
    assert len(sheets(database)) == len(said(database, chat)) == 1


def test_one_question_at_a_time(database: Database, chat: str) -> None:
    """The adviser who just gave the conversation back has been asked about."""
    visit = book(database, conversation_id=chat)
    at(TWO + timedelta(minutes=50))
    attendance.complete(database, DEMO, clock.now(), visit.code)
    at(TWO + timedelta(hours=2))
    ask(database, "h1", conversation=chat, now=clock.now() - timedelta(minutes=5))

    assert send(database) == 0
    at(TWO + timedelta(hours=3, minutes=30))
    assert send(database) == 1


def test_a_question_that_waited_too_long_is_not_asked(database: Database, chat: str) -> None:
    visit = book(database, conversation_id=chat)
    at(TWO + timedelta(minutes=50))
    attendance.complete(database, DEMO, clock.now(), visit.code)
    owned_by(database, chat, Owner.ADVISER)
    for hours in range(2, 60, 6):
        at(TWO + timedelta(hours=hours))
        send(database)

    [row] = rows(database, kind=surveys.ASK_VISIT)
    assert (row.state, row.problem) == ("dropped", "已经过了该发送的时间")
    assert said(database, chat) == []


def test_a_question_that_waited_comes_by_day(database: Database, chat: str) -> None:
    visit = book(database, conversation_id=chat)
    at(TWO.replace(hour=18))
    attendance.complete(database, DEMO, clock.now(), visit.code)
    owned_by(database, chat, Owner.ADVISER)
    at(TWO.replace(hour=19, minute=45))
    assert send(database) == 0

    owned_by(database, chat, Owner.BOT)
    at(TWO.replace(hour=23))
    assert send(database) == 0
    at(TWO.replace(hour=8, minute=31) + DAY)
    assert send(database) == 1


def test_a_missed_visit_is_not_asked_about(database: Database, chat: str) -> None:
    visit = book(database, conversation_id=chat)
    at(TWO + timedelta(hours=1))
    attendance.no_show(database, DEMO, clock.now(), visit.code)

    at(TWO + timedelta(hours=4))
    assert send(database) == 0


def _adviser(resources: tuple[str, ...]) -> User:
    adviser = next(id_ for id_ in resources if "adviser" in id_)
    return User(username="sales", password_hash="", role="consultant", resource=adviser, created_at=NOW)
