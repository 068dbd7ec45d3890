"""Which FAQ topic a question is about: the nearest known questions together with a linear model of the topics.

The two are right about different sentences. How much each counts is learned at training from leave-one-out scores.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import joblib
import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from scipy.optimize import minimize
from scipy.sparse import csr_matrix, vstack

from bot.understanding.intents import COMMAND_PREFIX, LinearModel, similarities, softmax, topic_of
from bot.understanding.text import FloatArray, IntArray, normalise

RANKING_LENGTH = 5
FAQ_KEY = "faq"
NEIGHBOURS = 3
"""How many of a topic's questions speak for it: its nearest one, and the mean of this many."""


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class FaqTopicRetriever(GraphComponent):
    """Writes `faq`: {"id", "score", "ranking": [{"id", "score"}, …]}, the topic if the message is a question at all.

    The score is the probability of the topic among all topics. None when no topic is known.
    """

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {"ridge": 1.0}

    def __init__(self, model: TopicModel, storage: ModelStorage, resource: Resource) -> None:
        self._model = model
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
        return cls(TopicModel(LinearModel(config["ridge"], count_strange=True)), model_storage, resource)

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
            model = joblib.load(directory / "topics.joblib")
        return cls(model, model_storage, resource)

    def train(self, training_data: TrainingData) -> Resource:
        found = [(topic_of(example), example.get(TEXT)) for example in training_data.intent_examples]
        self._model.fit([Question(topic, normalise(text)) for topic, text in found if topic and text])
        with self._storage.write_to(self._resource) as directory:
            joblib.dump(self._model, directory / "topics.joblib")
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            text = message.get(TEXT) or ""
            if not text.startswith(COMMAND_PREFIX):
                message.set(FAQ_KEY, self._retrieve(normalise(text)), add_to_output=True)
        return messages

    def add_questions(self, questions: Iterable[tuple[str, str]]) -> None:
        """Take more (topic id, question) pairs into account from now on, without training; not stored."""
        self._model.add([Question(topic, normalise(text)) for topic, text in questions])

    def _retrieve(self, text: str) -> dict[str, Any] | None:
        ranking = self._model.rank(text)[:RANKING_LENGTH]
        if not ranking:
            return None
        return {**ranking[0], "ranking": ranking}


@dataclass(frozen=True)
class Question:
    topic: str
    text: str
    """Normalised."""


class TopicModel:
    """Ranks topics for a normalised text."""

    def __init__(self, linear: LinearModel) -> None:
        self._linear = linear
        self._topics: list[str] = []
        self._known: csr_matrix = csr_matrix((0, 0), dtype=np.float32)
        self._transposed: csr_matrix = csr_matrix((0, 0), dtype=np.float32)
        self._topic_of_known: IntArray = np.zeros(0, dtype=np.int32)
        self._questions_of_topic: IntArray = np.zeros((0, NEIGHBOURS), dtype=np.int32)
        self._mix: FloatArray = np.ones(3, dtype=np.float32)

    def fit(self, questions: list[Question]) -> None:
        if not questions:
            return
        texts, topics = [question.text for question in questions], [question.topic for question in questions]
        rows, linear_scores = self._linear.fit(texts, topics)
        self._topics = list(self._linear.labels)
        answer = self._positions(topics)
        self._remember(rows, answer)
        self._mix = self._learn_mix(linear_scores, answer)

    def add(self, questions: list[Question]) -> None:
        """More questions among the nearest ones. A topic that training did not know is reached by them alone; words
        that training never saw count for nothing.
        """
        self._topics.extend(sorted({question.topic for question in questions} - set(self._topics)))
        rows = self._linear.vectoriser.matrix([question.text for question in questions])
        answer = self._positions([question.topic for question in questions])
        self._remember(vstack([self._known, rows]).tocsr(), np.concatenate([self._topic_of_known, answer]))

    def rank(self, text: str) -> list[dict[str, Any]]:
        """Every topic with its probability, best first."""
        if not self._topics:
            return []
        vector = self._linear.vectoriser.vector(text)
        similar = (self._linear.vectoriser.row(vector) @ self._transposed).toarray()[0]
        best, several = self._nearness(similar)
        known = self._linear.scores(vector)
        linear = np.concatenate([known, best[len(known) :]])
        shares = softmax(_mixed(self._mix, linear, best, several))
        order = np.argsort(-shares)
        return [{"id": self._topics[at], "score": float(shares[at])} for at in order]

    def _positions(self, topics: list[str]) -> IntArray:
        place = {topic: at for at, topic in enumerate(self._topics)}
        return np.array([place[topic] for topic in topics], dtype=np.int32)

    def _remember(self, rows: csr_matrix, answer: IntArray) -> None:
        self._known, self._topic_of_known = rows, answer
        self._transposed = rows.T.tocsr()
        self._questions_of_topic = _padded_members(answer, len(self._topics))

    def _nearness(self, similar: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Per topic the best similarity, and the mean of the best few."""
        by_topic = np.append(similar, np.float32(0))[self._questions_of_topic]
        top = np.partition(by_topic, -NEIGHBOURS, axis=1)[:, -NEIGHBOURS:]
        return top.max(axis=1), top.mean(axis=1)

    def _learn_mix(self, linear_scores: FloatArray, answer: IntArray) -> FloatArray:
        """Weights of the linear score, the best and the mean similarity, from leave-one-out scores of training."""
        near = similarities(self._known)
        np.fill_diagonal(near, 0)
        nearness = [self._nearness(row) for row in near]
        parts = (
            linear_scores,
            np.array([best for best, _ in nearness]),
            np.array([mean for _, mean in nearness]),
        )
        places = np.arange(len(answer)), answer

        def loss(mix: FloatArray) -> float:
            return float(-np.log(softmax(_mixed(mix, *parts))[places] + 1e-9).mean())

        start = np.array([10.0, 5.0, 5.0])
        return np.asarray(
            minimize(loss, start, method="Nelder-Mead", options={"maxfev": 120}).x, dtype=np.float32
        )


def _mixed(mix: FloatArray, linear: FloatArray, best: FloatArray, several: FloatArray) -> FloatArray:
    return np.asarray(mix[0] * linear + mix[1] * best + mix[2] * several, dtype=np.float32)


def _padded_members(topic_of: IntArray, topics: int) -> IntArray:
    """Topics × places of their questions, filled up with the place behind the last question."""
    counts = np.bincount(topic_of, minlength=topics)
    members = np.full((topics, max(NEIGHBOURS, counts.max())), len(topic_of), dtype=np.int32)
    for topic in range(topics):
        members[topic, : counts[topic]] = np.flatnonzero(topic_of == topic)
    return members
