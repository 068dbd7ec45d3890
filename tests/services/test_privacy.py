"""A copy of what is stored about a customer, and deleting it everywhere: in every table and every file."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from bot.domain.errors import WrongState
from bot.services import privacy
from bot.services.audit import Actor
from bot.store import archives
from bot.store.database import Database
from bot.store.staff_tables import AuditEntry, Case
from bot.store.tables import (
    Appointment,
    Base,
    Claim,
    Message,
)
from tests.services.bookings import NOW
from tests.services.known_customers import ANNA, BEN, DAY, everything_of

LI = Actor("li")
TRACES = ("phone", "name", "plate", "word", "openid")
KEPT = ("appointments", "waitlist", "cases", "leads", "scores", "surveys", "outreach", "event_signups")
"""What is counted with: rows stay, without a name."""


@pytest.fixture
def home(database: Database, tmp_path: Path) -> Path:
    with database.transaction() as session:
        for number, who in enumerate((ANNA, BEN), start=1):
            for row in everything_of(who, number):
                session.add(row)
                session.flush()
        session.add(
            Message(
                conversation_id="ben-talk",
                seq=2,
                author="customer",
                created_at=NOW,
                text=f"我朋友的号码是{ANNA['phone']}",
            )
        )
    (tmp_path / "uploads").mkdir()
    (tmp_path / "archive" / "files").mkdir(parents=True)
    for who in (ANNA, BEN):
        (tmp_path / "uploads" / f"{who['id']}-token".ljust(43, "0")).write_bytes(who["word"].encode())
        (tmp_path / "archive" / "files" / f"{who['id']}-old").write_bytes(who["word"].encode())
    archives.append(
        tmp_path / "archive" / "2025-01.jsonl.gz",
        [archived(ANNA, "anna"), archived(BEN, "ben"), archived(ANNA, None)],
    )
    return tmp_path


def archived(who: dict[str, str], owner: str | None) -> dict[str, Any]:
    return {
        "conversation": {"id": f"{who['id']}-old-{owner}", "customer_id": owner, "last_seq": 1},
        "messages": [{"author": "customer", "text": f"{who['word']}，电话{who['phone']}"}],
        "files": [{"token": f"{who['id']}-old"}] if owner else [],
    }


def rows_of(database: Database) -> dict[str, list[str]]:
    """Every row of every table as text, JSON readable."""
    found: dict[str, list[str]] = {}
    with database.reading() as session:
        for name, table in Base.metadata.tables.items():
            rows = session.execute(sa.select(table)).mappings()
            found[name] = [json.dumps(dict(row), ensure_ascii=False, default=str) for row in rows]
    return found


def files_of(home: Path) -> Iterator[tuple[str, bytes]]:
    for path in sorted(home.rglob("*")):
        if path.is_file():
            content = path.read_bytes()
            yield path.name, gzip.decompress(content) if path.suffix == ".gz" else content


def left_of(who: dict[str, str], database: Database, home: Path) -> list[str]:
    """Where anything of somebody still stands."""
    in_tables = [
        f"{name}: {who[trace]}"
        for name, rows in rows_of(database).items()
        for row in rows
        for trace in TRACES
        if who[trace] in row
    ]
    in_files = [
        f"{name}: {who[trace]}"
        for name, content in files_of(home)
        for trace in TRACES
        if any(who[trace].encode(encoding) in content for encoding in ("utf-8", "unicode_escape"))
    ]
    return in_tables + in_files


def test_the_seed_reaches_every_table_that_knows_customers(database: Database, home: Path) -> None:
    """Who adds a table with personal data adds it here, and to the parts of a person."""
    known = {part.table.__tablename__ for part in _parts(database)}
    impersonal = {
        "content_entries",
        "content_versions",
        "content_revision",
        "outages",
        "feed_tokens",
        "users",
        "access_tokens",
        "audit_log",
        "wechat_tokens",
        "wechat_nonces",
        "indicator_entries",
        "erased_numbers",
    }
    assert known | impersonal == set(Base.metadata.tables)
    filled = {name for name, rows in rows_of(database).items() if rows}
    assert known <= filled


def _parts(database: Database) -> list[Any]:
    with database.reading() as session:
        return list(privacy.person.parts_of(privacy.find_person(session, ANNA["phone"])))


def test_nothing_is_left_of_who_is_erased(database: Database, home: Path) -> None:
    before = rows_of(database)
    assert left_of(ANNA, database, home)
    erased = privacy.erase(database, home, ANNA["phone"], LI, NOW)

    assert left_of(ANNA, database, home) == []
    assert erased.archived == 2
    after = rows_of(database)
    for name in KEPT:
        assert len(after[name]) == len(before[name]), name
    untouched = [
        row for name, rows in before.items() for row in rows if BEN["id"] in row and ANNA["phone"] not in row
    ]
    now = {row for rows in after.values() for row in rows}
    assert [row for row in untouched if row not in now] == []
    assert BEN["word"].encode() in b"".join(content for _, content in files_of(home))
    assert any("〔已删除〕" in row for row in after["messages"])


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_bytes_go_too(database: Database, home: Path) -> None:
    """What SQLite keeps of deleted rows in its file, and in the log beside it."""
    path = Path(database.engine.url.database or "")
    privacy.erase(database, home, ANNA["phone"], LI, NOW)

    content = b"".join(each.read_bytes() for each in path.parent.glob(f"{path.name}*"))
    assert BEN["phone"].encode() in content
    assert ANNA["phone"].encode() not in content
    assert ANNA["word"].encode() not in content


def test_again_does_nothing(database: Database, home: Path) -> None:
    privacy.erase(database, home, ANNA["phone"], LI, NOW)
    assert privacy.erase(database, home, ANNA["phone"], LI, NOW).is_empty


def test_a_crash_in_between_is_mended_by_the_next_call(
    database: Database, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bot.services.privacy import erasure

    def dies(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(erasure, "_erase_rows", dies)
        with pytest.raises(KeyboardInterrupt):
            privacy.erase(database, home, ANNA["phone"], LI, NOW)
    assert left_of(ANNA, database, home)
    privacy.erase(database, home, ANNA["phone"], LI, NOW)
    assert left_of(ANNA, database, home) == []


def _coming(database: Database) -> None:
    with database.transaction() as session:
        visit = session.get(Appointment, "anna-visit")
        visit.status, visit.start, visit.end = "confirmed", NOW + DAY, NOW + DAY + timedelta(hours=1)
        session.get(Case, "anna-case").status = "open"


def test_what_is_to_come_is_settled_first(database: Database, home: Path) -> None:
    _coming(database)
    with pytest.raises(WrongState) as refused:
        privacy.erase(database, home, ANNA["phone"], LI, NOW)
    assert refused.value.words == "还有1 个未到店的预约、1 张没办结的工单，要先取消或办结，或者选择一并删除"
    assert left_of(ANNA, database, home)

    privacy.erase(database, home, ANNA["phone"], LI, NOW, force=True)
    assert left_of(ANNA, database, home) == []
    with database.reading() as session:
        assert session.get(Appointment, "anna-visit").status == "cancelled"
        assert session.get(Case, "anna-case").outcome == "withdrawn"
        assert session.scalars(sa.select(Claim.appointment_id)).all() == ["ben-visit"]


def test_the_log_says_that_it_was_done(database: Database, home: Path) -> None:
    privacy.erase(database, home, ANNA["phone"], LI, NOW)
    with database.reading() as session:
        [line] = session.scalars(sa.select(AuditEntry))
    assert (line.action, line.username, line.subject) == ("customer.erased", "li", "anna")


def test_a_copy_has_everything_and_nothing_of_others(database: Database, home: Path) -> None:
    packed = privacy.copy_of(database, home, ANNA["phone"], NOW)
    assert packed is not None
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        names = archive.namelist()
        data = json.loads(archive.read("data.json"))
        page = archive.read("index.html").decode()
        sent = archive.read(next(name for name in names if name.startswith("files/")))

    assert data["phone"] == ANNA["phone"]
    assert {part.name for part in _parts(database)} | {"已归档的对话"} == set(data["data"])
    text = json.dumps(data, ensure_ascii=False)
    assert all(ANNA[trace] in text for trace in TRACES)
    assert not any(BEN[trace] in text + page for trace in TRACES)
    assert ANNA["word"] in page
    assert sent == ANNA["word"].encode()


def test_nobody_gets_no_copy(database: Database, home: Path) -> None:
    assert privacy.copy_of(database, home, "13900000000", datetime.now()) is None
