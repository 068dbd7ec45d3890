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


BROWSER = "tests/browser/"
HEAVY = (
    BROWSER,
    "tests/api/",
    "tests/channels/",
    "tests/commands/",
    "tests/domain/test_ticks",
    "tests/notify/wechat/",
    "tests/services/test_booking_races",
    "tests/services/test_content",
    "tests/services/test_dealership_e",
    "tests/services/test_desk",
    "tests/services/test_disruption",
    "tests/services/test_installation",
    "tests/services/test_queue",
    "tests/services/test_reported_",
    "tests/services/test_archive",
    "tests/services/test_scores",
    "tests/services/test_shared_",
    "tests/services/test_shortcut_races",
    "tests/services/test_unfinished",
    "tests/services/test_users",
    "tests/services/test_waitlist",
    "tests/services/wechat/",
    "tests/test_outbox_commands",
    "tests/test_unanswered_commands",
    "tests/wechat_platform/",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What opens a server or fills a database again and again is left out of `make check`."""
    for item in items:
        if item.nodeid.startswith(HEAVY):
            item.add_marker(pytest.mark.slow)
        if item.nodeid.startswith(BROWSER):
            item.add_marker(pytest.mark.browser)
