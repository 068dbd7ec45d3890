"""The words of OpenAPI 3.0 that the descriptions of bookings are made of."""

from __future__ import annotations

from typing import Any

TEXT = {"type": "string"}
NULLABLE = {"type": "string", "nullable": True}
TIME = {"type": "string", "format": "date-time"}
MOMENT = {**TIME, "nullable": True}
NUMBER = {"type": "integer"}
FLAG = {"type": "boolean"}
TEXTS = {"type": "array", "items": TEXT}
KM = {"type": "integer", "nullable": True, "description": "km"}


def record(*optional: str, **properties: Any) -> dict[str, Any]:
    """An object whose properties are all there but those named first."""
    required = [name.rstrip("_") for name in properties if name not in optional]
    return {
        "type": "object",
        **({"required": required} if required else {}),
        "properties": {name.rstrip("_"): schema for name, schema in properties.items()},
    }


def ref(schema: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{schema}"}


def array(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


def enum_of(enum: Any) -> dict[str, Any]:
    return {"type": "string", "enum": [item.value for item in enum]}


def query(name: str, schema: dict[str, Any], description: str = "", required: bool = False) -> dict[str, Any]:
    words = {"description": description} if description else {}
    return {"name": name, "in": "query", "required": required, "schema": schema, **words}


def operation(
    summary: str,
    answer: dict[str, Any],
    *parameters: dict[str, Any],
    body: dict[str, Any] | None = None,
    id_: str = "",
    **refusals: str,
) -> dict[str, Any]:
    """A call with a token. ``id_`` describes the id in its path; ``refusals``: statuses (``s409``) and reasons."""
    path = {"name": "id", "in": "path", "required": True, "schema": TEXT, "description": id_}
    content = {"application/json": {"schema": body}} if body else None
    responses = {
        "200": {"description": "done", "content": {"application/json": {"schema": answer}}},
        "400": {"description": "a parameter or field cannot be used"},
        "401": {"description": "no valid token"},
        **({"404": {"description": "does not exist"}} if id_ else {}),
        **{status.removeprefix("s"): refused(reason) for status, reason in refusals.items()},
    }
    return {
        "summary": summary,
        "security": [{"token": []}],
        "parameters": [*([path] if id_ else []), *parameters],
        **({"requestBody": {"required": True, "content": content}} if content else {}),
        "responses": responses,
    }


def refused(reason: str) -> dict[str, Any]:
    """An answer that says why not, and where it can what is possible instead."""
    return {"description": reason, "content": {"application/json": {"schema": ref("Refused")}}}
