"""What is over for long tells no longer whose it was; what is open, young or counted stays."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from bot.clock import TIME_ZONE
from bot.services.retention import forget_old
from bot.store.database import Database
from bot.store.lifecycle_tables import EventSignup, Outreach, Profile, ReferralUse, Survey, Task
from tests.database import KINDS, open_database

NOW = datetime(2026, 11, 22, 10, tzinfo=TIME_ZONE)
OLD, YOUNG = NOW - timedelta(days=800), NOW - timedelta(days=100)
PHONE, OTHER = "13812345678", "13987654321"


@pytest.fixture(params=KINDS)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    opened = open_database(request.param, tmp_path)
    yield opened
    opened.close()


def fill(database: Database, name: str, phone: str, at: datetime, status: str = "done") -> None:
    """One row of each kind about a number."""
    both: dict[str, Any] = {"created_at": at, "updated_at": at}
    state = "booked" if status == "done" else "sent"
    rows = (
        Task(
            id=f"t{name}",
            key=f"k{name}",
            kind="trade_in",
            status=status,
            title=f"打 {phone}",
            phone=phone,
            plate="浙A12345",
            note="王丽",
            details={"name": "王丽"},
            due_at=at,
            **both,
        ),
        Survey(
            id=f"s{name}",
            kind="service",
            subject=name,
            phone=phone,
            conversation_id=f"c{name}",
            satisfaction=90,
            comment="王师傅很好",
            answers={},
            asked_at=at,
            answered_at=at,
        ),
        EventSignup(
            id=f"e{name}",
            event="salon",
            phone=phone,
            name="王丽",
            people=2,
            conversation_id=f"c{name}",
            status="attended" if status == "done" else "signed_up",
            **both,
        ),
        Outreach(
            id=f"o{name}",
            plate=f"浙A{name}",
            customer_id=f"c{name}",
            moment="delivery",
            occasion="",
            state=state,
            details={"name": "王丽"},
            conversation_id=f"c{name}",
            opened_at=at,
            updated_at=at,
        ),
        Profile(id=f"p{name}", conversation_id=f"c{name}", needs={"use": "family"}, segments=[], **both),
    )
    with database.transaction() as session:
        session.add_all(rows)


def everything(database: Database) -> str:
    with database.reading() as session:
        tables = (Task, Survey, EventSignup, Outreach, Profile, ReferralUse)
        return "\n".join(str(tuple(row)) for t in tables for row in session.execute(sa.select(t.__table__)))


def test_what_is_over_for_long_is_nameless_and_still_counts(database: Database) -> None:
    fill(database, "old", PHONE, OLD)
    fill(database, "young", OTHER, YOUNG)
    before = everything(database)
    assert before.count(PHONE) == before.count(OTHER) > 2

    assert forget_old(database, 24, NOW) == 5
    told = everything(database)
    assert PHONE not in told
    assert told.count(OTHER) == before.count(OTHER)
    assert told.count("王") == before.count("王") / 2
    assert forget_old(database, 24, NOW) == 0  # all of it was done
    with database.reading() as session:
        assert session.scalar(sa.select(sa.func.sum(Survey.satisfaction))) == 180
        assert session.scalar(sa.select(sa.func.sum(EventSignup.people))) == 4
        assert session.scalar(sa.select(sa.func.count()).select_from(Task)) == 2
        contacted = sa.select(Outreach.plate, Outreach.moment).where(Outreach.id == "oold")
        assert session.execute(contacted).one() == ("浙Aold", "delivery")


def test_what_is_open_keeps_its_name(database: Database) -> None:
    fill(database, "open", PHONE, NOW - timedelta(days=735), status="open")
    forget_old(database, 24, NOW)
    with database.reading() as session:
        assert session.get(Task, "topen").phone == PHONE
        assert session.get(EventSignup, "eopen").phone == PHONE
        assert session.get(Outreach, "oopen").details == {"name": "王丽"}
