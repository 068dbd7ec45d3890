"""What has to be changed inside Rasa, all of it, for the version that it was written against.

Everything else is done by Rasa's extension points: the tracker store and the trackers that it makes, the action
endpoint, the response generator. ``tests/runtime/test_rasa_patches.py`` fails when Rasa changes what is replaced here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from jsonschema.exceptions import ValidationError
from rasa.core import processor
from rasa.core.actions import action, forms
from rasa.core.actions.action import ActionBotResponse, RemoteAction
from rasa.core.actions.forms import FormAction
from rasa.core.policies import memoization, rule_policy
from rasa.core.policies.memoization import MemoizationPolicy
from rasa.core.policies.policy import Policy, PolicyPrediction
from rasa.core.policies.rule_policy import RULES, RULES_FOR_LOOP_UNHAPPY_PATH, RulePolicy
from rasa.core.processor import MessageProcessor
from rasa.engine.runner.dask import DaskGraphRunner
from rasa.shared.core.constants import (
    ACTION_LISTEN_NAME,
    ACTION_VALIDATE_SLOT_MAPPINGS,
    DEFAULT_SLOT_NAMES,
    REQUESTED_SLOT,
    SHOULD_NOT_BE_SET,
    SlotMappingType,
)
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, Event, Restarted, SlotSet
from rasa.shared.utils import validation
from rasa.shared.utils.common import all_subclasses

from bot.runtime.live_tracker import LiveTracker

WRITTEN_FOR = "3.6.21"
_by_searching = Event.resolve_by_type
_by_replaying = FormAction._temporary_tracker
_by_trying_all = RulePolicy._get_possible_keys
_by_intent_or_text = RulePolicy._find_action_from_rules
_by_asking_all = Domain._get_slots_sub_state
_by_making = action.default_actions
_by_listing = MessageProcessor._log_slots
_by_counting = Domain.index_for_action
_by_comparing = PolicyPrediction.max_confidence
_by_making_one = action.action_for_name_or_text
_by_writing_out = RulePolicy.format_tracker_states
DEBUGGING = (processor, memoization, rule_policy, forms)
"""Modules with lines for developers of Rasa at every message."""
Turn = tuple["str | None", "str | None"]
"""The action before a moment and the intent of its message."""


def apply_patches() -> None:
    """Put the replacements in place; a second time changes nothing."""
    Event.resolve_by_type = staticmethod(_by_name(_event_types()))
    RemoteAction._validate_action_result = lambda _, result: check_result(result)
    FormAction._temporary_tracker = _temporary_tracker
    RulePolicy._get_possible_keys = _possible_keys
    RulePolicy._find_action_from_rules = _action_from_rules
    Domain._get_slots_sub_state = staticmethod(_slots_sub_state)
    action.default_actions = _default_actions
    for module in DEBUGGING:
        if not isinstance(module.structlogger, _Undebugged):
            module.structlogger, module.copy = _Undebugged(module.structlogger), _NoCopies
    MessageProcessor._log_slots = staticmethod(lambda tracker: None)
    RulePolicy.format_tracker_states = staticmethod(lambda states: "")
    Domain.index_for_action = _index_for_action
    PolicyPrediction.max_confidence = property(_max_confidence)
    action.action_for_name_or_text = _action_for


class _Undebugged:
    """A logger of Rasa's that is not asked for what we never show (``bot.commands.preparing`` sets its level)."""

    def __init__(self, logger: Any) -> None:
        self._logger = logger

    def debug(self, *_: Any, **__: Any) -> None:
        """Rasa prepares a line and throws it away again, some twelve times at every message."""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._logger, name)


class _NoCopies:
    """Rasa copies whole events for those lines, and copies nothing else in these modules."""

    @staticmethod
    def deepcopy(value: Any) -> Any:
        return value


_made_defaults: dict[int, tuple[Any, list[Any]]] = {}


def _default_actions(action_endpoint: Any = None) -> list[Any]:
    """Rasa makes its own actions anew for every action that it looks up; they keep nothing of a turn."""
    endpoint, made = _made_defaults.get(id(action_endpoint), (None, None))
    if made is None or endpoint is not action_endpoint:
        made = _by_making(action_endpoint)
        _made_defaults[id(action_endpoint)] = action_endpoint, made
    return made


def _action_for(name: str, domain: Domain, endpoint: Any) -> Any:
    """An action that is called or says something keeps nothing of a turn, and is made once for a domain."""
    made: dict[str, tuple[Any, Any]] = domain.__dict__.setdefault("made_actions", {})
    of, known = made.get(name, (None, None))
    if known is None or of is not endpoint:
        known = _by_making_one(name, domain, endpoint)
        if type(known) in (RemoteAction, ActionBotResponse) or known in _default_actions(endpoint):
            made[name] = endpoint, known
    return known


def _index_for_action(domain: Domain, name: str) -> int:
    """Rasa looks for its name in the list of all."""
    known: tuple[Any, dict[str, int]] | None = domain.__dict__.get("places_of_actions")
    if known is None or known[0] is not domain.action_names_or_texts:
        names = domain.action_names_or_texts
        known = names, {each: at for at, each in reversed(list(enumerate(names)))}
        domain.places_of_actions = known
    at = known[1].get(name)
    return _by_counting(domain, name) if at is None else at


def _max_confidence(prediction: Any) -> float:
    """Rasa asks five times for the largest of hundreds. Meanwhile it may set that of a refused action to 0."""
    figures = prediction.probabilities
    of, largest, at = prediction.__dict__.get("largest", (None, 0.0, 0))
    if of is not figures or figures[at] != largest:
        largest = max(figures, default=0.0)
        at = figures.index(largest) if figures else 0
        if figures:
            prediction.largest = figures, largest, at
    return float(largest)


class _Names(list[str]):
    """The names of all actions; Rasa looks through the list some ten times a message to tell whether it has a name."""

    def __init__(self, names: Iterable[str]) -> None:
        super().__init__(names)
        self._all = frozenset(self)

    def __contains__(self, name: object) -> bool:
        return name in self._all


def settle(processor: MessageProcessor) -> None:
    """What Rasa works out again at every message, and what stays the same with this domain."""
    domain = processor.domain
    is_empty = domain.is_empty()  # Rasa makes an empty one to compare it with
    domain.is_empty = lambda: is_empty
    domain.action_names_or_texts = _Names(domain.action_names_or_texts)
    if not fills_slots(domain):
        processor.run_action_extract_slots = _fill_nothing


def fills_slots(domain: Domain) -> bool:
    """Whether Rasa itself fills a slot from a message. Else it looks at the mappings of all of them for nothing."""
    mappings = [
        mapping for slot in domain.slots if slot.name not in DEFAULT_SLOT_NAMES for mapping in slot.mappings
    ]
    by_rasa = any(
        mapping["type"] != str(SlotMappingType.CUSTOM) or mapping.get("action") for mapping in mappings
    )
    return by_rasa or ACTION_VALIDATE_SLOT_MAPPINGS in domain.user_actions


async def _fill_nothing(_: Any, tracker: Any) -> Any:
    return tracker


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
    if not isinstance(tracker, LiveTracker) or any(type(event) is Restarted for event in tracker.events):
        return _by_replaying(form, tracker, additional_events, domain)
    asked = SlotSet(REQUESTED_SLOT, form.get_slot_to_fill(tracker))
    twin = tracker.copy()
    for event in (asked, ActionExecuted(form.name()), *additional_events):
        twin.update(event)
    return twin


def study_rules(runner: DaskGraphRunner) -> int:
    """Index the rules of a loaded model; gives how many states its policies look at, 0 for all of them."""
    policies = [node._component for node in runner._instantiated_nodes.values()]
    for policy in policies:
        if isinstance(policy, RulePolicy):
            rules = policy.lookup[RULES], policy.lookup[RULES_FOR_LOOP_UNHAPPY_PATH]
            policy.rules_by_turn = {id(lookup): _by_turn(policy, lookup) for lookup in rules}
            policy.reads_no_words = _reads_no_words(policy.rules_by_turn[id(policy.lookup[RULES])])
    memories = [_memory(policy) for policy in policies if isinstance(policy, Policy)]
    return max(memories) if all(memories) else 0


def _by_turn(policy: Any, lookup: Mapping[str, str]) -> dict[Turn, list[str]]:
    index: dict[Turn, list[str]] = {}
    for key in lookup:
        index.setdefault(_turn_of(policy._rule_key_to_state(key)[-1]), []).append(key)
    return index


def _turn_of(state: Mapping[str, Any]) -> Turn:
    before, intent = state.get("prev_action", {}).get("action_name"), state.get("user", {}).get("intent")
    return _known(before), _known(intent)


def _known(value: Any) -> Any:
    return None if value == SHOULD_NOT_BE_SET else value or None


def _memory(policy: Any) -> int:
    """Before its first state a rule asks for nothing."""
    if type(policy) is MemoizationPolicy:
        return int(policy.featurizer.max_history or 0)
    if type(policy) is not RulePolicy:
        return 0
    rules = (key for kind in (RULES, RULES_FOR_LOOP_UNHAPPY_PATH) for key in policy.lookup[kind])
    return max((len(policy._rule_key_to_state(key)) for key in rules), default=1)


def _possible_keys(policy: Any, lookup: dict[str, str], states: list[Any]) -> set[str]:
    """Rasa tries every rule at every prediction; those that end with another action or intent cannot fit."""
    index = policy.__dict__.get("rules_by_turn", {}).get(id(lookup))
    before, intent = _turn_of(states[-1]) if states else (None, None)
    if (
        index is None or before is None
    ):  # not studied; or the beginning, which Rasa treats in a way of its own
        return set(_by_trying_all(policy, lookup, states))
    turns = {(each, said) for each in (before, None) for said in (intent, None)}
    fitting = {key: "" for turn in turns for key in index.get(turn, ())}
    return set(_by_trying_all(policy, fitting, states))


def _action_from_rules(policy: Any, tracker: Any, domain: Any, use_text_for_last_user_input: bool) -> Any:
    """Rasa looks for rules about the words of a message first, also where there are none."""
    if use_text_for_last_user_input and policy.__dict__.get("reads_no_words", False):
        return None, None, False
    return _by_intent_or_text(policy, tracker, domain, use_text_for_last_user_input)


def _reads_no_words(index: Mapping[Turn, Any]) -> bool:
    """Whether no rule can fit just after a message whose intent is not told, which is when Rasa looks."""
    return not any(intent is None and before in (None, ACTION_LISTEN_NAME) for before, intent in index)


class _Featured:
    """What Rasa reads of a tracker to describe its slots."""

    def __init__(self, tracker: Any) -> None:
        if isinstance(tracker, LiveTracker):
            self.slots = {name: tracker.slots[name] for name in tracker.featured}
            return
        slots = tracker.slots.items()
        self.slots = {name: slot for name, slot in slots if slot is not None and slot.influence_conversation}


def _slots_sub_state(tracker: Any, omit_unset_slots: bool = False) -> Any:
    """Rasa asks every slot for its features, at every step; few of them have any."""
    return _by_asking_all(_Featured(tracker), omit_unset_slots)


@contextmanager
def trusted_domain() -> Iterator[None]:
    """While a trained model is loaded: its domain was checked when it was trained, and Rasa takes half a second to
    check it again."""
    checked = validation.validate_yaml_schema
    validation.validate_yaml_schema = lambda *_, **__: None
    try:
        yield
    finally:
        validation.validate_yaml_schema = checked
