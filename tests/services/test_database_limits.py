"""What a connection to PostgreSQL may take: how many, and for how long."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from bot.store import database as module
from bot.store.database import Database, is_away, without_time_limit
from tests.database import new_postgres_url

pytestmark = pytest.mark.postgres
LIMITS = ("statement_timeout", "idle_in_transaction_session_timeout")


@pytest.fixture
def database() -> Iterator[Database]:
    database = Database(new_postgres_url(), pool=5)
    yield database
    database.close()


def limits(connection: Any) -> list[str]:
    return [connection.exec_driver_sql(f"SHOW {name}").scalar() for name in LIMITS]


def test_statements_and_idle_transactions_end(database: Database) -> None:
    with database.engine.connect() as connection:
        assert limits(connection) == ["30s", "1min"]


def test_what_takes_long_has_no_limit_and_the_next_one_has(database: Database) -> None:
    with database.engine.connect() as connection, without_time_limit(connection):
        assert limits(connection) == ["0", "0"]
    with database.engine.connect() as connection:
        assert limits(connection) == ["30s", "1min"]


def test_a_statement_that_takes_too_long_is_a_database_that_is_away(database: Database) -> None:
    with database.engine.connect() as connection:
        connection.exec_driver_sql("SET statement_timeout = 20")
        with pytest.raises(sa.exc.OperationalError) as slow:
            connection.exec_driver_sql("SELECT pg_sleep(10)")
    assert is_away(slow.value)


def test_a_mistake_of_ours_is_no_database_that_is_away(database: Database) -> None:
    with database.engine.connect() as connection, pytest.raises(sa.exc.SQLAlchemyError) as mistake:
        connection.exec_driver_sql("SELECT * FROM nowhere")
    assert not is_away(mistake.value)


def test_no_more_connections_than_the_setting_allows(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database.engine.pool, "_timeout", 0.01)
    taken = [database.engine.connect() for _ in range(5)]
    with pytest.raises(sa.exc.TimeoutError) as none_left:
        database.engine.connect()
    assert is_away(none_left.value)
    for connection in taken:
        connection.close()


def test_options_of_the_address_stay(database: Database) -> None:
    own = sa.engine.make_url(database.url).update_query_dict({"options": "-c statement_timeout=7000"})
    assert "options" not in module._limits(own.render_as_string(hide_password=False))
    other = Database(own.render_as_string(hide_password=False))
    with other.engine.connect() as connection:
        assert limits(connection)[0] == "7s"
    other.close()
