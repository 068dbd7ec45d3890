"""Which models fit which needs, what a comparison holds, and what a profile says beyond its words."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import lru_cache

import pytest

from bot.domain.advice import AdviceRules, Needs, Suit, Use, advice_problems, advise, compare
from bot.domain.profiles import OwnedCar, age_band, expected_repurchase, segments
from bot.services.advice_words import needs_json, needs_of, say_needs
from bot.services.content.entries import parse
from bot.services.content.files import read_dealership_files
from tests.dealership import ROOT, demo_dealership

TODAY = date(2026, 11, 23)
MODELS = demo_dealership().models


@lru_cache(maxsize=1)
def rules() -> AdviceRules:
    [entry] = [each for each in read_dealership_files(ROOT / "dealership") if each.kind == "advice"]
    return parse(AdviceRules, entry.data)


def ids(needs: Needs) -> tuple[list[str], list[str]]:
    found = advise(MODELS, rules(), needs)
    return [each.model.id for each in found.fits], [each.model.id for each in found.nearest]


@pytest.mark.parametrize(
    ("needs", "fits", "nearest"),
    [
        (Needs(), ["s3", "x5", "s6"], []),
        (Needs(budget_max=89_800), ["s3"], []),
        (Needs(budget_max=89_799), [], ["s3", "x5"]),
        (Needs(budget_min=199_800, budget_max=250_000), ["x7", "e5", "s6"], []),
        (Needs(budget_min=199_801), ["x7"], []),
        (Needs(people=5, uses=("family",), budget_max=200_000, body="suv"), ["x7", "e5", "x5"], []),
        (Needs(people=4, uses=("family",), budget_max=200_000, body="suv"), ["x7", "x5", "e5"], []),
        (Needs(people=6), ["x7"], []),
        (Needs(seats=7, budget_max=150_000), [], ["x7"]),
        (Needs(people=8), [], ["s3", "x5"]),
        (Needs(energy="electric"), ["e5"], []),
        (Needs(energy="electric", body="sedan"), [], ["e5", "s3"]),
        (Needs(energy="hybrid", uses=("commute",)), [], ["s3", "e5"]),
        (Needs(unwanted=("petrol",)), ["e5"], []),
        (Needs(budget_min=160_000, budget_max=200_000, unwanted=("suv",)), ["s6"], []),
        (Needs(uses=("first_car",)), ["s3", "x5", "s6"], []),
    ],
)
def test_what_fits(needs: Needs, fits: list[str], nearest: list[str]) -> None:
    assert ids(needs) == (fits, nearest)


def test_the_reasons_hold() -> None:
    found = advise(MODELS, rules(), Needs(budget_max=150_000, people=4, energy="petrol", uses=("family",)))

    first = found.fits[0]
    assert first.model.id == "x5"
    assert [reason.code for reason in first.reasons] == [
        "starts_within_budget",
        "enough_seats",
        "energy_wanted",
        "use",
    ]
    assert first.reasons[1].values == {"seats": "5", "people": "4"}
    assert first.misses == ()


def test_what_the_nearest_lacks_and_the_cheapest() -> None:
    found = advise(MODELS, rules(), Needs(budget_max=50_000))

    assert found.cheapest == demo_dealership().model("s3")
    assert found.nearest[0].misses[0].values["over"] == "3.98 万元"
    assert advise(MODELS, rules(), Needs(budget_max=150_000, seats=7)).cheapest is None


def test_a_comparison_shows_what_is_known() -> None:
    x5, s3 = demo_dealership().model("x5"), demo_dealership().model("s3")

    rows = dict(compare([x5, s3], rules()))

    assert rows["price"] == ("12.58–16.58 万元", "8.98–11.98 万元")
    assert "range" not in rows  # neither is electric


def test_rules_that_cannot_be_are_named() -> None:
    wrong = replace(
        rules(),
        uses=(Use("family", "家用", (Suit("z9", 0, ""),)),),
        words={"within_budget": "{nothing}", "no_such_code": ""},
        rows={"colour": "颜色"},
        age_bands=(3, 1),
    )

    assert {field for field, _ in advice_problems(wrong, ["x5"])} == {
        "uses.family",
        "words.within_budget",
        "words.no_such_code",
        "rows.colour",
        "age_bands",
    }
    assert list(advice_problems(rules(), [model.id for model in MODELS])) == []


def test_needs_are_stored_and_said() -> None:
    needs = Needs(100_000, 150_000, people=3, uses=("family",), energy="petrol", buy_within=3)

    assert needs_of(needs_json(needs)) == needs
    assert needs_json(Needs()) == {}
    assert say_needs(rules(), needs) == "10–15 万元、家用、3 口人、燃油、3 个月内买"


@pytest.mark.parametrize(
    ("delivered", "band"),
    [
        (date(2026, 11, 23), "0-1"),
        (date(2025, 11, 24), "0-1"),
        (date(2025, 11, 23), "1-3"),
        (date(2018, 11, 24), "5-8"),
        (date(2018, 11, 23), "8+"),
    ],
)
def test_age_bands(delivered: date, band: str) -> None:
    assert age_band(delivered, TODAY, rules().age_bands) == band


def test_segments() -> None:
    car = OwnedCar(date(2022, 1, 1), "out_of_warranty")

    assert segments(Needs(uses=("family",)), [car], TODAY, rules()) == (
        "age:3-5",
        "stage:out_of_warranty",
        "use:family",
    )


@pytest.mark.parametrize(
    ("needs", "cars", "expected"),
    [
        (Needs(), [], None),
        (Needs(buy_within=3), [OwnedCar(date(2020, 1, 1))], date(2027, 2, 23)),
        (Needs(), [OwnedCar(date(2022, 3, 31))], date(2028, 3, 31)),
        (Needs(), [OwnedCar(date(2010, 1, 1))], TODAY),  # long due
        # 60,000 km in two years are 120,000 km in four
        (Needs(), [OwnedCar(date(2024, 1, 1), None, 60_000, date(2025, 12, 31))], date(2027, 12, 31)),
        (Needs(), [OwnedCar(date(2024, 1, 1), None, 60_000, date(2024, 1, 20))], date(2030, 1, 1)),
        (
            Needs(),
            [OwnedCar(date(2015, 1, 1)), OwnedCar(date(2025, 1, 1))],
            date(2031, 1, 1),
        ),  # the newest car
    ],
)
def test_expected_repurchase(needs: Needs, cars: list[OwnedCar], expected: date | None) -> None:
    assert expected_repurchase(needs, TODAY, cars, TODAY, rules()) == expected
