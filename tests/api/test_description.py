"""The OpenAPI document is one, and says what the running server does."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from bot.api.description import describe
from bot.domain.booking import VisitKind, VisitStatus
from bot.domain.cases import CaseKind
from bot.domain.conversation import Owner
from tests.server import RunningServer

METHODS = {"get", "put", "post", "delete", "patch"}
QUERIES = {"/api/staff/slots": {"kind": "test_drive", "model": "s3"}}
BOOKING = {
    "kind": "test_drive",
    "store": "east",
    "model": "s3",
    "start": "2026-11-27T10:00",
    "name": "何静",
    "phone": "13900003344",
}
TYPES = {"string", "integer", "number", "boolean", "array", "object"}


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in describe()["paths"].items():
        for method, operation in item.items():
            yield path, method, operation


def test_the_document_has_what_openapi_asks_for() -> None:
    document = describe()

    assert re.fullmatch(r"3\.0\.\d", document["openapi"])
    assert set(document) <= {"openapi", "info", "servers", "paths", "components", "security", "tags"}
    assert {"title", "version"} <= set(document["info"])
    assert all(path.startswith("/") for path in document["paths"])


def test_every_operation_is_complete() -> None:
    for path, method, operation in operations():
        assert method in METHODS
        assert operation["summary"]
        assert operation["responses"]
        for status, response in operation["responses"].items():
            assert re.fullmatch(r"[1-5]\d\d", status), path
            assert response["description"]
        named = {p["name"] for p in operation.get("parameters", ()) if p["in"] == "path"}
        assert named == set(re.findall(r"\{(\w+)\}", path))
        for parameter in operation.get("parameters", ()):
            assert parameter["in"] in ("path", "query")
            assert parameter["required"] or parameter["in"] == "query"
            assert set(parameter) <= {"name", "in", "required", "schema", "description"}


def test_every_schema_is_one_and_every_reference_leads_somewhere() -> None:
    components = describe()["components"]
    schemas = list(_schemas(describe()))

    assert len(schemas) > 30
    for schema in schemas:
        if "$ref" in schema:
            assert schema["$ref"].removeprefix("#/components/schemas/") in components["schemas"]
            continue
        assert schema["type"] in TYPES
        assert ("items" in schema) is (schema["type"] == "array")
        assert set(schema.get("required", ())) <= set(schema.get("properties", ()))


def test_all_but_login_ask_for_a_token() -> None:
    schemes = describe()["components"]["securitySchemes"]
    for path, _, operation in operations():
        secured = [name for requirement in operation.get("security", ()) for name in requirement]
        assert bool(secured) is not path.endswith("/login")
        assert set(secured) <= set(schemes)
        assert "401" in operation["responses"]


def test_the_enumerations_are_those_of_the_design() -> None:
    schemas = describe()["components"]["schemas"]

    assert schemas["Appointment"]["properties"]["kind"]["enum"] == [kind.value for kind in VisitKind]
    assert schemas["Appointment"]["properties"]["status"]["enum"] == [s.value for s in VisitStatus]
    assert set(schemas["Conversation"]["properties"]["state"]["enum"]) == {o.value for o in Owner}
    assert {kind.value for kind in CaseKind} == {"rescue", "complaint", "warranty_claim", "callback"}


@pytest.mark.slow
def test_every_documented_route_exists_and_answers_as_described(server: RunningServer) -> None:
    document = server.client.get("/api/openapi.json").json()
    headers = server.staff()
    server.rest("described", "你好")
    conversation = server.client.get("/api/staff/conversations", headers=headers).json()[0]["id"]
    appointment = server.client.post("/api/staff/appointments", headers=headers, json=BOOKING).json()["id"]
    ids = {
        "faq": "store.hours",
        "templates": "utter_greet",
        "standard-replies": "standard.greeting",
        "conversations": conversation,
        "appointments": appointment,
        "customers": server.client.get("/api/staff/customers", headers=headers).json()[0]["id"],
        "dealership": "profile",
        "events": "care_salon_2026_12",
        "indicators": "trainings",
    }

    assert document == describe()
    for path, method, operation in operations():
        content = operation["responses"]["200"].get("content", {})
        if method != "get" or "text/event-stream" in content:  # a stream has no end
            continue
        part = path.split("/")[3] if path.count("/") > 2 else ""
        query = QUERIES.get(path, {})
        answer = server.client.get(path.replace("{id}", ids.get(part, "")), headers=headers, params=query)
        assert answer.status_code == 200, path
        [kind] = content
        assert answer.headers["content-type"].startswith(kind), path
        if kind != "application/json":  # a file
            continue
        schema = content[kind]["schema"]
        assert_fits(answer.json(), schema, document["components"]["schemas"], path)


def _schemas(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        for key, value in node.items():
            if key in ("schema", "items"):
                yield value
            elif key in ("schemas", "properties"):
                yield from value.values()
            yield from _schemas(value)
    elif isinstance(node, list):
        for item in node:
            yield from _schemas(item)


def assert_fits(value: Any, schema: dict[str, Any], named: dict[str, Any], where: str) -> None:
    if "$ref" in schema:
        schema = named[schema["$ref"].rpartition("/")[2]]
    if value is None:
        assert schema.get("nullable"), where
        return
    kinds: dict[str, Any] = {"string": str, "integer": int, "boolean": bool, "array": list, "object": dict}
    kinds["number"] = (int, float)
    assert isinstance(value, kinds[schema["type"]]), where
    assert value in schema.get("enum", [value]), where
    if schema.get("format") == "date-time":
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+08:00", value), where
    for item in value if schema["type"] == "array" else ():
        assert_fits(item, schema["items"], named, f"{where}[]")
    if "properties" in schema:
        assert set(schema["required"]) <= set(value) <= set(schema["properties"]), where
        for name in value:
            assert_fits(value[name], schema["properties"][name], named, f"{where}.{name}")
