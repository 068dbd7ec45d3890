"""How near a message is to every kind of sentence that the assistant knows: the model behind intents and FAQ topics.

A label is an intent, or "faq/<topic>". For each label there are three figures: ridge regression on n-grams, and how
near the nearest known sentences are. Ridge regression is kept in its dual form (a weight per known sentence), so that
one product with the known sentences gives all three, and so that sentences can be added while the assistant runs.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from scipy.sparse import csc_matrix, csr_matrix, hstack

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
LIKELY = (0.25, 0.1, 0.05)
"""Seldom is a smaller cosine among the ``NEAREST``; else the next figure counts, then all are looked through."""
NEIGHBOURS = 3
"""How many of a label's sentences speak for it."""
_NOBODY, _NOTHING = np.full(NEIGHBOURS, -1, dtype=np.int32), np.zeros(NEIGHBOURS, dtype=np.float32)
FREQUENT = 32
"""A feature of more known sentences has its weights for the labels ready: few features, but most of the arithmetic."""


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
class Frequent:
    """The linear weights of the features that many known sentences have."""

    place: IntArray
    """Of every feature; -1 for those that are rare."""
    linear: FloatArray
    """Frequent features × labels."""

    @staticmethod
    def of(known: csr_matrix, dual: FloatArray) -> Frequent:
        features = np.flatnonzero(np.diff(known.indptr) > FREQUENT)
        place = np.full(known.shape[0], -1, dtype=np.int32)
        place[features] = np.arange(len(features))
        return Frequent(place, known[features] @ dual)

    def with_features(self, more: int) -> Frequent:
        return replace(self, place=np.concatenate([self.place, np.full(more, -1, dtype=np.int32)]))

    def with_labels(self, more: int) -> Frequent:
        nothing = np.zeros((len(self.linear), more), dtype=np.float32)
        return replace(self, linear=np.concatenate([self.linear, nothing], axis=1))

    def with_sentences(self, rows: csr_matrix, dual: FloatArray) -> Frequent:
        """Sentences × features, and what ridge regression gives these sentences."""
        features = np.flatnonzero(self.place >= 0)
        features = features[np.argsort(self.place[features])]
        return replace(self, linear=self.linear + rows[:, features].T @ dual)


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
    frequent: Frequent

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
        known = rows.T.tocsr()
        frequent = Frequent.of(known, dual)
        return SentenceModel(vectoriser, spelling, labels, known, label_of, dual, bias, len(labels), frequent)

    def scores(self, text: str, rewrite: Callable[[str], str] = str) -> Scores:
        """For a text as it was typed. `rewrite` says it in other words, which count as much as its own."""
        plain = self.spelling.mend(normalise(text))
        cosines, linear = self._compared(plain)
        other = rewrite(plain)
        if other != plain:
            others, otherwise = self._compared(other)
            cosines, linear = (cosines + others) / 2, (linear + otherwise) / 2
        best, several = self._nearness(cosines)
        return Scores(self.labels, linear + self.bias, best, several)

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
        solved = cho_solve(cho_factor(system), _one_hot(label_of, len(wide.labels)) - predicted)
        dual = solved.astype(np.float32)
        return replace(
            wide,
            frequent=wide.frequent.with_sentences(rows, dual),
            known=hstack([wide.known, rows.T], format="csr"),
            label_of=np.concatenate([wide.label_of, label_of]),
            dual=np.concatenate([wide.dual, dual]),
        )

    def _compared(self, plain: str) -> tuple[FloatArray, FloatArray]:
        """The cosine with every known sentence, and the linear score of every label.

        The second is the product of the first with ``dual``, worked out from the few features of the text: the whole
        of ``dual`` would have to come from memory for every message, most of it for nothing.
        """
        features, weights = self.vectoriser.vector(plain)
        starts, ends = self.known.indptr[features], self.known.indptr[features + 1]
        place = self.frequent.place[features]
        rare, frequent = np.flatnonzero(place < 0), np.flatnonzero(place >= 0)
        linear = weights[frequent] @ self.frequent.linear[place[frequent]]
        pieces = [slice(*piece) for piece in zip(starts[rare].tolist(), ends[rare].tolist(), strict=True)]
        if pieces:
            sentences = np.concatenate([self.known.indices[piece] for piece in pieces])
            products = np.concatenate([self.known.data[piece] for piece in pieces])
            linear += (products * np.repeat(weights[rare], (ends - starts)[rare])) @ self.dual[sentences]
        return self._cosines(starts, ends, weights), linear

    def _cosines(self, starts: IntArray, ends: IntArray, weights: FloatArray) -> FloatArray:
        """Of a text with features whose known sentences stand between these places, in ascending order.

        One product of the matrix of these features, without gathering it from the matrix of all: from the last feature
        to the first one, each column ends where a column begins that has nothing in it, as it would end before that.
        """
        columns = copy(_columns(self.known.shape[1], len(weights)))
        columns.data, columns.indices = self.known.data, self.known.indices
        columns.indptr = np.column_stack([starts, ends])[::-1].ravel()
        factors = np.zeros(columns.shape[1], dtype=np.float32)
        factors[::2] = weights[::-1]
        return np.asarray(columns @ factors)

    def _with_words(self, texts: Sequence[str]) -> SentenceModel:
        vectoriser = self.vectoriser.with_words(texts)
        more = len(vectoriser.vocabulary) - len(self.vectoriser.vocabulary)
        ends = np.concatenate([self.known.indptr, np.full(more, self.known.indptr[-1])])
        shape = (len(vectoriser.vocabulary), self.known.shape[1])
        known = csr_matrix((self.known.data, self.known.indices, ends), shape=shape)
        return replace(self, vectoriser=vectoriser, known=known, frequent=self.frequent.with_features(more))

    def _with_labels(self, labels: set[str]) -> SentenceModel:
        new = sorted(labels - set(self.labels))
        nothing = np.zeros((len(self.dual), len(new)), dtype=np.float32)
        return replace(
            self,
            frequent=self.frequent.with_labels(len(new)),
            labels=(*self.labels, *new),
            dual=np.concatenate([self.dual, nothing], axis=1),
            bias=np.concatenate([self.bias, np.zeros(len(new), dtype=np.float32)]),
        )

    def _nearness(self, cosines: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Per label the cosine of its nearest sentence, and the mean of its nearest few."""
        nearest = _largest(cosines, min(NEAREST, len(cosines)))
        label, cosine = self.label_of[nearest], cosines[nearest]
        order = np.argsort(
            label - 0.5 * cosine.astype(np.float64)
        )  # label by label, the nearest of each first
        label = np.concatenate([label[order], _NOBODY])
        cosine = np.concatenate([cosine[order], _NOTHING])
        first = np.flatnonzero(np.diff(label[:-NEIGHBOURS], prepend=-1))
        own = label[first]
        best, sums = np.zeros((2, len(self.labels)), dtype=np.float32)
        best[own] = sums[own] = cosine[first]
        for step in range(1, NEIGHBOURS):
            sums[own] += cosine[first + step] * (label[first + step] == own)
        several = sums / np.float32(NEIGHBOURS)
        several[self.trained :] = NEW_LABEL * best[self.trained :]
        return best, several


@lru_cache(maxsize=256)
def _columns(rows: int, count: int) -> csc_matrix:
    """An empty matrix of so many columns and those between them, to be filled."""
    return csc_matrix((rows, max(0, 2 * count - 1)), dtype=np.float32)


def _largest(figures: FloatArray, count: int) -> IntArray:
    """Where the largest figures are. Most sentences have next to nothing in common with a message."""
    for least in LIKELY:
        likely = np.flatnonzero(figures > least)
        if len(likely) >= count:
            return np.asarray(likely[np.argpartition(figures[likely], -count)[-count:]])
    return np.argpartition(figures, -count)[-count:]


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
