"""Plain retrieval: BM25 and the nearest question by TF-IDF, over the training questions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer

from bot.understanding.text import features, normalise

Scores = NDArray[np.float32]
Analyser = Callable[[str], Sequence[str]]
SOUNDS = ("p", "q")
"""The kinds of features that are pinyin (bot/understanding/text.py)."""


@cache
def characters(text: str) -> Sequence[str]:
    """n-grams of characters."""
    return tuple(feature for feature in features(normalise(text)) if feature[0] not in SOUNDS)


@cache
def characters_and_pinyin(text: str) -> Sequence[str]:
    """n-grams of characters and of syllables."""
    return features(normalise(text))


@cache
def jieba_words(text: str) -> list[str]:
    """Words by Jieba's dictionary."""
    import jieba

    jieba.setLogLevel(60)
    return [word for word in jieba.lcut(normalise(text)) if word.strip()]


class Bm25:
    """Okapi BM25 over the known sentences. A label's score is that of its best one, or the sum of all of its."""

    def __init__(self, analyser: Analyser, total: bool = False, k1: float = 1.5, b: float = 0.75) -> None:
        self._counter = CountVectorizer(analyzer=analyser)
        self._total, self._k1, self._b = total, k1, b

    def fit(self, texts: Sequence[str], labels: Sequence[str]) -> Bm25:
        counts = csr_matrix(self._counter.fit_transform(texts), dtype=np.float32)
        lengths = np.asarray(counts.sum(axis=1)).ravel()
        documents = np.asarray((counts > 0).sum(axis=0)).ravel()
        rarity = np.log1p((len(texts) - documents + 0.5) / (documents + 0.5))
        long = self._k1 * (1 - self._b + self._b * lengths / lengths.mean())
        counts.data *= (self._k1 + 1) / (counts.data + np.repeat(long, np.diff(counts.indptr)))
        self._weights = counts.multiply(rarity).T.tocsr().astype(np.float32)
        self.labels, self._members = _members(labels)
        return self

    def scores(self, texts: Sequence[str]) -> Scores:
        """Texts × labels."""
        found = (self._counter.transform(texts).astype(np.float32) @ self._weights).toarray()
        return _by_label(found, self._members, np.sum if self._total else np.max)


class Nearest:
    """The cosine of TF-IDF with the nearest known sentence of each label."""

    def __init__(self, analyser: Analyser) -> None:
        self._vectoriser = TfidfVectorizer(analyzer=analyser, sublinear_tf=True, dtype=np.float32)

    def fit(self, texts: Sequence[str], labels: Sequence[str]) -> Nearest:
        self._known = self._vectoriser.fit_transform(texts).T.tocsr()
        self.labels, self._members = _members(labels)
        return self

    def scores(self, texts: Sequence[str]) -> Scores:
        """Texts × labels."""
        return _by_label((self._vectoriser.transform(texts) @ self._known).toarray(), self._members, np.max)


def _members(labels: Sequence[str]) -> tuple[list[str], list[NDArray[np.intp]]]:
    names, place = np.unique(np.array(labels), return_inverse=True)
    return [str(name) for name in names], [np.flatnonzero(place == at) for at in range(len(names))]


def _by_label(found: Scores, members: list[NDArray[np.intp]], together: Callable[..., Any]) -> Scores:
    return np.stack([together(found[:, places], axis=1) for places in members], axis=1)


def nearness(texts: Sequence[str], known: Sequence[str]) -> NDArray[np.float32]:
    """For each text the cosine with its nearest known sentence, by n-grams of characters."""
    return Nearest(characters).fit(known, [""] * len(known)).scores(texts)[:, 0]
