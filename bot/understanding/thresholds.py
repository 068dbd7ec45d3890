"""Finds the thresholds of the decision by measurement: those that help customers most on the validation sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bot.understanding.decision import OUT_OF_SCOPE, DecisionKind, Thresholds, decide
from bot.understanding.intents import FAQ_INTENT
from bot.understanding.topics import NO_TOPIC

CHOICES = {
    "dialogue": (0.25, 0.3, 0.35, 0.4, 0.45, 0.5),
    "outside": (0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7),
    "question": (0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.5),
    "answer": (0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8),
    "clarify": (0.02, 0.04, 0.06, 0.08, 0.1, 0.15, 0.2, 0.25),
}
ROUNDS = 3
CHANCE = 0.002
"""What a handful of sentences are worth: no reason to prefer one threshold to another."""

RIGHT, OFFERED, OFFERED_WITHOUT, NOTHING = 1.0, 0.6, -0.4, -0.5
"""What an outcome is worth to somebody with a fair wish: acted upon rightly; their question among the suggestions;
suggestions without it; "I did not understand"."""
WRONG_ANSWER, WRONG_DIALOGUE, SENT_AWAY = -4.0, -2.0, -2.0
"""The wrong thing said with confidence; a dialogue that nobody wanted; told that this is not our business."""
DECLINED, NOT_UNDERSTOOD, BOTHERED = 1.0, 0.9, -0.5
"""With a wish that is not our business: told so; not understood; offered questions that nobody asked."""
ADMITTED, SENT_AWAY_TOO = 1.0, 0.0
"""With a question about cars that no topic answers: the assistant admits it; says that cars are not its business."""


@dataclass(frozen=True)
class Judged:
    """What a sentence means, and what the components before the decision made of it."""

    intent: str
    topic: str | None
    ranking: list[dict[str, Any]]
    faq: Mapping[str, Any] | None


def best_thresholds(judged: Sequence[Judged]) -> Thresholds:
    """One threshold after the other, until none can be bettered (three rounds suffice)."""
    best = Thresholds()
    for _ in range(ROUNDS):
        for name, choices in CHOICES.items():
            best = replace(best, **{name: _chosen(judged, best, name, choices)})
    return best


def _chosen(judged: Sequence[Judged], known: Thresholds, name: str, choices: Sequence[float]) -> float:
    """The best choice for one threshold; of those that are as good but for chance, the nearest to our own."""
    worths = {choice: _worth(judged, replace(known, **{name: choice})) for choice in choices}
    good = [choice for choice in choices if worths[choice] >= max(worths.values()) - CHANCE]
    return min(good, key=lambda choice: abs(choice - float(getattr(Thresholds(), name))))


def _worth(judged: Sequence[Judged], thresholds: Thresholds) -> float:
    """Mean worth; questions, dialogues and what is out of scope count a third each."""
    kinds: dict[str, list[float]] = {}
    for sentence in judged:
        kind = sentence.intent if sentence.intent in (FAQ_INTENT, OUT_OF_SCOPE) else "dialogue"
        kinds.setdefault(kind, []).append(_worth_of(sentence, thresholds))
    return sum(sum(found) / len(found) for found in kinds.values())


def _worth_of(sentence: Judged, thresholds: Thresholds) -> float:
    decision = decide(sentence.ranking, sentence.faq, thresholds)
    followed = sentence.ranking[0]["name"]
    if sentence.topic == NO_TOPIC and decision.kind is DecisionKind.FALLBACK:
        return ADMITTED
    if sentence.topic == NO_TOPIC and decision.kind is DecisionKind.DIALOGUE and followed == OUT_OF_SCOPE:
        return SENT_AWAY_TOO
    if decision.kind is DecisionKind.FALLBACK:
        return NOT_UNDERSTOOD if sentence.intent == OUT_OF_SCOPE else NOTHING
    if decision.kind is DecisionKind.CLARIFY:
        if sentence.intent == OUT_OF_SCOPE:
            return BOTHERED
        return OFFERED if sentence.topic in decision.suggestions else OFFERED_WITHOUT
    if decision.kind is DecisionKind.ANSWER:
        return RIGHT if sentence.topic and sentence.topic == decision.suggestions[0] else WRONG_ANSWER
    if followed == sentence.intent:
        return DECLINED if followed == OUT_OF_SCOPE else RIGHT
    return SENT_AWAY if followed == OUT_OF_SCOPE else WRONG_DIALOGUE
