"""The OpenAPI description of the unanswered list."""

from __future__ import annotations

from typing import Any

from bot.services.unanswered import Kind, State

_TEXT = {"type": "string"}
_NULLABLE = {"type": "string", "nullable": True}
_NUMBER = {"type": "integer"}
_SCORED = {"type": "array", "items": {"type": "object"}}


def unanswered_paths() -> dict[str, Any]:
    """The paths below ``/api/staff/unanswered``."""
    errors = {"400": "a parameter cannot be used", "401": "no valid token"}
    closing = {**errors, "404": "no such message or topic", "409": "the topic has changed meanwhile"}
    states = [State.OPEN.value, State.RESOLVED.value, State.IGNORED.value]
    listed = {"type": "array", "items": _ref()}
    body = {
        "type": "object",
        "properties": {
            "state": {"type": "string", "enum": states[1:]},
            "topic": {**_TEXT, "description": "make the sentence a question of this FAQ topic"},
            "question": {**_TEXT, "description": "these words instead of the customer's, with a topic"},
            "note": _TEXT,
        },
    }
    return {
        "/api/staff/unanswered": {
            "get": {
                "summary": "What was not understood, one line per text, the most frequent first.",
                "security": [{"token": []}],
                "parameters": [
                    _query("state", {"type": "string", "enum": states}),
                    _query("since", {"type": "string", "format": "date-time"}),
                    _query("limit", _NUMBER),
                ],
                "responses": _responses(listed, errors),
            }
        },
        "/api/staff/unanswered/{id}/resolve": {
            "post": {
                "summary": "Close it with all others of the same words; with a topic, teach it to the FAQ. A topic "
                "stays open for somebody who may not approve: the question waits as a draft.",
                "security": [{"token": []}],
                "parameters": [{"name": "id", "in": "path", "required": True, "schema": _NUMBER}],
                "requestBody": {"required": False, "content": {"application/json": {"schema": body}}},
                "responses": _responses(_ref(), closing),
            }
        },
    }


def unanswered_schemas() -> dict[str, Any]:
    """``Unanswered``."""
    properties = {
        "id": _NUMBER,
        "kind": {"type": "string", "enum": [kind.value for kind in Kind]},
        "state": {"type": "string", "enum": [state.value for state in State]},
        "text": {**_TEXT, "description": "without phone numbers and plates"},
        "count": {**_NUMBER, "description": "how often these words were said"},
        "conversation_id": _TEXT,
        "seq": {**_NUMBER, "nullable": True},
        "candidates": {**_SCORED, "description": "FAQ topics, and dialogues by their intents: id and score"},
        "intents": {**_SCORED, "description": "name and confidence"},
        "resolved_by": _NULLABLE,
        "resolution": _NULLABLE,
        "created_at": {"type": "string", "format": "date-time"},
    }
    return {"Unanswered": {"type": "object", "required": list(properties), "properties": properties}}


def _ref() -> dict[str, Any]:
    return {"$ref": "#/components/schemas/Unanswered"}


def _query(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "schema": schema}


def _responses(schema: dict[str, Any], errors: dict[str, str]) -> dict[str, Any]:
    done = {"description": "done", "content": {"application/json": {"schema": schema}}}
    return {"200": done, **{status: {"description": words} for status, words in errors.items()}}
