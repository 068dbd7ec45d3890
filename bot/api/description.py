"""The OpenAPI description of the staff API."""

from __future__ import annotations

from typing import Any

from bot.api.appointments_description import appointment_paths, appointment_schemas
from bot.api.capacity_description import capacity_paths, capacity_schemas
from bot.api.content_description import content_paths, content_schemas
from bot.api.unanswered_description import unanswered_paths, unanswered_schemas
from bot.domain.cases import CaseKind, CaseStatus
from bot.domain.conversation import Author, Owner

_TIME = {"type": "string", "format": "date-time"}
_TEXT = {"type": "string"}
_NULLABLE = {"type": "string", "nullable": True}


def describe() -> dict[str, Any]:
    """The document as OpenAPI 3.0.3."""
    return {
        "openapi": "3.0.3",
        "info": {
            "title": "Zhanting staff API",
            "version": "1",
            "description": "Times are ISO 8601 with offset.",
        },
        "paths": {
            "/api/staff/login": {"post": _login()},
            "/api/staff/conversations": {
                "get": _list("Conversation", "Conversations, newest first.", _query("state", _enum(Owner)))
            },
            "/api/staff/conversations/{id}/messages": {
                "get": _list(
                    "Message",
                    "The transcript in order.",
                    {"name": "id", "in": "path", "required": True, "schema": _TEXT},
                    missing=True,
                )
            },
            "/api/staff/cases": {
                "get": _list("Case", "Cases, newest first.", _query("kind", _enum(CaseKind)))
            },
            **appointment_paths(),
            **capacity_paths(),
            **content_paths(),
            **unanswered_paths(),
        },
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "schemas": _schemas(),
        },
    }


def _login() -> dict[str, Any]:
    body = _object(username=_TEXT, password=_TEXT)
    return {
        "summary": "A token for the other calls, good for 12 hours.",
        "requestBody": {"required": True, "content": {"application/json": {"schema": body}}},
        "responses": {
            "200": _json(_object(token=_TEXT)),
            "400": {"description": "not a login"},
            "401": {"description": "wrong username or password"},
            "429": {"description": "too many failed logins"},
        },
    }


def _list(schema: str, summary: str, *parameters: dict[str, Any], missing: bool = False) -> dict[str, Any]:
    responses = {
        "200": _json({"type": "array", "items": {"$ref": f"#/components/schemas/{schema}"}}),
        "400": {"description": "a parameter cannot be used"},
        "401": {"description": "no valid token"},
    }
    if missing:
        responses["404"] = {"description": "does not exist"}
    return {
        "summary": summary,
        "security": [{"token": []}],
        "parameters": list(parameters),
        "responses": responses,
    }


def _schemas() -> dict[str, Any]:
    button = _object(title=_TEXT, payload=_TEXT)
    return {
        "Conversation": _object(
            id=_TEXT, sender=_TEXT, channel=_TEXT, state=_enum(Owner), created_at=_TIME, updated_at=_TIME
        ),
        "Message": _object(
            seq={"type": "integer"},
            author=_enum(Author),
            text=_TEXT,
            buttons={"type": "array", "items": button},
            custom={"type": "object"},
            client_id=_NULLABLE,
            time=_TIME,
            template={
                "type": "object",
                "nullable": True,
                "description": "id and version of what the bot said",
            },
        ),
        "Case": _object(
            id=_TEXT,
            kind=_enum(CaseKind),
            status=_enum(CaseStatus),
            conversation_id=_TEXT,
            phone=_NULLABLE,
            details={"type": "object"},
            due_at={**_TIME, "nullable": True},
            created_at=_TIME,
        ),
        **appointment_schemas(),
        **capacity_schemas(),
        **content_schemas(),
        **unanswered_schemas(),
    }


def _object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": list(properties), "properties": properties}


def _enum(enum: Any) -> dict[str, Any]:
    return {"type": "string", "enum": [item.value for item in enum]}


def _query(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "schema": schema}


def _json(schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": "done", "content": {"application/json": {"schema": schema}}}
