"""The intent classifier: one linear model on n-grams, as a component of Rasa's pipeline.

The model is ridge regression on one-hot labels in its dual form. It solves in seconds for some thousand
sentences, is as accurate here as a linear support vector machine, and its leave-one-out scores come for free:
confidences are calibrated on sentences that the model did not learn from.
"""

from __future__ import annotations

from typing import Any

import joblib
import numpy as np
from numpy.typing import NDArray
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import INTENT, INTENT_RANKING_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from scipy.linalg import lapack
from scipy.optimize import minimize
from scipy.sparse import csr_matrix

from bot.understanding.text import FloatArray, Vector, Vectoriser, normalise

RANKING_LENGTH = 10
FAQ_INTENT = "faq"
COMMAND_PREFIX = "/"
"""Messages that begin with it are payloads of buttons; Rasa's own handler reads them."""


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class NgramIntentClassifier(GraphComponent):
    """Writes `intent` and `intent_ranking`."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {"ridge": 1.0}

    def __init__(self, model: IntentModel, storage: ModelStorage, resource: Resource) -> None:
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
    ) -> NgramIntentClassifier:
        return cls(IntentModel(LinearModel(config["ridge"])), model_storage, resource)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> NgramIntentClassifier:
        with model_storage.read_from(resource) as directory:
            model: IntentModel = joblib.load(directory / "intents.joblib")
        model.rank(
            normalise("預約 ok")
        )  # loads the tables of `text`, which would cost the first customer half a second
        return cls(model, model_storage, resource)

    def train(self, training_data: TrainingData) -> Resource:
        examples = [example for example in training_data.intent_examples if example.get(TEXT)]
        texts = [normalise(example.get(TEXT)) for example in examples]
        self._model.fit(texts, [_label(example) for example in examples])
        with self._storage.write_to(self._resource) as directory:
            joblib.dump(self._model, directory / "intents.joblib")
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            text = message.get(TEXT) or ""
            if not text.startswith(COMMAND_PREFIX):
                ranking = self._model.rank(normalise(text))[:RANKING_LENGTH]
                message.set(INTENT, dict(ranking[0]), add_to_output=True)
                message.set(INTENT_RANKING_KEY, ranking, add_to_output=True)
        return messages


def topic_of(message: Message) -> str | None:
    """The FAQ topic in the metadata of a training example."""
    metadata = message.get("metadata") or {}
    topic = (metadata.get("intent") or {}).get("topic")
    return str(topic) if topic else None


def _label(message: Message) -> str:
    intent, topic = str(message.get(INTENT)), topic_of(message)
    return f"{intent}/{topic}" if topic else intent


class IntentModel:
    """Ranks intents for a normalised text.

    Each FAQ topic is a label of its own inside the model: questions about a hundred things have little in common, but
    those of one topic do. `faq` is then weighed from the best topic and from all topics together; how much each counts
    is learned from leave-one-out scores, with questions and other messages counting half each.
    """

    def __init__(self, linear: LinearModel) -> None:
        self._linear = linear
        self._intents: list[str] = []
        self._dialogue: NDArray[np.bool_] = np.zeros(0, dtype=np.bool_)
        self._mix: FloatArray = np.zeros(4, dtype=np.float32)

    def fit(self, texts: list[str], labels: list[str]) -> None:
        _, scores = self._linear.fit(texts, labels)
        known = self._linear.labels
        self._dialogue = np.array([label.split("/")[0] != FAQ_INTENT for label in known])
        self._intents = [label for label in known if label.split("/")[0] != FAQ_INTENT] + [FAQ_INTENT]
        self._mix = self._learn_mix(scores, labels)

    def rank(self, text: str) -> list[dict[str, Any]]:
        """Every intent with its confidence, best first."""
        scores = self._linear.scores(self._linear.vectoriser.vector(text))
        shares = softmax(self._logits(self._mix, scores))
        return [{"name": self._intents[at], "confidence": float(shares[at])} for at in np.argsort(-shares)]

    def _logits(self, mix: FloatArray, scores: FloatArray) -> FloatArray:
        """Per intent, `faq` last, from scores per label (of one text or of many)."""
        topics = scores[..., ~self._dialogue]
        if not topics.shape[-1]:
            topics = np.zeros_like(scores[..., :1])
        question = mix[1] * topics.sum(axis=-1) + mix[2] * topics.max(axis=-1) + mix[3]
        return np.concatenate([mix[0] * scores[..., self._dialogue], question[..., None]], axis=-1)

    def _learn_mix(self, scores: FloatArray, labels: list[str]) -> FloatArray:
        intents = [label.split("/")[0] for label in labels]
        answer = np.array([self._intents.index(intent) for intent in intents])
        question = np.array([intent == FAQ_INTENT for intent in intents])
        weights = np.where(question, 0.5 / max(1, question.sum()), 0.5 / max(1, (~question).sum()))

        def loss(mix: FloatArray) -> float:
            right = softmax(self._logits(mix, scores))[np.arange(len(answer)), answer]
            return float(-(weights * np.log(right + 1e-9)).sum())

        start = np.array([12.0, 5.0, 3.0, 1.0])
        return np.asarray(
            minimize(loss, start, method="Nelder-Mead", options={"maxfev": 200}).x, dtype=np.float32
        )


class LinearModel:
    """Ridge regression from n-grams to labels. Scores are about 1 for the label and about 0 for the others."""

    def __init__(self, ridge: float, count_strange: bool = False) -> None:
        """`count_strange`: see `Vectoriser`."""
        self.ridge = ridge
        self.vectoriser = Vectoriser(count_strange=count_strange)
        self.labels: list[str] = []
        self.weights: FloatArray = np.zeros((0, 0), dtype=np.float32)
        self.bias: FloatArray = np.zeros(0, dtype=np.float32)

    def fit(self, texts: list[str], labels: list[str]) -> tuple[csr_matrix, FloatArray]:
        """Learn from normalised texts; returns their n-grams and their leave-one-out scores (texts × labels)."""
        self.labels = sorted(set(labels))
        place = {label: at for at, label in enumerate(self.labels)}
        target = np.zeros((len(texts), len(self.labels)), dtype=np.float32)
        target[np.arange(len(texts)), [place[label] for label in labels]] = 1
        self.bias = target.mean(axis=0)
        rows = self.vectoriser.fit(texts)
        dual, left_out = _solve(rows, target - self.bias, self.ridge)
        self.weights = np.ascontiguousarray(rows.T @ dual, dtype=np.float32)
        return rows, left_out + self.bias

    def scores(self, vector: Vector) -> FloatArray:
        """One score per label."""
        columns, values = vector
        return np.asarray(values @ self.weights[columns] + self.bias, dtype=np.float32)


def softmax(logits: FloatArray) -> FloatArray:
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True), dtype=np.float32)


def similarities(rows: csr_matrix) -> FloatArray:
    """Dense cosine of every row with every other, made in blocks to keep the sparse product small."""
    transposed = rows.T.tocsr()
    blocks = [(rows[at : at + 500] @ transposed).toarray() for at in range(0, rows.shape[0], 500)]
    return np.concatenate(blocks).astype(np.float32, copy=False)


def _solve(rows: csr_matrix, target: FloatArray, ridge: float) -> tuple[FloatArray, FloatArray]:
    """Dual weights, and the score each row gets from a model fitted without it (exact for ridge regression)."""
    system = similarities(rows)
    system[np.diag_indices_from(system)] += ridge
    factor, failed = lapack.spotrf(system.T, lower=1, overwrite_a=1)
    inverse, failed_too = lapack.spotri(factor, lower=1, overwrite_c=1)
    if failed or failed_too:
        raise ValueError("The similarities of the training sentences are singular; use a larger ridge")
    diagonal = np.diag(inverse).copy()
    inverse = np.tril(inverse)
    dual = inverse @ target + inverse.T @ target - diagonal[:, None] * target
    return dual, target - dual / diagonal[:, None]
