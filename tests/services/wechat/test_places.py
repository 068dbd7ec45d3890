"""The nearest store, and how far it is."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest

from bot.domain.errors import ContentError
from bot.services.content.checks import position_faults
from bot.services.content.consistency import check_consistency
from bot.services.content.files import read_dealership_files
from bot.services.wechat.places import distance_km, map_link, nearest_store, say_distance
from bot.settings import ROOT
from tests.dealership import demo_dealership

EAST, WEST = demo_dealership().stores


def test_the_nearest_of_two() -> None:
    near_west = nearest_store((EAST, WEST), 30.28, 120.07)
    near_east = nearest_store((EAST, WEST), 30.29, 120.24)

    assert near_west is not None
    assert near_east is not None
    assert (near_west.store.id, near_east.store.id) == ("west", "east")


def test_a_store_without_a_position_is_never_the_nearest() -> None:
    unknown = replace(EAST, latitude=None, longitude=None)

    found = nearest_store((unknown, WEST), 30.2906, 120.2451)
    assert found is not None
    assert found.store.id == "west"
    assert nearest_store((unknown,), 30.0, 120.0) is None
    assert map_link(unknown) == ""


def test_distances() -> None:
    """A degree of latitude is 111.2 km everywhere, one of longitude half of that at 60° north."""
    assert distance_km(30, 120, 31, 120) == pytest.approx(111.2, abs=0.1)
    assert distance_km(60, 120, 60, 121) == pytest.approx(55.6, abs=0.1)
    assert distance_km(0, 179.9, 0, -179.9) == pytest.approx(22.2, abs=0.1)
    assert distance_km(30, 120, 30, 120) == 0


@pytest.mark.parametrize(
    ("km", "said"),
    [
        (0.0, "100 米"),
        (0.34, "300 米"),
        (0.94, "900 米"),
        (0.96, "1.0 公里"),
        (3.24, "3.2 公里"),
        (24.6, "25 公里"),
    ],
)
def test_how_a_distance_is_said(km: float, said: str) -> None:
    assert say_distance(km) == said


def test_the_map_shows_the_store() -> None:
    query = parse_qs(urlsplit(map_link(EAST)).query)

    assert query["marker"] == [f"coord:{EAST.latitude},{EAST.longitude};title:城东店;addr:{EAST.address}"]


@pytest.mark.parametrize("place", [(30.0, None), (None, 120.0), (91.0, 120.0), (30.0, 181.0)])
def test_a_wrong_position_is_refused(place: tuple[float | None, float | None]) -> None:
    latitude, longitude = place
    assert [*position_faults({"latitude": latitude, "longitude": longitude})]

    entries = [
        replace(entry, data={**entry.data, "latitude": latitude, "longitude": longitude})
        if entry.kind == "store"
        else entry
        for entry in read_dealership_files(ROOT / "dealership")
    ]
    with pytest.raises(ContentError, match="latitude"):
        check_consistency(entries)
