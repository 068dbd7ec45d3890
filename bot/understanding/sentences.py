"""How near a message is to every kind of sentence that the assistant knows: the model behind intents and FAQ topics.

A label is an intent, or "faq/<topic>". For each label there are three figures: ridge regression on n-grams, and how
near the nearest known sentences are. Ridge regression is kept in its dual form (a weight per known sentence), so that
one product with the known sentences gives all three, and so that sentences can be added while the assistant runs.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from scipy.sparse import csr_matrix, hstack

from bot.understanding.spelling import Spelling
from bot.understanding.text import FloatArray, IntArray, Vectoriser, normalise

RIDGE = 1.0
LIVE_RIDGE = 0.1
"""For sentences that are added while the assistant runs: few as they are, each has to count for more."""
NEW_LABEL = 1.2
"""A label that training did not know has no three sentences near a message: its nearest one speaks for it, this much
louder. Both figures were chosen by taking topics out of training and adding them with three questions each: of the
validation questions about them, 24 % instead of 6 % came first and 36 % instead of 12 % among three; others lost 0.5 %.
"""
STEPS = 15
"""Of conjugate gradients; more do not change how the validation sentences are judged."""
NEAREST = 300
"""Known sentences that are looked at one by one."""
NEIGHBOURS = 3
"""How many of a label's sentences speak for it."""


@dataclass(frozen=True)
class Scores:
    """One figure per label and kind, in the order of ``labels``."""

    labels: tuple[str, ...]
    linear: FloatArray
    """About 1 for the right label, about 0 for the others."""
    best: FloatArray
    """Cosine of the nearest sentence; 0 where none is among the nearest of all."""
    several: FloatArray
    """Mean cosine of the nearest ``NEIGHBOURS``."""

    def fingerprint(self) -> str:
        """For Rasa, which otherwise prints the numbers of every validation sentence to tell whether they changed."""
        return hashlib.sha256(self.linear.tobytes()).hexdigest()


@dataclass(frozen=True)
class SentenceModel:
    """Immutable: ``with_sentences`` returns another one that shares what it can."""

    vectoriser: Vectoriser
    spelling: Spelling
    labels: tuple[str, ...]
    known: csr_matrix
    """Features × known sentences."""
    label_of: IntArray
    dual: FloatArray
    """Known sentences × labels."""
    bias: FloatArray
    trained: int
    """How many labels training knew; those after them are new."""

    @staticmethod
    def train(sentences: Sequence[tuple[str, str]]) -> SentenceModel:
        """Learn from pairs of label and text as it was typed."""
        plain = [normalise(text) for _, text in sentences]
        spelling = Spelling.learn(plain)
        vectoriser = Vectoriser(count_strange=True)
        rows = vectoriser.fit([spelling.mend(text) for text in plain])
        labels = tuple(sorted({label for label, _ in sentences}))
        label_of = _positions(labels, [label for label, _ in sentences])
        target = _one_hot(label_of, len(labels))
        bias = target.mean(axis=0)
        dual = _solve(rows, target - bias)
        return SentenceModel(vectoriser, spelling, labels, rows.T.tocsr(), label_of, dual, bias, len(labels))

    def scores(self, text: str, rewrite: Callable[[str], str] = str) -> Scores:
        """For a text as it was typed. `rewrite` says it in other words, which count as much as its own."""
        plain = self.spelling.mend(normalise(text))
        cosines = self._cosines(plain)
        other = rewrite(plain)
        if other != plain:
            cosines = (cosines + self._cosines(other)) / 2
        best, several = self._nearness(cosines)
        return Scores(self.labels, cosines @ self.dual + self.bias, best, several)

    def with_sentences(self, sentences: Sequence[tuple[str, str]], ridge: float = RIDGE) -> SentenceModel:
        """Know these (label, text) pairs as well, without training: the old weights stay, and the new sentences get
        those that ridge regression gives them beside the old ones. New labels and new words are welcome.
        """
        if not sentences:
            return self
        texts = [self.spelling.mend(normalise(text)) for _, text in sentences]
        wide = self._with_words(texts)._with_labels({label for label, _ in sentences})
        rows = wide.vectoriser.matrix(texts)
        label_of = _positions(wide.labels, [label for label, _ in sentences])
        predicted = (rows @ wide.known).toarray() @ wide.dual + wide.bias
        system = (rows @ rows.T).toarray() + ridge * np.eye(len(texts), dtype=np.float32)
        dual = cho_solve(cho_factor(system), _one_hot(label_of, len(wide.labels)) - predicted)
        return replace(
            wide,
            known=hstack([wide.known, rows.T], format="csr"),
            label_of=np.concatenate([wide.label_of, label_of]),
            dual=np.concatenate([wide.dual, dual.astype(np.float32)]),
        )

    def _cosines(self, plain: str) -> FloatArray:
        """With every known sentence."""
        row = self.vectoriser.row(self.vectoriser.vector(plain))
        return np.asarray((row @ self.known).toarray(), dtype=np.float32)[0]

    def _with_words(self, texts: Sequence[str]) -> SentenceModel:
        vectoriser = self.vectoriser.with_words(texts)
        more = len(vectoriser.vocabulary) - len(self.vectoriser.vocabulary)
        ends = np.concatenate([self.known.indptr, np.full(more, self.known.indptr[-1])])
        shape = (len(vectoriser.vocabulary), self.known.shape[1])
        known = csr_matrix((self.known.data, self.known.indices, ends), shape=shape)
        return replace(self, vectoriser=vectoriser, known=known)

    def _with_labels(self, labels: set[str]) -> SentenceModel:
        new = sorted(labels - set(self.labels))
        nothing = np.zeros((len(self.dual), len(new)), dtype=np.float32)
        return replace(
            self,
            labels=(*self.labels, *new),
            dual=np.concatenate([self.dual, nothing], axis=1),
            bias=np.concatenate([self.bias, np.zeros(len(new), dtype=np.float32)]),
        )

    def _nearness(self, cosines: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Per label the cosine of its nearest sentence, and the mean of its nearest few."""
        count = min(NEAREST, len(cosines))
        nearest = np.argpartition(cosines, -count)[-count:]
        nearest = nearest[np.lexsort((-cosines[nearest], self.label_of[nearest]))]
        label, cosine = self.label_of[nearest], cosines[nearest]
        first = np.flatnonzero(np.diff(label, prepend=-1))
        rank = np.arange(count) - np.repeat(first, np.diff(first, append=count))
        best = np.zeros(len(self.labels), dtype=np.float32)
        best[label[first]] = cosine[first]
        few = rank < NEIGHBOURS
        sums = np.bincount(label[few], weights=cosine[few], minlength=len(self.labels))
        several = (sums / NEIGHBOURS).astype(np.float32)
        several[self.trained :] = NEW_LABEL * best[self.trained :]
        return best, several


def softmax(logits: FloatArray) -> FloatArray:
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True), dtype=np.float32)


def _positions(labels: Sequence[str], of: Sequence[str]) -> IntArray:
    place = {label: at for at, label in enumerate(labels)}
    return np.array([place[label] for label in of], dtype=np.int32)


def _one_hot(label_of: IntArray, labels: int) -> FloatArray:
    target = np.zeros((len(label_of), labels), dtype=np.float32)
    target[np.arange(len(label_of)), label_of] = 1
    return target


def _solve(rows: csr_matrix, target: FloatArray) -> FloatArray:
    """Dual weights of ridge regression, all labels at once, by conjugate gradients: no matrix of pairs is needed."""
    columns = rows.T.tocsr()
    dual, rest = np.zeros_like(target), target.copy()
    direction, size = rest.copy(), (rest * rest).sum(axis=0)
    for _ in range(STEPS):
        image = rows @ (columns @ direction) + RIDGE * direction
        step = size / np.maximum((direction * image).sum(axis=0), 1e-12)
        dual += step * direction
        rest -= step * image
        before, size = size, (rest * rest).sum(axis=0)
        direction = rest + size / np.maximum(before, 1e-12) * direction
    return dual
