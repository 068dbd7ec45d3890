"""What the pipeline understood of a message, as it is kept with it for the staff."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.services.wording import say_phone

_PHONES = frozenset({"phone", "phone_invalid"})


def understanding_of(parse: Mapping[str, Any]) -> dict[str, Any]:
    """``intent``, ``confidence``, ``decision``, ``faq``, ``entities`` and ``time`` of Rasa's parse data.

    ``entities`` have values as words, telephone numbers masked; ``time`` is ISO, an interval with a slash.
    """
    intent, faq = parse.get("intent") or {}, parse.get("faq") or {}
    entities = [found for found in parse.get("entities") or () if found.get("entity")]
    times = [said for found in entities if found["entity"] == "time" and (said := _time(found.get("value")))]
    return {
        "intent": intent.get("name"),
        "confidence": round(float(intent.get("confidence") or 0.0), 3),
        "decision": (parse.get("decision") or {}).get("kind"),
        "faq": {"id": faq["id"], "score": round(float(faq["score"]), 3)} if faq.get("id") else None,
        "entities": [
            {"entity": found["entity"], "value": _value(found)}
            for found in entities
            if _value(found) is not None
        ],
        "time": times[-1] if times else None,
    }


def _value(found: Mapping[str, Any]) -> str | None:
    """The value as words; None for what is told elsewhere (times) or has no words."""
    value = found.get("value")
    if found["entity"] in _PHONES:
        return say_phone(value if isinstance(value, str) else str((value or {}).get("digits", "")))
    return str(value) if isinstance(value, str | int | float) else None


def _time(value: Any) -> str | None:
    if isinstance(value, str):
        return value
    start, end = (value or {}).get("start"), (value or {}).get("end")
    return f"{start or ''}/{end}" if end else start
