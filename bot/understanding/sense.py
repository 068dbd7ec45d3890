"""Retrieval by sense, where a sentence encoder is set: one more figure for each topic, weighed like the others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bot.services.content.snapshot import Content
from bot.understanding.encoder import NearestBySense, SentenceEncoder
from bot.understanding.text import FloatArray


@dataclass(frozen=True)
class Question:
    """A way to ask for a topic."""

    topic: str
    text: str


class SenseOfTopics:
    """How near a message is, in sense, to the known questions of each topic and to those in the content."""

    def __init__(self, encoder: SentenceEncoder, questions: Sequence[Question]) -> None:
        self._encoder = encoder
        self._questions = questions
        self._nearest = self._over(questions)
        self._content: Content | None = None

    def figures(self, text: str, topics: Sequence[str], content: Content | None) -> FloatArray:
        """One figure from 0 to 1 per topic."""
        if content is not None and content is not self._content:
            self._nearest, self._content = self._over([*self._questions, *_asked(content)]), content
        scores: Mapping[str, float] = self._nearest.scores(text)
        return np.array([scores.get(topic, 0.0) for topic in topics], dtype=np.float32)

    def _over(self, questions: Sequence[Question]) -> NearestBySense:
        return NearestBySense(self._encoder, [q.text for q in questions], [q.topic for q in questions])


def _asked(content: Content) -> list[Question]:
    """What the content adds to training."""
    return [
        Question(topic, text)
        for topic, entry in content.faq.items()
        for text in (entry.title, *entry.questions)
    ]
