"""Every operation of the API description with all sorts of input: an answer that is described, and never a 5xx.

The input is made by schemathesis from the description itself: what fits it, what does not, and each with ids that
exist and ids that do not. ``make proof`` makes a hundred of each kind for an operation.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from bot.api.description import describe
from tests.api.served import served
from tests.api.test_roles import bearer
from tests.api.whole import Whole
from tests.proof import size

EXAMPLES = size(usual=8, full=100)
ENDLESS = {"/api/staff/stream"}
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
_turns = itertools.count()


def operations() -> list[tuple[str, str]]:
    return [
        (method, path) for path, item in describe()["paths"].items() for method in item if path not in ENDLESS
    ]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Whole]:
    with served(tmp_path_factory.mktemp("any-input"), ZHANTING_RATE_LIMIT="off") as whole:
        yield whole


@pytest.fixture(scope="module")
def schema(running: Whole) -> Any:
    described = schemathesis.openapi.from_dict(describe())
    described.config.base_url = str(running.client.base_url).rstrip("/")
    return described


@pytest.fixture(scope="module")
def known(running: Whole) -> dict[str, str]:
    """An id that exists, by the part of the path before it."""
    base, headers = str(running.client.base_url), bearer(running, "admin")
    with httpx.Client(base_url=base, headers=headers, timeout=30) as client:
        client.post("/webhooks/rest/webhook", json={"sender": "any", "message": "我的电话13812345678"})
        wish = {"kind": "test_drive", "store": "east", "model": "x5", "start": "2026-11-28T14:00:00+08:00"}
        booked = client.post("/api/staff/appointments", json={**wish, "name": "王", "phone": "13812345678"})
        assert booked.status_code == 200, booked.text
        found = {
            name: client.get(f"/api/staff/{name}").json()
            for name in ("conversations", "customers", "leads", "cases", "outages", "resources")
        }
    ids = {name: rows[0]["id"] for name, rows in found.items() if rows}
    return {
        **ids,
        "appointments": booked.json()["id"],
        "faq": "store.hours",
        "events": "care_salon_2026_12",
        "indicators": "trainings",
        "templates": "utter_greet",
        "standard-replies": "standard.greeting",
        "dealership": "profile",
        "unanswered": "1",
        "users": "admin",
    }


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["fits", "does not"])
@pytest.mark.parametrize(("method", "path"), operations())
def test_it_is_answered_as_described(
    running: Whole, schema: Any, known: dict[str, str], method: str, path: str, mode: GenerationMode
) -> None:
    operation = schema[path][method.upper()]

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=EXAMPLES < 50,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode), exists=st.booleans())
    def answers(case: Any, exists: bool) -> None:
        part = path.split("/")[3]
        if exists and case.path_parameters and part in known:
            case.path_parameters["id"] = known[part]
        response = case.call(headers=bearer(running, "admin"), timeout=30)
        case.validate_response(response, checks=CHECKS)

    try:
        answers()
    except Unsatisfiable:
        pytest.skip("takes nothing that could be wrong")
