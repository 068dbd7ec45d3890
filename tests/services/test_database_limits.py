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


def states(database: Database) -> list[str]:
    """What the other connections to this database do just now."""
    query = (
        "SELECT state FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    with database.engine.connect() as connection:
        return [state for (state,) in connection.exec_driver_sql(query)]


def test_who_reads_opens_no_transaction_and_who_writes_does(database: Database) -> None:
    other = Database(database.url)
    for round_ in range(2):  # the second time with the connection that the first one gave back
        with other.reading() as session:
            session.execute(sa.text("SELECT 1"))
            assert states(database) == ["idle"], round_
        with other.transaction() as session:
            session.execute(sa.text("SELECT 1"))
            assert states(database) == ["idle in transaction"], round_
    other.close()


def test_a_write_is_taken_back_whole_after_the_connection_was_for_reading(database: Database) -> None:
    with database.transaction() as session:
        session.execute(sa.text("CREATE TABLE noted (number int)"))
    with database.reading() as session:
        session.execute(sa.text("SELECT 1"))

    def fail() -> None:
        with database.transaction() as session:
            session.execute(sa.text("INSERT INTO noted VALUES (1)"))
            raise RuntimeError("on second thoughts")

    with pytest.raises(RuntimeError):
        fail()
    with database.reading() as session:
        assert session.scalar(sa.text("SELECT count(*) FROM noted")) == 0


@pytest.mark.parametrize("kind", ["reading", "transaction"])
def test_a_connection_that_the_server_ended_is_replaced_before_it_is_used(
    database: Database, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    with database.reading() as session:
        session.execute(sa.text("SELECT 1"))
    other = Database(database.url)
    end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    with other.engine.connect() as connection:
        connection.exec_driver_sql(end)
    other.close()
    monkeypatch.setattr(module, "FRESH_SECONDS", 0.0)  # it lay unused for longer than that
    with getattr(database, kind)() as session:
        assert session.scalar(sa.text("SELECT 1")) == 1


def test_a_connection_that_has_just_worked_is_not_asked(database: Database) -> None:
    asked: list[str] = []
    sa.event.listen(database.engine.pool, "connect", lambda *_: asked.append("connected"))
    ping = database.engine.dialect.do_ping
    database.engine.dialect.do_ping = lambda connection: asked.append("pinged") or ping(connection)
    for _ in range(3):
        with database.reading() as session:
            session.execute(sa.text("SELECT 1"))
    assert asked == ["connected"]
