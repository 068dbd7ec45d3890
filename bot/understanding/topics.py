"""Which FAQ topic a question is about, as a component of Rasa's pipeline.

Linear scores and the nearest known questions are right about different sentences. How much each counts is learned at
training from the validation sentences. Topics that are not in the content are never named.
"""

from __future__ import annotations

from typing import Any

import joblib
import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from scipy.optimize import minimize

from bot.understanding.intents import SCORES_KEY, TOPIC_PREFIX, topic_of, validation_examples
from bot.understanding.live import current_content
from bot.understanding.sentences import Scores, softmax
from bot.understanding.text import FloatArray

RANKING_LENGTH = 5
FAQ_KEY = "faq"
USUAL_MIX = (15.0, 0.0, 15.0)
"""Weights of the linear score, the nearest question and the nearest few, where there is nothing to learn them from."""


@DefaultV1Recipe.register(
    [DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER],
    is_trainable=True,
)
class FaqTopicRetriever(GraphComponent):
    """Writes `faq`: {"id", "score", "ranking": [{"id", "score"}, …]}, the topic if the message is a question at all.

    The score is the probability of the topic among all topics. None when no topic is known.
    """

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {}

    def __init__(self, mix: FloatArray, storage: ModelStorage, resource: Resource) -> None:
        self._mix = mix
        self._storage = storage
        self._resource = resource

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> FaqTopicRetriever:
        return cls(np.array(USUAL_MIX, dtype=np.float32), model_storage, resource)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> FaqTopicRetriever:
        with model_storage.read_from(resource) as directory:
            return cls(joblib.load(directory / "topics.joblib"), model_storage, resource)

    def train(self, training_data: TrainingData) -> Resource:
        examples = [example for example in validation_examples(training_data) if topic_of(example)]
        if examples:
            self._mix = _learned_mix(
                [(example.get(SCORES_KEY), str(topic_of(example))) for example in examples]
            )
        with self._storage.write_to(self._resource) as directory:
            joblib.dump(self._mix, directory / "topics.joblib")
        return self._resource

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Give the validation sentences what a message would get."""
        self.process(validation_examples(training_data))
        return training_data

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            scores = message.get(SCORES_KEY)
            if scores is not None:
                message.set(FAQ_KEY, self._retrieve(scores), add_to_output=True)
        return messages

    def _retrieve(self, scores: Scores) -> dict[str, Any] | None:
        topics, figures = _figures(scores)
        if not topics:
            return None
        shares = softmax(figures @ self._mix)
        order = np.argsort(-shares)
        content = current_content()
        found = [{"id": topics[at], "score": float(shares[at])} for at in order]
        if (
            content is not None
        ):  # the share of a retired topic stays with it: better no answer than the next best
            found = [entry for entry in found if entry["id"] in content.faq]
        return {**found[0], "ranking": found[:RANKING_LENGTH]} if found else None


def _figures(scores: Scores) -> tuple[list[str], FloatArray]:
    """The topics, and three figures for each."""
    at = np.array(
        [place for place, label in enumerate(scores.labels) if label.startswith(TOPIC_PREFIX)], dtype=int
    )
    topics = [scores.labels[place].removeprefix(TOPIC_PREFIX) for place in at]
    return topics, np.stack([scores.linear[at], scores.best[at], scores.several[at]], axis=-1)


def _learned_mix(examples: list[tuple[Scores, str]]) -> FloatArray:
    topics = _figures(examples[0][0])[0]
    figures = np.array([_figures(scores)[1] for scores, _ in examples])
    places = np.arange(len(examples)), np.array([topics.index(topic) for _, topic in examples])

    def loss(mix: FloatArray) -> float:
        return float(-np.log(softmax(figures @ mix)[places] + 1e-9).mean())

    found = minimize(loss, np.array(USUAL_MIX), method="Nelder-Mead", options={"maxfev": 300})
    return np.asarray(found.x, dtype=np.float32)
