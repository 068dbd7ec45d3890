"""The OpenAPI description of FAQ answers, reply templates and standard replies."""

from __future__ import annotations

from typing import Any

from bot.domain.versions import Status

_TEXT = {"type": "string"}
_NULLABLE = {"type": "string", "nullable": True}
_TIME = {"type": "string", "format": "date-time"}
_MOMENT = {**_TIME, "nullable": True}
_NUMBER = {"type": "integer"}
_OBJECT = {"type": "object"}
_STATUS = {"type": "string", "enum": [status.value for status in Status]}
_TEXTS = {"type": "array", "items": _TEXT}
_BUTTON = {
    "type": "object",
    "required": ["title"],
    "properties": {"title": _TEXT, "topic": _TEXT, "intent": _TEXT, "payload": _TEXT},
}
_BUTTONS = {"type": "array", "items": _BUTTON}
_WORDS: dict[str, dict[str, Any]] = {
    "Faq": {"title": _TEXT, "category": _TEXT, "answer": _TEXT, "questions": _TEXTS, "buttons": _BUTTONS},
    "Template": {"text": _TEXT, "channels": _OBJECT, "buttons": _BUTTONS},
    "StandardReplyEntry": {"title": _TEXT, "category": _TEXT, "shortcut": _TEXT, "text": _TEXT},
}
_SEARCHED = "draft, approved, retired, live, expiring, planned or waiting (has a draft)"
_PATHS = {
    "faq": ("Faq", "FAQ answer"),
    "templates": ("Template", "reply template"),
    "standard-replies": ("StandardReplyEntry", "standard reply"),
}
_NEW = {"faq": "topic (needs title and answer)", "standard-replies": "reply (needs title and text)"}


def content_paths() -> dict[str, Any]:
    """The paths below ``/api/staff/faq``, ``/templates`` and ``/standard-replies``."""
    return {path: item for part in _PATHS for path, item in _paths_of(part).items()}


def content_schemas() -> dict[str, Any]:
    """``Faq``, ``Template``, ``StandardReplyEntry`` and their versions."""
    schemas: dict[str, Any] = {"ContentPreview": _preview()}
    for name, words in _WORDS.items():
        read_only = {"variables": _OBJECT} if name == "Template" else {}
        schemas[name] = _object(
            id=_TEXT,
            **words,
            **read_only,
            status=_STATUS,
            version=_NUMBER,
            author=_TEXT,
            updated_at=_TIME,
            valid_from=_MOMENT,
            valid_until=_MOMENT,
            draft={
                "type": "object",
                "nullable": True,
                "description": f"the newest draft, a {name}Version",
            },
            planned={"type": "array", "items": _ref(f"{name}Version")},
        )
        schemas[name]["properties"]["warnings"] = {
            **_TEXTS,
            "description": "after an edit or retirement: what is hardly meant, in Chinese",
        }
        schemas[f"{name}Version"] = _object(
            version=_NUMBER,
            status=_STATUS,
            **words,
            **read_only,
            author=_TEXT,
            approved_by=_NULLABLE,
            note=_NULLABLE,
            created_at=_TIME,
            approved_at=_MOMENT,
            valid_from=_MOMENT,
            valid_until=_MOMENT,
        )
    return schemas


def _preview() -> dict[str, Any]:
    fault = _object(field=_TEXT, message={**_TEXT, "description": "in Chinese"})
    return _object(
        text=_TEXT,
        buttons={"type": "array", "items": _object(title=_TEXT, payload=_TEXT)},
        channels=_OBJECT,
        faults={"type": "array", "items": fault},
        warnings=_TEXTS,
        suggested_id={**_NULLABLE, "description": "where the id is `new`"},
    )


def _paths_of(part: str) -> dict[str, Any]:
    schema, name = _PATHS[part]
    base = f"/api/staff/{part}"
    seen = {**_NUMBER, "description": "the live version that the caller saw; 409 when it is another one now"}
    created = f"; an unknown id becomes a new {_NEW[part]}" if part in _NEW else ""
    change = {
        "type": "object",
        "properties": {
            **_WORDS[schema],
            "valid_from": _MOMENT,
            "valid_until": _MOMENT,
            "version": seen,
            "note": _TEXT,
            "draft": {"type": "boolean", "description": "keep it as a draft"},
        },
    }
    numbers = {"version": _NUMBER, "seen": seen}
    draft = {"type": "object", "properties": numbers}
    force = {"type": "boolean", "description": "though a newer version is live; else 409"}
    approval = {"type": "object", "properties": {**numbers, "force": force}}
    return {
        f"{base}/search": {
            "get": {
                "summary": f"Every {name} that has all the words of q; all without q.",
                "security": [{"token": []}],
                "parameters": [_query("q"), _query("status", _SEARCHED), _query("category")],
                "responses": {"200": _array(schema), **_refusals()},
            }
        },
        f"{base}/{{id}}": {
            "get": _operation(f"One {name}.", {"200": _one(schema)}),
            "put": _operation(
                f"A new approved version of a {name}, or a draft of a caller who may not approve{created}."
                " Fields that are not named stay.",
                {"200": _one(schema)},
                change,
            ),
        },
        f"{base}/{{id}}/preview": {
            "post": _operation(
                f"How a change of a {name} would look, and what is wrong with it; nothing is stored.",
                {"200": _one("ContentPreview")},
                change,
            )
        },
        f"{base}/{{id}}/history": {
            "get": _operation("Every version, newest first.", {"200": _array(f"{schema}Version")})
        },
        f"{base}/{{id}}/approve": {
            "post": _operation(
                "The draft with that version, else the newest, counts from now on.",
                {"200": _one(schema)},
                approval,
                needs_approver=True,
            )
        },
        f"{base}/{{id}}/rollback": {
            "post": _operation(
                "A new version with the words of an earlier one.",
                {"200": _one(schema)},
                {**draft, "required": ["version"]},
            )
        },
        f"{base}/{{id}}/retire": {
            "post": _operation(
                "Neither said nor suggested any more; with a version only that draft or planned version goes.",
                {"200": _one(schema)},
                draft,
                needs_approver=True,
            )
        },
        f"{base}/{{id}}/restore": {
            "post": _operation(
                "A retired entry is said again.",
                {"200": _one(schema)},
                {"type": "object", "properties": {"seen": seen}},
                needs_approver=True,
            )
        },
    }


def _operation(
    summary: str,
    responses: dict[str, Any],
    body: dict[str, Any] | None = None,
    needs_approver: bool = False,
) -> dict[str, Any]:
    refusals = {**_refusals(), "404": {"description": "does not exist"}}
    if body is not None:
        refusals["409"] = {"description": "it has changed meanwhile, or is not in the state for this"}
    if needs_approver:
        refusals["403"] = {"description": "the caller may not approve"}
    return {
        "summary": summary,
        "security": [{"token": []}],
        "parameters": [{"name": "id", "in": "path", "required": True, "schema": _TEXT}],
        **({"requestBody": {"content": {"application/json": {"schema": body}}}} if body is not None else {}),
        "responses": {**responses, **refusals},
    }


def _refusals() -> dict[str, Any]:
    fault = {
        "type": "object",
        "required": ["error"],
        "properties": {
            "error": _TEXT,
            "field": _TEXT,
            "message": {**_TEXT, "description": "the reason in Chinese"},
        },
    }
    return {
        "400": {
            "description": "a field cannot be used",
            "content": {"application/json": {"schema": fault}},
        },
        "401": {"description": "no valid token"},
    }


def _object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": list(properties), "properties": properties}


def _ref(schema: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{schema}"}


def _one(schema: str) -> dict[str, Any]:
    return {"description": "done", "content": {"application/json": {"schema": _ref(schema)}}}


def _array(schema: str) -> dict[str, Any]:
    return {
        "description": "done",
        "content": {"application/json": {"schema": {"type": "array", "items": _ref(schema)}}},
    }


def _query(name: str, about: str = "") -> dict[str, Any]:
    query = {"name": name, "in": "query", "required": False, "schema": _TEXT}
    return {**query, "description": about} if about else query
