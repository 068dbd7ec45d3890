"""What a turn costs, in counts that cannot drift: the same at the tenth message and at the three hundredth."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import jsonschema.validators
import pytest
import sqlalchemy as sa
from rasa.shared.core.events import SlotSet

from bot.runtime.live_tracker import LiveTracker
from bot.runtime.trackers import KEPT, LONGEST, DatabaseTrackerStore
from bot.store.tables import DialogueState
from tests.conversations.harness import Assistant, Customer

pytestmark = pytest.mark.conversation

QUESTIONS = ("营业时间是几点", "X5续航多少公里", "保修几年", "地址在哪里")
FAQ_STATEMENTS = 10
FIRST_BOOKING_STATEMENTS = 25
SECOND_BOOKING_STATEMENTS = 13
LONG_STATEMENTS = 9


class Costs(Counter[str]):
    """Statements, saves, played-back events and compiled schemas since the last ``clear``."""


@pytest.fixture
def costs(assistant: Assistant, monkeypatch: pytest.MonkeyPatch) -> Iterator[Costs]:
    counted = Costs()
    engine = assistant.installation.database.engine

    def count_statement(conn: Any, cursor: Any, statement: str, *rest: Any) -> None:
        kind = statement.split()[0]
        counted["statements"] += kind != "BEGIN"

    sa.event.listen(engine, "before_cursor_execute", count_statement)
    write = _counting(counted, "saves", DatabaseTrackerStore.write)
    monkeypatch.setattr(DatabaseTrackerStore, "write", write)
    monkeypatch.setattr(LiveTracker, "update", _counting(counted, "events", LiveTracker.update))
    for name in ("Draft4Validator", "Draft7Validator", "Draft202012Validator"):
        validator = getattr(jsonschema.validators, name)
        check = classmethod(_counting(counted, "schemas", validator.check_schema.__func__))
        monkeypatch.setattr(validator, "check_schema", check)
    yield counted
    sa.event.remove(engine, "before_cursor_execute", count_statement)


async def test_a_question_costs_the_same_at_turn_10_and_at_turn_300(
    agent: Any, assistant: Assistant, costs: Costs
) -> None:
    customer = assistant.customer()
    at: dict[int, Counter[str]] = {}
    for turn in range(1, 303):
        costs.clear()
        await customer.says(QUESTIONS[turn % len(QUESTIONS)])
        at[turn] = Counter(costs)
    usual = {"statements": FAQ_STATEMENTS, "saves": 1, "events": 7}
    dear = [turn for turn in at if turn > 1 and dict(at[turn]) != usual]

    assert dict(at[10]) == usual
    # A window that is full is cut, once in so many turns: its rest is played again from memory.
    assert all(at[turn]["events"] <= 7 + KEPT + 80 for turn in dear), {turn: at[turn] for turn in dear}
    assert len(dear) <= 300 * 7 // (LONGEST - KEPT - 80)
    assert {at[turn]["statements"] for turn in range(2, 303)} == {FAQ_STATEMENTS}
    assert {at[turn]["saves"] for turn in at} == {1}
    assert agent.tracker_store.replayed == 0
    [row] = assistant.rows(DialogueState, sender_id=customer.conversation_id)
    assert len(row.state) <= LONGEST


async def test_a_booking_costs_what_it_did(agent: Any, assistant: Assistant, costs: Costs) -> None:
    await assistant.customer().says("你好")  # what is made once is made
    customer: Customer = assistant.customer()
    costs.clear()
    await customer.says("我想下周三上午十点去城东店试驾X5", "姓名和手机号")
    assert dict(costs) == {"statements": FIRST_BOOKING_STATEMENTS, "saves": 1, "events": 35}
    costs.clear()
    await customer.says("张伟 13812345678", "驾照")
    assert dict(costs) == {"statements": SECOND_BOOKING_STATEMENTS, "saves": 1, "events": 20}


async def test_only_what_another_process_wrote_is_read_back(agent: Any, assistant: Assistant) -> None:
    """Two servers on one database: each sees the other's turn, and its own without reading it."""
    customer = assistant.customer()
    ours = agent.tracker_store
    await customer.says("我想试驾X5")
    assert ours.replayed == 0

    theirs = DatabaseTrackerStore(assistant.installation.database, agent.domain)
    tracker = await theirs.retrieve(customer.conversation_id)
    assert tracker is not None
    assert theirs.replayed == len(tracker.events)
    tracker.update(SlotSet("drive_model", "s3"), agent.domain)
    await theirs.save(tracker)

    read = await ours.retrieve(customer.conversation_id)
    assert read.get_slot("drive_model") == "s3"
    assert ours.replayed == len(tracker.events)


async def test_a_turn_that_fails_leaves_nothing_in_the_kept_tracker(agent: Any, assistant: Assistant) -> None:
    customer = assistant.customer()
    await customer.says("我想试驾X5")
    store = agent.tracker_store
    tracker = await store.retrieve(customer.conversation_id)
    tracker.update(SlotSet("drive_model", "s3"), agent.domain)  # and the turn ends without having been saved

    again = await store.retrieve(customer.conversation_id)
    assert again.get_slot("drive_model") == "x5"


async def test_a_conversation_that_was_deleted_is_a_new_one(agent: Any, assistant: Assistant) -> None:
    customer = assistant.customer()
    await customer.says("我想试驾X5")
    with assistant.installation.database.transaction() as session:
        session.execute(sa.delete(DialogueState))
    assert await agent.tracker_store.retrieve(customer.conversation_id) is None


async def test_a_very_long_message_is_refused_without_being_understood(
    agent: Any, assistant: Assistant, costs: Costs, monkeypatch: pytest.MonkeyPatch
) -> None:
    understood: list[str] = []
    monkeypatch.setattr(agent.processor, "parse_message", lambda message, *_: understood.append(message.text))
    await assistant.customer().says("我想试驾" * 2500, "太长")
    assert understood == []
    assert costs["saves"] == costs["events"] == 0
    assert costs["statements"] == LONG_STATEMENTS


def _counting(counted: Costs, name: str, function: Any) -> Any:
    def counting(*arguments: Any, **named: Any) -> Any:
        counted[name] += 1
        return function(*arguments, **named)

    return counting
