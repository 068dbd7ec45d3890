"""A model's graph that is run in order gives what Rasa's own runner and nodes give."""

from __future__ import annotations

from typing import Any

import pytest
from rasa.core.constants import RULE_POLICY_PRIORITY
from rasa.core.policies.policy import PolicyPrediction
from rasa.engine.constants import PLACEHOLDER_TRACKER
from rasa.engine.exceptions import GraphComponentException
from rasa.shared.core.events import ActionExecuted, ActionExecutionRejected

from bot.runtime import graph_runner
from bot.runtime.graph_runner import RunnerInOrder
from tests.conversations.harness import Assistant
from tests.runtime.test_rasa_patches import TALK

pytestmark = pytest.mark.conversation


def test_nodes_run_once_each_after_what_they_need() -> None:
    done: list[str] = []

    class Needs:
        def __init__(self, **needs: str) -> None:
            self.needs = needs

    def node(name: str) -> Any:
        def run(*inputs: tuple[str, Any]) -> tuple[str, Any]:
            done.append(name)
            return name, [name, *inputs]

        return run

    class Runner:
        class _graph_schema:  # noqa: N801
            nodes = {  # noqa: RUF012
                "last": Needs(a="left", b="right"),
                "left": Needs(a="first"),
                "right": Needs(a="first", tracker="given"),
                "first": Needs(message="given"),
                "unused": Needs(a="first"),
            }
            target_names = ("last",)

        _instantiated_nodes = {name: node(name) for name in ("last", "left", "right", "first", "unused")}  # noqa: RUF012

    result = RunnerInOrder(Runner).run({"given": 1}, ["last"])  # type: ignore[arg-type]
    assert done == ["first", "left", "right", "last"]
    assert result["last"][2] == ("right", ["right", ("first", ["first", ("given", 1)]), ("given", 1)])


async def test_a_node_gives_what_rasa_makes_it_give(
    agent: Any, assistant: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every prediction and every reading of a conversation again by Rasa's own nodes."""
    compared: list[str] = []
    quick = RunnerInOrder.run

    def both(runner: RunnerInOrder, inputs: Any = None, targets: Any = None) -> Any:
        result = quick(runner, inputs, targets)
        assert len(runner._functions) == len(runner._nodes)
        with monkeypatch.context() as stock:
            stock.setattr(runner, "_functions", {})
            slow = quick(runner, inputs, targets)
        for name, output in result.items():
            if isinstance(output, PolicyPrediction):
                assert output == slow[name]
            else:
                assert [each.as_dict(True) for each in output] == [each.as_dict(True) for each in slow[name]]
            compared.append(name)
        return result

    monkeypatch.setattr(RunnerInOrder, "run", both)
    customer = assistant.customer()
    for text in TALK:
        await customer.says(text)
    assert len(set(compared)) == 2
    assert len(compared) > 2 * len(TALK)


async def test_a_node_that_fails_says_which_one_it_is(agent: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    runner = agent.processor.graph_runner
    name, (_, component, inputs) = next(iter(runner._functions.items()))

    def fail(*_: Any, **__: Any) -> None:
        raise KeyError("broken")

    monkeypatch.setitem(runner._functions, name, (fail, component, inputs))
    with pytest.raises(GraphComponentException, match=name) as failure:
        await agent.parse_message("你好")
    assert isinstance(failure.value.__cause__, KeyError)


async def test_stories_that_need_not_be_asked_would_have_changed_nothing(
    agent: Any, assistant: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every prediction of a conversation again, with the policy of the stories asked each time."""
    spared: list[bool] = []
    quick = RunnerInOrder.run

    def compared(runner: Any, inputs: Any = None, targets: Any = None) -> Any:
        [name] = targets
        result = quick(runner, inputs, targets)
        if not isinstance(result[name], PolicyPrediction):
            return result
        with monkeypatch.context() as stock:
            stock.setattr(graph_runner, "without_stories", lambda policy, done: spared.append(False))
            slow = quick(runner, inputs, targets)
        for each in ("probabilities", "events", "policy_name", "is_no_user_prediction", "hide_rule_turn"):
            assert getattr(result[name], each) == getattr(slow[name], each), each
        return result

    def noted(policy: Any, done: Any) -> Any:
        known = without_stories(policy, done)
        spared.append(known is not None)
        return known

    without_stories = graph_runner.without_stories
    monkeypatch.setattr(graph_runner, "without_stories", noted)
    monkeypatch.setattr(RunnerInOrder, "run", compared)
    customer = assistant.customer()
    for text in TALK:
        await customer.says(text)
    assert spared.count(True) > 10


async def test_a_form_that_refuses_asks_the_stories(agent: Any) -> None:
    tracker = agent.tracker_store.init_tracker("refusing")
    sure = PolicyPrediction([0.0, 1.0], "rules", RULE_POLICY_PRIORITY)
    done = {"rules": ("rules", sure), PLACEHOLDER_TRACKER: ("tracker", tracker)}
    [policy] = agent.processor.graph_runner._memories.values()
    tracker.update(ActionExecuted("action_listen"))
    assert graph_runner.without_stories(policy, done) is not None
    tracker.update(ActionExecutionRejected("drive_form"))
    assert graph_runner.without_stories(policy, done) is None
    unsure = PolicyPrediction([0.0, 0.3], "rules", RULE_POLICY_PRIORITY)
    assert graph_runner.without_stories(policy, {**done, "rules": ("rules", unsure)}) is None
