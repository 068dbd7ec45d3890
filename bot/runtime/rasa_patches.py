"""What has to be changed inside Rasa, all of it, for the version that it was written against.

Everything else is done by Rasa's extension points: the tracker store and the trackers that it makes, the action
endpoint, the response generator. ``tests/runtime/test_rasa_patches.py`` fails when Rasa changes what is replaced here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jsonschema.exceptions import ValidationError
from rasa.core.actions.action import RemoteAction
from rasa.core.actions.forms import FormAction
from rasa.engine.graph import GraphNode, GraphSchema
from rasa.engine.runner.dask import DaskGraphRunner
from rasa.shared.core.constants import REQUESTED_SLOT
from rasa.shared.core.events import ActionExecuted, Event, Restarted, SlotSet
from rasa.shared.utils.common import all_subclasses

from bot.runtime.live_tracker import LiveTracker

WRITTEN_FOR = "3.6.21"
_by_searching = Event.resolve_by_type
_by_replaying = FormAction._temporary_tracker


def apply_patches() -> None:
    """Put the replacements in place; a second time changes nothing."""
    Event.resolve_by_type = staticmethod(_by_name(_event_types()))
    RemoteAction._validate_action_result = lambda _, result: check_result(result)
    FormAction._temporary_tracker = _temporary_tracker


def _event_types() -> dict[str, type[Event]]:
    """As Rasa finds them: the first class of a name counts."""
    types: dict[str, type[Event]] = {}
    for event_type in all_subclasses(Event):
        types.setdefault(event_type.type_name, event_type)
    return types


def _by_name(types: Mapping[str, type[Event]]) -> Any:
    """Rasa looks through all classes of events for every event: half of the time of reading a tracker."""

    def resolve_by_type(type_name: str, default: type[Event] | None = None) -> type[Event] | None:
        return types.get(type_name) or _by_searching(type_name, default)

    return resolve_by_type


def check_result(result: Any) -> bool:
    """What an action answered has the form that Rasa reads; raises ``ValidationError`` where it has not.

    Rasa builds a JSON schema of it, and checks that schema too, at every call: 20 ms each (RasaHQ/rasa#11717).
    Events of an unknown kind are refused when they are read.
    """
    if not isinstance(result, dict):
        raise ValidationError(f"an action answered {type(result).__name__}, not an object")
    for name, needed in (("events", "event"), ("responses", None)):
        entries = result.get(name, [])
        if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
            raise ValidationError(f"the {name} of an action are not a list of objects")
        if needed and not all(isinstance(entry.get(needed), str) for entry in entries):
            raise ValidationError(f"one of the {name} of an action has no name")
    return True


def _temporary_tracker(form: Any, tracker: Any, additional_events: list[Event], domain: Any) -> Any:
    """A form validates slots on a tracker of its own, for which Rasa plays the whole conversation back."""
    if not isinstance(tracker, LiveTracker) or any(isinstance(event, Restarted) for event in tracker.events):
        return _by_replaying(form, tracker, additional_events, domain)
    asked = SlotSet(REQUESTED_SLOT, form.get_slot_to_fill(tracker))
    twin = tracker.copy()
    for event in (asked, ActionExecuted(form.name()), *additional_events):
        twin.update(event)
    return twin


class RunnerInOrder:
    """Runs the nodes of a model's graph one after the other, in an order that is worked out once.

    Rasa builds a graph for dask at every run and lets it find the order again; nothing runs at the same time there
    either (``dask.get`` is the synchronous scheduler). ``inputs`` are whatever a node needs and no node makes.
    """

    def __init__(self, runner: DaskGraphRunner) -> None:
        self._nodes: dict[str, GraphNode] = runner._instantiated_nodes
        self._schema: GraphSchema = runner._graph_schema
        self._orders: dict[tuple[str, ...], list[tuple[str, tuple[str, ...]]]] = {}

    def run(self, inputs: dict[str, Any] | None = None, targets: list[str] | None = None) -> dict[str, Any]:
        """The outputs of the targets by their names."""
        wanted = tuple(targets or self._schema.target_names)
        done: dict[str, tuple[str, Any]] = {name: (name, value) for name, value in (inputs or {}).items()}
        for name, needed in self._order(wanted):
            done[name] = self._nodes[name](*(done[each] for each in needed))
        return dict(done[target] for target in wanted)

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
