"""Which FAQ topic a question is about, as a component of Rasa's pipeline.

Linear scores and the nearest known questions are right about different sentences. How much each counts is learned at
training from the validation sentences; where a sentence encoder is set, its figure is weighed on the same sentences
when the model is loaded. Topics that are not in the content are never named.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Any

import joblib
import numpy as np
from numpy.typing import NDArray
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from scipy.optimize import minimize

from bot.understanding.encoder import encoder_or_none
from bot.understanding.intents import SCORES_KEY, TOPIC_PREFIX, topic_of, validation_examples
from bot.understanding.live import current_content
from bot.understanding.sense import Question, SenseOfTopics
from bot.understanding.sentences import Scores, softmax
from bot.understanding.text import FloatArray

RANKING_LENGTH = 5
NO_TOPIC = "none"
"""The label of questions about cars that no topic answers. It takes its share, and is never named itself."""
FAQ_KEY = "faq"
USUAL_MIX = (15.0, 0.0, 15.0, 15.0)
"""Weights of the linear score, the nearest question, the nearest few and the sense, where there is nothing to learn
them from."""
MIX_FILE, LEARNED_FILE = "topics.joblib", "topics_learned.joblib"


@dataclass(frozen=True)
class Learned:
    """What the weights are learned from, kept for an encoder that is set later."""

    questions: tuple[Question, ...]
    validation: tuple[tuple[Scores, Question], ...]


@DefaultV1Recipe.register(
    [DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER],
    is_trainable=True,
)
class FaqTopicRetriever(GraphComponent):
    """Writes `faq`: {"id", "score", "ranking": [{"id", "score"}, …], "none"}, the topic if it is a question at all.

    The score is the probability of the topic among all topics, `none` that no topic answers it. None when no topic is
    known.
    """

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {}

    def __init__(
        self, mix: FloatArray, storage: ModelStorage, resource: Resource, sense: SenseOfTopics | None = None
    ) -> None:
        self._mix = mix
        self._storage = storage
        self._resource = resource
        self._sense = sense

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> FaqTopicRetriever:
        return cls(_usual_mix(), model_storage, resource)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> FaqTopicRetriever:
        encoder = encoder_or_none()
        with model_storage.read_from(resource) as directory:
            if encoder is None:
                return cls(joblib.load(directory / MIX_FILE), model_storage, resource)
            learned: Learned = joblib.load(directory / LEARNED_FILE)
        sense = SenseOfTopics(encoder, learned.questions)
        return cls(_learned_mix(learned.validation, sense), model_storage, resource, sense)

    def train(self, training_data: TrainingData) -> Resource:
        questions = [
            Question(str(topic_of(e)), e.get(TEXT)) for e in training_data.intent_examples if topic_of(e)
        ]
        apart = [e for e in validation_examples(training_data) if topic_of(e)]
        known = tuple((e.get(SCORES_KEY), Question(str(topic_of(e)), e.get(TEXT))) for e in apart)
        asked_apart = {question for _, question in known}
        learned = Learned(tuple(q for q in questions if q not in asked_apart), known)
        with self._storage.write_to(self._resource) as directory:
            joblib.dump(_learned_mix(known), directory / MIX_FILE)
            joblib.dump(learned, directory / LEARNED_FILE, compress=3)
        return self._resource

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Give the validation sentences what a message would get."""
        self.process(validation_examples(training_data))
        return training_data

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            scores = message.get(SCORES_KEY)
            if scores is not None:
                message.set(FAQ_KEY, self._retrieve(scores, message.get(TEXT)), add_to_output=True)
        return messages

    def _retrieve(self, scores: Scores, text: str) -> dict[str, Any] | None:
        content = current_content()
        topics, figures = _figures(scores)
        if not topics:
            return None
        if self._sense is not None:
            figures = _with(figures, self._sense.figures(text, topics, content))
        shares = softmax(figures @ self._mix)
        # A retired topic keeps its share: better no answer than the next best.
        best_first = (topics[at] for at in np.argsort(-shares).tolist())
        known = (topic for topic in best_first if content is None or topic in content.faq)
        share_of = dict(zip(topics, shares.tolist(), strict=True))
        named = islice((topic for topic in known if topic != NO_TOPIC), RANKING_LENGTH)
        found = [{"id": topic, "score": share_of[topic]} for topic in named]
        unanswered = share_of.get(NO_TOPIC, 0.0)
        return {**found[0], "ranking": found, "none": unanswered} if found else None


def _figures(scores: Scores) -> tuple[tuple[str, ...], FloatArray]:
    """The topics, and three figures for each."""
    topics, at = _topics(scores.labels)
    return topics, np.stack([scores.linear[at], scores.best[at], scores.several[at]], axis=-1)


@lru_cache(maxsize=4)
def _topics(labels: tuple[str, ...]) -> tuple[tuple[str, ...], NDArray[np.intp]]:
    """The topics among labels, and their places."""
    at = [place for place, label in enumerate(labels) if label.startswith(TOPIC_PREFIX)]
    return tuple(labels[place].removeprefix(TOPIC_PREFIX) for place in at), np.array(at, dtype=np.intp)


def _with(figures: FloatArray, sense: FloatArray) -> FloatArray:
    return np.concatenate([figures, sense[:, None]], axis=1)


def _usual_mix(sense: SenseOfTopics | None = None) -> FloatArray:
    return np.array(USUAL_MIX if sense else USUAL_MIX[:3], dtype=np.float32)


def _learned_mix(
    examples: Sequence[tuple[Scores, Question]], sense: SenseOfTopics | None = None
) -> FloatArray:
    """The weights under which the right topics are most likely."""
    if not examples:
        return _usual_mix(sense)
    topics = _figures(examples[0][0])[0]
    figures = np.array([_figures(scores)[1] for scores, _ in examples])
    if sense is not None:
        senses = [sense.figures(question.text, topics, None) for _, question in examples]
        figures = np.concatenate([figures, np.array(senses)[..., None]], axis=-1)
    places = np.arange(len(examples)), np.array([topics.index(question.topic) for _, question in examples])

    def loss(mix: FloatArray) -> float:
        return float(-np.log(softmax(figures @ mix)[places] + 1e-9).mean())

    found = minimize(loss, _usual_mix(sense), method="Nelder-Mead", options={"maxfev": 400})
    return np.asarray(found.x, dtype=np.float32)
