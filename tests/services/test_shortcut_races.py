"""Two editors give the same shortcut at the same moment: one has it, the other is told whose it is."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import sqlalchemy as sa

from bot.domain.errors import InvalidContent
from bot.services.content.editing import STANDARD, Change, Editor, edit
from bot.services.content.listing import Entry
from bot.store.database import Database
from bot.store.tables import ContentEntry
from tests.services.bookings import NOW
from tests.services.reminded import demo_content

RIVALS = 6


def write(database: Database, name: str, shortcut: str, may_approve: bool = True) -> Entry:
    fields = {"title": f"话术 {name}", "category": "销售", "shortcut": shortcut, "text": "您好。"}
    by, seen_by_all = Editor(name, may_approve), demo_content()
    return edit(database, seen_by_all, STANDARD, f"standard.{name}", Change(fields), by, NOW)


def test_one_has_it_and_the_others_are_told(database: Database) -> None:
    write(database, "first", "other")
    together = threading.Barrier(RIVALS)

    def attempt(number: int) -> Entry | InvalidContent:
        together.wait()
        try:
            return write(database, f"r{number}", "same")
        except InvalidContent as refused:
            return refused

    with ThreadPoolExecutor(RIVALS) as pool:
        outcomes = list(pool.map(attempt, range(RIVALS)))
    refused = [outcome for outcome in outcomes if isinstance(outcome, InvalidContent)]
    assert len(refused) == RIVALS - 1
    [winner] = [outcome for outcome in outcomes if isinstance(outcome, Entry)]
    assert {(each.field, each.words) for each in refused} == {
        ("shortcut", f"快捷码已经给了“{winner.data['title']}”，请换一个")
    }
    with database.reading() as session:
        rows = session.scalars(sa.select(ContentEntry).where(ContentEntry.kind == STANDARD))
        assert sorted(row.data["shortcut"] for row in rows) == ["other", "same"]


def test_the_same_reply_keeps_its_own(database: Database) -> None:
    write(database, "first", "same")
    write(database, "first", "same")
    assert write(database, "second", "").status.value == "approved"
    assert write(database, "third", "").status.value == "approved"
