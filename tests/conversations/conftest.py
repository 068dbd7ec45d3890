"""The agent, loaded once, and for each test a database of its own that is filled like a new installation's."""

from __future__ import annotations

import logging
import shutil
import sys
import warnings
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot import clock
from bot.runtime.no_tensorflow import keep_tensorflow_out
from bot.services.installation import Installation, open_installation
from bot.settings import ROOT, read_settings
from bot.store.database import Database
from tests.conversations.harness import NOW, Assistant, Customer, local


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every test here talks with the trained assistant."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.conversation)


@pytest.fixture(scope="session")
def agent() -> Any:
    """The model of the present training data (trained where it is missing) with the real actions."""
    keep_tensorflow_out()
    _quiet()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from bot.runtime.dialogue import load_agent
        from bot.runtime.training import ensure_model
        from bot.understanding.live import use_content

        use_content(None)  # an earlier test of this process may have left one of a database that is gone
        return load_agent(ensure_model(ROOT / "models", lambda line: print(line, file=sys.stderr)))


@pytest.fixture(scope="session")
def new_installation(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """Migrated and filled once; nothing is written to it."""
    home = tmp_path_factory.mktemp("installation")
    clock.clock.set(local(NOW))
    installation = open_installation(read_settings({"ZHANTING_HOME": str(home)}))
    installation.content.current()
    installation.database.close()
    return installation


@pytest.fixture
def assistant(agent: Any, new_installation: Installation, tmp_path: Path) -> Iterator[Assistant]:
    """Everything of a server but its channels, on a fresh database, on Sunday 22 November 2026 at 10:00."""
    from actions import context
    from bot.runtime.dialogue import RasaDialogue
    from bot.services.turns import Turns
    from bot.services.wakeups import Wakeups
    from bot.understanding.live import use_content

    shutil.copy(new_installation.settings.home / "zhanting.db", tmp_path / "zhanting.db")
    database = Database(f"sqlite:///{tmp_path / 'zhanting.db'}")
    installation = replace(new_installation, database=database)  # the content is the same, read once
    clock.clock.set(local(NOW))
    context.use(installation)
    use_content(installation.content.current)
    # Closing the last connection makes SQLite write its log back, which takes longer than most turns.
    kept_open = database.engine.connect()
    dialogue = RasaDialogue(installation, agent)
    longest = installation.settings.max_message_length
    yield Assistant(installation, Turns(database, installation.content, dialogue, Wakeups(), longest))
    use_content(None)
    clock.clock.set(None)
    kept_open.close()
    database.close()


@pytest.fixture
def customer(assistant: Assistant) -> Customer:
    """Somebody who has not written before."""
    return assistant.customer()


@pytest.fixture(autouse=True)
def nothing_failed(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Rasa logs an action's exception and goes on as if nothing had been said: such a test fails here.

    A test that makes something fail on purpose clears ``caplog``.
    """
    yield
    failures = {
        r.getMessage(): r.exc_info for r in caplog.get_records("call") if r.levelno >= logging.WARNING
    }
    assert {message: info and str(info[1]) for message, info in failures.items()} == {}


def _quiet() -> None:
    """Rasa 3.6 reports every step of a turn to stdout."""
    import structlog

    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
