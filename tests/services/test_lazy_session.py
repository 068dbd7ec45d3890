"""Plain statements and objects of one transaction, whichever comes first."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot import clock
from bot.store.database import Database
from bot.store.lazy_session import LazySession
from bot.store.tables import DialogueState

Write = Callable[[Session, str], object]


def plainly(session: Session, sender: str) -> None:
    row = {"sender_id": sender, "state": [], "updated_at": clock.now()}
    session.connection().execute(sa.insert(DialogueState.__table__), row)


def as_object(session: Session, sender: str) -> None:
    session.add(DialogueState(sender_id=sender, state=[], updated_at=clock.now()))


def in_a_savepoint(session: Session, sender: str) -> None:
    with session.begin_nested():
        as_object(session, sender)


def stored(database: Database) -> set[str]:
    with database.reading() as session:
        return set(session.scalars(sa.select(DialogueState.sender_id)))


WRITES = pytest.mark.parametrize(
    ("first", "second"),
    [
        (first, second)
        for first in (plainly, as_object, in_a_savepoint)
        for second in (plainly, as_object, in_a_savepoint)
    ],
)


@WRITES
def test_all_of_a_transaction_is_kept(database: Database, first: Write, second: Write) -> None:
    with database.transaction() as session:
        first(session, "one")
        second(session, "two")
    assert stored(database) == {"one", "two"}


@WRITES
def test_nothing_of_a_transaction_that_fails_is_kept(database: Database, first: Write, second: Write) -> None:
    def fail() -> None:
        with database.transaction() as session:
            first(session, "one")
            second(session, "two")
            raise LookupError

    with pytest.raises(LookupError):
        fail()
    assert stored(database) == set()
    assert database.engine.pool.checkedout() == 0  # type: ignore[attr-defined]


def test_objects_see_what_plain_statements_wrote_and_nobody_else_does_yet(database: Database) -> None:
    with database.transaction() as session:
        plainly(session, "one")
        assert session.get(DialogueState, "one") is not None
        assert stored(database) == set()
        as_object(session, "two")
        session.flush()
        found = session.connection().execute(sa.select(DialogueState.__table__.c.sender_id)).scalars()
        assert set(found) == {"one", "two"}


@pytest.mark.parametrize("ask", [lambda session: session.identity_map, lambda session: session.new])
def test_whatever_is_asked_for_first_there_is_an_answer(
    database: Database, ask: Callable[[Session], object]
) -> None:
    with database.reading() as session:
        assert not ask(session)
        with pytest.raises(AttributeError):
            session.no_such_thing  # type: ignore[attr-defined]  # noqa: B018


def test_no_attribute_of_an_orm_session_is_taken_for_one_of_its_class() -> None:
    """What the class has too is not missed, and would be what the class says of it."""
    own = vars(Session(future=True))
    hidden = {name for name in own if hasattr(Session, name) and name not in vars(LazySession)}
    assert hidden == set()
