"""What is done with a message: answer a question, ask which was meant, follow a dialogue, or admit defeat.

The thresholds come from `tests/understanding/evaluate.py`, by cross-validation on the training data.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import INTENT, INTENT_RANKING_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message

from bot.understanding.intents import COMMAND_PREFIX, FAQ_INTENT
from bot.understanding.text import normalise
from bot.understanding.topics import FAQ_KEY

FALLBACK_INTENT = "nlu_fallback"
"""Rasa's name, for which its rules and policies look."""

DECISION_KEY = "decision"
SUGGESTIONS = 3
INTENTS_INSIDE_A_DIALOGUE = frozenset({"inform", "request_change", "affirm", "deny", "stop", "back_to_bot"})
"""They answer something that the bot said, so that nothing can be done about them in a first message."""


class DecisionKind(str, Enum):
    ANSWER = "answer"
    CLARIFY = "clarify"
    DIALOGUE = "dialogue"
    FALLBACK = "fallback"


@dataclass(frozen=True)
class Thresholds:
    """Confidences from 0 to 1."""

    dialogue: float = 0.35
    """An intent other than `faq` is followed from here on."""
    question: float = 0.4
    """A message is taken for a question of the FAQ from here on."""
    answer: float = 0.6
    """The topic is answered without asking when question and topic together reach this."""
    clarify: float = 0.1
    """The topics are offered when question and topic together reach this."""


@dataclass(frozen=True)
class Decision:
    kind: DecisionKind
    confidence: float
    suggestions: tuple[str, ...] = ()


def decide(ranking: list[dict[str, Any]], faq: Mapping[str, Any] | None, thresholds: Thresholds) -> Decision:
    """The decision for a message with words, from the intents (best first) and the FAQ topics."""
    best = ranking[0]
    if best["name"] != FAQ_INTENT and best["confidence"] >= thresholds.dialogue:
        return Decision(DecisionKind.DIALOGUE, best["confidence"])
    question = next((entry["confidence"] for entry in ranking if entry["name"] == FAQ_INTENT), 0.0)
    if faq is not None and question >= thresholds.question:
        confidence = question * faq["score"]
        suggestions = tuple(entry["id"] for entry in faq["ranking"][:SUGGESTIONS])
        if confidence >= thresholds.answer:
            return Decision(DecisionKind.ANSWER, confidence, suggestions)
        if confidence >= thresholds.clarify:
            return Decision(DecisionKind.CLARIFY, confidence, suggestions)
    return Decision(DecisionKind.FALLBACK, best["confidence"])


def contract_decision(parse: Mapping[str, Any]) -> dict[str, Any]:
    """`intent`, `confidence`, `faq`, `suggestions`, `decision` for a parsed first message of a conversation.

    `parse` is what Rasa's processor returns. See the contract of `understand` in the design.
    """
    intent, faq = parse.get(INTENT) or {}, parse.get(FAQ_KEY)
    decision = parse.get(DECISION_KEY) or {"kind": DecisionKind.DIALOGUE.value, "suggestions": []}
    nothing_to_do = not intent.get("name") or intent["name"] in INTENTS_INSIDE_A_DIALOGUE
    return {
        "intent": intent.get("name") or FALLBACK_INTENT,
        "confidence": float(intent.get("confidence") or 0.0),
        "faq": {"id": faq["id"], "score": faq["score"]} if faq else None,
        "suggestions": list(decision["suggestions"]),
        "decision": DecisionKind.FALLBACK.value if nothing_to_do else decision["kind"],
    }


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=False)
class DecisionMaker(GraphComponent):
    """Writes `decision` {"kind", "suggestions"} and makes `intent` agree with it. Last in the pipeline."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return dict(vars(Thresholds()))

    def __init__(self, thresholds: Thresholds) -> None:
        self._thresholds = thresholds

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> DecisionMaker:
        return cls(Thresholds(**{name: float(config[name]) for name in vars(Thresholds())}))

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            text = message.get(TEXT) or ""
            if not text.startswith(COMMAND_PREFIX):
                self._write(message, self._decide(message, text))
        return messages

    def _decide(self, message: Message, text: str) -> Decision:
        ranking = message.get(INTENT_RANKING_KEY)
        if not normalise(text) or not ranking:
            return Decision(DecisionKind.FALLBACK, 0.0)
        return decide(ranking, message.get(FAQ_KEY), self._thresholds)

    def _write(self, message: Message, decision: Decision) -> None:
        written = {"kind": decision.kind.value, "suggestions": list(decision.suggestions)}
        message.set(DECISION_KEY, written, add_to_output=True)
        name = _intent_for(decision.kind)
        if name is not None:
            message.set(INTENT, {"name": name, "confidence": decision.confidence}, add_to_output=True)


def _intent_for(kind: DecisionKind) -> str | None:
    """None keeps the classifier's."""
    if kind is DecisionKind.DIALOGUE:
        return None
    return FALLBACK_INTENT if kind is DecisionKind.FALLBACK else FAQ_INTENT
