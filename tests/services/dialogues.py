"""Dialogues without Rasa, for tests of what is around them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from bot.services.messages import Answer, HandoffRequest, Utterance

Meanwhile = Callable[[str], Awaitable[None]]


@dataclass
class Echo:
    """Says what it heard. ``meanwhile`` runs while it thinks, and may do whatever happens in real life."""

    seconds: float = 0.0
    meanwhile: Meanwhile | None = None
    handoff: HandoffRequest | None = None
    heard: list[tuple[str, str]] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    thinking: int = 0
    most_thinking: int = 0

    def look_ahead(self, session: Session, conversation_id: str, message_id: str) -> None:
        """It needs nothing."""

    async def reply(
        self, conversation_id: str, text: str, message_id: str, channel: str, ahead: object = None
    ) -> Answer:
        self.heard.append((conversation_id, text))
        self.ids.append(message_id)
        self.thinking += 1
        self.most_thinking = max(self.most_thinking, self.thinking)
        try:
            await asyncio.sleep(self.seconds)
            if self.meanwhile:
                await self.meanwhile(conversation_id)
        finally:
            self.thinking -= 1
        return Answer([Utterance(f"echo {text}")], self.handoff)

    async def intent(self, text: str) -> str:
        return "back_to_bot" if "机器人" in text else "nlu_fallback"
