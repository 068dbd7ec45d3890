"""``GET /metrics``: what Prometheus reads (docs/operations.md)."""

from __future__ import annotations

import os
from collections.abc import Iterator

from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import Metric
from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse, raw

from bot.domain.errors import NotAllowed
from bot.services.credentials import bearer_token, is_from_here, same_token
from bot.services.metrics import REGISTRY
from bot.services.vital_signs import Pulse, VitalSigns, families


def metrics_api(pulse: Pulse, token: str | None) -> Blueprint:
    """Open on loopback, not through a proxy; from elsewhere ``Authorization: Bearer <ZHANTING_METRICS_TOKEN>``."""
    blueprint = Blueprint("metrics")

    @blueprint.get("/metrics")
    async def metrics(request: Request) -> HTTPResponse:
        given = bearer_token(request.headers.get("authorization"))
        if not is_from_here(request.ip, request.headers) and not (token and same_token(given, token)):
            raise NotAllowed("the metrics need a valid token from outside this machine")
        encode, content_type = choose_encoder(request.headers.get("accept") or "")
        return raw(encode(_Figures(await pulse.feel())), content_type=content_type)

    return blueprint


class _Figures:
    """This process's own figures, with its id as ``worker``, and the shared ones as they are: where several processes
    listen at one port, each scrape meets another one, and their counters must not be taken for one."""

    def __init__(self, signs: VitalSigns | None) -> None:
        self._signs = signs

    def collect(self) -> Iterator[Metric]:
        worker = str(os.getpid())
        for family in REGISTRY.collect():
            family.samples = [
                sample._replace(labels={**sample.labels, "worker": worker}) for sample in family.samples
            ]
            yield family
        yield from families(self._signs)
