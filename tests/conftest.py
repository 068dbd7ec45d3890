"""Fixtures that several folders share."""

from __future__ import annotations

import os
import tempfile
from collections import Counter
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from tests import folders  # noqa: F401 - looks where temporary files go before they go elsewhere
from tests.quick import remember_error_formats, use_quick_hashes
from tests.server import RunningServer, start_server

settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")
"""A busy machine is no failure."""

REST_TOKEN = "a-token-of-the-test"
WIDGET_ORIGIN = "https://shop.example"


@pytest.fixture(scope="session", autouse=True)
def quick() -> None:
    """For all tests of this process."""
    use_quick_hashes()
    remember_error_formats()


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


@pytest.fixture(scope="session", autouse=True)
def temporary_files(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """In the folder of this run, which pytest removes, for what the tests start too: databases, profiles, models."""
    before = os.environ.get("TMPDIR"), tempfile.tempdir
    folder = tmp_path_factory.getbasetemp() / "t"
    folder.mkdir()
    os.environ["TMPDIR"] = tempfile.tempdir = str(folder)
    yield
    tempfile.tempdir = before[1]
    if before[0] is None:
        del os.environ["TMPDIR"]
    else:
        os.environ["TMPDIR"] = before[0]


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
    "tests/services/test_outreach",
    "tests/services/test_privacy",
    "tests/services/test_escalation",
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


LONGEST = (
    "tests/understanding/test_accuracy",  # trains the model where it is missing; what needs it is not next
    "tests/services/wechat/test_histories",
    "tests/services/test_booking_model",
    "tests/services/test_dealership_exchange",
    "tests/services/test_content_conflicts",
    "tests/test_setup",
    "tests/api/test_any_input",
    "tests/test_commands",
    "tests/channels/wechat/test_whole_",
    "tests/test_restart_desk",
    "tests/rasa/test_false_greens",
    "tests/test_kill",
    "tests/test_serve",
    "tests/test_workers",
    "tests/test_two_workers",
    "tests/test_deployment",
    "tests/test_database_away",
    "tests/understanding/test_e",
    BROWSER,
)
"""Begun first, so that no process works on one of them alone at the end (with --no-loadscope-reorder)."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What opens a server or fills a database again and again is left out of `make check`."""
    for item in items:
        if item.nodeid.startswith(HEAVY):
            item.add_marker(pytest.mark.slow)
        if item.nodeid.startswith(BROWSER):
            item.add_marker(pytest.mark.browser)
    _order(items)


def _order(items: list[pytest.Item]) -> None:
    """The longest files, then the others, those with the most tests first. A file's tests stay as they are."""
    tests_in = Counter(item.path for item in items)
    items.sort(key=lambda item: (_rank(item.nodeid), -tests_in[item.path], item.path))


def _rank(nodeid: str) -> int:
    return next((at for at, name in enumerate(LONGEST) if nodeid.startswith(name)), len(LONGEST))
