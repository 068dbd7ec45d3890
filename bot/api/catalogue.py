"""What ids mean, for pages and scripts: stores, models, jobs and resources with their names, and words for states."""

from __future__ import annotations

import asyncio
from typing import Any

from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse, json

from bot import clock
from bot.api.parameters import iso
from bot.api.parts import Parts
from bot.api.schemas import NULLABLE, NUMBER, TEXT, TIME, array, enum_of, operation, record, ref
from bot.domain.dealership import Dealership, Hours, ResourceKind
from bot.domain.staff import Permission
from bot.services.exchange.words import KINDS, REFUSALS, RESOURCE_KINDS, STATUSES

_WORDS = {"type": "object", "description": "Chinese words by value"}


def add_catalogue_route(blueprint: Blueprint, parts: Parts) -> None:
    """``/staff/catalogue``."""

    @blueprint.get("/staff/catalogue")
    async def catalogue(request: Request) -> HTTPResponse:
        await parts.gate(request, Permission.SIGNED_IN)
        return json(catalogue_json((await asyncio.to_thread(parts.content.current)).dealership))


def catalogue_json(dealership: Dealership) -> dict[str, Any]:
    """The dealership's things by id, in the order of its files."""
    return {
        "now": iso(clock.now()),
        "stores": [
            {
                "id": store.id,
                "name": store.name,
                "showroom": _hours(store.hours.showroom),
                "service": _hours(store.hours.service),
            }
            for store in dealership.stores
        ],
        "models": [
            {"id": model.id, "name": model.name, "powertrain": model.powertrain.value}
            for model in dealership.models
        ],
        "jobs": [
            {"id": job.id, "name": job.name, "minutes": job.minutes, "price": job.price}
            for job in dealership.services
        ],
        "resources": [
            {
                "id": resource.id,
                "name": resource.name,
                "kind": resource.kind.value,
                "store": resource.store,
                "model": resource.model,
            }
            for resource in dealership.resources
        ],
        "words": {
            "kinds": _by_value(KINDS),
            "statuses": _by_value(STATUSES),
            "refusals": _by_value(REFUSALS),
            "resource_kinds": _by_value(RESOURCE_KINDS),
        },
    }


def catalogue_paths() -> dict[str, Any]:
    """Its path in the OpenAPI description."""
    words = "Stores, models, jobs and resources with their names, and the words for states."
    return {"/api/staff/catalogue": {"get": operation(words, ref("Catalogue"))}}


def catalogue_schemas() -> dict[str, Any]:
    """``Catalogue``."""
    hours = record(opens=TEXT, closes=TEXT, closed_weekdays=array(NUMBER))
    return {
        "Catalogue": record(
            now=TIME,
            stores=array(record(id=TEXT, name=TEXT, showroom=hours, service=hours)),
            models=array(record(id=TEXT, name=TEXT, powertrain=TEXT)),
            jobs=array(record(id=TEXT, name=TEXT, minutes=NUMBER, price=NUMBER)),
            resources=array(
                record(id=TEXT, name=TEXT, kind=enum_of(ResourceKind), store=TEXT, model=NULLABLE)
            ),
            words=record(kinds=_WORDS, statuses=_WORDS, refusals=_WORDS, resource_kinds=_WORDS),
        )
    }


def _hours(hours: Hours) -> dict[str, Any]:
    return {
        "opens": f"{hours.opens:%H:%M}",
        "closes": f"{hours.closes:%H:%M}",
        "closed_weekdays": list(hours.closed_weekdays),
    }


def _by_value(words: dict[Any, str]) -> dict[str, str]:
    return {known.value: word for known, word in words.items()}
