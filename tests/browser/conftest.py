"""A real server, started once, and a real Chromium, started once for each module."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.browser.chat import Chat
from tests.browser.console import PASSWORD

ROOT = Path(__file__).resolve().parents[2]
CLOCK = "2026-11-22T10:00:00+08:00"  # a Sunday
START_SECONDS = 600  # a first start migrates, fills and may train, on a machine that runs other tests
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """Skips where there is no browser; in CI its absence is a failure."""
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path:
        return path
    reason = f"no browser found: none of {', '.join(BROWSERS)} is in PATH"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="module")
def browser(chromium_path: str) -> Iterator[Browser]:
    """Not for the whole session: Playwright's event loop keeps running where asynchronous tests find it."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def server_url(chromium_path: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server with an empty database. BROWSER_TEST_URL names one that runs already."""
    if running := os.environ.get("BROWSER_TEST_URL"):
        yield running.rstrip("/")
        return
    home = tmp_path_factory.mktemp("home")
    port = _free_port()
    environment = {
        **os.environ,
        "PORT": str(port),
        "ZHANTING_HOME": str(home),
        "ZHANTING_ADMIN_PASSWORD": PASSWORD,
        "ZHANTING_CLOCK": CLOCK,
        "ZHANTING_RATE_LIMIT": "off",
        "RASA_TELEMETRY_ENABLED": "false",
    }
    log = home / "server.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "bot", "serve"],
            cwd=ROOT,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        url = f"http://127.0.0.1:{port}"
        _wait_until_ready(process, url, log)
        yield url
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": 1280, "height": 860}, locale="zh-CN")
    context.set_default_timeout(20_000)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A page whose scripts must not fail and whose content security policy must not be broken."""
    page = context.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda message: problems.append(message.text) if _is_problem(message) else None)
    yield page
    assert problems == []


@pytest.fixture
def chat(page: Page, server_url: str) -> Chat:
    """The demo page, with the chat closed."""
    page.goto(server_url)
    chat = Chat(page)
    chat.launcher.wait_for()
    return chat


def _is_problem(message: object) -> bool:
    """A request that a test cut off is reported by the browser as an error, and is none."""
    return message.type == "error" and "Failed to load resource" not in message.text  # type: ignore[attr-defined]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_ready(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if httpx.get(f"{url}/health", timeout=2, verify=False).status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    pytest.fail(f"the server did not become ready:\n{log.read_text(errors='replace')[-4000:]}")
