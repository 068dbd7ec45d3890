"""Sentences whose understanding a test decides, so that what follows from it does not depend on the trained model."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conversations.harness import Assistant


class Understood:
    """Decides for whole messages; everything else is understood by the model."""

    def __init__(self, assistant: Assistant, monkeypatch: pytest.MonkeyPatch) -> None:
        self._decided: dict[str, dict[str, Any]] = {}
        processor = assistant.turns._dialogue._agent.processor  # type: ignore[attr-defined]
        real = processor.parse_message

        async def parse(message: Any, *arguments: Any, **named: Any) -> dict[str, Any]:
            parsed = await real(message, *arguments, **named)
            return {**parsed, **self._decided.get(message.text, {})}

        monkeypatch.setattr(processor, "parse_message", parse)

    def unclear(self, text: str, *topics: str, dialogue: str | None = None, falling: int = 1) -> str:
        """A question that is about one of these topics, or else the wish for a dialogue.

        The share of each topic is that of the one before divided by its place, to the power of ``falling``.
        """
        self._decide(text, "faq", "clarify", topics, falling=falling)
        if dialogue:
            self._decided[text]["intent_ranking"].insert(1, {"name": dialogue, "confidence": 0.25})
        return text

    def nothing(self, text: str, *near: str, score: float = 0.2) -> str:
        """Not understood; nearest are these topics, the first with the score."""
        return self._decide(text, "nlu_fallback", "fallback", near, score)

    def without_answer(self, text: str, *near: str) -> str:
        """A question about cars that no topic answers; nearest are these topics."""
        self._decide(text, "nlu_fallback", "fallback", near, 0.1)
        self._decided[text]["faq"]["none"] = 0.8
        self._decided[text]["intent_ranking"][0]["confidence"] = 0.9
        return text

    def _decide(
        self,
        text: str,
        intent: str,
        kind: str,
        topics: tuple[str, ...],
        score: float = 0.4,
        falling: int = 1,
    ) -> str:
        ranking = [{"id": topic, "score": score / (at + 1) ** falling} for at, topic in enumerate(topics)]
        self._decided[text] = {
            "intent": {"name": intent, "confidence": 0.3},
            "intent_ranking": [
                {"name": "faq", "confidence": 0.3},
                {"name": "chitchat", "confidence": 0.2},
                {"name": "greet", "confidence": 0.1},
                {"name": "thank", "confidence": 0.1},
            ],
            "entities": [],
            "faq": {**ranking[0], "ranking": ranking} if ranking else None,
            "decision": {"kind": kind, "suggestions": list(topics) if kind == "clarify" else []},
            "also": [],
        }
        return text
