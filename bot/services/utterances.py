"""Templates as utterances: what the server says by itself, and what Rasa's dictionaries say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.services.content.snapshot import Content
from bot.services.messages import Utterance
from bot.services.replies import SOURCE, reply_for


def approved(content: Content, template: str, values: Mapping[str, object], channel: str) -> Utterance:
    """An approved template with these values; raises ``LookupError`` where there is none."""
    reply = reply_for(content, template, values, channel)
    if reply is None:
        raise LookupError(f"no approved template {template}")
    return utterance(reply)


def utterance(message: dict[str, Any]) -> Utterance:
    """Rasa's message dictionary as an utterance."""
    return Utterance(
        text=message.get("text") or "",
        buttons=tuple(message.get("buttons") or ()),
        custom=message.get("custom") or {},
        template=message.get(SOURCE),
    )
