"""What the jobs of a visit amount to: minutes and price by car, and whether they suit it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.domain.dealership import Dealership
from bot.domain.errors import InvalidInput
from bot.domain.workshop import jobs_of, needs_electric, unsuitable_jobs, visit_minutes, visit_price
from tests.dealership import demo_dealership

DEMO = demo_dealership()


def with_brakes(**more: dict[str, int]) -> Dealership:
    """The demo dealership whose brake check differs between cars."""
    services = tuple(replace(job, **more) if job.id == "brake_check" else job for job in DEMO.services)  # type: ignore[arg-type]
    return replace(DEMO, services=services)


@pytest.mark.parametrize(
    ("model", "minutes", "price"),
    [("x5", 90, 398), ("x7", 110, 478), ("e5", 105, 398), (None, 90, 398)],
)
def test_the_model_says_more_than_its_powertrain_and_that_more_than_nothing(
    model: str | None, minutes: int, price: int
) -> None:
    dealer = with_brakes(minutes_by={"electric": 45, "x7": 50}, price_by={"x7": 80})
    jobs = jobs_of(dealer, ["regular_service", "brake_check"])
    assert visit_minutes(dealer, jobs, model) == minutes
    assert visit_price(dealer, jobs, model) == price


def test_the_minutes_are_added_and_a_job_counts_once() -> None:
    jobs = jobs_of(DEMO, ["major_service", "brake_check", "tire_service", "brake_check"])
    assert visit_minutes(DEMO, jobs, "x5") == 90 + 30 + 45
    assert visit_price(DEMO, jobs, "x5") == 798 + 0 + 100


@pytest.mark.parametrize(
    ("model", "job", "suits"),
    [
        ("e5", "regular_service", False),
        ("e5", "major_service", False),
        ("x5", "ev_service", False),
        ("e5", "ev_service", True),
        ("e5", "brake_check", True),
        ("x5", "regular_service", True),
        (None, "regular_service", True),
    ],
)
def test_jobs_that_are_not_done_on_a_car(model: str | None, job: str, suits: bool) -> None:
    assert (unsuitable_jobs(DEMO, jobs_of(DEMO, [job]), model) == ()) is suits


@pytest.mark.parametrize(
    ("model", "job", "electric"),
    [("e5", "brake_check", True), ("x5", "brake_check", False), (None, "ev_service", True)],
)
def test_what_needs_equipment_for_electric_cars(model: str | None, job: str, electric: bool) -> None:
    assert needs_electric(DEMO, jobs_of(DEMO, [job]), model) is electric


@pytest.mark.parametrize("ids", [[], ["car_wash"], ["regular_service", "car_wash"]])
def test_unknown_jobs(ids: list[str]) -> None:
    with pytest.raises(InvalidInput):
        jobs_of(DEMO, ids)


def test_unknown_models() -> None:
    with pytest.raises(InvalidInput):
        visit_minutes(DEMO, jobs_of(DEMO, ["brake_check"]), "z9")
