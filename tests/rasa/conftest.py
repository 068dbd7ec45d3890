"""The model of the present training data, for tests that run Rasa's own tools."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from bot.runtime.training import ensure_model
from bot.settings import read_settings


@pytest.fixture(scope="session")
def model() -> Path:
    """Trained where it is missing."""
    return ensure_model(read_settings().models, lambda line: print(line, file=sys.stderr))
