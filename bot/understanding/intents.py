"""The intent classifier: one linear model on n-grams, as a component of Rasa's pipeline.

Each FAQ topic is a label of its own inside the model: questions about a hundred things have little in common, but
those of one topic do. `faq` is then weighed from the topics together. How much each figure counts is learned at
training from the validation sentences (data/validation/) by a model that does not know them; the model that is kept
learns from them as well.
"""

from __future__ import annotations

import pickle
from collections.abc import Iterable, Sequence
from functools import lru_cache
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
from scipy.optimize import minimize

from bot.understanding.live import LiveSentences
from bot.understanding.sentences import Scores, SentenceModel, softmax
from bot.understanding.text import FloatArray

RANKING_LENGTH = 10
FAQ_INTENT = "faq"
TOPIC_PREFIX = "faq/"
COMMAND_PREFIX = "/"
"""Messages that begin with it are payloads of buttons; Rasa's own handler reads them."""

SCORES_KEY = "sentence_scores"
"""Where the components that follow find what the model said of each label."""

VALIDATION = "validation"
MODEL_FILE, SCORES_FILE = "intents.pickle", "validation_scores.joblib"


@DefaultV1Recipe.register(
    [DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER],
    is_trainable=True,
)
class NgramIntentClassifier(GraphComponent):
    """Writes `intent` and `intent_ranking`, and for the components behind it the scores of all labels.

    Rasa runs featurizers alone over the training data, hence the second type: what follows learns from the scores of
    the validation sentences.
    """

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {}

    def __init__(self, model: IntentModel | None, storage: ModelStorage, resource: Resource) -> None:
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
        return cls(None, model_storage, resource)

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
            model: IntentModel = pickle.loads((directory / MODEL_FILE).read_bytes())
        model.scores("預約 ok")  # loads tables, which would cost the first customer half a second
        return cls(model, model_storage, resource)

    def train(self, training_data: TrainingData) -> Resource:
        apart = validation_examples(training_data)
        learned = [e for e in training_data.intent_examples if e.get(TEXT) and not is_validation(e)]
        model = IntentModel(SentenceModel.train(_labelled(learned)))
        scores = [model.scores(example.get(TEXT)) for example in apart]
        if apart:
            model.weigh(scores, [str(example.get(INTENT)) for example in apart])
            model.learn(_labelled(apart))
        with self._storage.write_to(self._resource) as directory:
            # Not by joblib, which reads in Python what pickle reads in C: the words of the model take a second so.
            (directory / MODEL_FILE).write_bytes(pickle.dumps(model, protocol=5))
            joblib.dump(scores, directory / SCORES_FILE)
        return self._resource

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Give the validation sentences what a message would get from a model that does not know them."""
        assert self._model is not None
        with self._storage.read_from(self._resource) as directory:
            known = joblib.load(directory / SCORES_FILE)
        for example, scores in zip(validation_examples(training_data), known, strict=True):
            self._write(example, scores)
        return training_data

    def process(self, messages: list[Message]) -> list[Message]:
        assert self._model is not None, "process is called on a loaded component only"
        for message in messages:
            text = message.get(TEXT) or ""
            if not text.startswith(COMMAND_PREFIX):
                ranking = self._write(message, self._model.scores(text))
                message.set(INTENT, dict(ranking[0]), add_to_output=True)
        return messages

    def _write(self, message: Message, scores: Scores) -> list[dict[str, Any]]:
        assert self._model is not None
        ranking = self._model.rank(scores)[:RANKING_LENGTH]
        message.set(SCORES_KEY, scores)
        message.set(INTENT_RANKING_KEY, ranking, add_to_output=True)
        return ranking


def topic_of(message: Message) -> str | None:
    """The FAQ topic in the metadata of a training example."""
    topic = _metadata(message).get("topic")
    return str(topic) if topic else None


def is_validation(message: Message) -> bool:
    """Whether the example is for choosing weights and thresholds, not for learning."""
    return bool(_metadata(message).get("use") == VALIDATION)


def validation_examples(training_data: TrainingData) -> list[Message]:
    return [e for e in training_data.intent_examples if e.get(TEXT) and is_validation(e)]


def _metadata(message: Message) -> dict[str, Any]:
    return dict((message.get("metadata") or {}).get("intent") or {})


def _labelled(examples: Iterable[Message]) -> list[tuple[str, str]]:
    """Pairs of label and text."""
    return [(_label(example), example.get(TEXT)) for example in examples]


def _label(message: Message) -> str:
    intent, topic = str(message.get(INTENT)), topic_of(message)
    return f"{intent}/{topic}" if topic else intent


class IntentModel:
    """Ranks intents from the scores of the labels."""

    def __init__(self, sentences: SentenceModel) -> None:
        self._live = LiveSentences(sentences)
        self._mix: FloatArray = np.array([12.0, 12.0, 5.0, 3.0, 12.0, 1.0], dtype=np.float32)

    def scores(self, text: str) -> Scores:
        return self._live.scores(text)

    def rank(self, scores: Scores) -> list[dict[str, Any]]:
        """Every intent with its confidence, best first."""
        intents, figures = _figures(scores)
        shares = softmax(_logits(self._mix, *figures))
        best_first, confidences = np.argsort(-shares).tolist(), shares.tolist()
        return [{"name": intents[at], "confidence": confidences[at]} for at in best_first]

    def learn(self, sentences: Sequence[tuple[str, str]]) -> None:
        """Know these (label, text) pairs as well; as good here as training on all of them, in a tenth of the time."""
        self._live = LiveSentences(self._live.trained.with_sentences(sentences))

    def weigh(self, scores: Sequence[Scores], intents_meant: Sequence[str]) -> None:
        """Learn from examples how much each figure counts; questions and other messages count half each."""
        intents = _figures(scores[0])[0]
        figures = [np.array(part) for part in zip(*(_figures(each)[1] for each in scores), strict=True)]
        answer = np.array([intents.index(intent) for intent in intents_meant])
        question = answer == intents.index(FAQ_INTENT)
        weights = np.where(question, 0.5 / max(1, question.sum()), 0.5 / max(1, (~question).sum()))

        def loss(mix: FloatArray) -> float:
            right = softmax(_logits(mix, *figures))[np.arange(len(answer)), answer]
            return float(-(weights * np.log(right + 1e-9)).sum())

        found = minimize(loss, self._mix, method="Nelder-Mead", options={"maxfev": 600})
        self._mix = np.asarray(found.x, dtype=np.float32)


def _figures(scores: Scores) -> tuple[list[str], tuple[FloatArray, FloatArray, FloatArray]]:
    """The intents, `faq` last; the linear and the neighbours' scores of all others; and four figures for `faq`."""
    intents, others, topics = _parted(scores.labels)
    linear, several = scores.linear[topics], scores.several[topics]
    if not len(topics):
        linear = several = np.zeros(1, dtype=np.float32)
    question = np.array([linear.sum(), linear.max(), several.max(), 1.0], dtype=np.float32)
    return [*intents, FAQ_INTENT], (scores.linear[others], scores.several[others], question)


@lru_cache(maxsize=4)
def _parted(labels: tuple[str, ...]) -> tuple[list[str], NDArray[np.intp], NDArray[np.intp]]:
    """The labels that are no topics; their places, and those of the topics."""
    is_topic = np.array([label.startswith(TOPIC_PREFIX) for label in labels], dtype=bool)
    intents = [label for label in labels if not label.startswith(TOPIC_PREFIX)]
    return intents, np.flatnonzero(~is_topic), np.flatnonzero(is_topic)


def _logits(mix: FloatArray, linear: FloatArray, several: FloatArray, question: FloatArray) -> FloatArray:
    others = mix[0] * linear + mix[1] * several
    return np.concatenate([others, (question @ mix[2:6])[..., None]], axis=-1)
