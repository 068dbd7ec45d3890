"""Our message as JSON, the same for the web channel and the staff API."""

from __future__ import annotations

from typing import Any

from bot.services.messages import StoredMessage


def message_json(message: StoredMessage) -> dict[str, Any]:
    """One row of the transcript; ``time`` is ISO 8601 with offset, ``name`` that of the adviser who wrote it."""
    return {
        "seq": message.seq,
        "author": message.author.value,
        "text": message.text,
        "buttons": list(message.buttons),
        "custom": message.custom,
        "client_id": message.client_id,
        "time": message.time.isoformat(timespec="seconds"),
        "name": message.name,
    }
