"""Runs a trained model's graph of components without what Rasa does for it at every run, and with the same results."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rasa.core.policies.memoization import MemoizationPolicy
from rasa.core.policies.policy import PolicyPrediction
from rasa.engine.constants import PLACEHOLDER_TRACKER
from rasa.engine.exceptions import GraphComponentException
from rasa.engine.graph import GraphNode, GraphSchema
from rasa.engine.runner.dask import DaskGraphRunner
from rasa.shared.core.events import ActionExecuted, ActionExecutionRejected
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.exceptions import RasaException


def without_stories(
    policy: MemoizationPolicy, done: Mapping[str, tuple[str, Any]]
) -> PolicyPrediction | None:
    """What a policy of stories says of a conversation that is in none of them, where the rules are sure already.

    Rasa's ensemble then takes the policy of the higher priority, whatever the stories say, unless an action has just
    refused to run: it takes that choice away from all policies. None where the stories have to be asked.
    """
    found = (value for _, value in done.values() if isinstance(value, PolicyPrediction))
    sure = next((p for p in found if p.policy_priority > policy.priority and p.max_confidence >= 1.0), None)
    if sure is None or _was_rejected(done[PLACEHOLDER_TRACKER][1]):
        return None
    return policy._prediction([0.0] * len(sure.probabilities))


def _was_rejected(tracker: DialogueStateTracker) -> bool:
    for event in reversed(tracker.events):
        if type(event) in (ActionExecuted, ActionExecutionRejected):
            return type(event) is ActionExecutionRejected
    return False


def _is_plain(node: Any) -> bool:
    return isinstance(node, GraphNode) and node._eager and not node._hooks


def _function_of(node: GraphNode) -> tuple[Any, Any, tuple[tuple[str, str], ...]]:
    """The function, the component that it is called with, and which node provides which of its arguments."""
    return node._fn, node._component, tuple(node._inputs.items())


class RunnerInOrder:
    """Runs the nodes of a model's graph one after the other, in an order that is worked out once.

    Rasa builds a graph for dask at every run and lets it find the order again; nothing runs at the same time there
    either (``dask.get`` is the synchronous scheduler). ``inputs`` are whatever a node needs and no node makes.
    """

    def __init__(self, runner: DaskGraphRunner) -> None:
        self._nodes: dict[str, GraphNode] = runner._instantiated_nodes
        self._schema: GraphSchema = runner._graph_schema
        components = {name: getattr(node, "_component", None) for name, node in self._nodes.items()}
        self._memories = {name: each for name, each in components.items() if type(each) is MemoizationPolicy}
        self._functions = {name: _function_of(node) for name, node in self._nodes.items() if _is_plain(node)}
        self._orders: dict[tuple[str, ...], list[tuple[str, tuple[str, ...]]]] = {}

    def run(self, inputs: dict[str, Any] | None = None, targets: list[str] | None = None) -> dict[str, Any]:
        """The outputs of the targets by their names."""
        wanted = tuple(targets or self._schema.target_names)
        done: dict[str, tuple[str, Any]] = {name: (name, value) for name, value in (inputs or {}).items()}
        for name, needed in self._order(wanted):
            policy = self._memories.get(name)
            known = without_stories(policy, done) if policy is not None else None
            done[name] = (name, known) if known else self._output(name, needed, done)
        return dict(done[target] for target in wanted)

    def _output(
        self, name: str, needed: tuple[str, ...], done: Mapping[str, tuple[str, Any]]
    ) -> tuple[str, Any]:
        """Of a node that was made with the model and has nobody who looks on, its function's own."""
        if name not in self._functions:
            return self._nodes[name](*(done[each] for each in needed))
        function, component, inputs = self._functions[name]
        try:
            return name, function(component, **{each: done[provider][1] for each, provider in inputs})
        except RasaException:
            raise
        except Exception as error:
            raise GraphComponentException(f"Error running graph component for node {name}.") from error

    def _order(self, targets: tuple[str, ...]) -> list[tuple[str, tuple[str, ...]]]:
        if targets not in self._orders:
            order: dict[str, tuple[str, ...]] = {}
            for target in targets:
                self._add(target, order)
            self._orders[targets] = list(order.items())
        return self._orders[targets]

    def _add(self, name: str, order: dict[str, tuple[str, ...]]) -> None:
        """What a node needs comes first; a name without a node is an input."""
        if name in order or name not in self._nodes:
            return
        needed = tuple(self._schema.nodes[name].needs.values())
        for each in needed:
            self._add(each, order)
        order[name] = needed
