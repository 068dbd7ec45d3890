"""The workplace: who sees which conversations, what is unread, how far each side has come; numbers are masked."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.domain.conversation import Author, Owner
from bot.domain.errors import NotFound, NotPermitted
from bot.domain.staff import Permission, Presence, Role
from bot.services import receipts, workplace
from bot.services.conversations import open_conversation
from bot.services.staff import Staff
from bot.services.workplace import Scope
from bot.store.database import Database
from bot.store.staff_tables import Handoff, User
from bot.store.tables import Conversation, Message
from tests.installations import filled_database
from tests.services.bookings import NOW

LIN = Staff("lin", Role.CONSULTANT, "林晓")
CHEN = Staff("chen", Role.CONSULTANT, "陈晨")
WANG = Staff("wang", Role.MANAGER, "王经理")
SAID = ((Author.CUSTOMER, "我的电话是 13812345678"), (Author.BOT, "记下了"), (Author.CUSTOMER, "在吗"))


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database, _ = filled_database(tmp_path)
    with database.transaction() as session:
        for staff in (LIN, CHEN, WANG):
            session.add(
                User(
                    username=staff.username,
                    password_hash="",
                    role=staff.role.value,
                    name=staff.name,
                    created_at=NOW,
                )
            )
    yield database
    database.close()


def add(database: Database, state: Owner, adviser: str | None = None, said: tuple[object, ...] = SAID) -> str:
    with database.transaction() as session:
        row = open_conversation(session, "web", uuid.uuid4().hex, NOW)
        row.state, row.adviser, row.waiting_since, row.last_seq = state.value, adviser, NOW, len(said)
        for seq, (author, text) in enumerate(said, 1):  # type: ignore[misc]
            session.add(
                Message(conversation_id=row.id, seq=seq, author=author.value, text=text, created_at=NOW)
            )
        return str(row.id)


def test_everybody_sees_the_queue_and_their_own(database: Database) -> None:
    waiting, lins = add(database, Owner.QUEUE), add(database, Owner.ADVISER, "lin")
    add(database, Owner.ADVISER, "chen")
    add(database, Owner.BOT)
    view = workplace.desk_view(database, LIN)

    assert [line.id for line in view.waiting] == [waiting]
    assert [line.id for line in view.mine] == [lins]
    assert (view.mine[0].adviser_name, view.presence) == ("林晓", Presence.OFFLINE)
    assert (view.mine[0].preview, view.mine[0].unread) == ("在吗", 2)


def test_who_waits_is_listed_in_the_order_of_service(database: Database) -> None:
    first, urgent = add(database, Owner.QUEUE), add(database, Owner.QUEUE)
    with database.transaction() as session:
        row = session.get(Conversation, urgent)
        row.reason, row.waiting_since = "rescue", NOW.replace(hour=23)

    assert [line.id for line in workplace.desk_view(database, LIN).waiting] == [urgent, first]


def test_all_is_for_supervisors_and_what_is_over_for_whose_it_was(database: Database) -> None:
    over = add(database, Owner.CLOSED, "chen")
    add(database, Owner.BOT)
    with database.transaction() as session:
        session.add(
            Handoff(
                id=over,
                conversation_id=over,
                reason="asked_for_a_person",
                summary={},
                status="done",
                adviser="chen",
                outcome="solved",
                ended_at=NOW,
                created_at=NOW,
                updated_at=NOW,
            )
        )

    with pytest.raises(NotPermitted):
        workplace.list_lines(database, LIN, Scope.ALL, NOW)
    assert len(workplace.list_lines(database, WANG, Scope.ALL, NOW)) == 2
    assert workplace.list_lines(database, LIN, Scope.CLOSED, NOW) == ()
    for staff in (CHEN, WANG):
        assert [line.id for line in workplace.list_lines(database, staff, Scope.CLOSED, NOW)] == [over]


def test_search_looks_into_what_was_said(database: Database) -> None:
    found = add(database, Owner.ADVISER, "lin", ((Author.CUSTOMER, "后备厢多大 100%"),))
    add(database, Owner.ADVISER, "lin")

    for words in ("后备厢", "100%", "多大 后备厢", found[-6:]):
        assert [line.id for line in workplace.list_lines(database, LIN, Scope.MINE, NOW, words)] == [found]
    assert workplace.list_lines(database, LIN, Scope.MINE, NOW, "后备厢 在吗") == ()


def test_numbers_are_masked_in_lists_and_transcripts(database: Database) -> None:
    id_ = add(database, Owner.QUEUE, said=SAID[:1])
    texts = [row["text"] for row in workplace.staff_messages(database, id_)]

    assert workplace.desk_view(database, LIN).waiting[0].preview == "我的电话是 138****5678"
    assert texts == ["我的电话是 138****5678"]


def test_the_transcript_is_read_from_its_end(database: Database) -> None:
    id_ = add(database, Owner.QUEUE, said=tuple((Author.CUSTOMER, f"{n}") for n in range(1, 8)))

    assert [row["seq"] for row in workplace.last_messages(database, id_, limit=3)] == [5, 6, 7]
    assert [row["seq"] for row in workplace.last_messages(database, id_, 5, 3)] == [2, 3, 4]
    assert [row["seq"] for row in workplace.staff_messages(database, id_, 5)] == [6, 7]


@pytest.mark.parametrize(
    ("state", "adviser", "staff", "actions"),
    [
        (Owner.BOT, None, LIN, "take note"),
        (Owner.QUEUE, None, LIN, "take note close"),
        (Owner.ADVISER, "lin", LIN, "reply note transfer release close"),
        (Owner.ADVISER, "chen", LIN, "note"),
        (Owner.ADVISER, "chen", WANG, "take note transfer release close"),
        (Owner.CLOSED, "lin", LIN, "take note"),
    ],
)
def test_only_what_is_possible_is_offered(
    database: Database, state: Owner, adviser: str | None, staff: Staff, actions: str
) -> None:
    opened = workplace.open_line(database, add(database, state, adviser), staff)

    assert " ".join(opened.actions) == actions


def test_an_unknown_conversation_is_not_found(database: Database) -> None:
    with pytest.raises(NotFound):
        workplace.open_line(database, "unknown", LIN)


def test_how_far_it_was_seen_only_grows_and_not_beyond_the_end(database: Database) -> None:
    id_ = add(database, Owner.ADVISER, "lin")

    assert receipts.customer_saw(database, id_, 2, 1)
    assert not receipts.customer_saw(database, id_, 1, 0)
    assert _seen(database, id_) == (2, 1, 0)
    assert receipts.customer_saw(database, id_, 1, 99)
    assert receipts.staff_saw(database, id_, 3)
    assert not receipts.staff_saw(database, id_, 99)
    assert _seen(database, id_) == (3, 3, 3)
    assert workplace.desk_view(database, LIN).mine[0].unread == 0


def test_colleagues_are_those_who_converse_who_are_there_first(database: Database) -> None:
    editor = replace(LIN, username="editor", role=Role.CONTENT_EDITOR)
    assert not editor.may(Permission.CONVERSE)
    with database.transaction() as session:
        session.add(
            User(username="editor", password_hash="", role=editor.role.value, name="编辑", created_at=NOW)
        )
        here = session.get(User, "wang")
        here.presence, here.seen_until = Presence.ONLINE.value, NOW.replace(hour=23)
        gone = session.get(User, "chen")
        gone.presence, gone.seen_until = Presence.ONLINE.value, NOW
    found = workplace.colleagues(database, LIN, NOW)

    assert [(each.username, each.presence.value) for each in found] == [
        ("wang", "online"),
        ("chen", "offline"),
    ]


def _seen(database: Database, id_: str) -> tuple[int, int, int]:
    with database.reading() as session:
        row = session.get(Conversation, id_)
        return row.delivered_seq, row.read_seq, row.staff_read_seq
