"""Fixtures that several folders share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.server import RunningServer, start_server

REST_TOKEN = "a-token-of-the-test"
WIDGET_ORIGIN = "https://shop.example"


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """One server for all tests that only talk with it, each with its own sender or visitor."""
    running = start_server(
        tmp_path_factory.mktemp("served") / "home",
        ZHANTING_REST_TOKEN=REST_TOKEN,
        ZHANTING_WIDGET_ORIGINS=WIDGET_ORIGIN,
    )
    yield running
    running.stop()
