"""The output channel of a turn: collects whole messages, template id and version included."""

from __future__ import annotations

from typing import Any

from rasa.core.channels.channel import OutputChannel


class Collector(OutputChannel):
    """Keeps what the bot says; nothing leaves before the turn is over."""

    def __init__(self, channel: str) -> None:
        self._channel = channel
        self.messages: list[dict[str, Any]] = []

    @classmethod
    def name(cls) -> str:
        return "zhanting"

    async def send_response(self, recipient_id: str, message: dict[str, Any]) -> None:
        """Called by Rasa once per utterance."""
        self.messages.append(
            {
                "text": message.get("text") or "",
                "buttons": message.get("buttons") or [],
                "custom": message.get("custom") or {},
                "template": message.get("template"),
            }
        )
