"""The tracker that is not played back says what Rasa's own tracker, which is, would say."""

from __future__ import annotations

from typing import Any

import pytest
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import (
    ActionExecuted,
    ActionExecutionRejected,
    ActionReverted,
    ActiveLoop,
    BotUttered,
    Event,
    FollowupAction,
    Restarted,
    SessionStarted,
    SlotSet,
    UserUtteranceReverted,
    UserUttered,
)
from rasa.shared.core.slots import BooleanSlot, TextSlot
from rasa.shared.core.trackers import DialogueStateTracker, EventVerbosity

from bot.runtime.live_tracker import LiveTracker
from tests.conversations.harness import Assistant, Customer

pytestmark = pytest.mark.conversation

TALK = (
    "你好",
    "营业时间是几点",
    "我想下周三上午十点去城东店试驾X5",
    "X5续航多少公里",
    "张伟 13812345678",
    "符合",
    "先不约了",
    "营业时间是几点",
)


def twins(events: list[Event], slots: list[Any]) -> tuple[LiveTracker, DialogueStateTracker]:
    live, stock = LiveTracker("c1", slots), DialogueStateTracker("c1", slots)
    for event in events:
        live.update(event)
        stock.update(event)
    return live, stock


def slots() -> list[Any]:
    return [TextSlot("name", mappings=[]), BooleanSlot("licence", mappings=[])]


def test_a_copy_shares_nothing_that_changes() -> None:
    events = [UserUttered("你好"), ActiveLoop("drive"), SlotSet("name", "张伟"), ActionExecuted("greet")]
    live, stock = twins(events, slots())
    twin = live.copy()
    for event in (SlotSet("name", "李雷"), ActionExecuted("drive"), ActiveLoop(None), BotUttered("好的")):
        twin.update(event)

    assert live.current_state(EventVerbosity.ALL) == {
        **stock.current_state(EventVerbosity.ALL),
        "active_loop": {"name": "drive", "is_interrupted": False, "rejected": False, "trigger_message": None},
    }
    assert twin.get_slot("name") == "李雷"
    assert twin.active_loop is None


def test_slots_that_are_shared_by_all_trackers_stay_empty() -> None:
    shared = slots()
    live, stock = twins([UserUttered("你好"), SlotSet("name", "张伟"), SlotSet("licence", True)], shared)
    other = LiveTracker("c2", shared)
    assert live.current_slot_values() == stock.current_slot_values()
    assert other.current_slot_values() == {"name": None, "licence": None}
    assert [(slot.value, slot.has_been_set) for slot in shared] == [(None, False), (None, False)]
    live.update(Restarted())
    assert live.current_slot_values() == other.current_slot_values()
    assert not any(slot.has_been_set for slot in live.slots.values())


def test_events_that_count_are_those_of_rasa_after_every_event() -> None:
    """A form that runs again, one that refuses, one whose name comes later, and everything that takes something back."""
    listens, form = ActionExecuted("action_listen"), ActionExecuted("drive")
    turn = [UserUttered("好"), form, SlotSet("name", "张伟"), listens]
    told: list[Event] = [
        *(SessionStarted(), listens, UserUttered("你好"), ActionExecuted("greet"), listens),
        *(UserUttered("试驾"), form, ActiveLoop("drive"), SlotSet("name", None), listens),
        *(*turn, *turn, UserUttered("续航"), ActionExecutionRejected("drive"), ActionExecuted("faq"), form),
        *(listens, UserUttered("再见"), ActionReverted(), UserUttered("嗯"), UserUtteranceReverted()),
        *(*turn, ActiveLoop(None), UserUttered("又"), ActionExecuted("visit"), ActiveLoop("visit"), listens),
        *(
            UserUttered("好"),
            ActionExecuted("visit"),
            listens,
            Restarted(),
            *turn,
            ActiveLoop("drive"),
            *turn,
        ),
    ]
    live, stock = twins([], slots())
    for event in told:
        live.update(event)
        stock.update(event)
        assert live.applied_events() == stock.applied_events()
        assert live.copy().applied_events() == stock.applied_events()


def test_a_copy_is_still_to_do_what_an_event_asked_for() -> None:
    events = [UserUttered("你好"), ActionExecuted("greet"), FollowupAction("ask")]
    live, stock = twins(events, slots())
    live.clear_followup_action()  # as the processor does before it runs the action
    stock.clear_followup_action()
    assert live.copy().followup_action == stock.copy().followup_action == "ask"


def test_the_present_is_not_taken_for_the_past() -> None:
    """Before the first message too: what a policy was shown is not what it will see a moment later."""
    live, stock = twins([ActionExecuted("action_listen")], slots())
    domain = Domain.from_yaml(
        "version: '3.1'\nslots: {name: {type: text, mappings: [{type: custom}]}}\nactions: [greet]"
    )
    for event in (
        SlotSet("name", "张伟"),
        ActionExecuted("greet"),
        SlotSet("name", None),
        UserUttered("你好"),
    ):
        for hides in (False, True):
            named = {"ignore_rule_only_turns": hides, "rule_only_data": {}}
            assert live.past_states(domain, **named) == stock.past_states(domain, **named)
        live.update(event)
        stock.update(event)
    assert len(live.past_states(domain)) == 3


async def test_the_states_of_a_whole_conversation_are_those_of_rasa(
    agent: Any, assistant: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every time that a policy asks; forms take earlier runs out of the past meanwhile."""
    asked: list[int] = []
    own = LiveTracker.past_states

    def compared(tracker: LiveTracker, domain: Any, *arguments: Any, **named: Any) -> Any:
        stock = DialogueStateTracker.from_events("c1", list(tracker.events), domain.slots)
        states = own(tracker, domain, *arguments, **named)
        assert states == stock.past_states(domain, *arguments, **named)
        asked.append(len(states))
        return states

    monkeypatch.setattr(LiveTracker, "past_states", compared)
    monkeypatch.setattr(LiveTracker, "horizon", 0)  # all of them, not only those that a policy looks at
    customer = assistant.customer()
    for text in TALK:
        await customer.says(text)
    assert max(asked) > len(TALK)


async def test_what_is_kept_after_a_turn_is_what_another_process_reads(
    agent: Any, assistant: Assistant
) -> None:
    customer: Customer = assistant.customer()
    store = agent.tracker_store
    for text in TALK:
        await customer.says(text)
        kept = store._live[customer.conversation_id]
        states = kept.past_states(agent.domain)
        live = kept.current_state(EventVerbosity.ALL)
        store._live.clear()
        read = await store.retrieve(customer.conversation_id)
        assert read is not kept
        again = read.current_state(EventVerbosity.ALL)
        for state in (again, live):  # Rasa puts the event's own here when it reads one
            state["latest_message"].pop("metadata", None)
        assert again == live
        assert read.past_states(agent.domain) == states
