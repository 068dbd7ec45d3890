"""What is replaced inside Rasa is what it was when the replacement was written."""

from __future__ import annotations

import ast
import inspect
import textwrap
from hashlib import sha256
from types import SimpleNamespace
from typing import Any

import pytest
import rasa
from jsonschema import ValidationError, validate
from rasa.core.actions import action
from rasa.core.actions.action import ActionBotResponse, ActionExtractSlots, RemoteAction
from rasa.core.actions.forms import FormAction
from rasa.core.policies.ensemble import DefaultPolicyPredictionEnsemble
from rasa.core.policies.memoization import MemoizationPolicy
from rasa.core.policies.policy import PolicyPrediction
from rasa.core.policies.rule_policy import RulePolicy
from rasa.engine.graph import GraphNode
from rasa.engine.runner.dask import DaskGraphRunner
from rasa.shared.core.domain import ActionNotFoundException, Domain
from rasa.shared.core.events import ActionExecuted, Event, SlotSet
from rasa.shared.core.slots import BooleanSlot, TextSlot
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.exceptions import YamlException
from rasa.shared.utils.common import all_subclasses
from rasa.utils.endpoints import EndpointConfig

from bot.runtime import rasa_patches
from bot.runtime.live_tracker import LiveTracker
from bot.runtime.rasa_patches import apply_patches, check_result
from tests.conversations.harness import Assistant

REPLACED = {
    "Event.resolve_by_type": (rasa_patches._by_searching, "b5cf570fa7f2"),
    "FormAction._temporary_tracker": (rasa_patches._by_replaying, "381bc4b6e07f"),
    "RulePolicy._get_possible_keys": (rasa_patches._by_trying_all, "2915fd81711e"),
    "RulePolicy._find_action_from_rules": (rasa_patches._by_intent_or_text, "be6da6ee0f54"),
    "Domain._get_slots_sub_state": (rasa_patches._by_asking_all, "bc25e220e41b"),
    "ActionExtractSlots.run": (ActionExtractSlots.run, "13487835d751"),
    "Domain.is_empty": (Domain.is_empty, "884be90ef485"),
    "RulePolicy._is_rule_applicable": (RulePolicy._is_rule_applicable, "64a108b016b4"),
    "RulePolicy._predict": (RulePolicy._predict, "f5182d8a1063"),
    "Domain.states_for_tracker_history": (Domain.states_for_tracker_history, "035111ce73ac"),
    "Domain.from_yaml": (Domain.from_yaml, "6b0dd11fb3c6"),
    "DialogueStateTracker.applied_events": (DialogueStateTracker.applied_events, "764d5065ea99"),
    "DaskGraphRunner.run": (DaskGraphRunner.run, "45f0f52f574f"),
    "GraphNode.__call__": (GraphNode.__call__, "66127a2bfb6f"),
    "RemoteAction.run": (RemoteAction.run, "ccabf6f1160d"),
    "default_actions": (rasa_patches._by_making, "6fa4896f3667"),
    "MessageProcessor._log_slots": (rasa_patches._by_listing, "cfc60d6857d3"),
    "Domain.index_for_action": (rasa_patches._by_counting, "3cfe291c52c2"),
    "PolicyPrediction.max_confidence": (rasa_patches._by_comparing.fget, "2c703946f1bc"),
    "action_for_name_or_text": (rasa_patches._by_making_one, "a63fb2d066ef"),
    "RulePolicy.format_tracker_states": (rasa_patches._by_writing_out, "32b101cb34fd"),
    "DialogueStateTracker.__init__": (DialogueStateTracker.__init__, "8f39eb22462a"),
    "RemoteAction.__init__": (RemoteAction.__init__, "69103389ee02"),
    "ActionBotResponse.__init__": (ActionBotResponse.__init__, "409c64643277"),
    "MemoizationPolicy.predict_action_probabilities": (
        MemoizationPolicy.predict_action_probabilities,
        "19903a81bee5",
    ),
    "DefaultPolicyPredictionEnsemble._pick_best_policy": (
        DefaultPolicyPredictionEnsemble._pick_best_policy,
        "ae2dd5555a9a",
    ),
    "DefaultPolicyPredictionEnsemble._best_policy_prediction": (
        DefaultPolicyPredictionEnsemble._best_policy_prediction,
        "2abb24615567",
    ),
}


@pytest.mark.parametrize("name", REPLACED)
def test_rasa_is_what_the_patches_were_written_for(name: str) -> None:
    function, known = REPLACED[name]
    assert rasa.__version__ == rasa_patches.WRITTEN_FOR
    assert sha256(inspect.getsource(function).encode()).hexdigest()[:12] == known, f"{name} has changed"


def test_every_event_is_found_as_rasa_finds_it() -> None:
    apply_patches()
    names = {event_type.type_name for event_type in all_subclasses(Event)}
    assert len(names) > 20
    for name in names:
        assert Event.resolve_by_type(name) is rasa_patches._by_searching(name)
    assert Event.resolve_by_type("topic") is None
    with pytest.raises(ValueError, match="nonsense"):
        Event.resolve_by_type("nonsense")


@pytest.mark.parametrize(
    "result",
    [
        [],
        {"events": {}},
        {"events": ["slot"]},
        {"events": [{"name": "model"}]},
        {"events": [], "responses": ["text"]},
    ],
)
def test_what_the_schema_refuses_is_refused(result: Any) -> None:
    with pytest.raises(ValidationError):
        validate(result, RemoteAction.action_response_format_spec())
    with pytest.raises(ValidationError):
        check_result(result)


def test_what_actions_answer_is_taken() -> None:
    assert check_result({"events": [{"event": "slot", "name": "model", "value": "x5"}], "responses": [{}]})


def test_a_form_gets_the_tracker_that_playing_back_would_give(agent: Any) -> None:
    from rasa.shared.core.events import ActiveLoop, SlotSet, UserUttered
    from rasa.shared.core.trackers import EventVerbosity

    apply_patches()
    tracker = LiveTracker("c1", agent.domain.slots)
    name = next(iter(agent.domain.form_names))
    for event in (ActionExecuted("action_listen"), UserUttered("我想试驾"), ActiveLoop(name)):
        tracker.update(event, agent.domain)
    form = FormAction(name, None)
    added = [SlotSet("misunderstandings", 1)]
    ours = rasa_patches._temporary_tracker(form, tracker, added, agent.domain)
    stock = rasa_patches._by_replaying(form, tracker, added, agent.domain)
    told = [each.current_state(EventVerbosity.ALL) for each in (ours, stock)]
    for state in told:
        state["active_loop"].pop("trigger_message")
        for event in state["events"][-3:]:
            event.pop("timestamp")
    assert told[0] == told[1]


TALK = (
    "你好",
    "营业时间是几点",
    "我想下周三上午十点去城东店试驾X5",
    "X5续航多少公里",
    "随便说点什么吧",
    "张伟 13812345678",
    "符合",
    "转人工",
    "保修几年",
)


async def test_the_rules_that_fit_are_those_that_rasa_finds(
    agent: Any, assistant: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every prediction of a conversation again as Rasa makes it, with the states of its whole past."""
    found: list[Any] = []
    quick = RulePolicy._find_action_from_rules

    def compared(policy: Any, tracker: Any, domain: Any, use_text_for_last_user_input: bool) -> Any:
        result = quick(policy, tracker, domain, use_text_for_last_user_input)
        with monkeypatch.context() as stock:
            stock.setattr(LiveTracker, "horizon", 0)
            stock.setattr(RulePolicy, "_get_possible_keys", rasa_patches._by_trying_all)
            slow = rasa_patches._by_intent_or_text(policy, tracker, domain, use_text_for_last_user_input)
        assert (result[0], result[2]) == (slow[0], slow[2] and slow[0] is not None)
        found.append(result[0])
        return result

    monkeypatch.setattr(RulePolicy, "_find_action_from_rules", compared)
    customer = assistant.customer()
    for text in TALK:
        await customer.says(text)
    assert LiveTracker.horizon == 4
    assert len(set(found)) > 5


@pytest.mark.parametrize("module", rasa_patches.DEBUGGING, ids=lambda module: module.__name__)
def test_rasa_copies_there_only_for_its_debugging(module: Any) -> None:
    """What is not copied any more is an argument of ``structlogger.debug``, everywhere in these modules."""
    tree = ast.parse(inspect.getsource(module))
    calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call))
    debugging = [call for call in calls if ast.unparse(call.func) == "structlogger.debug"]
    assert _copies(tree) == {line for call in debugging for line in _copies(call)} != set()


def _copies(tree: ast.AST) -> set[int]:
    """The lines that name the module ``copy``."""
    return {node.lineno for node in ast.walk(tree) if isinstance(node, ast.Name) and node.id == "copy"}


def test_what_rasa_says_aloud_is_still_heard() -> None:
    apply_patches()
    heard: list[str] = []
    logger = rasa_patches._Undebugged(SimpleNamespace(warning=heard.append, debug=heard.append))
    logger.debug("small")
    logger.warning("grave")
    assert heard == ["grave"]


def test_every_action_is_the_one_that_rasa_would_make(agent: Any) -> None:
    domain, endpoint = agent.domain, EndpointConfig(url="here")
    for name in domain.action_names_or_texts:
        for asked_of in (endpoint, EndpointConfig(url="elsewhere"), endpoint):
            ours = action.action_for_name_or_text(name, domain, asked_of)
            stock = rasa_patches._by_making_one(name, domain, asked_of)
            assert (type(ours), ours.name()) == (type(stock), stock.name())
            assert getattr(ours, "action_endpoint", None) is getattr(stock, "action_endpoint", None)
        assert domain.index_for_action(name) == rasa_patches._by_counting(domain, name)
    for form in domain.form_names:  # keeps something of its domain, and of nobody's turn
        assert action.action_for_name_or_text(form, domain, endpoint) is not action.action_for_name_or_text(
            form, domain, endpoint
        )
    for search in (domain.index_for_action, lambda name: action.action_for_name_or_text(name, domain, None)):
        with pytest.raises(ActionNotFoundException):
            search("action_nobody_wrote")


def test_the_largest_confidence_is_found_anew_where_an_action_was_refused() -> None:
    apply_patches()
    prediction = PolicyPrediction([0.2, 1.0, 0.5], "rules")
    assert (prediction.max_confidence, prediction.max_confidence_index) == (1.0, 1)
    prediction.probabilities[1] = 0.0
    assert (prediction.max_confidence, prediction.max_confidence_index) == (0.5, 2)
    prediction.probabilities = [0.7]
    assert prediction.max_confidence == 0.7
    assert PolicyPrediction([], "none").max_confidence == 0.0


def test_what_is_no_longer_written_out_was_for_debugging() -> None:
    """The text of the states goes to the debugging of the policy of rules, and nowhere else."""
    source = ast.parse(inspect.getsource(inspect.getmodule(RulePolicy)))  # type: ignore[arg-type]
    written = [node for node in ast.walk(source) if "format_tracker_states" in ast.unparse(node)]
    assigned = [node for node in written if isinstance(node, ast.Assign)]
    assert [ast.unparse(node.targets[0]) for node in assigned] == ["current_states"]
    function = ast.parse(textwrap.dedent(inspect.getsource(rasa_patches._by_intent_or_text)))
    names = [n for n in ast.walk(function) if isinstance(n, ast.Name) and n.id == "current_states"]
    debugging = [
        node
        for node in ast.walk(function)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "structlogger.debug"
    ]
    inside = [n for call in debugging for n in ast.walk(call) if n in names]
    assert len(names) - len(inside) == 1  # where it is assigned


def test_rasas_own_actions_are_made_once_for_an_endpoint() -> None:
    apply_patches()
    endpoint = EndpointConfig(url="here")
    made = action.default_actions(endpoint)
    assert action.default_actions(endpoint) is made
    assert [each.name() for each in made] == [each.name() for each in rasa_patches._by_making(endpoint)]
    assert action.default_actions(EndpointConfig(url="there")) is not made


def test_all_rules_are_tried_where_they_were_not_studied() -> None:
    """At training they change all the time."""

    class Policy:
        _rule_key_to_state = staticmethod(RulePolicy._rule_key_to_state)
        _is_rule_applicable = RulePolicy._is_rule_applicable
        _does_rule_match_state = staticmethod(RulePolicy._does_rule_match_state)

    rule = '[{"prev_action": {"action_name": "action_listen"}, "user": {"intent": "greet"}}]'
    state = {"prev_action": {"action_name": "action_listen"}, "user": {"intent": "greet"}}
    assert rasa_patches._possible_keys(Policy(), {rule: "utter"}, [state]) == {rule}
    assert (
        rasa_patches._possible_keys(Policy(), {rule: "utter"}, [{**state, "user": {"intent": "bye"}}])
        == set()
    )


def test_a_domain_is_checked_again_after_a_model_was_loaded() -> None:
    refused = "version: '3.1'\nresponses:\n  utter_greet:\n  - nonsense: 1\n"
    with rasa_patches.trusted_domain():
        assert Domain.from_yaml(refused).responses
    with pytest.raises(YamlException):
        Domain.from_yaml(refused)


def test_slots_are_described_as_rasa_describes_them() -> None:
    apply_patches()
    told, untold = ({"influence_conversation": influences, "mappings": []} for influences in (True, False))
    tracker = DialogueStateTracker(
        "c1",
        [
            TextSlot("model", **told),
            BooleanSlot("owner", **told),
            TextSlot("unset", **told),
            TextSlot("name", **untold),
        ],
    )
    for name, value in (("model", "x5"), ("owner", True), ("name", "张伟")):
        tracker.update(SlotSet(name, value))

    assert set(Domain._get_slots_sub_state(tracker)) == {"model", "owner"}
    for only_set in (True, False):
        stock = rasa_patches._by_asking_all(tracker, only_set)
        assert Domain._get_slots_sub_state(tracker, only_set) == stock


def test_a_settled_domain_knows_whether_it_is_empty() -> None:
    for domain in (Domain.empty(), Domain.from_dict({"intents": ["greet"]})):
        processor = SimpleNamespace(domain=domain)
        before = domain.is_empty()
        rasa_patches.settle(processor)
        assert domain.is_empty() is before


@pytest.mark.parametrize(
    ("mapping", "more", "fills"),
    [
        ({"type": "custom"}, {}, False),
        ({"type": "custom", "action": "action_fill"}, {"actions": ["action_fill"]}, True),
        ({"type": "from_entity", "entity": "model"}, {}, True),
        ({"type": "custom"}, {"actions": ["action_validate_slot_mappings"]}, True),
    ],
)
def test_rasa_looks_for_slots_only_where_it_can_find_one(
    mapping: dict[str, str], more: dict[str, list[str]], fills: bool
) -> None:
    slots = {"model": {"type": "text", "influence_conversation": False, "mappings": [mapping]}}
    domain = Domain.from_dict({"intents": ["greet"], "entities": ["model"], "slots": slots, **more})
    assert rasa_patches.fills_slots(domain) is fills


async def test_rasa_would_fill_nothing_of_ours(assistant: Assistant, agent: Any) -> None:
    filled: list[Any] = []
    quick, stock = agent.processor.run_action_extract_slots, ActionExtractSlots(agent.action_endpoint)

    async def compared(channel: Any, tracker: Any) -> Any:
        filled.append(await stock.run(channel, agent.processor.nlg, tracker, agent.domain))
        return await quick(channel, tracker)

    agent.processor.run_action_extract_slots = compared
    try:
        customer = assistant.customer()
        for said in ("我想周六上午十点去城东店试驾X5", "张伟 13812345678", "保修几年"):
            await customer.says(said)
    finally:
        agent.processor.run_action_extract_slots = quick
    assert filled == [[], [], []]
