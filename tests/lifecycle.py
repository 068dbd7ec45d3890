"""The demo dealer's lifecycle schedule for tests, read from ``dealership/lifecycle.yml`` once."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from pathlib import Path

import yaml

from bot.domain.dealership import Powertrain, Warranty
from bot.domain.lifecycle import Schedule, VehicleState
from bot.services.content.entries import parse

FILE = Path(__file__).parents[1] / "dealership" / "lifecycle.yml"
TERMS = Warranty(months=36, km=60_000, ev_years=8, ev_km=150_000)


@lru_cache(maxsize=1)
def schedule() -> Schedule:
    return parse(Schedule, yaml.safe_load(FILE.read_text(encoding="utf-8")), FILE.name)


def petrol(
    delivered: date, km: int | None = None, on: date | None = None, at: int | None = None
) -> VehicleState:
    """A petrol car with its mileage, and its last visit's date and mileage."""
    return VehicleState(Powertrain.PETROL, delivered, km, on, at)


def electric(
    delivered: date, km: int | None = None, on: date | None = None, at: int | None = None
) -> VehicleState:
    return VehicleState(Powertrain.ELECTRIC, delivered, km, on, at)
