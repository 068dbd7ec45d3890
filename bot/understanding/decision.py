"""What is done with a message: answer a question, ask which was meant, follow a dialogue, or admit defeat."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from rasa.shared.nlu.constants import INTENT, INTENT_RANKING_KEY

from bot.understanding.intents import FAQ_INTENT
from bot.understanding.topics import FAQ_KEY

FALLBACK_INTENT = "nlu_fallback"
"""Rasa's name, for which its rules and policies look."""

OUT_OF_SCOPE = "out_of_scope"
BREAKDOWN = "report_breakdown"
DECISION_KEY = "decision"
SUGGESTIONS = 3
INTENTS_INSIDE_A_DIALOGUE = frozenset(
    {"inform", "request_change", "affirm", "deny", "stop", "back_to_bot", "give_score"}
)
"""They answer something that the bot said, so that nothing can be done about them in a first message."""

_FIRE = r"(?:着了?火|(?<!一)起了?火(?![锅车花])|自燃|冒[着了出]?[浓大]?烟|烧着了|烧起来|失火|冒火)"
_NO_FIRE = re.compile(
    r"(?:[打点发]|启动|起动)(?:不|得|没|不了|一下)?着火|[不没难憋]着火|着不了火|着火(?:点|慢|困难)|没有?(?:冒烟|起火)"
    rf"|会不会[^,，。]{{0,4}}{_FIRE}|会(?:自燃|着火|起火)|不会?{_FIRE}|容易[^,，。]{{0,3}}{_FIRE}|怕不怕{_FIRE}"
    rf"|防[^,，。]{{0,3}}{_FIRE}|{_FIRE}(?:(?!怎么办|救|报警)[^,，。]){{0,6}}(?:险|赔|三包|保修|质保|预防|概率)"
    rf"|(?:听说|新闻|网上|以前|曾经|去年|水壶|热水器|燃气|灶|锅炉|摩托|农用车).{{0,20}}{_FIRE}"
)
"""An engine that does not start, a question about insurance or what might be, another thing than the car."""


class DecisionKind(str, Enum):
    ANSWER = "answer"
    CLARIFY = "clarify"
    DIALOGUE = "dialogue"
    FALLBACK = "fallback"


@dataclass(frozen=True)
class Thresholds:
    """Confidences from 0 to 1. Training chooses them on the validation sentences (`thresholds.py`)."""

    dialogue: float = 0.35
    """An intent other than `faq` is followed from here on."""
    outside: float = 0.5
    """`out_of_scope` is believed from here on."""
    question: float = 0.3
    """A message is taken for a question of the FAQ from here on."""
    answer: float = 0.55
    """The topic is answered without asking when question and topic together reach this."""
    clarify: float = 0.1
    """The topics are offered when question and topic together reach this."""


@dataclass(frozen=True)
class Decision:
    kind: DecisionKind
    confidence: float
    suggestions: tuple[str, ...] = ()
    intent: str | None = None
    """Set where a rule knows better than the classifier."""


def emergency(text: str) -> bool:
    """Whether a normalised message says that the car is on fire or smoking; the words alone decide, not the model.

    The first advice must never depend on a confidence.
    """
    return re.search(_FIRE, _NO_FIRE.sub(" ", text)) is not None


def decide(ranking: list[dict[str, Any]], faq: Mapping[str, Any] | None, thresholds: Thresholds) -> Decision:
    """The decision for a message with words, from the intents (best first) and the FAQ topics."""
    best = ranking[0]
    enough = thresholds.outside if best["name"] == OUT_OF_SCOPE else thresholds.dialogue
    if best["name"] != FAQ_INTENT and best["confidence"] >= enough:
        return Decision(DecisionKind.DIALOGUE, best["confidence"])
    question = next((entry["confidence"] for entry in ranking if entry["name"] == FAQ_INTENT), 0.0)
    if faq is not None and question >= thresholds.question:
        confidence = question * faq["score"]
        suggestions = tuple(entry["id"] for entry in faq["ranking"][:SUGGESTIONS])
        if confidence >= thresholds.answer:
            return Decision(DecisionKind.ANSWER, confidence, suggestions)
        if confidence >= thresholds.clarify:
            return Decision(DecisionKind.CLARIFY, confidence, suggestions)
    return Decision(DecisionKind.FALLBACK, best["confidence"])


def contract_decision(parse: Mapping[str, Any]) -> dict[str, Any]:
    """`intent`, `confidence`, `faq`, `suggestions`, `decision` for a parsed first message of a conversation.

    `parse` is what Rasa's processor returns. See the contract of `understand` in the design. Where nothing is acted
    upon, `intent` is the most likely one.
    """
    intent, faq = _intent(parse), parse.get(FAQ_KEY)
    decision = parse.get(DECISION_KEY) or {"kind": DecisionKind.DIALOGUE.value, "suggestions": []}
    nothing_to_do = not intent.get("name") or intent["name"] in INTENTS_INSIDE_A_DIALOGUE
    return {
        "intent": intent.get("name") or FALLBACK_INTENT,
        "confidence": float(intent.get("confidence") or 0.0),
        "faq": {"id": faq["id"], "score": faq["score"]} if faq else None,
        "suggestions": list(decision["suggestions"]),
        "decision": DecisionKind.FALLBACK.value if nothing_to_do else decision["kind"],
    }


def _intent(parse: Mapping[str, Any]) -> Mapping[str, Any]:
    intent: Mapping[str, Any] = parse.get(INTENT) or {}
    ranking = parse.get(INTENT_RANKING_KEY)
    return ranking[0] if intent.get("name") == FALLBACK_INTENT and ranking else intent
