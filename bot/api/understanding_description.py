"""The OpenAPI description of how a sentence is understood."""

from __future__ import annotations

from typing import Any

_TEXT = {"type": "string"}
_NUMBER = {"type": "number"}
_OBJECT = {"type": "object"}
_DECISIONS = ["answer", "clarify", "dialogue", "fallback"]
_KINDS = ["point", "part", "day", "range", "ambiguous", "none"]


def understanding_paths() -> dict[str, Any]:
    """``/api/staff/understand``."""
    body = _object(text=_TEXT)
    done = {"application/json": {"schema": {"$ref": "#/components/schemas/Understanding"}}}
    return {
        "/api/staff/understand": {
            "post": {
                "summary": "How a sentence would be understood as the first of a conversation; nothing is stored.",
                "security": [{"token": []}],
                "requestBody": {"required": True, "content": {"application/json": {"schema": body}}},
                "responses": {
                    "200": {"description": "done", "content": done},
                    "400": {"description": "no text, or a too long one"},
                    "401": {"description": "no valid token"},
                    "403": {"description": "the caller may not edit content"},
                    "404": {"description": "no model is loaded"},
                },
            }
        }
    }


def understanding_schemas() -> dict[str, Any]:
    """``Understanding``."""
    nullable = {**_TEXT, "nullable": True}
    time = _object(kind={**_TEXT, "enum": _KINDS}, start=nullable, end=nullable, grain=nullable)
    faq = {**_object(id=_TEXT, score=_NUMBER), "nullable": True}
    return {
        "Understanding": _object(
            text=_TEXT,
            intent=_TEXT,
            confidence=_NUMBER,
            faq=faq,
            suggestions={"type": "array", "items": _TEXT},
            decision={**_TEXT, "enum": _DECISIONS},
            entities={"type": "array", "items": _OBJECT},
            time=time,
        )
    }


def _object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": list(properties), "properties": properties}
