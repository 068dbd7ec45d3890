"""Entries found by words, as staff search for them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot import clock
from bot.services.content import editing, listing
from bot.services.content.editing import Change, Editor
from bot.services.content.snapshot import ContentStore
from bot.store.database import Database
from tests.installations import filled_database

LI, XIAO = Editor("li", may_approve=True), Editor("xiao", may_approve=False)
TOPIC = "store.hours"


@pytest.fixture
def filled(tmp_path: Path) -> Iterator[tuple[Database, ContentStore]]:
    database, store = filled_database(tmp_path)
    yield database, store
    database.close()


def found(filled: tuple[Database, ContentStore], words: str, kind: str = "faq", **more: str) -> list[str]:
    entries = listing.all_entries(filled[0], kind, clock.now())
    return [entry.id for entry in listing.matching(entries, words, filled[1].current().variables, **more)]


def test_by_id_title_answer_and_questions(filled: tuple[Database, ContentStore]) -> None:
    database, store = filled
    change = Change({"questions": ["啥时候开张"]})
    editing.edit(database, store.current(), "faq", TOPIC, change, LI, clock.now())

    assert len(found(filled, "")) == 147
    assert found(filled, "开张") == found(filled, "STORE.hours") == [TOPIC]
    assert TOPIC in found(filled, "营业 城东店")  # as the customer reads it: the stores are a variable
    assert TOPIC in found(filled, "{store_hours}")
    assert found(filled, "没有这个词") == []
    assert found(filled, "不客气", "template")[:1] == ["utter_thank"]


def test_by_category_and_state(filled: tuple[Database, ContentStore]) -> None:
    database, store = filled
    editing.edit(database, store.current(), "faq", TOPIC, Change({"answer": "稿"}), XIAO, clock.now())
    editing.retire(database, "faq", "store.phone", LI, clock.now())

    assert {id_.partition(".")[0] for id_ in found(filled, "", category="used")} == {"used"}
    assert found(filled, "", status="waiting") == [TOPIC]
    assert found(filled, "", status="retired") == ["store.phone"]
    assert len(found(filled, "", status="approved")) == 146
