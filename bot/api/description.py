"""The OpenAPI description of the staff API."""

from __future__ import annotations

from typing import Any

from bot.api.appointments_description import appointment_paths, appointment_schemas
from bot.api.capacity_description import capacity_paths, capacity_schemas
from bot.api.catalogue import catalogue_paths, catalogue_schemas
from bot.api.content_description import content_paths, content_schemas
from bot.api.conversations_description import conversation_paths, conversation_schemas
from bot.api.customer_import import customer_import_paths
from bot.api.customer_schemas import customer_schemas
from bot.api.customers_description import customer_paths
from bot.api.dealership_description import dealership_paths, dealership_schemas
from bot.api.events_description import event_paths, event_schemas
from bot.api.indicators_description import indicator_paths, indicator_schemas
from bot.api.outbox_description import outbox_paths, outbox_schemas
from bot.api.tasks_description import task_paths, task_schemas
from bot.api.unanswered_description import unanswered_paths, unanswered_schemas
from bot.api.understanding_description import understanding_paths, understanding_schemas
from bot.api.uploads import upload_paths, upload_schemas
from bot.api.users_description import user_paths, user_schemas
from bot.api.workplace_description import workplace_paths, workplace_schemas

_TEXT = {"type": "string"}
_TOO_LARGE = {"description": "the address and headers are longer than 8 KiB, or the body is too large"}


def describe() -> dict[str, Any]:
    """The document as OpenAPI 3.0.3."""
    document = _document()
    for item in document["paths"].values():
        for operation in item.values():
            operation["responses"].setdefault("413", _TOO_LARGE)
    return document


def _document() -> dict[str, Any]:
    return {
        "openapi": "3.0.3",
        "info": {
            "title": "Zhanting staff API",
            "version": "1",
            "description": "Times are ISO 8601 with offset; those that are sent are from 1970 on.",
        },
        "paths": {
            "/api/staff/login": {"post": _login()},
            **conversation_paths(),
            **appointment_paths(),
            **capacity_paths(),
            **content_paths(),
            **catalogue_paths(),
            **customer_paths(),
            **customer_import_paths(),
            **task_paths(),
            **event_paths(),
            **indicator_paths(),
            **unanswered_paths(),
            **outbox_paths(),
            **user_paths(),
            **dealership_paths(),
            **understanding_paths(),
            **workplace_paths(),
            **upload_paths(),
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


def _schemas() -> dict[str, Any]:
    return {
        **conversation_schemas(),
        **appointment_schemas(),
        **capacity_schemas(),
        **content_schemas(),
        **catalogue_schemas(),
        **customer_schemas(),
        **task_schemas(),
        **event_schemas(),
        **indicator_schemas(),
        **unanswered_schemas(),
        **workplace_schemas(),
        **upload_schemas(),
        **outbox_schemas(),
        **user_schemas(),
        **dealership_schemas(),
        **understanding_schemas(),
    }


def _object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": list(properties), "properties": properties}


def _json(schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": "done", "content": {"application/json": {"schema": schema}}}
