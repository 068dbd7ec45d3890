"""What is measured about predictions, each figure with its sample size and a 95 % Wilson interval."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from tests.understanding.evaluation.predictions import FALLBACK, Prediction
from tests.understanding.evaluation.rows import FAQ, OUT_OF_SCOPE, Row

Pair = tuple[Row, Prediction]
DECLINED = (FALLBACK, OUT_OF_SCOPE)


@dataclass(frozen=True)
class Rate:
    """So many of so many."""

    hits: int
    of: int

    @staticmethod
    def count(hits: Iterable[bool]) -> Rate:
        found = list(hits)
        return Rate(sum(found), len(found))

    @property
    def share(self) -> float:
        """0 to 1; 0 where nothing was counted."""
        return self.hits / self.of if self.of else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's, 95 %."""
        if not self.of:
            return 0.0, 1.0
        z, n, p = 1.96, self.of, self.share
        centre = p + z * z / (2 * n)
        spread = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
        return max(0.0, (centre - spread) / (1 + z * z / n)), min(1.0, (centre + spread) / (1 + z * z / n))

    def __str__(self) -> str:
        low, high = self.interval
        return f"{100 * self.share:.1f} % ({100 * low:.1f}–{100 * high:.1f})"


@dataclass(frozen=True)
class Measure:
    """A rate over the pairs for which `counts`; `aim` as a share, for which more or less is better."""

    name: str
    counts: Callable[[Row], bool]
    is_hit: Callable[[Row, Prediction], bool]
    aim: float | None = None
    less_is_better: bool = False
    needs_decisions: bool = True
    """Plain retrieval ranks topics and decides nothing."""

    def of(self, pairs: Iterable[Pair]) -> Rate:
        return Rate.count(self.is_hit(row, found) for row, found in pairs if self.counts(row))

    def is_reached(self, rate: Rate) -> bool:
        return self.aim is None or (rate.share <= self.aim if self.less_is_better else rate.share >= self.aim)


def intent_is_right(row: Row, found: Prediction) -> bool:
    """The intent that is acted upon. Saying that something is not understood is right for what is out of scope."""
    return found.intent == row.intent or (row.intent == OUT_OF_SCOPE and found.intent in DECLINED)


def is_right(row: Row, found: Prediction) -> bool:
    return intent_is_right(row, found) and (row.topic is None or found.topics[:1] == (row.topic,))


def _is_question(row: Row) -> bool:
    return row.topic is not None


def _is_in_scope(row: Row) -> bool:
    return row.intent != OUT_OF_SCOPE


def _helps(row: Row, found: Prediction) -> bool:
    if found.decision == "answer":
        return found.topics[:1] == (row.topic,)
    return found.decision == "clarify" and row.topic in found.suggestions


def _is_wrong_answer(row: Row, found: Prediction) -> bool:
    return found.decision == "answer" and found.topics[:1] != (row.topic,)


MEASURES = (
    Measure("intent right", lambda row: True, intent_is_right, 0.95),
    Measure("intent right, without the FAQ", lambda row: row.intent != FAQ, intent_is_right),
    Measure(
        "topic ranked first",
        _is_question,
        lambda row, found: found.topics[:1] == (row.topic,),
        0.92,
        needs_decisions=False,
    ),
    Measure(
        "topic among the first three",
        _is_question,
        lambda row, found: row.topic in found.topics[:3],
        0.97,
        needs_decisions=False,
    ),
    Measure("questions answered at once", _is_question, lambda row, found: found.decision == "answer"),
    Measure("questions helped: answered rightly, or the topic offered", _is_question, _helps),
    Measure(
        "out of scope caught",
        lambda row: not _is_in_scope(row),
        lambda row, found: found.intent in DECLINED,
        0.90,
    ),
    Measure(
        "out of scope answered from the FAQ",
        lambda row: not _is_in_scope(row),
        lambda row, found: found.decision == "answer",
        less_is_better=True,
    ),
    Measure(
        "in scope falsely rejected",
        _is_in_scope,
        lambda row, found: found.intent in DECLINED,
        0.03,
        less_is_better=True,
    ),
    Measure("confident wrong answers", lambda row: True, _is_wrong_answer, 0.02, less_is_better=True),
)
MACRO_F1 = "macro F1 of the intents"
TOPIC_F1 = "macro F1 of the topics"
CALIBRATION = "expected calibration error"
TIMES = "booking times right"
FALSE_TIMES = "times found where there is none"
COSTS = (
    "median ms per message",
    "95th percentile ms per message",
    "training, s",
    "loading, s",
    "process start to ready, s",
    "resident memory, MB",
)


def metric_names() -> list[str]:
    """All that the page has to name."""
    return [*(m.name for m in MEASURES), MACRO_F1, TOPIC_F1, CALIBRATION, TIMES, FALSE_TIMES, *COSTS]


def macro_f1(truth: Sequence[str], found: Sequence[str]) -> float:
    """The mean over the labels in `truth` of the harmonic mean of precision and recall."""
    scores = []
    for label in sorted(set(truth)):
        both = sum(t == label == f for t, f in zip(truth, found, strict=True))
        scores.append(2 * both / (list(truth).count(label) + list(found).count(label)))
    return sum(scores) / max(1, len(scores))


def intent_f1(pairs: Sequence[Pair]) -> float:
    """What is not understood counts as out of scope."""
    found = [OUT_OF_SCOPE if prediction.intent == FALLBACK else prediction.intent for _, prediction in pairs]
    return macro_f1([row.intent for row, _ in pairs], found)


def topic_f1(pairs: Sequence[Pair]) -> float:
    questions = [(row.topic, (*prediction.topics, "")[0]) for row, prediction in pairs if row.topic]
    return macro_f1([str(topic) for topic, _ in questions], [found for _, found in questions])


def by_intent(pairs: Iterable[Pair]) -> dict[str, list[Pair]]:
    """Those that are wrong, by intent; every intent has its place."""
    return _wrong(pairs, lambda row: row.intent, intent_is_right)


def by_topic(pairs: Iterable[Pair]) -> dict[str, list[Pair]]:
    """Those that are wrong, by topic: not taken for a question, or for another one."""
    return _wrong(((row, found) for row, found in pairs if row.topic), lambda row: row.label, is_right)


def counts(pairs: Iterable[Pair]) -> Counter[str]:
    """How many rows there are, by intent and by topic."""
    rows = [row for row, _ in pairs]
    return Counter([row.intent for row in rows] + [row.topic for row in rows if row.topic])


def _wrong(
    pairs: Iterable[Pair], name: Callable[[Row], str], judge: Callable[[Row, Prediction], bool]
) -> dict[str, list[Pair]]:
    found: dict[str, list[Pair]] = defaultdict(list)
    for row, prediction in pairs:
        found[name(row)] += [] if judge(row, prediction) else [(row, prediction)]
    return found


# --- Reliability ---


@dataclass(frozen=True)
class Bin:
    confidence: float
    """The mean in this tenth."""
    right: Rate


def reliability(pairs: Iterable[Pair], bins: int = 10) -> list[Bin]:
    """What is acted upon (not a fallback), in tenths of the confidence; empty ones are left out."""
    groups: dict[int, list[tuple[float, bool]]] = defaultdict(list)
    for row, found in pairs:
        if found.intent != FALLBACK:
            place = min(bins - 1, int(found.confidence * bins))
            groups[place].append((found.confidence, is_right(row, found)))
    return [
        Bin(sum(confidence for confidence, _ in group) / len(group), Rate.count(right for _, right in group))
        for _, group in sorted(groups.items())
    ]


def expected_calibration_error(bins: Sequence[Bin]) -> float:
    """The mean distance between confidence and share right, weighed by the size of the bins."""
    messages = sum(found.right.of for found in bins)
    apart = sum(found.right.of * abs(found.confidence - found.right.share) for found in bins)
    return apart / messages if messages else 0.0
