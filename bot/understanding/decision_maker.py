"""The decision about a message, as the last component of Rasa's pipeline."""

from __future__ import annotations

import json
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import INTENT, INTENT_RANKING_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.understanding.decision import (
    BREAKDOWN,
    DECISION_KEY,
    FALLBACK_INTENT,
    Decision,
    DecisionKind,
    Thresholds,
    decide,
    emergency,
)
from bot.understanding.intents import COMMAND_PREFIX, FAQ_INTENT, topic_of, validation_examples
from bot.understanding.text import normalise
from bot.understanding.thresholds import Judged, best_thresholds
from bot.understanding.topics import FAQ_KEY
from bot.understanding.wishes import with_questions


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class DecisionMaker(GraphComponent):
    """Writes `decision` {"kind", "suggestions"} and makes `intent` agree with it. Last in the pipeline."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {}

    def __init__(self, thresholds: Thresholds, storage: ModelStorage, resource: Resource) -> None:
        self._thresholds = thresholds
        self._storage = storage
        self._resource = resource

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> DecisionMaker:
        return cls(Thresholds(), model_storage, resource)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> DecisionMaker:
        with model_storage.read_from(resource) as directory:
            found = json.loads((directory / "thresholds.json").read_text("utf-8"))
        return cls(Thresholds(**found), model_storage, resource)

    def train(self, training_data: TrainingData) -> Resource:
        judged = [
            Judged(e.get(INTENT), topic_of(e), _ranking(e), e.get(FAQ_KEY))
            for e in validation_examples(training_data)
            if e.get(INTENT_RANKING_KEY)
        ]
        if judged:
            self._thresholds = best_thresholds(judged)
        with self._storage.write_to(self._resource) as directory:
            (directory / "thresholds.json").write_text(json.dumps(vars(self._thresholds)), "utf-8")
        return self._resource

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
        if emergency(normalise(text)):
            return Decision(DecisionKind.DIALOGUE, 1.0, intent=BREAKDOWN)
        return decide(_ranking(message), message.get(FAQ_KEY), self._thresholds)

    def _write(self, message: Message, decision: Decision) -> None:
        written = {"kind": decision.kind.value, "suggestions": list(decision.suggestions)}
        message.set(DECISION_KEY, written, add_to_output=True)
        name = decision.intent or _intent_for(decision.kind)
        if name is not None:
            message.set(INTENT, {"name": name, "confidence": decision.confidence}, add_to_output=True)


def _ranking(message: Message) -> list[dict[str, Any]]:
    return with_questions(message.get(INTENT_RANKING_KEY), message.get(TEXT))


def _intent_for(kind: DecisionKind) -> str | None:
    """None keeps the classifier's."""
    if kind is DecisionKind.DIALOGUE:
        return None
    return FALLBACK_INTENT if kind is DecisionKind.FALLBACK else FAQ_INTENT
