"""No code of Rasa that names a stand-in runs while the server answers; in a process of its own, as the server is."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from bot.runtime.training import ensure_model
from bot.settings import ROOT

pytestmark = pytest.mark.conversation

MADE_OF_STAND_INS = {
    "rasa.utils.tensorflow.models",
    "rasa.core.policies.ted_policy",
    "rasa.nlu.classifiers.diet_classifier",
}


@pytest.fixture(scope="module")
def found() -> dict[str, Any]:
    return _watch()


def test_the_modules_that_the_server_loads_are_known(found: dict[str, Any]) -> None:
    with_stand_ins = {name for name, stand_ins in found["modules"].items() if stand_ins}

    assert len(found["modules"]) > 200
    assert with_stand_ins >= MADE_OF_STAND_INS
    assert len(found["watched"]) > 100


def test_none_of_them_uses_a_stand_in_at_run_time(found: dict[str, Any]) -> None:
    assert found["ran"] == []


def test_one_that_did_would_be_seen() -> None:
    assert "rasa.nlu.selectors.response_selector.ResponseSelector.model_class" in _watch("--control")["ran"]


def _watch(*more: str) -> dict[str, Any]:
    model = ensure_model(ROOT / "models", lambda line: print(line, file=sys.stderr))
    command = [sys.executable, "-m", "tests.runtime.stand_in_watch", str(model), *more]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])
