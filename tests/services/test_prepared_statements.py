"""Statements that a connection to PostgreSQL learns once, and what happens when it forgets them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from bot.store.database import Database, is_away
from bot.store.prepared import PREPARED
from tests.database import new_postgres_url

pytestmark = pytest.mark.postgres
COUNTED = sa.select(sa.func.count()).select_from(sa.table("cars"))
NAMED = sa.text("SELECT name FROM cars WHERE id = :id OR parent = :id").execution_options(**PREPARED)
ADDED = sa.text("INSERT INTO cars VALUES (:id, :name, :parent)").execution_options(**PREPARED)


@pytest.fixture
def database() -> Iterator[Database]:
    database = Database(new_postgres_url(), pool=1)
    with database.transaction() as session:
        session.execute(sa.text("CREATE TABLE cars (id int PRIMARY KEY, name text, parent int)"))
        session.execute(ADDED, {"id": 1, "name": "100 % 电 %(id)s", "parent": None})
        session.execute(ADDED, {"id": 2, "name": "it's", "parent": 1})
    yield database
    database.close()


def names(database: Database, id_: int) -> list[str]:
    with database.transaction() as session:
        return sorted(session.scalars(NAMED, {"id": id_}))


def known(database: Database) -> list[str]:
    with database.reading() as session:
        found = session.execute(sa.text("SELECT statement FROM pg_prepared_statements ORDER BY prepare_time"))
        return [row.statement for row in found]


def test_a_statement_is_learnt_once_and_finds_what_it_did(database: Database) -> None:
    for _ in range(8):  # PostgreSQL plans the first five times anew
        assert names(database, 1) == ["100 % 电 %(id)s", "it's"]
        assert names(database, 3) == []
    learnt = known(database)
    assert len(learnt) == 2
    name, _, words = learnt[1].removeprefix("PREPARE zhanting_").partition(" AS ")
    assert len(name) == 16
    assert words == "SELECT name FROM cars WHERE id = $1 OR parent = $1"


def test_a_statement_that_is_not_marked_is_sent_as_it_is(database: Database) -> None:
    with database.transaction() as session:
        assert session.scalar(COUNTED) == 2
    assert len(known(database)) == 1  # ADDED


def test_nothing_is_learnt_where_transactions_may_change_connections() -> None:
    """As behind a pooler, whose address has options of its own."""
    database = Database(f"{new_postgres_url()}&options=")
    with database.transaction() as session:
        assert session.scalar(sa.select(sa.literal(1)).execution_options(**PREPARED)) == 1
    assert known(database) == []
    database.close()


def test_several_rows_at_once_are_sent_as_they_are(database: Database) -> None:
    with database.transaction() as session:
        rows = [{"id": number, "name": "x", "parent": 9} for number in (3, 4)]
        session.connection().execute(ADDED, rows)
    assert names(database, 9) == ["x", "x"]


def test_what_fails_the_first_time_is_learnt_the_next_time(database: Database) -> None:
    database.engine.dispose()
    with pytest.raises(sa.exc.IntegrityError), database.transaction() as session:
        session.execute(ADDED, {"id": 1, "name": "again", "parent": None})
    with database.transaction() as session:
        session.execute(ADDED, {"id": 5, "name": "new", "parent": None})
    assert names(database, 5) == ["new"]


@pytest.mark.parametrize(
    "change",
    [
        pytest.param("DEALLOCATE ALL", id="somebody made the connection forget it"),
        pytest.param("ALTER TABLE cars ALTER name TYPE varchar(80)", id="a migration changed what it gives"),
    ],
)
def test_a_connection_that_cannot_go_on_is_replaced(database: Database, change: str) -> None:
    assert names(database, 2) == ["it's"]
    with database.transaction() as session:
        session.execute(sa.text(change))
    with pytest.raises(sa.exc.DBAPIError) as failure:
        names(database, 2)
    assert failure.value.connection_invalidated
    assert is_away(failure.value) == (change == "DEALLOCATE ALL")
    assert names(database, 2) == ["it's"]
