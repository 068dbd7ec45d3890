"""What was tried: designs for the intents and for the topics, all fitted on the training rows alone.

Parameters are scikit-learn's own, or were chosen on the validation rows. The learned re-ranker is fitted on validation
rows; on those it is measured by five-fold crossing.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import yaml
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression, RidgeClassifier, SGDClassifier
from sklearn.model_selection import KFold
from sklearn.naive_bayes import MultinomialNB
from sklearn.svm import LinearSVC

from bot.understanding.spelling import Spelling
from bot.understanding.text import normalise
from tests.understanding.evaluation.measures import Rate, macro_f1
from tests.understanding.evaluation.retrieval import (
    Analyser,
    Bm25,
    Nearest,
    Scores,
    characters,
    characters_and_pinyin,
    jieba_words,
)
from tests.understanding.evaluation.rows import FAQ, ROOT, Row

Prepare = Callable[[str], str]
Tried = dict[str, Any]
"""A row of a table: design, and per set of rows its figures as [hits, of] or a number; seconds of fitting."""

ESTIMATORS: dict[str, Callable[[], Any]] = {
    "multinomial naive Bayes": lambda: MultinomialNB(alpha=0.1),
    "logistic regression (stochastic)": lambda: SGDClassifier(
        loss="log_loss", alpha=3e-6, max_iter=15, tol=None, random_state=0
    ),
    "linear SVM (dual)": lambda: LinearSVC(C=0.3, tol=1e-3),
    "linear SVM (stochastic)": lambda: SGDClassifier(
        loss="hinge", alpha=2e-5, max_iter=15, tol=None, random_state=0
    ),
    "ridge": lambda: RidgeClassifier(alpha=1.0, solver="sparse_cg", tol=1e-3),
}
CHARACTERS: dict[str, Analyser] = {"characters": characters, "characters and pinyin": characters_and_pinyin}


class Linear:
    """An estimator of scikit-learn on TF-IDF of n-grams."""

    def __init__(self, estimator: Any, analyser: Analyser) -> None:
        self._estimator = estimator
        self._vectoriser = TfidfVectorizer(analyzer=analyser, min_df=2, sublinear_tf=True)

    def fit(self, texts: Sequence[str], labels: Sequence[str]) -> Linear:
        self._estimator.fit(self._vectoriser.fit_transform(texts), list(labels))
        self.labels = [str(label) for label in self._estimator.classes_]
        return self

    def scores(self, texts: Sequence[str]) -> Scores:
        rows = self._vectoriser.transform(texts)
        score = getattr(self._estimator, "decision_function", None) or self._estimator.predict_log_proba
        return np.asarray(score(rows), dtype=np.float32)


def _as_it_is(text: str) -> str:
    return text


class Comparison:
    """Fits on the training rows and measures on the others, one design after the other."""

    def __init__(
        self, training: Sequence[Row], measured: dict[str, Sequence[Row]], tell: Callable[[str], None]
    ) -> None:
        """`measured` has a set named validation."""
        self._training, self._measured, self._tell = training, measured, tell
        self._intent_of = {row.label: row.intent for row in training}
        self._questions = [row for row in training if row.topic]
        self._scores: dict[str, dict[str, tuple[list[str], Scores]]] = {}
        """Per design and set, the topics and their scores, for the re-ranker."""

    def intents(self) -> list[Tried]:
        """Each topic is a label of its own inside the model, and `faq` is their union, unless the name says otherwise."""
        found = []
        for features, analyser in CHARACTERS.items():
            for name, estimator in ESTIMATORS.items():
                found.append(self._intent_design(f"{name}, {features}", Linear(estimator(), analyser)))
        near = Nearest(characters_and_pinyin)
        found.append(self._intent_design("nearest sentence, characters and pinyin", near))
        one = Linear(ESTIMATORS["linear SVM (dual)"](), characters_and_pinyin)
        found.append(self._one_label_for_the_faq(one))
        mended = Linear(ESTIMATORS["linear SVM (dual)"](), characters_and_pinyin)
        name = "linear SVM (dual), characters and pinyin, spelling mended"
        found.append(self._intent_design(name, mended, self._mended()))
        return found

    def topics(self) -> list[Tried]:
        """Plain retrieval, the linear models above with their topics alone, and what re-ranks them."""
        found = []
        for name, analyser in {"words": jieba_words, **CHARACTERS}.items():
            found.append(self._topic_design(f"BM25, {name}, best question", Bm25(analyser)))
            found.append(self._topic_design(f"BM25, {name}, sum", Bm25(analyser, total=True)))
            found.append(self._topic_design(f"TF-IDF, {name}, nearest question", Nearest(analyser)))
        for features, analyser in CHARACTERS.items():
            for name, estimator in ESTIMATORS.items():
                found.append(self._topic_design(f"{name}, {features}", Linear(estimator(), analyser)))
        return found + self._reranked()

    def _reranked(self) -> list[Tried]:
        found = []
        steps = {
            "": _as_it_is,
            ", spelling mended": self._mended(),
            ", synonyms": _replaced_synonyms(),
        }
        for suffix, prepare in steps.items():
            stages = {f"{name}{suffix}": stage for name, stage in _stages().items()}
            for name, stage in stages.items():
                if name not in self._scores:
                    found.append(self._topic_design(name, stage, prepare))
            found.append(self._reranked_design(f"BM25 + TF-IDF + ridge, re-ranked{suffix}", list(stages)))
        return found

    def _intent_design(self, name: str, design: Any, prepare: Prepare = _as_it_is) -> Tried:
        seconds = self._fitted(name, design, self._training, [row.label for row in self._training], prepare)
        row: Tried = {"design": name, "seconds": seconds}
        for kind, rows in self._measured.items():
            best = design.scores([prepare(r.text) for r in rows]).argmax(axis=1)
            row[kind] = _intent_figures(rows, [self._intent_of[design.labels[at]] for at in best])
        return row

    def _one_label_for_the_faq(self, design: Any) -> Tried:
        name = "linear SVM (dual), characters and pinyin, one label for the FAQ"
        seconds = self._fitted(name, design, self._training, [row.intent for row in self._training])
        row: Tried = {"design": name, "seconds": seconds}
        for kind, rows in self._measured.items():
            best = design.scores([r.text for r in rows]).argmax(axis=1)
            row[kind] = _intent_figures(rows, [design.labels[at] for at in best])
        return row

    def _topic_design(self, name: str, design: Any, prepare: Prepare = _as_it_is) -> Tried:
        seconds = self._fitted(name, design, self._questions, [row.label for row in self._questions], prepare)
        self._scores[name] = {
            kind: (design.labels, design.scores([prepare(r.text) for r in rows if r.topic]))
            for kind, rows in self._measured.items()
        }
        return self._topic_row(
            name, seconds, {kind: scores for kind, (_, scores) in self._scores[name].items()}
        )

    def _reranked_design(self, name: str, stages: Sequence[str]) -> Tried:
        self._tell(f"  {name}")
        started = time.perf_counter()
        stacked = {
            kind: np.stack([_spread(self._scores[stage][kind][1]) for stage in stages], axis=-1)
            for kind in self._measured
        }
        self._scores[name] = {
            kind: (self._scores[stages[0]][kind][0], figures) for kind, figures in stacked.items()
        }
        answers = self._answers("validation", name)
        ranker = _fit_ranker(stacked["validation"], answers)
        scores = {kind: figures @ ranker for kind, figures in stacked.items()}
        scores["validation"] = _crossed(stacked["validation"], answers)
        return self._topic_row(name, time.perf_counter() - started, scores)

    def _topic_row(self, name: str, seconds: float, scores: dict[str, Scores]) -> Tried:
        row: Tried = {"design": name, "seconds": seconds}
        for kind, found in scores.items():
            answers = self._answers(kind, name)
            ranks = (found > found[np.arange(len(answers)), answers][:, None]).sum(axis=1)
            row[kind] = {
                "first": [int((ranks == 0).sum()), len(ranks)],
                "three": [int((ranks < 3).sum()), len(ranks)],
            }
        return row

    def _answers(self, kind: str, name: str) -> NDArray[np.intp]:
        labels = self._scores[name][kind][0]
        return np.array([labels.index(r.label) for r in self._measured[kind] if r.topic])

    def _fitted(
        self,
        name: str,
        design: Any,
        rows: Sequence[Row],
        labels: Sequence[str],
        prepare: Prepare = _as_it_is,
    ) -> float:
        self._tell(f"  {name}")
        started = time.perf_counter()
        design.fit([prepare(row.text) for row in rows], labels)
        return time.perf_counter() - started

    def _mended(self) -> Prepare:
        spelling = Spelling.learn([normalise(row.text) for row in self._training])
        return lambda text: spelling.mend(normalise(text))


def _stages() -> dict[str, Any]:
    """What the re-ranker sees of each topic."""
    return {
        "BM25, characters, best question": Bm25(characters),
        "TF-IDF, characters and pinyin, nearest question": Nearest(characters_and_pinyin),
        "ridge, characters and pinyin": Linear(ESTIMATORS["ridge"](), characters_and_pinyin),
    }


def _intent_figures(rows: Sequence[Row], found: Sequence[str]) -> dict[str, Any]:
    right = Rate.count(row.intent == intent for row, intent in zip(rows, found, strict=True))
    others = Rate.count(
        row.intent == intent for row, intent in zip(rows, found, strict=True) if row.intent != FAQ
    )
    f1 = macro_f1([row.intent for row in rows], found)
    return {"right": [right.hits, right.of], "without the FAQ": [others.hits, others.of], "f1": f1}


def _spread(scores: Scores) -> Scores:
    """Comparable between questions: by how many deviations a topic stands out among all."""
    return (scores - scores.mean(axis=1, keepdims=True)) / (scores.std(axis=1, keepdims=True) + 1e-6)


def _fit_ranker(figures: Scores, answers: NDArray[np.intp]) -> Scores:
    """Weights of the stages, from each question's own topic against its ten strongest others."""
    rows, targets = [], []
    for figure, answer in zip(figures, answers, strict=True):
        for place in {int(answer), *np.argsort(-figure.sum(axis=1))[:10].tolist()}:
            rows.append(figure[place])
            targets.append(place == answer)
    fitted = LogisticRegression(class_weight="balanced", max_iter=500).fit(np.array(rows), targets)
    return np.asarray(fitted.coef_[0], dtype=np.float32)


def _crossed(figures: Scores, answers: NDArray[np.intp]) -> Scores:
    """Scores of each question by a re-ranker that was fitted without it."""
    found = np.zeros(figures.shape[:2], dtype=np.float32)
    for known, left in KFold(5, shuffle=True, random_state=0).split(figures):
        found[left] = figures[left] @ _fit_ranker(figures[known], answers[known])
    return found


def _replaced_synonyms() -> Prepare:
    """What customers say becomes the FAQ's own word."""
    from bot.understanding.live import Synonyms  # imports Rasa

    entries = yaml.safe_load((ROOT / "faq" / "synonyms.yml").read_text("utf-8"))["synonyms"]
    synonyms = Synonyms({entry["id"]: tuple(map(str, entry["words"])) for entry in entries})
    return lambda text: synonyms.rewrite(normalise(text))
