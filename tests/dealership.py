"""The demo dealership for tests, read from ``dealership/`` once."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from bot.domain.dealership import Dealership
from bot.services.content.snapshot import read_dealership

ROOT = Path(__file__).parents[1]


@lru_cache(maxsize=1)
def demo_dealership() -> Dealership:
    return read_dealership(ROOT / "dealership")
