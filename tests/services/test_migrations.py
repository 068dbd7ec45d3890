"""What the migrations must not lose, on SQLite and PostgreSQL: a booked visit keeps its claims and its hold."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from bot.services.installation import migrate
from bot.settings import ROOT
from bot.store.database import Database
from tests.database import KINDS, new_postgres_url

VISIT = {
    "id": "a",
    "kind": "test_drive",
    "status": "confirmed",
    "code": "KHM374",
    "store": "east",
    "items": "[]",
    "start": "2026-11-28 06:00:00",
    "end": "2026-11-28 06:45:00",
    "name": "王小明",
    "phone": "13812345678",
    "resources": '["east-car-x5"]',
    "created_at": "2026-11-22 00:00:00",
    "updated_at": "2026-11-22 00:00:00",
}


@pytest.mark.parametrize("kind", KINDS)
def test_visits_and_holds_from_before_the_booking_engine(tmp_path: Path, kind: str) -> None:
    url = new_postgres_url() if kind == "postgres" else f"sqlite:///{tmp_path / 'old.db'}"
    database = Database(url)
    _migrate_to(database, "0003")
    names = list(VISIT)
    with database.engine.begin() as connection:
        columns, values = ", ".join(f'"{name}"' for name in names), ", ".join(f":{name}" for name in names)
        connection.execute(sa.text(f"INSERT INTO appointments ({columns}) VALUES ({values})"), VISIT)
        connection.execute(
            sa.text("INSERT INTO holds VALUES ('h', 'conversation', '{}', '2026-11-28 06:00:00')")
        )
        for tick, owner in enumerate(("appointment_id", "hold_id")):
            connection.execute(
                sa.text(
                    f"INSERT INTO claims (resource, tick, {owner}) VALUES ('east-car-x5', {tick}, :owner)"
                ),
                {"owner": "ah"[tick]},
            )
    migrate(database)

    with database.engine.begin() as connection:
        found = connection.execute(sa.text("SELECT tick, appointment_id, hold_id FROM claims ORDER BY tick"))
        assert [tuple(row) for row in found] == [(0, "a", None), (1, None, "h")]
        assert connection.execute(sa.text("SELECT owner FROM holds")).scalar_one() == "conversation"
        token = connection.execute(sa.text("SELECT calendar_token FROM appointments")).scalar_one()
        assert len(token) == 43
        connection.execute(
            sa.text(
                "INSERT INTO outages VALUES ('o', 'r', '2026-11-28', '2026-11-29', 'x', 'li', '2026-11-22', NULL)"
            )
        )
        connection.execute(sa.text("INSERT INTO claims (resource, tick, outage_id) VALUES ('r', 5, 'o')"))
    for owners in ("NULL, NULL, NULL", "'a', 'h', NULL", "'a', NULL, 'o'"):  # one owner, neither none nor two
        with pytest.raises(sa.exc.IntegrityError), database.engine.begin() as connection:
            connection.execute(
                sa.text(
                    f"INSERT INTO claims (resource, tick, appointment_id, hold_id, outage_id) VALUES ('r', 9, {owners})"
                )
            )
    with pytest.raises(sa.exc.IntegrityError), database.engine.begin() as connection:
        connection.execute(sa.text("INSERT INTO claims (resource, tick, hold_id) VALUES ('r', 9, 'none')"))
    database.close()


def _migrate_to(database: Database, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(ROOT / "bot" / "store" / "migrations"))
    with database.engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
