"""Which store is nearest to where a customer is. Positions are those of Chinese maps (GCJ-02), in degrees."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import asin, cos, radians, sin, sqrt
from urllib.parse import urlencode

from bot.domain.dealership import Store

EARTH_KM = 6371.0
NEAR_KM = 300.0
"""Nobody drives farther to a store: it is not called the nearest."""
MAP = "https://apis.map.qq.com/uri/v1/marker"
"""Tencent's map opened by an address: https://lbs.qq.com/webApi/uriV1/uriGuide/uriWebMarker"""


@dataclass(frozen=True)
class Nearest:
    """A store and its distance as the crow flies."""

    store: Store
    km: float


def nearest_store(stores: Iterable[Store], latitude: float, longitude: float) -> Nearest | None:
    """None where no store has a position."""
    found = (
        Nearest(store, distance_km(latitude, longitude, store.latitude, store.longitude))
        for store in stores
        if store.latitude is not None and store.longitude is not None
    )
    return min(found, key=lambda nearest: nearest.km, default=None)


def distance_km(latitude: float, longitude: float, other_latitude: float, other_longitude: float) -> float:
    """By the haversine formula."""
    north, east = radians(other_latitude - latitude), radians(other_longitude - longitude)
    across = cos(radians(latitude)) * cos(radians(other_latitude)) * sin(east / 2) ** 2
    return 2 * EARTH_KM * asin(sqrt(min(1.0, sin(north / 2) ** 2 + across)))


def say_distance(km: float) -> str:
    """ "800 米", "3.2 公里", "25 公里"."""
    if km < 0.95:
        return f"{max(100, round(km * 10) * 100)} 米"
    return f"{km:.1f} 公里" if km < 9.95 else f"{round(km)} 公里"


def map_link(store: Store) -> str:
    """A page that shows the way, in WeChat too; empty for a store without a position."""
    if store.latitude is None or store.longitude is None:
        return ""
    marker = f"coord:{store.latitude},{store.longitude};title:{store.name};addr:{store.address}"
    return f"{MAP}?{urlencode({'marker': marker, 'referer': 'zhanting'})}"
