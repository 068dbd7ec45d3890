"""The tracker of a turn that a dead process had saved, but whose reply it had not stored."""

from __future__ import annotations

from pathlib import Path

from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, ActiveLoop, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from bot.runtime.trackers import DatabaseTrackerStore, answering
from tests.database import sqlite_database


async def test_the_same_message_again_finds_the_dialogue_as_it_was_before(tmp_path: Path) -> None:
    database = sqlite_database(tmp_path)
    store = DatabaseTrackerStore(database, Domain.empty())
    tracker = DialogueStateTracker("c1", [])
    before = [
        ActionExecuted("action_listen"),
        UserUttered("我想试驾", message_id="c1-1"),
        ActiveLoop("drive"),
    ]
    for event in (*before, UserUttered("确认", message_id="c1-2"), ActiveLoop(None), SlotSet("code", "A")):
        tracker.update(event)
    await store.save(tracker)

    with answering("c1-2"):
        again = await store.retrieve("c1")
    with answering("c1-3"):
        after = await store.retrieve("c1")
    assert again is not None
    assert after is not None
    assert [type(event) for event in again.events] == [type(event) for event in before]
    assert len(after.events) == len(tracker.events)
    database.close()
