"""Old conversations move to files: which ones, all of them, once, whatever is broken off in between."""

from __future__ import annotations

import gzip
import json
import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from bot.domain.conversation import HandoffReason, Owner
from bot.services import archive as module
from bot.services import conversations, messages
from bot.services.archive import Archived, archive_old, count_old
from bot.services.messages import Inbound, Utterance
from bot.services.outbox import Senders
from bot.services.upkeep import upkeep_rounds
from bot.services.uploads import keep_file
from bot.store import archives
from bot.store.database import Database
from bot.store.staff_tables import Case, Handoff, Upload
from bot.store.tables import (
    Conversation,
    Customer,
    DialogueState,
    Message,
    OutboxMessage,
    Unanswered,
    WaitlistEntry,
)
from bot.store.wechat_tables import WeChatContact, WeChatPassive
from tests.files import PNG
from tests.server import ROOT, environment, run_bot
from tests.services.bookings import NOW, TWO, book
from tests.services.owners import pass_by_hand
from tests.services.reminded import CONTENT

LONG_AGO = NOW - timedelta(days=800)
MONTHS = 24


def talk(database: Database, sender: str, at: Any = LONG_AGO, channel: str = "web") -> str:
    """Two lines."""
    received = messages.receive(database, Inbound(channel, sender, f"你好，我是{sender}"), at)
    messages.answer(database, received, [Utterance("您好")], at)
    return received.conversation_id


def left(database: Database) -> set[str]:
    with database.reading() as session:
        return set(session.scalars(sa.select(Conversation.id)))


def archived(home: Path) -> list[dict[str, Any]]:
    files = sorted((home / "archive").glob("*.jsonl.gz"))
    return [
        json.loads(line) for file in files for line in gzip.open(file, "rt", encoding="utf-8").readlines()
    ]


def add(database: Database, *rows: Any) -> None:
    with database.transaction() as session:
        for row in rows:
            session.add(row)
            session.flush()


def test_an_old_conversation_moves_with_all_that_belongs_to_it(database: Database, tmp_path: Path) -> None:
    uploads = tmp_path / "uploads"
    kept = keep_file(database, uploads, PNG, "car.png", LONG_AGO)
    old, new = talk(database, "old", channel="wechat"), talk(database, "new", NOW - timedelta(days=600))
    conversations.record_handoff(database, old, HandoffReason.FAILURE, {"message": "你好"}, LONG_AGO)
    with database.transaction() as session:
        session.get(Upload, kept.token).conversation_id = old
        session.execute(sa.update(OutboxMessage).values(state="sent"))
    at = {"created_at": LONG_AGO, "updated_at": LONG_AGO}
    add(
        database,
        DialogueState(sender_id=old, state=[{"event": "action"}], updated_at=LONG_AGO),
        Unanswered(
            conversation_id=old, seq=1, kind="fallback", state="open", text="t", same_as="s",
            candidates=[], intents=[], **at,
        ),
        WeChatContact(account="main", openid="o-1", conversation_id=old, **at),
        WeChatPassive(conversation_id=old, seq=1, first=2, last=2, at=LONG_AGO),
    )  # fmt: skip

    assert count_old(database, MONTHS, NOW) == Archived(1, 2)
    assert archive_old(database, tmp_path, MONTHS, NOW) == Archived(1, 2)

    assert left(database) == {new}
    (entry,) = archived(tmp_path)
    assert entry["conversation"]["sender"] == "old"
    assert [line["text"] for line in entry["messages"]] == ["你好，我是old", "您好"]
    assert entry["dialogue"][0]["state"] == [{"event": "action"}]
    assert entry["wechat"][0]["openid"] == "o-1"
    assert [len(entry[name]) for name in ("handoffs", "not_understood", "files", "wechat_answers")] == [1] * 4
    assert (tmp_path / "archive" / "files" / kept.token).read_bytes() == PNG
    assert not (uploads / kept.token).exists()
    with database.reading() as session:
        for table in (DialogueState, Handoff, Unanswered, Upload, WeChatContact, WeChatPassive):
            assert session.scalar(sa.select(sa.func.count()).select_from(table)) == 0
        assert session.scalar(sa.select(sa.func.count()).select_from(Message)) == 2


def test_what_somebody_works_on_stays(database: Database, tmp_path: Path) -> None:
    names = ("queue", "adviser", "case", "visit", "customer", "waits", "outbox", "unanswered", "over")
    ids = {name: talk(database, name) for name in names}
    at = {"created_at": LONG_AGO, "updated_at": LONG_AGO}
    wish = {
        "kind": "test_drive",
        "jobs": [],
        "from_": LONG_AGO,
        "until": NOW,
        "weekdays": [],
        "from_hour": 540,
    }
    with database.transaction() as session:
        for name, owner in (("queue", Owner.QUEUE), ("adviser", Owner.ADVISER)):
            pass_by_hand(session.get(Conversation, ids[name]), owner)
    phone = book(database, TWO, conversation_id=ids["visit"]).phone
    add(
        database,
        Case(id="c1", kind="complaint", status="open", conversation_id=ids["case"], details={}, **at),
        Case(id="c2", kind="complaint", status="closed", conversation_id=ids["over"], details={}, **at),
        WaitlistEntry(
            id="w", state="waiting", until_hour=600, phone="1", declined=[], conversation_id=ids["waits"],
            **wish, **at,
        ),
        OutboxMessage(
            key="k", kind="k", channel="chat", conversation_id=ids["outbox"], data={}, due_at=NOW,
            state="pending", created_at=LONG_AGO,
        ),
    )  # fmt: skip
    with database.transaction() as session:
        values = sa.update(Conversation).values(updated_at=LONG_AGO)
        session.execute(values)
        customer = session.scalar(sa.select(Customer.id).where(Customer.phone == phone))
        session.execute(values.where(Conversation.id == ids["customer"]).values(customer_id=customer))
        of_one = Message.conversation_id == ids["unanswered"]
        session.execute(sa.update(Message).where(of_one, Message.seq == 1).values(answered=False))

    assert archive_old(database, tmp_path, MONTHS, NOW) == Archived(1, 2)

    assert set(ids.values()) - left(database) == {ids["over"]}


def test_broken_off_after_writing_it_is_not_written_twice(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = {talk(database, str(number)) for number in range(3)}
    with monkeypatch.context() as broken:
        broken.setattr(module, "_delete", _fail)
        with pytest.raises(RuntimeError):
            archive_old(database, tmp_path, MONTHS, NOW)
    assert left(database) == ids

    next_month = NOW + timedelta(days=31)
    assert archive_old(database, tmp_path, MONTHS, next_month) == Archived(3, 6)
    assert sorted(each["conversation"]["id"] for each in archived(tmp_path)) == sorted(ids)
    assert left(database) == set()


def test_half_a_write_is_taken_out_again(database: Database, tmp_path: Path) -> None:
    talk(database, "first")
    archive_old(database, tmp_path, MONTHS, NOW)
    file = tmp_path / "archive" / f"{NOW:%Y-%m}.jsonl.gz"
    whole = file.read_bytes()
    for end in (1, 9, len(whole) // 2, len(whole) - 1):
        file.write_bytes(whole + whole[:end])
        talk(database, f"later-{end}")
        assert archive_old(database, tmp_path, MONTHS, NOW).conversations == 1
        assert file.read_bytes()[: len(whole)] == whole
    senders = [each["conversation"]["sender"] for each in archived(tmp_path)]
    assert len(senders) == len(set(senders)) >= 2


def test_who_writes_while_it_is_archived_keeps_the_conversation(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    id_ = talk(database, "wang")
    append = archives.append

    def meanwhile(*arguments: Any) -> None:
        append(*arguments)
        messages.receive(database, Inbound("web", "wang", "还在吗"), NOW)

    monkeypatch.setattr(archives, "append", meanwhile)
    assert archive_old(database, tmp_path, MONTHS, NOW) == Archived()
    assert left(database) == {id_}
    assert len(messages.messages_after(database, id_)) == 3


def test_two_at_the_same_moment_write_once(database: Database, tmp_path: Path) -> None:
    talk(database, "wang")
    with archives.alone(tmp_path / "archive") as is_alone:
        assert is_alone
        assert archive_old(database, tmp_path, MONTHS, NOW) == Archived()
    with module._alone_at(database):
        other = archive_old(database, tmp_path / "elsewhere", MONTHS, NOW)
    assert other == (Archived() if "postgres" in database.url else Archived(1, 2))


def test_the_upkeep_does_it_once_a_day(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archivist, now = module.Archivist(database, tmp_path, MONTHS), [NOW]
    monkeypatch.setattr(module, "AT_ONCE", 2)
    monkeypatch.setattr(module.clock, "now", lambda: now[0])
    monkeypatch.setattr(archive_old, "__defaults__", (2,))
    for number in range(3):
        talk(database, str(number))
    archivist()
    assert len(left(database)) == 1
    archivist()
    assert left(database) == set()
    talk(database, "later")
    archivist()
    assert len(left(database)) == 1
    now[0] += timedelta(days=1)
    archivist()
    assert left(database) == set()


def test_it_is_a_round_of_the_upkeep_of_its_own(database: Database, tmp_path: Path) -> None:
    talk(database, "old", NOW - timedelta(days=4000))
    archivist = module.Archivist(database, tmp_path, MONTHS)
    rounds = upkeep_rounds(database, CONTENT, Senders(), archive=archivist)
    assert len(rounds) == len(upkeep_rounds(database, CONTENT, Senders())) + 1
    rounds[-1]()
    assert left(database) == set()


@pytest.mark.slow
def test_the_command_counts_moves_and_is_repeated(tmp_path: Path) -> None:
    home = tmp_path / "home"
    assert "0 个对话" in run_bot(home, "archive", "--older-than", "24", "--dry-run").stdout
    database = Database(f"sqlite:///{home / 'zhanting.db'}")
    talk(database, "old")
    assert (
        "将归档 1 个对话，共 2 条消息" in run_bot(home, "archive", "--older-than", "24", "--dry-run").stdout
    )
    assert not (home / "archive").exists()
    assert "已归档 1 个对话，共 2 条消息" in run_bot(home, "archive", "--older-than", "24").stdout
    assert "没有要归档的对话" in run_bot(home, "archive", "--older-than", "24").stdout
    assert run_bot(home, "archive", "--older-than", "0").returncode == 2
    assert left(database) == set()
    assert len(archived(home)) == 1
    database.close()


@pytest.mark.slow
def test_killed_in_the_middle_and_started_again_everything_is_there_once(tmp_path: Path) -> None:
    home = tmp_path / "home"
    run_bot(home, "archive", "--older-than", "24", "--dry-run")
    database = Database(f"sqlite:///{home / 'zhanting.db'}")
    ids = {talk(database, str(number)) for number in range(120)}
    process = subprocess.Popen(
        [sys.executable, "-m", "bot", "archive", "--older-than", "24"], cwd=ROOT, env=environment(home)
    )
    while len(left(database)) == len(ids) and process.poll() is None:
        pass
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert left(database), "it was not killed in the middle"

    assert run_bot(home, "archive", "--older-than", "24").returncode == 0
    assert left(database) == set()
    assert sorted(each["conversation"]["id"] for each in archived(home)) == sorted(ids)
    database.close()


def _fail(*_: object) -> None:
    raise RuntimeError
