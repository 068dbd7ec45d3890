"""The output channel of a turn: collects whole messages, template id and version included."""

from __future__ import annotations

from typing import Any

from rasa.core.channels.channel import OutputChannel

from bot.services.replies import SOURCE


class Collector(OutputChannel):
    """Keeps what the bot says to a customer of a channel; nothing leaves before the turn is over."""

    def __init__(self, channel: str) -> None:
        self._channel = channel
        self.messages: list[dict[str, Any]] = []

    def name(self) -> str:
        """The customer's channel, which Rasa hands to the templates."""
        return self._channel

    async def send_response(self, recipient_id: str, message: dict[str, Any]) -> None:
        """Called by Rasa once per utterance."""
        self.messages.append(
            {
                "text": message.get("text") or "",
                "buttons": message.get("buttons") or [],
                "custom": dict(message.get("custom") or {}),  # of which the tracker keeps its own
                SOURCE: message.get(SOURCE),
            }
        )
